#include "torch_tensorrt/core/backends/tensorrt/loader.h"

#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
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
