#include "torch_tensorrt/core/compiler.h"

#include <algorithm>
#include <set>

#include "ATen/Context.h"
#include "ATen/detail/CUDAHooksInterface.h"

#include "torch_tensorrt/core/compilation_log.h"
#include "torch_tensorrt/core/conversion/compile_time.h"
#include "torch_tensorrt/core/conversion/evaluators/evaluators.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/engine/build/calibration.h"
#include "torch_tensorrt/core/engine/build/precision_choice.h"
#include "torch_tensorrt/core/engine/build/precision_overrides.h"
#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/hybrid_methods.h"
#include "torch_tensorrt/core/hybrid_segments.h"
#include "torch_tensorrt/core/ir/input_tree.h"
#include "torch_tensorrt/core/ir/inputs.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/prepare.h"
#include "torch_tensorrt/core/method_network.h"
#include "torch_tensorrt/core/module_check.h"
#include "torch_tensorrt/core/partitioning/decisions.h"
#include "torch_tensorrt/core/refit_module.h"
#include "torch_tensorrt/core/runtime/runtime.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::core {
namespace {

void check_device(const engine::DeviceTarget& device) {
  if (device.is_cpu()) return;
  TORCHTRT_CHECK(at::hasCUDA(), "device " << device << " was requested, but PyTorch sees no GPU on this machine; "
                                          << "use the device cpu to build for the CPU");
  const int32_t count = at::detail::getCUDAHooks().deviceCount();
  TORCHTRT_CHECK(device.gpu_id >= 0 && device.gpu_id < count,
                 "device " << device << " was requested, but the GPUs of this machine are gpu:0 to gpu:" << count - 1);
}

// Permissions and limits that have no effect on a CPU only warn.
void warn_without_effect(const engine::BuildSettings& settings) {
  for (const auto precision : settings.enabled_precisions) {
    if (precision == nvinfer1::DataType::kFLOAT) continue;
    const Decision fast = engine::has_fast_kernels(engine::describe_target(settings.device), precision);
    if (!fast) LOG_WARNING("precision " << precision << " has no effect: " << fast.reason());
  }
  if (settings.workspace_size != 0)
    LOG_WARNING("workspace_size has no effect on a CPU: its engines do not limit the workspace of a layer");
  if (settings.debug) LOG_WARNING("debug has no effect on a CPU: its engines can always be inspected");
  const bool for_backends =
      settings.optimization_level != -1 || settings.version_compatible || settings.hardware_compatible;
  if (for_backends) {
    LOG_WARNING(
        "optimization_level, version_compatible and hardware_compatible have no effect on a CPU: they apply to engines "
        "for GPUs only");
  }
}

// Refuse settings that a CPU cannot obey instead of ignoring them.
void check_cpu_settings(const engine::BuildSettings& settings) {
  TORCHTRT_CHECK(settings.capability == nvinfer1::EngineCapability::kSTANDARD,
                 "engine capability " << settings.capability << " is not available on a CPU, must be standard");
  if (settings.sparse_weights) LOG_WARNING("sparse_weights has no effect on a CPU: there are no sparse kernels for it");
  warn_without_effect(settings);
}

void check_weight_only(const engine::BuildSettings& settings) {
  const std::string& precision = settings.weight_only;
  if (precision.empty()) return;
  TORCHTRT_CHECK(precision == "int8" && settings.device.is_cpu(),
                 "weight_only is \"" << precision << "\" on " << (settings.device.is_cpu() ? "a CPU" : "a GPU")
                                     << ", which no backend has kernels for; there are kernels for \"int8\" on CPUs");
}

void check_deterministic(const engine::BuildSettings& settings) {
  if (!settings.deterministic) return;
  TORCHTRT_CHECK(settings.device.is_cpu(),
                 "deterministic builds are for CPUs: libraries of GPUs choose their kernels by "
                 "measured times. With timing_cache_path, builds repeat the choices of the "
                 "first one");
}

// Settings that contradict each other, whatever the machine has.
void check_agreement(const engine::BuildSettings& settings) {
  check_deterministic(settings);
  check_weight_only(settings);
  engine::PrecisionOverrides(settings.precision_overrides).require_enabled(settings.enabled_precisions);
  TORCHTRT_CHECK(!settings.mix_backends || !settings.deterministic,
                 "mix_backends picks backends by measured times; turn it or deterministic off");
  TORCHTRT_CHECK(!settings.mix_backends || settings.backend == engine::kAutoBackend,
                 "mix_backends needs the backend auto, but the backend is " << settings.backend);
}

void check_settings(const CompileSpec& cfg) {
  const auto& settings = cfg.convert_info.engine_settings;
  check_agreement(settings);
  check_device(settings.device);
  if (settings.device.is_cpu()) check_cpu_settings(settings);
}

// Leaves a node to PyTorch if the backend cannot run it.
partitioning::NodeDecision with_backend(partitioning::NodeDecision decision, const CompileSpec& cfg) {
  if (decision.executor == partitioning::Executor::kTorch) return decision;
  const Decision takes = backend_decision(decision.node, cfg.convert_info.engine_settings);
  if (takes) return decision;
  decision.executor = partitioning::Executor::kTorch;
  decision.reason = partitioning::TorchReason::kUnsupported;
  decision.explanation = takes.reason();
  return decision;
}

// Given inputs, conversion decides about control flow itself: an unsettled condition may lie in a branch not taken.
partitioning::NodeDecision with_control_flow(partitioning::NodeDecision decision, const CompileSpec& cfg) {
  const Decision settled = conversion::control_flow_decision(decision.node);
  if (settled || given_arguments(cfg)) return decision;
  decision.executor = partitioning::Executor::kTorch;
  decision.reason = partitioning::TorchReason::kUnsupported;
  decision.explanation = settled.reason();
  return decision;
}

OperatorReport report_of(const partitioning::NodeDecision& decision) {
  using How = OperatorReport::How;
  const auto* schema = decision.node->maybeSchema();
  OperatorReport report;
  report.op = schema != nullptr ? util::schema_info(schema) : decision.node->kind().toQualString();
  report.reason = decision.explanation;
  report.source = util::GetPyTorchSourceCode(decision.node);
  if (decision.executor == partitioning::Executor::kTorch) {
    report.how = How::kPyTorch;
  } else if (conversion::evaluators::shouldEvalAtConversionTime(decision.node)) {
    report.how = How::kEvaluated;
  }
  return report;
}

void count_use(std::vector<OperatorReport>& reports, OperatorReport use) {
  const auto same = [&](const OperatorReport& other) {
    return other.op == use.op && other.how == use.how && other.reason == use.reason;
  };
  auto found = std::find_if(reports.begin(), reports.end(), same);
  if (found == reports.end()) found = reports.insert(reports.end(), std::move(use));
  ++found->uses;
}

// A listed operator that the graph lacks only warns: compilation can go on. An operator without a converter passes
// here, because conversion reports it in more detail.
void check_not_forced(const torch::jit::Block* block, const partitioning::PartitioningInfo& info) {
  std::set<std::string> kinds;
  for (const auto& decision : partitioning::decide_nodes(block, info)) {
    kinds.insert(decision.node->kind().toQualString());
    const bool is_forced = decision.reason == partitioning::TorchReason::kForcedOperator ||
                           decision.reason == partitioning::TorchReason::kForcedModule;
    TORCHTRT_CHECK(!is_forced, util::node_info(decision.node)
                                   << ": " << decision.explanation << ", so the method cannot be one engine");
  }
  for (const auto& name : info.forced_fallback_operators) {
    if (kinds.count(name) == 0)
      LOG_WARNING("torch_executed_ops lists " << name << ", which the module does not use; this has no effect");
  }
}

const c10::FunctionSchema& schema_of(const torch::jit::Module& mod, const std::string& method) {
  check_method(mod, method);
  return mod.get_method(method).function().getSchema();
}

// Whether one engine can have the arguments. Then the specification lists the inputs of the engine.
Decision take_arguments(const c10::FunctionSchema& schema, const BoundArguments& arguments, CompileSpec& cfg) {
  const Decision fits = ir::fits_one_engine(schema, arguments);
  if (!fits) return fits;
  auto& inputs = cfg.graph_inputs;
  inputs.collection_inputs.clear();
  for (const auto& argument : arguments) {
    if (argument.how == ir::BoundArgument::How::kGiven) {
      inputs.collection_inputs.push_back(ir::inputs_of(argument.tree));
    }
  }
  return fits;
}

bool has_only_inputs(const ir::InputTree& tree) {
  using Kind = ir::InputTree::Kind;
  if (tree.kind == Kind::kValue || tree.kind == Kind::kDict) return false;
  return std::all_of(tree.children.begin(), tree.children.end(), has_only_inputs);
}

// Whether one engine can be the method, as far as its signature and the inputs tell.
Decision check_one_engine(const torch::jit::Module& mod, const std::string& method, CompileSpec& cfg) {
  const Decision can = check_module(mod, method, given_arguments(cfg));
  const auto& given = cfg.graph_inputs;
  const bool is_flat =
      given.arguments_by_name.empty() && std::all_of(given.arguments.begin(), given.arguments.end(), has_only_inputs);
  if (!can || is_flat) return can;
  const auto& schema = schema_of(mod, method);
  return take_arguments(schema, ir::bind_arguments(schema, given), cfg);
}

void require_module(const torch::jit::Module& mod, const std::string& method, CompileSpec& cfg) {
  const Decision can = check_one_engine(mod, method, cfg);
  if (!can) TORCHTRT_THROW_ERROR(can.reason());
}

MethodNetwork make_network(const torch::jit::Module& mod, const std::string& method, CompileSpec& cfg) {
  require_module(mod, method, cfg);
  auto lowered = lower_method(mod, method, cfg);
  check_not_forced(lowered.graph->block(), cfg.partitioning_info);
  pair_inputs(lowered, cfg);
  auto& settings = cfg.convert_info.engine_settings;
  settings.name = class_name(mod) + "_" + method;
  settings.method = method;
  settings.parameters = parameters_of(mod);
  util::report("converting " + method);
  return convert_method(lowered, cfg);
}

std::string build_engine(MethodNetwork& method, const CompileSpec& cfg) {
  return torch_tensorrt::engine::build_engine(std::move(method.network), cfg.convert_info.engine_settings);
}

// Runs before the build, because the build may take long.
void check_result_types(const std::vector<ir::ValueTree>& results) {
  for (size_t i = 0; i < results.size(); ++i) {
    try {
      results[i].type();
    } catch (const Error& error) {
      TORCHTRT_THROW_ERROR("result " << i << " cannot be returned: " << error.msg());
    }
  }
}

c10::intrusive_ptr<runtime::TRTEngine> load_engine(const std::string& name, std::string bytes,
                                                   const torch_tensorrt::engine::DeviceTarget& device) {
  runtime::EngineInfo info;
  info.name = name;
  info.device = runtime::RTDevice(device);
  info.engine = std::make_shared<const std::string>(std::move(bytes));
  return c10::make_intrusive<runtime::TRTEngine>(std::move(info));
}

// Another backend's engine: the bytes that the backend's own runtime loads without this library. Our engine: the plan.
std::string own_bytes(std::string engine) {
  const auto bytes = std::make_shared<std::string>(std::move(engine));
  {
    const auto plan = torch_tensorrt::engine::parse_plan(bytes);
    const auto payload = torch_tensorrt::engine::payload_of(plan);
    if (!payload.empty()) return std::string(payload);
  }
  return std::move(*bytes);
}

// Takes the names of the method's arguments, so that the compiled forward has the same signature.
void name_arguments(const torch::jit::Module& mod, const std::string& method, std::vector<ir::ValueTree>& trees) {
  const auto& arguments = mod.get_method(method).function().getSchema().arguments();
  if (arguments.size() < trees.size() + 1) return;
  for (size_t i = 0; i < trees.size(); ++i) trees[i].name = arguments[i + 1].name();
}

engine::DeviceTarget current_device() {
  if (!at::hasCUDA()) return engine::DeviceTarget::cpu();
  engine::DeviceTarget device;
  device.gpu_id = at::detail::getCUDAHooks().getCurrentDevice();
  return device;
}

}  // namespace

