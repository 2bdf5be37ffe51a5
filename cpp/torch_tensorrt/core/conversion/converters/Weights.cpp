#include "torch_tensorrt/core/conversion/converters/Weights.h"

#include "ATen/ATen.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

// Throws Error for a value that the narrower dtype cannot hold: an integer out of range, or a number made infinite.
void check_fits(const at::Tensor& tensor, const at::Tensor& narrow) {
  const at::Tensor lost = tensor.scalar_type() == at::kLong ? narrow.to(at::kLong).ne(tensor)
                                                            : narrow.isinf().logical_and(tensor.isinf().logical_not());
  if (!lost.any().item<bool>()) return;
  const at::Scalar first = tensor.masked_select(lost)[0].item();
  TORCHTRT_THROW_ERROR("weights of shape " << tensor.sizes() << " hold " << first << ", which " << narrow.scalar_type()
                                           << " cannot hold; compile without truncate_long_and_double");
}

at::Tensor narrowed(ConversionCtx* ctx, const at::Tensor& tensor) {
  const auto type = tensor.scalar_type();
  if (!ctx->settings.truncate_long_and_double || (type != at::kLong && type != at::kDouble)) return tensor;
  const auto target = type == at::kLong ? at::kInt : at::kFloat;
  LOG_WARNING(ctx->logger, "Narrowing weights of shape " << tensor.sizes() << " from " << type << " to " << target
                                                         << " (truncate_long_and_double)");
  at::Tensor narrow = tensor.to(target);
  check_fits(tensor, narrow);
  return narrow;
}

}  // namespace

Weights::Weights(ConversionCtx* ctx, at::Tensor t) {
  TORCHTRT_CHECK(t.defined(), "weights must not be an undefined tensor");
  TORCHTRT_CHECK(t.layout() == at::kStrided && !t.is_quantized(),
                 "weights must be dense and not quantized, found layout " << t.layout());
  data.type = util::ScalarTypeToTRTDataType(t.scalar_type());
  auto dense = narrowed(ctx, t.detach()).to(at::kCPU).contiguous();
  data.type = util::ScalarTypeToTRTDataType(dense.scalar_type());
  data.count = dense.numel();
  data.values = dense.data_ptr();
  shape = dense.dim() == 0 ? nvinfer1::Dims{1} : nvinfer1::Dims(dense.sizes().vec());
  if (dense.dim() > 0) num_output_maps = dense.size(0);
  if (dense.dim() > 1) num_input_maps = dense.size(1);
  if (dense.dim() > 2) kernel_shape = nvinfer1::Dims(dense.sizes().slice(2).vec());
  ctx->net->keep_alive(std::make_shared<at::Tensor>(std::move(dense)));
}

Weights::Weights(ConversionCtx* ctx, float val) : Weights(ctx, at::full({1}, val, at::kFloat)) {}
Weights::Weights(ConversionCtx* ctx, int32_t val) : Weights(ctx, at::full({1}, val, at::kInt)) {}

std::ostream& operator<<(std::ostream& os, const Weights& w) {
  return os << "Weights: " << w.shape << "\n    Data type: " << w.data.type
            << "\n    Number of input maps: " << w.num_input_maps
            << "\n    Number of output maps: " << w.num_output_maps << "\n    Kernel shape: " << w.kernel_shape;
}

}  // namespace torch_tensorrt::core::conversion::converters
