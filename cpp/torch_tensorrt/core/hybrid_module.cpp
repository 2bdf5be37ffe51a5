#include "torch_tensorrt/core/hybrid_module.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "torch_tensorrt/core/conversion/network_inputs.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/hybrid_arguments.h"
#include "torch_tensorrt/core/hybrid_cost.h"
#include "torch_tensorrt/core/hybrid_report.h"
#include "torch_tensorrt/core/lowering/behavior.h"
#include "torch_tensorrt/core/lowering/passes/shown_memory.h"
#include "torch_tensorrt/core/lowering/prepare.h"
#include "torch_tensorrt/core/method_network.h"
#include "torch_tensorrt/core/partitioning/control_flow.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/partitioning/probe.h"
#include "torch_tensorrt/core/partitioning/promotions.h"
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
  if (device.is_cpu()) return c10::Device(at::kCPU);
  return {at::kCUDA, static_cast<c10::DeviceIndex>(device.gpu_id)};
}

at::ScalarType tensor_dtype(const Value& number) {
  if (number.type()->kind() == c10::TypeKind::BoolType) return at::kBool;
  return number.type()->kind() == c10::TypeKind::IntType ? at::kLong : at::kDouble;
}

struct Converted {
  std::shared_ptr<nvinfer1::INetworkDefinition> network;
  std::vector<ir::ValueTree> results;
};

}  // namespace

class HybridMethod::Graphs {
 public:
  Graphs(torch::jit::Module module, std::string method, CompileSpec cfg, std::vector<ir::BoundArgument> arguments)
      : module_(std::move(module)),
        method_(std::move(method)),
        cfg_(std::move(cfg)),
        arguments_(std::move(arguments)),
        graph_(module_.get_method(method_).graph()),
        reads_order_of_dicts_(core::reads_order_of_dicts(*graph_)) {
    if (insert_fixed_values(*graph_, arguments_)) lowering::simplify(graph_);
    infer_dtypes();
    settle_casts();
  }

