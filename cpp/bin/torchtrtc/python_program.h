#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data_file.h"

// Programs of Python with the package torch_tensorrt: this program has no Python inside.
namespace torchtrtc {

// A file in memory, which a child inherits under the same path.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }
  void write(const std::vector<char>& bytes);
  std::string read() const;

 private:
  int file_;
};

// The Python of the environment that this program is installed in, or the first one of the path, that has the package.
// `use`: what needs it, as in "the page". Throws Error if there is none.
std::string find_python(const std::string& use);

// Runs a program to its end, and returns its exit status; 127 if there is no such program. Ctrl-C goes to this process
// alone, and the program ends with it.
int run_program(const std::vector<std::string>& command, bool is_quiet);

// Writes the arguments of a call as torch.load reads them: a tuple, or a dict by name.
void write_arguments(const Arguments& arguments, MemoryFile& file);

}  // namespace torchtrtc
