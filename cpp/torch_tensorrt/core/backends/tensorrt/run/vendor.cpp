#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"

#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

struct Found {
  std::mutex mutex;
  SearchPlaces places;
  LoadResult result;
  bool looked = false;
};

bool operator==(const SearchPlaces& a, const SearchPlaces& b) {
  return a.root == b.root && a.python_folders == b.python_folders;
}

// A version-compatible engine contains a library, and a file of unknown origin must not run code.
bool may_run_code_of_engines() {
  const char* value = std::getenv("TORCHTRT_TENSORRT_ENGINE_CODE");
  return value != nullptr && std::string(value) == "1";
}

}  // namespace

LoadResult vendor_library() {
  static auto* const found = new Found();
  const std::lock_guard lock(found->mutex);
  if (found->result.library != nullptr) return found->result;
  const SearchPlaces places = SearchPlaces::from_environment();
  if (!found->looked || !(places == found->places)) found->result = load_library(places, kHeaderVersion);
  found->places = places;
  found->looked = true;
  return found->result;
}

std::shared_ptr<const Library> require_vendor_library() {
  const LoadResult result = vendor_library();
  if (result.library == nullptr) TORCHTRT_THROW_ERROR(result.decision.reason());
  return result.library;
}

nvinfer1::IRuntime& vendor_runtime(int32_t device, int32_t dla_core) {
  static auto* const mutex = new std::mutex();
  static auto* const runtimes = new std::map<std::pair<int32_t, int32_t>, nvinfer1::IRuntime*>();
  const auto library = require_vendor_library();
  const std::lock_guard lock(*mutex);
  nvinfer1::IRuntime*& runtime = (*runtimes)[{device, dla_core}];
  if (runtime == nullptr) {
    const engine::cuda::DeviceGuard guard(device);
    MessageGatherer messages;
    runtime = static_cast<nvinfer1::IRuntime*>(library->create_runtime(vendor_logger()));
    if (runtime == nullptr) TORCHTRT_THROW_ERROR("TensorRT makes no runtime. " << messages.take_errors());
    runtime->setEngineHostCodeAllowed(may_run_code_of_engines());
    if (dla_core >= 0) runtime->setDLACore(dla_core);
  }
  return *runtime;
}

Decision has_dla_core(int32_t device, int32_t core) {
  if (core < 0) return Decision::yes();
  const int32_t count = vendor_runtime(device).getNbDLACores();
  if (core < count) return Decision::yes();
  return Decision::no(str("CUDA device ", device, " has no DLA core ", core, ", TensorRT finds ", count, " of them"));
}

}  // namespace torch_tensorrt::backends::tensorrt
