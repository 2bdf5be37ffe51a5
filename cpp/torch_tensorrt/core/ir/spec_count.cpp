#include "torch_tensorrt/core/ir/spec_count.h"

#include <string>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {

void check_spec_count(const std::vector<const torch::jit::Value*>& inputs, size_t specs) {
  if (inputs.size() == specs) return;
  std::string list;
  for (const auto* input : inputs) {
    const std::string name = input->hasDebugName() ? input->debugNameBase() : "%" + input->debugName();
    list += str(list.empty() ? "" : ", ", name, " : ", input->type()->str());
  }
  TORCHTRT_THROW_ERROR("Expected dimension specifications for all input tensors, but found "
                       << inputs.size() << " input tensors and " << specs << " dimension specs. The method takes ("
                       << list << ")");
}

}  // namespace torch_tensorrt::core::ir
