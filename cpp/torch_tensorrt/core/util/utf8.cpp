#include "torch_tensorrt/core/util/utf8.h"

#include <array>
#include <cstdint>

namespace torch_tensorrt::core::util {
namespace {

// A row of Unicode's table of well-formed byte sequences. Bytes behind the second are always 80 to BF.
struct Form {
  uint8_t first_low, first_high;
  uint8_t second_low, second_high;
  size_t length;
};
constexpr std::array<Form, 9> kForms = {{
    {0x00, 0x7F, 0x00, 0xFF, 1},
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
}};

bool is_between(char c, uint8_t low, uint8_t high) {
  const auto byte = static_cast<uint8_t>(c);
  return low <= byte && byte <= high;
}

bool has_form(std::string_view bytes, const Form& form) {
  if (bytes.size() < form.length || !is_between(bytes[0], form.first_low, form.first_high)) return false;
  if (form.length > 1 && !is_between(bytes[1], form.second_low, form.second_high)) return false;
  for (size_t i = 2; i < form.length; ++i) {
    if (!is_between(bytes[i], 0x80, 0xBF)) return false;
  }
  return true;
}

// Bytes of the character at the start of the text; 0 if it is not a character.
size_t character_length(std::string_view bytes) {
  for (const Form& form : kForms) {
    if (has_form(bytes, form)) return form.length;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = character_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string escape_invalid_utf8(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t length = character_length(bytes);
    if (length > 0) {
      text += bytes.substr(0, length);
      bytes.remove_prefix(length);
      continue;
    }
    const auto byte = static_cast<uint8_t>(bytes[0]);
    text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    bytes.remove_prefix(1);
  }
  return text;
}

}  // namespace torch_tensorrt::core::util
