#include <ATen/Context.h>
#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"
#include "torch_tensorrt/core/util/macros.h"

// PyTorch keeps what it can do on GPUs in libtorch_cuda.so, which a C++ program has only when it is linked, and linkers
// drop it, as nothing refers to it. It is loaded here where it can work: it lies beside PyTorch's other libraries, and
// there is a driver. Without it, modules that are on a GPU can be neither loaded nor run. It is large: a program that
// stays on the CPU sets TORCHTRT_LOAD_CUDA=0 in its environment.
namespace torch_tensorrt::core::runtime {
namespace {

std::string folder_of_torch() {
  Dl_info info{};
  const auto* symbol = reinterpret_cast<const void*>(&at::globalContext);
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return {};
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

bool is_wanted() {
  const char* value = std::getenv("TORCHTRT_LOAD_CUDA");
  return value == nullptr || std::string(value) != "0";
}

bool has_driver() { return dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) != nullptr; }

// Must come before anybody asks PyTorch whether there is a GPU, as it remembers the answer: when libraries are loaded.
bool load_torch_cuda() {
  constexpr const char* kName = "libtorch_cuda.so";
  if (dlopen(kName, RTLD_NOW | RTLD_NOLOAD) != nullptr) return true;
  const std::string path = folder_of_torch() + kName;
  if (!is_wanted() || !has_driver() || path == kName) return false;
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return true;
  LOG_DEBUG("PyTorch's part for GPUs was not loaded: " << dlerror());
  return false;
}

[[maybe_unused]] const bool kLoaded = load_torch_cuda();

}  // namespace
}  // namespace torch_tensorrt::core::runtime
