#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "torch_tensorrt/core/network/types.h"

// Writes and reads single values of the text form. Not for use elsewhere.
namespace torch_tensorrt::network {

// The shortest text that reads back as the same bits.
std::string float_text(float value);
std::string float_text(double value);
// The inverse; false if the text is not such a number.
bool read_float(std::string_view text, float* value);
bool read_float(std::string_view text, double* value);
bool read_integer(std::string_view text, int64_t* value);

// Adds quotes and escapes characters that would break a line.
std::string quoted(std::string_view text);
// The inverse, without the quotes. False on an unknown escape.
bool unquote(std::string_view inside, std::string* text);

// "[1x3x-1]", "[]" for rank 0.
std::string dims_text(const Dims& dims);
// The inverse, without the brackets.
bool read_dims(std::string_view inside, Dims* dims);

// A name that needs no quotes behind %: a letter, then letters, digits, '_' and '.'.
bool is_plain_name(std::string_view name);

}  // namespace torch_tensorrt::network
