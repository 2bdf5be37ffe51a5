#pragma once

#include <string>
#include <vector>

namespace torch_tensorrt::backends::tensorrt {

// Places where libnvinfer may lie.
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

}  // namespace torch_tensorrt::backends::tensorrt
