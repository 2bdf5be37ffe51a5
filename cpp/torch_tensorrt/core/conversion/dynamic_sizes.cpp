#include "torch_tensorrt/core/conversion/dynamic_sizes.h"

#include <sstream>

#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"

namespace torch_tensorrt::core::conversion {
namespace {

using nvinfer1::DataType;
using nvinfer1::ITensor;

std::optional<torch::jit::IValue> as_ivalue(DataType type, double number) {
  if (type == DataType::kBOOL) return torch::jit::IValue(number != 0);
  if (nvinfer1::is_integral(type)) return torch::jit::IValue(static_cast<int64_t>(number));
  return std::nullopt;
}

const nvinfer1::Profile* profile_of(const ITensor& tensor) {
  const auto& profiles = tensor.producer()->network()->profiles();
  return profiles.empty() ? nullptr : &profiles.front();
}

std::string describe(const nvinfer1::DimOrigin& origin) {
  std::ostringstream text;
  text << "dimension " << origin.axis << " of input " << input_name(*origin.tensor);
  const auto* profile = profile_of(*origin.tensor);
  const auto range = profile == nullptr ? nvinfer1::Profile::const_iterator() : profile->find(origin.tensor->getName());
  if (profile == nullptr || range == profile->end()) return text.str();
  text << " (" << range->second.min.d[origin.axis] << " to " << range->second.max.d[origin.axis] << ")";
  return text.str();
}

}  // namespace

std::optional<torch::jit::IValue> decided_number(const ITensor& tensor) {
  const DataType type = tensor.getType();
  const auto& value = tensor.shape_value();
  if (value && value->elements.size() == 1 && value->is_known()) {
    if (nvinfer1::is_floating_point(type)) return torch::jit::IValue(nvinfer1::to_real(value->elements[0]));
    if (type == DataType::kBOOL) return torch::jit::IValue(value->elements[0] != 0);
    return torch::jit::IValue(value->elements[0]);
  }
  const auto* profile = profile_of(tensor);
  if (profile == nullptr || tensor.getDimensions().volume() != 1) return std::nullopt;
  const auto range = nvinfer1::ValueRanges(*profile).of_element(tensor, 0);
  return range.is_point() ? as_ivalue(type, range.low) : std::nullopt;
}

torch::jit::IValue decided_or_computed(ITensor* tensor) {
  const auto number = decided_number(*tensor);
  return number ? *number : TensorContainer::wrap(tensor);
}

std::string what_decides(const ITensor& tensor) {
  bool of_sizes_only = true;
  const auto sizes = nvinfer1::sizes_behind(tensor, of_sizes_only);
  std::string text = of_sizes_only ? "" : "the values of an input";
  for (const auto& origin : sizes) text += (text.empty() ? "" : " and ") + describe(origin);
  return text.empty() ? "the inputs" : text;
}

std::string input_name(const ITensor& input) {
  const std::string own = input.producer()->getName();
  return own.empty() ? input.getName() : own;
}

}  // namespace torch_tensorrt::core::conversion
