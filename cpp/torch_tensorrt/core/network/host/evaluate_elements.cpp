#include "torch_tensorrt/core/network/host/evaluate_elements.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Uses memcpy: weights need not be aligned to their elements.
template <typename T>
T read(const void* values, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const char*>(values) + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <typename T>
void write(void* values, int64_t index, T value) {
  std::memcpy(static_cast<char*>(values) + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

int64_t truncated(double value) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!(value >= -kLimit && value < kLimit)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

[[noreturn]] void fail(DataType type) {
  TORCHTRT_THROW_ERROR("elements of " << enum_name(type) << " cannot be read or written here");
}

}  // namespace

bool has_elements(DataType type) { return type != DataType::kFP8 && type != DataType::kINT4; }

float half_to_float(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000U) << 16;
  const uint32_t exponent = bits >> 10 & 0x1FU;
  const uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0x1F) return float_of(sign | 0x7F800000U | fraction << 13);
  if (exponent != 0) return float_of(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
  return sign != 0 ? -magnitude : magnitude;
}

uint16_t float_to_half(float value) {
  const uint32_t bits = bits_of(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000U);
  const float magnitude = std::abs(value);
  if (std::isnan(value)) return sign | 0x7E00U;
  if (magnitude >= 65520.F) return sign | 0x7C00U;
  // Below the normal numbers a half is a multiple of 2^-24; nearbyint rounds half to even.
  if (magnitude < 6.103515625e-05F) {
    return sign | static_cast<uint16_t>(std::nearbyint(std::ldexp(magnitude, 24)));
  }
  const uint32_t normal = (bits & 0x7FFFFFFFU) - (112U << 23);
  const uint32_t rounded = normal + 0xFFFU + (normal >> 13 & 1U);
  return sign | static_cast<uint16_t>(rounded >> 13);
}

float bfloat16_to_float(uint16_t bits) { return float_of(static_cast<uint32_t>(bits) << 16); }

uint16_t float_to_bfloat16(float value) {
  if (std::isnan(value)) return 0x7FC0U;
  const uint32_t bits = bits_of(value);
  return static_cast<uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

double load_double(DataType type, const void* values, int64_t index) {
  switch (type) {
    case DataType::kFLOAT:
      return read<float>(values, index);
    case DataType::kDOUBLE:
      return read<double>(values, index);
    case DataType::kHALF:
      return half_to_float(read<uint16_t>(values, index));
    case DataType::kBF16:
      return bfloat16_to_float(read<uint16_t>(values, index));
    case DataType::kINT8:
    case DataType::kINT16:
    case DataType::kINT32:
    case DataType::kBOOL:
    case DataType::kUINT8:
    case DataType::kINT64:
      return static_cast<double>(load_integer(type, values, index));
    case DataType::kFP8:
    case DataType::kINT4:
      break;
  }
  fail(type);
}

int64_t load_integer(DataType type, const void* values, int64_t index) {
  switch (type) {
    case DataType::kINT8:
      return read<int8_t>(values, index);
    case DataType::kINT16:
      return read<int16_t>(values, index);
    case DataType::kINT32:
      return read<int32_t>(values, index);
    case DataType::kBOOL:
      return read<uint8_t>(values, index) != 0 ? 1 : 0;
    case DataType::kUINT8:
      return read<uint8_t>(values, index);
    case DataType::kINT64:
      return read<int64_t>(values, index);
    case DataType::kFLOAT:
    case DataType::kDOUBLE:
    case DataType::kHALF:
    case DataType::kBF16:
      return truncated(load_double(type, values, index));
    case DataType::kFP8:
    case DataType::kINT4:
      break;
  }
  fail(type);
}

void store_double(DataType type, void* values, int64_t index, double value) {
  switch (type) {
    case DataType::kFLOAT:
      return write(values, index, static_cast<float>(value));
    case DataType::kDOUBLE:
      return write(values, index, value);
    case DataType::kHALF:
      return write(values, index, float_to_half(static_cast<float>(value)));
    case DataType::kBF16:
      return write(values, index, float_to_bfloat16(static_cast<float>(value)));
    case DataType::kBOOL:
      return write(values, index, static_cast<uint8_t>(value != 0.0));
    case DataType::kINT8:
    case DataType::kINT16:
    case DataType::kINT32:
    case DataType::kUINT8:
    case DataType::kINT64:
      return store_integer(type, values, index, truncated(value));
    case DataType::kFP8:
    case DataType::kINT4:
      break;
  }
  fail(type);
}

void store_integer(DataType type, void* values, int64_t index, int64_t value) {
  switch (type) {
    case DataType::kINT8:
      return write(values, index, static_cast<int8_t>(value));
    case DataType::kINT16:
      return write(values, index, static_cast<int16_t>(value));
    case DataType::kINT32:
      return write(values, index, static_cast<int32_t>(value));
    case DataType::kUINT8:
      return write(values, index, static_cast<uint8_t>(value));
    case DataType::kINT64:
      return write(values, index, value);
    case DataType::kBOOL:
      return write(values, index, static_cast<uint8_t>(value != 0));
    case DataType::kFLOAT:
      return write(values, index, static_cast<float>(value));
    case DataType::kDOUBLE:
    case DataType::kHALF:
    case DataType::kBF16:
      return store_double(type, values, index, static_cast<double>(value));
    case DataType::kFP8:
    case DataType::kINT4:
      break;
  }
  fail(type);
}

}  // namespace torch_tensorrt::network
