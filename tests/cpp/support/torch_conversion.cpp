#include "support/torch_conversion.h"

#include "ATen/ATen.h"

#include "torch_tensorrt/core/runtime/runtime.h"

namespace torch_tensorrt::tests {

core::conversion::BuilderSettings cpu_settings() {
  core::conversion::BuilderSettings settings;
  settings.device = core::ir::Device::cpu();
  return settings;
}

std::string build_engine(const std::shared_ptr<torch::jit::Graph>& graph, std::vector<core::ir::Input> specs,
                         std::vector<torch::jit::IValue> params) {
  auto kept = graph;
  auto static_params = core::ir::get_static_params(graph->inputs(), std::move(params));
  core::conversion::ConversionInfo info;
  info.inputs = core::ir::associate_specs_with_inputs(kept, std::move(specs), static_params);
  info.engine_settings = cpu_settings();
  return core::conversion::ConvertBlockToEngine(graph->block(), info, static_params);
}

std::vector<at::Tensor> run_engine(const std::string& bytes, std::vector<at::Tensor> inputs) {
  auto engine = c10::make_intrusive<core::runtime::TRTEngine>("test", bytes, core::runtime::RTDevice());
  return core::runtime::execute_engine(std::move(inputs), std::move(engine));
}

}  // namespace torch_tensorrt::tests
