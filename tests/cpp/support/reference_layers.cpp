#include "support/reference_layers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/reference_resize.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::tests {
namespace {

using network::Dims;
using network::HostTensor;
using network::LayerType;
using network::MatrixOperation;
using network::PoolingType;

using Element = ReferenceElement;

double load(const HostTensor& tensor, const Place& at) {
  int64_t flat = 0;
  for (int32_t i = 0; i < tensor.type.dims.nbDims; ++i) {
    flat = flat * tensor.type.dims.d[i] + at[static_cast<size_t>(i)];
  }
  return network::load_double(tensor.type.dtype, tensor.values(), flat);
}

// The element of a tensor that broadcasts to the result's dims.
double load_broadcast(const HostTensor& tensor, const Place& at) {
  const Dims& dims = tensor.type.dims;
  Place place(at.end() - dims.nbDims, at.end());
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] == 1) place[static_cast<size_t>(i)] = 0;
  }
  return load(tensor, place);
}

template <typename L>
const L& layer_of(const Element& e) {
  return static_cast<const L&>(e.layer);
}

// Calls f for every place in dims.
template <typename F>
void for_each_place(const Dims& dims, F f) {
  Place place(static_cast<size_t>(dims.nbDims), 0);
  const int64_t volume = dims.volume();
  for (int64_t i = 0; i < volume; ++i) {
    int64_t rest = i;
    for (int32_t d = dims.nbDims - 1; d >= 0; --d) {
      place[static_cast<size_t>(d)] = rest % dims.d[d];
      rest /= dims.d[d];
    }
    f(place, i);
  }
}

// ---- convolution ----------------------------------------------------------------------------------------------------

double weight(const Element& e, const network::Weights& weights, size_t input, int64_t index, double missing) {
  if (weights.count > 0) return network::load_double(weights.type, weights.values, index);
  const bool is_input = static_cast<int32_t>(input) < e.layer.own_input_count() && e.inputs[input].data != nullptr;
  if (!is_input) return missing;
  return network::load_double(e.inputs[input].type.dtype, e.inputs[input].values(), index);
}

struct Geometry {
  Dims stride;
  Dims dilation;
  Dims pre;
  Dims post;
};

template <typename L>
Geometry geometry_of(const L& layer, const Dims& input) {
  Geometry geometry{layer.full_stride(), layer.full_dilation(), {}, {}};
  layer.resolved_padding(input, &geometry.pre, &geometry.post);
  return geometry;
}

bool is_inside(const Place& place, const Dims& dims, int32_t first) {
  for (int32_t i = first; i < dims.nbDims; ++i) {
    if (place[static_cast<size_t>(i)] < 0 || place[static_cast<size_t>(i)] >= dims.d[i]) return false;
  }
  return true;
}

double convolution(const Element& e) {
  const auto& layer = layer_of<network::ConvolutionBase>(e);
  const HostTensor& x = e.inputs[0];
  const Geometry geometry = geometry_of(layer, x.type.dims);
  const Dims& kernel = layer.getKernelSizeNd();
  const int64_t channels = x.type.dims.d[1] / layer.getNbGroups();
  const int64_t maps = layer.getNbOutputMaps() / layer.getNbGroups();
  double sum = weight(e, layer.getBiasWeights(), 2, e.at[1], 0.0);
  for (int64_t c = 0; c < channels; ++c) {
    for_each_place(kernel, [&](const Place& k, int64_t tap) {
      Place place = e.at;
      place[1] = e.at[1] / maps * channels + c;
      for (size_t i = 0; i < k.size(); ++i) {
        place[i + 2] = e.at[i + 2] * geometry.stride.d[i] - geometry.pre.d[i] + k[i] * geometry.dilation.d[i];
      }
      if (!is_inside(place, x.type.dims, 2)) return;
      const int64_t index = (e.at[1] * channels + c) * kernel.volume() + tap;
      sum += load(x, place) * weight(e, layer.getKernelWeights(), 1, index, 0.0);
    });
  }
  return sum;
}

