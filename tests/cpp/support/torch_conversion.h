#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/conversion/conversion.h"

// Converts graphs to networks and engines in tests.
namespace torch_tensorrt::tests {

// Settings for an engine on the CPU.
core::conversion::BuilderSettings cpu_settings();

// The engine of a graph. The specs describe its tensor inputs; its last inputs have the values `params`.
std::string build_engine(const std::shared_ptr<torch::jit::Graph>& graph, std::vector<core::ir::Input> specs,
                         std::vector<torch::jit::IValue> params = {});
std::vector<at::Tensor> run_engine(const std::string& bytes, std::vector<at::Tensor> inputs);

// The message of the Error that the function throws; "no error" if it throws none.
template <typename Function>
std::string error_of(const Function& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace torch_tensorrt::tests
