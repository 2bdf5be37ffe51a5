#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "onednn/library.h"
#include "onednn/one_layer.h"

namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using network::TensorFormat;
using testing::make_tensor;
using testing::OneLayer;
using testing::random_tensor;
using testing::Tensor;

constexpr const char* kSoftmax = "onednn.softmax";
constexpr const char* kLayerNorm = "onednn.layer_normalization";
constexpr TensorFormat kFormats[] = {TensorFormat::kLINEAR, TensorFormat::kHWC};
// Sums of at most a thousand numbers, in another order than the loops', in fp32; exp as a polynomial.
constexpr double kTolerance = 1e-5;

// Calls `visit` with the index of every element along the axis.
template <typename Visit>
void along(const Dims& dims, int32_t axis, std::vector<int64_t> at, Visit visit) {
  for (at[axis] = 0; at[axis] < dims.d[axis]; ++at[axis]) visit(at);
}

// ---- softmax -------------------------------------------------------------------------------------------------------

struct SoftmaxRow {
  const char* name;
  Dims dims;
  int32_t axis;
  bool log = false;
  double scale = 5;  // of the inputs
};

Tensor scaled_tensor(const Dims& dims, double scale) {
  const Tensor random = random_tensor(dims, 1);
  return make_tensor(dims, [&](const auto& at) { return scale * random.at(at); });
}

Tensor softmax(const SoftmaxRow& row, const Tensor& x) {
  return make_tensor(row.dims, [&](const std::vector<int64_t>& out) {
    double maximum = x.at(out);
    along(row.dims, row.axis, out, [&](const auto& at) { maximum = std::max(maximum, x.at(at)); });
    double sum = 0;
    along(row.dims, row.axis, out, [&](const auto& at) { sum += std::exp(x.at(at) - maximum); });
    const double shifted = x.at(out) - maximum;
    return row.log ? shifted - std::log(sum) : std::exp(shifted) / sum;
  });
}

void add_softmax(OneLayer& net, const SoftmaxRow& row, const Tensor& x) {
  auto* layer = net.network().addSoftMax(*net.input(x));
  layer->setAxes(1U << row.axis);
  layer->setLog(row.log);
  net.set(layer);
}

// Along a dimension whose elements lie side by side, or of channels last.
const SoftmaxRow kSoftmaxes[] = {
    {"Classes", Dims{2, 1000}, 1},
    {"OddClasses", Dims{3, 7}, 1},
    {"OneRow", Dims{10}, 0},
    {"Attention", Dims{2, 3, 17, 17}, 3},
    {"OneElement", Dims{4, 1}, 1},
    // exp of the numbers themselves would overflow.
    {"LargeNumbers", Dims{2, 50}, 1, /*log=*/false, /*scale=*/1000},
};
const SoftmaxRow kSoftmaxesOfChannels[] = {
    {"Channels", Dims{2, 21, 5, 6}, 1},
};

class OnednnSoftmax : public ::testing::TestWithParam<std::tuple<SoftmaxRow, TensorFormat>> {};

TEST_P(OnednnSoftmax, GivesWhatTheLoopsGive) {
  const auto& [row, format] = GetParam();
  const Tensor x = scaled_tensor(row.dims, row.scale);
  OneLayer net;
  add_softmax(net, row, x);
  if (!testing::has_fast_softmax(row.dims, row.axis, format)) GTEST_SKIP() << testing::kOnlyReference;
  ASSERT_EQ(net.declined(kSoftmax, format), "");
  expect_near(net.run(kSoftmax, format), softmax(row, x), kTolerance, row.name);
  expect_near(net.run_in_place(kSoftmax, format), softmax(row, x), kTolerance, "in place");
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnSoftmax,
                         ::testing::Combine(::testing::ValuesIn(kSoftmaxes), ::testing::Values(TensorFormat::kLINEAR)),
                         [](const auto& info) { return std::string(std::get<0>(info.param).name); });

INSTANTIATE_TEST_SUITE_P(OfChannels, OnednnSoftmax,
                         ::testing::Combine(::testing::ValuesIn(kSoftmaxesOfChannels),
                                            ::testing::Values(TensorFormat::kHWC)),
                         [](const auto& info) { return std::string(std::get<0>(info.param).name); });

// oneDNN 3.2 has no fast implementation of these; a later one may.
TEST(OnednnSoftmaxAcrossMemory, IsRightOrDeclined) {
  const SoftmaxRow rows[] = {{"FirstOfTwo", Dims{9, 33}, 0},
                             {"Rows", Dims{2, 21, 5, 6}, 2},
                             {"Channels", Dims{2, 21, 5, 6}, 1},
                             {"Columns", Dims{2, 21, 5, 6}, 3}};
  for (const SoftmaxRow& row : rows) {
    for (const auto format : kFormats) {
      const Tensor x = scaled_tensor(row.dims, row.scale);
      OneLayer net;
      add_softmax(net, row, x);
      const std::string reason = net.declined(kSoftmax, format);
      if (reason.empty()) {
        expect_near(net.run(kSoftmax, format), softmax(row, x), kTolerance, row.name);
      } else {
        EXPECT_NE(reason.find("reference implementation"), std::string::npos) << row.name << ": " << reason;
      }
    }
  }
}

// ---- layer normalization -------------------------------------------------------------------------------------------

struct NormRow {
  const char* name;
  Dims dims;
  float epsilon = 1e-5F;
  double offset = 0;  // mean of the inputs
};

