#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/folded_product.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/packed_weights.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::engine::onednn {
namespace {

using dnnl::memory;
using network::Dims;
using network::EpilogueOp;
using network::IMatrixMultiplyLayer;
using network::MatrixOperation;

const IMatrixMultiplyLayer& product(const LayerInstance& instance) {
  return static_cast<const IMatrixMultiplyLayer&>(*instance.layer);
}

// A matrix operand; its last two dims are swapped if the layer says so.
memory::desc operand_desc(const Dims& dims, MatrixOperation operation, memory::data_type type) {
  auto sizes = to_dims(dims);
  auto strides = plain_desc(sizes).get_strides();
  if (operation == MatrixOperation::kTRANSPOSE) {
    std::swap(sizes[sizes.size() - 1], sizes[sizes.size() - 2]);
    std::swap(strides[strides.size() - 1], strides[strides.size() - 2]);
  }
  return {sizes, type, strides};
}

memory::desc matrix_operand(const TensorDesc& operand, int32_t) {
  return plain_desc(to_dims(folded_operand(operand)), to_type(operand.dtype));
}

memory::desc batched_operand(const TensorDesc& operand, int32_t rank) { return padded_desc(operand, rank); }

DescribeOperand describe_operand(const LayerInstance& instance) {
  return folds(instance) ? matrix_operand : batched_operand;
}

struct Shapes {
  memory::desc a;
  memory::desc b;
  memory::desc out;
};

Shapes shapes(const LayerInstance& instance) {
  const auto& layer = product(instance);
  const auto& a = instance.inputs[0].dims;
  const auto& out = instance.outputs[0].dims;
  const auto from = to_type(instance.inputs[0].dtype);
  const auto to = to_type(instance.outputs[0].dtype);
  const auto b = operand_desc(instance.inputs[1].dims, layer.getOperation(1), to_type(instance.inputs[1].dtype));
  if (folds(instance)) {
    return {operand_desc(folded(a), MatrixOperation::kNONE, from), b, plain_desc(to_dims(folded(out)), to)};
  }
  return {operand_desc(a, layer.getOperation(0), from), b, plain_desc(to_dims(out), to)};
}

dnnl::matmul::primitive_desc describe(const LayerInstance& instance) {
  auto s = shapes(instance);
  const auto rank = s.out.get_ndims();
  const auto attr = with_epilogue(instance, first_post_op(instance), rank, describe_operand(instance), 1 << (rank - 1));
  if (constant_matrix(instance)) {
    s.b = memory::desc(s.b.get_dims(), s.b.get_data_type(), memory::format_tag::any);
  }
  const EpilogueOp* adds = bias_of(instance);
  if (adds == nullptr) return {cpu_engine(), s.a, s.b, s.out, attr};
  memory::dims bias(rank, 1);
  bias.back() = s.out.get_dims().back();
  const auto& operand = instance.inputs[static_cast<size_t>(adds->input)];
  return {cpu_engine(), s.a, s.b, plain_desc(bias, to_type(operand.dtype)), s.out, attr};
}

class MatmulTactic final : public PackingTactic {
 public:
  const char* name() const override { return "onednn.matmul"; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    return check_product(layer, device);
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return format == network::TensorFormat::kLINEAR;
  }

  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    const auto operands = check_operands(instance);
    if (!operands) return operands;
    const auto inner = static_cast<double>(shapes(instance).a.get_dims().back());
    const double operations = 2.0 * inner * static_cast<double>(instance.outputs[0].dims.volume());
    try {
      return implementations_of(describe(instance), *instance.layer, roofline_microseconds(instance, operations));
    } catch (const dnnl::error& error) {
      return declined(error);
    }
  }

  bool packs_weights(const LayerInstance& instance) const override { return constant_matrix(instance); }

  void unpack_weights(const network::ILayer& layer, const std::string& role, const WeightBlock& from,
                      void* to) const override {
    const auto& matmul = static_cast<const IMatrixMultiplyLayer&>(layer);
    const auto plain =
        operand_desc(layer.getInput(1)->getDimensions(), matmul.getOperation(1), to_type(layer.getInput(1)->getType()));
    unpack(from, weight_key(layer_index(layer), role.c_str()), plain, to);
  }

  std::unique_ptr<Kernel> prepare(const Implementation& implementation, const LayerInstance& instance,
                                  WeightStore& weights, const DeviceTarget&) const override {
    const auto desc =
        in_implementation<dnnl::matmul::primitive_desc>([&] { return describe(instance); }, implementation.config);
    KernelBuilder builder;
    builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
    if (constant_matrix(instance)) {
      const auto key = weight_key(layer_index(*instance.layer), "input1");
      auto matrix = pack(weights, key, shapes(instance).b, desc.weights_desc());
      builder.fixed(DNNL_ARG_WEIGHTS, desc.weights_desc(), matrix.data, std::move(matrix.owner));
    } else {
      builder.input(DNNL_ARG_WEIGHTS, desc.weights_desc(), 1);
    }
    if (const EpilogueOp* adds = bias_of(instance)) builder.input(DNNL_ARG_BIAS, desc.bias_desc(), adds->input);
    builder.output(DNNL_ARG_DST, desc.dst_desc());
    bind_epilogue(builder, instance, first_post_op(instance), desc.dst_desc().get_ndims(), describe_operand(instance));
    return builder.build(dnnl::matmul(desc), desc.scratchpad_desc());
  }
};

}  // namespace

std::unique_ptr<Tactic> make_matmul() { return std::make_unique<MatmulTactic>(); }

}  // namespace torch_tensorrt::engine::onednn
