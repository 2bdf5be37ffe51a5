#pragma once

#include <string>

#include "torch_tensorrt/core/build_settings.h"

namespace torch_tensorrt::engine {

// Throws Error for a number outside the range of its row.
void check_settings(const Settings& settings);

// One line for each setting, "NAME: VALUE".
std::string to_text(const Settings& settings);

// Fills in the settings from the environment and this machine. Throws Error on a tactic source without tactics, and on
// a device that this machine does not have.
BuildSettings resolve_settings(BuildSettings settings);

}  // namespace torch_tensorrt::engine
