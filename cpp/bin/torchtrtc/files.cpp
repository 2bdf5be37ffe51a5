#include "files.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "torch/script.h"

#include "describe_file.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

namespace fs = std::filesystem;

// Sees through links and other spellings of a path, also of a file yet to be made. False for devices and pipes.
bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  if (fs::exists(a, ignored) && fs::exists(b, ignored)) {
    return fs::is_regular_file(a, ignored) && fs::equivalent(a, b, ignored);
  }
  const auto first = fs::weakly_canonical(a, ignored);
  return !first.empty() && first == fs::weakly_canonical(b, ignored);
}

void require_other_file(const Options& options, const std::string& path, const char* what) {
  if (path.empty() || !is_same_file(path, options.output_path)) return;
  const bool same_name = path == options.output_path;
  TORCHTRT_THROW_ERROR("the output " << options.output_path << " is also the " << what
                                     << (same_name ? std::string() : ", under the name " + path)
                                     << ", which would be overwritten; give another output");
}

}  // namespace

void load_library(const std::string& path) {
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  const std::string reason = dlerror();
  std::error_code ignored;
  const bool is_here = path.find('/') == std::string::npos && fs::exists(path, ignored);
  if (is_here && dlopen(("./" + path).c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  TORCHTRT_THROW_ERROR("cannot load the library " << path << ": " << (is_here ? dlerror() : reason));
}

std::string read_engine(const std::string& path) {
  if (const auto reason = why_unusable(path, Expected::kEngine)) {
    TORCHTRT_THROW_ERROR("cannot read the engine " << path << ": " << *reason);
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) TORCHTRT_THROW_ERROR("cannot read the engine " << path << ": " << std::strerror(errno));
  return content.str();
}

torch::jit::Module load_module(const std::string& path) {
  if (const auto reason = why_unusable(path, Expected::kModule)) {
    TORCHTRT_THROW_ERROR("cannot load the TorchScript module " << path << ": " << *reason);
  }
  try {
    auto module = torch::jit::load(path, torch::kCPU);
    module.eval();
    return module;
  } catch (const c10::Error& error) {
    TORCHTRT_THROW_ERROR("cannot load the TorchScript module " << path << ": " << error.what_without_backtrace());
  } catch (const torch::jit::ErrorReport& error) {
    TORCHTRT_THROW_ERROR("cannot load the TorchScript module " << path << ": " << error.what());
  }
}

void require_output(const Options& options) {
  const std::string& cache = options.settings.timing_cache_path;
  if (!cache.empty() && is_same_file(cache, options.input_path)) {
    TORCHTRT_THROW_ERROR("the timing cache " << cache
                                             << " is also the input, which would be overwritten; name another file");
  }
  if (options.output_path.empty())
    TORCHTRT_THROW_ERROR("no output file was given: torchtrtc INPUT OUTPUT [input specs]");
  const fs::path path(options.output_path);
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto require = [&](bool is_right, const std::string& reason) {
    if (!is_right) TORCHTRT_THROW_ERROR("cannot write " << options.output_path << ": " << reason);
  };
  std::error_code ignored;  // an unreadable path counts as missing
  require(fs::is_directory(folder, ignored), "there is no folder " + folder.string());
  require(!fs::is_directory(path, ignored), "it is a folder");
  const bool is_there = fs::exists(path, ignored);
  require(access(is_there ? path.c_str() : folder.c_str(), W_OK) == 0, "permission denied");
  require_other_file(options, options.input_path, "input");
  require_other_file(options, options.settings.timing_cache_path, "timing cache");
  for (const auto& library : options.custom_ops) require_other_file(options, library, "library of operations");
  for (const auto& library : options.custom_converters) require_other_file(options, library, "library of converters");
}

}  // namespace torchtrtc