  Decision can_be_whole() {
    const Decision whole = decide_whole();
    not_whole_ = whole ? "" : whole.reason();
    return whole;
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
      probe_ = make_probe(graph_);
      const torch::jit::AliasDb aliases(graph_);
      Roles roles(*graph_, *probe_, aliases, cfg_.partitioning_info);
      const auto segments = convert_segments(roles, aliases);
      log(roles, segments);
      partitioning::keep_promotions(*graph_, roles);
      for (const auto& [segment, converted] : segments) stitch(segment, converted);
      while (remove_unused(graph_->block(), roles)) {
      }
    }
    torch::jit::EliminateDeadCode(graph_);
    insert_checks(*graph_, arguments_, reads_order_of_dicts_);
    graph_->lint();
    lowering::remove_unused_attributes(module_, method_);
    LOG_GRAPH("hybrid module:\n" << *graph_);
    return module_;
  }

 private:
  using Segments = std::vector<std::pair<Segment, Converted>>;

  Decision decide_whole() {
    if (lowering::raises_on_data(graph_->block())) {
      return Decision::no(method_ + " may raise an exception that depends on the values of tensors");
    }
    return lowering::results_are_apart(*graph_);
  }

  void infer_dtypes() {
    for (size_t i = 0; i < arguments_.size(); ++i) {
      ir::for_each_input(arguments_[i].tree,
                         [&](ir::Input& spec) { infer_dtype(*graph_, graph_->inputs()[i + 1], spec); });
    }
  }

  // Inserts the first casts with which each operator takes its tensors, if there are such.
  void settle_casts() {
    auto info = cfg_.convert_info;
    info.collection_input_spec_map.clear();
    for (size_t i = 0; i < arguments_.size(); ++i) {
      auto specs = ir::inputs_of(arguments_[i].tree);
      if (arguments_[i].how == ir::BoundArgument::How::kGiven && !specs.empty()) {
        info.collection_input_spec_map[graph_->inputs()[i + 1]] = std::move(specs);
      }
    }
    const auto tries = conversion::casts_to_try(graph_->block(), info, {});
    if (tries.size() < 2) return;
    const torch::jit::AliasDb aliases(graph_);
    for (const auto& casts : tries) {
      ArgumentCasts by_argument(arguments_.size());
      for (size_t i = 0; i < arguments_.size(); ++i) {
        const auto* value = graph_->inputs()[i + 1];
        const auto cast = casts.find(value);
        // A write must reach the caller's tensor.
        if (cast != casts.end() && !aliases.hasWriters(value)) by_argument[i] = cast->second;
      }
      auto graph = graph_->copy();
      insert_casts(*graph, arguments_, by_argument);
      const auto probe = probe_of(graph);
      if (!probe->misfit().empty() || !probe->mixed_floats().empty()) continue;
      if (!casts.empty()) LOG_INFO("floating inputs of " << method_ << " are cast to the dtype of the weights");
      insert_casts(*graph_, arguments_, by_argument);
      return;
    }
  }

  std::unique_ptr<GraphProbe> make_probe(const std::shared_ptr<Graph>& graph) const {
    return std::make_unique<GraphProbe>(*graph, module_._ivalue(), arguments_,
                                        torch_device(cfg_.convert_info.engine_settings.device));
  }

  // Known branches and loops make more known, for example the number of rounds of a loop inside.
  std::unique_ptr<GraphProbe> probe_of(std::shared_ptr<Graph>& graph) const {
    constexpr int kMostTimes = 20;
    for (int i = 0;; ++i) {
      auto probe = make_probe(graph);
      const bool changed =
          !lowering::passes::hides_memory(*graph) && partitioning::resolve_control_flow(*graph, *probe);
      if (changed) lowering::simplify(graph);
      if (!changed || i + 1 == kMostTimes) return probe;
    }
  }

  // False if the method fails for the declared inputs.
  bool probe_shapes() {
    if (probe_ == nullptr) probe_ = probe_of(graph_);
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
        if (!result || leave_costly(segment, *result->network, roles)) {
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
        roles.leave(node, str("its engine would have fewer operations than min_block_size (", fewest, ")"));
      }
    }
    return changed;
  }

  bool leave_costly(const Segment& segment, const nvinfer1::INetworkDefinition& network, Roles& roles) const {
    const Decision pays = pays_for_borders(network);
    if (pays) return false;
    for (const auto* node : segment.nodes) {
      check_fits(node, roles);
      roles.leave(node, pays.reason());
    }
    return true;
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
      const Decision taken = takes_layers(*converted.network, info.engine_settings);
      if (taken) return converted;
      reason = taken.reason();
    } catch (...) {
      reason = util::current_error().msg();
    }
    LOG_DEBUG("not convertible: " << reason);
    return std::nullopt;
  }

  // The reason is that of the first layer that the backend declines.
  static Decision takes_layers(const nvinfer1::INetworkDefinition& network, const engine::BuildSettings& settings) {
    const Decision all = engine::takes_layers(network, settings.backend, settings.device);
    if (all) return all;
    for (const auto& layer : network.layers()) {
      const Decision taken = engine::takes_layer(*layer, settings.backend, settings.device);
      if (!taken) return taken;
    }
    return all;
  }

  std::string segment_name(size_t number) const {
    return class_name(module_) + "_" + method_ + "_" + std::to_string(number);
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
      inputs.push_back(is_number ? insert_tensor(value) : value);
    }
    const auto outputs = insert_engine_call(*graph_, engine_value, inputs, output_count);
    size_t next = 0;
    for (size_t i = 0; i < segment.outputs.size(); ++i) {
      auto* result = insert_result(*graph_, converted.results[i], outputs, next);
      segment.outputs[i]->replaceAllUsesWith(result);
      replaced_[segment.outputs[i]] = result;
    }
  }

  // The number as a tensor on the engine's device.
  Value* insert_tensor(Value* number) {
    const auto device = torch_device(cfg_.convert_info.engine_settings.device);
    auto* tensor = graph_->insert(c10::prim::NumToTensor, {number});
    if (device.is_cpu()) return tensor;
    static const auto kTo = c10::Symbol::aten("to");
    return graph_->insert(kTo, {tensor, graph_->insertConstant(device), graph_->insertConstant(tensor_dtype(*number))});
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
    std::vector<size_t> sizes;
    for (const auto& [segment, converted] : segments) sizes.push_back(segment.nodes.size());
    const auto report = report_hybrid(method_, *graph_, roles, sizes, not_whole_);
    if (report.pytorch_computes) {
      LOG_WARNING(report.text);
    } else {
      LOG_INFO(report.text);
    }
  }

  torch::jit::Module module_;
  std::string method_;
  CompileSpec cfg_;
  std::vector<ir::BoundArgument> arguments_;  // by argument without the module
  std::shared_ptr<Graph> graph_;
  bool reads_order_of_dicts_;
  std::unique_ptr<GraphProbe> probe_;
  std::string not_whole_;  // why one engine would not do what the method does
  std::map<std::vector<Node*>, std::pair<Segment, Converted>> converted_;
  std::unordered_map<const Value*, Value*> replaced_;
  size_t engines_ = 0;
};

HybridMethod::HybridMethod(const torch::jit::Module& mod, std::string method, CompileSpec cfg,
                           std::vector<ir::BoundArgument> arguments)
    : graphs_(std::make_unique<Graphs>(
          lowering::prepare(mod, method, cfg.lower_info, torch_device(cfg.convert_info.engine_settings.device)), method,
          std::move(cfg), std::move(arguments))) {}
HybridMethod::~HybridMethod() = default;

Decision HybridMethod::can_be_whole() { return graphs_->can_be_whole(); }
Decision HybridMethod::fits_inputs() { return graphs_->fits_inputs(); }
torch::jit::Module HybridMethod::compile() { return graphs_->compile(); }

}  // namespace torch_tensorrt::core
