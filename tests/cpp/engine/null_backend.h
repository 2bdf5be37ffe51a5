#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/backend/backend.h"

// A backend that computes nothing: it records its inputs, and its engines fill every output with kFill, so that a test
// sees which backend ran. The first element of input 0, a float, is the size of all data-dependent output dims.
namespace torch_tensorrt::engine::testing {

constexpr float kFill = 7.F;

struct NullBackendState {
  std::string version = "null 1.0";
  int32_t preference = 0;
  bool is_available = true;
  std::string refused_layer;            // name of a layer to refuse
  std::string build_error;              // error of its build, if any
  std::vector<std::string> handed;      // text of each network it had to build
  std::vector<BuildSettings> settings;  // of each build
};

// The state shared by all null backends. A test may change it and restores it with reset_null_backend().
NullBackendState& null_backend_state();
void reset_null_backend();

std::unique_ptr<Backend> make_null_backend();
// Registers the backend once in this process, and returns it.
const Backend& null_backend();

}  // namespace torch_tensorrt::engine::testing
