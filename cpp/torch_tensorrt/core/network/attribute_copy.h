#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Copies every attribute to a layer of the same kind (Error otherwise). Weights are shared, not copied: whoever copies
// into another network keeps their memory alive there.
void copy_attributes(const ILayer& from, ILayer& to);

}  // namespace torch_tensorrt::network
