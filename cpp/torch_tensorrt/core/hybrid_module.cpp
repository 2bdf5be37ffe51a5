#include "torch_tensorrt/core/hybrid_module.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

#include "torch/csrc/jit/api/function_impl.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "torch_tensorrt/core/conversion/network_inputs.h"
#include "torch_tensorrt/core/engine/backend/backend.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/hybrid_arguments.h"
#include "torch_tensorrt/core/hybrid_operators.h"
#include "torch_tensorrt/core/hybrid_probe.h"
#include "torch_tensorrt/core/hybrid_ranges.h"
#include "torch_tensorrt/core/hybrid_report.h"
#include "torch_tensorrt/core/hybrid_segments.h"
#include "torch_tensorrt/core/hybrid_structure.h"
#include "torch_tensorrt/core/hybrid_tensors.h"
#include "torch_tensorrt/core/lowering/behavior.h"
#include "torch_tensorrt/core/lowering/passes/fresh_tensors.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/shown_memory.h"
#include "torch_tensorrt/core/lowering/prepare.h"
#include "torch_tensorrt/core/method_network.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/partitioning/probe.h"
#include "torch_tensorrt/core/partitioning/promotions.h"
#include "torch_tensorrt/core/refit_module.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::core {
namespace {

using partitioning::GraphProbe;
using partitioning::Role;
using partitioning::Roles;
using EnginePtr = c10::intrusive_ptr<runtime::TRTEngine>;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

bool reads_state(torch::jit::Block* block) {
  const auto nodes = lowering::passes::all_nodes(block);
  return std::any_of(nodes.begin(), nodes.end(), [](const Node* node) {
    return node->kind() == c10::prim::GetAttr && lowering::passes::holds_tensors(node->output()->type());
  });
}

void copy_dtypes(const ir::InputTree& from, ir::InputTree& to) {
  to.input.dtype = from.input.dtype;
  for (size_t i = 0; i < to.children.size(); ++i) copy_dtypes(from.children[i], to.children[i]);
}

}  // namespace

c10::Device torch_device(const engine::DeviceTarget& device) {
  if (device.is_cpu()) return c10::Device(at::kCPU);
  return {at::kCUDA, static_cast<c10::DeviceIndex>(device.gpu_id)};
}

BoundArguments probed_arguments(Graph& graph, BoundArguments arguments) {
  arguments = with_widest_ranges(std::move(arguments));
  for (size_t i = 0; i < arguments.size(); ++i) {
    ir::for_each_input(arguments[i].tree, [&](ir::Input& spec) { infer_dtype(graph, graph.inputs()[i + 1], spec); });
  }
  return arguments;
}

