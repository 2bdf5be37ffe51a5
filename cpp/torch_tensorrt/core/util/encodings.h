#pragma once

#include <string>
#include <string_view>

// Bytes as text: base64 and UTF-8.
namespace torch_tensorrt::core::util {

// Standard alphabet, padded with '='.
std::string base64_encode(std::string_view bytes);
// Throws Error, naming the place, on text that base64_encode cannot have made.
std::string base64_decode(std::string_view text);

// Whether Python takes the bytes for a str: UTF-8 without surrogates and overlong forms.
bool is_utf8(std::string_view bytes);

// The text with each byte that is not part of UTF-8 written as "\xff". Texts that reach Python must be UTF-8.
std::string escape_invalid_utf8(std::string_view bytes);

}  // namespace torch_tensorrt::core::util