// Gathers the input elements that the scatter would add here: output = input * stride - padding + tap * dilation.
double deconvolution(const Element& e) {
  const auto& layer = layer_of<network::ConvolutionBase>(e);
  const HostTensor& x = e.inputs[0];
  const Geometry geometry = geometry_of(layer, x.type.dims);
  const Dims& kernel = layer.getKernelSizeNd();
  const int64_t channels = x.type.dims.d[1] / layer.getNbGroups();
  const int64_t maps = layer.getNbOutputMaps() / layer.getNbGroups();
  double sum = weight(e, layer.getBiasWeights(), 2, e.at[1], 0.0);
  for (int64_t c = e.at[1] / maps * channels; c < (e.at[1] / maps + 1) * channels; ++c) {
    for_each_place(kernel, [&](const Place& k, int64_t tap) {
      Place place = e.at;
      place[1] = c;
      for (size_t i = 0; i < k.size(); ++i) {
        const int64_t scattered = e.at[i + 2] + geometry.pre.d[i] - k[i] * geometry.dilation.d[i];
        place[i + 2] = scattered % geometry.stride.d[i] == 0 ? scattered / geometry.stride.d[i] : -1;
      }
      if (!is_inside(place, x.type.dims, 2)) return;
      const int64_t index = (c * maps + e.at[1] % maps) * kernel.volume() + tap;
      sum += load(x, place) * weight(e, layer.getKernelWeights(), 1, index, 0.0);
    });
  }
  return sum;
}

// ---- pooling --------------------------------------------------------------------------------------------------------

double pooling(const Element& e) {
  const auto& layer = layer_of<network::IPoolingLayer>(e);
  const HostTensor& x = e.inputs[0];
  const Dims& dims = x.type.dims;
  const Geometry geometry = geometry_of(layer, dims);
  const int32_t first = dims.nbDims - layer.getWindowSizeNd().nbDims;
  double sum = 0;
  double largest = -std::numeric_limits<double>::infinity();
  int64_t inside = 0;
  int64_t padded = 0;
  for_each_place(layer.getWindowSizeNd(), [&](const Place& k, int64_t) {
    Place place = e.at;
    bool is_padded = true;
    for (size_t i = 0; i < k.size(); ++i) {
      const size_t d = static_cast<size_t>(first) + i;
      place[d] = e.at[d] * geometry.stride.d[i] - geometry.pre.d[i] + k[i] * geometry.dilation.d[i];
      is_padded = is_padded && place[d] < dims.d[d] + geometry.post.d[i];
    }
    padded += is_padded ? 1 : 0;
    if (!is_inside(place, dims, first)) return;
    ++inside;
    sum += load(x, place);
    largest = std::max(largest, load(x, place));
  });
  const int64_t counted = layer.getAverageCountExcludesPadding() ? inside : padded;
  const double average = sum / static_cast<double>(layer.getDivisor() != 0 ? layer.getDivisor() : counted);
  switch (layer.getPoolingType()) {
    case PoolingType::kMAX:
      return largest;
    case PoolingType::kAVERAGE:
      return average;
    case PoolingType::kMAX_AVERAGE_BLEND:
      return (1 - layer.getBlendFactor()) * largest + layer.getBlendFactor() * average;
  }
  return 0;
}

// ---- matrices -------------------------------------------------------------------------------------------------------

// Element (row, column) of op(matrix) in the batch.
double matrix_element(const HostTensor& tensor, MatrixOperation op, const Place& batch, int64_t row, int64_t column,
                      bool is_left) {
  const int32_t matrix_rank = op == MatrixOperation::kVECTOR ? 1 : 2;
  const int32_t batch_rank = tensor.type.dims.nbDims - matrix_rank;
  Place place(batch.end() - batch_rank, batch.end());
  for (int32_t i = 0; i < batch_rank; ++i) {
    if (tensor.type.dims.d[i] == 1) place[static_cast<size_t>(i)] = 0;
  }
  if (op == MatrixOperation::kVECTOR) {
    place.push_back(is_left ? column : row);
  } else {
    place.push_back(op == MatrixOperation::kTRANSPOSE ? column : row);
    place.push_back(op == MatrixOperation::kTRANSPOSE ? row : column);
  }
  return load(tensor, place);
}

double matrix_multiply(const Element& e) {
  const auto& layer = layer_of<network::IMatrixMultiplyLayer>(e);
  const MatrixOperation left = layer.getOperation(0);
  const MatrixOperation right = layer.getOperation(1);
  const Dims& a = e.inputs[0].type.dims;
  const int64_t inner = left == MatrixOperation::kTRANSPOSE ? a.d[a.nbDims - 2] : a.d[a.nbDims - 1];
  Place batch = e.at;
  int64_t row = 0;
  int64_t column = 0;
  if (right != MatrixOperation::kVECTOR) {
    column = batch.back();
    batch.pop_back();
  }
  if (left != MatrixOperation::kVECTOR) {
    row = batch.back();
    batch.pop_back();
  }
  // Missing leading dimensions count as 1.
  batch.insert(batch.begin(), Dims::MAX_DIMS, 0);
  double sum = 0;
  for (int64_t k = 0; k < inner; ++k) {
    sum += matrix_element(e.inputs[0], left, batch, row, k, true) *
           matrix_element(e.inputs[1], right, batch, k, column, false);
  }
  return sum;
}

