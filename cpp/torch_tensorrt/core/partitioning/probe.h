#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/ir/input_tree.h"
#include "torch_tensorrt/core/util/jit_value_map.h"

namespace torch_tensorrt::core::partitioning {

// A size that may be as large as any tensor's. Sizes that depend on data reach up to it.
constexpr int64_t kAnySize = int64_t{1} << 20;

constexpr size_t kOpt = 1;      // the point of the opt shapes
constexpr int kMostRounds = 4;  // of a loop or of calls, until what a loop carries, or the state, no longer changes

// What a value is at each sample point of the declared inputs: a tensor without data (on the device meta), a number, or
// a collection of them. A small tensor made of numbers has its data if it only serves to compute other numbers, and so
// has a constant of one element.
struct Probe {
  std::vector<std::optional<c10::IValue>> at;  // by point; unset: unknown there
  // A number, or a size of the tensor, may differ between the points, or in calls whose inputs are the same.
  bool varies = false;
  // Sizes and numbers follow from others by arithmetic on tensors, so between the points they may be outside the range
  // that the points show.
  bool is_free = false;
  // It follows from elements of tensors, or from rounds of a loop or of calls: the points show some of the numbers, or
  // sizes, that it may be. What varies differs between the points.
  bool is_sampled = false;
  // In some calls or rounds it has another rank or dtype, or is None: state is often empty before the first call. The
  // values of `at` are those of the later calls.
  bool is_assumed = false;
  bool is_known() const;  // at the point of the opt shapes
};

// Whether more is open after another round than before it.
bool has_changed(const Probe& before, const Probe& after);

// A method that may run between two calls of the graph.
struct OtherMethod {
  std::shared_ptr<torch::jit::Graph> graph;
  std::vector<ir::BoundArgument> arguments;  // by argument without the module; empty: nothing is known of them
};

// Finds the dtypes and ranges of shapes of a graph's values without computing any: runs each node on meta tensors at
// sample points of the inputs' ranges (all sizes at their minimum, at their optimum, at their maximum, and mixed), and
// a node without a meta form on small tensors. Both branches of an If and the body of a Loop count, unless the probe
// decides them. The graph may change afterwards: nothing is known of its new values.
class GraphProbe {
 public:
  // `arguments`: one entry for each input of the graph, without the module if that is the first input; `device`: of the
  // compiled module; `others`: the module's other methods; `growing`: supposes that lists that are attributes keep
  // their lengths when the graph replaces them, unless they have one of these names.
  GraphProbe(const torch::jit::Graph& graph, const c10::IValue& module, const std::vector<ir::BoundArgument>& arguments,
             c10::Device device, const std::vector<OtherMethod>& others = {},
             std::optional<std::set<std::string>> growing = std::nullopt);

  // Null if nothing is known of the value.
  const Probe* find(const torch::jit::Value* value) const;
  // How an engine would declare the tensor as an input. Unset if its dtype, rank or size is unknown or not supported.
  std::optional<ir::Input> input_spec(const torch::jit::Value* value) const;
  // Whether a call may give the value another rank or dtype than that of the input_spec.
  bool is_assumed(const torch::jit::Value* value) const;
  // The bool or int that the value always is, if that follows from constants and fixed sizes.
  std::optional<c10::IValue> fixed_value(const torch::jit::Value* value) const;
  // Whether the result of a write such as add_ has the shape and dtype of what it writes also if it is computed without
  // the write.
  bool keeps_shape_and_dtype(const torch::jit::Node* write) const;
  // The error of the node when it runs on small tensors of the opt shapes; empty if it runs, or if that is unknown.
  std::string error_of(const torch::jit::Node* node) const;
  // The names of the lists of which that does not hold.
  const std::set<std::string>& found_growing() const { return found_growing_; }
  // The first error of an operator that runs in every call, at the opt shapes; empty if there is none.
  const std::string& misfit() const { return misfit_; }
  // The first operator that does not take its tensors because their floating dtypes differ; empty if there is none.
  const std::string& mixed_floats() const { return mixed_floats_; }

 private:
  using Values = std::vector<Probe>;

  void visit_all(const torch::jit::Graph& graph, const std::vector<ir::BoundArgument>& arguments,
                 const std::vector<OtherMethod>& others);
  Probe bound_argument(const torch::jit::Value* value, const ir::BoundArgument& bound) const;
  void declare_points(const std::vector<ir::Input>& specs);
  bool may_grow(const c10::Type& type) const;
  void visit_other(const OtherMethod& other);
  bool update_attributes(const std::unordered_map<std::string, Probe>& before);
  int64_t size_at(const ir::Input& spec, size_t axis, size_t point) const;
  Probe argument(const torch::jit::Value* value, const ir::InputTree& tree) const;
  void visit(const torch::jit::Block* block, bool always);
  void visit(const torch::jit::Node* node, bool always);
  void visit_if(const torch::jit::Node* node, bool always);
  void visit_loop(const torch::jit::Node* node);
  // The fixed value, or that of all calls but the first ones.
  std::optional<c10::IValue> usual_value(const torch::jit::Value* value) const;
  void visit_attribute(const torch::jit::Node* node);
  void set_attribute(const torch::jit::Node* node);
  bool takes_assumed(const torch::jit::Node* node) const;
  void run(const torch::jit::Node* node, bool always);
  bool run_at(const torch::jit::Node* node, size_t point, Values& results, bool always);
  // The results on small tensors with data, and whether their sizes depend on the data; unset if the node fails.
  std::optional<std::pair<std::vector<c10::IValue>, bool>> run_samples(const torch::jit::Node* node,
                                                                       const std::vector<c10::IValue>& inputs, int side,
                                                                       std::string& error) const;
  Probe known(const c10::IValue& value) const;
  Probe unknown() const;
  c10::TypePtr number_type(const torch::jit::Node* node, const c10::TypePtr& type) const;
  Probe any_number(const c10::TypePtr& type) const;
  void show_variation(Probe& number) const;
  // What holds for either. `grows`: the second comes from a round of a loop, and later rounds may go further.
  Probe join(const Probe& a, const Probe& b, bool grows) const;
  std::optional<c10::IValue> join_at(size_t point, const c10::IValue& a, const c10::IValue& b, bool grows,
                                     Probe& joined) const;
  // For values that have nothing in common.
  std::optional<c10::IValue> assume_at(const c10::IValue& a, const c10::IValue& b, bool grows, Probe& joined) const;

  std::vector<int> points_;                          // -1: small sizes, 0: opt, 1: large sizes
  std::vector<std::vector<int>> sides_;              // by point, by group of sizes that vary together
  std::vector<std::array<int64_t, 3>> size_groups_;  // min, opt, max
  c10::IValue module_;
  c10::Device device_;
  util::ValueMap<Probe> probes_;
  util::ValueMap<c10::IValue> objects_;
  std::unordered_map<std::string, Probe> attributes_;       // written ones, by object and name
  std::unordered_set<const torch::jit::Node*> cast_nodes_;  // in blocks that choose the dtypes
  std::vector<c10::TypePtr> changed_collections_;           // types of those that may be attributes
  bool keys_are_fixed_ = true;                              // of all dicts
  bool is_elsewhere_ = false;                               // in one of the other methods
  std::optional<std::set<std::string>> growing_;
  std::set<std::string> found_growing_;
  std::string misfit_;
  std::string mixed_floats_;
};

}  // namespace torch_tensorrt::core::partitioning