class HybridMethod::Graphs {
 public:
  Graphs(torch::jit::Module module, BoundMethod method, CompileSpec cfg, std::vector<partitioning::OtherMethod> others)
      : module_(std::move(module)),
        method_(std::move(method.name)),
        cfg_(std::move(cfg)),
        given_(method.arguments),
        arguments_(std::move(method.arguments)),
        graph_(module_.get_method(method_).graph()),
        reads_order_of_dicts_(core::reads_order_of_dicts(*graph_)),
        prober_(module_._ivalue(), method_, torch_device(cfg_.convert_info.engine_settings.device), std::move(others)) {
    const bool has_fixed_values = insert_fixed_values(*graph_, arguments_);
    if (take_lists_apart(*graph_, arguments_) || has_fixed_values) lowering::simplify(graph_);
    arguments_ = probed_arguments(*graph_, std::move(arguments_));
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

  std::vector<util::RaisedException> exceptions() {
    std::vector<util::RaisedException> found;
    if (lowering::raises(graph_->block())) probe_shapes();  // this resolves control flow
    util::add_exceptions(graph_->block(), found);
    return found;
  }

  void cut(std::vector<FailedBuild> failed_builds) {
    failed_builds_ = std::move(failed_builds);
    if (const Decision fits = fits_inputs(); !fits) throw DoesNotFit(fits.reason());
    uncut_ = graph_->copy();
    make_segments();
  }

  // Adds the engines. If a backend fails, the operations of the engine go to the next one, or to PyTorch.
  void build() {
    for (size_t i = 0; i < engines_.size();) {
      auto& engine = built_[parts_[i]];
      try {
        util::tick();
        if (engine == nullptr) engine = build(i);
        ++i;
      } catch (const engine::BuildFailed& failure) {
        if (!cfg_.partitioning_info.enabled) throw;
        LOG_WARNING("an engine of " << method_ << " is left out: " << failure.msg());
        failed_builds_.push_back({parts_[i], failure.msg().substr(0, failure.msg().find('\n'))});
        graph_->block()->clear();
        graph_->block()->cloneFrom(uncut_->block(), [](Value* value) { return value; });
        make_segments();
        i = 0;
      }
    }
    for (size_t i = 0; i < engines_.size(); ++i) register_engine(module_, engines_[i], built_.at(parts_[i]));
    complete();
  }

  void refit(const MethodRecord& made_by, const torch::jit::Module& compiled) {
    complete();
    check_same_structure(made_by.structure, structure_);
    for (size_t i = 0; i < networks_.size(); ++i) {
      const std::string& name = made_by.engines.at(i);
      TORCHTRT_CHECK(compiled.hasattr(name), "the module " << compiled.type()->str() << " has no engine " << name
                                                           << " any more; load its file again, or compile it again");
      const auto engine = compiled.attr(name).toCustomClass<runtime::TRTEngine>();
      register_engine(module_, engines_[i], refitted_engine(*engine, std::move(networks_[i])));
    }
    report_.why = made_by.report.why;
  }

  const std::shared_ptr<Graph>& graph() const { return graph_; }
  const HybridReport& report() const { return report_; }
  MethodRecord record() const { return {given_, engines_, structure_.lines, report_, failed_builds_}; }

 private:
  // Replaces the segments by calls of engines that the module does not have yet.
  void make_segments() {
    util::report("finding engines in " + method_);
    engines_.clear();
    networks_.clear();
    parts_.clear();
    replaced_.clear();
    const auto nodes = lowering::passes::all_nodes(graph_->block());
    const lowering::passes::ShownMemory shown(graph_);
    // The probe knows values of the graph as it was before the marks.
    probe_ = prober_.probe(*graph_, arguments_);
    const torch::jit::AliasDb aliases(graph_);
    const auto backends = backends_to_ask();
    Roles roles(*graph_, *probe_, aliases, cfg_.partitioning_info, backends.size());
    for (const auto& build : failed_builds_) {
      Roles::Reasons failed;
      for (const size_t number : build.nodes) failed[nodes.at(number)] = build.reason;
      roles.decline(failed);
    }
    const RangeProbes ranges = probe_ranges();
    SegmentConverter converter(*graph_, cfg_, method_, engine_name(), ranges, backends);
    auto segments = converter.convert(roles, aliases);
    report(roles, segments);
    partitioning::keep_promotions(*graph_, roles);
    for (auto& segment : segments) {
      parts_.push_back(numbers_of(segment.segment.nodes, nodes));
      stitch(segment);
    }
    while (remove_unused(graph_->block(), roles)) {
    }
  }

  static std::vector<size_t> numbers_of(const std::vector<Node*>& wanted, const std::vector<Node*>& nodes) {
    std::unordered_map<const Node*, size_t> numbers;
    for (size_t i = 0; i < nodes.size(); ++i) numbers[nodes[i]] = i;
    std::vector<size_t> found;
    for (const auto* node : wanted) found.push_back(numbers.at(node));
    return found;
  }

  // What the graph needs beside the engines' calls.
  void complete() {
    torch::jit::EliminateDeadCode(graph_);
    lowering::passes::copy_fresh(*graph_, module_);
    if (cfg_.convert_info.engine_settings.device.is_cpu()) use_own_operators(*graph_, cfg_.partitioning_info);
    insert_length_checks(*graph_, known_lengths());
    insert_checks(*graph_, arguments_, reads_order_of_dicts_);
    structure_ = structure_of(*graph_);
  }

  Decision decide_whole() {
    const bool may_raise = lowering::raises(graph_->block()) && probe_shapes();  // this resolves control flow
    if (lowering::raises_on_data(graph_->block())) {
      return Decision::no(method_ + " may raise an exception that depends on the values of tensors");
    }
    if (may_raise && lowering::raises(graph_->block())) {
      return Decision::no(method_ + " may raise an exception that depends on the sizes of its inputs");
    }
    return lowering::results_are_apart(*graph_);
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
      const auto probe = prober_.resolve(graph, arguments_);
      if (!probe->misfit().empty() || !probe->mixed_floats().empty()) continue;
      if (!casts.empty()) LOG_INFO("floating inputs of " << method_ << " are cast to the dtype of the weights");
      insert_casts(*graph_, arguments_, by_argument);
      return;
    }
  }

  // One probe for each of several ranges of the inputs. State may have its shape from a call in another range.
  RangeProbes probe_ranges() const {
    RangeProbes probes;
    if (reads_state(graph_->block())) return probes;
    for (auto& arguments : by_range(given_)) {
      for (size_t i = 0; i < arguments.size(); ++i) copy_dtypes(arguments_[i].tree, arguments[i].tree);
      probes.push_back(prober_.probe(*graph_, arguments));
    }
    return probes;
  }

  // Of the lists that are attributes: a program may replace them.
  Lengths known_lengths() const {
    Lengths lengths;
    for (auto* node : lowering::passes::all_nodes(graph_->block())) {
      if (node->kind() != c10::prim::GetAttr || node->output()->type()->kind() != c10::TypeKind::ListType) continue;
      const auto* probe = probe_->find(node->output());
      if (probe == nullptr || !probe->at[partitioning::kOpt]->isList()) continue;
      lengths.emplace_back(node, static_cast<int64_t>(probe->at[partitioning::kOpt]->toListRef().size()));
    }
    return lengths;
  }

  // False if the method fails for the declared inputs.
  bool probe_shapes() {
    if (probe_ == nullptr) probe_ = prober_.resolve(graph_, arguments_);
    return probe_->misfit().empty();
  }

