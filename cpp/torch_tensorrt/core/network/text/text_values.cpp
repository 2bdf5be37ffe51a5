#include "torch_tensorrt/core/network/text/text_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace torch_tensorrt::network {
namespace {

template <typename Bits, typename Float>
Bits bits_of(Float value) {
  static_assert(sizeof(Bits) == sizeof(Float), "the same size");
  Bits bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

template <typename Bits, typename Float>
std::string any_float_text(Float value) {
  char buffer[64];
  if (std::isnan(value)) {
    // A NaN carries bits, which belong to the value.
    std::snprintf(buffer, sizeof(buffer), "nan.%llx", static_cast<unsigned long long>(bits_of<Bits>(value)));
    return bits_of<Bits>(value) == bits_of<Bits>(std::numeric_limits<Float>::quiet_NaN()) ? "nan" : buffer;
  }
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return {buffer, result.ptr};
}

template <typename Bits, typename Float>
bool read_nan(std::string_view text, Float* value) {
  constexpr std::string_view kPrefix = "nan.";
  if (text == "nan") {
    *value = std::numeric_limits<Float>::quiet_NaN();
    return true;
  }
  if (text.substr(0, kPrefix.size()) != kPrefix) return false;
  Bits bits = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data() + kPrefix.size(), end, bits, 16);
  if (result.ec != std::errc() || result.ptr != end) return false;
  Float read;
  std::memcpy(&read, &bits, sizeof(read));
  if (!std::isnan(read)) return false;
  *value = read;
  return true;
}

template <typename Bits, typename Float>
bool read_any_float(std::string_view text, Float* value) {
  if (text == "inf" || text == "-inf") {
    *value = text[0] == '-' ? -std::numeric_limits<Float>::infinity() : std::numeric_limits<Float>::infinity();
    return true;
  }
  if (read_nan<Bits>(text, value)) return true;
  // Reject words that from_chars also reads, like "infinity": each value has one spelling here.
  const bool is_number = !text.empty() && text.find_first_not_of("+-.0123456789e") == std::string_view::npos;
  if (!is_number) return false;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, *value);
  return result.ec == std::errc() && result.ptr == end;
}

struct Escape {
  char letter;
  char meaning;
};
constexpr Escape kEscapes[] = {{'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}};

char letter_for(char c) {
  for (const Escape& escape : kEscapes) {
    if (escape.meaning == c) return escape.letter;
  }
  return '\0';
}

bool read_hex_byte(std::string_view digits, char* byte) {
  unsigned value = 0;
  if (digits.size() != 2) return false;
  const auto result = std::from_chars(digits.data(), digits.data() + 2, value, 16);
  *byte = static_cast<char>(value);
  return result.ec == std::errc() && result.ptr == digits.data() + 2;
}

bool read_escape(std::string_view inside, size_t* place, char* c) {
  if (*place >= inside.size()) return false;
  const char letter = inside[(*place)++];
  for (const Escape& escape : kEscapes) {
    if (escape.letter != letter) continue;
    *c = escape.meaning;
    return true;
  }
  if (letter != 'x' || !read_hex_byte(inside.substr(*place, 2), c)) return false;
  *place += 2;
  return true;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

std::string float_text(float value) { return any_float_text<uint32_t>(value); }
std::string float_text(double value) { return any_float_text<uint64_t>(value); }
bool read_float(std::string_view text, float* value) { return read_any_float<uint32_t>(text, value); }
bool read_float(std::string_view text, double* value) { return read_any_float<uint64_t>(text, value); }

bool read_integer(std::string_view text, int64_t* value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, *value);
  return result.ec == std::errc() && result.ptr == end;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const char letter = letter_for(c);
    if (letter != '\0') {
      out += '\\';
      out += letter;
    } else if (is_control(c)) {
      char buffer[8];
      std::snprintf(buffer, sizeof(buffer), "\\x%02x", static_cast<unsigned char>(c));
      out += buffer;
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool unquote(std::string_view inside, std::string* text) {
  text->clear();
  for (size_t i = 0; i < inside.size();) {
    char c = inside[i++];
    if (c == '\\' && !read_escape(inside, &i, &c)) return false;
    *text += c;
  }
  return true;
}

std::string dims_text(const Dims& dims) { return dims.nbDims == 0 ? "[]" : "[" + to_string(dims) + "]"; }

bool read_dims(std::string_view inside, Dims* dims) {
  Dims read;
  while (!inside.empty()) {
    const size_t end = std::min(inside.find('x'), inside.size());
    if (read.nbDims == Dims::MAX_DIMS || !read_integer(inside.substr(0, end), &read.d[read.nbDims++])) return false;
    if (end + 1 == inside.size()) return false;  // nothing behind the last x
    inside.remove_prefix(std::min(end + 1, inside.size()));
  }
  *dims = read;
  return true;
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || !is_name_start(name[0])) return false;
  for (const char c : name) {
    if (!is_name_start(c) && !(c >= '0' && c <= '9') && c != '.') return false;
  }
  return true;
}

}  // namespace torch_tensorrt::network
