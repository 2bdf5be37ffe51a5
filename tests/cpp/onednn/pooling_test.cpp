#include <gtest/gtest.h>

#include "onednn/one_layer.h"

namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using network::PaddingMode;
using network::PoolingType;
using network::ReduceOperation;
using network::TensorFormat;
using testing::make_tensor;
using testing::OneLayer;
using testing::random_tensor;
using testing::Tensor;

constexpr const char* kPooling = "onednn.pooling";
constexpr const char* kReduction = "onednn.spatial_reduction";
// Averages of at most a few thousand numbers below 1, in another order than the loops', in fp32.
constexpr double kTolerance = 1e-5;
constexpr TensorFormat kFormats[] = {TensorFormat::kLINEAR, TensorFormat::kHWC};

enum class Kind { kMax, kAverage, kAverageOfInside };

struct Row {
  const char* name;
  Kind kind;
  Dims input;
  Dims window;
  Dims stride = {};
  Dims pre = {};
  Dims post = {};
  Dims dilation = {};
  PaddingMode mode = PaddingMode::kEXPLICIT_ROUND_DOWN;
};

int64_t or_default(const Dims& dims, size_t i, int64_t value) { return dims.nbDims > 0 ? dims.d[i] : value; }

std::vector<int64_t> unflatten(int64_t flat, const Dims& dims) {
  std::vector<int64_t> index(static_cast<size_t>(dims.nbDims));
  for (size_t i = index.size(); i-- > 0; flat /= dims.d[i]) index[i] = flat % dims.d[i];
  return index;
}

// What one window holds.
struct Window {
  double sum = 0;
  int64_t inside = 0;  // taps in the input
  int64_t padded = 0;  // taps in the input or its declared padding
};

Window look(const Row& row, const Tensor& x, const std::vector<int64_t>& out) {
  Window window;
  for (int64_t flat = 0; flat < row.window.volume(); ++flat) {
    const auto tap = unflatten(flat, row.window);
    std::vector<int64_t> in{out[0], out[1]};
    bool inside = true;
    bool padded = true;
    for (size_t i = 0; i < tap.size(); ++i) {
      const int64_t place = out[i + 2] * or_default(row.stride, i, row.window.d[i]) - or_default(row.pre, i, 0) +
                            tap[i] * or_default(row.dilation, i, 1);
      inside = inside && place >= 0 && place < row.input.d[i + 2];
      padded = padded && place < row.input.d[i + 2] + or_default(row.post, i, 0);
      in.push_back(place);
    }
    window.padded += padded ? 1 : 0;
    if (!inside) continue;
    ++window.inside;
    window.sum += x.at(in);
  }
  return window;
}

Tensor pool(const Row& row, const Tensor& x, const Dims& output) {
  return make_tensor(output, [&](const std::vector<int64_t>& out) {
    const Window window = look(row, x, out);
    return window.sum / static_cast<double>(row.kind == Kind::kAverage ? window.padded : window.inside);
  });
}

network::IPoolingLayer* add_layer(OneLayer& net, const Row& row, const Tensor& x) {
  const auto type = row.kind == Kind::kMax ? PoolingType::kMAX : PoolingType::kAVERAGE;
  auto* layer = net.network().addPoolingNd(*net.input(x), type, row.window);
  net.set(layer);
  layer->setAverageCountExcludesPadding(row.kind == Kind::kAverageOfInside);
  layer->setStrideNd(row.stride);
  layer->setPrePadding(row.pre);
  layer->setPostPadding(row.post);
  layer->setDilationNd(row.dilation);
  layer->setPaddingMode(row.mode);
  return layer;
}

constexpr auto kCeil = PaddingMode::kEXPLICIT_ROUND_UP;
const Row kRows[] = {
    {"Average2x2", Kind::kAverage, Dims{2, 16, 8, 8}, Dims{2, 2}},
    {"AverageCountsPadding", Kind::kAverage, Dims{1, 16, 9, 9}, Dims{3, 3}, Dims{2, 2}, Dims{1, 1}, Dims{1, 1}},
    {"AverageOfInside", Kind::kAverageOfInside, Dims{1, 16, 9, 9}, Dims{3, 3}, Dims{2, 2}, Dims{1, 1}, Dims{1, 1}},
    {"AverageOfInsideCeil", Kind::kAverageOfInside, Dims{1, 16, 12, 12}, Dims{3, 3}, Dims{2, 2}, {}, {}, {}, kCeil},
    {"AverageThreeDimensions", Kind::kAverage, Dims{1, 16, 6, 6, 6}, Dims{3, 3, 3}, Dims{3, 3, 3}},
    {"AverageOddChannels", Kind::kAverageOfInside, Dims{2, 5, 7, 9}, Dims{3, 2}, Dims{1, 2}, Dims{1, 0}, Dims{1, 0}},
    {"AverageAsymmetric", Kind::kAverageOfInside, Dims{1, 16, 8, 8}, Dims{3, 3}, Dims{2, 2}, Dims{0, 1}, Dims{1, 0}},
    {"AverageOneDimension", Kind::kAverage, Dims{2, 16, 20}, Dims{3}, Dims{2}, Dims{1}, Dims{1}},
    {"AverageOfAll", Kind::kAverage, Dims{2, 40, 7, 7}, Dims{7, 7}, Dims{1, 1}},
};

