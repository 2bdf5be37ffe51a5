#include "torch_tensorrt/core/engine/tactics/onednn/folded_product.h"

#include <string_view>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/packed_weights.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"

namespace torch_tensorrt::engine::onednn {

using dnnl::memory;
using network::Dims;
using network::EpilogueOp;
using network::IMatrixMultiplyLayer;
using network::MatrixOperation;

namespace {

const IMatrixMultiplyLayer& layer_of(const LayerInstance& instance) {
  return static_cast<const IMatrixMultiplyLayer&>(*instance.layer);
}

// Operations of the epilogue before the bias: a quantized layer's scale.
size_t before_bias(const LayerInstance& instance) {
  return network::begins_with_dequantize(instance.layer->epilogue()) ? 1 : 0;
}

}  // namespace

bool constant_matrix(const LayerInstance& instance) {
  return instance.constants[1] != nullptr && instance.inputs[1].dims.nbDims == 2;
}

bool folds(const LayerInstance& instance) {
  return constant_matrix(instance) && layer_of(instance).getOperation(0) == MatrixOperation::kNONE;
}

Dims folded(const Dims& dims) {
  int64_t rows = 1;
  for (int32_t i = 0; i + 1 < dims.nbDims; ++i) rows *= dims.d[i];
  return Dims{rows, dims.d[dims.nbDims - 1]};
}

Dims folded_operand(const TensorDesc& operand) {
  return operand.dims.nbDims < 2 ? Dims{1, operand.dims.volume()} : folded(operand.dims);
}

const EpilogueOp* bias_of(const LayerInstance& instance) {
  const auto& epilogue = instance.layer->epilogue();
  const size_t place = before_bias(instance);
  if (epilogue.size() <= place || epilogue[place].kind != EpilogueOp::Kind::kElementWise) return nullptr;
  const EpilogueOp& op = epilogue[place];
  if (op.elementwise != network::ElementWiseOperation::kSUM || op.alpha != 0) return nullptr;
  const auto& operand = instance.inputs[static_cast<size_t>(op.input)];
  const auto& out = instance.outputs[0].dims;
  const bool is_row = operand.dims.nbDims == 1 && operand.dims.d[0] == out.d[out.nbDims - 1];
  return is_row ? &op : nullptr;
}

size_t first_post_op(const LayerInstance& instance) {
  return before_bias(instance) + (bias_of(instance) == nullptr ? 0 : 1);
}

Decision check_operands(const LayerInstance& instance) {
  for (size_t i = 0; i < instance.inputs.size(); ++i) {
    const bool constant = instance.constants[i] != nullptr;
    if (!constant && instance.inputs[i].format != network::TensorFormat::kLINEAR) {
      return Decision::no("operands must be row-major");
    }
  }
  if (folds(instance)) {
    // Operands of the epilogue are folded like the result, or are a single row.
    const auto& layer = layer_of(instance);
    for (int32_t i = layer.own_input_count(); i < layer.getNbInputs(); ++i) {
      const auto& dims = instance.inputs[i].dims;
      if (dims.volume() == dims.d[std::max(dims.nbDims - 1, 0)] || dims == instance.outputs[0].dims) continue;
      return Decision::no("an operand of the epilogue is neither one row nor as large as the result");
    }
    return Decision::yes();
  }
  const auto& a = instance.inputs[0].dims;
  const auto& b = instance.inputs[1].dims;
  if (a.nbDims != b.nbDims) return Decision::no("the operands have different ranks and cannot be folded");
  return Decision::yes();
}

Decision check_product(const network::ILayer& layer, const DeviceTarget& device) {
  const auto* matmul = network::layer_cast<IMatrixMultiplyLayer>(&layer);
  if (matmul == nullptr) return Decision::no("another kind of layer");
  for (int32_t i = 0; i < 2; ++i) {
    const bool vector = matmul->getOperation(i) == MatrixOperation::kVECTOR;
    if (vector || layer.getInput(i)->getDimensions().nbDims < 2) return Decision::no("an operand is a vector");
  }
  const bool is_quantized = network::begins_with_dequantize(layer.epilogue());
  const auto basics = is_quantized ? check_quantized(layer, device) : check_basics(layer, device);
  return basics ? check_epilogue(layer) : basics;
}

// Products with one constant matrix by oneDNN's other primitives. These have kernels that its matmul has not: for
// processors without AVX-512, only their kernels take packed weights.
namespace {

constexpr auto kInference = dnnl::prop_kind::forward_inference;

// The sizes of a product: [rows x inner] times [inner x columns].
struct Sizes {
  int64_t rows;
  int64_t inner;
  int64_t columns;
};

Sizes sizes_of(const LayerInstance& instance) {
  const auto a = folded(instance.inputs[0].dims);
  const auto out = folded(instance.outputs[0].dims);
  return {a.d[0], a.d[1], out.d[1]};
}

// Descs and name of a fully connected layer.
struct InnerProduct {
  using Primitive = dnnl::inner_product_forward;
  static constexpr const char* kName = "onednn.inner_product";
  // Part of the names of its kernels that are worth timing. The others are those of matmul.
  static constexpr std::string_view kKernels = "brg";