CompileSpec::CompileSpec(std::vector<ir::Input> inputs) : graph_inputs(std::move(inputs)) {
  convert_info.engine_settings.device = current_device();
}

CompileSpec::CompileSpec(torch::jit::IValue& input_signature) : graph_inputs(input_signature) {
  convert_info.engine_settings.device = current_device();
}

bool CheckMethodOperatorSupport(const torch::jit::script::Module& mod, std::string method_name) {
  lowering::warn_of_training(mod);
  lowering::LoweredGraph lowered;
  lowering::ArgumentWrites writes;
  try {
    lowered = lowering::Lower(mod, method_name, lowering::LowerInfo(), &writes);
  } catch (const lowering::Refused& refused) {
    LOG_ERROR("method " << method_name << " cannot be compiled: " << refused.msg());
    return false;
  }
  LOG_DEBUG("Checking the operations of\n" << *lowered.first);
  if (const Decision can = check_module(mod, method_name, std::nullopt); !can) {
    LOG_ERROR("Method requested cannot be compiled end to end: " << can.reason());
    return false;
  }
  return conversion::VerifyConverterSupportForBlock(lowered.first->block());
}

bool SupportReport::is_whole() const {
  const auto in_engine = [](const OperatorReport& op) { return op.how != OperatorReport::How::kPyTorch; };
  return problem.empty() && std::all_of(operators.begin(), operators.end(), in_engine);
}

