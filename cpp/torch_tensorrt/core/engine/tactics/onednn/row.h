#pragma once

#include <memory>

#include "torch_tensorrt/core/engine/tactics/onednn/kernel.h"

namespace torch_tensorrt::engine::onednn {

// A tactic of one primitive without weights.
struct Row {
  const char* name;
  network::LayerType kind;
  bool only_linear;  // only kLINEAR; else kLINEAR and kHWC
  bool in_place;     // the output may take over input 0 if their descs agree
  // Checks beyond check_basics and check_epilogue.
  Decision (*supports)(const network::ILayer& layer);
  // Makes the kernel. Throws dnnl::error or Error if the instance cannot run; takes() relies on that.
  std::unique_ptr<Kernel> (*prepare)(const LayerInstance& instance);
};

std::unique_ptr<Tactic> make_row_tactic(const Row& row);

// Throws Error for a reference implementation.
void require_optimized(const char* implementation);

}  // namespace torch_tensorrt::engine::onednn
