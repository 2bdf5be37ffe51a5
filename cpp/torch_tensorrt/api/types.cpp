#include <ostream>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt {
namespace {

struct TypeRow {
  DataType::Value value;
  c10::ScalarType scalar_type;
  const char* name;
};
constexpr TypeRow kTypes[] = {
    {DataType::kFloat, c10::kFloat, "float"}, {DataType::kHalf, c10::kHalf, "half"},
    {DataType::kChar, c10::kChar, "int8"},    {DataType::kInt, c10::kInt, "int32"},
    {DataType::kLong, c10::kLong, "int64"},   {DataType::kDouble, c10::kDouble, "double"},
    {DataType::kBool, c10::kBool, "bool"},    {DataType::kBFloat16, c10::kBFloat16, "bfloat16"},
    {DataType::kByte, c10::kByte, "uint8"},   {DataType::kShort, c10::kShort, "int16"},
};

std::vector<int64_t> merged_shape(const std::vector<int64_t>& low, const std::vector<int64_t>& high) {
  std::vector<int64_t> shape(low.size());
  for (size_t i = 0; i < low.size(); ++i) shape[i] = low[i] == high[i] ? low[i] : -1;
  return shape;
}

void check_range(const std::vector<int64_t>& low, const std::vector<int64_t>& opt, const std::vector<int64_t>& high) {
  const auto shown = [&] {
    return torch_tensorrt::str("min ", c10::IntArrayRef(low), ", opt ", c10::IntArrayRef(opt), ", max ",
                               c10::IntArrayRef(high));
  };
  TORCHTRT_CHECK(low.size() == opt.size() && opt.size() == high.size(),
                 "an input's min, opt and max shapes must have the same rank: " << shown());
  for (size_t i = 0; i < low.size(); ++i) {
    TORCHTRT_CHECK(low[i] >= 0, "an input's sizes must be 0 or more: " << shown());
    TORCHTRT_CHECK(
        low[i] <= opt[i] && opt[i] <= high[i],
        "an input's min, opt and max shapes must not decrease, but decrease in dimension " << i << ": " << shown());
  }
}

// All constructors of Input delegate to this function.
void fill(Input& input, std::vector<int64_t> low, std::vector<int64_t> opt, std::vector<int64_t> high, DataType dtype,
          std::vector<double> domain, TensorFormat format) {
  check_range(low, opt, high);
  TORCHTRT_CHECK(domain.size() == 2 && domain[0] < domain[1],
                 "an input's tensor domain must be two numbers, the low end below the high end, found "
                     << c10::ArrayRef<double>(domain));
  input.shape = merged_shape(low, high);
  input.input_is_dynamic = low != high;
  input.min_shape = std::move(low);
  input.opt_shape = std::move(opt);
  input.max_shape = std::move(high);
  input.dtype = dtype;
  input.tensor_domain = std::move(domain);
  input.format = format;
}

const std::vector<double> kDefaultDomain = {0, 2};
// The most elements that an input used as sizes may have.
constexpr int64_t kMostSizes = 16;

}  // namespace

DataType::DataType(c10::ScalarType t) {
  for (const auto& row : kTypes) {
    if (row.scalar_type != t) continue;
    value_ = row.value;
    return;
  }
  TORCHTRT_THROW_ERROR("Unsupported input data type: " << c10::toString(t));
}

std::ostream& operator<<(std::ostream& os, const DataType& dtype) {
  for (const auto& row : kTypes) {
    if (dtype == row.value) return os << row.name;
  }
  return os << "unknown";
}

TensorFormat::TensorFormat(at::MemoryFormat t) {
  TORCHTRT_CHECK(t == at::MemoryFormat::Contiguous || t == at::MemoryFormat::ChannelsLast,
                 "memory format " << t << " is not supported for inputs; use contiguous or channels last");
  value_ = t == at::MemoryFormat::Contiguous ? kContiguous : kChannelsLast;
}

std::ostream& operator<<(std::ostream& os, const TensorFormat& format) {
  if (format == TensorFormat::kContiguous) return os << "contiguous";
  return os << (format == TensorFormat::kChannelsLast ? "channels_last" : "unknown");
}

Device::DeviceType::DeviceType(c10::DeviceType t) {
  TORCHTRT_CHECK(t == c10::DeviceType::CUDA || t == c10::DeviceType::CPU,
                 "engines do not run on device type " << t << "; use cpu or cuda");
  value_ = t == c10::DeviceType::CUDA ? kGPU : kCPU;
}

Device Device::cpu() {
  Device device;
  device.device_type = DeviceType::kCPU;
  return device;
}

Device Device::current() { return at::hasCUDA() ? Device() : cpu(); }

std::ostream& operator<<(std::ostream& os, const Device& device) {
  if (device.device_type == Device::DeviceType::kCPU) return os << "cpu";
  if (device.device_type == Device::DeviceType::kDLA) {
    return os << "dla:" << device.dla_core << (device.allow_gpu_fallback ? " (gpu fallback)" : "");
  }
  return os << "gpu:" << device.gpu_id;
}

Input::Input(std::vector<int64_t> shape, TensorFormat format) {
  fill(*this, shape, shape, shape, DataType::kUnknown, kDefaultDomain, format);
}

Input::Input(std::vector<int64_t> shape, std::vector<double> tensor_domain, TensorFormat format) {
  fill(*this, shape, shape, shape, DataType::kUnknown, std::move(tensor_domain), format);
}

