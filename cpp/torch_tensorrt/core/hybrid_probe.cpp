#include "torch_tensorrt/core/hybrid_probe.h"

#include <utility>

#include "torch_tensorrt/core/lowering/devices.h"
#include "torch_tensorrt/core/lowering/passes/shown_memory.h"
#include "torch_tensorrt/core/lowering/prepare.h"
#include "torch_tensorrt/core/partitioning/control_flow.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {

using torch::jit::Node;
using torch::jit::Value;

HybridProber::HybridProber(c10::IValue module, std::string method, c10::Device device,
                           std::vector<partitioning::OtherMethod> others)
    : module_(std::move(module)), method_(std::move(method)), device_(device), others_(std::move(others)) {}

HybridProber::ProbePtr HybridProber::probe(const torch::jit::Graph& graph,
                                           const std::vector<ir::BoundArgument>& arguments) const {
  return std::make_unique<partitioning::GraphProbe>(graph, module_, arguments, device_, others_, growing_);
}

HybridProber::ProbePtr HybridProber::resolve(GraphPtr& graph, const std::vector<ir::BoundArgument>& arguments) {
  const auto before = graph->copy();
  for (growing_.emplace();;) {
    auto known = resolve_once(graph, arguments);
    const bool hides = lowering::passes::hides_writes(graph);
    if (!hides && known->found_growing().empty()) return known;
    LOG_GRAPH("resolving is undone, because " << (hides ? "writes may reach hidden memory" : "lists grow") << " in\n"
                                              << *graph);
    graph->block()->clear();
    graph->block()->cloneFrom(before->block(), [](Value* value) { return value; });
    if (hides) break;
    growing_->insert(known->found_growing().begin(), known->found_growing().end());
  }
  growing_.reset();
  return probe(*graph, arguments);
}

HybridProber::ProbePtr HybridProber::resolve_once(GraphPtr& graph,
                                                  const std::vector<ir::BoundArgument>& arguments) const {
  constexpr int kMostTimes = 60;
  for (int i = 0;; ++i) {
    auto known = probe(*graph, arguments);
    if (i == kMostTimes) return known;
    const auto keeps = [&](const Node* node) { return known->keeps_shape_and_dtype(node); };
    if (!partitioning::resolve_control_flow(*graph, *known) && !lowering::replace_lone_writes(graph, keeps)) {
      return known;
    }
    lowering::simplify(graph);
    lowering::move_constants(*graph, device_);
    LOG_DEBUG("resolved control flow of " << method_ << ": round " << i + 1);
  }
}

}  // namespace torch_tensorrt::core
