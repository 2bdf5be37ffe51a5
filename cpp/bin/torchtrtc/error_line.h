#pragma once

#include <exception>
#include <string>

namespace torchtrtc {

// The message of an error in one line: without C++ places and backtraces, and with the user's line if it is known.
std::string line_of(const std::exception& error);

}  // namespace torchtrtc
