#include "numpy_file.h"

#include <minizip/unzip.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "ATen/ATen.h"

#include "files.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kVersionBytes = 2;

[[noreturn]] void refuse(const std::string& place, const std::string& reason) {
  TORCHTRT_THROW_ERROR("cannot read the array " << place << ": " << reason);
}

// The text after "'key':" in the header, a Python dict as text.
std::string_view entry(const std::string& place, std::string_view header, std::string_view key) {
  const std::string quoted = "'" + std::string(key) + "':";
  const size_t at = header.find(quoted);
  if (at == std::string_view::npos) refuse(place, "its header has no " + std::string(key));
  const size_t begin = header.find_first_not_of(' ', at + quoted.size());
  return begin == std::string_view::npos ? std::string_view() : header.substr(begin);
}

at::ScalarType dtype_of(const std::string& place, std::string_view descr) {
  static const std::map<std::string_view, at::ScalarType> kTypes = {
      {"f2", at::kHalf}, {"f4", at::kFloat}, {"f8", at::kDouble}, {"i1", at::kChar}, {"i2", at::kShort},
      {"i4", at::kInt},  {"i8", at::kLong},  {"u1", at::kByte},   {"b1", at::kBool},
  };
  if (descr.empty() || descr.front() != '\'') refuse(place, "it has records; save the fields as arrays of their own");
  descr.remove_prefix(1);
  const std::string_view name = descr.substr(0, descr.find('\''));
  const auto found = kTypes.find(name.substr(std::min<size_t>(1, name.size())));
  if (found == kTypes.end()) {
    refuse(place, "its dtype is '" + std::string(name) +
                      "', must be float16, float32, float64, int8, int16, int32, int64, uint8 or bool");
  }
  const bool is_swapped = name.front() == '>' && c10::elementSize(found->second) > 1;
  if (is_swapped) refuse(place, "its numbers are big-endian; save array.astype(array.dtype.newbyteorder('<'))");
  return found->second;
}

std::vector<int64_t> shape_of(const std::string& place, std::string_view shape) {
  std::vector<int64_t> sizes;
  const size_t end = shape.find(')');
  if (shape.empty() || shape.front() != '(' || end == std::string_view::npos) refuse(place, "its header has no shape");
  std::string_view body = shape.substr(1, end - 1);
  while (!body.empty()) {
    const size_t comma = std::min(body.find(','), body.size());
    std::string digits(body.substr(0, comma));
    digits.erase(std::remove(digits.begin(), digits.end(), ' '), digits.end());
    body.remove_prefix(std::min(comma + 1, body.size()));
    if (digits.empty()) continue;
    constexpr size_t kMostDigits = 18;
    const bool is_size = digits.size() <= kMostDigits && digits.find_first_not_of("0123456789") == std::string::npos;
    if (!is_size) refuse(place, "its shape has the size '" + digits + "'");
    sizes.push_back(std::stoll(digits));
  }
  return sizes;
}

// The bytes of the elements; the product of sizes may exceed 64 bits.
std::optional<uint64_t> bytes_of(const std::vector<int64_t>& sizes, at::ScalarType type) {
  uint64_t bytes = c10::elementSize(type);
  for (const int64_t size : sizes) {
    const auto factor = static_cast<uint64_t>(size);
    if (factor != 0 && bytes > std::numeric_limits<int64_t>::max() / factor) return std::nullopt;
    bytes *= factor;
  }
  return bytes;
}

// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
at::Tensor parse(const std::string& place, std::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic || bytes.size() < kMagic.size() + kVersionBytes) {
    refuse(place, "it does not start like an array of numpy.save");
  }
  const int major = bytes[kMagic.size()];
  if (major < 1 || major > 3) refuse(place, "its format version is " + std::to_string(major) + ", must be 1, 2 or 3");
  const size_t length_bytes = major == 1 ? 2 : 4;
  const size_t start = kMagic.size() + kVersionBytes;
  if (bytes.size() < start + length_bytes) refuse(place, "it was cut short");
  size_t length = 0;
  for (size_t i = length_bytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[start + i]);
  if (bytes.size() - start - length_bytes < length) refuse(place, "it was cut short");
  const std::string_view header = bytes.substr(start + length_bytes, length);
  const std::string_view data = bytes.substr(start + length_bytes + length);

  const at::ScalarType type = dtype_of(place, entry(place, header, "descr"));
  const bool is_column_major = entry(place, header, "fortran_order").substr(0, 4) == "True";
  auto sizes = shape_of(place, entry(place, header, "shape"));
  const auto expected = bytes_of(sizes, type);
  if (!expected || *expected != data.size()) {
    refuse(place,
           torch_tensorrt::str("it has ", data.size(), " bytes of numbers, but its shape ", at::IntArrayRef(sizes),
                               " needs ", expected ? std::to_string(*expected) : "more than there can be"));
  }
  if (is_column_major) std::reverse(sizes.begin(), sizes.end());
  at::Tensor tensor = at::empty(sizes, type);
  std::memcpy(tensor.mutable_data_ptr(), data.data(), data.size());
  if (!is_column_major) return tensor;
  std::vector<int64_t> reversed(sizes.size());
  for (size_t i = 0; i < reversed.size(); ++i) reversed[i] = static_cast<int64_t>(reversed.size() - 1 - i);
  return tensor.permute(reversed).contiguous();
}

// The bytes of the archive's current file.
std::string read_entry(unzFile archive, const std::string& place) {
  constexpr size_t kChunk = 1 << 20;
  if (unzOpenCurrentFile(archive) != UNZ_OK) refuse(place, "it is compressed in a way that is not known here");
  std::string bytes;
  std::string chunk(kChunk, '\0');
  int count = 0;
  while ((count = unzReadCurrentFile(archive, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0) {
    bytes.append(chunk, 0, static_cast<size_t>(count));
  }
  const int closed = unzCloseCurrentFile(archive);  // tells of a wrong checksum
  if (count < 0 || closed != UNZ_OK) refuse(place, "its bytes are damaged");
  return bytes;
}

}  // namespace

at::Tensor read_npy(const std::string& path) { return parse(path, read_file(path)); }

std::vector<std::pair<std::string, at::Tensor>> read_npz(const std::string& path) {
  constexpr std::string_view kEnding = ".npy";
  constexpr size_t kLongestName = 1024;
  require_readable(path);
  const std::unique_ptr<void, int (*)(unzFile)> archive(unzOpen64(path.c_str()), unzClose);
  TORCHTRT_CHECK(archive != nullptr,
                 "cannot read the arrays " << path << ": it is no archive of numpy.savez, or was cut short");
  std::vector<std::pair<std::string, at::Tensor>> arrays;
  for (int state = unzGoToFirstFile(archive.get()); state == UNZ_OK; state = unzGoToNextFile(archive.get())) {
    std::array<char, kLongestName> text{};
    const int named =
        unzGetCurrentFileInfo64(archive.get(), nullptr, text.data(), text.size() - 1, nullptr, 0, nullptr, 0);
    TORCHTRT_CHECK(named == UNZ_OK, "cannot read the arrays " << path << ": its directory is damaged");
    std::string name = text.data();
    const std::string place = path + "[" + name + "]";
    const bool is_array = name.size() > kEnding.size() && name.substr(name.size() - kEnding.size()) == kEnding;
    if (!is_array) refuse(place, "its name does not end in .npy, so the file is no archive of numpy.savez");
    name.resize(name.size() - kEnding.size());
    arrays.emplace_back(name, parse(path + "[" + name + "]", read_entry(archive.get(), place)));
  }
  TORCHTRT_CHECK(!arrays.empty(), "cannot read the arrays " << path << ": there are none in it");
  return arrays;
}

}  // namespace torchtrtc
