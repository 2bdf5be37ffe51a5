#include "torch_tensorrt/core/backends/tensorrt/support/shape_values.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {

std::string describe_argument(const network::ITensor& input) {
  const std::string name = input.getName();
  const std::string argument = input.producer()->getName();
  return "input " + (argument.empty() || argument == name ? "\"" + name + "\"" : argument + " (" + name + ")");
}

std::string text_of(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "[" + text + "]";
}

std::vector<int32_t> profile_values(const network::ITensor& input, const std::vector<int64_t>& values) {
  const network::Dims dims = input.getDimensions();
  TORCHTRT_CHECK(
      static_cast<int64_t>(values.size()) == dims.volume(),
      "the values of " << describe_argument(input) << " " << network::to_string(dims)
                       << " decide on the shapes of other tensors, and a profile must say the range of each; "
                       << "it says " << text_of(values));
  std::vector<int32_t> narrow;
  for (const int64_t value : values) {
    TORCHTRT_CHECK(value >= INT32_MIN && value <= INT32_MAX,
                   "the values of " << describe_argument(input) << " decide on the shapes of other tensors and may be "
                                    << text_of(values) << ", TensorRT's profiles hold 32 bits each");
    narrow.push_back(static_cast<int32_t>(value));
  }
  return narrow;
}

bool values_fit(const std::vector<int64_t>& values, const network::ProfileRange& range) {
  for (size_t i = 0; i < values.size() && i < range.min_values.size(); ++i) {
    if (values[i] < range.min_values[i] || values[i] > range.max_values[i]) return false;
  }
  return true;
}

}  // namespace torch_tensorrt::backends::tensorrt
