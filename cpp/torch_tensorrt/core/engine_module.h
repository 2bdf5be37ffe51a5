#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/ir/value_tree.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"

// A module whose forward runs one engine.
namespace torch_tensorrt::core {

// The shape of the argument's type; lists have as many elements as specs are left for them. Error for other types.
ir::ValueTree argument_tree(const torch::jit::Value* value, size_t spec_count);

// An output of the engine that is copied into one of its inputs, a tensor of the caller's, after each call.
struct WrittenInput {
  size_t input = 0;
  size_t output = 0;
};

// `name` is the class name of the module. Tensors are passed in the order in which the trees list them. A result
// that is copied into an input is that input. Outputs behind the results are for `writes` alone.
torch::jit::Module make_engine_module(const std::string& name, c10::intrusive_ptr<runtime::TRTEngine> engine,
                                      const std::vector<ir::ValueTree>& arguments,
                                      const std::vector<ir::ValueTree>& results,
                                      const std::vector<WrittenInput>& writes = {});

}  // namespace torch_tensorrt::core
