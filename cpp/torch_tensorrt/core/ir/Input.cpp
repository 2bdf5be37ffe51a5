#include <algorithm>
#include <set>

#include "torch_tensorrt/core/ir/inputs.h"
#include "torch_tensorrt/core/util/jit_types.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {
namespace {

const std::set<at::ScalarType> kInputTypes = {at::kBool, at::kByte, at::kChar,  at::kShort,    at::kInt,
                                              at::kLong, at::kHalf, at::kFloat, at::kBFloat16, at::kDouble};

void check_range(const network::Dims& min, const network::Dims& opt, const network::Dims& max) {
  TORCHTRT_CHECK(min.nbDims == opt.nbDims && opt.nbDims == max.nbDims,
                 "min, opt and max must have the same rank, found " << min << ", " << opt << " and " << max);
  for (int32_t i = 0; i < min.nbDims; ++i) {
    TORCHTRT_CHECK(min.d[i] >= 0 && min.d[i] <= opt.d[i] && opt.d[i] <= max.d[i],
                   "dimension " << i << ": min " << min.d[i] << ", opt " << opt.d[i] << ", max " << max.d[i]
                                << " must be 0 or more and must not decrease");
  }
}

void check_type(at::ScalarType dtype, network::TensorFormat format, int32_t rank) {
  TORCHTRT_CHECK(kInputTypes.count(dtype) != 0, "Unsupported input data type: " << c10::toString(dtype));
  TORCHTRT_CHECK(format == network::TensorFormat::kLINEAR || format == network::TensorFormat::kHWC,
                 "the layout of an input must be contiguous or channels last, found " << format);
  const bool channels_last = format == network::TensorFormat::kHWC;
  TORCHTRT_CHECK(!channels_last || (dtype == at::kFloat && rank == 4),
                 "channels last is for float inputs of rank 4, found " << c10::toString(dtype) << " of rank " << rank);
}

}  // namespace

Device Device::cpu() {
  Device device;
  device.device_type = network::DeviceType::kCPU;
  return device;
}

std::ostream& operator<<(std::ostream& os, const Device& device) {
  if (device.device_type == network::DeviceType::kCPU) return os << "cpu";
  if (device.device_type == network::DeviceType::kDLA) return os << "dla:" << device.dla_core;
  return os << "gpu:" << device.gpu_id;
}

Input::Input(std::vector<int64_t> shape, at::ScalarType dtype, network::TensorFormat format, bool dtype_is_user_defined,
             std::vector<double> tensor_domain)
    : Input(shape, shape, shape, dtype, format, dtype_is_user_defined, std::move(tensor_domain)) {}

Input::Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
             at::ScalarType dtype, network::TensorFormat format, bool dtype_is_user_defined,
             std::vector<double> tensor_domain)
    : input_is_dynamic(min_shape != max_shape),
      dtype_is_user_defined(dtype_is_user_defined),
      tensor_domain(std::move(tensor_domain)),
      min(min_shape),
      max(max_shape),
      opt(opt_shape),
      dtype(dtype),
      format(format) {
  check_range(min, opt, max);
  check_type(dtype, format, opt.nbDims);
  input_shape = opt;
  for (int32_t i = 0; i < opt.nbDims; ++i) {
    if (min.d[i] != max.d[i]) input_shape.d[i] = -1;
  }
}

void Input::add_range(ShapeRange range) {
  check_range(range.min, range.opt, range.max);
  TORCHTRT_CHECK(range.opt.nbDims == opt.nbDims,
                 "all ranges of an input must have the same rank, found " << opt << " and " << range.opt);
  for (int32_t i = 0; i < opt.nbDims; ++i) {
    if (range.min.d[i] != min.d[i] || range.max.d[i] != min.d[i]) input_shape.d[i] = -1;
  }
  input_is_dynamic = !input_shape.is_static();
  more_ranges.push_back(std::move(range));
}

std::ostream& operator<<(std::ostream& os, const Input& input) {
  os << "Input(" << input.name << (input.name.empty() ? "" : ", ") << "shape: " << input.input_shape;
  if (input.input_is_dynamic) {
    os << ", min: " << input.min << ", opt: " << input.opt << ", max: " << input.max;
    for (const ShapeRange& range : input.more_ranges) {
      os << ", or min: " << range.min << ", opt: " << range.opt << ", max: " << range.max;
    }
  }
  return os << ", dtype: " << c10::toString(input.dtype) << ", format: " << input.format << ')';
}

}  // namespace torch_tensorrt::core::ir
