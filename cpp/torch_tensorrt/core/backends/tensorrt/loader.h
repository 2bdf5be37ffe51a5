#pragma once

#include <memory>
#include <string>

#include "torch_tensorrt/core/backends/tensorrt/library_search.h"
#include "torch_tensorrt/core/backends/tensorrt/version.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::backends::tensorrt {

// libnvinfer, opened at run time. Knows nothing of TensorRT's headers: objects go in and out as void*, and the casts
// are made where the headers are known. Never closed: TensorRT keeps threads and statics of its own.
class Library {
 public:
  const std::string& path() const { return path_; }
  const Version& version() const { return version_; }

  // An IBuilder, IRuntime or IRefitter, or null, with the reason told to the logger (an ILogger).
  void* create_builder(void* logger) const;
  void* create_runtime(void* logger) const;
  void* create_refitter(void* engine, void* logger) const;

 private:
  friend struct LibraryOpener;
  using CreateFromLogger = void* (*)(void* logger, int32_t version);
  using CreateFromEngine = void* (*)(void* engine, void* logger, int32_t version);

  // What the library is told that its caller was compiled against; it takes no later version than its own.
  int32_t interface_version() const;
  void check_builder_resources() const;

  std::string path_;
  Version version_;
  Version headers_;
  CreateFromLogger builder_ = nullptr;
  CreateFromLogger runtime_ = nullptr;
  CreateFromEngine refitter_ = nullptr;
};

struct LoadResult {
  std::shared_ptr<const Library> library;  // null when the decision is no
  // When no: every place that was looked in and what was found there, and what to do.
  Decision decision = Decision::no("TensorRT was not looked for yet");
};

// `headers` is the version that the caller is compiled against.
LoadResult load_library(const SearchPlaces& places, const Version& headers);

// Whether the file is a 64-bit ELF file that has all that its headers speak of. The dynamic linker maps what is not
// there without complaint, and the process dies when it is touched.
Decision is_complete_elf(const std::string& path);

}  // namespace torch_tensorrt::backends::tensorrt