  static memory::desc matrix(int64_t rows, int64_t columns, memory::data_type type) {
    return plain_desc({rows, columns}, type);
  }
  // The constant matrix, one row for each column of the result.
  static memory::desc weights(int64_t columns, int64_t inner, memory::data_type type, const memory::dims& strides) {
    return {{columns, inner}, type, strides};
  }
  static memory::desc packed(int64_t columns, int64_t inner, memory::data_type type) {
    return {{columns, inner}, type, memory::format_tag::any};
  }
  static Primitive::primitive_desc make(const memory::desc& in, const memory::desc& weights, const memory::desc& bias,
                                        const memory::desc& out, const dnnl::primitive_attr& attr) {
    if (bias.is_zero()) return {cpu_engine(), kInference, in, weights, out, attr};
    return {cpu_engine(), kInference, in, weights, bias, out, attr};
  }
};

// Those of a convolution with a kernel of one place, over one line of pixels with the channels last: the rows.
struct PointwiseConvolution {
  using Primitive = dnnl::convolution_forward;
  static constexpr const char* kName = "onednn.product_convolution";
  static constexpr std::string_view kKernels = "1x1";

  static memory::desc matrix(int64_t rows, int64_t columns, memory::data_type type) {
    const int64_t all = std::max<int64_t>(rows * columns, 1);
    return {{1, columns, 1, rows}, type, memory::dims{all, 1, all, columns}};
  }
  static memory::desc weights(int64_t columns, int64_t inner, memory::data_type type, const memory::dims& strides) {
    return {{columns, inner, 1, 1}, type, memory::dims{strides[0], strides[1], 1, 1}};
  }
  static memory::desc packed(int64_t columns, int64_t inner, memory::data_type type) {
    return {{columns, inner, 1, 1}, type, memory::format_tag::any};
  }
  static Primitive::primitive_desc make(const memory::desc& in, const memory::desc& weights, const memory::desc& bias,
                                        const memory::desc& out, const dnnl::primitive_attr& attr) {
    constexpr auto kDirect = dnnl::algorithm::convolution_direct;
    const memory::dims one = {1, 1};
    const memory::dims none = {0, 0};
    if (bias.is_zero()) return {cpu_engine(), kInference, kDirect, in, weights, out, one, none, none, attr};
    return {cpu_engine(), kInference, kDirect, in, weights, bias, out, one, none, none, attr};
  }
};

template <typename Form>
class FoldedProductTactic final : public PackingTactic {
 public:
  using Desc = typename Form::Primitive::primitive_desc;

  const char* name() const override { return Form::kName; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    return check_product(layer, device);
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return format == network::TensorFormat::kLINEAR;
  }

  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    const auto operands = check_operands(instance);
    if (!operands) return operands;
    if (!folds(instance)) return Decision::no("takes one constant matrix and a matrix that is not transposed");
    const Sizes sizes = sizes_of(instance);
    if (sizes.rows == 0 || sizes.inner == 0 || sizes.columns == 0) return Decision::no("a matrix is empty");
    const double operations = 2.0 * static_cast<double>(sizes.inner) * static_cast<double>(sizes.rows * sizes.columns);
    try {
      return known_kernels(
          implementations_of(describe(instance), *instance.layer, roofline_microseconds(instance, operations)));
    } catch (const dnnl::error& error) {
      return declined(error);
    }
  }

