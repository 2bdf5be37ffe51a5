#pragma once

#include <string>

#include "torch/csrc/jit/api/module.h"

namespace torch_tensorrt::core {

// Writes the module, with extra files beside it, through an OutputFile: a file that is there is replaced when the new
// one is complete. Throws Error that names the file and the reason.
void save_module(const torch::jit::Module& module, const std::string& path,
                 const torch::jit::ExtraFilesMap& extra_files = {});

}  // namespace torch_tensorrt::core
