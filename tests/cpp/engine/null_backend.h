#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/backend/backend.h"

// A backend that computes nothing: it records what it was handed, and its engines fill every output with kFill, so that
// a test sees who ran. Sizes of outputs that depend on data are what the first element of input 0, a float, says.
namespace torch_tensorrt::engine::testing {

constexpr float kFill = 7.F;

struct NullBackendState {
  std::string version = "null 1.0";
  int32_t preference = 0;
  bool is_available = true;
  std::string refused_layer;            // name of a layer that it does not take
  std::string build_error;              // what its build fails with
  std::vector<std::string> handed;      // text of each network it was to build
  std::vector<BuildSettings> settings;  // of each build
};

// The state that all null backends share; for a test to change and to put back by reset_null_backend().
NullBackendState& null_backend_state();
void reset_null_backend();

std::unique_ptr<Backend> make_null_backend();
// Registers it once in this process, and gives it.
const Backend& null_backend();

}  // namespace torch_tensorrt::engine::testing
