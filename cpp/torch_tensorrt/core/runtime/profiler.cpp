#include "torch_tensorrt/core/runtime/profiler.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <locale>
#include <sstream>

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"

namespace torch_tensorrt::core::runtime {
namespace {

// JSON needs decimal points, whatever the program's locale.
std::ostringstream classic_stream() {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  return stream;
}

std::string quoted(const std::string& text) {
  std::ostringstream stream = classic_stream();
  stream << '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      stream << '\\' << c;
    } else if (code < 0x20) {
      stream << "\\u" << std::hex << std::setw(4) << std::setfill('0') << static_cast<int>(code) << std::dec;
    } else {
      stream << c;
    }
  }
  stream << '"';
  return stream.str();
}

// Chrome's trace event format: one complete event per layer, one after another.
std::string perfetto(const std::string& engine_name, const std::vector<LayerTime>& layers) {
  std::ostringstream stream = classic_stream();
  stream << std::fixed << std::setprecision(3) << "[";
  double start = 0;
  const char* separator = "\n";
  for (const LayerTime& layer : layers) {
    stream << separator << "  {\"name\": " << quoted(layer.name) << ", \"ph\": \"X\", \"ts\": " << start
           << ", \"dur\": " << layer.microseconds << ", \"tid\": 1, \"pid\": " << quoted(engine_name)
           << ", \"args\": {\"layer\": " << layer.layer << "}}";
    start += layer.microseconds;
    separator = ",\n";
  }
  stream << "\n]\n";
  return stream.str();
}

std::string trex(const std::vector<LayerTime>& layers) {
  double total = 0;
  for (const LayerTime& layer : layers) total += layer.microseconds;
  std::ostringstream stream = classic_stream();
  stream << std::fixed << std::setprecision(6) << "[\n  {\"count\": 1}";
  for (const LayerTime& layer : layers) {
    const double milliseconds = layer.microseconds / 1000;
    const double percentage = total > 0 ? 100 * layer.microseconds / total : 0;
    stream << ",\n  {\"name\": " << quoted(layer.name) << ", \"timeMs\": " << milliseconds
           << ", \"averageMs\": " << milliseconds << ", \"medianMs\": " << milliseconds
           << ", \"percentage\": " << percentage << "}";
  }
  stream << "\n]\n";
  return stream.str();
}

// Engines must load even if the folder is missing; the error comes when a file is written.
std::string temporary_folder() {
  std::error_code error;
  const std::filesystem::path usable = std::filesystem::temp_directory_path(error);
  if (!error) return usable.string();
  for (const char* name : {"TMPDIR", "TMP", "TEMP", "TEMPDIR"}) {
    if (const char* value = std::getenv(name)) return value;
  }
  return "/tmp";
}

// An errno value; 0 if the folder is writable.
int why_unwritable(const std::string& folder) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(folder, error);
  if (error) return error.value();
  if (!is_folder) return ENOTDIR;
  return faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

}  // namespace

void EngineProfiler::enable() {
  const std::string folder = path_prefix();
  // "" is the current folder.
  const int error = why_unwritable(folder.empty() ? "." : folder);
  TORCHTRT_CHECK(error == 0, "cannot write profiles to " << folder << ": " << std::strerror(error)
                                                         << ". Set profile_path_prefix to a folder that is writable");
  enabled_ = true;
}

void EngineProfiler::set_format(const std::string& format) {
  TORCHTRT_CHECK(format == "perfetto" || format == "trex",
                 "profile format \"" << format << "\" is not one of \"perfetto\", \"trex\"");
  const std::lock_guard<std::mutex> lock(mutex_);
  format_ = format == "trex" ? Format::kTrex : Format::kPerfetto;
}

std::string EngineProfiler::path_prefix() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return path_prefix_ ? *path_prefix_ : temporary_folder();
}

void EngineProfiler::set_path_prefix(const std::string& prefix) {
  const std::lock_guard<std::mutex> lock(mutex_);
  path_prefix_ = prefix;
}

std::string EngineProfiler::file_path(const std::string& engine_name, const std::string& ending) const {
  return (std::filesystem::path(path_prefix()) / (engine_name + ending)).string();
}

void EngineProfiler::write(const std::string& engine_name, const std::vector<LayerTime>& layers) const {
  const std::string path = file_path(engine_name, "_engine_execution_profile.trace");
  const std::lock_guard<std::mutex> lock(mutex_);
  util::write_file(path, format_ == Format::kTrex ? trex(layers) : perfetto(engine_name, layers));
}

}  // namespace torch_tensorrt::core::runtime