SupportReport ReportSupport(const torch::jit::script::Module& mod, std::string method_name, CompileSpec cfg) {
  check_agreement(cfg.convert_info.engine_settings);
  SupportReport report;
  lowering::warn_of_training(mod);
  const Decision can = check_one_engine(mod, method_name, cfg);
  LoweredMethod lowered;
  try {
    lowered = lower_method(mod, method_name, cfg);
  } catch (const lowering::Refused& refused) {
    report.problem = refused.msg();
    return report;
  }
  for (const auto& decision : partitioning::decide_nodes(lowered.graph->block(), cfg.partitioning_info)) {
    count_use(report.operators, report_of(with_control_flow(with_backend(decision, cfg), cfg)));
  }
  if (!can) report.problem = can.reason();
  if (cfg.graph_inputs.collection_inputs.empty() || !report.is_whole()) return report;
  pair_inputs(lowered, cfg);
  const Decision converts = check_block(lowered.graph->block(), cfg.convert_info, lowered.params);
  if (!converts) report.problem = converts.reason();
  return report;
}

std::string ConvertGraphToTRTEngine(const torch::jit::script::Module& mod, std::string method_name, CompileSpec cfg) {
  check_settings(cfg);
  lowering::warn_of_training(mod);
  TORCHTRT_CHECK(!cfg.convert_info.engine_settings.mix_backends, "mix_backends makes several engines, but one is asked "
                                                                     << "for");
  cfg.lower_info.converting_to_trt_engine = true;
  return CompilationLog(class_name(mod) + "." + method_name).run([&] {
    auto converted = make_network(mod, method_name, cfg);
    warn_of_exceptions(mod, method_name, cfg);
    return own_bytes(build_engine(converted, cfg));
  });
}

