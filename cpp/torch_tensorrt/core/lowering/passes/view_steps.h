#pragma once

#include "torch/csrc/jit/ir/ir.h"

// One step from a tensor to a view of it: how to make the view anew, and how to update the tensor after a write to the
// view.
namespace torch_tensorrt::core::lowering::passes {

struct ViewStep {
  // The operator that makes the view, or the list of views; null for an element of such a list.
  torch::jit::Node* node = nullptr;
  size_t viewed = 0;                   // index of the viewed argument of the operator
  torch::jit::Value* index = nullptr;  // the element's index in the list
  torch::jit::Node* list = nullptr;    // the operator that made the element's list
};

// Applies the step to another tensor (or list, for an element) than the original one, before the place.
torch::jit::Value* derive(const ViewStep& step, torch::jit::Value* viewed, torch::jit::Node* place);

// Whether elements cannot be written through the step, because its result has another dtype than the tensor.
bool is_read_only(const ViewStep& step);
// Whether `write_back` supports the step. For other steps, compute the elements' places and use trt::write_at.
bool can_write_back(const ViewStep& step);
// Whether the view may show one element of the tensor several times, as an expanded view does.
bool may_repeat(const ViewStep& step);
// The new value of the tensor `base` after its view became `value`. For an element of a list, `base` is the tensor that
// the list was made from.
torch::jit::Value* write_back(const ViewStep& step, torch::jit::Value* base, torch::jit::Value* value,
                              torch::jit::Node* place);
// A tensor of `base`'s shape that holds each element's place in `base`.
torch::jit::Value* places_of(torch::jit::Value* base, torch::jit::Node* place);
// `base` with the elements of `value` at the places. No place may occur twice; this is checked unless `is_certain`:
// all elements of `value` are equal, or no step repeats an element.
torch::jit::Value* write_at(torch::jit::Value* base, torch::jit::Value* places, torch::jit::Value* value,
                            bool is_certain, torch::jit::Node* place);

}  // namespace torch_tensorrt::core::lowering::passes
