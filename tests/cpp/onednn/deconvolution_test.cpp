#include <gtest/gtest.h>

#include "onednn/convolution_row.h"
#include "onednn/library.h"
#include "onednn/one_layer.h"

namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using network::TensorFormat;
using testing::OneLayer;
using testing::or_default;
using testing::random_tensor;
using testing::Tensor;

constexpr const char* kTactic = "onednn.deconvolution";
// Sums of a few hundred products of numbers below 1, in another order than the loops', in fp32.
constexpr double kTolerance = 1e-5;

using Row = testing::ConvolutionRow;

// With the maps of the input first.
Dims transposed_kernel_dims(const Row& row) {
  std::vector<int64_t> dims{row.input.d[1], row.maps / row.groups};
  for (int32_t i = 0; i < row.kernel.nbDims; ++i) dims.push_back(row.kernel.d[i]);
  return Dims(dims);
}

std::vector<int64_t> unflatten(int64_t flat, const Dims& dims) {
  std::vector<int64_t> index(static_cast<size_t>(dims.nbDims));
  for (size_t i = index.size(); i-- > 0; flat /= dims.d[i]) index[i] = flat % dims.d[i];
  return index;
}

// The definition: every input element adds its kernel, times itself, around its place.
Tensor deconvolve(const Row& row, const Tensor& x, const Tensor& kernel, const Tensor& bias, const Dims& output) {
  const int64_t maps_per_group = row.maps / row.groups;
  const int64_t channels_per_group = row.input.d[1] / row.groups;
  std::vector<double> sums(static_cast<size_t>(output.volume()));
  for (int64_t flat = 0; flat < output.volume(); ++flat) {
    if (row.bias) sums[static_cast<size_t>(flat)] = bias.at({unflatten(flat, output)[1]});
  }
  const Dims taps(kernel.dims.nbDims - 1, kernel.dims.d + 1);  // map of the group, tap...
  for (int64_t from = 0; from < row.input.volume(); ++from) {
    const auto in = unflatten(from, row.input);
    for (int64_t t = 0; t < taps.volume(); ++t) {
      const auto tap = unflatten(t, taps);
      int64_t place = in[0] * row.maps + in[1] / channels_per_group * maps_per_group + tap[0];
      bool inside = true;
      for (size_t i = 0; i + 2 < in.size(); ++i) {
        const int64_t at = in[i + 2] * or_default(row.stride, i, 1) - or_default(row.pre, i, 0) +
                           tap[i + 1] * or_default(row.dilation, i, 1);
        inside = inside && at >= 0 && at < output.d[i + 2];
        place = place * output.d[i + 2] + at;
      }
      std::vector<int64_t> weight{in[1]};
      weight.insert(weight.end(), tap.begin(), tap.end());
      if (inside) sums[static_cast<size_t>(place)] += x.at(in) * kernel.at(weight);
    }
  }
  return {output, std::vector<float>(sums.begin(), sums.end())};
}

network::IDeconvolutionLayer* add_layer(OneLayer& net, const Row& row, Tensor& expected) {
  const Tensor x = random_tensor(row.input, 1);
  const Tensor kernel = random_tensor(transposed_kernel_dims(row), 2);
  const Tensor bias = random_tensor(Dims{row.maps}, 3);
  auto* layer = net.network().addDeconvolutionNd(*net.input(x), row.maps, row.kernel, net.weights(kernel),
                                                 row.bias ? net.weights(bias) : network::Weights{});
  net.set(layer);
  set_attributes(*layer, row);
  expected = deconvolve(row, x, kernel, bias, layer->getOutput(0)->getDimensions());
  return layer;
}

