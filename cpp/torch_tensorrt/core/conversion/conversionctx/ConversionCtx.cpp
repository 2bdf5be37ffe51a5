#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

#include <cstdlib>

#include "torch_tensorrt/core/engine/build/build_engine.h"

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

engine::DeviceTarget device_target(const ir::Device& device) {
  engine::DeviceTarget target;
  const bool is_cpu = device.device_type == nvinfer1::DeviceType::kCPU;
  target.kind = is_cpu ? engine::DeviceTarget::Kind::kCPU : engine::DeviceTarget::Kind::kCUDA;
  target.index = static_cast<int32_t>(device.gpu_id);
  if (device.device_type == nvinfer1::DeviceType::kDLA) target.dla_core = static_cast<int32_t>(device.dla_core);
  target.allow_gpu_fallback = device.allow_gpu_fallback;
  return target;
}

}  // namespace

std::ostream& operator<<(std::ostream& os, const BuilderSettings& settings) {
  os << "Settings of the engine:\nenabled_precisions:";
  for (const auto precision : settings.enabled_precisions) os << ' ' << precision;
  return os << "\ndevice: " << settings.device << "\ncapability: " << settings.capability << '\n'
            << engine::to_text(settings);
}

engine::BuildSettings build_settings(const BuilderSettings& settings) {
  engine::BuildSettings build;
  static_cast<Settings&>(build) = settings;
  build.name = settings.name;
  build.target = engine::describe_target(device_target(settings.device));
  build.enabled_precisions = settings.enabled_precisions;
  if (build.enabled_precisions.empty()) build.enabled_precisions.insert(nvinfer1::DataType::kFLOAT);
  build.capability = settings.capability;
  return build;
}

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

Decision ConversionCtx::decide_backend() const {
  return engine::takes_layers(*net, settings.backend, device_target(settings.device));
}

Decision ConversionCtx::decide_backend(const nvinfer1::ILayer& layer) const {
  return engine::takes_layer(layer, settings.backend, device_target(settings.device));
}

std::string ConversionCtx::SerializeEngine() {
  // All layers have their sources now. The hook must not outlive the context.
  net->set_layer_hook({});
  value_tensor_map.clear();
  seen_itensors.clear();
  evaluated_value_map.clear();
  auto build = build_settings(settings);
  build.enabled_precisions = enabled_precisions;
  return engine::build_engine(std::move(net), build);
}

}  // namespace torch_tensorrt::core::conversion
