#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

#include <cstdlib>
#include <string>

#include "torch_tensorrt/core/util/encodings.h"

namespace torch_tensorrt::core::conversion {
namespace {

using nvinfer1::BuilderFlag;

void configure(nvinfer1::IBuilderConfig& cfg, const BuilderSettings& settings) {
  const std::pair<BuilderFlag, bool> flags[] = {
      {BuilderFlag::kFP16, settings.enabled_precisions.count(nvinfer1::DataType::kHALF) != 0},
      {BuilderFlag::kBF16, settings.enabled_precisions.count(nvinfer1::DataType::kBF16) != 0},
      {BuilderFlag::kINT8, settings.enabled_precisions.count(nvinfer1::DataType::kINT8) != 0},
      {BuilderFlag::kTF32, !settings.disable_tf32},
      {BuilderFlag::kREFIT, settings.refit},
      {BuilderFlag::kDEBUG, settings.debug},
      {BuilderFlag::kSPARSE_WEIGHTS, settings.sparse_weights},
      {BuilderFlag::kGPU_FALLBACK, settings.device.allow_gpu_fallback},
  };
  for (const auto& [flag, on] : flags) {
    if (on) cfg.setFlag(flag);
  }
  cfg.setAvgTimingIterations(static_cast<int32_t>(settings.num_avg_timing_iters));
  cfg.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, settings.workspace_size);
  cfg.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kDLA_MANAGED_SRAM, settings.dla_sram_size);
  cfg.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kDLA_LOCAL_DRAM, settings.dla_local_dram_size);
  cfg.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kDLA_GLOBAL_DRAM, settings.dla_global_dram_size);
  cfg.setEngineCapability(settings.capability);
  cfg.setDefaultDeviceType(settings.device.device_type);
}

// The user's submodule whose call the node belongs to: "encoder.layer1.0". Empty if the graph does not tell.
std::string module_path(const torch::jit::Node& node) {
  if (!node.callstack()) return {};
  std::string path;
  for (const auto& call : (*node.callstack())->vec()) {  // the outermost first
    const auto& instance = std::get<2>(call);
    if (!instance || !instance->class_type()) continue;
    const std::string name = instance->instance_name();
    if (name == "SELF" || name == "INSTANCE_NAME_UNKNOWN") continue;
    path += (path.empty() ? "" : ".") + name;
  }
  return util::escape_invalid_utf8(path);
}

}  // namespace

ConversionCtx::ConversionCtx(BuilderSettings build_settings)
    : builder(std::make_shared<nvinfer1::IBuilder>()),
      settings(std::move(build_settings)),
      logger("[Torch-TensorRT - Conversion] - ", util::logging::get_logger().get_reportable_log_level(),
             util::logging::get_logger().get_is_colored_output_on()) {
  if (settings.enabled_precisions.empty()) settings.enabled_precisions.insert(nvinfer1::DataType::kFLOAT);
  enabled_precisions = settings.enabled_precisions;
  net = builder->createNetworkV2(0);
  cfg = builder->createBuilderConfig();
  configure(*cfg, settings);
  net->setName(settings.name.c_str());
  net->set_layer_hook([this](nvinfer1::ILayer& layer) {
    if (current_node == nullptr) return;
    layer.set_source(util::source_location(current_node));
    layer.setName(util::node_info(current_node).c_str());
    layer.setMetadata(module_path(*current_node).c_str());
  });
}

ConversionCtx::~ConversionCtx() {
  for (void* resource : builder_resources) std::free(resource);
}

nvinfer1::ITensor* ConversionCtx::AssociateValueAndTensor(const torch::jit::Value* value, nvinfer1::ITensor* tensor) {
  RecordNewITensor(value, tensor);
  return tensor;
}

void ConversionCtx::RecordNewITensor(const torch::jit::Value* value, nvinfer1::ITensor* tensor) {
  TORCHTRT_CHECK(tensor != nullptr, util::value_info(value) << ": the converter gave a null tensor");
  const bool is_new = seen_itensors.insert(tensor).second;
  if (is_new && tensor->getName()[0] == '\0') tensor->setName(unused_name(value->debugName()).c_str());
  value_tensor_map[value] = tensor;
}

// In an unrolled loop, one value has a new tensor in each round, but tensor names must be unique. The names of the
// engine's inputs and outputs are reserved.
std::string ConversionCtx::unused_name(const std::string& wanted) {
  const bool is_taken = wanted.rfind("input_", 0) == 0 || wanted.rfind("output_", 0) == 0;
  std::string name = is_taken ? "value." + wanted : wanted;
  for (int64_t uses = name_uses_[name]++; uses > 0; uses = name_uses_[name]++) name += "." + std::to_string(uses);
  return name;
}

torch::jit::IValue* ConversionCtx::AssociateValueAndIValue(const torch::jit::Value* value, torch::jit::IValue ivalue) {
  auto& slot = evaluated_value_map[value];
  slot = std::move(ivalue);
  return &slot;
}

bool ConversionCtx::CheckLayerAddition(const torch::jit::Node* n) {
  for (const auto* output : n->outputs()) {
    if (value_tensor_map.count(output) != 0 || evaluated_value_map.count(output) != 0) continue;
    if (!output->hasUses()) continue;
    return false;
  }
  return true;
}

}  // namespace torch_tensorrt::core::conversion
