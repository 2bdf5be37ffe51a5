#include "torch_tensorrt/core/refit_module.h"

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/engine/build/refit.h"
#include "torch_tensorrt/core/hybrid_methods.h"
#include "torch_tensorrt/core/hybrid_record.h"
#include "torch_tensorrt/core/ir/inputs.h"
#include "torch_tensorrt/core/lowering/prepare.h"
#include "torch_tensorrt/core/method_network.h"
#include "torch_tensorrt/core/module_check.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/jit_types.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::core {
namespace {

namespace prim = torch::jit::prim;
using EnginePtr = c10::intrusive_ptr<runtime::TRTEngine>;
using torch::jit::Value;

struct EngineAttribute {
  std::string name;
  EnginePtr engine;
};

EngineAttribute engine_of(const torch::jit::Module& compiled) {
  std::vector<EngineAttribute> found;
  for (const auto& attribute : compiled.named_attributes(/*recurse=*/true)) {
    if (attribute.value.type() != c10::getCustomClassType<EnginePtr>()) continue;
    found.push_back({attribute.name, attribute.value.toCustomClass<runtime::TRTEngine>()});
  }
  TORCHTRT_CHECK(!found.empty() || !has_frozen_engines(compiled),
                 "the module " << compiled.type()->str() << " was frozen after it was compiled, so its engines are "
                               << "constants of its graph; refit the compiled module, and freeze the result");
  TORCHTRT_CHECK(!found.empty(), "the module "
                                     << compiled.type()->str()
                                     << " holds no engine; the first argument must be the module that compile() "
                                     << "returned, the second the module with the new weights");
  std::string names;
  for (const auto& attribute : found) names += (names.empty() ? "" : ", ") + attribute.name;
  TORCHTRT_CHECK(names.find('.') == std::string::npos,
                 "the module " << compiled.type()->str() << " contains compiled submodules (" << names
                               << "); refit each of them, and make the module again with the results");
  TORCHTRT_CHECK(found.size() == 1 && names == "engine",
                 "the module " << compiled.type()->str() << " runs the engines " << names
                               << " and PyTorch for the rest, but has no record of its compilation, so its weights "
                               << "cannot be replaced: refit the module that compile() returned, not a frozen one");
  return found.front();
}

// The number of tensors in an argument: 1 for a tensor, else the number of tensors that are unpacked from it.
size_t count_tensors(const Value* value) {
  if (value->type()->isSubtypeOf(*c10::TensorType::get())) return 1;
  size_t count = 0;
  for (const auto& use : value->uses()) {
    if (use.user->kind() != prim::TupleUnpack && use.user->kind() != prim::ListUnpack) continue;
    for (const auto* output : use.user->outputs()) count += count_tensors(output);
  }
  return count;
}

// One range per profile.
std::vector<network::ProfileRange> ranges_of(const network::ITensor& tensor,
                                             const std::vector<network::Profile>& profiles) {
  const network::Dims dims = tensor.getDimensions();
  std::vector<network::ProfileRange> ranges;
  for (const auto& profile : profiles) {
    const auto found = profile.find(tensor.getName());
    ranges.push_back(found == profile.end() ? network::ProfileRange{dims, dims, dims} : found->second);
  }
  if (ranges.empty()) ranges.push_back({dims, dims, dims});
  return ranges;
}

ir::Input input_spec(const network::ITensor& tensor, const std::vector<network::Profile>& profiles) {
  const auto ranges = ranges_of(tensor, profiles);
  const network::ProfileRange& first = ranges.front();
  ir::Input spec(first.min.to_vector(), first.opt.to_vector(), first.max.to_vector(),
                 util::TRTDataTypeToScalarType(tensor.getType()), tensor.format(), /*dtype_is_user_defined=*/true);
  for (size_t i = 1; i < ranges.size(); ++i) spec.add_range({ranges[i].min, ranges[i].opt, ranges[i].max});
  spec.min_values = first.min_values;
  spec.opt_values = first.opt_values;
  spec.max_values = first.max_values;
  spec.name = tensor.producer()->getName();
  return spec;
}

// The inputs that the engine was compiled for, one entry per argument.
std::vector<std::vector<ir::Input>> input_specs(const torch::jit::Module& compiled, const engine::Plan& plan) {
  const auto& inputs = plan.network->inputs();
  std::vector<std::vector<ir::Input>> specs;
  size_t next = 0;
  for (const auto* argument : compiled.get_method("forward").graph()->inputs().slice(1)) {
    auto& tensors = specs.emplace_back();
    for (size_t left = count_tensors(argument); left > 0 && next < inputs.size(); --left) {
      tensors.push_back(input_spec(*inputs[next++], plan.network->profiles()));
    }
  }
  TORCHTRT_CHECK(next == inputs.size(), "forward of the compiled module takes "
                                            << next << " tensors, but its engine has " << inputs.size() << " inputs");
  return specs;
}

std::shared_ptr<network::INetworkDefinition> make_network(const torch::jit::Module& mod, const engine::Plan& plan,
                                                          std::vector<std::vector<ir::Input>> specs) {
  CompileSpec cfg{std::vector<ir::Input>()};
  auto& settings = cfg.convert_info.engine_settings;
  settings.name = plan.name;
  settings.backend = plan.backend;
  settings.device = plan.target;
  settings.refit = plan.settings->refit;
  settings.enabled_precisions = plan.settings->enabled_precisions;
  settings.calibration = plan.settings->calibration;
  settings.truncate_long_and_double = plan.settings->truncate_long_and_double;
  settings.allow_shape_tensors = true;  // the input specs give the values then
  cfg.graph_inputs.collection_inputs = std::move(specs);
  const size_t arguments = cfg.graph_inputs.collection_inputs.size();
  const std::string& method = plan.settings->method;
  auto lowered = lower_method(mod, method, cfg);
  find_arguments(lowered);
  TORCHTRT_CHECK(lowered.arguments.size() == arguments, method << " of the new module takes "
                                                               << lowered.arguments.size() << " arguments, but "
                                                               << arguments << " in the compiled module");
  pair_inputs(lowered, cfg);
  return convert_method(lowered, cfg).network;
}

EnginePtr engine_like(const runtime::TRTEngine& engine, std::string bytes) {
  auto shared = std::make_shared<const std::string>(std::move(bytes));
  return c10::make_intrusive<runtime::TRTEngine>(
      runtime::parse_info(engine.serialize(/*with_engine=*/false), [&] { return std::move(shared); }));
}

const engine::Plan& plan_with_network(const runtime::TRTEngine& engine) {
  const engine::Plan& plan = engine.engine().plan();
  TORCHTRT_CHECK(plan.network != nullptr,
                 "the engine \"" << plan.name << "\" has only bytes of the backend " << plan.backend
                                 << ", which cannot be refitted without the network; compile the new module instead");
  return plan;
}

torch::jit::Module refit_hybrid(const torch::jit::Module& compiled, const HybridRecord& record,
                                const torch::jit::Module& mod) {
  engine::check_parameters(record.parameters, parameters_of(mod));
  std::vector<BoundMethod> methods;
  for (const auto& method : record.methods) {
    check_method(mod, method.report.method);
    methods.push_back({method.report.method, method.arguments});
  }
  return HybridMethods(mod, record.cfg, std::move(methods)).refit(record, compiled);
}

}  // namespace

