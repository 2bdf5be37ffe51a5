#include "torch_tensorrt/core/hybrid_segments.h"

#include <algorithm>
#include <regex>

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/conversion/transformer_layers.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/hybrid_cost.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/refit_module.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

using partitioning::Roles;
using partitioning::Segment;
using torch::jit::Node;

// The reason is that of the first layer that the backend declines.
Decision takes_layers(const network::INetworkDefinition& network, const engine::BuildSettings& settings) {
  const Decision all = engine::takes_layers(network, settings.backend, settings.device);
  if (all) return all;
  const Decision each = engine::takes_each_layer(network, settings.backend, settings.device);
  return each ? all : each;
}

// The first line, without the names of values.
std::string without_names(const std::string& reason) {
  static const std::regex kName("%[^ ,:;)]+");
  return std::regex_replace(reason.substr(0, reason.find('\n')), kName, "%");
}

}  // namespace

std::vector<ConvertedSegment> SegmentConverter::convert(Roles& roles, const torch::jit::AliasDb& aliases) {
  for (;;) {
    auto grouping = partitioning::group_nodes(graph_, roles, aliases);
    auto converted = convert_all(grouping.segments, roles);
    if (!converted) continue;
    partitioning::arrange(grouping);
    return std::move(*converted);
  }
}

// Unset if a node lost its backend. What one backend declines makes the segments of the next one larger, so each
// backend waits for those before it.
std::optional<std::vector<ConvertedSegment>> SegmentConverter::convert_all(std::vector<Segment>& segments,
                                                                           Roles& roles) {
  std::vector<ConvertedSegment> converted(segments.size());
  for (size_t backend = 0; backend < backends_.size(); ++backend) {
    if (leave_small(segments, backend, roles)) return std::nullopt;
    for (size_t i = 0; i < segments.size(); ++i) {
      if (segments[i].backend != backend) continue;
      auto result = convert(segments[i], roles);
      if (!result || leave_costly(segments[i], *result->network, roles)) return std::nullopt;
      converted[i] = std::move(*result);
    }
  }
  return converted;
}

namespace {

// One operator for a whole layer is worth an engine.
bool is_small(const Segment& segment, uint64_t fewest) {
  const auto& nodes = segment.nodes;
  return nodes.size() < fewest && std::none_of(nodes.begin(), nodes.end(), conversion::is_transformer_layer);
}

}  // namespace

bool SegmentConverter::leave_small(const std::vector<Segment>& segments, size_t backend, Roles& roles) const {
  const uint64_t fewest = cfg_.partitioning_info.min_block_size;
  Roles::Reasons small;
  for (const auto& segment : segments) {
    if (segment.backend != backend || !is_small(segment, fewest)) continue;
    for (const auto* node : segment.nodes) {
      check_fits(node, roles);
      small[node] = str("its engine would have fewer operations than min_block_size (", fewest, ")");
    }
  }
  if (!small.empty()) roles.decline(small);
  return !small.empty();
}

bool SegmentConverter::leave_costly(const Segment& segment, const network::INetworkDefinition& network,
                                    Roles& roles) const {
  const Decision pays = pays_for_borders(network);
  if (pays || !cfg_.partitioning_info.enabled) return false;
  Roles::Reasons costly;
  for (const auto* node : segment.nodes) {
    check_fits(node, roles);
    costly[node] = pays.reason();
  }
  roles.decline(costly);
  return true;
}

// Only small tensors tell that an operator does not take the dtypes, for example. Throws DoesNotFit.
void SegmentConverter::check_fits(const Node* node, const Roles& roles) const {
  if (node->owningBlock() != graph_.block()) return;  // perhaps no call gets there
  const std::string error = roles.probe().error_of(node);
  if (!error.empty()) throw DoesNotFit(method_ + " fails for the declared inputs: " + error);
}

