#include "files.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "input_spec.h"
#include "torch/script.h"

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"

namespace torchtrtc {
namespace {

enum class Expected { kModule, kEngine, kSaved };  // kSaved: by torch.save

constexpr std::string_view kPlanMagic = "TRTCPLAN";
constexpr std::string_view kTensorRtMagic = "ftrt";
constexpr std::string_view kZipMagic = "PK\x03\x04";
constexpr std::string_view kPickleMagic = "\x80\x02";
constexpr std::string_view kZipEntry = "PK\x01\x02";
constexpr std::string_view kZipEnd = "PK\x05\x06";
constexpr std::string_view kZip64End = "PK\x06\x06";
constexpr size_t kHeadBytes = 4096;
constexpr size_t kZipEndBytes = 22;
constexpr size_t kZip64EndBytes = 56 + 20;  // the record and its locator
constexpr size_t kLongestZipComment = 65535;

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }
bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string read_part(std::ifstream& file, uint64_t offset, uint64_t count) {
  std::string bytes(count, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

// Little-endian.
uint64_t number_at(std::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// The archive's directory, located by the record at the end of the file; nothing if the record is missing.
std::optional<std::string> zip_directory(std::ifstream& file, uint64_t size) {
  const uint64_t tail_size = std::min<uint64_t>(size, kZipEndBytes + kLongestZipComment + kZip64EndBytes);
  const std::string tail = read_part(file, size - tail_size, tail_size);
  const size_t end = tail.rfind(kZipEnd);
  if (end == std::string::npos || tail.size() - end < kZipEndBytes) return std::nullopt;
  const uint64_t directory_size = number_at(tail, end + 12, 4);
  uint64_t behind = size - tail_size + end;
  const bool is_zip64 = end >= kZip64EndBytes && tail.compare(end - kZip64EndBytes, 4, kZip64End) == 0;
  if (is_zip64) behind -= kZip64EndBytes;
  if (directory_size > behind) return std::nullopt;
  return read_part(file, behind - directory_size, directory_size);
}

std::vector<std::string> names_in(std::string_view directory) {
  constexpr size_t kFixedBytes = 46;
  std::vector<std::string> names;
  for (size_t at = 0; directory.size() - at >= kFixedBytes && starts_with(directory.substr(at), kZipEntry);) {
    const size_t name_size = number_at(directory, at + 28, 2);
    const size_t rest = number_at(directory, at + 30, 2) + number_at(directory, at + 32, 2);
    if (directory.size() - at < kFixedBytes + name_size + rest) break;
    names.emplace_back(directory.substr(at + kFixedBytes, name_size));
    at += kFixedBytes + name_size + rest;
  }
  return names;
}

bool has_name_with(const std::vector<std::string>& names, std::initializer_list<std::string_view> ends) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return ends_with("/" + name, end); });
  });
}

std::string archive_problem(const std::string& path, const std::vector<std::string>& names, Expected expected) {
  if (has_name_with(names, {"/constants.pkl"})) {
    if (expected == Expected::kModule) return {};
    if (expected == Expected::kSaved) return "it is a TorchScript module";
    return "it is a TorchScript module, not an engine; leave --embed-engine out to compile it";
  }
  if (has_name_with(names, {"/archive_format", "/serialized_exported_program.json", "/exported_program.json"})) {
    if (expected == Expected::kSaved) return "it is a program of torch.export (.pt2)";
    return "it is a program of torch.export (.pt2), but torchtrtc reads TorchScript modules. Write it as one in "
           "Python: "
           "torch_tensorrt.save(torch.export.load('" +
           path + "'), 'model.ts', output_format='torchscript')";
  }
  if (has_name_with(names, {"/data.pkl"})) {
    if (expected == Expected::kSaved) return {};
    return "it was written by torch.save and holds weights or a pickled object, but no TorchScript code. Write the "
           "module with torch.jit.script(module).save(path), or torch.jit.trace(module, inputs).save(path)";
  }
  return expected == Expected::kSaved ? "it is a zip archive of another program"
                                      : "it is a zip archive without a TorchScript module in it";
}

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code >= 0x20 || (code >= '\t' && code <= '\r');
  });
}

