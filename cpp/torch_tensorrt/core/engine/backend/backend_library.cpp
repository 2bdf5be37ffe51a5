#include "torch_tensorrt/core/engine/backend/backend_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr const char* kPrefix = "libtorchtrt_";
constexpr const char* kSuffix = ".so";
// Libraries of the product whose names look like those of backends.
constexpr const char* kNotBackends[] = {"engine", "runtime"};

bool is_product(const std::string& name) {
  return std::find(std::begin(kNotBackends), std::end(kNotBackends), name) != std::end(kNotBackends);
}

bool is_name(const std::string& name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

std::string loader_error() {
  const char* text = dlerror();
  return text != nullptr ? text : "unknown error of the loader";
}

// The text between the prefix and the suffix; empty if the file is named otherwise.
std::string name_in(const std::string& file) {
  const std::string prefix = kPrefix;
  const std::string suffix = kSuffix;
  const bool fits = file.size() > prefix.size() + suffix.size() && file.rfind(prefix, 0) == 0 &&
                    file.compare(file.size() - suffix.size(), suffix.size(), suffix) == 0;
  return fits ? file.substr(prefix.size(), file.size() - prefix.size() - suffix.size()) : std::string();
}

// Folder of the library that this code is in.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&backend_folders), &info) == 0 || info.dli_fname == nullptr) return ".";
  std::error_code error;
  const auto path = std::filesystem::canonical(info.dli_fname, error);
  return error ? std::string(".") : path.parent_path().string();
}

void* open_library(const std::string& name) {
  const std::string file = kPrefix + name + kSuffix;
  std::string places;
  // Global symbols of a backend could clash with those of the libraries that it opens: keep them apart.
  for (const std::string& folder : backend_folders()) {
    const std::string path = folder + "/" + file;
    places += folder + ", ";
    if (!std::filesystem::exists(path)) continue;
    if (void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return handle;
    TORCHTRT_THROW_ERROR(path << " does not load: " << loader_error());
  }
  if (void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return handle;
  TORCHTRT_THROW_ERROR("its library " << file << " is neither in " << places
                                      << "nor in the folders of the system's loader: " << loader_error());
}

}  // namespace

std::vector<std::string> backend_folders() {
  std::vector<std::string> folders;
  const char* given = std::getenv("TORCHTRT_BACKEND_PATH");
  std::istringstream list(given != nullptr ? given : "");
  for (std::string folder; std::getline(list, folder, ':');) {
    if (!folder.empty()) folders.push_back(folder);
  }
  folders.push_back(own_folder());
  return folders;
}

std::vector<std::string> backend_libraries_beside() {
  std::set<std::string> names;
  for (const std::string& folder : backend_folders()) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const std::string name = name_in(entry.path().filename().string());
      if (is_name(name) && !is_product(name)) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

std::unique_ptr<Backend> load_backend_library(const std::string& name) {
  if (!is_name(name))
    TORCHTRT_THROW_ERROR("\"" << name << "\" is not the name of a backend; names consist of a-z, 0-9 and _");
  void* handle = open_library(name);
  // The library stays loaded for good: the backend's code is in it.
  const auto make = reinterpret_cast<MakeBackend>(dlsym(handle, kMakeBackendSymbol));
  if (make == nullptr) {
    TORCHTRT_THROW_ERROR(kPrefix << name << kSuffix << " is not the library of a backend: it has no function "
                                 << kMakeBackendSymbol);
  }
  std::unique_ptr<Backend> backend(make());
  if (backend == nullptr || name != backend->name()) {
    TORCHTRT_THROW_ERROR(kPrefix << name << kSuffix << " must contain the backend " << name << ", but contains "
                                 << (backend == nullptr ? std::string("no backend") : backend->name()));
  }
  return backend;
}

}  // namespace torch_tensorrt::engine
