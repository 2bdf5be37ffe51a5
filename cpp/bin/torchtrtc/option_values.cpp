#include "option_values.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "input_spec.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torchtrtc {
namespace {

std::optional<uint64_t> parse_whole(std::string_view text) {
  const bool is_hex = text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X";
  if (is_hex) text.remove_prefix(2);
  if (text.substr(0, 1) == "+") text.remove_prefix(1);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

CLI::Validator whole_number(uint64_t low, uint64_t high) {
  const auto check = [low, high](std::string& text) -> std::string {
    const auto number = parse_whole(text);
    if (!number || *number < low || *number > high) {
      return torch_tensorrt::str("'", text, "' is not a whole number from ", low, " to ", high);
    }
    text = std::to_string(*number);
    return {};
  };
  return {check, /*description=*/""};
}

CLI::Validator number_not_below_zero() {
  const auto check = [](std::string& text) -> std::string {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const bool is_number = !text.empty() && *end == '\0';
    if (is_number && std::isfinite(number) && number >= 0) return {};
    return "'" + text + "' is not a number of 0 or more";
  };
  return {check, /*description=*/""};
}

CLI::Validator known_precision() {
  const auto check = [](std::string& text) -> std::string {
    try {
      parse_precision(text);
    } catch (const torch_tensorrt::Error& error) {
      return error.msg();
    }
    return {};
  };
  return {check, /*description=*/""};
}

}  // namespace torchtrtc