namespace {

// Without the exceptions of the module.
torch::jit::script::Module compile_whole(const torch::jit::Module& mod, CompileSpec cfg) {
  const std::string name = class_name(mod);
  auto converted = make_network(mod, "forward", cfg);
  check_result_types(converted.results);
  auto engine = load_engine(name + "_engine", build_engine(converted, cfg), cfg.convert_info.engine_settings.device);
  name_arguments(mod, "forward", converted.arguments);
  auto compiled = make_engine_module("__torch__." + name + "_trt", std::move(engine), converted.arguments,
                                     converted.results, converted.writes);
  compiled.eval();
  LOG_GRAPH("compiled module:\n" << *compiled.get_method("forward").graph());
  return compiled;
}

// With mix_backends, one engine is the better choice only if the preferred backend builds it.
CompileSpec with_preferred_backend(CompileSpec cfg) {
  auto& settings = cfg.convert_info.engine_settings;
  if (settings.mix_backends) settings.backend = engine::available_backends(settings.device).at(0);
  return cfg;
}

torch::jit::Module compile_methods(const torch::jit::Module& mod, const CompileSpec& cfg) {
  std::vector<BoundMethod> methods;
  for (const auto& [name, inputs] : cfg.methods) {
    methods.push_back({name, ir::bind_arguments(schema_of(mod, name), inputs)});
  }
  HybridMethods hybrid(mod, cfg, std::move(methods));
  hybrid.can_be_whole();  // for the report
  return hybrid.compile();
}

torch::jit::Module compile_module(const torch::jit::Module& mod, CompileSpec cfg) {
  check_settings(cfg);
  if (const Decision is_new = check_is_new(mod); !is_new) TORCHTRT_THROW_ERROR(is_new.reason());
  lowering::warn_of_training(mod);
  const auto& settings = cfg.convert_info.engine_settings;
  engine::takes_layers(nvinfer1::INetworkDefinition(), settings.backend, settings.device);  // throws without a backend
  TORCHTRT_CHECK(!settings.mix_backends || cfg.partitioning_info.enabled,
                 "mix_backends makes several engines, but require_full_compilation allows one");
  if (!cfg.methods.empty()) return compile_methods(mod, cfg);
  if (!cfg.partitioning_info.enabled) {
    auto compiled = compile_whole(mod, cfg);
    warn_of_exceptions(mod, "forward", cfg);
    return compiled;
  }
  const auto& schema = schema_of(mod, "forward");
  const auto arguments = ir::bind_arguments(schema, cfg.graph_inputs);
  HybridMethods hybrid(mod, cfg, {{"forward", arguments}});
  Decision whole = take_arguments(schema, arguments, cfg);
  if (whole) whole = hybrid.can_be_whole();
  if (!whole) {
    LOG_INFO("the module is not one engine: " << whole.reason());
    try {
      return hybrid.compile();
    } catch (const DoesNotFit& misfit) {
      LOG_INFO(misfit.msg());
      try {
        auto compiled = compile_whole(mod, cfg);  // casts inputs to the dtype of the weights, or knows the error better
        warn_of_exceptions(mod, "forward", cfg);
        return compiled;
      } catch (const lowering::Refused&) {
      }
      throw;
    }
  }
  try {
    return compile_whole(mod, with_preferred_backend(cfg));
  } catch (const engine::CalibrationRefused&) {
    throw;
  } catch (const Error& error) {
    const Decision fits = hybrid.fits_inputs();
    if (!fits) LOG_INFO(fits.reason());
    const bool is_refused = dynamic_cast<const lowering::Refused*>(&error) != nullptr;  // a hybrid module could be made
    if (!fits && is_refused) TORCHTRT_THROW_ERROR(fits.reason());
    if (fits) {
      LOG_INFO("the module is not one engine: " << error.msg());
      try {
        return hybrid.compile();
      } catch (const DoesNotFit& misfit) {
        LOG_INFO(misfit.msg());
      }
    }
    if (!settings.mix_backends) throw;  // conversion knows the error better
  }
  return compile_whole(mod, cfg);  // another backend may take the whole network
}

}  // namespace

torch::jit::script::Module CompileGraph(const torch::jit::script::Module& mod, CompileSpec cfg) {
  return CompilationLog(class_name(mod)).run([&] { return compile_module(mod, std::move(cfg)); });
}

torch::jit::script::Module EmbedEngineInNewModule(const std::string& engine, runtime::RTDevice device,
                                                  const std::vector<std::string>& input_binding_names,
                                                  const std::vector<std::string>& output_binding_names) {
  auto loaded = c10::make_intrusive<runtime::TRTEngine>("embedded_engine", engine, device, input_binding_names,
                                                        output_binding_names);
  const std::vector<ir::ValueTree> arguments(loaded->inputs().size());
  const std::vector<ir::ValueTree> results(loaded->outputs().size());
  return make_engine_module("__torch__.embedded_engine_trt", std::move(loaded), arguments, results);
}

void set_device(const int gpu_id) { runtime::set_rt_device(runtime::RTDevice(gpu_id, nvinfer1::DeviceType::kGPU)); }

}  // namespace torch_tensorrt::core