Tensor layer_norm(const NormRow& row, const Tensor& x, const Tensor& scale, const Tensor& bias) {
  const int32_t axis = row.dims.nbDims - 1;
  const auto width = static_cast<double>(row.dims.d[axis]);
  return make_tensor(row.dims, [&](const std::vector<int64_t>& out) {
    double mean = 0;
    along(row.dims, axis, out, [&](const auto& at) { mean += x.at(at) / width; });
    double variance = 0;
    along(row.dims, axis, out, [&](const auto& at) { variance += (x.at(at) - mean) * (x.at(at) - mean) / width; });
    return (x.at(out) - mean) / std::sqrt(variance + row.epsilon) * scale.at(out) + bias.at(out);
  });
}

const NormRow kNorms[] = {
    {"Rows", Dims{5, 64}},
    {"OddRows", Dims{3, 37}},
    {"Tokens", Dims{2, 9, 96}},
    {"Windows", Dims{2, 3, 4, 48}},
    {"LargeEpsilon", Dims{5, 64}, 0.5F},
    // The variance must not be a difference of large squares.
    {"FarFromZero", Dims{4, 64}, 1e-5F, 100.0},
};

// Fp32 holds numbers near 100 to 4e-6, and what is normalized here has a spread of 0.6.
constexpr double kFarTolerance = 5e-5;

Tensor norm_input(const NormRow& row) {
  const Tensor random = random_tensor(row.dims, 1);
  return make_tensor(row.dims, [&](const auto& at) { return row.offset + random.at(at); });
}

struct Norm {
  Tensor x;
  Tensor scale;
  Tensor bias;
};

Norm add_norm(OneLayer& net, const NormRow& row, bool constant) {
  const Dims width{row.dims.d[row.dims.nbDims - 1]};
  Norm norm{norm_input(row), random_tensor(width, 2), random_tensor(width, 3)};
  auto* input = net.input(norm.x);
  auto* scale = constant ? net.constant(norm.scale) : net.input(norm.scale);
  auto* bias = constant ? net.constant(norm.bias) : net.input(norm.bias);
  auto* layer = net.network().addNormalization(*input, *scale, *bias, 1U << (row.dims.nbDims - 1));
  layer->setEpsilon(row.epsilon);
  net.set(layer);
  return norm;
}

class OnednnLayerNormalization : public ::testing::TestWithParam<std::tuple<NormRow, bool>> {};

TEST_P(OnednnLayerNormalization, GivesWhatTheLoopsGive) {
  const auto& [row, constant] = GetParam();
  OneLayer net;
  const Norm norm = add_norm(net, row, constant);
  const Tensor expected = layer_norm(row, norm.x, norm.scale, norm.bias);
  const double tolerance = row.offset != 0 ? kFarTolerance : kTolerance;
  ASSERT_EQ(net.declined(kLayerNorm, TensorFormat::kLINEAR), "");
  expect_near(net.run(kLayerNorm, TensorFormat::kLINEAR), expected, tolerance, row.name);
  expect_near(net.run_in_place(kLayerNorm, TensorFormat::kLINEAR), expected, tolerance, "in place");
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnLayerNormalization,
                         ::testing::Combine(::testing::ValuesIn(kNorms), ::testing::Bool()), [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  (std::get<1>(info.param) ? "Constant" : "Computed");
                         });

TEST(OnednnLayerNormalizationDeclines, OtherNormalizations) {
  struct Declined {
    const char* name;
    uint32_t axes;
    int64_t groups;
    bool rms;
    bool affine;
  };
  const Declined rows[] = {
      {"of two dimensions", 0xC, 1, false, true}, {"of another dimension", 0x4, 1, false, true},
      {"group norm", 0xC, 4, false, true},        {"rms norm", 0x8, 1, true, true},
      {"without scale", 0x8, 1, false, false},
  };
  for (const Declined& row : rows) {
    OneLayer net;
    auto* x = net.input(random_tensor(Dims{2, 8, 6, 16}, 1));
    auto* scale = row.affine ? net.constant(random_tensor(Dims{16}, 2)) : nullptr;
    auto* bias = row.affine ? net.constant(random_tensor(Dims{16}, 3)) : nullptr;
    auto* layer = net.network().addNormalization(*x, scale, bias, row.axes);
    layer->setNbGroups(row.groups);
    layer->setRms(row.rms);
    net.set(layer);
    EXPECT_NE(net.declined(kLayerNorm, TensorFormat::kLINEAR), "") << row.name;
  }
}

// They are broadcast: as many elements as the last dimension has need not be its own.
TEST(OnednnLayerNormalizationDeclines, ScaleOrBiasThatIsNotOfTheLastDimension) {
  for (const Dims& scale_dims : {Dims{1}, Dims{16, 1}}) {
    OneLayer net;
    auto* x = net.input(random_tensor(Dims{16, 16}, 1));
    auto* scale = net.constant(random_tensor(scale_dims, 2));
    auto* bias = net.constant(random_tensor(Dims{16}, 3));
    net.set(net.network().addNormalization(*x, *scale, *bias, 1U << 1));
    EXPECT_NE(net.declined(kLayerNorm, TensorFormat::kLINEAR).find("last dimension"), std::string::npos)
        << network::to_string(scale_dims);
  }
}

TEST(OnednnLayerNormalizationDeclines, ChannelsLast) {
  OneLayer net;
  add_norm(net, {"Tokens", Dims{2, 9, 96}}, /*constant=*/true);
  EXPECT_NE(net.declined(kLayerNorm, TensorFormat::kHWC), "");
}

}  // namespace
}  // namespace torch_tensorrt::engine
