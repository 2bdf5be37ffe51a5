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
// The bytes of a file that torch.save wrote.
std::string read_saved(const std::string& path);
// Loads the module in eval mode, on the CPU.
torch::jit::Module load_module(const std::string& path);

// The file itself, or all files in a folder and below, sorted by name. Throws Error if a folder cannot be read.
std::vector<std::string> files_in(const std::string& path);

// A file that a command reads or writes, and what it is, as in "the timing cache".
struct NamedFile {
  std::string path;
  const char* what;
};

// Checks that the output can be written, and require_distinct_files. Called before the build, which may take minutes.
void require_output(const Options& options, const std::vector<NamedFile>& also_read = {});
// Checks that no file that the command of these options writes is another one that it reads or writes; `also_read` are
// files that the options of the command do not have.
void require_distinct_files(const Options& options, const std::vector<NamedFile>& also_read = {});

}  // namespace torchtrtc
