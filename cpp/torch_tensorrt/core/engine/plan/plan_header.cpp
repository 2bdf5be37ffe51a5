#include "torch_tensorrt/core/engine/plan/plan_header.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/version.h"

namespace torch_tensorrt::engine {
namespace {

constexpr std::string_view kMagic = "TRTCPLAN";
constexpr std::string_view kGuard("\x89\r\n\x1a\n\0\0\0", 8);
constexpr uint32_t kByteOrder = 0x01020304;
constexpr uint32_t kForeignByteOrder = 0x04030201;
constexpr uint32_t kSectionCount = 2;

constexpr size_t kGuardAt = 8;
constexpr size_t kVersionAt = 16;
constexpr size_t kByteOrderAt = 20;
constexpr size_t kHeaderSizeAt = 24;
constexpr size_t kSectionCountAt = 28;
constexpr size_t kFileSizeAt = 32;
constexpr size_t kProducerAt = 40;
constexpr size_t kProducerSize = 64;
constexpr size_t kSectionsAt = 104;
constexpr size_t kSectionSize = 24;
constexpr size_t kHeaderChecksumAt = PlanHeader::kSize - sizeof(uint64_t);

template <typename T>
void store(char* to, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<char>(value >> (8 * i) & 0xff);
}

template <typename T>
T load(std::string_view bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return value;
}

void store_section(char* to, const PlanHeader::Section& section) {
  store(to, section.offset);
  store(to + 8, section.size);
  store(to + 16, section.checksum);
}

PlanHeader::Section load_section(std::string_view bytes, size_t at) {
  return {load<uint64_t>(bytes, at), load<uint64_t>(bytes, at + 8), load<uint64_t>(bytes, at + 16)};
}

[[noreturn]] void throw_damaged(const std::string& what) {
  TORCHTRT_THROW_ERROR("the engine is damaged: " << what << ". Copy the file again in binary mode, or build it again");
}

// The first bytes, to show the user what kind of file this is.
std::string quoted_start(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, 8)) text += c >= ' ' && c <= '~' ? c : '.';
  return '"' + text + '"';
}

// Text-mode copies turn \n into \r\n, \r\n into \n, or (as UTF-8) 0x89 into two bytes: all change the guard.
void check_guard(std::string_view bytes) {
  const std::string_view guard = bytes.substr(kGuardAt, kGuard.size());
  if (guard == kGuard.substr(0, guard.size())) return;
  const std::string_view crlf("\x89\r\r\n\x1a\r\n\0", 8);
  const std::string_view lf("\x89\n\x1a\n\0\0\0", 7);
  if (guard == crlf.substr(0, guard.size()) || guard.substr(0, lf.size()) == lf) {
    TORCHTRT_THROW_ERROR(
        "the engine was copied or written in text mode, which changed its line ends. Write and copy it "
        "in binary mode (\"wb\", std::ios::binary)");
  }
  throw_damaged("its first 16 bytes are not those of an engine of this library (a text-mode copy?)");
}

void check_readable(std::string_view bytes) {
  if (!looks_like_plan(bytes)) {
    TORCHTRT_THROW_ERROR("not an engine: " << bytes.size() << " bytes that start with " << quoted_start(bytes)
                                           << ", an engine starts with \"" << kMagic
                                           << "\". Build one with torch_tensorrt's compile functions");
  }
  check_guard(bytes);
  if (bytes.size() < PlanHeader::kSize) {
    throw_damaged(str("it has ", bytes.size(), " bytes, less than its header of ", PlanHeader::kSize));
  }
  if (load<uint32_t>(bytes, kByteOrderAt) == kForeignByteOrder) {
    TORCHTRT_THROW_ERROR("the engine was written on a machine of the other byte order. Build it again on this machine");
  }
}

std::string load_producer(std::string_view bytes) {
  const std::string_view field = bytes.substr(kProducerAt, kProducerSize);
  std::string text;
  for (const char c : field.substr(0, std::min(field.find('\0'), field.size()))) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

void check_section(std::string_view bytes, const PlanHeader::Section& section, const char* name) {
  if (section.offset % PlanHeader::kSectionAlignment != 0 || section.offset > bytes.size() ||
      section.size > bytes.size() - section.offset) {
    throw_damaged(str("its ", name, " would stand at byte ", section.offset, " with ", section.size,
                      " bytes in a file of ", bytes.size()));
  }
  if (checksum(bytes.substr(section.offset, section.size)) != section.checksum) {
    throw_damaged(str("the checksum of its ", name, " does not match"));
  }
}

}  // namespace

uint64_t checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

bool looks_like_plan(std::string_view bytes) { return bytes.substr(0, kMagic.size()) == kMagic; }

std::array<char, PlanHeader::kSize> encode_header(const PlanHeader& header) {
  std::array<char, PlanHeader::kSize> bytes{};
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  std::copy(kGuard.begin(), kGuard.end(), bytes.begin() + kGuardAt);
  store(&bytes[kVersionAt], Plan::kFormatVersion);
  store(&bytes[kByteOrderAt], kByteOrder);
  store(&bytes[kHeaderSizeAt], static_cast<uint32_t>(PlanHeader::kSize));
  store(&bytes[kSectionCountAt], kSectionCount);
  store(&bytes[kFileSizeAt], header.file_size);
  const std::string producer = header.producer.substr(0, kProducerSize);
  std::copy(producer.begin(), producer.end(), bytes.begin() + kProducerAt);
  store_section(&bytes[kSectionsAt], header.table);
  store_section(&bytes[kSectionsAt + kSectionSize], header.weights);
  store(&bytes[kHeaderChecksumAt], checksum({bytes.data(), kHeaderChecksumAt}));
  return bytes;
}

PlanHeader decode_header(std::string_view bytes) {
  check_readable(bytes);
  const auto version = load<uint32_t>(bytes, kVersionAt);
  const auto header_checksum = load<uint64_t>(bytes, kHeaderChecksumAt);
  const bool intact = header_checksum == checksum(bytes.substr(0, kHeaderChecksumAt));
  // Check the version before the checksum: a header of another version may have its checksum elsewhere.
  if (version < Plan::kOldestFormatVersion || version > Plan::kFormatVersion) {
    TORCHTRT_THROW_ERROR("the engine is of format " << version << ", written by \"" << load_producer(bytes)
                                                    << "\"; this library (" << producer_text() << ") reads formats "
                                                    << Plan::kOldestFormatVersion << " to " << Plan::kFormatVersion
                                                    << ". Build the engine again, or use the "
                                                    << "library that wrote it");
  }
  if (!intact) throw_damaged("the checksum of its header does not match");
  PlanHeader header;
  header.producer = load_producer(bytes);
  header.file_size = load<uint64_t>(bytes, kFileSizeAt);
  if (load<uint32_t>(bytes, kByteOrderAt) != kByteOrder || load<uint32_t>(bytes, kHeaderSizeAt) != PlanHeader::kSize ||
      load<uint32_t>(bytes, kSectionCountAt) != kSectionCount) {
    throw_damaged("its header contradicts itself");
  }
  if (header.file_size != bytes.size()) {
    throw_damaged(str("it has ", bytes.size(), " bytes, its header says ", header.file_size));
  }
  header.table = load_section(bytes, kSectionsAt);
  header.weights = load_section(bytes, kSectionsAt + kSectionSize);
  check_section(bytes, header.table, "table");
  check_section(bytes, header.weights, "weights");
  return header;
}

std::string producer_text() { return "torch_tensorrt " TORCH_TENSORRT_VERSION; }

}  // namespace torch_tensorrt::engine
