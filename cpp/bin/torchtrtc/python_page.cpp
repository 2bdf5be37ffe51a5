#include "python_page.h"

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

// A file in memory, which a child inherits under the same path.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : file_(memfd_create(name, 0)) {
    TORCHTRT_CHECK(file_ >= 0, "cannot make a file in memory: " << std::strerror(errno));
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

  void write(const std::vector<char>& bytes) {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::write(file_, bytes.data() + done, bytes.size() - done);
      if (count < 0 && errno == EINTR) continue;
      TORCHTRT_CHECK(count > 0, "cannot write a file in memory: " << std::strerror(errno));
      done += static_cast<size_t>(count);
    }
  }

  std::string read() const {
    std::string text;
    std::array<char, 1 << 16> block;
    lseek(file_, 0, SEEK_SET);
    for (ssize_t count = 0; (count = ::read(file_, block.data(), block.size())) > 0;) {
      text.append(block.data(), static_cast<size_t>(count));
    }
    return text;
  }

 private:
  int file_;
};

// Runs a program to its end, and returns its exit status; 127 if there is no such program. Ctrl-C goes to this process
// alone, and the program ends with it.
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

// The Python of the environment that this program is installed in, then the first one of the path.
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

std::string find_python() {
  std::string tried;
  for (const auto& python : pythons()) {
    if (run_program({python, "-c", kHasPackage}, /*is_quiet=*/true) == 0) return python;
    tried += (tried.empty() ? "" : ", ") + python;
  }
  TORCHTRT_THROW_ERROR("the page needs Python with the package torch_tensorrt, and there is none (tried "
                       << tried
                       << "). Install the package, or set TORCHTRTC_PYTHON to the Python that has it; --json needs no "
                          "Python");
}

torch::jit::IValue as_value(const Arguments& arguments) {
  if (arguments.by_name.empty()) return c10::ivalue::Tuple::create(arguments.by_position);
  TORCHTRT_CHECK(arguments.by_position.empty(), "give the inputs all by name or all by position");
  c10::Dict<std::string, at::Tensor> values;
  for (const auto& [name, value] : arguments.by_name) values.insert(name, value.toTensor());
  return values;
}

}  // namespace

std::string make_page(const std::string& path, const std::optional<Arguments>& arguments,
                      const std::vector<std::string>& libraries) {
  util::report("looking for Python");
  std::vector<std::string> command = {find_python(), "-m", "torch_tensorrt", "report", path};
  const MemoryFile page("page");
  command.insert(command.end(), {"--html", "--out", page.path()});
  MemoryFile values("arguments");
  if (arguments) {
    values.write(torch::jit::pickle_save(as_value(*arguments)));
    command.insert(command.end(), {"--inputs", values.path()});
  }
  for (const auto& library : libraries) command.insert(command.end(), {"--library", library});
  util::report("making the page");
  TORCHTRT_CHECK(run_program(command, /*is_quiet=*/false) == 0,
                 "the package torch_tensorrt of " << command[0] << " could not make the page; see above");
  return page.read();
}

}  // namespace torchtrtc
