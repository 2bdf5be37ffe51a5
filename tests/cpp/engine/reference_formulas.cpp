#include "engine/reference_formulas.h"

#include <algorithm>

#include "torch_tensorrt/core/network/host/scalar_formulas.h"

namespace torch_tensorrt::engine::testing {
namespace {

using network::DataType;
using network::Dims;
using network::LayerType;

int64_t offset_in(const TensorDesc& desc, const int64_t* at) {
  const Dims& dims = desc.dims;
  const Dims strides = desc.strides();
  int64_t offset = 0;
  for (int32_t i = 0; i < dims.nbDims; ++i) offset += at[i] * strides.d[i];
  return offset;
}

double load(const TensorDesc& desc, const void* data, const int64_t* at) {
  const int64_t offset = offset_in(desc, at);
  if (desc.dtype == DataType::kFLOAT) return static_cast<const float*>(data)[offset];
  if (desc.dtype == DataType::kINT64) return static_cast<double>(static_cast<const int64_t*>(data)[offset]);
  if (desc.dtype == DataType::kINT32) return static_cast<const int32_t*>(data)[offset];
  return static_cast<const uint8_t*>(data)[offset];
}

// Element of an input that broadcasts to the output.
double load_broadcast(const TensorDesc& desc, const void* data, const int64_t* at, int32_t rank) {
  int64_t place[Dims::MAX_DIMS];
  for (int32_t i = 0; i < desc.dims.nbDims; ++i) {
    place[i] = desc.dims.d[i] == 1 ? 0 : at[rank - desc.dims.nbDims + i];
  }
  return load(desc, data, place);
}

template <typename L>
const L& layer_of(const Element& e) {
  return static_cast<const L&>(*e.instance.layer);
}

double convolution(const Element& e) {
  const auto& layer = layer_of<network::IConvolutionLayer>(e);
  const TensorDesc& x = e.instance.inputs[0];
  const Dims& kernel = layer.getKernelSizeNd();
  const auto& [pre, stride, dilation] = e.window;
  const int64_t channels = x.dims.d[1] / layer.getNbGroups();
  const int64_t maps = layer.getNbOutputMaps() / layer.getNbGroups();
  const auto* bias = static_cast<const float*>(layer.getBiasWeights().values);
  double sum = bias == nullptr ? 0.0 : bias[e.at[1]];
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t i = 0; i < kernel.d[0]; ++i) {
      for (int64_t j = 0; j < kernel.d[1]; ++j) {
        const int64_t place[4] = {e.at[0], e.at[1] / maps * channels + c,
                                  e.at[2] * stride.d[0] - pre.d[0] + i * dilation.d[0],
                                  e.at[3] * stride.d[1] - pre.d[1] + j * dilation.d[1]};
        if (place[2] < 0 || place[3] < 0 || place[2] >= x.dims.d[2] || place[3] >= x.dims.d[3]) continue;
        const int64_t w = ((e.at[1] * channels + c) * kernel.d[0] + i) * kernel.d[1] + j;
        sum += load(x, e.inputs[0], place) * e.weight(w);
      }
    }
  }
  return sum;
}

double matrix_multiply(const Element& e) {
  const TensorDesc& a = e.instance.inputs[0];
  const TensorDesc& b = e.instance.inputs[1];
  double sum = 0;
  for (int64_t k = 0; k < a.dims.d[1]; ++k) {
    const int64_t left[2] = {e.at[0], k};
    const int64_t right[2] = {k, e.at[1]};
    const double other = e.weights != nullptr ? e.weight(k * b.dims.d[1] + e.at[1]) : load(b, e.inputs[1], right);
    sum += load(a, e.inputs[0], left) * other;
  }
  return sum;
}

double activation(const Element& e) {
  const auto& layer = layer_of<network::IActivationLayer>(e);
  return network::apply_activation(layer.getActivationType(), load(e.instance.inputs[0], e.inputs[0], e.at),
                                   layer.getAlpha(), layer.getBeta());
}

double elementwise(const Element& e) {
  const int32_t rank = e.instance.outputs[0].dims.nbDims;
  return network::apply_elementwise(layer_of<network::IElementWiseLayer>(e).getOperation(),
                                    load_broadcast(e.instance.inputs[0], e.inputs[0], e.at, rank),
                                    load_broadcast(e.instance.inputs[1], e.inputs[1], e.at, rank));
}

double same_element(const Element& e) { return load(e.instance.inputs[0], e.inputs[0], e.at); }

double concatenation(const Element& e) {
  const int32_t axis = layer_of<network::IConcatenationLayer>(e).getAxis();
  int64_t place[Dims::MAX_DIMS];
  std::copy_n(e.at, e.instance.outputs[0].dims.nbDims, place);
  size_t input = 0;
  for (; place[axis] >= e.instance.inputs[input].dims.d[axis]; ++input)
    place[axis] -= e.instance.inputs[input].dims.d[axis];
  return load(e.instance.inputs[input], e.inputs[input], place);
}

