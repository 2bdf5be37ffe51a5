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
  // `name` is for the networks in messages; `ranges` for inputs of several ranges, else empty; `backends` are names for
  // the numbers of Roles::backend_of. The specification and the probes must live as long as this.
  SegmentConverter(torch::jit::Graph& graph, const CompileSpec& cfg, std::string method, std::string name,
                   const RangeProbes& ranges, std::vector<std::string> backends)
      : graph_(graph),
        cfg_(cfg),
        method_(std::move(method)),
        name_(std::move(name)),
        ranges_(ranges),
        backends_(std::move(backends)) {}

  // Leaves the nodes to PyTorch that cannot be converted, and moves the nodes of each segment together. Throws
  // DoesNotFit with the error of a node that fails.
  std::vector<ConvertedSegment> convert(partitioning::Roles& roles, const torch::jit::AliasDb& aliases);

 private:
  struct Failure {
    std::string reason;
    bool is_of_backend = false;  // the nodes can be converted
  };

  bool leave_costly(const partitioning::Segment& segment, const network::INetworkDefinition& network,
                    partitioning::Roles& roles) const;
  bool leave_small(const std::vector<partitioning::Segment>& segments, size_t backend,
                   partitioning::Roles& roles) const;
  std::optional<std::vector<ConvertedSegment>> convert_all(std::vector<partitioning::Segment>& segments,
                                                           partitioning::Roles& roles);
  void check_fits(const torch::jit::Node* node, const partitioning::Roles& roles) const;
  std::optional<ConvertedSegment> convert(partitioning::Segment& segment, partitioning::Roles& roles);
  partitioning::Roles::Reasons failing_alike(const partitioning::Segment& segment, size_t failed,
                                             const Failure& failure, const partitioning::Roles& roles) const;
  std::optional<ConvertedSegment> try_to_convert(partitioning::Segment& segment, size_t count,
                                                 const partitioning::Roles& roles, Failure& failure) const;

  torch::jit::Graph& graph_;
  const CompileSpec& cfg_;
  std::string method_;
  std::string name_;
  const RangeProbes& ranges_;
  std::vector<std::string> backends_;
  using Key = std::pair<size_t, std::vector<torch::jit::Node*>>;  // the backend and the nodes
  std::map<Key, ConvertedSegment> converted_;
};

}  // namespace torch_tensorrt::core