// Unset if a node of the segment cannot be converted, or if the backend does not take it. That node is left to PyTorch
// then, or to the next backend.
std::optional<ConvertedSegment> SegmentConverter::convert(Segment& segment, Roles& roles) {
  const Key key(segment.backend, segment.nodes);
  if (const auto known = converted_.find(key); known != converted_.end()) {
    partitioning::outline(segment, segment.nodes.size(), roles);
    const auto& before = known->second;
    if (before.segment.inputs == segment.inputs && before.segment.outputs == segment.outputs) return before;
  }
  Failure failure;
  if (auto result = try_to_convert(segment, segment.nodes.size(), roles, failure)) {
    converted_[key] = *result;
    return result;
  }
  // The first node that makes the nodes up to it inconvertible.
  size_t works = 0;
  size_t fails = segment.nodes.size();
  while (fails - works > 1) {
    const size_t middle = (works + fails) / 2;
    Failure earlier;
    if (try_to_convert(segment, middle, roles, earlier)) {
      works = middle;
    } else {
      fails = middle;
      failure = std::move(earlier);
    }
  }
  check_fits(segment.nodes[fails - 1], roles);
  const auto failed = failing_alike(segment, fails - 1, failure, roles);
  if (failure.is_of_backend) roles.decline(failed);
  if (!failure.is_of_backend) roles.leave(failed);
  return std::nullopt;
}

// The failed node, and those that follow in the segment and fail for the same reason even alone, so that each of them
// needs no search of its own.
Roles::Reasons SegmentConverter::failing_alike(const Segment& segment, size_t failed, const Failure& failure,
                                               const Roles& roles) const {
  Roles::Reasons found = {{segment.nodes[failed], failure.reason}};
  for (size_t i = failed + 1; i < segment.nodes.size(); ++i) {
    Node* node = segment.nodes[i];
    if (node->kind() != segment.nodes[failed]->kind()) continue;
    Segment alone;
    alone.backend = segment.backend;
    alone.nodes = {node};
    Failure other;
    if (try_to_convert(alone, 1, roles, other)) continue;
    if (without_names(other.reason) != without_names(failure.reason)) continue;
    check_fits(node, roles);
    found[node] = other.reason;
  }
  return found;
}

std::optional<ConvertedSegment> SegmentConverter::try_to_convert(Segment& segment, size_t count, const Roles& roles,
                                                                 Failure& failure) const {
  failure = Failure{};
  try {
    auto graph = partitioning::outline(segment, count, roles);
    ConvertedSegment converted;
    const auto is_assumed = [&](const torch::jit::Value* input) { return roles.probe().is_assumed(input); };
    if (std::any_of(segment.inputs.begin(), segment.inputs.end(), is_assumed)) converted.fallback = graph->copy();
    auto info = cfg_.convert_info;
    lowering::LowerInfo lower_info = cfg_.lower_info;
    lower_info.forced_fallback_modules.clear();
    lower_info.forced_fallback_operators.clear();
    lower_info.keep_parameters_apart = keeps_parameters_apart(info.engine_settings);
    const auto lowered = lowering::LowerGraph(graph, {}, lower_info);
    // The user may list the name that lowering gives.
    for (const auto& decision : partitioning::decide_nodes(lowered.first->block(), cfg_.partitioning_info)) {
      if (decision.reason == partitioning::TorchReason::kForcedOperator) TORCHTRT_THROW_ERROR(decision.explanation);
    }
    std::vector<std::vector<ir::Input>> specs;
    for (auto& spec : input_specs(segment.inputs, roles.probe(), ranges_)) specs.push_back({std::move(spec)});
    ir::StaticParams no_params;
    graph = lowered.first;
    info.engine_settings.name = str(name_, '_', converted_.size());
    info.engine_settings.backend = backends_.at(segment.backend);
    info.engine_settings.allow_shape_tensors = true;  // numbers from PyTorch may be sizes
    info.collection_input_spec_map =
        ir::pair_input_vals_with_specs_collection(ir::get_collection_inputs(graph, no_params), specs);
    converted.segment = segment;
    converted.network = conversion::ConvertBlockToNetwork(graph->block(), info, no_params, &converted.results);
    const Decision taken = takes_layers(*converted.network, info.engine_settings);
    if (taken) return converted;
    failure = {taken.reason(), true};
  } catch (...) {
    failure.reason = util::current_error().msg();
  }
  LOG_DEBUG("not convertible: " << failure.reason);
  return std::nullopt;
}

}  // namespace torch_tensorrt::core
