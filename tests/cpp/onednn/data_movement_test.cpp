#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "onednn/one_layer.h"
#include "torch_tensorrt/core/network/layers/basic.h"

namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using network::InterpolationMode;
using network::ResizeCoordinateTransformation;
using network::TensorFormat;
using testing::make_tensor;
using testing::OneLayer;
using testing::random_tensor;
using testing::Tensor;

constexpr const char* kReorder = "onednn.reorder";
constexpr const char* kConcatenation = "onednn.concatenation";
constexpr const char* kResize = "onednn.resize";
constexpr TensorFormat kFormats[] = {TensorFormat::kLINEAR, TensorFormat::kHWC};
constexpr double kExact = 0;  // values are moved

// ---- reorder -------------------------------------------------------------------------------------------------------

class OnednnReorder : public ::testing::TestWithParam<Dims> {};

TEST_P(OnednnReorder, MovesEveryElementToItsPlace) {
  const Tensor x = random_tensor(GetParam(), 1);
  for (const auto in : kFormats) {
    const auto out = in == TensorFormat::kHWC ? TensorFormat::kLINEAR : TensorFormat::kHWC;
    OneLayer net;
    auto* layer = net.network().add_layer(std::make_unique<network::IReformatLayer>("test"));
    layer->setInput(0, *net.input(x));
    net.set(layer);
    expect_near(net.run(kReorder, in, out), x, kExact, "from " + testing::format_name(in));
  }
}

INSTANTIATE_TEST_SUITE_P(Dims, OnednnReorder,
                         ::testing::Values(Dims{1, 3, 9, 11}, Dims{2, 16, 7, 7}, Dims{1, 130, 4, 4},
                                           Dims{2, 3, 4, 5, 6}, Dims{2, 19, 23}),
                         [](const auto& info) { return "Dims" + network::to_string(info.param); });

// ---- concatenation -------------------------------------------------------------------------------------------------

struct JoinRow {
  const char* name;
  int32_t axis;
  std::vector<Dims> inputs;
  bool last_is_constant = false;
};

// The inputs one after the other along the axis.
Tensor join(const JoinRow& row, const std::vector<Tensor>& inputs, const Dims& output) {
  return make_tensor(output, [&](std::vector<int64_t> at) {
    size_t i = 0;
    for (; at[row.axis] >= inputs[i].dims.d[row.axis]; ++i) at[row.axis] -= inputs[i].dims.d[row.axis];
    return inputs[i].at(at);
  });
}

const JoinRow kJoins[] = {
    {"Channels", 1, {Dims{2, 16, 5, 6}, Dims{2, 32, 5, 6}}},
    {"OddChannels", 1, {Dims{2, 3, 5, 6}, Dims{2, 7, 5, 6}, Dims{2, 1, 5, 6}}},
    {"Batch", 0, {Dims{2, 16, 5, 6}, Dims{1, 16, 5, 6}}},
    {"Rows", 2, {Dims{2, 16, 5, 6}, Dims{2, 16, 2, 6}}},
    {"Columns", 3, {Dims{2, 16, 5, 6}, Dims{2, 16, 5, 1}}},
    {"Matrices", 1, {Dims{4, 9}, Dims{4, 5}}},
    {"Vectors", 0, {Dims{4}, Dims{9}}},
    {"One", 1, {Dims{2, 16, 5, 6}}},
    {"WithAConstant", 1, {Dims{2, 16, 5, 6}, Dims{2, 3, 5, 6}}, /*last_is_constant=*/true},
    {"ManyOfADenseBlock",
     1,
     {Dims{1, 64, 7, 7}, Dims{1, 32, 7, 7}, Dims{1, 32, 7, 7}, Dims{1, 32, 7, 7}, Dims{1, 32, 7, 7},
      Dims{1, 32, 7, 7}}},
};

class OnednnConcatenation : public ::testing::TestWithParam<std::tuple<JoinRow, TensorFormat>> {};

TEST_P(OnednnConcatenation, PutsInputsOneAfterTheOther) {
  const auto& [row, format] = GetParam();
  OneLayer net;
  std::vector<Tensor> values;
  std::vector<network::ITensor*> inputs;
  for (const Dims& dims : row.inputs) {
    values.push_back(random_tensor(dims, static_cast<uint32_t>(values.size()) + 1));
    const bool constant = row.last_is_constant && values.size() == row.inputs.size();
    inputs.push_back(constant ? net.constant(values.back()) : net.input(values.back()));
  }
  auto* layer = net.network().addConcatenation(inputs.data(), static_cast<int32_t>(inputs.size()));
  layer->setAxis(row.axis);
  net.set(layer);
  const std::string reason = net.declined(kConcatenation, format);
  // oneDNN copies some of these element by element only, and says so.
  if (!reason.empty()) {
    EXPECT_NE(reason.find("reference implementation"), std::string::npos) << reason;
    return;
  }
  expect_near(net.run(kConcatenation, format), join(row, values, layer->getOutput(0)->getDimensions()), kExact,
              row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnConcatenation,
                         ::testing::Combine(::testing::ValuesIn(kJoins), ::testing::ValuesIn(kFormats)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

// What DenseNet, SqueezeNet and ShuffleNet do most.
TEST(OnednnConcatenationTaken, OfChannelsInBothFormats) {
  for (const auto format : kFormats) {
    OneLayer net;
    network::ITensor* inputs[] = {net.input(random_tensor(Dims{1, 64, 7, 7}, 1)),
                                  net.input(random_tensor(Dims{1, 32, 7, 7}, 2))};
    auto* layer = net.network().addConcatenation(inputs, 2);
    layer->setAxis(1);
    net.set(layer);
    EXPECT_EQ(net.declined(kConcatenation, format), "");
  }
}

// ---- resize --------------------------------------------------------------------------------------------------------

struct ResizeRow {
  const char* name;
  Dims input;
  Dims output;
};

// Linear interpolation between the centers of pixels, edges repeated.
double interpolate(const Tensor& x, const Dims& output, const std::vector<int64_t>& out, size_t axis,
                   std::vector<int64_t>& in) {
  if (axis == out.size()) return x.at(in);
  const double ratio = static_cast<double>(x.dims.d[axis]) / static_cast<double>(output.d[axis]);
  const double place = std::max(0.0, (static_cast<double>(out[axis]) + 0.5) * ratio - 0.5);
  const auto low = std::min(static_cast<int64_t>(place), x.dims.d[axis] - 1);
  const double weight = std::min(1.0, place - static_cast<double>(low));
  in[axis] = low;
  const double before = interpolate(x, output, out, axis + 1, in);
  in[axis] = std::min(low + 1, x.dims.d[axis] - 1);
  return before + weight * (interpolate(x, output, out, axis + 1, in) - before);
}

Tensor resized(const Tensor& x, const Dims& output) {
  return make_tensor(output, [&](const std::vector<int64_t>& out) {
    std::vector<int64_t> in = out;
    return interpolate(x, output, out, /*axis=*/2, in);
  });
}

network::IResizeLayer* add_resize(OneLayer& net, const Tensor& x, const Dims& output) {
  auto* layer = net.network().addResize(*net.input(x));
  layer->setOutputDimensions(output);
  layer->setResizeMode(InterpolationMode::kLINEAR);
  layer->setCoordinateTransformation(ResizeCoordinateTransformation::kHALF_PIXEL);
  net.set(layer);
  return layer;
}

const ResizeRow kResizes[] = {
    {"Twice", Dims{2, 16, 5, 6}, Dims{2, 16, 10, 12}},
    {"Half", Dims{1, 16, 8, 10}, Dims{1, 16, 4, 5}},
    {"Uneven", Dims{1, 5, 7, 9}, Dims{1, 5, 11, 4}},
    {"OneDimension", Dims{2, 16, 9}, Dims{2, 16, 20}},
    {"ThreeDimensions", Dims{1, 8, 3, 4, 5}, Dims{1, 8, 6, 5, 9}},
    {"OnlyRows", Dims{1, 16, 5, 6}, Dims{1, 16, 13, 6}},
    {"FromOnePlace", Dims{1, 16, 1, 1}, Dims{1, 16, 7, 7}},
    {"ToOnePlace", Dims{1, 16, 7, 7}, Dims{1, 16, 1, 1}},
};

class OnednnResize : public ::testing::TestWithParam<std::tuple<ResizeRow, TensorFormat>> {};

TEST_P(OnednnResize, InterpolatesBetweenCenters) {
  const auto& [row, format] = GetParam();
  OneLayer net;
  const Tensor x = random_tensor(row.input, 1);
  add_resize(net, x, row.output);
  const std::string reason = net.declined(kResize, format);
  if (!reason.empty()) {
    EXPECT_NE(reason.find("reference implementation"), std::string::npos) << reason;
    return;
  }
  // Factors of at most a hundred steps, rounded in fp32 before they multiply.
  expect_near(net.run(kResize, format), resized(x, row.output), 1e-5, row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnResize,
                         ::testing::Combine(::testing::ValuesIn(kResizes), ::testing::ValuesIn(kFormats)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

TEST(OnednnResizeTaken, ChannelsLast) {
  OneLayer net;
  add_resize(net, random_tensor(Dims{1, 16, 5, 6}, 1), Dims{1, 16, 10, 12});
  EXPECT_EQ(net.declined(kResize, TensorFormat::kHWC), "");
}

TEST(OnednnResizeDeclines, OtherCoordinates) {
  for (const auto transformation :
       {ResizeCoordinateTransformation::kALIGN_CORNERS, ResizeCoordinateTransformation::kASYMMETRIC}) {
    OneLayer net;
    add_resize(net, random_tensor(Dims{1, 16, 5, 6}, 1), Dims{1, 16, 10, 12})
        ->setCoordinateTransformation(transformation);
    EXPECT_NE(net.declined(kResize, TensorFormat::kHWC).find("half-pixel coordinates"), std::string::npos);
  }
}

TEST(OnednnResizeDeclines, OtherModes) {
  for (const auto mode : {InterpolationMode::kNEAREST, InterpolationMode::kCUBIC}) {
    OneLayer net;
    add_resize(net, random_tensor(Dims{1, 16, 5, 6}, 1), Dims{1, 16, 10, 12})->setResizeMode(mode);
    EXPECT_NE(net.declined(kResize, TensorFormat::kHWC).find("linear"), std::string::npos);
  }
}

TEST(OnednnResizeDeclines, Antialiasing) {
  OneLayer net;
  add_resize(net, random_tensor(Dims{1, 16, 8, 8}, 1), Dims{1, 16, 4, 4})->setAntialias(true);
  EXPECT_NE(net.declined(kResize, TensorFormat::kHWC).find("antialiasing"), std::string::npos);
}

// PyTorch has no such rule.
TEST(OnednnResizeDeclines, TheUpperSelectorForSinglePixels) {
  OneLayer net;
  add_resize(net, random_tensor(Dims{1, 16, 8, 8}, 1), Dims{1, 16, 1, 1})
      ->setSelectorForSinglePixel(network::ResizeSelector::kUPPER);
  EXPECT_NE(net.declined(kResize, TensorFormat::kHWC).find("pixel"), std::string::npos);
}

TEST(OnednnResizeDeclines, FactorsThatAreNotTheRatioOfTheSizes) {
  OneLayer net;
  const float scales[] = {1.F, 1.F, 2.1F, 2.1F};
  add_resize(net, random_tensor(Dims{1, 16, 5, 5}, 1), Dims{1, 16, 10, 10})->setScales(scales, 4);
  EXPECT_NE(net.declined(kResize, TensorFormat::kHWC).find("factors"), std::string::npos);
}

TEST(OnednnResizeDeclines, ChannelsThatAreResized) {
  OneLayer net;
  add_resize(net, random_tensor(Dims{1, 4, 5, 6}, 1), Dims{1, 8, 10, 12});
  EXPECT_NE(net.declined(kResize, TensorFormat::kLINEAR).find("channels"), std::string::npos);
}

}  // namespace
}  // namespace torch_tensorrt::engine
