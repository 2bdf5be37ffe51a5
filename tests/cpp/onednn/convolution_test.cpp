#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "onednn/convolution_row.h"
#include "onednn/library.h"
#include "onednn/one_layer.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"

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
using testing::convolve;
using testing::kernel_dims;
using testing::make_tensor;
using testing::OneLayer;
using testing::random_tensor;
using testing::Tensor;

constexpr const char* kTactic = "onednn.convolution";
// Sums of at most a thousand products of numbers below 1, in another order than the loops', in fp32.
constexpr double kTolerance = 1e-5;

using Row = testing::ConvolutionRow;

const Row kRows[] = {
    {"Plain3x3", Dims{2, 16, 9, 11}, 32, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"NoBias", Dims{1, 8, 7, 7}, 16, Dims{3, 3}, {}, {}, {}, {}, 1, false},
    {"OneByOne", Dims{2, 64, 5, 6}, 48, Dims{1, 1}},
    {"OneByOneStride2", Dims{1, 32, 8, 8}, 64, Dims{1, 1}, Dims{2, 2}},
    {"Stem7x7", Dims{1, 3, 33, 31}, 64, Dims{7, 7}, Dims{2, 2}, Dims{3, 3}, Dims{3, 3}},
    {"OddChannels", Dims{1, 5, 8, 8}, 7, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}},
    {"OneMap", Dims{1, 24, 6, 6}, 1, Dims{3, 3}},
    {"AsymmetricPadding", Dims{1, 16, 8, 8}, 16, Dims{3, 3}, Dims{2, 2}, Dims{0, 1}, Dims{1, 2}},
    {"Dilated", Dims{1, 16, 12, 12}, 16, Dims{3, 3}, {}, Dims{2, 2}, Dims{2, 2}, Dims{2, 2}},
    {"UnevenWindow", Dims{1, 16, 9, 10}, 16, Dims{1, 5}, Dims{1, 3}, Dims{0, 2}, Dims{0, 2}},
    {"Grouped", Dims{1, 32, 8, 8}, 64, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}, {}, 2},
    {"GroupedOdd", Dims{1, 12, 8, 8}, 18, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}, {}, 3},
    {"Depthwise", Dims{2, 32, 9, 9}, 32, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}, {}, 32},
    {"DepthwiseStride2", Dims{1, 24, 9, 9}, 24, Dims{5, 5}, Dims{2, 2}, Dims{2, 2}, Dims{2, 2}, {}, 24},
    {"DepthMultiplier", Dims{1, 8, 9, 9}, 16, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}, {}, 8},
    {"OneDimension", Dims{2, 16, 20}, 32, Dims{3}, {}, Dims{1}, Dims{1}},
    {"ThreeDimensions", Dims{1, 8, 5, 6, 7}, 16, Dims{3, 3, 3}, {}, Dims{1, 1, 1}, Dims{1, 1, 1}},
    {"OnePixel", Dims{1, 16, 1, 1}, 16, Dims{1, 1}},
};

class OnednnConvolution : public ::testing::TestWithParam<std::tuple<Row, TensorFormat>> {};

