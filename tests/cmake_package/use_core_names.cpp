// A converter with the include paths and names that people have written converters with for Torch-TensorRT.
#include <cstdio>

#include "NvInfer.h"
#include "core/compiler.h"
#include "core/conversion/conversion.h"
#include "core/conversion/conversionctx/ConversionCtx.h"
#include "core/conversion/converters/converters.h"
#include "core/conversion/evaluators/evaluators.h"
#include "core/conversion/tensorcontainer/TensorContainer.h"
#include "core/conversion/var/Var.h"
#include "core/ir/ir.h"
#include "core/lowering/lowering.h"
#include "core/partitioning/partitioning.h"
#include "core/partitioning/partitioningctx/PartitioningCtx.h"
#include "core/partitioning/partitioninginfo/PartitioningInfo.h"
#include "core/partitioning/segmentedblock/SegmentedBlock.h"
#include "core/runtime/runtime.h"
#include "core/util/prelude.h"
#include "torch/script.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace {

using namespace torch_tensorrt::core;

bool convert_relu(conversion::ConversionCtx* ctx, const torch::jit::Node* n, conversion::converters::args& args) {
  auto* in = args[0].ITensorOrFreeze(ctx);
  LOG_DEBUG("converting " << util::node_info(n));
  const ir::Device& device = ctx->settings.device;
  if (ctx->settings.device.device_type == nvinfer1::DeviceType::kDLA && !ctx->settings.device.allow_gpu_fallback) {
    LOG_DEBUG("only for core " << device.dla_core << " of GPU " << device.gpu_id);
  }
  nvinfer1::ILogger& logger = ctx->logger;
  logger.log(nvinfer1::ILogger::Severity::kVERBOSE, "by its severity");
  TORCHTRT_CHECK(util::optTRTDataTypeToScalarType(in->getType()), "no dtype of PyTorch");
  nvinfer1::IActivationLayer* layer = ctx->net->addActivation(*in, nvinfer1::ActivationType::kRELU);
  TORCHTRT_CHECK(layer, "unable to make a layer of " << *n);
  layer->setName(util::node_info(n).c_str());
  ctx->AssociateValueAndTensor(n->outputs()[0], layer->getOutput(0));
  std::printf("converted\n");
  return true;
}

auto relu_converter = conversion::converters::RegisterNodeConversionPatterns().pattern(
    {"aten::relu(Tensor input) -> (Tensor)", convert_relu});

size_t count_segments() {
  const auto graph = std::make_shared<torch::jit::Graph>();
  const auto relu = graph->insert(c10::Symbol::fromQualString("aten::relu"), {graph->addInput()});
  graph->registerOutput(graph->insert(c10::Symbol::fromQualString("aten::exp"), {relu}));
  partitioning::PartitioningInfo info;
  info.enabled = true;
  info.forced_fallback_operators.push_back("aten::exp");
  partitioning::PartitioningCtx ctx(graph->block(), info);
  partitioning::segmentGraph(&ctx, graph->block());
  return ctx.partitioned_blocks.begin()->second.size();
}

}  // namespace

int main() {
  torch::jit::Module module("model");
  module.define("def forward(self, x):\n  return torch.relu(x)\n");
  torch_tensorrt::ts::CompileSpec spec({torch_tensorrt::Input(std::vector<int64_t>{2, 3})});
  spec.device = torch_tensorrt::Device::cpu();
  auto compiled = torch_tensorrt::ts::compile(module, spec);
  const auto result = compiled.forward({-torch::ones({2, 3})}).toTensor();
  util::logging::get_logger().set_reportable_severity(nvinfer1::ILogger::Severity::kWARNING);
  const auto device = runtime::get_current_device();
  runtime::set_rt_device(device);
  std::printf("result %.0f, rank %d, %zu segments\n", result.sum().item<double>(), util::toDims(result.sizes()).nbDims,
              count_segments());
  return 0;
}
