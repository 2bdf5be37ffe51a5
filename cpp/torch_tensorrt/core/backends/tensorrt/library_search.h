#pragma once

#include <string>
#include <vector>

namespace torch_tensorrt::backends::tensorrt {

// Where libnvinfer may lie.
struct SearchPlaces {
  std::string root;                         // the vendor's tree: TensorRT_ROOT
  bool process = true;                      // a libnvinfer that is loaded already
  bool linker = true;                       // by name: LD_LIBRARY_PATH, the system's folders
  std::vector<std::string> python_folders;  // that hold Python packages: FOLDER/tensorrt_libs

  // From TensorRT_ROOT, TORCHTRT_PYTHON_PATH (folders, separated by colons), the folders given to
  // add_python_folder, and the site-packages folder that this library itself is installed in.
  static SearchPlaces from_environment();
};

// Another folder of Python packages to look in, from now on. Thread-safe.
void add_python_folder(const std::string& folder);

// One name to hand to dlopen.
struct Candidate {
  std::string origin;   // "TensorRT_ROOT=/opt/TensorRT", for messages
  std::string path;     // a file, or the bare name "libnvinfer.so.10"
  bool loaded = false;  // take it only when the process has loaded it already
  // A place that the user named: a file there that cannot be used ends the search.
  bool binding = false;
};

struct SearchResult {
  std::vector<Candidate> candidates;  // in the order in which they are to be tried
  std::vector<std::string> misses;    // one line a place where nothing was found
};
SearchResult find_candidates(const SearchPlaces& places);

}  // namespace torch_tensorrt::backends::tensorrt