std::string plain_file_problem(const std::string& path, std::string_view head, Expected expected) {
  const bool wants_engine = expected == Expected::kEngine;
  if (expected == Expected::kSaved) {
    if (starts_with(head, kPlanMagic) || starts_with(head, kTensorRtMagic)) return "it is an engine";
    if (starts_with(head, kPickleMagic)) {
      return "it has the form of old versions of torch.save; write it again: torch.save(torch.load(path), path)";
    }
    return is_text(head) ? "it is a text file" : "it does not start like one";
  }
  if (starts_with(head, kPlanMagic)) {
    return wants_engine ? "" : "it is an engine; wrap it in a module with --embed-engine";
  }
  if (starts_with(head, kTensorRtMagic)) {
    return "it is an engine that TensorRT itself wrote, without the portable network that this library stores beside "
           "an engine; compile the module with torchtrtc";
  }
  if (starts_with(head, kPickleMagic)) {
    return "it is a pickle, as old versions of torch.save wrote it, and holds no TorchScript code";
  }
  if (ends_with(path, ".onnx")) return "its name is that of an ONNX model, but torchtrtc reads TorchScript modules";
  if (is_text(head)) return "it is a text file";
  return wants_engine ? "it does not start like an engine" : "it does not start like a TorchScript module";
}

// Why the file cannot be of the expected kind, and what to do, as the end of a sentence ("it is empty"). Nothing if it
// may be of that kind. Also nothing for pipes and devices, because they can be read only once. Reads the first bytes
// and, from a zip archive, the names of its files.
std::optional<std::string> why_unusable(const std::string& path, Expected expected) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return "there is no such file";
  if (error) return error.message();
  if (std::filesystem::is_directory(status)) return "it is a folder";
  if (!std::filesystem::is_regular_file(status)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::string(std::strerror(errno));
  const uint64_t size = std::filesystem::file_size(path, error);
  if (size == 0) return "it is empty";
  const std::string head = read_part(file, 0, std::min<uint64_t>(size, kHeadBytes));
  std::string reason;
  if (starts_with(head, kZipMagic)) {
    const auto directory = zip_directory(file, size);
    if (!directory)
      return "it starts like a zip archive, but its end is missing: it was cut short. Copy the whole file again";
    reason = archive_problem(path, names_in(*directory), expected);
  } else {
    reason = plain_file_problem(path, head, expected);
  }
  return reason.empty() ? std::nullopt : std::optional(reason);
}

namespace fs = std::filesystem;

// Sees through links and other spellings of a path, also of a file yet to be made. False for devices and pipes.
bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  const bool is_there = fs::exists(a, ignored);
  if (is_there != fs::exists(b, ignored)) return false;
  if (is_there) return fs::is_regular_file(a, ignored) && fs::equivalent(a, b, ignored);
  const auto behind = [&](const std::string& path) {
    return fs::weakly_canonical(torch_tensorrt::core::util::path_behind_links(path), ignored);
  };
  const auto first = behind(a);
  return !first.empty() && first == behind(b);
}

}  // namespace

std::string lower_ending(const std::string& path) {
  std::string ending = fs::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending;
}

void require_readable(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  TORCHTRT_CHECK(status.type() != fs::file_type::not_found, "cannot read " << path << ": there is no such file");
  TORCHTRT_CHECK(!fs::is_directory(status), "cannot read " << path << ": it is a folder");
  TORCHTRT_CHECK(access(path.c_str(), R_OK) == 0, "cannot read " << path << ": " << std::strerror(errno));
}

std::string read_file(const std::string& path) {
  require_readable(path);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  TORCHTRT_CHECK(!bytes.str().empty(), "cannot read " << path << ": it is empty");
  return bytes.str();
}

