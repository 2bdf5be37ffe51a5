#include "torch_tensorrt/torch_tensorrt.h"

#include <functional>
#include <iostream>

#include "torch_tensorrt/api/compile_spec.h"
#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/refit_module.h"
#include "torch_tensorrt/core/runtime/RTDevice.h"
#include "torch_tensorrt/core/util/build_info.h"
#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/logging.h"
#include "torch_tensorrt/ptq.h"

namespace torch_tensorrt {
namespace {

// Rethrows PyTorch's errors as Error, so that callers have one type to catch.
template <typename F>
auto translated(F&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const c10::Error& error) {
    TORCHTRT_THROW_ERROR(error.what_without_backtrace());
  }
}

// The module, or a copy on the CPU if any of its tensors is elsewhere.
torch::jit::Module on_cpu(const torch::jit::Module& module) {
  bool is_there = true;
  for (const at::Tensor& tensor : module.parameters()) is_there = is_there && tensor.is_cpu();
  for (const at::Tensor& tensor : module.buffers()) is_there = is_there && tensor.is_cpu();
  if (is_there) return module;
  torch::jit::Module copy = module.clone();
  copy.to(at::kCPU);
  return copy;
}

// Calibrates in the module that the function compiles in float32 for the CPU, if the specification asks for it.
void calibrate(ts::CompileSpec& info,
               const std::function<torch::jit::Module(const ts::CompileSpec&)>& compile_in_float) {
  if (info.ptq_calibrator == nullptr) return;
  const bool is_on_cpu = info.device.device_type == Device::DeviceType::kCPU;
  const bool has_use =
      info.enabled_precisions.count(DataType::kChar) != 0 || info.enabled_precisions.count(DataType::kHalf) != 0;
  TORCHTRT_CHECK(has_use, "a calibrator needs int8 or half in enabled_precisions");
  ts::CompileSpec in_float = info;
  if (!is_on_cpu) {
    in_float.device = Device::cpu();
    // Without the settings that are for GPUs.
    in_float.backend = "auto";
    in_float.mix_backends = false;
    in_float.workspace_size = 0;
    in_float.debug = false;
    in_float.optimization_level = -1;
    in_float.version_compatible = false;
    in_float.hardware_compatible = false;
    in_float.sparse_weights = false;
    in_float.timing_cache_path.clear();
  }
  in_float.ptq_calibrator = nullptr;
  in_float.enabled_precisions = {DataType::kFloat};
  in_float.precision_overrides.clear();
  in_float.calibration = engine::BuildSettings::kObserved;
  info.calibration = info.ptq_calibrator->calibrate([&] { return compile_in_float(in_float); });
  info.ptq_calibrator = nullptr;
}

}  // namespace

std::string get_build_info() { return core::util::get_build_info(); }
void dump_build_info() { std::cout << get_build_info(); }
void set_device(const int gpu_id) { core::set_device(gpu_id); }

namespace torchscript {

bool check_method_operator_support(const torch::jit::Module& module, std::string method_name) {
  return translated([&] { return core::CheckMethodOperatorSupport(module, method_name); });
}

torch::jit::Module compile(const torch::jit::Module& module, CompileSpec info) {
  return translated([&] {
    calibrate(info, [&](const CompileSpec& in_float) { return compile(on_cpu(module), in_float); });
    return core::CompileGraph(module, to_internal(info));
  });
}

torch::jit::Module refit_module_weights(const torch::jit::Module& compiled,
                                        const torch::jit::Module& new_weight_module) {
  return translated([&] { return core::RefitModule(compiled, new_weight_module); });
}

std::string convert_method_to_trt_engine(const torch::jit::Module& module, std::string method_name, CompileSpec info) {
  return translated([&] {
    calibrate(info, [&](const CompileSpec& in_float) {
      return embed_engine_in_new_module(convert_method_to_trt_engine(on_cpu(module), method_name, in_float),
                                        in_float.device);
    });
    return core::ConvertGraphToTRTEngine(module, method_name, to_internal(info));
  });
}

torch::jit::Module embed_engine_in_new_module(const std::string& engine, Device device,
                                              const std::vector<std::string>& input_binding_names,
                                              const std::vector<std::string>& output_binding_names) {
  return translated([&] {
    const core::runtime::RTDevice target(to_internal(device));
    return core::EmbedEngineInNewModule(engine, target, input_binding_names, output_binding_names);
  });
}

}  // namespace torchscript
}  // namespace torch_tensorrt

namespace torch_tensorrt::logging {
namespace {

namespace core_logging = core::util::logging;

static_assert(static_cast<int>(core_logging::LogLevel::kGRAPH) == kGRAPH, "both enums count alike");

}  // namespace

std::string get_logging_prefix() { return core_logging::get_logger().get_logging_prefix(); }

void set_logging_prefix(std::string prefix) { core_logging::get_logger().set_logging_prefix(std::move(prefix)); }

void set_reportable_log_level(Level lvl) {
  core_logging::get_logger().set_reportable_log_level(static_cast<core_logging::LogLevel>(lvl));
}

Level get_reportable_log_level() { return static_cast<Level>(core_logging::get_logger().get_reportable_log_level()); }

void set_is_colored_output_on(bool colored_output_on) {
  core_logging::get_logger().set_is_colored_output_on(colored_output_on);
}

bool get_is_colored_output_on() { return core_logging::get_logger().get_is_colored_output_on(); }

void log(Level lvl, std::string msg) { core_logging::get_logger().log(static_cast<core_logging::LogLevel>(lvl), msg); }

}  // namespace torch_tensorrt::logging
