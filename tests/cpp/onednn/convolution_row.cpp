#include "onednn/convolution_row.h"

namespace torch_tensorrt::engine::testing {

using network::Dims;
using network::EpilogueOp;

int64_t or_default(const Dims& dims, size_t i, int64_t value) { return dims.nbDims > 0 ? dims.d[i] : value; }

void set_attributes(network::ConvolutionBase& layer, const ConvolutionRow& row) {
  layer.setNbGroups(row.groups);
  layer.setStrideNd(row.stride);
  layer.setDilationNd(row.dilation);
  layer.setPrePadding(row.pre);
  layer.setPostPadding(row.post);
}

void PrintTo(const ConvolutionRow& row, std::ostream* out) { *out << row.name; }

Dims kernel_dims(const ConvolutionRow& row) {
  std::vector<int64_t> dims{row.maps, row.input.d[1] / row.groups};
  for (int32_t i = 0; i < row.kernel.nbDims; ++i) dims.push_back(row.kernel.d[i]);
  return Dims(dims);
}

Tensor convolve(const ConvolutionRow& row, const Tensor& x, const Tensor& kernel, const Tensor& bias,
                const Dims& output) {
  const auto rank = static_cast<size_t>(row.kernel.nbDims);
  const Dims taps = kernel.dims;
  const int64_t maps_per_group = row.maps / row.groups;
  return make_tensor(output, [&](const std::vector<int64_t>& out) {
    double sum = row.bias ? bias.at({out[1]}) : 0.0;
    const Dims window(taps.nbDims - 1, taps.d + 1);  // channel, tap...
    for (int64_t flat = 0; flat < window.volume(); ++flat) {
      std::vector<int64_t> tap(static_cast<size_t>(window.nbDims));
      int64_t rest = flat;
      for (size_t i = tap.size(); i-- > 0;) {
        tap[i] = rest % window.d[i];
        rest /= window.d[i];
      }
      std::vector<int64_t> in{out[0], out[1] / maps_per_group * taps.d[1] + tap[0]};
      bool inside = true;
      for (size_t i = 0; i < rank; ++i) {
        in.push_back(out[i + 2] * or_default(row.stride, i, 1) - or_default(row.pre, i, 0) +
                     tap[i + 1] * or_default(row.dilation, i, 1));
        inside = inside && in.back() >= 0 && in.back() < row.input.d[i + 2];
      }
      std::vector<int64_t> weight{out[1]};
      weight.insert(weight.end(), tap.begin(), tap.end());
      if (inside) sum += x.at(in) * kernel.at(weight);
    }
    return sum;
  });
}

network::IConvolutionLayer* add_convolution(OneLayer& net, const ConvolutionRow& row, Tensor& expected) {
  const Tensor x = random_tensor(row.input, 1);
  const Tensor kernel = random_tensor(kernel_dims(row), 2);
  const Tensor bias = random_tensor(Dims{row.maps}, 3);
  auto* layer = net.network().addConvolutionNd(*net.input(x), row.maps, row.kernel, net.weights(kernel),
                                               row.bias ? net.weights(bias) : network::Weights{});
  net.set(layer);
  set_attributes(*layer, row);
  expected = convolve(row, x, kernel, bias, layer->getOutput(0)->getDimensions());
  return layer;
}

EpilogueOp activation(network::ActivationType type, float alpha, float beta) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kActivation;
  op.activation = type;
  op.alpha = alpha;
  op.beta = beta;
  return op;
}

EpilogueOp binary(network::ElementWiseOperation operation, bool swapped) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kElementWise;
  op.elementwise = operation;
  op.swapped = swapped;
  return op;
}

}  // namespace torch_tensorrt::engine::testing
