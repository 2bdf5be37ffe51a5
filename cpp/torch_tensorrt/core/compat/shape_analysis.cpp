#include "torch_tensorrt/core/compat/shape_analysis.h"

#include <set>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/compat/partitioning.h"
#include "torch_tensorrt/core/compat/trt_util.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/jit_value_map.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {
namespace {

using c10::IValue;
using torch::jit::Value;

nvinfer1::Dims shape_of(const ir::Input& input, ir::ShapeMode mode) {
  if (!input.input_is_dynamic) return input.input_shape;
  switch (mode) {
    case ir::ShapeMode::kMIN:
      return input.min;
    case ir::ShapeMode::kOPT:
      return input.opt;
    case ir::ShapeMode::kMAX:
      return input.max;
  }
  return input.opt;
}

at::Tensor random_tensor(const ir::Input& input, at::ScalarType dtype, ir::ShapeMode mode, c10::Device device) {
  const double low = input.tensor_domain.at(0);
  const double high = input.tensor_domain.at(1);
  return (at::rand(shape_of(input, mode).to_vector()) * (high - low) + low).to(device, dtype);
}

// The tensors as the input's type holds them.
IValue packed(const c10::Type& type, const std::vector<at::Tensor>& tensors) {
  if (type.kind() == c10::TypeKind::ListType) return c10::List<at::Tensor>(tensors);
  if (type.kind() == c10::TypeKind::TupleType) {
    return c10::ivalue::Tuple::create(std::vector<IValue>(tensors.begin(), tensors.end()));
  }
  return tensors.at(0);
}

bool is_dynamic(const ir::CollectionInputSpecMap& specs) {
  for (const auto& [value, inputs] : specs) {
    for (const auto& input : inputs) {
      if (input.input_is_dynamic) return true;
    }
  }
  return false;
}

ir::InputTree tree_of(const IValue& example) {
  using Kind = ir::InputTree::Kind;
  ir::InputTree tree;
  if (example.isTensor()) {
    const at::Tensor& tensor = example.toTensor();
    tree.input = ir::Input(tensor.sizes().vec(), tensor.scalar_type(), network::TensorFormat::kLINEAR,
                           /*dtype_is_user_defined=*/true);
  } else if (example.isTuple()) {
    tree.kind = Kind::kTuple;
    for (const auto& element : example.toTupleRef().elements()) tree.children.push_back(tree_of(element));
  } else if (example.isTensorList()) {
    tree.kind = Kind::kList;
    for (const at::Tensor& element : example.toTensorVector()) tree.children.push_back(tree_of(element));
  } else {
    tree.kind = Kind::kValue;
    tree.value = example;
  }
  return tree;
}

void register_inputs(SegmentedBlock& segment, const GraphProbe& probe, ir::ShapeMode mode) {
  std::vector<std::vector<int64_t>> shapes;
  std::vector<at::ScalarType> types;
  for (const auto* input : segment.raw_inputs()) {
    if (!is_tensor(input->type())) continue;
    const auto tensor = fixed_tensor(probe, input);
    if (!tensor) {
      TORCHTRT_CHECK(segment.target() == SegmentedBlock::kTorch,
                     "the shape of " << util::value_info(input)
                                     << ", an input of an engine, is unknown; give an example"
                                     << " of each input of the graph, or leave its nodes to PyTorch");
      return;
    }
    shapes.push_back(tensor->opt.to_vector());
    types.push_back(tensor->dtype);
  }
  segment.register_inshapes(shapes, mode);
  segment.register_intypes(types);
}

}  // namespace

std::unique_ptr<GraphProbe> probe_of(const torch::jit::Graph& graph, const ExampleIValues& examples) {
  using How = ir::BoundArgument::How;
  std::vector<ir::BoundArgument> arguments(graph.inputs().size());
  c10::Device device = at::kCPU;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto found = examples.find(graph.inputs()[i]);
    if (found == examples.end()) continue;
    arguments[i] = {How::kGiven, tree_of(found->second)};
    if (found->second.isTensor()) device = found->second.toTensor().device();
  }
  return std::make_unique<GraphProbe>(graph, IValue(), arguments, device);
}

std::optional<ir::Input> fixed_tensor(const GraphProbe& probe, const Value* value) {
  auto spec = probe.input_spec(value);
  return spec && spec->input_is_dynamic ? std::nullopt : spec;
}

ExampleIValues generateRandomInputs(ir::CollectionInputSpecMap& input_ranges, ir::CollectionTypeMap& input_types,
                                    const ir::ShapeMode& shape_mode, int64_t gpu_id) {
  const bool on_gpu = gpu_id >= 0 && at::hasCUDA();
  const c10::Device device = on_gpu ? c10::Device(at::kCUDA, static_cast<c10::DeviceIndex>(gpu_id)) : at::kCPU;
  ExampleIValues examples;
  std::set<const Value*, util::FirstMade> values;  // random numbers come in this order
  for (const auto& [value, inputs] : input_ranges) values.insert(value);
  for (const auto* value : values) {
    const auto& inputs = input_ranges.at(value);
    const auto types = input_types.find(value);
    std::vector<at::Tensor> tensors;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool has_type = types != input_types.end() && i < types->second.size() && types->second[i];
      tensors.push_back(random_tensor(inputs[i], has_type ? *types->second[i] : inputs[i].dtype, shape_mode, device));
    }
    examples[value] = packed(*value->type(), tensors);
  }
  return examples;
}

void populateInputIValues(PartitioningCtx* ctx) {
  auto& specs = ctx->settings.collection_input_spec_map;
  const auto& device = ctx->settings.target_device;
  const auto examples = [&](ir::ShapeMode mode) {
    return generateRandomInputs(specs, ctx->input_types_map, mode, device.is_cpu() ? -1 : device.gpu_id);
  };
  ctx->opt_input_ivalues_map = examples(ir::ShapeMode::kOPT);
  if (!is_dynamic(specs)) return;
  ctx->min_input_ivalues_map = examples(ir::ShapeMode::kMIN);
  ctx->max_input_ivalues_map = examples(ir::ShapeMode::kMAX);
}

void runShapeAnalysis(PartitioningCtx* ctx, torch::jit::Block* block, ExampleIValues& examples,
                      const ir::ShapeMode& shape_mode) {
  const auto probe = probe_of(*block->owningGraph(), examples);
  for (auto& segment : ctx->partitioned_blocks[block]) {
    register_inputs(segment, *probe, shape_mode);
    for (const auto* output : segment.raw_outputs()) {
      const Probe* found = probe->find(output);
      if (found != nullptr) examples[output] = *found->at[kOpt];
    }
  }
}

}  // namespace torch_tensorrt::core::partitioning
