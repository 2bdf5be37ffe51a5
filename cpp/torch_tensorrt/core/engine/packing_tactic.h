#pragma once

#include <string>

#include "torch_tensorrt/core/engine/tactic.h"

namespace torch_tensorrt::engine {

// A tactic that asks the store for weights in layouts that other tactics cannot read. It must give the plain elements
// back, so that another tactic can step in where this one does not take an instance.
class PackingTactic : public Tactic {
 public:
  // Whether prepare() packs weights of the instance.
  virtual bool packs_weights(const LayerInstance& instance) const = 0;
  // Writes the plain elements of the layer's weights under `role`, which `from` holds in a layout of this tactic's.
  // Throws Error for another layout.
  virtual void unpack_weights(const network::ILayer& layer, const std::string& role, const WeightBlock& from,
                              void* to) const = 0;
};

// Null where the tactic packs nothing, whatever the instance is.
inline const PackingTactic* as_packing(const Tactic& tactic) { return dynamic_cast<const PackingTactic*>(&tactic); }

}  // namespace torch_tensorrt::engine