// Row-major index in the input of the output's element, for shuffles.
double shuffle(const Element& e) {
  const auto& layer = layer_of<network::IShuffleLayer>(e);
  const Dims& from = e.instance.inputs[0].dims;
  const Dims& to = e.instance.outputs[0].dims;
  const auto& first = layer.getFirstTranspose();
  const auto& second = layer.getSecondTranspose();
  Dims middle = to;  // dims and index between reshape and second transpose
  int64_t middle_at[Dims::MAX_DIMS];
  for (int32_t i = 0; i < to.nbDims; ++i) {
    middle.d[second.order[i]] = to.d[i];
    middle_at[second.order[i]] = e.at[i];
  }
  int64_t linear = 0;
  for (int32_t i = 0; i < to.nbDims; ++i) linear = linear * middle.d[i] + middle_at[i];
  int64_t place[Dims::MAX_DIMS];
  for (int32_t i = from.nbDims - 1; i >= 0; --i) {
    place[first.order[i]] = linear % from.d[first.order[i]];
    linear /= from.d[first.order[i]];
  }
  return load(e.instance.inputs[0], e.inputs[0], place);
}

// Within its input.
double slice(const Element& e) {
  const auto& layer = layer_of<network::ISliceLayer>(e);
  int64_t place[Dims::MAX_DIMS];
  for (int32_t i = 0; i < e.instance.outputs[0].dims.nbDims; ++i) {
    place[i] = layer.getStart().d[i] + e.at[i] * layer.getStride().d[i];
  }
  return load(e.instance.inputs[0], e.inputs[0], place);
}

double reduce_sum(const Element& e) {
  const auto& layer = layer_of<network::IReduceLayer>(e);
  const Dims& from = e.instance.inputs[0].dims;
  double sum = 0;
  for (int64_t i = 0; i < from.volume(); ++i) {
    int64_t place[Dims::MAX_DIMS];
    int64_t rest = i;
    for (int32_t d = from.nbDims - 1; d >= 0; --d) {
      place[d] = rest % from.d[d];
      rest /= from.d[d];
    }
    bool belongs = true;
    int32_t out = 0;
    for (int32_t d = 0; d < from.nbDims; ++d) {
      const bool is_reduced = (layer.getReduceAxes() >> d & 1) != 0;
      if (!is_reduced) belongs = belongs && place[d] == e.at[out];
      if (!is_reduced || layer.getKeepDimensions()) ++out;
    }
    if (belongs) sum += load(e.instance.inputs[0], e.inputs[0], place);
  }
  return sum;
}

struct KindRow {
  LayerType kind;
  Formula formula;
};
constexpr KindRow kKinds[] = {
    {LayerType::kCONVOLUTION, convolution},
    {LayerType::kMATRIX_MULTIPLY, matrix_multiply},
    {LayerType::kACTIVATION, activation},
    {LayerType::kELEMENTWISE, elementwise},
    {LayerType::kIDENTITY, same_element},
    {LayerType::kREFORMAT, same_element},
    {LayerType::kCAST, same_element},
    {LayerType::kCONCATENATION, concatenation},
    {LayerType::kSHUFFLE, shuffle},
    {LayerType::kREDUCE, reduce_sum},
    {LayerType::kSLICE, slice},
};

}  // namespace

void store_element(const TensorDesc& desc, void* data, const int64_t* at, double value) {
  const int64_t offset = offset_in(desc, at);
  if (desc.dtype == DataType::kFLOAT) static_cast<float*>(data)[offset] = static_cast<float>(value);
  if (desc.dtype == DataType::kINT64) static_cast<int64_t*>(data)[offset] = static_cast<int64_t>(value);
  if (desc.dtype == DataType::kINT32) static_cast<int32_t*>(data)[offset] = static_cast<int32_t>(value);
  if (desc.dtype == DataType::kBOOL) static_cast<uint8_t*>(data)[offset] = static_cast<uint8_t>(value);
}

Formula formula_of(const network::ILayer& layer) {
  for (const KindRow& row : kKinds) {
    if (row.kind == layer.getType()) return row.formula;
  }
  return nullptr;
}

double apply_epilogue(const Element& e, double value) {
  const int32_t rank = e.instance.outputs[0].dims.nbDims;
  for (const network::EpilogueOp& op : e.instance.layer->epilogue()) {
    if (op.kind == network::EpilogueOp::Kind::kActivation) {
      value = network::apply_activation(op.activation, value, op.alpha, op.beta);
      continue;
    }
    const double other = load_broadcast(e.instance.inputs[op.input], e.inputs[op.input], e.at, rank);
    value = op.swapped ? network::apply_elementwise(op.elementwise, other, value)
                       : network::apply_elementwise(op.elementwise, value, other);
  }
  return value;
}

}  // namespace torch_tensorrt::engine::testing
