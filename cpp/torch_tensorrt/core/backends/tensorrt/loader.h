#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/util/decision.h"

// Finds libnvinfer, checks its version and opens it.
namespace torch_tensorrt::backends::tensorrt {

// ---- versions of TensorRT ------------------------------------------------------------------------------------------

// A version of TensorRT.
struct Version {
  int32_t major = 0;
  int32_t minor = 0;
  int32_t patch = 0;
};

// Parses the number of TensorRT's C function: 100600 or, before version 10, 8601.
Version parse_version(int32_t number);
// The number in the form of TensorRT's C functions.
int32_t to_number(const Version& version);
// "10.6.0"
std::string to_string(const Version& version);
bool operator<(const Version& a, const Version& b);

// The version whose headers the backend is written for. All 10.x have the same interface; other major versions have a
// different one.
constexpr int32_t kMajor = 10;

// ---- places where libnvinfer may lie -------------------------------------------------------------------------------

struct SearchPlaces {
  std::string root;                         // the vendor's tree: TensorRT_ROOT
  bool process = true;                      // a libnvinfer that is loaded already
  bool linker = true;                       // by name: LD_LIBRARY_PATH, the system's folders
  std::vector<std::string> python_folders;  // folders of Python packages: FOLDER/tensorrt_libs

  // From TensorRT_ROOT, TORCHTRT_PYTHON_PATH (folders, separated by colons), the folders given to
  // add_python_folder, and the site-packages folder that this library itself is installed in.
  static SearchPlaces from_environment();
};

// Adds a folder of Python packages to search from now on. Thread-safe.
void add_python_folder(const std::string& folder);

// A name for dlopen.
struct Candidate {
  std::string origin;   // "TensorRT_ROOT=/opt/TensorRT", for messages
  std::string path;     // a file, or the bare name "libnvinfer.so.10"
  bool loaded = false;  // use it only if the process has already loaded it
  // The user named this place: a file there that cannot be used ends the search.
  bool binding = false;
};

struct SearchResult {
  std::vector<Candidate> candidates;  // in the order to try them
  std::vector<std::string> misses;    // one line for each place without a library
};
SearchResult find_candidates(const SearchPlaces& places);

// ---- the library ---------------------------------------------------------------------------------------------------

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
