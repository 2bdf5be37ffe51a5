#pragma once

#include <optional>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/ir/input_tree.h"

// The arguments of a hybrid module: what its graph does with them before anything else. The graph keeps its inputs.
namespace torch_tensorrt::core {

// By argument: the dtype that its floating tensors are cast to.
using ArgumentCasts = std::vector<std::optional<at::ScalarType>>;

// Replaces the uses of arguments that have one value in every call, and of such parts of them, by constants. Leaves a
// collection that the graph writes as it is. Returns whether the graph changed.
bool insert_fixed_values(torch::jit::Graph& graph, const std::vector<ir::BoundArgument>& arguments);

// Takes apart lists that have the same length in every call, so that their elements are known one by one. Returns
// whether the graph changed.
bool take_lists_apart(torch::jit::Graph& graph, const std::vector<ir::BoundArgument>& arguments);

// Casts floating tensors in the arguments.
void insert_casts(torch::jit::Graph& graph, const std::vector<ir::BoundArgument>& arguments,
                  const ArgumentCasts& casts);

// Whether the graph depends on the order of entries in a dict, as far as that is known.
bool reads_order_of_dicts(const torch::jit::Graph& graph);

// Inserts checks of the arguments: a call raises if a value is another than the one that was compiled in, if None is
// given for a tensor or a tensor for None, and if a list or dict has other elements than the declared ones.
// `ordered`: the keys of dicts must also have the declared order.
void insert_checks(torch::jit::Graph& graph, const std::vector<ir::BoundArgument>& arguments, bool ordered);

}  // namespace torch_tensorrt::core
