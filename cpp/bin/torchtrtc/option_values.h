#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>

// Checks the values of options, with messages for people.
namespace torchtrtc {

// Accepts decimal, or hexadecimal after 0x. Used with transform(), which hands the option the number in decimal.
CLI::Validator whole_number(uint64_t low, uint64_t high = std::numeric_limits<int64_t>::max());
CLI::Validator number_not_below_zero();
CLI::Validator known_precision();

}  // namespace torchtrtc
