// A custom PyTorch operator, example::squared_relu, and its converter. An extension would have a file for each.
#include "torch/script.h"

#include "torch_tensorrt/core/conversion/converters/converters.h"

namespace {

namespace conversion = torch_tensorrt::core::conversion;

// scale * relu(x)^2, on float tensors of any shape.
at::Tensor squared_relu(const at::Tensor& x, double scale) { return at::relu(x).square() * scale; }

bool convert_squared_relu(conversion::ConversionCtx* ctx, const torch::jit::Node* n,
                          conversion::converters::args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto scale = conversion::converters::Weights(ctx, static_cast<float>(args[1].unwrapToDouble()));
  auto* relu = ctx->net->addActivation(*x, nvinfer1::ActivationType::kRELU)->getOutput(0);
  auto* squared = ctx->net->addElementWise(*relu, *relu, nvinfer1::ElementWiseOperation::kPROD)->getOutput(0);
  auto* scaled = ctx->net->addScale(*squared, nvinfer1::ScaleMode::kUNIFORM, {}, scale.data, {});
  scaled->setName(torch_tensorrt::core::util::node_info(n).c_str());
  ctx->AssociateValueAndTensor(n->outputs()[0], scaled->getOutput(0));
  return true;
}

auto squared_relu_converter = conversion::converters::RegisterNodeConversionPatterns().pattern(
    {"example::squared_relu(Tensor x, float scale) -> Tensor", convert_squared_relu});

}  // namespace

TORCH_LIBRARY(example, m) { m.def("squared_relu(Tensor x, float scale) -> Tensor", squared_relu); }