// ---- statistics -----------------------------------------------------------------------------------------------------

// Calls f for every input element with the same place outside of the axes, and in the same group of channels.
template <typename F>
void for_each_along(const Element& e, uint32_t axes, int64_t groups, F f) {
  const Dims& dims = e.inputs[0].type.dims;
  Dims range = dims;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if ((axes >> i & 1U) == 0) range.d[i] = 1;
  }
  const int64_t group_size = groups > 1 ? dims.d[1] / groups : 0;
  if (groups > 1) range.d[1] = group_size;
  for_each_place(range, [&](Place place, int64_t) {
    for (int32_t i = 0; i < dims.nbDims; ++i) {
      const auto d = static_cast<size_t>(i);
      if (groups > 1 && i == 1) {
        place[d] += e.at[d] / group_size * group_size;
      } else if ((axes >> i & 1U) == 0) {
        place[d] = e.at[d];
      }
    }
    f(load(e.inputs[0], place));
  });
}

double softmax(const Element& e) {
  const auto& layer = layer_of<network::ISoftMaxLayer>(e);
  double largest = -std::numeric_limits<double>::infinity();
  for_each_along(e, layer.getAxes(), 1, [&](double x) { largest = std::max(largest, x); });
  double sum = 0;
  for_each_along(e, layer.getAxes(), 1, [&](double x) { sum += std::exp(x - largest); });
  const double x = load(e.inputs[0], e.at);
  return layer.getLog() ? x - largest - std::log(sum) : std::exp(x - largest) / sum;
}

double normalization(const Element& e) {
  const auto& layer = layer_of<network::INormalizationLayer>(e);
  const int64_t groups = layer.getNbGroups();
  // With groups, normalizes all dims after the channels.
  const uint32_t axes = groups > 1 ? ~3U : layer.getAxes();
  double count = 0;
  double sum = 0;
  for_each_along(e, axes, groups, [&](double x) {
    count += 1;
    sum += x;
  });
  const double mean = layer.getRms() ? 0 : sum / count;
  double squares = 0;
  for_each_along(e, axes, groups, [&](double x) { squares += (x - mean) * (x - mean); });
  double value = (load(e.inputs[0], e.at) - mean) / std::sqrt(squares / count + layer.getEpsilon());
  size_t next = 1;
  if (layer.getHasScale()) value *= load_broadcast(e.inputs[next++], e.at);
  if (layer.getHasBias()) value += load_broadcast(e.inputs[next++], e.at);
  return value;
}

double cumulative(const Element& e) {
  using network::CumulativeOperation;
  const auto& layer = layer_of<network::ICumulativeLayer>(e);
  const auto axis = static_cast<size_t>(layer.getAxis());
  Place place = e.at;
  place[axis] = 0;
  double result = load(e.inputs[0], place);
  for (int64_t i = 1; i <= e.at[axis]; ++i) {
    place[axis] = i;
    const double x = load(e.inputs[0], place);
    switch (layer.getOperation()) {
      case CumulativeOperation::kSUM:
        result += x;
        break;
      case CumulativeOperation::kPROD:
        result *= x;
        break;
      case CumulativeOperation::kMAX:
        result = std::max(result, x);
        break;
      case CumulativeOperation::kMIN:
        result = std::min(result, x);
        break;
    }
  }
  return result;
}

struct Row {
  LayerType type;
  double (*element)(const Element&);
};
constexpr Row kRows[] = {
    {LayerType::kCONVOLUTION, convolution}, {LayerType::kDECONVOLUTION, deconvolution},
    {LayerType::kPOOLING, pooling},         {LayerType::kMATRIX_MULTIPLY, matrix_multiply},
    {LayerType::kSOFTMAX, softmax},         {LayerType::kNORMALIZATION, normalization},
    {LayerType::kRESIZE, reference_resize}, {LayerType::kCUMULATIVE, cumulative},
};

}  // namespace

double reference_element(const ReferenceElement& element) {
  for (const Row& row : kRows) {
    if (row.type == element.layer.getType()) return row.element(element);
  }
  TORCHTRT_THROW_ERROR("the reference has no formula for " << describe(element.layer));
}

}  // namespace torch_tensorrt::tests