class OnednnPooling : public ::testing::TestWithParam<std::tuple<Row, TensorFormat>> {};

TEST_P(OnednnPooling, GivesWhatTheLoopsGive) {
  const auto& [row, format] = GetParam();
  OneLayer net;
  const Tensor x = random_tensor(row.input, 1);
  const auto* layer = add_layer(net, row, x);
  ASSERT_EQ(net.declined(kPooling, format), "");
  expect_near(net.run(kPooling, format), pool(row, x, layer->getOutput(0)->getDimensions()), kTolerance, row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnPooling,
                         ::testing::Combine(::testing::ValuesIn(kRows), ::testing::ValuesIn(kFormats)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

// oneDNN 3.2 has no fast implementation of it; a later one may.
TEST(OnednnPoolingDilated, IsRightOrDeclined) {
  const Row row = {
      "Dilated", Kind::kAverageOfInside, Dims{1, 16, 12, 12}, Dims{3, 3}, Dims{1, 1}, Dims{1, 1}, Dims{1, 1},
      Dims{2, 2}};
  for (const auto format : kFormats) {
    OneLayer net;
    const Tensor x = random_tensor(row.input, 1);
    const auto* layer = add_layer(net, row, x);
    const std::string reason = net.declined(kPooling, format);
    if (reason.empty()) {
      expect_near(net.run(kPooling, format), pool(row, x, layer->getOutput(0)->getDimensions()), kTolerance, row.name);
    } else {
      EXPECT_NE(reason.find("reference implementation"), std::string::npos) << reason;
    }
  }
}

// oneDNN's maxima drop a NaN, and start at the smallest finite number instead of minus infinity.
TEST(OnednnPoolingDeclines, Maxima) {
  for (const auto format : kFormats) {
    OneLayer net;
    add_layer(net, {"Max", Kind::kMax, Dims{1, 16, 8, 8}, Dims{2, 2}}, random_tensor(Dims{1, 16, 8, 8}, 1));
    EXPECT_NE(net.declined(kPooling, format).find("NaN"), std::string::npos);
  }
}

// Such a window would be all padding.
TEST(OnednnPoolingDeclines, PaddingAsLargeAsTheWindow) {
  const Row rows[] = {
      {"Before", Kind::kAverageOfInside, Dims{1, 16, 8, 8}, Dims{2, 2}, Dims{1, 1}, Dims{2, 2}, Dims{0, 0}},
      {"Behind", Kind::kAverageOfInside, Dims{1, 16, 8, 8}, Dims{2, 2}, Dims{1, 1}, Dims{0, 0}, Dims{2, 2}},
  };
  for (const Row& row : rows) {
    OneLayer net;
    add_layer(net, row, random_tensor(row.input, 1));
    EXPECT_NE(net.declined(kPooling, TensorFormat::kHWC).find("as large as the window"), std::string::npos) << row.name;
  }
}

// PyTorch does not count what lies behind the declared padding, oneDNN does.
TEST(OnednnPoolingDeclines, AveragesWhoseWindowsReachBehindThePadding) {
  const Row row = {"Ceil", Kind::kAverage, Dims{1, 16, 12, 12}, Dims{3, 3}, Dims{2, 2}, {}, {}, {}, kCeil};
  for (const auto format : kFormats) {
    OneLayer net;
    add_layer(net, row, random_tensor(row.input, 1));
    EXPECT_NE(net.declined(kPooling, format).find("past the padding"), std::string::npos);
  }
}

TEST(OnednnPoolingDeclines, ADivisorOfItsOwn) {
  OneLayer net;
  const Row row = {"Divisor", Kind::kAverage, Dims{1, 16, 8, 8}, Dims{2, 2}};
  auto* layer = add_layer(net, row, random_tensor(row.input, 1));
  layer->setDivisor(3);
  EXPECT_NE(net.declined(kPooling, TensorFormat::kHWC).find("divisor"), std::string::npos);
}

TEST(OnednnPoolingDeclines, Blends) {
  OneLayer net;
  auto* x = net.input(random_tensor(Dims{1, 16, 8, 8}, 1));
  net.set(net.network().addPoolingNd(*x, PoolingType::kMAX_AVERAGE_BLEND, Dims{2, 2}));
  EXPECT_NE(net.declined(kPooling, TensorFormat::kHWC).find("NaN"), std::string::npos);
}

TEST(OnednnPoolingDeclines, InputsWithoutABatch) {
  OneLayer net;
  const Row row = {"Unbatched", Kind::kAverage, Dims{16, 8, 8}, Dims{2, 2}};
  add_layer(net, row, random_tensor(row.input, 1));
  EXPECT_NE(net.declined(kPooling, TensorFormat::kLINEAR).find("batch"), std::string::npos);
}

// ---- reductions over all spatial dimensions ------------------------------------------------------------------------

struct ReduceRow {
  const char* name;
  ReduceOperation operation;
  Dims input;
  bool keep;
};

constexpr uint32_t spatial_axes(int32_t rank) { return ((1U << rank) - 1U) & ~3U; }

Tensor reduce(const ReduceRow& row, const Tensor& x, const Dims& output) {
  const Dims spatial(row.input.nbDims - 2, row.input.d + 2);
  return make_tensor(output, [&](const std::vector<int64_t>& out) {
    double sum = 0;
    for (int64_t flat = 0; flat < spatial.volume(); ++flat) {
      auto in = unflatten(flat, spatial);
      in.insert(in.begin(), {out[0], out[1]});
      sum += x.at(in);
    }
    return sum / static_cast<double>(spatial.volume());
  });
}

const ReduceRow kReductions[] = {
    {"Average", ReduceOperation::kAVG, Dims{2, 64, 7, 7}, true},
    {"AverageWithoutDims", ReduceOperation::kAVG, Dims{2, 64, 7, 7}, false},
    {"AverageOddChannels", ReduceOperation::kAVG, Dims{1, 13, 5, 9}, true},
    {"AverageOfManyPlaces", ReduceOperation::kAVG, Dims{1, 16, 56, 56}, true},
    {"AverageOneDimension", ReduceOperation::kAVG, Dims{2, 16, 33}, true},
    {"AverageThreeDimensions", ReduceOperation::kAVG, Dims{1, 16, 3, 4, 5}, false},
    {"AverageOfOnePlace", ReduceOperation::kAVG, Dims{2, 16, 1, 1}, true},
};

class OnednnSpatialReduction : public ::testing::TestWithParam<std::tuple<ReduceRow, TensorFormat>> {};

TEST_P(OnednnSpatialReduction, GivesWhatTheLoopsGive) {
  const auto& [row, format] = GetParam();
  OneLayer net;
  const Tensor x = random_tensor(row.input, 1);
  auto* layer = net.network().addReduce(*net.input(x), row.operation, spatial_axes(row.input.nbDims), row.keep);
  net.set(layer);
  ASSERT_EQ(net.declined(kReduction, format), "");
  expect_near(net.run(kReduction, format), reduce(row, x, layer->getOutput(0)->getDimensions()), kTolerance, row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnSpatialReduction,
                         ::testing::Combine(::testing::ValuesIn(kReductions), ::testing::ValuesIn(kFormats)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

TEST(OnednnSpatialReductionDeclines, OtherAxesAndOperations) {
  const struct {
    ReduceOperation operation;
    uint32_t axes;
  } rows[] = {{ReduceOperation::kAVG, 1U << 3},
              {ReduceOperation::kAVG, 1U << 1},
              {ReduceOperation::kAVG, 0},
              {ReduceOperation::kAVG, 0xF},
              {ReduceOperation::kSUM, spatial_axes(4)},
              {ReduceOperation::kMAX, spatial_axes(4)}};
  for (const auto& row : rows) {
    OneLayer net;
    auto* x = net.input(random_tensor(Dims{1, 16, 4, 4}, 1));
    net.set(net.network().addReduce(*x, row.operation, row.axes, /*keep_dimensions=*/true));
    EXPECT_NE(net.declined(kReduction, TensorFormat::kHWC).find("spatial"), std::string::npos) << row.axes;
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine
