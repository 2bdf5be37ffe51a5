#include "torch_tensorrt/core/network/layers/grid_sample.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

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
                                     << " numbers a place for the input " << to_string(input.dims));
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
