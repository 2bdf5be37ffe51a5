#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "torch/csrc/jit/ir/alias_analysis.h"
#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/hybrid_ranges.h"
#include "torch_tensorrt/core/ir/value_tree.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/partitioning/roles.h"
#include "torch_tensorrt/core/partitioning/segments.h"

namespace torch_tensorrt::core {

// Thrown if the method fails for the declared inputs.
class DoesNotFit : public Error {
 public:
  explicit DoesNotFit(const std::string& msg) : Error(msg) {}
};

struct ConvertedSegment {
  partitioning::Segment segment;
  std::shared_ptr<network::INetworkDefinition> network;
  std::vector<ir::ValueTree> results;
  std::shared_ptr<torch::jit::Graph>
      fallback;  // the segment's graph, if a call may have other shapes than the engine's
};

// Groups the nodes of a hybrid module's graph into segments that engines can run, and makes their networks.
class SegmentConverter {
 public:
  // `name` is for the networks in messages; `ranges` for inputs of several ranges, else empty. The specification and
  // the probes must live as long as this.
  SegmentConverter(torch::jit::Graph& graph, const CompileSpec& cfg, std::string method, std::string name,
                   const RangeProbes& ranges)
      : graph_(graph), cfg_(cfg), method_(std::move(method)), name_(std::move(name)), ranges_(ranges) {}

  // Leaves the nodes to PyTorch that cannot be converted, and moves the nodes of each segment together. Throws
  // DoesNotFit with the error of a node that fails.
  std::vector<ConvertedSegment> convert(partitioning::Roles& roles, const torch::jit::AliasDb& aliases);

 private:
  bool leave_costly(const partitioning::Segment& segment, const network::INetworkDefinition& network,
                    partitioning::Roles& roles) const;
  bool leave_small(const std::vector<partitioning::Segment>& segments, partitioning::Roles& roles) const;
  void check_fits(const torch::jit::Node* node, const partitioning::Roles& roles) const;
  std::optional<ConvertedSegment> convert(partitioning::Segment& segment, partitioning::Roles& roles);
  partitioning::Roles::Reasons failing_alike(const partitioning::Segment& segment, size_t failed,
                                             const std::string& reason, const partitioning::Roles& roles) const;
  std::optional<ConvertedSegment> try_to_convert(partitioning::Segment& segment, size_t count,
                                                 const partitioning::Roles& roles, std::string& reason) const;

  torch::jit::Graph& graph_;
  const CompileSpec& cfg_;
  std::string method_;
  std::string name_;
  const RangeProbes& ranges_;
  std::map<std::vector<torch::jit::Node*>, ConvertedSegment> converted_;
};

}  // namespace torch_tensorrt::core