Input::Input(std::vector<int64_t> shape, DataType dtype, TensorFormat format) {
  fill(*this, shape, shape, shape, dtype, kDefaultDomain, format);
}

Input::Input(std::vector<int64_t> shape, DataType dtype, std::vector<double> tensor_domain, TensorFormat format) {
  fill(*this, shape, shape, shape, dtype, std::move(tensor_domain), format);
}

Input::Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
             TensorFormat format) {
  fill(*this, min_shape, opt_shape, max_shape, DataType::kUnknown, kDefaultDomain, format);
}

Input::Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
             std::vector<double> tensor_domain, TensorFormat format) {
  fill(*this, min_shape, opt_shape, max_shape, DataType::kUnknown, std::move(tensor_domain), format);
}

Input::Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
             DataType dtype, TensorFormat format) {
  fill(*this, min_shape, opt_shape, max_shape, dtype, kDefaultDomain, format);
}

Input::Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
             DataType dtype, std::vector<double> tensor_domain, TensorFormat format) {
  fill(*this, min_shape, opt_shape, max_shape, dtype, std::move(tensor_domain), format);
}

Input::Input(c10::ArrayRef<int64_t> shape, TensorFormat format) {
  fill(*this, shape.vec(), shape.vec(), shape.vec(), DataType::kUnknown, kDefaultDomain, format);
}

Input::Input(c10::ArrayRef<int64_t> shape, std::vector<double> tensor_domain, TensorFormat format) {
  fill(*this, shape.vec(), shape.vec(), shape.vec(), DataType::kUnknown, std::move(tensor_domain), format);
}

Input::Input(c10::ArrayRef<int64_t> shape, DataType dtype, TensorFormat format) {
  fill(*this, shape.vec(), shape.vec(), shape.vec(), dtype, kDefaultDomain, format);
}

Input::Input(c10::ArrayRef<int64_t> shape, DataType dtype, std::vector<double> tensor_domain, TensorFormat format) {
  fill(*this, shape.vec(), shape.vec(), shape.vec(), dtype, std::move(tensor_domain), format);
}

Input::Input(c10::ArrayRef<int64_t> min_shape, c10::ArrayRef<int64_t> opt_shape, c10::ArrayRef<int64_t> max_shape,
             TensorFormat format) {
  fill(*this, min_shape.vec(), opt_shape.vec(), max_shape.vec(), DataType::kUnknown, kDefaultDomain, format);
}

Input::Input(c10::ArrayRef<int64_t> min_shape, c10::ArrayRef<int64_t> opt_shape, c10::ArrayRef<int64_t> max_shape,
             std::vector<double> tensor_domain, TensorFormat format) {
  fill(*this, min_shape.vec(), opt_shape.vec(), max_shape.vec(), DataType::kUnknown, std::move(tensor_domain), format);
}

Input::Input(c10::ArrayRef<int64_t> min_shape, c10::ArrayRef<int64_t> opt_shape, c10::ArrayRef<int64_t> max_shape,
             DataType dtype, TensorFormat format) {
  fill(*this, min_shape.vec(), opt_shape.vec(), max_shape.vec(), dtype, kDefaultDomain, format);
}

Input::Input(c10::ArrayRef<int64_t> min_shape, c10::ArrayRef<int64_t> opt_shape, c10::ArrayRef<int64_t> max_shape,
             DataType dtype, std::vector<double> tensor_domain, TensorFormat format) {
  fill(*this, min_shape.vec(), opt_shape.vec(), max_shape.vec(), dtype, std::move(tensor_domain), format);
}

Input::Input(at::Tensor tensor) {
  TORCHTRT_CHECK(tensor.defined(), "the example of an input is an undefined tensor");
  const auto sizes = tensor.sizes().vec();
  const bool channels_last =
      tensor.dim() == 4 && !tensor.is_contiguous() && tensor.is_contiguous(at::MemoryFormat::ChannelsLast);
  fill(*this, sizes, sizes, sizes, tensor.scalar_type(), kDefaultDomain,
       channels_last ? TensorFormat::kChannelsLast : TensorFormat::kContiguous);
  const bool may_be_sizes = tensor.scalar_type() == at::kInt || tensor.scalar_type() == at::kLong;
  if (!may_be_sizes || tensor.dim() > 1 || tensor.numel() > kMostSizes) return;
  const auto elements = tensor.to(at::kCPU, at::kLong).contiguous();
  opt_values.assign(elements.const_data_ptr<int64_t>(), elements.const_data_ptr<int64_t>() + elements.numel());
}

std::ostream& operator<<(std::ostream& os, const Input& input) {
  os << "Input(" << input.name << (input.name.empty() ? "" : ", ") << "shape: " << c10::IntArrayRef(input.shape);
  if (input.input_is_dynamic) {
    os << ", min: " << c10::IntArrayRef(input.min_shape) << ", opt: " << c10::IntArrayRef(input.opt_shape)
       << ", max: " << c10::IntArrayRef(input.max_shape);
  }
  for (const Input::Range& range : input.more_ranges) {
    os << ", or min: " << c10::IntArrayRef(range.min_shape) << ", opt: " << c10::IntArrayRef(range.opt_shape)
       << ", max: " << c10::IntArrayRef(range.max_shape);
  }
  return os << ", dtype: " << input.dtype << ", format: " << input.format << ", domain: [" << input.tensor_domain[0]
            << ", " << input.tensor_domain[1] << "))";
}

}  // namespace torch_tensorrt
