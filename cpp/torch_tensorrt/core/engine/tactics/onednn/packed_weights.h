#pragma once

#include <memory>
#include <string>

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/plan/weight_store.h"

namespace torch_tensorrt::engine::onednn {

struct PackedWeights {
  const void* data;
  std::shared_ptr<const void> owner;  // of a private copy; empty if the store owns the data
};

// Packs the weights of a key into the desc that a primitive asked for. `plain` describes their plain elements. Layouts
// that are public format tags stay in the store (and so in plans); others are private copies of the plain elements.
PackedWeights pack(WeightStore& store, const std::string& key, const dnnl::memory::desc& plain,
                   const dnnl::memory::desc& wanted);

// Restores the plain elements of a block that pack() left in the store. Throws Error for an unknown layout, and if the
// block's size is not the layout's.
void unpack(const WeightBlock& from, const std::string& key, const dnnl::memory::desc& plain, void* to);

// Name of the desc's public format tag ("Ohwi64o", "Acdb8a"), "plain", or empty if it has none.
std::string layout_name(const dnnl::memory::desc& desc, const dnnl::memory::desc& plain);

}  // namespace torch_tensorrt::engine::onednn
