#include "torch_tensorrt/core/partitioning/probe.h"

#include <algorithm>
#include <set>

#include "ATen/ATen.h"
#include "ATen/core/dispatch/Dispatcher.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/partitioning/probe_facts.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {
namespace {

using c10::IValue;
using torch::jit::Value;

constexpr int kBetween = 2;        // sizes that are no round numbers
constexpr size_t kMostGroups = 6;  // more groups of sizes are not mixed

std::vector<ir::Input> specs_of(const std::vector<ir::BoundArgument>& arguments) {
  std::vector<ir::Input> specs;
  for (const auto& bound : arguments) {
    if (bound.how != ir::BoundArgument::How::kGiven) continue;
    for (auto& spec : ir::inputs_of(bound.tree)) specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

bool Probe::is_known() const { return at.size() > kOpt && at[kOpt].has_value(); }

bool has_changed(const Probe& before, const Probe& after) {
  for (size_t p = 0; p < after.at.size(); ++p) {
    if (before.at[p].has_value() != after.at[p].has_value()) return true;
  }
  return before.varies != after.varies || before.is_assumed != after.is_assumed;
}

GraphProbe::GraphProbe(const torch::jit::Graph& graph, const IValue& module,
                       const std::vector<ir::BoundArgument>& arguments, c10::Device device,
                       const std::vector<OtherMethod>& others, std::optional<std::set<std::string>> growing)
    : module_(module),
      device_(device),
      cast_nodes_(lowering::passes::nodes_in_casting_blocks(graph.block())),
      growing_(std::move(growing)) {
  add_changed_collections(graph.block(), changed_collections_);
  std::vector<ir::Input> specs = specs_of(arguments);
  for (const auto& other : others) {
    add_changed_collections(other.graph->block(), changed_collections_);
    for (auto& spec : specs_of(other.arguments)) specs.push_back(std::move(spec));
  }
  declare_points(specs);
  visit_all(graph, arguments, others);
  const auto is_fixed = [&](const Value* value) {
    const Probe* probe = find(value);
    return probe != nullptr && !probe->varies;
  };
  if (has_fixed_keys(graph.block(), is_fixed)) return;
  keys_are_fixed_ = false;
  attributes_.clear();
  visit_all(graph, arguments, others);
}

void GraphProbe::visit_all(const torch::jit::Graph& graph, const std::vector<ir::BoundArgument>& arguments,
                           const std::vector<OtherMethod>& others) {
  const size_t first = graph.inputs().size() - arguments.size();
  TORCHTRT_ASSERT(first <= 1, "the graph has " << graph.inputs().size() << " inputs, but there are " << arguments.size()
                                               << " arguments");
  for (int round = 0; round < kMostRounds; ++round) {
    const auto before = attributes_;
    probes_.clear();
    objects_.clear();
    misfit_.clear();
    mixed_floats_.clear();
    found_growing_.clear();
    if (first == 1) objects_[graph.inputs()[0]] = module_;
    for (size_t i = first; i < graph.inputs().size(); ++i) {
      probes_[graph.inputs()[i]] = bound_argument(graph.inputs()[i], arguments[i - first]);
    }
    visit(graph.block(), /*always=*/true);
    for (const auto& other : others) visit_other(other);
    if (!update_attributes(before)) break;
  }
}

Probe GraphProbe::bound_argument(const Value* value, const ir::BoundArgument& bound) const {
  if (bound.how != ir::BoundArgument::How::kEachCall) return argument(value, bound.tree);
  return holds_tensors(value->type()) ? unknown() : any_number(value->type());
}

const Probe* GraphProbe::find(const Value* value) const {
  const auto found = probes_.find(value);
  return found == probes_.end() || !found->second.is_known() ? nullptr : &found->second;
}

namespace {

// Whether the value may be another where the probe does not know it.
bool hides_variation(const Probe& probe) {
  const auto is_unknown = [](const auto& at) { return !at.has_value(); };
  return probe.varies && std::any_of(probe.at.begin(), probe.at.end(), is_unknown);
}

// Whether a tensor may have more elements than a plan can describe. Several sizes of data are each as large as can be.
bool is_endless(const std::vector<int64_t>& sizes) {
  constexpr double kMostElements = static_cast<double>(int64_t{1} << 56);
  double elements = 1;
  for (const int64_t size : sizes) elements *= static_cast<double>(std::max<int64_t>(size, 1));
  return elements > kMostElements;
}

ir::Input number_spec(const c10::Type& type, const Probe* probe) {
  const auto dtype = type.kind() == c10::TypeKind::IntType     ? at::kLong
                     : type.kind() == c10::TypeKind::FloatType ? at::kDouble
                                                               : at::kBool;
  ir::Input spec(std::vector<int64_t>{}, dtype, network::TensorFormat::kLINEAR, true);
  if (dtype != at::kLong || probe == nullptr) return spec;
  int64_t low = probe->at[kOpt]->toInt();
  int64_t high = low;
  for (const auto& at : probe->at) {
    if (!at) continue;
    low = std::min(low, at->toInt());
    high = std::max(high, at->toInt());
  }
  if ((probe->is_free && low != high) || hides_variation(*probe)) {
    low = std::min<int64_t>(low, 0);
    high = kAnySize;
  }
  spec.min_values = {low};
  spec.opt_values = {probe->at[kOpt]->toInt()};
  spec.max_values = {high};
  return spec;
}

}  // namespace

std::optional<ir::Input> GraphProbe::input_spec(const Value* value) const {
  const Probe* probe = find(value);
  if (is_plain_number(value->type())) return number_spec(*value->type(), probe);
  if (probe == nullptr || !probe->at[kOpt]->isTensor() || !probe->at[kOpt]->toTensor().defined()) return std::nullopt;
  const auto opt = probe->at[kOpt]->toTensor();
  if (opt.is_sparse() || opt.is_quantized() || opt.layout() != at::kStrided) return std::nullopt;
  if (hides_variation(*probe)) return std::nullopt;
  auto low = opt.sizes().vec();
  auto high = low;
  for (const auto& at : probe->at) {
    if (!at) continue;
    const auto tensor = at->toTensor();
    if (tensor.dim() != opt.dim() || tensor.scalar_type() != opt.scalar_type()) return std::nullopt;
    for (size_t i = 0; i < low.size(); ++i) {
      low[i] = std::min(low[i], tensor.size(static_cast<int64_t>(i)));
      high[i] = std::max(high[i], tensor.size(static_cast<int64_t>(i)));
    }
  }
  for (size_t i = 0; probe->is_free && i < low.size(); ++i) {
    if (low[i] == high[i]) continue;
    low[i] = std::min<int64_t>(low[i], 1);
    high[i] = kAnySize;
  }
  if (is_endless(high)) return std::nullopt;
  try {
    if (low == high) return ir::Input(low, opt.scalar_type(), network::TensorFormat::kLINEAR, true);
    return ir::Input(low, opt.sizes().vec(), high, opt.scalar_type(), network::TensorFormat::kLINEAR, true);
  } catch (const Error&) {
    return std::nullopt;  // a dtype that engines do not take
  }
}

bool GraphProbe::is_assumed(const Value* value) const {
  const Probe* probe = find(value);
  return probe != nullptr && probe->is_assumed;
}

std::optional<IValue> GraphProbe::fixed_value(const Value* value) const {
  return is_assumed(value) ? std::nullopt : usual_value(value);
}

std::optional<IValue> GraphProbe::usual_value(const Value* value) const {
  if (const auto constant = torch::jit::toIValue(value)) return constant;
  const Probe* probe = find(value);
  if (probe == nullptr || probe->varies) return std::nullopt;
  const IValue& first = *probe->at[kOpt];
  if (!first.isInt() && !first.isBool()) return std::nullopt;
  for (const auto& at : probe->at) {
    if (!at || differ(*at, first)) return std::nullopt;
  }
  return first;
}

namespace {

bool is_elementwise_write(const torch::jit::Node* node) {
  static const std::set<std::string> kKinds = {
      "aten::add_",   "aten::sub_",       "aten::mul_",       "aten::div_",         "aten::pow_",     "aten::clamp_",
      "aten::exp_",   "aten::clamp_min_", "aten::clamp_max_", "aten::masked_fill_", "aten::sqrt_",    "aten::rsqrt_",
      "aten::log_",   "aten::sigmoid_",   "aten::tanh_",      "aten::square_",      "aten::floor_",   "aten::ceil_",
      "aten::round_", "aten::addcmul_",   "aten::addcdiv_",   "aten::lerp_",        "aten::elu_",     "aten::gelu_",
      "aten::sin_",   "aten::cos_",       "aten::erf_",       "aten::reciprocal_",  "aten::softplus_"};
  return kKinds.count(node->kind().toQualString()) != 0;
}

// Whether the operator gives integers for integers. Others give floats, which a tensor of integers does not take in
// place: PyTorch raises then.
bool keeps_integers(const torch::jit::Node* write) {
  static const std::set<std::string> kKinds = {"aten::add_",    "aten::sub_",         "aten::mul_",
                                               "aten::clamp_",  "aten::clamp_min_",   "aten::clamp_max_",
                                               "aten::square_", "aten::masked_fill_", "aten::addcmul_"};
  if (kKinds.count(write->kind().toQualString()) == 0) return false;
  const auto inputs = write->inputs();
  return std::all_of(inputs.begin(), inputs.end(), [](const Value* input) {
    const auto kind = input->type()->kind();
    return holds_tensors(input->type()) || kind == c10::TypeKind::IntType || kind == c10::TypeKind::NoneType;
  });
}

// Whether an elementwise operator of both has the sizes and the dtype of the first.
bool absorbs(const at::Tensor& tensor, const at::Tensor& other) {
  if (other.dim() > tensor.dim() || at::result_type(tensor, other) != tensor.scalar_type()) return false;
  for (int64_t i = 1; i <= other.dim(); ++i) {
    if (other.size(-i) != 1 && other.size(-i) != tensor.size(-i)) return false;
  }
  return true;
}

}  // namespace

bool GraphProbe::keeps_shape_and_dtype(const torch::jit::Node* write) const {
  if (lowering::passes::keeps_shape_and_dtype(write)) return true;
  if (!is_elementwise_write(write)) return false;
  std::vector<const Probe*> tensors;
  for (const auto* input : write->inputs()) {
    static const auto kShares = c10::Symbol::fromQualString("trt::shares");  // a mark that the probe did not see
    while (input->node()->kind() == kShares) input = input->node()->input(1);
    if (!holds_tensors(input->type())) continue;
    tensors.push_back(find(input));
    if (tensors.back() == nullptr) return false;
  }
  for (size_t p = 0; p < points_.size(); ++p) {
    for (const auto* probe : tensors) {
      if (!probe->at[p] || !probe->at[p]->isTensor() || !probe->at[p]->toTensor().defined()) return false;
      const auto& written = tensors[0]->at[p]->toTensor();
      const bool is_integral = at::isIntegralType(written.scalar_type(), /*includeBool=*/false);
      const bool keeps_kind = written.is_floating_point() || (is_integral && keeps_integers(write));
      if (!keeps_kind || !absorbs(written, probe->at[p]->toTensor())) return false;
    }
  }
  return true;
}

// ---- points --------------------------------------------------------------------------------------------------------

void GraphProbe::declare_points(const std::vector<ir::Input>& specs) {
  for (const auto& spec : specs) {
    for (int i = 0; i < spec.min.nbDims; ++i) {
      const std::array<int64_t, 3> group = {spec.min.d[i], spec.opt.d[i], spec.max.d[i]};
      if (group[0] == group[2]) continue;
      if (std::find(size_groups_.begin(), size_groups_.end(), group) == size_groups_.end())
        size_groups_.push_back(group);
    }
  }
  points_ = {-1, 0, 1, 0};
  for (const int side : {-1, 0, 1, kBetween}) sides_.emplace_back(size_groups_.size(), side);
  if (size_groups_.size() < 2) return;
  for (size_t g = 0; g < std::min(size_groups_.size(), kMostGroups); ++g) {
    for (const int side : {-1, 1}) {
      points_.push_back(side);
      sides_.emplace_back(size_groups_.size(), -side);
      sides_.back()[g] = side;
    }
  }
}

int64_t GraphProbe::size_at(const ir::Input& spec, size_t axis, size_t point) const {
  const std::array<int64_t, 3> sizes = {spec.min.d[axis], spec.opt.d[axis], spec.max.d[axis]};
  const auto group = std::find(size_groups_.begin(), size_groups_.end(), sizes);
  if (group == size_groups_.end()) return sizes[1];
  const int side = sides_[point][static_cast<size_t>(group - size_groups_.begin())];
  if (side == kBetween) return sizes[0] + (sizes[2] - sizes[0]) * 3 / 8;
  return sizes[static_cast<size_t>(side + 1)];
}

Probe GraphProbe::argument(const Value* value, const ir::InputTree& tree) const {
  Probe probe = unknown();
  probe.varies = false;  // beyond what the points show
  for (size_t p = 0; p < points_.size(); ++p) {
    const auto tensor = [&](const ir::Input& spec) -> IValue {
      std::vector<int64_t> sizes;
      for (int i = 0; i < spec.opt.nbDims; ++i) sizes.push_back(size_at(spec, static_cast<size_t>(i), p));
      return at::empty(sizes, at::dtype(spec.dtype).device(at::kMeta));
    };
    probe.at[p] = ir::assemble(tree, value->type(), tensor);
  }
  return probe;
}

Probe GraphProbe::known(const IValue& value) const {
  Probe probe;
  probe.at.assign(points_.size(), value);
  return probe;
}

Probe GraphProbe::unknown() const {
  Probe probe;
  probe.at.resize(points_.size());
  probe.varies = true;
  return probe;
}

Probe GraphProbe::any_number(const c10::TypePtr& type) const {
  Probe probe = unknown();
  probe.is_sampled = true;
  auto& opt = probe.at[kOpt];
  if (type->kind() == c10::TypeKind::IntType) opt = int64_t{16};
  if (type->kind() == c10::TypeKind::FloatType) opt = 1.0;
  if (type->kind() == c10::TypeKind::BoolType) opt = true;
  if (opt) show_variation(probe);
  return probe;
}

// Keeps the number at the point of the opt shapes, and gives it others elsewhere. Ints stand for sizes: from 0 to as
// large as can be, and an odd one between, because a remainder may be the same for the others.
void GraphProbe::show_variation(Probe& number) const {
  constexpr int64_t kOddSize = 13;
  const IValue opt = *number.at[kOpt];
  for (size_t p = 0; p < points_.size(); ++p) {
    if (p == kOpt) continue;
    const int side = points_[p];
    if (opt.isInt()) number.at[p] = side < 0 ? int64_t{0} : side > 0 ? kAnySize : kOddSize;
    if (opt.isDouble()) number.at[p] = side < 0 ? 0.5 : side > 0 ? 3.0 : 1.5;
    if (opt.isBool()) number.at[p] = !opt.toBool();
  }
}

}  // namespace torch_tensorrt::core::partitioning
