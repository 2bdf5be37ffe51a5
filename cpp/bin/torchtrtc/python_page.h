#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data_file.h"

namespace torchtrtc {

// The page of a compiled module, which the Python package makes (torch_tensorrt.report): this program has no Python
// inside. Runs the module with the arguments and measures it, unless there are none. Throws Error if there is no Python
// with the package, or if it fails.
std::string make_page(const std::string& path, const std::optional<Arguments>& arguments,
                      const std::vector<std::string>& libraries);

}  // namespace torchtrtc
