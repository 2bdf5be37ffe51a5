#include "torch_tensorrt/core/engine/random_fill.h"

#include <algorithm>
#include <cstring>

namespace torch_tensorrt::engine {
namespace {

// Numbers in [-1, 1): zeros and denormals would be another computation to the machine.
void fill_floats(float* values, int64_t count) {
  uint32_t state = 12345;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    values[i] = static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0F;
  }
}

// Integers that are divided by are 1; others are 0, which is a valid index of anything.
void fill_ones(void* memory, const TensorDesc& desc) {
  const auto count = static_cast<size_t>(desc.dims.volume());
  if (desc.dtype == network::DataType::kINT64) std::fill_n(static_cast<int64_t*>(memory), count, int64_t{1});
  if (desc.dtype == network::DataType::kINT32) std::fill_n(static_cast<int32_t*>(memory), count, int32_t{1});
  if (desc.dtype == network::DataType::kINT16) std::fill_n(static_cast<int16_t*>(memory), count, int16_t{1});
  if (desc.bytes() == desc.dims.volume()) std::memset(memory, 1, count);
}

}  // namespace

// Halves of both kinds have the same bits for a number near one.
void fill_for_timing(void* memory, const TensorDesc& desc, bool is_divisor) {
  const int64_t bytes = desc.bytes();
  if (desc.dtype == network::DataType::kFLOAT) {
    fill_floats(static_cast<float*>(memory), bytes / 4);
    return;
  }
  std::memset(memory, 0, static_cast<size_t>(bytes));
  if (is_divisor) fill_ones(memory, desc);
  const bool is_half = desc.dtype == network::DataType::kHALF || desc.dtype == network::DataType::kBF16;
  if (is_half) std::fill_n(static_cast<uint16_t*>(memory), bytes / 2, uint16_t{0x3c00});
  if (desc.dtype == network::DataType::kDOUBLE) std::fill_n(static_cast<double*>(memory), bytes / 8, 0.5);
}

}  // namespace torch_tensorrt::engine
