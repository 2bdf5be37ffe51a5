#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// Packs the weights of a network as its tactics ask, layer by layer, and frees the plain weights as it goes, so that
// memory never holds all weights twice.
class WeightPacker {
 public:
  explicit WeightPacker(std::shared_ptr<network::INetworkDefinition> network);

  // Kernels are prepared with this store.
  WeightStore& store() { return *store_; }
  // Call it when the layer's kernel has been prepared: frees the layouts that the kernel has not asked for.
  void settle(int32_t layer);
  // Call it after the last layer. The store then holds just the weights that a plan has to save.
  std::shared_ptr<WeightStore> finish();

 private:
  void settle_constant(network::ILayer& layer);
  const void* packed_for_all_readers(const network::ITensor& tensor) const;

  std::shared_ptr<network::INetworkDefinition> network_;
  std::shared_ptr<WeightStore> store_;
  std::unordered_map<const network::ILayer*, int32_t> index_of_;
};

}  // namespace torch_tensorrt::engine
