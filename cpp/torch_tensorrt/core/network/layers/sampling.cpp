#include "torch_tensorrt/core/network/layers/sampling.h"

#include <cmath>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

void check_count(const char* what, int64_t count, const Dims& input) {
  if (count != input.nbDims) {
    TORCHTRT_THROW_ERROR("has " << count << " " << what << ", must have " << input.nbDims << " for the input "
                                << to_string(input));
  }
}

// A float factor (as nvinfer1 has them) needs the product rounded to float, too: 10 * 0.7F must give 7. A double
// factor, as Python has, needs a double product: 100 * 0.29 gives 28.
int64_t scaled(int64_t size, double scale) {
  const double product = static_cast<double>(size) * scale;
  const auto single = static_cast<float>(scale);
  if (static_cast<double>(single) != scale) return static_cast<int64_t>(std::floor(product));
  return static_cast<int64_t>(std::floor(static_cast<float>(size) * single));
}

Dims scaled(const Dims& input, const std::vector<double>& scales) {
  Dims out = input;
  for (int32_t i = 0; i < input.nbDims; ++i) {
    const double scale = scales[static_cast<size_t>(i)];
    if (input.d[i] != -1 && scale != 1.0) out.d[i] = scaled(input.d[i], scale);
  }
  return out;
}

// An antialiased element is the mean of 1 / scale elements around it, and each of these needs a weight.
void check_reach(const std::vector<double>& scales, const Dims& input) {
  constexpr double kSmallReach = 1 << 16;
  for (size_t i = 0; i < scales.size() && static_cast<int32_t>(i) < input.nbDims; ++i) {
    const double reach = 1.0 / scales[i];
    const int64_t size = input.d[i];
    if (size == -1 || reach <= kSmallReach || reach <= 2 * static_cast<double>(size)) {
      continue;
    }
    TORCHTRT_THROW_ERROR("an antialiased element would be the mean of " << reach << " elements of dimension " << i
                                                                        << ", which has only " << size);
  }
}

Dims from_shape_tensor(const InferInput& shape, const Dims& input) {
  const std::vector<int64_t> elements = shape_input("output dimensions", shape, input.nbDims);
  Dims out = input;
  for (int32_t i = 0; i < input.nbDims; ++i) {
    const int64_t value = elements[static_cast<size_t>(i)];
    out.d[i] = value == ShapeValue::kUnknown ? -1 : value;
    if (value < 0 && value != ShapeValue::kUnknown) {
      TORCHTRT_THROW_ERROR("output dimension " << i << " is " << value << ", must be at least 0");
    }
  }
  return out;
}

// -1 keeps the input's size.
Dims from_attribute(const Dims& wanted, const Dims& input) {
  check_count("output dimensions", wanted.nbDims, input);
  Dims out = input;
  for (int32_t i = 0; i < input.nbDims; ++i) {
    if (wanted.d[i] < -1) {
      TORCHTRT_THROW_ERROR("output dimensions are " << to_string(wanted) << ", each must be at least -1");
    }
    out.d[i] = wanted.d[i] == -1 ? input.d[i] : wanted.d[i];
  }
  return out;
}

}  // namespace

void IResizeLayer::setScales(const float* scales, int32_t count) {
  scales_.assign(scales, scales + count);
  invalidate();
}

void IResizeLayer::setScales(std::vector<double> scales) {
  scales_ = std::move(scales);
  invalidate();
}

std::vector<TensorType> IResizeLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1, 2);
  const TensorType& type = inputs[0].type;
  if (mode_ != InterpolationMode::kNEAREST && type.dtype != DataType::kUINT8) {
    expect_floating_point(type.dtype);
  }
  for (const double scale : scales_) {
    if (!(scale > 0.0) || !std::isfinite(scale)) {
      TORCHTRT_THROW_ERROR("a scale is " << scale << ", must be positive and finite");
    }
  }
  if (antialias_) {
    check_reach(scales_, type.dims);
  }
  if (!scales_.empty()) {
    check_count("scales", static_cast<int64_t>(scales_.size()), type.dims);
  }
  if (is_present(inputs, 1)) {
    return {{type.dtype, from_shape_tensor(inputs[1], type.dims)}};
  }
  if (output_dimensions_.nbDims != 0) {
    return {{type.dtype, from_attribute(output_dimensions_, type.dims)}};
  }
  check_count("scales and no output dimensions", static_cast<int64_t>(scales_.size()), type.dims);
  return {{type.dtype, scaled(type.dims, scales_)}};
}

// No mode interpolates dimensions that keep their size.
bool IResizeLayer::does_nothing() const {
  const Dims in = getInput(0)->getDimensions();
  return in.is_static() && getNbInputs() == 1 && in == getOutput(0)->getDimensions();
}

void IResizeLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit("output_dims", output_dimensions_);
  visitor.visit("scales", scales_);
  visitor.visit_as_enum("mode", mode_);
  visitor.visit_as_enum("transformation", transformation_);
  visitor.visit_as_enum("selector", selector_);
  visitor.visit_as_enum("nearest_rounding", nearest_rounding_);
  visitor.visit("cubic_coeff", cubic_coeff_);
  visitor.visit("exclude_outside", exclude_outside_);
  visitor.visit("antialias", antialias_);
}

std::vector<TensorType> IGridSampleLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 2);
  const TensorType& input = inputs[0].type;
  const TensorType& grid = inputs[1].type;
  expect_floating_point(input.dtype);
  expect_same_type(input.dtype, grid.dtype);
  const int32_t rank = input.dims.nbDims;
  if (rank != 4 && rank != 5) {
    TORCHTRT_THROW_ERROR("the input " << to_string(input.dims) << " has rank " << rank << ", must have 4 or 5");
  }
  const int64_t places = grid.dims.nbDims == rank ? grid.dims.d[rank - 1] : -1;
  if (places != rank - 2) {
    TORCHTRT_THROW_ERROR("the grid " << to_string(grid.dims) << " must have rank " << rank << " and " << rank - 2
                                     << " numbers per position for the input " << to_string(input.dims));
  }
  if (sample_mode_ != SampleMode::kFILL && sample_mode_ != SampleMode::kCLAMP && sample_mode_ != SampleMode::kREFLECT) {
    TORCHTRT_THROW_ERROR("sample mode is " << enum_name(sample_mode_) << ", must be fill, clamp or reflect");
  }
  if (interpolation_ == InterpolationMode::kCUBIC && rank != 4) {
    TORCHTRT_THROW_ERROR("cubic interpolation needs an input of rank 4, it is " << to_string(input.dims));
  }
  Dims dims = input.dims;
  dims.d[0] = merge_dim(input.dims.d[0], grid.dims.d[0], input.dims, grid.dims);
  for (int32_t i = 2; i < rank; ++i) dims.d[i] = grid.dims.d[i - 1];
  return {{input.dtype, dims}};
}

void IGridSampleLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("interpolation", interpolation_);
  visitor.visit("align_corners", align_corners_);
  visitor.visit_as_enum("sample_mode", sample_mode_);
}

}  // namespace torch_tensorrt::network
