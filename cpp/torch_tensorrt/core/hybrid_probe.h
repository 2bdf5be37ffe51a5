#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/ir/input_tree.h"
#include "torch_tensorrt/core/partitioning/probe.h"

namespace torch_tensorrt::core {

// Probes the graphs of a method of a prepared module.
class HybridProber {
 public:
  using GraphPtr = std::shared_ptr<torch::jit::Graph>;
  using ProbePtr = std::unique_ptr<partitioning::GraphProbe>;

  // `others`: methods that may set attributes between two calls.
  HybridProber(c10::IValue module, std::string method, c10::Device device,
               std::vector<partitioning::OtherMethod> others);

  // The probe of a graph whose control flow is resolved as far as it can be.
  ProbePtr probe(const torch::jit::Graph& graph, const std::vector<ir::BoundArgument>& arguments) const;

  // Resolves the control flow of the graph with what the probe knows, and probes again, until nothing changes. Known
  // branches and loops make more known, for example the number of rounds of a loop inside. Known dtypes and shapes
  // replace writes. Supposes at first that lists keep their lengths when the method replaces them.
  ProbePtr resolve(GraphPtr& graph, const std::vector<ir::BoundArgument>& arguments);

 private:
  ProbePtr resolve_once(GraphPtr& graph, const std::vector<ir::BoundArgument>& arguments) const;

  c10::IValue module_;
  std::string method_;
  c10::Device device_;
  std::vector<partitioning::OtherMethod> others_;
  std::optional<std::set<std::string>> growing_;  // names of attributes, lists whose lengths change; unset: all may
};

}  // namespace torch_tensorrt::core