void load_library(const std::string& path) {
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  const std::string reason = dlerror();
  std::error_code ignored;
  const bool is_here = path.find('/') == std::string::npos && fs::exists(path, ignored);
  if (is_here && dlopen(("./" + path).c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  TORCHTRT_THROW_ERROR("cannot load the library " << path << ": " << (is_here ? dlerror() : reason));
}

std::string read_engine(const std::string& path) {
  if (const auto reason = why_unusable(path, Expected::kEngine)) {
    TORCHTRT_THROW_ERROR("cannot read the engine " << path << ": " << *reason);
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) TORCHTRT_THROW_ERROR("cannot read the engine " << path << ": " << std::strerror(errno));
  return content.str();
}

std::string read_saved(const std::string& path) {
  std::string bytes = read_file(path);
  if (const auto reason = why_unusable(path, Expected::kSaved)) {
    TORCHTRT_THROW_ERROR(path << " is no file of torch.save with tensors: " << *reason);
  }
  return bytes;
}

torch::jit::Module load_module(const std::string& path) {
  if (const auto reason = why_unusable(path, Expected::kModule)) {
    TORCHTRT_THROW_ERROR("cannot load the TorchScript module " << path << ": " << *reason);
  }
  try {
    auto module = torch::jit::load(path, torch::kCPU);
    module.eval();
    return module;
  } catch (const c10::Error& error) {
    TORCHTRT_THROW_ERROR("cannot load the TorchScript module " << path << ": " << error.what_without_backtrace());
  } catch (const torch::jit::ErrorReport& error) {
    TORCHTRT_THROW_ERROR("cannot load the TorchScript module " << path << ": " << error.what());
  }
}

std::vector<std::string> files_in(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return {path};
  std::vector<std::string> files;
  try {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file(ignored)) files.push_back(entry.path().string());
    }
  } catch (const fs::filesystem_error& error) {
    TORCHTRT_THROW_ERROR("cannot read the folder " << path << ": " << error.code().message());
  }
  std::sort(files.begin(), files.end());
  return files;
}

namespace {

std::vector<NamedFile> files_written(const Options& options) {
  std::vector<NamedFile> files = {{options.output_path, "output"},
                                  {options.settings.timing_cache_path, "timing cache"}};
  const char* times = std::getenv("TORCHTRT_TIMING_CACHE");
  if (options.settings.timing_cache_path.empty() && times != nullptr) {
    files.back() = {times, "timing cache of TORCHTRT_TIMING_CACHE"};
  }
  if (!options.calibration_data.empty()) files.push_back({options.calibration_cache, "calibration cache"});
  return files;
}

std::vector<NamedFile> files_read(const Options& options) {
  std::vector<NamedFile> files = {{options.input_path, "input"}};
  for (const auto& library : options.custom_ops) files.push_back({library, "library of operations"});
  for (const auto& library : options.custom_converters) files.push_back({library, "library of converters"});
  for (const auto& path : options.calibration_data) {
    for (auto& file : files_in(path)) files.push_back({std::move(file), "calibration data"});
  }
  if (options.calibration_data.empty()) files.push_back({options.calibration_cache, "calibration cache"});
  for (const auto& path : files_of_specs(options.input_specs)) files.push_back({path, "input spec"});
  return files;
}

}  // namespace

void require_distinct_files(const Options& options, const std::vector<NamedFile>& also_read) {
  const auto written = files_written(options);
  auto others = files_read(options);
  others.insert(others.end(), also_read.begin(), also_read.end());
  for (size_t i = 0; i < written.size(); ++i) {
    const NamedFile& file = written[i];
    if (file.path.empty()) continue;
    auto rest = others;
    rest.insert(rest.end(), written.begin() + static_cast<std::ptrdiff_t>(i) + 1, written.end());
    for (const NamedFile& other : rest) {
      if (other.path.empty() || !is_same_file(file.path, other.path)) continue;
      const std::string name = file.path == other.path ? "" : ", under the name " + other.path;
      TORCHTRT_THROW_ERROR("the " << file.what << " " << file.path << " is also the " << other.what << name
                                  << ", which would be overwritten; name another file");
    }
  }
}

void require_output(const Options& options, const std::vector<NamedFile>& also_read) {
  if (options.output_path.empty())
    TORCHTRT_THROW_ERROR("no output file was given; the arguments are: MODULE OUTPUT [input specs]");
  const fs::path path(options.output_path);
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto require = [&](bool is_right, const std::string& reason) {
    if (!is_right) TORCHTRT_THROW_ERROR("cannot write " << options.output_path << ": " << reason);
  };
  std::error_code ignored;  // an unreadable path counts as missing
  require(fs::is_directory(folder, ignored), "there is no folder " + folder.string());
  require(!fs::is_directory(path, ignored), "it is a folder");
  const bool is_there = fs::exists(path, ignored);
  require(access(is_there ? path.c_str() : folder.c_str(), W_OK) == 0, "permission denied");
  require_distinct_files(options, also_read);
}

}  // namespace torchtrtc
