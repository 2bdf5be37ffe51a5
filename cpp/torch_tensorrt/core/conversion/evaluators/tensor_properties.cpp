#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"
#include "torch_tensorrt/core/conversion/evaluators/families.h"

namespace torch_tensorrt::core::conversion::evaluators {
namespace {

nvinfer1::ITensor* tensor_argument(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  return args.at(n->input(0)).ITensorOrFreeze(ctx);
}

// All sizes: known sizes as numbers, dynamic sizes as 0-d network tensors.
Result size(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (args.at(n->input(0)).isTensor()) return run_operator(n, args);
  auto* tensor = tensor_argument(ctx, n, args);
  const auto dims = tensor->getDimensions();
  if (dims.is_static()) return torch::jit::IValue(c10::List<int64_t>(dims.to_vector()));
  auto* shape = ctx->net->addShape(*tensor)->getOutput(0);
  c10::impl::GenericList list(c10::AnyType::get());
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] >= 0) {
      list.push_back(dims.d[i]);
    } else {
      list.push_back(number_or_tensor(index_layer(ctx, n, shape, i)));
    }
  }
  return torch::jit::IValue(std::move(list));
}

Result size_of_dim(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  return dynamic_size_layer(ctx, n, args);
}

Result rank(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (args.at(n->input(0)).isTensor()) return run_operator(n, args);
  return static_cast<int64_t>(tensor_argument(ctx, n, args)->getDimensions().nbDims);
}

Result first_size(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (args.at(n->input(0)).isTensor()) return run_operator(n, args);
  auto* tensor = tensor_argument(ctx, n, args);
  const auto dims = tensor->getDimensions();
  TORCHTRT_CHECK(dims.nbDims > 0, util::node_info(n) << ": a 0-d tensor has no length");
  if (dims.d[0] >= 0) return dims.d[0];
  return number_or_tensor(index_layer(ctx, n, ctx->net->addShape(*tensor)->getOutput(0), 0));
}

Result element_count(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (args.at(n->input(0)).isTensor()) return run_operator(n, args);
  auto* tensor = tensor_argument(ctx, n, args);
  const auto dims = tensor->getDimensions();
  if (dims.is_static()) return dims.volume();
  auto* shape = ctx->net->addShape(*tensor)->getOutput(0);
  auto* product = ctx->net->addReduce(*shape, nvinfer1::ReduceOperation::kPROD, 1U, /*keep_dimensions=*/false);
  return TensorContainer::wrap(product->getOutput(0));
}

// Indices of elements, for writes through views.
Result places(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (args.at(n->input(0)).isTensor()) return run_operator(n, args);
  auto* tensor = tensor_argument(ctx, n, args);
  const auto dims = tensor->getDimensions();
  if (!dims.is_static()) return TensorContainer::wrap(converters::places_of(ctx, tensor));
  return torch::jit::IValue(at::arange(dims.volume(), at::kLong).reshape(dims.to_vector()));
}

Result scalar_type(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (args.at(n->input(0)).isTensor()) return run_operator(n, args);
  return static_cast<int64_t>(util::TRTDataTypeToScalarType(tensor_argument(ctx, n, args)->getType()));
}

Result is_floating_point(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (args.at(n->input(0)).isTensor()) return run_operator(n, args);
  return at::isFloatingType(util::TRTDataTypeToScalarType(tensor_argument(ctx, n, args)->getType()));
}

Result device(ConversionCtx* ctx, const torch::jit::Node*, kwargs&) {
  const auto& device = ctx->settings.device;
  if (device.is_cpu()) return torch::jit::IValue(at::Device(at::kCPU));
  return torch::jit::IValue(at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device.gpu_id)));
}

Result is_on_gpu(ConversionCtx* ctx, const torch::jit::Node*, kwargs&) {
  return ctx->settings.device.device_type == nvinfer1::DeviceType::kGPU;
}

// Engines have no gradients and no autocasting. Their tensors are dense, and neither complex nor
// quantized.
// `yes`: a transformer then removes a batch's padding, which changes only the padding. The converter of
// aten::to_padded_tensor checks the mask itself.
Result yes(ConversionCtx*, const torch::jit::Node*, kwargs&) { return true; }
Result no(ConversionCtx*, const torch::jit::Node*, kwargs&) { return false; }
Result dense(ConversionCtx*, const torch::jit::Node*, kwargs&) { return static_cast<int64_t>(at::kStrided); }

}  // namespace

Registrations tensor_property_evaluators() {
  return {
      row("aten::size", size, {"aten::size(Tensor self) -> int[]"}),
      row("aten::size", size_of_dim, {"aten::size.int(Tensor self, int dim) -> int"}),
      row("prim::shape", size),
      row("aten::dim", rank),
      row("aten::len", first_size, {"aten::len.Tensor(Tensor t) -> int"}),
      row("aten::numel", element_count),
      row("trt::places_of", places),
      row("prim::dtype", scalar_type),
      row("prim::device", device),
      row("aten::is_floating_point", is_floating_point),
      row("prim::is_cuda", is_on_gpu),
      row("prim::layout", dense),
      row("prim::requires_grad", no),
      row("prim::is_quantized", no),
      row("prim::is_sparse", no),
      row("prim::is_nested", no),
      row("aten::_nested_tensor_from_mask_left_aligned", yes),
      row("aten::is_complex", no),
      row("aten::is_autocast_enabled", no),
      row("aten::is_autocast_cpu_enabled", no),
      row("aten::is_grad_enabled", no),
  };
}

}  // namespace torch_tensorrt::core::conversion::evaluators
