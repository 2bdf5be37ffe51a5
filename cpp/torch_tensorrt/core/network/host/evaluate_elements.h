#pragma once

#include <cstdint>

#include "torch_tensorrt/core/network/types.h"

// Elements of any dtype as numbers, for evaluation on the host and for passes that compute weights.
namespace torch_tensorrt::network {

// Whether the functions below support the dtype: all but kFP8 and kINT4.
bool has_elements(DataType type);

// Element `index` of a dense block. Exact, except for kINT64 beyond 2^53 read as a double.
double load_double(DataType type, const void* values, int64_t index);
// Floats truncate toward zero; floats that int64 cannot hold become its smallest value, as on x86.
int64_t load_integer(DataType type, const void* values, int64_t index);

// Rounds to nearest even, as PyTorch does (through float for 16 bits). Integers: truncates, then wraps around. kBOOL:
// whether the value is not 0.
void store_double(DataType type, void* values, int64_t index, double value);
// Wraps around; kBOOL: whether the value is not 0.
void store_integer(DataType type, void* values, int64_t index, int64_t value);

float half_to_float(uint16_t bits);
uint16_t float_to_half(float value);
float bfloat16_to_float(uint16_t bits);
uint16_t float_to_bfloat16(float value);

}  // namespace torch_tensorrt::network
