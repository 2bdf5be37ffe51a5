#pragma once

#include "torch/csrc/jit/ir/ir.h"

// One step from a tensor to a view of it: how the view is made anew, and what the tensor becomes when the view is
// written.
namespace torch_tensorrt::core::lowering::passes {

struct ViewStep {
  // The operator that makes the view, or the list of views; for an element of such a list null.
  torch::jit::Node* node = nullptr;
  size_t viewed = 0;                   // the argument of the operator that is viewed
  torch::jit::Value* index = nullptr;  // of an element
  torch::jit::Node* list = nullptr;    // the operator that made the list of the element
};

// The view of another tensor (or the element of another list) than the step was first taken on, before the place.
torch::jit::Value* derive(const ViewStep& step, torch::jit::Value* viewed, torch::jit::Node* place);

// Whether elements can be read and not written through the step: it gives another dtype than the tensor has.
bool is_read_only(const ViewStep& step);
// Whether `write_back` knows the step. Of others the places of the elements must be computed (trt::write_at).
bool can_write_back(const ViewStep& step);
// Whether an element of the tensor may stand in the view more than once, as in one that was expanded.
bool may_repeat(const ViewStep& step);
// What the tensor `base` becomes when its view becomes `value`. For the element of a list, `base` is the tensor that
// the list is of.
torch::jit::Value* write_back(const ViewStep& step, torch::jit::Value* base, torch::jit::Value* value,
                              torch::jit::Node* place);
// The elements' places in `base`, as a tensor of its shape.
torch::jit::Value* places_of(torch::jit::Value* base, torch::jit::Node* place);
// `base` with the elements of `value` at the places. None of them may be there twice, which is checked unless
// `is_certain`: all elements are equal, or no step repeats one.
torch::jit::Value* write_at(torch::jit::Value* base, torch::jit::Value* places, torch::jit::Value* value,
                            bool is_certain, torch::jit::Node* place);

}  // namespace torch_tensorrt::core::lowering::passes