TEST_P(OnednnConvolution, GivesWhatTheLoopsGive) {
  const auto& [row, format] = GetParam();
  OneLayer net;
  Tensor expected;
  add_convolution(net, row, expected);
  const std::string reason = net.declined(kTactic, format);
  // Some kinds have no fast implementation in some layout; they must say so, and only then.
  if (!reason.empty()) GTEST_SKIP() << reason;
  expect_near(net.run(kTactic, format), expected, kTolerance, row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnConvolution,
                         ::testing::Combine(::testing::ValuesIn(kRows),
                                            ::testing::Values(TensorFormat::kLINEAR, TensorFormat::kHWC)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

// The layout that networks run in must never fall back where oneDNN has a fast implementation.
TEST(OnednnConvolutionTaken, EveryRowIsTakenChannelsLast) {
  for (const Row& row : kRows) {
    OneLayer net;
    Tensor expected;
    add_convolution(net, row, expected);
    const std::string reason = net.declined(kTactic, TensorFormat::kHWC);
    EXPECT_EQ(reason.empty(), testing::has_fast_convolution(row)) << row.name << ": " << reason;
  }
}

// OneLayer::run compares the results of all of them.
TEST(OnednnConvolutionConfigs, TellImplementationsApart) {
  size_t most = 0;
  for (const Row& row : kRows) {
    OneLayer net;
    Tensor expected;
    add_convolution(net, row, expected);
    if (!net.declined(kTactic, TensorFormat::kHWC).empty()) continue;
    const auto configs = net.configs(kTactic, TensorFormat::kHWC);
    most = std::max(most, configs.size());
    EXPECT_EQ(std::set<std::string>(configs.begin(), configs.end()).size(), configs.size()) << row.name;
    for (const std::string& config : configs) {
      EXPECT_EQ(config.find_first_of(" |"), std::string::npos) << config;
      EXPECT_EQ(config.find("ref"), std::string::npos) << config;
    }
  }
#if defined(__x86_64__)
  EXPECT_GT(most, 1U);
#endif
}

TEST(OnednnConvolutionConfigs, AConfigOfAnotherMachineRunsTheFirst) {
  for (const Row& row : kRows) {
    OneLayer net;
    Tensor expected;
    add_convolution(net, row, expected);
    if (!net.declined(kTactic, TensorFormat::kHWC).empty()) continue;
    const Tensor got = net.run_config(kTactic, TensorFormat::kHWC, "brgconv:an_isa_of_tomorrow");
    expect_near(got, expected, kTolerance, row.name);
  }
}

// Without VNNI, two products of 8-bit integers are added in 16 bits.
TEST(OnednnConvolutionConfigs, NoneThatSaturatesComputesWithIntegers) {
  OneLayer net;
  Tensor expected;
  auto* layer = add_convolution(net, kRows[0], expected);
  for (const char* name : {"brg:avx512_core", "jit_uni_int8:avx2", "jit_uni_int8_1x1:sse41"}) {
    EXPECT_FALSE(onednn::may_saturate(name, *layer)) << name;
  }
  network::EpilogueOp dequantize;
  dequantize.kind = EpilogueOp::Kind::kDequantize;
  layer->mutable_epilogue().push_back(dequantize);
  for (const char* name : {"brg:avx512_core", "jit_uni_int8:avx2", "jit_uni_int8_1x1:sse41"}) {
    EXPECT_TRUE(onednn::may_saturate(name, *layer)) << name;
  }
  for (const char* name : {"brgconv:avx512_core_vnni", "jit:avx512_core_amx", "brgconv_1x1:avx2_vnni", "jit:sve_256"}) {
    EXPECT_FALSE(onednn::may_saturate(name, *layer)) << name;
  }
}

const Row kSmall = {"Small", Dims{2, 16, 6, 7}, 32, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}};

struct EpilogueRow {
  const char* name;
  EpilogueOp op;
  Dims operand = {};      // of a binary operation
  bool constant = false;  // the operand is one
  double tolerance = kTolerance;
  const char* reason = "sums in another order";
};

void PrintTo(const EpilogueRow& row, std::ostream* out) { *out << row.name; }

const EpilogueRow kEpilogues[] = {
    {"Relu", activation(ActivationType::kRELU)},
    {"LeakyRelu", activation(ActivationType::kLEAKY_RELU, 0.1F)},
    {"Sigmoid", activation(ActivationType::kSIGMOID)},
    {"Tanh", activation(ActivationType::kTANH)},
    {"Elu", activation(ActivationType::kELU, 0.7F)},
    {"Relu6", activation(ActivationType::kCLIP, 0.F, 6.F)},
    {"HardSigmoid", activation(ActivationType::kHARD_SIGMOID, 0.2F, 0.5F)},
    {"HardSwish", activation(ActivationType::kHARD_SWISH, 1.F / 6, 0.5F)},
    {"GeluErf", activation(ActivationType::kGELU_ERF)},
    {"GeluTanh", activation(ActivationType::kGELU_TANH)},
    {"Silu", activation(ActivationType::kSILU)},
    {"Mish", activation(ActivationType::kMISH)},
    {"Residual", binary(ElementWiseOperation::kSUM), Dims{2, 32, 6, 7}},
    {"PerChannelProduct", binary(ElementWiseOperation::kPROD), Dims{32, 1, 1}, true},
    {"ScalarSum", binary(ElementWiseOperation::kSUM), Dims{1}, true},
    {"Difference", binary(ElementWiseOperation::kSUB), Dims{2, 32, 6, 7}},
};

class OnednnConvolutionEpilogue : public ::testing::TestWithParam<std::tuple<EpilogueRow, TensorFormat>> {};

TEST_P(OnednnConvolutionEpilogue, IsAppliedToTheResult) {
  const auto& [row, format] = GetParam();
  OneLayer net;
  Tensor expected;
  auto* layer = add_convolution(net, kSmall, expected);
  const bool reads = row.op.kind == EpilogueOp::Kind::kElementWise;
  const Tensor operand = reads ? random_tensor(row.operand, 7) : Tensor{};
  net.fuse(layer->mutable_epilogue(), row.op, reads ? &operand : nullptr, row.constant, expected);
  if (!testing::has_fast_convolution(kSmall, /*with_residual=*/reads)) GTEST_SKIP() << testing::kOnlyReference;
  const std::string reason = net.declined(kTactic, format);
  ASSERT_TRUE(reason.empty() || format == TensorFormat::kLINEAR) << reason;
  if (!reason.empty()) GTEST_SKIP() << reason;
  expect_near(net.run(kTactic, format), expected, row.tolerance, row.reason);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnConvolutionEpilogue,
                         ::testing::Combine(::testing::ValuesIn(kEpilogues),
                                            ::testing::Values(TensorFormat::kLINEAR, TensorFormat::kHWC)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

TEST(OnednnConvolutionChain, OperationsAreAppliedInOrder) {
  if (!testing::has_fast_convolution(kSmall, /*with_residual=*/true)) GTEST_SKIP() << testing::kOnlyReference;
  OneLayer net;
  Tensor expected;
  auto* layer = add_convolution(net, kSmall, expected);
  const Tensor first = random_tensor(Dims{2, 32, 6, 7}, 8);
  const Tensor second = random_tensor(Dims{2, 32, 6, 7}, 9);
  net.fuse(layer->mutable_epilogue(), binary(ElementWiseOperation::kSUM), &first, false, expected);
  net.fuse(layer->mutable_epilogue(), activation(ActivationType::kRELU), nullptr, false, expected);
  net.fuse(layer->mutable_epilogue(), binary(ElementWiseOperation::kPROD), &second, false, expected);
  net.fuse(layer->mutable_epilogue(), activation(ActivationType::kTANH), nullptr, false, expected);
  ASSERT_EQ(net.declined(kTactic, TensorFormat::kHWC), "");
  expect_near(net.run(kTactic, TensorFormat::kHWC), expected, kTolerance, "chain");
}

// oneDNN has no such formulas, or not for these factors.
TEST(OnednnConvolutionChain, DeclinesWhatOnednnHasNoFormulaFor) {
  const EpilogueOp ops[] = {activation(ActivationType::kSOFTSIGN), activation(ActivationType::kTHRESHOLDED_RELU, 0.5F),
                            activation(ActivationType::kCLIP, 1.F, -1.F)};
  for (const EpilogueOp& op : ops) {
    OneLayer net;
    Tensor expected;
    auto* layer = add_convolution(net, kSmall, expected);
    net.fuse(layer->mutable_epilogue(), op, nullptr, false, expected);
    EXPECT_NE(net.declined(kTactic, TensorFormat::kHWC), "") << static_cast<int>(op.activation);
  }
  OneLayer net;
  Tensor expected;
  auto* layer = add_convolution(net, kSmall, expected);
  const Tensor operand = random_tensor(Dims{2, 32, 6, 7}, 8);
  net.fuse(layer->mutable_epilogue(), binary(ElementWiseOperation::kPOW), &operand, false, expected);
  EXPECT_NE(net.declined(kTactic, TensorFormat::kHWC), "");
}

TEST(OnednnConvolutionDeclines, AKernelThatIsAnInput) {
  OneLayer net;
  auto* x = net.input(random_tensor(Dims{1, 16, 6, 6}, 1));
  auto* kernel = net.input(random_tensor(Dims{16, 16, 3, 3}, 2));
  auto* layer = net.network().addConvolutionNd(*x, 16, Dims{3, 3}, network::Weights{}, network::Weights{});
  layer->setInput(1, *kernel);
  net.set(layer);
  EXPECT_NE(net.declined(kTactic, TensorFormat::kLINEAR), "");
}

TEST(OnednnConvolutionDeclines, OrAddsABiasThatIsAnInput) {
  OneLayer net;
  Row row = kSmall;
  row.bias = false;
  Tensor expected;
  auto* layer = add_convolution(net, row, expected);
  const Tensor bias = random_tensor(Dims{32}, 3);
  layer->setInput(2, *net.input(bias));
  if (!net.declined(kTactic, TensorFormat::kHWC).empty()) return;
  expected = make_tensor(expected.dims, [&](const auto& index) { return expected.at(index) + bias.at({index[1]}); });
  expect_near(net.run(kTactic, TensorFormat::kHWC), expected, kTolerance, "bias as input 2");
}

TEST(OnednnConvolutionWeights, AreKeptInAPublicLayout) {
  if (!testing::has_fast_convolution(kSmall)) GTEST_SKIP() << testing::kOnlyReference;
  OneLayer net;
  Tensor expected;
  add_convolution(net, kSmall, expected);
  const std::string layout = net.stored_layout(kTactic, TensorFormat::kHWC, "kernel");
  EXPECT_FALSE(layout.empty());
  EXPECT_EQ(net.stored_layout(kTactic, TensorFormat::kHWC, "bias"), "plain");
}

TEST(OnednnConvolutionPadding, ModesAreResolvedAtTheDims) {
  for (const auto mode : {network::PaddingMode::kSAME_UPPER, network::PaddingMode::kSAME_LOWER}) {
    OneLayer net;
    Row row = {"Same", Dims{1, 16, 8, 9}, 16, Dims{4, 4}};
    Tensor ignored;
    auto* layer = add_convolution(net, row, ignored);
    layer->setPaddingMode(mode);
    // Four taps and stride 1 need three rows of padding; the odd one goes behind (upper) or in front (lower).
    const bool upper = mode == network::PaddingMode::kSAME_UPPER;
    row.pre = upper ? Dims{1, 1} : Dims{2, 2};
    const Tensor expected = convolve(row, random_tensor(row.input, 1), random_tensor(kernel_dims(row), 2),
                                     random_tensor(Dims{16}, 3), layer->getOutput(0)->getDimensions());
    if (!net.declined(kTactic, TensorFormat::kHWC).empty()) continue;
    expect_near(net.run(kTactic, TensorFormat::kHWC), expected, kTolerance, upper ? "upper" : "lower");
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine
