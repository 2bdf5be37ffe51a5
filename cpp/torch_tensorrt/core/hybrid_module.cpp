#include "torch_tensorrt/core/hybrid_module.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/lowering/behavior.h"
#include "torch_tensorrt/core/lowering/passes/shown_memory.h"
#include "torch_tensorrt/core/lowering/prepare.h"
#include "torch_tensorrt/core/module_check.h"
#include "torch_tensorrt/core/partitioning/control_flow.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/partitioning/probe.h"
#include "torch_tensorrt/core/partitioning/segments.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

using partitioning::GraphProbe;
using partitioning::Role;
using partitioning::Roles;
using partitioning::Segment;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

c10::Device torch_device(const engine::DeviceTarget& device) {
  if (device.kind == engine::DeviceTarget::Kind::kCPU) return c10::Device(at::kCPU);
  return {at::kCUDA, static_cast<c10::DeviceIndex>(device.index)};
}

struct Converted {
  std::shared_ptr<nvinfer1::INetworkDefinition> network;
  std::vector<ir::ValueTree> results;
};

}  // namespace

class HybridMethod::Graphs {
 public:
  Graphs(torch::jit::Module module, std::string method, CompileSpec cfg)
      : module_(std::move(module)),
        method_(std::move(method)),
        cfg_(std::move(cfg)),
        graph_(module_.get_method(method_).graph()) {
    pair_inputs();
  }

  Decision can_be_whole() {
    // Only shapes tell whether a guard raises.
    if (lowering::raises(graph_->block()) && probe_shapes() && lowering::raises(graph_->block())) {
      return Decision::no(method_ + " may raise an exception");
    }
    return lowering::results_are_apart(*graph_);
  }

  Decision fits_inputs() {
    if (probe_shapes()) return Decision::yes();
    return Decision::no(method_ + " fails for the declared inputs: " + probe_->misfit());
  }

  torch::jit::Module compile() {
    if (const Decision fits = fits_inputs(); !fits) throw DoesNotFit(fits.reason());
    {
      const lowering::passes::ShownMemory shown(graph_);
      // The probe knows values of the graph as it was before the marks.
      probe_ = make_probe();
      const torch::jit::AliasDb aliases(graph_);
      Roles roles(*graph_, *probe_, aliases, cfg_.partitioning_info);
      const auto segments = convert_segments(roles, aliases);
      log(roles, segments);
      for (const auto& [segment, converted] : segments) stitch(segment, converted);
      while (remove_unused(graph_->block(), roles)) {
      }
    }
    torch::jit::EliminateDeadCode(graph_);
    graph_->lint();
    lowering::remove_unused_attributes(module_, method_);
    LOG_GRAPH("hybrid module:\n" << *graph_);
    return module_;
  }

 private:
  using Segments = std::vector<std::pair<Segment, Converted>>;

  // The number of arguments up to the last one that takes tensors, in tuples or lists or by themselves, and has no
  // default.
  size_t needed_inputs() const {
    const auto& arguments = module_.get_method(method_).function().getSchema().arguments();
    size_t count = 0;
    size_t needed = 0;
    for (size_t i = 1; i < arguments.size(); ++i) {  // 0 is the module
      if (!partitioning::holds_tensors(arguments[i].type())) continue;
      ++count;
      if (takes_tensors(arguments[i].type()) && !arguments[i].default_value()) needed = count;
    }
    return needed;
  }

  // An input without a given dtype gets the dtype of its first use in the graph, else float.
  void pair_inputs() {
    std::vector<const Value*> arguments;
    for (const auto* input : graph_->inputs().slice(1)) {
      if (partitioning::holds_tensors(input->type())) arguments.push_back(input);
    }
    auto& specs = cfg_.graph_inputs.collection_inputs;
    if (specs.size() > arguments.size() || specs.size() < needed_inputs()) {
      ir::check_spec_count(arguments, specs.size());
    }
    for (size_t i = 0; i < specs.size(); ++i) {
      for (auto& spec : specs[i]) {
        if (spec.dtype_is_user_defined) continue;
        auto* value = const_cast<Value*>(arguments[i]);
        const auto dtype = ir::get_value_first_calc_dtype_opt(graph_->block(), value).value_or(at::kFloat);
        spec.dtype = at::isFloatingType(dtype) ? dtype : at::kFloat;
      }
    }
  }

  std::unique_ptr<GraphProbe> make_probe() const {
    return std::make_unique<GraphProbe>(*graph_, module_._ivalue(), cfg_.graph_inputs.collection_inputs,
                                        torch_device(cfg_.convert_info.engine_settings.device));
  }

