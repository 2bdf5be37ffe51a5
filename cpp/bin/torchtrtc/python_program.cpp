#include "python_program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "torch/csrc/jit/serialization/pickle.h"

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torchtrtc {
namespace {

namespace fs = std::filesystem;
namespace util = torch_tensorrt::core::util;

const char* const kHasPackage =
    "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch_tensorrt') is None)";

// In the order of search.
std::vector<std::string> pythons() {
  const char* given = std::getenv("TORCHTRTC_PYTHON");
  if (given != nullptr && given[0] != '\0') return {given};
  std::vector<std::string> found;
  std::error_code error;
  fs::path prefix = fs::read_symlink("/proc/self/exe", error);
  constexpr int kFolders = 6;  // PREFIX/lib/python3.11/site-packages/torch_tensorrt/bin/torchtrtc
  for (int i = 0; i < kFolders; ++i) prefix = prefix.parent_path();
  const fs::path own = prefix / "bin" / "python3";
  if (!error && fs::exists(own, error)) found.push_back(own.string());
  found.emplace_back("python3");
  return found;
}

}  // namespace

MemoryFile::MemoryFile(const char* name) : file_(memfd_create(name, 0)) {
  TORCHTRT_CHECK(file_ >= 0, "cannot make a file in memory: " << std::strerror(errno));
}

MemoryFile::~MemoryFile() { close(file_); }

void MemoryFile::write(const std::vector<char>& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(file_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    TORCHTRT_CHECK(count > 0, "cannot write a file in memory: " << std::strerror(errno));
    done += static_cast<size_t>(count);
  }
}

std::string MemoryFile::read() const {
  std::string text;
  std::array<char, 1 << 16> block;
  lseek(file_, 0, SEEK_SET);
  for (ssize_t count = 0; (count = ::read(file_, block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<size_t>(count));
  }
  return text;
}

int run_program(const std::vector<std::string>& command, bool is_quiet) {
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  TORCHTRT_CHECK(child >= 0, "cannot start " << command[0] << ": " << std::strerror(errno));
  if (child == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);  // it has ended already
    const int nothing = is_quiet ? open("/dev/null", O_RDWR) : -1;
    if (nothing >= 0) {
      dup2(nothing, STDOUT_FILENO);
      dup2(nothing, STDERR_FILENO);
    }
    execvp(arguments[0], arguments.data());
    constexpr int kNoProgram = 127;
    _exit(kNoProgram);
  }
  constexpr auto kPause = std::chrono::milliseconds(20);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    util::tick();
    std::this_thread::sleep_for(kPause);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

std::string find_python(const std::string& use) {
  std::string tried;
  for (const auto& python : pythons()) {
    if (run_program({python, "-c", kHasPackage}, /*is_quiet=*/true) == 0) return python;
    tried += (tried.empty() ? "" : ", ") + python;
  }
  TORCHTRT_THROW_ERROR(use << " needs Python with the package torch_tensorrt, and there is none (tried " << tried
                           << "). Install the package, or set TORCHTRTC_PYTHON to the Python that has it");
}

void write_arguments(const Arguments& arguments, MemoryFile& file) {
  torch::jit::IValue value = c10::ivalue::Tuple::create(arguments.by_position);
  if (!arguments.by_name.empty()) {
    TORCHTRT_CHECK(arguments.by_position.empty(), "give the inputs all by name or all by position");
    c10::Dict<std::string, at::Tensor> values;
    for (const auto& [name, tensor] : arguments.by_name) values.insert(name, tensor.toTensor());
    value = values;
  }
  file.write(torch::jit::pickle_save(value));
}

}  // namespace torchtrtc
