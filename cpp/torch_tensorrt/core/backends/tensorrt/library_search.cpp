#include "torch_tensorrt/core/backends/tensorrt/library_search.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>

#include "torch_tensorrt/core/backends/tensorrt/version.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

namespace fs = std::filesystem;

std::string soname() { return "libnvinfer.so." + std::to_string(kMajor); }

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

struct Folders {
  std::mutex mutex;
  std::vector<std::string> list;
};

// Never destroyed: a library that is unloaded late may still ask for the folders.
Folders& added_folders() {
  static auto* const folders = new Folders();
  return *folders;
}

std::vector<std::string> split_path(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ':');) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// The site-packages folder, if this code lies in site-packages/torch_tensorrt/lib.
std::string own_package_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&find_candidates), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  const fs::path file = fs::weakly_canonical(info.dli_fname, error);
  return error ? std::string() : file.parent_path().parent_path().parent_path().string();
}

// Files named libnvinfer.so*, without links to others of these files.
std::vector<std::string> libraries_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.rfind("libnvinfer.so", 0) == 0) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string join(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

// The best of a folder's names: libnvinfer.so.10, then libnvinfer.so.10.6.0, then the bare name of a build tree.
std::string best_name(const std::vector<std::string>& names) {
  for (const std::string& prefix : {soname(), soname() + "."}) {
    for (const std::string& name : names) {
      if (name == prefix || (prefix.back() == '.' && name.rfind(prefix, 0) == 0)) return name;
    }
  }
  const bool bare_alone = names.size() == 1 && names[0] == "libnvinfer.so";
  return bare_alone ? names[0] : std::string();
}

class Search {
 public:
  explicit Search(const SearchPlaces& places) : places_(places) {}

  SearchResult run() {
    if (places_.root.empty()) {
      result_.misses.emplace_back("TensorRT_ROOT is not set");
    } else {
      look_in("TensorRT_ROOT=" + places_.root, root_folders(places_.root), /*binding=*/true);
    }
    if (places_.process) result_.candidates.push_back({"the libraries of this process", soname(), /*loaded=*/true});
    if (places_.linker) {
      const std::string path = environment("LD_LIBRARY_PATH");
      const std::string origin = "the dynamic linker, LD_LIBRARY_PATH" + (path.empty() ? " not set" : "=" + path);
      result_.candidates.push_back({origin, soname()});
    }
    for (const std::string& folder : places_.python_folders) {
      look_in("the Python packages in " + folder, {folder + "/tensorrt_libs", folder + "/tensorrt"},
              /*binding=*/false);
    }
    return std::move(result_);
  }

 private:
  static std::vector<std::string> root_folders(const std::string& root) {
    std::vector<std::string> folders = {root + "/lib", root + "/lib64"};
    std::error_code error;
    for (fs::directory_iterator it(root + "/targets", error), end; !error && it != end; it.increment(error)) {
      folders.push_back((it->path() / "lib").string());
    }
    for (const char* tuple : {"x86_64-linux-gnu", "aarch64-linux-gnu"}) folders.push_back(root + "/lib/" + tuple);
    return folders;
  }

  void look_in(const std::string& origin, const std::vector<std::string>& folders, bool binding) {
    std::vector<std::string> others;
    for (const std::string& folder : folders) {
      const std::vector<std::string> names = libraries_in(folder);
      const std::string name = best_name(names);
      if (!name.empty()) {
        result_.candidates.push_back({origin, folder + "/" + name, /*loaded=*/false, binding});
        return;
      }
      for (const std::string& other : names) others.push_back(folder + "/" + other);
    }
    const std::string looked = origin + ": no " + soname() + " in " + join(folders);
    result_.misses.push_back(others.empty() ? looked : looked + "; other versions there: " + join(others));
  }

  const SearchPlaces& places_;
  SearchResult result_;
};

}  // namespace

SearchPlaces SearchPlaces::from_environment() {
  SearchPlaces places;
  places.root = environment("TensorRT_ROOT");
  places.python_folders = split_path(environment("TORCHTRT_PYTHON_PATH"));
  {
    const std::lock_guard lock(added_folders().mutex);
    const auto& added = added_folders().list;
    places.python_folders.insert(places.python_folders.end(), added.begin(), added.end());
  }
  if (const std::string own = own_package_folder(); !own.empty()) places.python_folders.push_back(own);
  return places;
}

void add_python_folder(const std::string& folder) {
  const std::lock_guard lock(added_folders().mutex);
  auto& list = added_folders().list;
  if (std::find(list.begin(), list.end(), folder) == list.end()) list.push_back(folder);
}

SearchResult find_candidates(const SearchPlaces& places) { return Search(places).run(); }

}  // namespace torch_tensorrt::backends::tensorrt