  bool packs_weights(const LayerInstance& instance) const override { return constant_matrix(instance); }

  void unpack_weights(const network::ILayer& layer, const std::string& role, const WeightBlock& from,
                      void* to) const override {
    unpack(from, weight_key(layer_index(layer), role.c_str()), plain_weights(layer), to);
  }

  std::unique_ptr<Kernel> prepare(const Implementation& implementation, const LayerInstance& instance,
                                  WeightStore& weights, const DeviceTarget&) const override {
    const auto desc = in_implementation<Desc>([&] { return describe(instance); }, implementation.config);
    const auto key = weight_key(layer_index(*instance.layer), "input1");
    auto matrix = pack(weights, key, plain_weights(*instance.layer), desc.weights_desc());
    KernelBuilder builder;
    builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
    builder.fixed(DNNL_ARG_WEIGHTS, desc.weights_desc(), matrix.data, std::move(matrix.owner));
    if (const auto* adds = bias_of(instance)) builder.input(DNNL_ARG_BIAS, desc.bias_desc(), adds->input);
    builder.output(DNNL_ARG_DST, desc.dst_desc());
    bind_epilogue(builder, instance, first_post_op(instance), desc.dst_desc().get_ndims(), operand_desc);
    return builder.build(typename Form::Primitive(desc), desc.scratchpad_desc());
  }

 private:
  static Implementations known_kernels(const Implementations& all) {
    if (!all) return all;
    std::vector<Implementation> known;
    for (const Implementation& implementation : all.all()) {
      if (implementation.config.find(Form::kKernels) != std::string::npos) known.push_back(implementation);
    }
    if (known.empty()) return Decision::no("oneDNN has no kernel here that its matmul has not");
    return known;
  }

  // An operand of the epilogue: a row, or folded like the result.
  static memory::desc operand_desc(const TensorDesc& operand, int32_t) {
    const Dims dims = folded_operand(operand);
    return Form::matrix(dims.d[0], dims.d[1], to_type(operand.dtype));
  }

  static memory::desc plain_weights(const network::ILayer& layer) {
    const auto dims = layer.getInput(1)->getDimensions();
    const auto type = to_type(layer.getInput(1)->getType());
    const auto& product = static_cast<const IMatrixMultiplyLayer&>(layer);
    if (product.getOperation(1) == MatrixOperation::kTRANSPOSE) {
      return Form::weights(dims.d[0], dims.d[1], type, {dims.d[1], 1});
    }
    return Form::weights(dims.d[1], dims.d[0], type, {1, dims.d[1]});
  }

  static Desc describe(const LayerInstance& instance) {
    const Sizes sizes = sizes_of(instance);
    const auto in = Form::matrix(sizes.rows, sizes.inner, to_type(instance.inputs[0].dtype));
    const auto out = Form::matrix(sizes.rows, sizes.columns, to_type(instance.outputs[0].dtype));
    const auto weights = Form::packed(sizes.columns, sizes.inner, to_type(instance.inputs[1].dtype));
    constexpr int kColumns = 1;  // the first dimension of the weights, which may have scales
    const auto attr = with_epilogue(instance, first_post_op(instance), out.get_ndims(), operand_desc, kColumns);
    memory::desc bias;
    if (const auto* adds = bias_of(instance)) {
      bias = plain_desc({sizes.columns}, to_type(instance.inputs[static_cast<size_t>(adds->input)].dtype));
    }
    return Form::make(in, weights, bias, out, attr);
  }
};

}  // namespace

std::unique_ptr<Tactic> make_inner_product() { return std::make_unique<FoldedProductTactic<InnerProduct>>(); }

std::unique_ptr<Tactic> make_product_convolution() {
  return std::make_unique<FoldedProductTactic<PointwiseConvolution>>();
}

}  // namespace torch_tensorrt::engine::onednn
