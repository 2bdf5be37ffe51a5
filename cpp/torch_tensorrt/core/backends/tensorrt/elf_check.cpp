#include "torch_tensorrt/core/backends/tensorrt/elf_check.h"

#include <elf.h>

#include <cstring>
#include <fstream>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

template <typename T>
bool read_at(std::ifstream& stream, uint64_t offset, T* value) {
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(reinterpret_cast<char*>(value), sizeof(T));
  return stream.good();
}

// One behind the last byte of the file that a segment is made of.
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
    return Decision::no(str(path, " has ", size, " bytes, which is no shared library"));
  }
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
    return Decision::no(path + " is not a 64-bit shared library (ELF)");
  }
  const uint64_t needed = end_of_segments(stream, header);
  if (size < needed) {
    return Decision::no(str(path, " is truncated: it has ", size, " bytes, its headers speak of ", needed));
  }
  return Decision::yes();
}

}  // namespace torch_tensorrt::backends::tensorrt
