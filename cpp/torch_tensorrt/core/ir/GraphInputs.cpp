#include "torch_tensorrt/core/ir/inputs.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {
namespace {

constexpr int kMaxDepth = 2;

// Collects every Input below the value, in order. `depth` counts levels, not siblings.
void collect(const torch::jit::IValue& value, int depth, std::vector<Input>& inputs) {
  if (value.isTuple() || value.isList()) {
    TORCHTRT_CHECK(depth < kMaxDepth, "input_signature is nested deeper than " << kMaxDepth << " levels");
    const auto elements = value.isTuple() ? value.toTupleRef().elements().vec() : value.toListRef().vec();
    for (const auto& element : elements) collect(element, depth + 1, inputs);
    return;
  }
  TORCHTRT_CHECK(value.isCustomClass(),
                 "input_signature must consist of tuples, lists and Inputs, found " << value.tagKind());
  inputs.push_back(*value.toCustomClass<Input>());
}

// PyTorch must know the class before an IValue can hold it.
const auto kRegistration = torch::class_<Input>("_torch_tensorrt_core_ir", "Input").def(torch::init<>());

}  // namespace

GraphInputs::GraphInputs(std::vector<Input> list) : inputs(std::move(list)) {
  for (const auto& input : inputs) collection_inputs.push_back({input});
}

GraphInputs::GraphInputs(torch::jit::IValue& signature) : input_signature(signature) {
  TORCHTRT_CHECK(signature.isTuple(),
                 "input_signature must be a tuple with one entry per argument, found " << signature.tagKind());
  for (const auto& argument : signature.toTupleRef().elements()) {
    collection_inputs.emplace_back();
    collect(argument, /*depth=*/1, collection_inputs.back());
    inputs.insert(inputs.end(), collection_inputs.back().begin(), collection_inputs.back().end());
  }
}

}  // namespace torch_tensorrt::core::ir
