#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/backend/backend.h"

namespace torch_tensorrt::engine {

// Where libraries of backends are looked for: the folders of the environment's TORCHTRT_BACKEND_PATH (with colons
// between), then the folder of the library that this code is in.
std::vector<std::string> backend_folders();
// Names of the libraries libtorchtrt_NAME.so in those folders that are backends (those of the product itself are not).
std::vector<std::string> backend_libraries_beside();
// Loads libtorchtrt_NAME.so from the first of those folders that has it, or else from where the system looks. Throws
// Error with the loader's words and the places.
std::unique_ptr<Backend> load_backend_library(const std::string& name);

}  // namespace torch_tensorrt::engine
