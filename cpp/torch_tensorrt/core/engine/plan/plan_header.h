#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace torch_tensorrt::engine {

// The fixed header of a plan file. Little-endian; offsets are from the start of the file.
//
//   0   magic "TRTCPLAN"
//   8   bytes that do not survive a text-mode copy: 89 "\r\n" 1a "\n" 00 00 00
//   16  u32 format version      20  u32 0x01020304, tells the byte order
//   24  u32 size of the header  28  u32 number of sections
//   32  u64 size of the file
//   40  producer, 64 bytes padded with zeros
//   104 sections: u64 offset, u64 size, u64 XXH3 of the bytes; the table, then the weights
//   152 zeros
//   184 u64 XXH3 of all bytes before
//
// Behind it the sections follow without gaps: their sizes include the zeros that pad them.
struct PlanHeader {
  static constexpr size_t kSize = 192;
  static constexpr size_t kSectionAlignment = 64;

  struct Section {
    uint64_t offset = 0;
    uint64_t size = 0;
    uint64_t checksum = 0;
  };
  std::string producer;
  uint64_t file_size = 0;
  Section table;
  Section weights;
};

std::array<char, PlanHeader::kSize> encode_header(const PlanHeader& header);
// Checks the header and the checksums of all sections. Throws Error saying what the bytes are instead of a plan.
PlanHeader decode_header(std::string_view bytes);

uint64_t checksum(std::string_view bytes);
inline size_t aligned_up(size_t offset) {
  return (offset + PlanHeader::kSectionAlignment - 1) / PlanHeader::kSectionAlignment * PlanHeader::kSectionAlignment;
}

// The producer written into plans and timing caches: "torch_tensorrt 0.1.0".
std::string producer_text();

}  // namespace torch_tensorrt::engine
