#pragma once

#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "options.h"

// The files that torchtrtc reads, and whether it can write its output. Every function throws Error that names the file.
namespace torchtrtc {

// Loads a library by its path or, where the loader finds none of a bare name, from the current folder. Libraries stay
// loaded: what they registered is used until the process ends.
void load_library(const std::string& path);

std::string read_engine(const std::string& path);
// In eval mode, on the CPU.
torch::jit::Module load_module(const std::string& path);

// Checks before anything is built, since a build may take minutes, that the output can be written, and that it is none
// of the files that are read.
void require_output(const Options& options);

}  // namespace torchtrtc