  // Known branches and loops make more known, for example the number of rounds of a loop inside. False if the method
  // fails for the declared inputs.
  bool probe_shapes() {
    constexpr int kMostTimes = 20;
    for (int i = 0; i < kMostTimes && probe_ == nullptr; ++i) {
      auto probe = make_probe();
      const bool changed =
          !lowering::passes::hides_memory(*graph_) && partitioning::resolve_control_flow(*graph_, *probe);
      if (!changed || i + 1 == kMostTimes) probe_ = std::move(probe);
      if (changed) lowering::simplify(graph_);
    }
    return probe_->misfit().empty();
  }

  Segments convert_segments(Roles& roles, const torch::jit::AliasDb& aliases) {
    for (;;) {
      auto grouping = partitioning::group_nodes(*graph_, roles, aliases);
      if (leave_small(grouping.segments, roles)) continue;
      Segments converted;
      bool all = true;
      for (auto& segment : grouping.segments) {
        auto result = convert(segment, roles);
        if (!result) {
          all = false;
          break;
        }
        converted.emplace_back(segment, std::move(*result));
      }
      if (!all) continue;
      partitioning::arrange(grouping);
      return converted;
    }
  }

  bool leave_small(const std::vector<Segment>& segments, Roles& roles) const {
    const uint64_t fewest = cfg_.partitioning_info.min_block_size;
    bool changed = false;
    for (const auto& segment : segments) {
      if (segment.nodes.size() >= fewest) continue;
      changed = true;
      for (const auto* node : segment.nodes) {
        check_fits(node, roles);
        roles.leave(node, str("an engine would have ", segment.nodes.size(), " operations, fewer than min_block_size (",
                              fewest, ")"));
      }
    }
    return changed;
  }

  // Only small tensors tell that an operator does not take the dtypes, for example. Throws DoesNotFit.
  void check_fits(const Node* node, const Roles& roles) const {
    if (node->owningBlock() != graph_->block()) return;  // perhaps no call gets there
    const std::string error = roles.probe().error_of(node);
    if (!error.empty()) throw DoesNotFit(method_ + " fails for the declared inputs: " + error);
  }

  // Unset if a node of the segment cannot be converted. That node is left to PyTorch then.
  std::optional<Converted> convert(Segment& segment, Roles& roles) {
    if (const auto known = converted_.find(segment.nodes); known != converted_.end()) {
      partitioning::outline(segment, segment.nodes.size(), roles);
      if (known->second.first.inputs == segment.inputs && known->second.first.outputs == segment.outputs) {
        return known->second.second;
      }
    }
    std::string reason;
    if (auto result = try_to_convert(segment, segment.nodes.size(), roles, reason)) {
      converted_[segment.nodes] = {segment, *result};
      return result;
    }
    // The first node that makes the nodes up to it inconvertible.
    size_t works = 0;
    size_t fails = segment.nodes.size();
    while (fails - works > 1) {
      const size_t middle = (works + fails) / 2;
      std::string error;
      if (try_to_convert(segment, middle, roles, error)) {
        works = middle;
      } else {
        fails = middle;
        reason = std::move(error);
      }
    }
    check_fits(segment.nodes[fails - 1], roles);
    roles.leave(segment.nodes[fails - 1], reason);
    return std::nullopt;
  }

  std::optional<Converted> try_to_convert(Segment& segment, size_t count, const Roles& roles, std::string& reason) {
    try {
      auto graph = partitioning::outline(segment, count, roles);
      lowering::LowerInfo lower_info = cfg_.lower_info;
      lower_info.forced_fallback_modules.clear();
      lower_info.forced_fallback_operators.clear();
      const auto lowered = lowering::LowerGraph(graph, {}, lower_info);
      // The user may list the name that lowering gives.
      for (const auto& decision : partitioning::decide_nodes(lowered.first->block(), cfg_.partitioning_info)) {
        if (decision.reason == partitioning::TorchReason::kForcedOperator) TORCHTRT_THROW_ERROR(decision.explanation);
      }
      std::vector<std::vector<ir::Input>> specs;
      for (const auto* input : segment.inputs) specs.push_back({*roles.probe().input_spec(input)});
      ir::StaticParams no_params;
      graph = lowered.first;
      auto info = cfg_.convert_info;
      info.engine_settings.name = segment_name(converted_.size());
      info.engine_settings.allow_shape_tensors = true;  // numbers from PyTorch may be sizes
      info.collection_input_spec_map =
          ir::pair_input_vals_with_specs_collection(ir::get_collection_inputs(graph, no_params), specs);
      Converted converted;
      converted.network = conversion::ConvertBlockToNetwork(graph->block(), info, no_params, &converted.results);
      const Decision taken =
          engine::takes_layers(*converted.network, info.engine_settings.backend, info.engine_settings.device);
      if (taken) return converted;
      reason = taken.reason();
    } catch (...) {
      reason = util::current_error().msg();
    }
    LOG_DEBUG("not convertible: " << reason);
    return std::nullopt;
  }

