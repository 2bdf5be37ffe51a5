#include "torch_tensorrt/core/util/encodings.h"

#include <array>
#include <cstdint>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::util {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kInvalid = 0xFF;

constexpr std::array<uint8_t, 256> make_values() {
  std::array<uint8_t, 256> values{};
  for (auto& value : values) value = kInvalid;
  for (uint8_t i = 0; i < 64; ++i) values[static_cast<uint8_t>(kAlphabet[i])] = i;
  return values;
}
constexpr std::array<uint8_t, 256> kValues = make_values();

// Encodes twelve bits at a time as two characters, for speed: engines are hundreds of megabytes.
std::array<char, 8192> make_pairs() {
  std::array<char, 8192> pairs{};
  for (size_t i = 0; i < 4096; ++i) {
    pairs[2 * i] = kAlphabet[i >> 6];
    pairs[2 * i + 1] = kAlphabet[i & 63];
  }
  return pairs;
}

uint8_t value_at(std::string_view text, size_t place) {
  const uint8_t value = kValues[static_cast<uint8_t>(text[place])];
  TORCHTRT_CHECK(value != kInvalid, "character " << place << " of the text is not base64; the text is damaged");
  return value;
}

size_t padding_of(std::string_view text) {
  if (text.empty() || text.back() != '=') return 0;
  return text[text.size() - 2] == '=' ? 2 : 1;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  static const std::array<char, 8192> pairs = make_pairs();
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  const auto* in = reinterpret_cast<const uint8_t*>(bytes.data());
  char* out = text.data();
  size_t left = bytes.size();
  for (; left >= 3; left -= 3, in += 3, out += 4) {
    const uint32_t bits = static_cast<uint32_t>(in[0]) << 16 | static_cast<uint32_t>(in[1]) << 8 | in[2];
    const char* high = &pairs[2 * (bits >> 12)];
    const char* low = &pairs[2 * (bits & 0xFFF)];
    out[0] = high[0], out[1] = high[1], out[2] = low[0], out[3] = low[1];
  }
  if (left == 0) return text;
  const uint32_t bits = static_cast<uint32_t>(in[0]) << 16 | (left == 2 ? static_cast<uint32_t>(in[1]) << 8 : 0U);
  out[0] = kAlphabet[bits >> 18];
  out[1] = kAlphabet[bits >> 12 & 63];
  if (left == 2) out[2] = kAlphabet[bits >> 6 & 63];
  return text;
}

std::string base64_decode(std::string_view text) {
  TORCHTRT_CHECK(text.size() % 4 == 0,
                 "base64 text has a length of " << text.size() << ", which is no multiple of 4; the text is cut short");
  const size_t padding = padding_of(text);
  std::string bytes(text.size() / 4 * 3, '\0');
  auto* out = reinterpret_cast<uint8_t*>(bytes.data());
  const size_t whole = padding == 0 ? text.size() : text.size() - 4;
  for (size_t i = 0; i < whole; i += 4, out += 3) {
    const uint32_t a = kValues[static_cast<uint8_t>(text[i])];
    const uint32_t b = kValues[static_cast<uint8_t>(text[i + 1])];
    const uint32_t c = kValues[static_cast<uint8_t>(text[i + 2])];
    const uint32_t d = kValues[static_cast<uint8_t>(text[i + 3])];
    // Valid values have 6 bits; a single check for each group keeps the loop short.
    if (((a | b | c | d) & 0xC0U) != 0) {
      for (size_t k = i; k < i + 4; ++k) value_at(text, k);
    }
    const uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    out[0] = static_cast<uint8_t>(bits >> 16);
    out[1] = static_cast<uint8_t>(bits >> 8);
    out[2] = static_cast<uint8_t>(bits);
  }
  if (padding == 0) return bytes;
  uint32_t bits = static_cast<uint32_t>(value_at(text, whole)) << 18 | static_cast<uint32_t>(value_at(text, whole + 1))
                                                                           << 12;
  if (padding == 1) bits |= static_cast<uint32_t>(value_at(text, whole + 2)) << 6;
  out[0] = static_cast<uint8_t>(bits >> 16);
  out[1] = static_cast<uint8_t>(bits >> 8);
  bytes.resize(bytes.size() - padding);
  return bytes;
}

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
