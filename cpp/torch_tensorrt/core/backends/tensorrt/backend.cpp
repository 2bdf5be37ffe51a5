#include "torch_tensorrt/core/engine/backend/backend.h"

#include <iterator>

#include "torch_tensorrt/core/backends/tensorrt/prepare/passes.h"
#include "torch_tensorrt/core/backends/tensorrt/prepare/precisions.h"
#include "torch_tensorrt/core/backends/tensorrt/run/build.h"
#include "torch_tensorrt/core/backends/tensorrt/run/engine.h"
#include "torch_tensorrt/core/backends/tensorrt/run/executable.h"
#include "torch_tensorrt/core/backends/tensorrt/run/refit.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"
#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/build/calibration.h"
#include "torch_tensorrt/core/engine/build/precision_overrides.h"
#include "torch_tensorrt/core/engine/build/refit.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using engine::BuildReport;
using engine::BuildSettings;
using engine::DeviceTarget;

// Of the calibration, if there is one, and int8 or f16 is enabled.
optimizer::TensorRanges calibrated_ranges(const network::INetworkDefinition& network, const BuildSettings& settings) {
  const auto& enabled = settings.enabled_precisions;
  const bool has_use = enabled.count(network::DataType::kINT8) != 0 || enabled.count(network::DataType::kHALF) != 0;
  if (settings.calibration.empty() || !has_use) return {};
  TORCHTRT_CHECK(!settings.refit, "engines of TensorRT that were calibrated cannot take other weights: "
                                      << "compile without refit, or without the calibrator");
  return engine::read_calibration(settings.calibration, settings.name, engine::network_key(network));
}

std::vector<optimizer::PassReport> run_passes(network::INetworkDefinition& network, const BuildSettings& settings,
                                              const optimizer::TensorRanges& ranges) {
  engine::NetworkDump dump(settings.dump_directory);
  optimizer::PassContext context;
  if (dump.enabled()) {
    dump.write("input", engine::dump_text(network));
    context.dump = [&](const std::string& pass, const std::string& text) { dump.write(pass, text); };
  }
  if (settings.enabled_precisions.count(network::DataType::kINT8) != 0) {
    context.quantized_constants = optimizer::QuantizedConstants::kStay;
    context.may_quantize = !settings.refit;  // other weights may have other scales
  }
  const engine::PrecisionOverrides overrides(settings.precision_overrides);
  context.may_use_integers = [&](const network::ILayer& layer) {
    return overrides.allow(layer, network::DataType::kINT8);
  };
  auto reports = optimizer::run_pipeline(network, context, quantization_pipeline(settings));
  auto others = optimizer::run_pipeline(network, context, pipeline(network, settings, ranges));
  reports.insert(reports.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  return reports;
}

constexpr int32_t kMinDriver = 11080;  // oldest CUDA that any TensorRT 10 supports

std::string cuda_version(int32_t version) { return str(version / 1000, ".", version % 1000 / 10); }

// TensorRT 10 ends the process on an older driver.
Decision is_driver_new_enough() {
  const int32_t version = engine::cuda::Driver::get().version();
  if (version >= kMinDriver) return Decision::yes();
  return Decision::no(str("the CUDA driver is for CUDA ", cuda_version(version), ", TensorRT 10 needs one for CUDA ",
                          cuda_version(kMinDriver), " or newer"));
}

class TensorRTBackend final : public engine::Backend {
 public:
  const char* name() const override { return "tensorrt"; }
  int32_t preference() const override { return 10; }

  Decision available(const DeviceTarget& device) const override {
    if (device.is_cpu()) return Decision::no("TensorRT runs on GPUs, not on the CPU");
    if (Decision decision = vendor_library().decision; !decision) return decision;
    if (Decision decision = engine::cuda::Driver::available(device.gpu_id); !decision) return decision;
    if (Decision decision = is_driver_new_enough(); !decision) return decision;
    return has_dla_core(device.gpu_id, device.used_dla_core());
  }

  std::string version() const override {
    const LoadResult found = vendor_library();
    return found.library == nullptr ? "TensorRT" : "TensorRT " + to_string(found.library->version());
  }

  Decision supports(const network::ILayer& layer, const DeviceTarget& /*device*/) const override {
    return tensorrt::supports(layer);
  }

  std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                    BuildReport* report) const override {
    BuildReport local;
    BuildReport& result = report != nullptr ? *report : local;
    result = BuildReport{};
    // The plan keeps the network before our passes, so that any backend can build it.
    const std::shared_ptr<network::INetworkDefinition> optimized = network->clone();
    const auto ranges = calibrated_ranges(*optimized, settings);
    result.passes = run_passes(*optimized, settings, ranges);
    const LayerPrecisions precisions = layer_precisions(*optimized, settings, ranges);
    std::string payload = build_serialized(*optimized, settings, precisions, &result);
    return engine::wrap_payload(*this, std::move(network), settings, std::move(payload), result.notes);
  }

  std::string refit(const engine::Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                    const BuildSettings& settings) const override {
    TORCHTRT_CHECK(settings.refit, "the engine \"" << plan.name
                                                   << "\" was built without refit, so TensorRT cannot replace its "
                                                      "weights; compile the module again with refit=True");
    const auto before = plan.network->clone();
    const auto after = network->clone();
    run_passes(*before, settings, {});
    run_passes(*after, settings, {});
    TORCHTRT_CHECK(engine::layer_signatures(*before) == engine::layer_signatures(*after),
                   "the values of the weights change the layers of the engine \""
                       << plan.name << "\"; compile the new module instead");
    std::string payload = refit_serialized(engine::payload_of(plan), *before, *after, settings);
    return engine::wrap_payload(*this, std::move(network), settings, std::move(payload), plan.notes);
  }

  std::shared_ptr<engine::Executable> load(std::shared_ptr<const engine::Plan> plan) const override {
    return load_executable(*plan);
  }

  bool recognizes(std::string_view bytes) const override { return is_serialized_engine(bytes.data(), bytes.size()); }
};

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt

extern "C" __attribute__((visibility("default"))) torch_tensorrt::engine::Backend* torchtrt_make_backend() {
  return new torch_tensorrt::backends::tensorrt::TensorRTBackend();
}
