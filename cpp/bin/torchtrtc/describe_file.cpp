#include "describe_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

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
    return "it is a TorchScript module, not an engine; leave --embed-engine out to compile it";
  }
  if (has_name_with(names, {"/archive_format", "/serialized_exported_program.json", "/exported_program.json"})) {
    return "it is a program of torch.export (.pt2), but torchtrtc reads TorchScript modules. Compile it in Python: "
           "torch_tensorrt.compile(torch.export.load('" +
           path + "'), inputs=[...])";
  }
  if (has_name_with(names, {"/data.pkl"})) {
    return "it was written by torch.save and holds weights or a pickled object, but no TorchScript code. Write the "
           "module with torch.jit.script(module).save(path), or torch.jit.trace(module, inputs).save(path)";
  }
  return "it is a zip archive without a TorchScript module in it";
}

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code >= 0x20 || (code >= '\t' && code <= '\r');
  });
}

std::string plain_file_problem(const std::string& path, std::string_view head, Expected expected) {
  const bool wants_engine = expected == Expected::kEngine;
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

}  // namespace

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

}  // namespace torchtrtc
