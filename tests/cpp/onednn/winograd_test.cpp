#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "onednn/convolution_row.h"
#include "onednn/one_layer.h"
#include "torch_tensorrt/core/engine/run/thread_limit.h"
#include "torch_tensorrt/core/engine/tactics/onednn/instruction_set.h"
#include "torch_tensorrt/core/engine/tactics/onednn/winograd_kernels.h"

namespace torch_tensorrt::engine {
namespace {

using network::ActivationType;
using network::Dims;
using network::ElementWiseOperation;
using network::EpilogueOp;
using network::TensorFormat;
using testing::activation;
using testing::add_convolution;
using testing::binary;
using testing::OneLayer;
using testing::random_tensor;
using testing::Tensor;
using Row = testing::ConvolutionRow;

constexpr const char* kTactic = "onednn.winograd_convolution";
// Sums of at most a thousand products of numbers below 1. The transforms of the input add four numbers, those of the
// products nine: the error is a few times that of the definition's own sums in fp32.
constexpr double kTolerance = 2e-5;

const Row kRows[] = {
    {"Plain", Dims{2, 16, 9, 11}, 32, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"EvenSizes", Dims{1, 32, 8, 6}, 16, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"NoPadding", Dims{1, 16, 7, 8}, 16, Dims{3, 3}},
    {"WidePadding", Dims{1, 16, 5, 4}, 16, Dims{3, 3}, {}, Dims{2, 3}, Dims{3, 2}},
    {"AsymmetricPadding", Dims{1, 16, 8, 8}, 16, Dims{3, 3}, {}, Dims{0, 1}, Dims{1, 2}},
    {"NoBias", Dims{1, 16, 7, 7}, 16, Dims{3, 3}, {}, {}, {}, {}, 1, false},
    {"OddChannels", Dims{2, 19, 6, 6}, 37, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"ChannelsOfHalfAVector", Dims{1, 24, 6, 6}, 40, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"OnePixel", Dims{1, 16, 1, 1}, 16, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"OneResult", Dims{3, 16, 3, 3}, 16, Dims{3, 3}},
    {"OneRow", Dims{2, 16, 1, 20}, 16, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"SeveralBlocks", Dims{3, 16, 40, 37}, 16, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"ManyChannels", Dims{1, 112, 6, 5}, 200, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
};

class OnednnWinograd : public ::testing::TestWithParam<Row> {
 protected:
  void SetUp() override {
    if (onednn::instruction_set() == onednn::InstructionSet::kNone) GTEST_SKIP() << "no kernels for this processor";
  }
};

TEST_P(OnednnWinograd, GivesWhatTheLoopsGive) {
  for (const int64_t threads : {1, 2, 5}) {
    const ThreadLimit limit(threads);
    OneLayer net;
    Tensor expected;
    add_convolution(net, GetParam(), expected);
    ASSERT_EQ(net.declined(kTactic, TensorFormat::kHWC), "");
    expect_near(net.run(kTactic, TensorFormat::kHWC), expected, kTolerance, GetParam().name);
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnWinograd, ::testing::ValuesIn(kRows),
                         [](const auto& info) { return std::string(info.param.name); });

const Row kSmall = {"Small", Dims{2, 16, 6, 7}, 40, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}};
const Dims kSmallOutput{2, 40, 6, 7};

struct EpilogueRow {
  const char* name;
  EpilogueOp op;
};

void PrintTo(const EpilogueRow& row, std::ostream* out) { *out << row.name; }

const EpilogueRow kEpilogues[] = {
    {"Relu", activation(ActivationType::kRELU)},
    {"LeakyRelu", activation(ActivationType::kLEAKY_RELU, 0.1F)},
    {"Relu6", activation(ActivationType::kCLIP, 0.F, 6.F)},
    {"Sigmoid", activation(ActivationType::kSIGMOID)},
    {"Tanh", activation(ActivationType::kTANH)},
    {"Silu", activation(ActivationType::kSILU)},
    {"HardSwish", activation(ActivationType::kHARD_SWISH, 1.F / 6, 0.5F)},
    {"Sum", binary(ElementWiseOperation::kSUM)},
    {"Product", binary(ElementWiseOperation::kPROD)},
    {"Difference", binary(ElementWiseOperation::kSUB)},
};

class OnednnWinogradEpilogue : public ::testing::TestWithParam<EpilogueRow> {};

TEST_P(OnednnWinogradEpilogue, IsAppliedToTheResult) {
  OneLayer net;
  Tensor expected;
  auto* layer = add_convolution(net, kSmall, expected);
  const bool reads = GetParam().op.kind == EpilogueOp::Kind::kElementWise;
  const Tensor operand = reads ? random_tensor(kSmallOutput, 7) : Tensor{};
  net.fuse(layer->mutable_epilogue(), GetParam().op, reads ? &operand : nullptr, false, expected);
  if (onednn::instruction_set() == onednn::InstructionSet::kNone) GTEST_SKIP() << "no kernels for this processor";
  ASSERT_EQ(net.declined(kTactic, TensorFormat::kHWC), "");
  expect_near(net.run(kTactic, TensorFormat::kHWC), expected, kTolerance, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnWinogradEpilogue, ::testing::ValuesIn(kEpilogues),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(OnednnWinogradChain, OperationsAreAppliedInOrder) {
  OneLayer net;
  Tensor expected;
  auto* layer = add_convolution(net, kSmall, expected);
  const Tensor first = random_tensor(kSmallOutput, 8);
  const Tensor second = random_tensor(kSmallOutput, 9);
  net.fuse(layer->mutable_epilogue(), binary(ElementWiseOperation::kSUM), &first, false, expected);
  net.fuse(layer->mutable_epilogue(), activation(ActivationType::kRELU), nullptr, false, expected);
  net.fuse(layer->mutable_epilogue(), binary(ElementWiseOperation::kPROD), &second, false, expected);
  if (onednn::instruction_set() == onednn::InstructionSet::kNone) GTEST_SKIP() << "no kernels for this processor";
  ASSERT_EQ(net.declined(kTactic, TensorFormat::kHWC), "");
  expect_near(net.run(kTactic, TensorFormat::kHWC), expected, kTolerance, "chain");
}

// NaN reaches just the results that the definition gives it, and ReLU keeps it.
TEST(OnednnWinogradNan, ReachesTheResultsThatReadIt) {
  for (int64_t place = 0; place < 36; ++place) {
    OneLayer net;
    Tensor x = random_tensor(Dims{1, 16, 6, 6}, 1);
    x.values[static_cast<size_t>(place)] = std::numeric_limits<float>::quiet_NaN();
    auto* layer = net.network().addConvolutionNd(*net.input(x), 16, Dims{3, 3},
                                                 net.weights(random_tensor(Dims{16, 16, 3, 3}, 2)), network::Weights{});
    net.set(layer);
    layer->mutable_epilogue().push_back(activation(ActivationType::kRELU));
    if (onednn::instruction_set() == onednn::InstructionSet::kNone) GTEST_SKIP() << "no kernels for this processor";
    ASSERT_EQ(net.declined(kTactic, TensorFormat::kHWC), "");
    const Tensor y = net.run(kTactic, TensorFormat::kHWC);
    for (int64_t result = 0; result < 16; ++result) {
      const int64_t row = place / 6 - result / 4;
      const int64_t column = place % 6 - result % 4;
      const bool reads = row >= 0 && row < 3 && column >= 0 && column < 3;
      EXPECT_EQ(std::isnan(y.at({0, 0, result / 4, result % 4})), reads) << place << ", " << result;
    }
  }
}

TEST(OnednnWinogradDeclines, OtherShapesOfKernels) {
  const Row rows[] = {
      {"Stride", Dims{1, 16, 8, 8}, 16, Dims{3, 3}, Dims{1, 2}},
      {"Dilation", Dims{1, 16, 8, 8}, 16, Dims{3, 3}, {}, {}, {}, Dims{2, 1}},
      {"Groups", Dims{1, 64, 8, 8}, 64, Dims{3, 3}, {}, {}, {}, {}, 2},
      {"FewChannels", Dims{1, 8, 8, 8}, 16, Dims{3, 3}},
      {"FewMaps", Dims{1, 16, 8, 8}, 8, Dims{3, 3}},
      {"OtherKernel", Dims{1, 16, 8, 8}, 16, Dims{3, 5}},
      {"OneDimension", Dims{1, 16, 8}, 16, Dims{3}},
      {"ThreeDimensions", Dims{1, 16, 4, 4, 4}, 16, Dims{3, 3, 3}},
  };
  for (const Row& row : rows) {
    OneLayer net;
    Tensor expected;
    add_convolution(net, row, expected);
    EXPECT_NE(net.declined(kTactic, TensorFormat::kHWC), "") << row.name;
  }
}

TEST(OnednnWinogradDeclines, RowMajorTensorsAndOperandsOfOtherShapes) {
  OneLayer net;
  Tensor expected;
  auto* layer = add_convolution(net, kSmall, expected);
  EXPECT_NE(net.declined(kTactic, TensorFormat::kLINEAR), "");
  const Tensor operand = random_tensor(Dims{40, 1, 1}, 8);
  net.fuse(layer->mutable_epilogue(), binary(ElementWiseOperation::kSUM), &operand, true, expected);
  EXPECT_NE(net.declined(kTactic, TensorFormat::kHWC), "");
}

TEST(OnednnWinogradDeclines, ActivationsWithoutVectorCode) {
  for (const EpilogueOp& op : {activation(ActivationType::kGELU_ERF), activation(ActivationType::kCLIP, 1.F, -1.F)}) {
    OneLayer net;
    Tensor expected;
    auto* layer = add_convolution(net, kSmall, expected);
    net.fuse(layer->mutable_epilogue(), op, nullptr, false, expected);
    EXPECT_NE(net.declined(kTactic, TensorFormat::kHWC), "") << static_cast<int>(op.activation);
  }
}

// The transform rounds, so that a refit and other machines need the plain kernel.
TEST(OnednnWinogradWeights, StayPlain) {
  OneLayer net;
  Tensor expected;
  add_convolution(net, kSmall, expected);
  if (onednn::instruction_set() == onednn::InstructionSet::kNone) GTEST_SKIP() << "no kernels for this processor";
  ASSERT_EQ(net.declined(kTactic, TensorFormat::kHWC), "");
  EXPECT_EQ(net.stored_layout(kTactic, TensorFormat::kHWC, "kernel"), "plain");
  EXPECT_EQ(net.stored_layout(kTactic, TensorFormat::kHWC, "bias"), "plain");
}

#if defined(__x86_64__)
// A machine uses one set of kernels; this runs the other one too.
TEST(OnednnWinogradKernels, OfBothInstructionSetsAgree) {
  if (onednn::instruction_set() != onednn::InstructionSet::kAvx512) GTEST_SKIP() << "needs AVX-512";
  const onednn::WinogradForm form{5, 4, 19, 5, 4, 37, 1, 1, 32, 48};
  const onednn::WinogradTiles tiles{1, 11, 12};
  const Tensor input = random_tensor(Dims{2, 5, 4, 19}, 1);
  const Tensor products = random_tensor(Dims{16, 12, 48}, 2);
  const Tensor bias = random_tensor(Dims{48}, 3);
  const Tensor operand = random_tensor(Dims{2, 5, 4, 37}, 4);
  std::vector<onednn::WinogradStep> steps;
  using Kind = onednn::WinogradStep::Kind;
  for (const Kind kind : {Kind::kAdd, Kind::kSubtract, Kind::kMultiply, Kind::kSilu, Kind::kTanh, Kind::kSigmoid,
                          Kind::kHardSwish, Kind::kLeakyRelu, Kind::kClip, Kind::kRelu}) {
    steps.push_back({kind, 0.25F, 0.75F, operand.values.data()});
  }
  const std::vector<float> zeros(32, 0.F);
  std::vector<std::vector<float>> transformed;
  std::vector<std::vector<float>> outputs;
  for (const auto* kernels : {&onednn::kAvx2WinogradKernels, &onednn::kAvx512WinogradKernels}) {
    transformed.emplace_back(16 * 12 * 32, 7.F);
    outputs.emplace_back(2 * 5 * 4 * 37, 7.F);
    kernels->transform_input(form, tiles, input.values.data(), zeros.data(), transformed.back().data());
    kernels->transform_output(form, tiles, products.values.data(), bias.values.data(), steps, outputs.back().data());
  }
  EXPECT_EQ(transformed[0], transformed[1]);
  for (size_t i = 0; i < outputs[0].size(); ++i) EXPECT_NEAR(outputs[0][i], outputs[1][i], 1e-6) << i;
  EXPECT_NE(outputs[0].back(), 7.F);
  EXPECT_EQ(outputs[0].front(), 7.F);  // of tile 0, which is not among the tiles
}
#endif

}  // namespace
}  // namespace torch_tensorrt::engine
