#pragma once

#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "options.h"

// Loads the files that torchtrtc reads, and checks the output path. Every function throws Error naming the file.
namespace torchtrtc {

// Loads a library by its path, or a bare name from the current folder if the loader does not find it. Libraries stay
// loaded, because their registrations are used until the process ends.
void load_library(const std::string& path);

// The ending of the file's name in lower case, with its dot.
std::string lower_ending(const std::string& path);
void require_readable(const std::string& path);
// The bytes of a file that is not empty.
std::string read_file(const std::string& path);
std::string read_engine(const std::string& path);
// Loads the module in eval mode, on the CPU.
torch::jit::Module load_module(const std::string& path);

// Checks that the output can be written and that it is none of the files that are read. Called before the build, which
// may take minutes.
void require_output(const Options& options);
// Checks that the path, a file that is read (`what`), is not the output.
void require_other_file(const Options& options, const std::string& path, const char* what);

}  // namespace torchtrtc
