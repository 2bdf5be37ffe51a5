#pragma once

#include <string>
#include <string_view>

namespace torch_tensorrt::core::util {

// Standard alphabet, padded with '='.
std::string base64_encode(std::string_view bytes);
// Throws Error, naming the place, on text that base64_encode cannot have made.
std::string base64_decode(std::string_view text);

}  // namespace torch_tensorrt::core::util