  // Several if the module may have engines of several backends, the preferred first.
  std::vector<std::string> backends_to_ask() const {
    const auto& settings = cfg_.convert_info.engine_settings;
    if (!settings.mix_backends) return {settings.backend};
    return engine::available_backends(settings.device);
  }

  std::string engine_name() const { return class_name(module_) + "_" + method_; }

  // The name of an attribute that the module has not, and that no other method makes.
  std::string new_attribute() const {
    std::string name = str("engine_", method_ == "forward" ? "" : method_ + "_", engines_.size());
    while (module_.hasattr(name) || module_.find_method(name)) name += '_';
    return name;
  }

  EnginePtr build(size_t number) {
    engine::BuildSettings settings = cfg_.convert_info.engine_settings;
    settings.name = str(engine_name(), '_', number);
    settings.method = method_;
    const auto bytes = engine::build_engine(networks_[number], settings);
    return c10::make_intrusive<runtime::TRTEngine>(settings.name, bytes, runtime::RTDevice(settings.device));
  }

  // Replaces the segment by a call of an engine that the module does not have yet.
  void stitch(ConvertedSegment& converted) {
    const auto& segment = converted.segment;
    const auto output_count = static_cast<size_t>(converted.network->getNbOutputs());
    engines_.push_back(new_attribute());
    networks_.push_back(std::move(converted.network));
    Value* engine = nullptr;
    {
      const torch::jit::WithInsertPoint at_the_front(*graph_->nodes().begin());
      auto* read = graph_->insertNode(graph_->create(c10::prim::GetAttr, {graph_->inputs()[0]}));
      engine = read->s_(c10::attr::name, engines_.back())->output();
      engine->setType(c10::getCustomClassType<EnginePtr>());
    }
    const torch::jit::WithInsertPoint here(segment.nodes.front());
    std::vector<Value*> inputs;
    for (auto* input : segment.inputs) {
      const auto found = replaced_.find(input);  // the result of an earlier engine
      auto* value = found == replaced_.end() ? input : found->second;
      const bool is_number = partitioning::is_plain_number(input->type());
      inputs.push_back(is_number ? graph_->insert(c10::prim::NumToTensor, {value}) : value);
    }
    const auto results =
        insert_engine_call(*graph_, engine, inputs, output_count, converted.results, converted.fallback);
    for (size_t i = 0; i < segment.outputs.size(); ++i) {
      segment.outputs[i]->replaceAllUsesWith(results[i]);
      replaced_[segment.outputs[i]] = results[i];
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

  void report(const Roles& roles, const std::vector<ConvertedSegment>& segments) {
    std::vector<size_t> sizes;
    for (const auto& converted : segments) sizes.push_back(converted.segment.nodes.size());
    report_ = report_hybrid(method_, *graph_, roles, sizes, not_whole_);
  }

  torch::jit::Module module_;
  std::string method_;
  CompileSpec cfg_;
  BoundArguments given_;      // by argument without the module
  BoundArguments arguments_;  // the same with all dtypes, and one range for each input
  std::shared_ptr<Graph> graph_;
  bool reads_order_of_dicts_;
  HybridProber prober_;
  std::unique_ptr<GraphProbe> probe_;
  std::string not_whole_;  // why one engine would not do what the method does
  GraphStructure structure_;
  HybridReport report_;
  std::unordered_map<const Value*, Value*> replaced_;
  std::vector<std::string> engines_;  // the names of the attributes
  std::vector<std::shared_ptr<network::INetworkDefinition>> networks_;
  std::shared_ptr<Graph> uncut_;                    // the graph before it had engines
  std::vector<std::vector<size_t>> parts_;          // by engine: the numbers of its nodes in that graph
  std::map<std::vector<size_t>, EnginePtr> built_;  // by these numbers
  std::vector<FailedBuild> failed_builds_;
};

HybridMethod::HybridMethod(torch::jit::Module module, BoundMethod method, CompileSpec cfg,
                           std::vector<partitioning::OtherMethod> others)
    : graphs_(std::make_unique<Graphs>(std::move(module), std::move(method), std::move(cfg), std::move(others))) {}
HybridMethod::~HybridMethod() = default;

Decision HybridMethod::can_be_whole() { return graphs_->can_be_whole(); }
Decision HybridMethod::fits_inputs() { return graphs_->fits_inputs(); }
std::vector<util::RaisedException> HybridMethod::exceptions() { return graphs_->exceptions(); }
void HybridMethod::cut(std::vector<FailedBuild> failed_builds) { graphs_->cut(std::move(failed_builds)); }
void HybridMethod::build() { graphs_->build(); }
void HybridMethod::refit(const MethodRecord& made_by, const torch::jit::Module& compiled) {
  graphs_->refit(made_by, compiled);
}
const std::shared_ptr<Graph>& HybridMethod::graph() const { return graphs_->graph(); }
const HybridReport& HybridMethod::report() const { return graphs_->report(); }
MethodRecord HybridMethod::record() const { return graphs_->record(); }

}  // namespace torch_tensorrt::core