const Row kRows[] = {
    {"Plain", Dims{2, 16, 5, 6}, 32, Dims{3, 3}},
    {"Upsample2", Dims{1, 32, 5, 6}, 16, Dims{2, 2}, Dims{2, 2}},
    {"Upsample4x4", Dims{1, 16, 5, 6}, 16, Dims{4, 4}, Dims{2, 2}, Dims{1, 1}, Dims{1, 1}},
    {"OutputPadding", Dims{1, 16, 5, 6}, 16, Dims{3, 3}, Dims{2, 2}, Dims{1, 1}, Dims{0, 0}},
    {"NegativePostPadding", Dims{1, 16, 5, 6}, 16, Dims{3, 3}, Dims{2, 2}, Dims{0, 0}, Dims{-1, -1}},
    {"NoBias", Dims{1, 8, 5, 5}, 8, Dims{3, 3}, {}, {}, {}, {}, 1, false},
    {"OddChannels", Dims{1, 5, 5, 5}, 7, Dims{3, 3}},
    {"Dilated", Dims{1, 16, 5, 5}, 16, Dims{3, 3}, {}, {}, {}, Dims{2, 2}},
    {"Grouped", Dims{1, 32, 5, 5}, 64, Dims{3, 3}, Dims{2, 2}, {}, {}, {}, 2},
    {"GroupsOfDifferentSizes", Dims{1, 12, 5, 5}, 18, Dims{3, 3}, {}, {}, {}, {}, 3},
    {"Depthwise", Dims{1, 32, 5, 5}, 32, Dims{3, 3}, Dims{2, 2}, Dims{1, 1}, Dims{0, 0}, {}, 32},
    {"OneDimension", Dims{2, 16, 9}, 32, Dims{3}, Dims{2}},
    {"ThreeDimensions", Dims{1, 16, 3, 4, 5}, 16, Dims{2, 2, 2}, Dims{2, 2, 2}},
};

class OnednnDeconvolution : public ::testing::TestWithParam<std::tuple<Row, TensorFormat>> {};

TEST_P(OnednnDeconvolution, GivesWhatTheLoopsGiveOrDeclines) {
  const auto& [row, format] = GetParam();
  OneLayer net;
  Tensor expected;
  add_layer(net, row, expected);
  const std::string reason = net.declined(kTactic, format);
  if (!reason.empty()) GTEST_SKIP() << reason;
  expect_near(net.run(kTactic, format), expected, kTolerance, row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnDeconvolution,
                         ::testing::Combine(::testing::ValuesIn(kRows),
                                            ::testing::Values(TensorFormat::kLINEAR, TensorFormat::kHWC)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

// What decoders of segmentation networks are made of must be fast where oneDNN is.
TEST(OnednnDeconvolutionTaken, CommonRowsAreTakenChannelsLast) {
  for (const char* name : {"Plain", "Upsample2", "Upsample4x4", "OutputPadding", "NoBias"}) {
    for (const Row& row : kRows) {
      if (std::string(name) != row.name) continue;
      OneLayer net;
      Tensor expected;
      add_layer(net, row, expected);
      const std::string reason = net.declined(kTactic, TensorFormat::kHWC);
      EXPECT_EQ(reason.empty(), testing::has_fast_deconvolution(row)) << row.name << ": " << reason;
    }
  }
}

TEST(OnednnDeconvolutionEpilogue, IsAppliedToTheResult) {
  OneLayer net;
  Tensor expected;
  auto* layer = add_layer(net, kRows[1], expected);
  const Tensor operand = random_tensor(expected.dims, 5);
  network::EpilogueOp sum;
  sum.elementwise = network::ElementWiseOperation::kSUM;
  net.fuse(layer->mutable_epilogue(), sum, &operand, /*is_constant=*/false, expected);
  network::EpilogueOp relu;
  relu.activation = network::ActivationType::kRELU;
  net.fuse(layer->mutable_epilogue(), relu, nullptr, /*is_constant=*/false, expected);
  const std::string reason = net.declined(kTactic, TensorFormat::kHWC);
  if (!reason.empty()) GTEST_SKIP() << reason;
  expect_near(net.run(kTactic, TensorFormat::kHWC), expected, kTolerance, "residual and relu");
}

}  // namespace
}  // namespace torch_tensorrt::engine