std::vector<engine::Parameter> parameters_of(const torch::jit::Module& mod) {
  std::vector<engine::Parameter> parameters;
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    const std::string dtype(c10::getDtypeNames(tensor.scalar_type()).first);  // in some torches a string_view
    parameters.push_back({name, dtype, tensor.sizes().vec()});
  };
  for (const auto& parameter : mod.named_parameters()) add(parameter.name, parameter.value);
  for (const auto& buffer : mod.named_buffers()) add(buffer.name, buffer.value);
  return parameters;
}

EnginePtr refitted_engine(const runtime::TRTEngine& engine, std::shared_ptr<network::INetworkDefinition> network) {
  const engine::Plan& plan = plan_with_network(engine);
  engine::check_same_ranges(plan, *network);
  return engine_like(engine, engine::refit_engine(plan, std::move(network)));
}

namespace {

torch::jit::Module refit(const torch::jit::Module& compiled, const torch::jit::Module& mod) {
  lowering::warn_of_training(mod);
  if (const auto record = read_record(compiled)) return refit_hybrid(compiled, *record, mod);
  const auto [name, old] = engine_of(compiled);
  const engine::Plan& plan = plan_with_network(*old);
  engine::check_parameters(plan, parameters_of(mod));
  auto network = make_network(mod, plan, input_specs(compiled, plan));
  auto refitted = compiled.copy();
  refitted.setattr(name, refitted_engine(*old, std::move(network)));
  return refitted;
}

}  // namespace

torch::jit::Module RefitModule(const torch::jit::Module& compiled, const torch::jit::Module& mod) {
  const util::Watch watch("refitting " + class_name(mod));
  return util::watched(watch, [&] { return refit(compiled, mod); });
}

}  // namespace torch_tensorrt::core
