#include "torch_tensorrt/core/engine/run/views.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::Dims;
using network::TensorFormat;

TensorDesc f32(const Dims& dims, TensorFormat format = TensorFormat::kLINEAR) {
  return {DataType::kFLOAT, dims, format};
}

struct ShuffleCase {
  const char* name;
  Dims input;
  TensorFormat input_format;
  std::vector<int32_t> first;
  Dims reshape;
  std::vector<int32_t> second;
  Dims output;
  TensorFormat output_format;
  bool is_view;
};
constexpr TensorFormat kLinear = TensorFormat::kLINEAR;
constexpr TensorFormat kHwc = TensorFormat::kHWC;

const ShuffleCase kShuffles[] = {
    {"flatten", {2, 3, 4, 5}, kLinear, {}, {2, 60}, {}, {2, 60}, kLinear, true},
    {"transpose", {2, 3}, kLinear, {1, 0}, {}, {}, {3, 2}, kLinear, false},
    {"transpose_of_one_row", {1, 3}, kLinear, {1, 0}, {}, {}, {3, 1}, kLinear, true},
    {"flatten_hwc", {2, 3, 4, 5}, kHwc, {}, {2, 60}, {}, {2, 60}, kLinear, false},
    {"flatten_hwc_of_one_place", {2, 3, 1, 1}, kHwc, {}, {2, 3}, {}, {2, 3}, kLinear, true},
    {"flatten_hwc_of_one_channel", {2, 1, 4, 5}, kHwc, {}, {2, 20}, {}, {2, 20}, kLinear, true},
    {"to_channels_last", {2, 3, 4, 5}, kHwc, {0, 2, 3, 1}, {}, {}, {2, 4, 5, 3}, kLinear, true},
    {"from_channels_last", {2, 4, 5, 3}, kLinear, {0, 3, 1, 2}, {}, {}, {2, 3, 4, 5}, kHwc, true},
    {"patches", {2, 3, 4, 5}, kHwc, {}, {2, 3, 20}, {0, 2, 1}, {2, 20, 3}, kLinear, true},
    {"patches_of_linear", {2, 3, 4, 5}, kLinear, {}, {2, 3, 20}, {0, 2, 1}, {2, 20, 3}, kLinear, false},
    {"split_channels_hwc", {2, 6, 4, 5}, kHwc, {}, {2, 2, 3, 4, 5}, {}, {2, 2, 3, 4, 5}, kLinear, false},
    {"unsqueeze", {3, 4}, kLinear, {}, {1, 3, 1, 4}, {}, {1, 3, 1, 4}, kLinear, true},
    {"there_and_back", {2, 3, 4}, kLinear, {0, 2, 1}, {2, 4, 3}, {0, 2, 1}, {2, 3, 4}, kLinear, true},
};

class ShuffleViews : public ::testing::TestWithParam<ShuffleCase> {};

network::Permutation permutation(const std::vector<int32_t>& order) {
  network::Permutation result;
  std::copy(order.begin(), order.end(), result.order);
  return result;
}

TEST_P(ShuffleViews, AreFoundExactlyWhereNothingMoves) {
  const ShuffleCase& row = GetParam();
  network::INetworkDefinition network;
  auto* layer = network.addShuffle(*network.addInput("x", DataType::kFLOAT, row.input));
  if (!row.first.empty()) layer->setFirstTranspose(permutation(row.first));
  if (row.reshape.nbDims > 0) layer->setReshapeDimensions(row.reshape);
  if (!row.second.empty()) layer->setSecondTranspose(permutation(row.second));
  ASSERT_EQ(layer->getOutput(0)->getDimensions(), row.output);
  EXPECT_EQ(is_view(*layer, f32(row.input, row.input_format), f32(row.output, row.output_format)), row.is_view);
}

INSTANTIATE_TEST_SUITE_P(Views, ShuffleViews, ::testing::ValuesIn(kShuffles),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Views, FormatsAreOneWhereOnlySizeOneDiffers) {
  EXPECT_TRUE(same_layout(f32({2, 3, 1, 1}, kHwc), f32({2, 3, 1, 1})));
  EXPECT_TRUE(same_layout(f32({2, 1, 5, 5}, kHwc), f32({2, 1, 5, 5})));
  EXPECT_FALSE(same_layout(f32({2, 3, 5, 5}, kHwc), f32({2, 3, 5, 5})));
  TensorDesc column = f32({2, 3});
  column.view_strides = Dims{6, 2};
  EXPECT_FALSE(same_layout(column, f32({2, 3}))) << "a view has strides of its own";
  EXPECT_FALSE(same_layout(f32({2, 3}), f32({3, 2})));
}

TEST(Views, CastsThatChangeTheTypeAreNone) {
  network::INetworkDefinition network;
  const auto* layer = network.addCast(*network.addInput("x", DataType::kFLOAT, Dims{2}), DataType::kFLOAT);
  EXPECT_TRUE(is_view(*layer, f32({2}), f32({2})));
  EXPECT_FALSE(is_view(*layer, f32({2}), {DataType::kINT32, Dims{2}}));
}

}  // namespace
}  // namespace torch_tensorrt::engine
