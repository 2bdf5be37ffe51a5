#pragma once

#include <memory>

#include "torch_tensorrt/core/engine/tactics/onednn/kernel.h"

namespace torch_tensorrt::engine::onednn {

// A tactic of one primitive without weights.
struct Row {
  const char* name;
  network::LayerType kind;
  bool only_linear;  // else kLINEAR and kHWC
  bool in_place;     // the output may take over input 0 where their descs agree
  // Beyond check_basics and check_epilogue.
  Decision (*supports)(const network::ILayer& layer);
  // The kernel; throws dnnl::error or Error where the instance cannot be run, and is asked for that.
  std::unique_ptr<Kernel> (*prepare)(const LayerInstance& instance);
};

std::unique_ptr<Tactic> make_row_tactic(const Row& row);

// Throws Error for a reference implementation.
void require_optimized(const char* implementation);

}  // namespace torch_tensorrt::engine::onednn
