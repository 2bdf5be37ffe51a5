#pragma once

#include <string>
#include <string_view>

namespace torch_tensorrt::core::util {

// Whether Python takes the bytes for a str: UTF-8 without surrogates and overlong forms.
bool is_utf8(std::string_view bytes);

// The text with each byte that is not part of UTF-8 written as "\xff". Texts that reach Python must be UTF-8.
std::string escape_invalid_utf8(std::string_view bytes);

}  // namespace torch_tensorrt::core::util
