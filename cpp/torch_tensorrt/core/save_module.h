#pragma once

#include <string>

#include "torch/csrc/jit/api/module.h"

namespace torch_tensorrt::core {

// Writes the module and extra files through an OutputFile: an existing file is replaced once the new one is complete.
// Throws Error naming the file and the reason.
void save_module(const torch::jit::Module& module, const std::string& path,
                 const torch::jit::ExtraFilesMap& extra_files = {});

}  // namespace torch_tensorrt::core
