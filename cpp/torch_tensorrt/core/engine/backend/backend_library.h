#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/backend/backend.h"

namespace torch_tensorrt::engine {

// Folders that are searched for libraries of backends: those of the environment variable TORCHTRT_BACKEND_PATH
// (separated by colons), then the folder of the library that this code is in.
std::vector<std::string> backend_folders();
// Names of the backends whose libraries libtorchtrt_NAME.so lie in those folders, without the product's own libraries.
std::vector<std::string> backend_libraries_beside();
// Loads libtorchtrt_NAME.so from the first of those folders that has it, else from where the system looks. Throws Error
// with the loader's message and the places searched.
std::unique_ptr<Backend> load_backend_library(const std::string& name);

}  // namespace torch_tensorrt::engine
