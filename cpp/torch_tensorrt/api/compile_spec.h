#pragma once

#include <string>

#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt::torchscript {

// Converts the public specification to the compiler's own. Throws Error on contradictions.
core::CompileSpec to_internal(const CompileSpec& external);
engine::DeviceTarget to_internal(const Device& device);
core::ir::Input to_internal(const Input& input);

}  // namespace torch_tensorrt::torchscript

namespace torch_tensorrt {

// Parses the JSON that the Python package writes (python/torch_tensorrt/ts/_compile_spec.py). Throws Error.
torchscript::CompileSpec parse_spec(const std::string& json);
Device parse_device(const std::string& json);
// The rows of settings.h: [{"name", "flags", "help", "type" (bool, int, str or list), "default"}]; rows of numbers also
// have "low", "high" and "may_be_open".
std::string settings_json();

}  // namespace torch_tensorrt
