#include "tensorrt/comparison.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::tensorrt_test {

using network::DataType;

namespace {

double half_to_double(uint16_t bits) {
  const int sign = bits >> 15;
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  double value = std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 0) value = std::ldexp(fraction, -24);
  if (exponent == 31) value = fraction == 0 ? INFINITY : NAN;
  return sign != 0 ? -value : value;
}

double bf16_to_double(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value = 0;
  std::memcpy(&value, &wide, sizeof(value));
  return static_cast<double>(value);
}

template <typename T, typename F>
std::vector<double> convert(const std::string& bytes, F to_double) {
  std::vector<double> values(bytes.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = to_double(value);
  }
  return values;
}

bool is_close(double got, double expected, double relative, double absolute) {
  if (std::isnan(expected)) return std::isnan(got);
  if (got == expected) return true;
  return std::abs(got - expected) <= absolute + relative * std::abs(expected);
}

}  // namespace

std::vector<double> to_doubles(DataType dtype, const std::string& bytes) {
  const auto plain = [](auto value) { return static_cast<double>(value); };
  switch (dtype) {
    case DataType::kFLOAT:
      return convert<float>(bytes, plain);
    case DataType::kDOUBLE:
      return convert<double>(bytes, plain);
    case DataType::kHALF:
      return convert<uint16_t>(bytes, half_to_double);
    case DataType::kBF16:
      return convert<uint16_t>(bytes, bf16_to_double);
    case DataType::kINT32:
      return convert<int32_t>(bytes, plain);
    case DataType::kINT64:
      return convert<int64_t>(bytes, plain);
    case DataType::kBOOL:
    case DataType::kUINT8:
      return convert<uint8_t>(bytes, plain);
    case DataType::kINT8:
    case DataType::kINT16:
    case DataType::kFP8:
    case DataType::kINT4:
      break;
  }
  TORCHTRT_THROW_ERROR("elements of this dtype are not read");
}

std::string compare(const FileCase& row, DataType dtype, const std::string& bytes) {
  const std::vector<double> got = to_doubles(dtype, bytes);
  const std::vector<double> expected = to_doubles(row.expected.dtype, row.expected.bytes);
  if (got.size() != expected.size()) {
    return str("it has ", got.size(), " elements, expected ", expected.size());
  }
  size_t wrong = 0;
  std::ostringstream first;
  first.precision(9);
  for (size_t i = 0; i < got.size(); ++i) {
    if (is_close(got[i], expected[i], row.relative, row.absolute)) continue;
    if (wrong++ == 0) first << "element " << i << " is " << got[i] << ", expected " << expected[i];
  }
  return wrong == 0 ? std::string() : str(wrong, " of ", got.size(), " elements differ; ", first.str());
}

std::string rounding_difference(const FileCase& row, DataType dtype, const std::string& bytes) {
  const std::vector<double> got = to_doubles(dtype, bytes);
  const std::vector<double> expected = to_doubles(row.expected.dtype, row.expected.bytes);
  const std::vector<double> rounded = to_doubles(row.rounded.dtype, row.rounded.bytes);
  if (got.size() != expected.size()) return "";
  for (size_t i = 0; i < got.size(); ++i) {
    if (is_close(got[i], expected[i], row.relative, row.absolute)) continue;
    if (!is_close(got[i], rounded[i], row.relative, row.absolute)) return "";
  }
  return "it is the answer for inputs that are rounded to f16";
}

std::string known_difference(const FileCase& row, DataType dtype, const std::string& bytes) {
  const std::vector<double> got = to_doubles(dtype, bytes);
  const std::vector<double> expected = to_doubles(row.expected.dtype, row.expected.bytes);
  std::string reason;
  for (size_t i = 0; got.size() == expected.size() && i < got.size(); ++i) {
    if (is_close(got[i], expected[i], row.relative, row.absolute)) continue;
    const bool is_floor = std::isinf(expected[i]) && expected[i] < 0 && got[i] == std::numeric_limits<float>::lowest();
    if (!std::isnan(expected[i]) && !is_floor) return "";
    reason = is_floor ? "TensorRT's maximum of nothing is the lowest float" : "TensorRT loses a NaN";
  }
  return reason;
}

}  // namespace torch_tensorrt::tensorrt_test
