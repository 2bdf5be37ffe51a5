#pragma once

#include <memory>
#include <string>

#include "torch_tensorrt/core/backends/tensorrt/library_search.h"
#include "torch_tensorrt/core/backends/tensorrt/version.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::backends::tensorrt {

// libnvinfer, opened at run time. Knows nothing of TensorRT's headers: objects are passed as void*, and code that
// includes the headers casts them. Never closed: TensorRT keeps threads and statics of its own.
class Library {
 public:
  const std::string& path() const { return path_; }
  const Version& version() const { return version_; }

  // Returns an IBuilder, IRuntime or IRefitter, or null; the logger (an ILogger) then gets the reason.
  void* create_builder(void* logger) const;
  void* create_runtime(void* logger) const;
  void* create_refitter(void* engine, void* logger) const;

 private:
  friend struct LibraryOpener;
  using CreateFromLogger = void* (*)(void* logger, int32_t version);
  using CreateFromEngine = void* (*)(void* engine, void* logger, int32_t version);

  // The version that the library is asked to be compatible with: it accepts none later than its own.
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
  std::shared_ptr<const Library> library;  // null if the decision is no
  // A no lists every place searched, what was found there, and what to do.
  Decision decision = Decision::no("TensorRT was not looked for yet");
};

// `headers` is the version that the caller was compiled against.
LoadResult load_library(const SearchPlaces& places, const Version& headers);

// Whether the file is a 64-bit ELF file with all bytes that its headers refer to. The dynamic linker maps missing bytes
// without complaint, and the process dies when it touches them.
Decision is_complete_elf(const std::string& path);

}  // namespace torch_tensorrt::backends::tensorrt