  std::string segment_name(size_t number) const {
    const auto name = module_.type()->name();
    return (name ? name->name() : "module") + "_" + method_ + "_" + std::to_string(number);
  }

  void stitch(const Segment& segment, const Converted& converted) {
    engine::BuildSettings settings = cfg_.convert_info.engine_settings;
    settings.name = segment_name(engines_);
    settings.method = method_;
    auto bytes = engine::build_engine(converted.network, settings);
    const auto device = torch_device(cfg_.convert_info.engine_settings.device);
    const runtime::RTDevice target(device.index(),
                                   device.is_cpu() ? nvinfer1::DeviceType::kCPU : nvinfer1::DeviceType::kGPU);
    const c10::IValue engine = c10::make_intrusive<runtime::TRTEngine>(settings.name, bytes, target);
    const size_t output_count = engine.toCustomClass<runtime::TRTEngine>()->outputs().size();
    const std::string attribute = "engine_" + std::to_string(engines_++);
    module_.register_attribute(attribute, engine.type(), engine, /*is_param=*/false);

    Value* self = graph_->inputs()[0];
    self->setType(module_.type());
    Value* engine_value = nullptr;
    {
      const torch::jit::WithInsertPoint at_the_front(*graph_->nodes().begin());
      engine_value = graph_->insertGetAttr(self, attribute)->setType(engine.type());
    }
    const torch::jit::WithInsertPoint here(segment.nodes.front());
    std::vector<Value*> inputs;
    for (auto* input : segment.inputs) {
      const auto found = replaced_.find(input);  // the result of an earlier engine
      auto* value = found == replaced_.end() ? input : found->second;
      const bool is_number = partitioning::is_plain_number(input->type());
      inputs.push_back(is_number ? graph_->insert(c10::prim::NumToTensor, {value}) : value);
    }
    const auto outputs = insert_engine_call(*graph_, engine_value, inputs, output_count);
    size_t next = 0;
    for (size_t i = 0; i < segment.outputs.size(); ++i) {
      auto* result = insert_result(*graph_, converted.results[i], outputs, next);
      segment.outputs[i]->replaceAllUsesWith(result);
      replaced_[segment.outputs[i]] = result;
    }
  }

  // Removes what the engines compute now. Such nodes have no effects, and engines repeat the shared ones.
  static bool remove_unused(torch::jit::Block* block, const Roles& roles) {
    bool removed = false;
    for (auto it = block->nodes().rbegin(); it != block->nodes().rend(); ++it) {
      for (auto* inner : it->blocks()) removed |= remove_unused(inner, roles);
      if (it->kind() == c10::prim::Constant || !roles.knows(*it)) continue;
      if (roles.of(*it) == Role::kTorch || it->hasUses()) continue;
      it.destroyCurrent();
      removed = true;
    }
    return removed;
  }

  void log(const Roles& roles, const Segments& segments) const {
    size_t operations = 0;
    for (const auto& [segment, converted] : segments) operations += segment.nodes.size();
    std::map<std::string, size_t> reasons;
    collect_reasons(graph_->block(), roles, reasons);
    std::string text = str(segments.size(), segments.size() == 1 ? " engine runs " : " engines run ", operations,
                           operations == 1 ? " operation" : " operations", " of ", method_, "; PyTorch runs:");
    for (const auto& [reason, count] : reasons) text += str("\n  - ", count, " x ", reason);
    LOG_WARNING(text);
  }

  static void collect_reasons(torch::jit::Block* block, const Roles& roles, std::map<std::string, size_t>& reasons) {
    for (const auto* node : block->nodes()) {
      const std::string& reason = roles.reason(node);
      if (!reason.empty()) ++reasons[str(node->kind().toQualString(), ": ", reason)];
      for (auto* inner : const_cast<Node*>(node)->blocks()) collect_reasons(inner, roles, reasons);
    }
  }

  torch::jit::Module module_;
  std::string method_;
  CompileSpec cfg_;
  std::shared_ptr<Graph> graph_;
  std::unique_ptr<GraphProbe> probe_;
  std::map<std::vector<Node*>, std::pair<Segment, Converted>> converted_;
  std::unordered_map<const Value*, Value*> replaced_;
  size_t engines_ = 0;
};

HybridMethod::HybridMethod(const torch::jit::Module& mod, std::string method, CompileSpec cfg)
    : graphs_(std::make_unique<Graphs>(lowering::prepare(mod, method, cfg.lower_info), method, std::move(cfg))) {}
HybridMethod::~HybridMethod() = default;

Decision HybridMethod::can_be_whole() { return graphs_->can_be_whole(); }
Decision HybridMethod::fits_inputs() { return graphs_->fits_inputs(); }
torch::jit::Module HybridMethod::compile() { return graphs_->compile(); }

}  // namespace torch_tensorrt::core
