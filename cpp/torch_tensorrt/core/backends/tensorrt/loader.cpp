#include "torch_tensorrt/core/backends/tensorrt/loader.h"

#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <tuple>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {

// ---- versions of TensorRT ------------------------------------------------------------------------------------------

namespace {

// From version 10 on the number has room for minor versions above 9.
constexpr int32_t kFirstWideNumber = 10000;

}  // namespace

Version parse_version(int32_t number) {
  const int32_t major_unit = number >= kFirstWideNumber ? 10000 : 1000;
  return {number / major_unit, number % major_unit / 100, number % 100};
}

int32_t to_number(const Version& version) {
  const int32_t major_unit = version.major >= 10 ? 10000 : 1000;
  return version.major * major_unit + version.minor * 100 + version.patch;
}

std::string to_string(const Version& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
}

bool operator<(const Version& a, const Version& b) {
  return std::tie(a.major, a.minor, a.patch) < std::tie(b.major, b.minor, b.patch);
}

// ---- places where libnvinfer may lie -------------------------------------------------------------------------------

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

// ---- the library ---------------------------------------------------------------------------------------------------

namespace {

std::string linker_error() {
  const char* text = dlerror();
  return text == nullptr ? "the dynamic linker gives no reason" : text;
}

std::string path_of(void* symbol, const std::string& otherwise) {
  Dl_info info;
  const bool known = dladdr(symbol, &info) != 0 && info.dli_fname != nullptr;
  return known ? info.dli_fname : otherwise;
}

std::string wrong_major(const std::string& path, const Version& version) {
  return str(path, " is TensorRT ", to_string(version), ", but only TensorRT ", kMajor,
             ".x can be used, because the layout of its classes changes with every major version");
}

}  // namespace

// Opens one library and resolves the functions called here.
struct LibraryOpener {
  const Candidate& candidate;
  Version headers;
  std::string reason = {};  // why the library cannot be used

  std::shared_ptr<const Library> open() {
    if (candidate.path.find('/') != std::string::npos) {
      const Decision complete = is_complete_elf(candidate.path);
      reason = complete.reason();
      if (!complete) return nullptr;
    }
    const int flags = RTLD_LAZY | RTLD_LOCAL | (candidate.loaded ? RTLD_NOLOAD : 0);
    dlerror();
    void* handle = dlopen(candidate.path.c_str(), flags);
    if (handle == nullptr) {
      reason = candidate.loaded ? "no " + candidate.path + " is loaded" : linker_error();
      return nullptr;
    }
    auto library = read(handle);
    if (library == nullptr) dlclose(handle);
    return library;
  }

 private:
  std::shared_ptr<const Library> read(void* handle) {
    auto* version = symbol<int32_t (*)()>(handle, "getInferLibVersion");
    if (version == nullptr) return nullptr;
    auto library = std::make_shared<Library>();
    library->path_ = path_of(reinterpret_cast<void*>(version), candidate.path);
    library->version_ = parse_version(version());
    library->headers_ = headers;
    if (library->version_.major != kMajor) {
      reason = wrong_major(library->path_, library->version_);
      return nullptr;
    }
    library->builder_ = symbol<Library::CreateFromLogger>(handle, "createInferBuilder_INTERNAL");
    library->runtime_ = symbol<Library::CreateFromLogger>(handle, "createInferRuntime_INTERNAL");
    library->refitter_ = symbol<Library::CreateFromEngine>(handle, "createInferRefitter_INTERNAL");
    return reason.empty() ? library : nullptr;
  }

  template <typename F>
  F symbol(void* handle, const char* name) {
    void* found = dlsym(handle, name);
    if (found == nullptr) {
      reason += (reason.empty() ? candidate.path + " lacks the function " : ", ") + std::string(name);
    }
    return reinterpret_cast<F>(found);
  }
};

int32_t Library::interface_version() const { return to_number(std::min(headers_, version_)); }

// The builder opens a library of kernels by its bare name, and does not search its own folder.
void Library::check_builder_resources() const {
  namespace fs = std::filesystem;
  const std::string name = "libnvinfer_builder_resource.so." + to_string(version_);
  if (dlopen(name.c_str(), RTLD_LAZY) != nullptr) return;
  const std::string reason = linker_error();
  const fs::path folder = fs::path(path_).parent_path();
  std::error_code error;
  if (!fs::exists(folder / name, error)) return;  // this version has no such library
  LOG_WARNING("TensorRT needs " << name << " to build engines, but the system's loader does not find it (" << reason
                                << "). It is in " << folder.string()
                                << "; add that folder to LD_LIBRARY_PATH before the program starts");
}

void* Library::create_builder(void* logger) const {
  check_builder_resources();
  return builder_(logger, interface_version());
}

void* Library::create_runtime(void* logger) const { return runtime_(logger, interface_version()); }

void* Library::create_refitter(void* engine, void* logger) const {
  return refitter_(engine, logger, interface_version());
}

LoadResult load_library(const SearchPlaces& places, const Version& headers) {
  const SearchResult search = find_candidates(places);
  std::string looked;
  for (const std::string& miss : search.misses) looked += "\n  " + miss;
  for (const Candidate& candidate : search.candidates) {
    LibraryOpener opener{candidate, headers};
    if (auto library = opener.open()) {
      LOG_DEBUG("TensorRT " << to_string(library->version()) << ": " << library->path());
      return {std::move(library), Decision::yes()};
    }
    looked += "\n  " + candidate.origin + ": " + opener.reason;
    if (candidate.binding) break;
  }
  return {nullptr, Decision::no("TensorRT " + std::to_string(kMajor) + " was not found. Looked in:" + looked +
                                "\nInstall TensorRT " + std::to_string(kMajor) +
                                " and set TensorRT_ROOT to its folder, or install the Python package tensorrt")};
}

namespace {

template <typename T>
bool read_at(std::ifstream& stream, uint64_t offset, T* value) {
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(reinterpret_cast<char*>(value), sizeof(T));
  return stream.good();
}

// File offset just behind the last byte that the headers or a segment refer to.
uint64_t end_of_segments(std::ifstream& stream, const Elf64_Ehdr& header) {
  uint64_t end = header.e_phoff + uint64_t{header.e_phnum} * header.e_phentsize;
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read_at(stream, header.e_phoff + i * header.e_phentsize, &segment)) return end;
    end = std::max<uint64_t>(end, segment.p_offset + segment.p_filesz);
  }
  return end;
}

}  // namespace

Decision is_complete_elf(const std::string& path) {
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  if (!stream) return Decision::no(path + " cannot be read");
  const auto size = static_cast<uint64_t>(stream.tellg());
  Elf64_Ehdr header;
  if (!read_at(stream, 0, &header)) {
    return Decision::no(str(path, " has ", size, " bytes, so it is not a shared library"));
  }
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
    return Decision::no(path + " is not a 64-bit shared library (ELF)");
  }
  const uint64_t needed = end_of_segments(stream, header);
  if (size < needed) {
    return Decision::no(str(path, " is truncated: it has ", size, " bytes, but its headers describe ", needed));
  }
  return Decision::yes();
}

}  // namespace torch_tensorrt::backends::tensorrt
