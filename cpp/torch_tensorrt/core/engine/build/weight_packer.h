#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// Brings the weights of a network into the layouts that its tactics ask for, layer by layer, and lets go of the plain
// ones as it goes, so that the whole never stands in memory twice.
class WeightPacker {
 public:
  explicit WeightPacker(std::shared_ptr<network::INetworkDefinition> network);

  // Kernels are prepared with this store.
  WeightStore& store() { return *store_; }
  // Called when the kernel of the layer has been prepared: what it has not asked for is let go.
  void settle(int32_t layer);
  // Called after the last layer. The store then holds just what a plan has to save.
  std::shared_ptr<WeightStore> finish();

 private:
  void settle_constant(network::ILayer& layer);
  const void* packed_for_all_readers(const network::ITensor& tensor) const;

  std::shared_ptr<network::INetworkDefinition> network_;
  std::shared_ptr<WeightStore> store_;
  std::unordered_map<const network::ILayer*, int32_t> index_of_;
};

}  // namespace torch_tensorrt::engine
