#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "onednn/library.h"
#include "onednn/one_layer.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"

namespace torch_tensorrt::engine {
namespace {

using network::ActivationType;
using network::Dims;
using network::ElementWiseOperation;
using network::EpilogueOp;
using network::TensorFormat;
using testing::make_tensor;
using testing::OneLayer;
using testing::random_tensor;
using testing::Tensor;

constexpr const char* kActivation = "onednn.activation";
constexpr const char* kElementwise = "onednn.elementwise";
constexpr TensorFormat kFormats[] = {TensorFormat::kLINEAR, TensorFormat::kHWC};
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// ---- activations ---------------------------------------------------------------------------------------------------

// Rounded once at most, or a polynomial that oneDNN documents as good to fp32's last bits.
constexpr double kExact = 1e-6;
constexpr double kPolynomial = 1e-5;

struct ActivationRow {
  const char* name;
  ActivationType type;
  float alpha;
  float beta;
  double tolerance;
};

const ActivationRow kActivations[] = {
    {"LeakyRelu", ActivationType::kLEAKY_RELU, 0.1F, 0.F, kExact},
    {"LeakyReluOfNegativeSlope", ActivationType::kLEAKY_RELU, -0.5F, 0.F, kExact},
    {"Sigmoid", ActivationType::kSIGMOID, 0.F, 0.F, kPolynomial},
    {"Tanh", ActivationType::kTANH, 0.F, 0.F, kPolynomial},
    {"Elu", ActivationType::kELU, 0.7F, 0.F, kPolynomial},
    {"HardSwish", ActivationType::kHARD_SWISH, 1.F / 6, 0.5F, kExact},
    {"HardSwishOfOtherFactors", ActivationType::kHARD_SWISH, 0.3F, 0.4F, kExact},
    {"GeluErf", ActivationType::kGELU_ERF, 0.F, 0.F, kPolynomial},
    {"GeluTanh", ActivationType::kGELU_TANH, 0.F, 0.F, kPolynomial},
    {"Silu", ActivationType::kSILU, 0.F, 0.F, kPolynomial},
    {"Mish", ActivationType::kMISH, 0.F, 0.F, kPolynomial},
};

void add_activation(OneLayer& net, const ActivationRow& row, const Tensor& x) {
  auto* layer = net.network().addActivation(*net.input(x), row.type);
  layer->setAlpha(row.alpha);
  layer->setBeta(row.beta);
  net.set(layer);
}

Tensor activated(const ActivationRow& row, const Tensor& x) {
  return make_tensor(
      x.dims, [&](const auto& at) { return network::apply_activation(row.type, x.at(at), row.alpha, row.beta); });
}

// Both sides of every knee, the tails, and 0.
Tensor wide_tensor(const Dims& dims) {
  const Tensor random = random_tensor(dims, 1);
  return make_tensor(dims, [&](const auto& at) {
    const double x = random.at(at);
    return at.back() == 0 ? 0.0 : x * (at.back() % 2 == 0 ? 3.0 : 30.0);
  });
}

class OnednnActivation : public ::testing::TestWithParam<std::tuple<ActivationRow, TensorFormat>> {};

TEST_P(OnednnActivation, GivesWhatTheFormulaGives) {
  const auto& [row, format] = GetParam();
  const Tensor x = wide_tensor(Dims{2, 19, 5, 6});
  OneLayer net;
  add_activation(net, row, x);
  if (!testing::has_fast_activation(row.type, row.alpha, row.beta)) GTEST_SKIP() << testing::kOnlyReference;
  if (!testing::has_right_activation(row.type, row.alpha, row.beta)) {
    GTEST_SKIP() << "oneDNN misses NaN or a limit on this processor";
  }
  ASSERT_EQ(net.declined(kActivation, format), "");
  expect_near(net.run(kActivation, format), activated(row, x), row.tolerance, row.name);
  expect_near(net.run_in_place(kActivation, format), activated(row, x), row.tolerance, "in place");
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnActivation,
                         ::testing::Combine(::testing::ValuesIn(kActivations), ::testing::ValuesIn(kFormats)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

TEST(OnednnActivationRanks, FromNoneToFive) {
  const Dims all[] = {Dims{}, Dims{1}, Dims{37}, Dims{3, 5}, Dims{2, 3, 4}, Dims{2, 3, 4, 5, 6}};
  const ActivationRow& row = kActivations[0];
  if (!testing::has_fast_activation(row.type, row.alpha, row.beta)) GTEST_SKIP() << testing::kOnlyReference;
  for (const Dims& dims : all) {
    OneLayer net;
    const Tensor x = random_tensor(dims, 1);
    add_activation(net, row, x);
    ASSERT_EQ(net.declined(kActivation, TensorFormat::kLINEAR), "") << network::to_string(dims);
    expect_near(net.run(kActivation, TensorFormat::kLINEAR), activated(row, x), row.tolerance,
                network::to_string(dims));
  }
}

// Whether the tactic must decline the activation; it must, too, where oneDNN misses NaN or a limit.
bool must_decline(const ActivationRow& row) {
  return !testing::has_fast_activation(row.type, row.alpha, row.beta) ||
         !testing::has_right_activation(row.type, row.alpha, row.beta);
}

TEST(OnednnActivationSpecial, InfinitiesGoToTheLimits) {
  const Tensor x{Dims{1, 2}, {kInfinity, -kInfinity}};
  for (const auto type : {ActivationType::kSIGMOID, ActivationType::kTANH}) {
    OneLayer net;
    const ActivationRow row = {"Limits", type, 0.F, 0.F, 0};
    add_activation(net, row, x);
    const std::string reason = net.declined(kActivation, TensorFormat::kLINEAR);
    ASSERT_EQ(reason.empty(), !must_decline(row)) << static_cast<int>(type) << ": " << reason;
    if (!reason.empty()) continue;
    expect_near(net.run(kActivation, TensorFormat::kLINEAR), activated(row, x), 0,
                std::to_string(static_cast<int>(type)));
  }
}

// A model that has gone wrong should be seen to have. As the epilogue of another layer, what oneDNN makes of a plain
// maximum and minimum still gives one of the bounds for NaN, as in other inference libraries.
TEST(OnednnActivationSpecial, NanStaysNan) {
  const Tensor x = make_tensor(Dims{1, 33}, [](const auto&) { return kNan; });
  for (const ActivationRow& row : kActivations) {
    OneLayer net;
    add_activation(net, row, x);
    const std::string reason = net.declined(kActivation, TensorFormat::kLINEAR);
    ASSERT_EQ(reason.empty(), !must_decline(row)) << row.name << ": " << reason;
    if (!reason.empty()) continue;
    const Tensor y = net.run(kActivation, TensorFormat::kLINEAR);
    for (const float value : y.values) ASSERT_TRUE(std::isnan(value)) << row.name;
  }
}

TEST(OnednnActivationDeclines, FormulasThatOnednnLacks) {
  const ActivationRow rows[] = {
      {"Selu", ActivationType::kSELU, 1.67F, 1.05F, 0},
      {"Softsign", ActivationType::kSOFTSIGN, 0.F, 0.F, 0},
      {"ScaledTanh", ActivationType::kSCALED_TANH, 2.F, 0.5F, 0},
      {"ThresholdedRelu", ActivationType::kTHRESHOLDED_RELU, 0.5F, 0.F, 0},
      {"Softplus", ActivationType::kSOFTPLUS, 1.F, 1.F, 0},
  };
  for (const ActivationRow& row : rows) {
    OneLayer net;
    add_activation(net, row, random_tensor(Dims{4, 4}, 1));
    EXPECT_NE(net.declined(kActivation, TensorFormat::kLINEAR).find("does not have this activation"), std::string::npos)
        << row.name;
  }
}

TEST(OnednnActivationDeclines, FormulasThatLoseNan) {
  const ActivationRow rows[] = {
      {"Relu", ActivationType::kRELU, 0.F, 0.F, 0},
      {"Relu6", ActivationType::kCLIP, 0.F, 6.F, 0},
      {"HardSigmoid", ActivationType::kHARD_SIGMOID, 0.2F, 0.5F, 0},
  };
  for (const ActivationRow& row : rows) {
    OneLayer net;
    add_activation(net, row, random_tensor(Dims{4, 4}, 1));
    EXPECT_NE(net.declined(kActivation, TensorFormat::kLINEAR).find("NaN"), std::string::npos) << row.name;
  }
}

TEST(OnednnActivationDeclines, OtherDtypes) {
  for (const auto type : {network::DataType::kINT32, network::DataType::kDOUBLE}) {
    network::INetworkDefinition network;
    auto* layer = network.addActivation(*network.addInput("x", type, Dims{4, 4}), ActivationType::kRELU);
    const Decision decision = TacticRegistry::global().find(kActivation)->supports(*layer, describe_target());
    EXPECT_NE(decision.reason().find("must be f32"), std::string::npos);
  }
}

TEST(OnednnActivationDeclines, OtherDevices) {
  network::INetworkDefinition network;
  auto* x = network.addInput("x", network::DataType::kFLOAT, Dims{4, 4});
  auto* layer = network.addActivation(*x, ActivationType::kRELU);
  const DeviceTarget target;
  EXPECT_NE(TacticRegistry::global().find(kActivation)->supports(*layer, target).reason().find("CPU"),
            std::string::npos);
}

// ---- element by element --------------------------------------------------------------------------------------------

struct BinaryRow {
  const char* name;
  ElementWiseOperation operation;
  Dims a;
  Dims b;
  bool constant = false;  // b is one
};

constexpr auto kSum = ElementWiseOperation::kSUM;
constexpr auto kProduct = ElementWiseOperation::kPROD;
constexpr auto kDifference = ElementWiseOperation::kSUB;
constexpr auto kQuotient = ElementWiseOperation::kDIV;

const BinaryRow kBinaries[] = {
    {"Sum", kSum, Dims{2, 16, 5, 6}, Dims{2, 16, 5, 6}},
    {"Product", kProduct, Dims{2, 16, 5, 6}, Dims{2, 16, 5, 6}},
    {"Difference", kDifference, Dims{2, 16, 5, 6}, Dims{2, 16, 5, 6}},
    {"Quotient", kQuotient, Dims{2, 16, 5, 6}, Dims{2, 16, 5, 6}},
    {"SumOfOddChannels", kSum, Dims{2, 13, 5, 7}, Dims{2, 13, 5, 7}},
    {"ProductWithAScalar", kProduct, Dims{2, 16, 5, 6}, Dims{1}, true},
    {"SumWithChannels", kSum, Dims{2, 16, 5, 6}, Dims{16, 1, 1}, true},
    {"SumWithChannelsOfFullRank", kSum, Dims{2, 16, 5, 6}, Dims{1, 16, 1, 1}, true},
    {"SqueezeAndExcite", kProduct, Dims{1, 40, 7, 7}, Dims{1, 40, 1, 1}},
    {"SqueezeAndExciteFirst", kProduct, Dims{1, 40, 1, 1}, Dims{1, 40, 7, 7}},
    {"SumOfVectors", kSum, Dims{37}, Dims{37}},
    {"SumOfMatrixAndRow", kSum, Dims{9, 37}, Dims{37}},
    {"SumOfOneElement", kSum, Dims{1}, Dims{1}},
    {"ThreeDimensions", kSum, Dims{2, 8, 3, 4, 5}, Dims{2, 8, 3, 4, 5}},
};

// Away from 0, so that quotients are of the operands' size.
Tensor divisor(const Dims& dims) {
  const Tensor random = random_tensor(dims, 2);
  return make_tensor(dims, [&](const auto& at) {
    const double x = random.at(at);
    return x < 0 ? x - 0.5 : x + 0.5;
  });
}

Tensor combined(const BinaryRow& row, const Tensor& a, const Tensor& b, const Dims& output) {
  return make_tensor(output,
                     [&](const auto& at) { return network::apply_elementwise(row.operation, a.at(at), b.at(at)); });
}

network::IElementWiseLayer* add_binary(OneLayer& net, const BinaryRow& row, const Tensor& a, const Tensor& b) {
  auto* first = net.input(a);
  auto* second = row.constant ? net.constant(b) : net.input(b);
  auto* layer = net.network().addElementWise(*first, *second, row.operation);
  net.set(layer);
  return layer;
}

class OnednnElementwise : public ::testing::TestWithParam<std::tuple<BinaryRow, TensorFormat>> {};

TEST_P(OnednnElementwise, GivesWhatTheFormulaGives) {
  const auto& [row, format] = GetParam();
  const Tensor a = random_tensor(row.a, 1);
  const Tensor b = divisor(row.b);
  OneLayer net;
  const auto* layer = add_binary(net, row, a, b);
  if (!testing::has_fast_elementwise()) GTEST_SKIP() << testing::kOnlyReference;
  ASSERT_EQ(net.declined(kElementwise, format), "");
  // Rounded once, as the expected number is.
  expect_near(net.run(kElementwise, format), combined(row, a, b, layer->getOutput(0)->getDimensions()), kExact,
              row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnElementwise,
                         ::testing::Combine(::testing::ValuesIn(kBinaries), ::testing::ValuesIn(kFormats)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  testing::format_name(std::get<1>(info.param));
                         });

// Whatever the tactic takes of these it must get right; oneDNN has no fast form of some.
TEST(OnednnElementwiseBroadcast, IsRightOrDeclined) {
  const BinaryRow rows[] = {
      {"ExciteABatch", kProduct, Dims{3, 40, 7, 7}, Dims{3, 40, 1, 1}},
      {"RowsOfAMatrix", kProduct, Dims{9, 37}, Dims{9, 1}},
      {"LastDimension", kSum, Dims{2, 16, 5, 6}, Dims{6}, true},
      {"Places", kProduct, Dims{2, 16, 5, 6}, Dims{1, 1, 5, 6}},
      {"Batch", kSum, Dims{2, 16, 5, 6}, Dims{1, 16, 5, 6}},
      {"PlacesOfAThreeDimensionalTensor", kSum, Dims{2, 16, 5, 6}, Dims{16, 5, 6}},
      {"Transposed", kSum, Dims{4, 1, 6}, Dims{1, 5, 6}},
      {"DifferenceOfABroadcastFirst", kDifference, Dims{1, 16, 1, 1}, Dims{2, 16, 5, 6}},
  };
  for (const BinaryRow& row : rows) {
    for (const auto format : kFormats) {
      const Tensor a = random_tensor(row.a, 1);
      const Tensor b = divisor(row.b);
      OneLayer net;
      const auto* layer = add_binary(net, row, a, b);
      if (!net.declined(kElementwise, format).empty()) continue;
      expect_near(net.run(kElementwise, format), combined(row, a, b, layer->getOutput(0)->getDimensions()), kExact,
                  row.name + testing::format_name(format));
    }
  }
}

TEST(OnednnElementwiseEpilogue, IsAppliedInOrder) {
  if (!testing::has_fast_elementwise(/*with_residual=*/true)) GTEST_SKIP() << testing::kOnlyReference;
  for (const auto format : kFormats) {
    const BinaryRow row = {"Chain", kSum, Dims{2, 16, 5, 6}, Dims{2, 16, 5, 6}};
    const Tensor a = random_tensor(row.a, 1);
    const Tensor b = divisor(row.b);
    const Tensor third = random_tensor(row.a, 3);
    OneLayer net;
    auto* layer = add_binary(net, row, a, b);
    Tensor expected = combined(row, a, b, row.a);
    EpilogueOp relu;
    relu.activation = ActivationType::kRELU;
    EpilogueOp product;
    product.elementwise = kProduct;
    net.fuse(layer->mutable_epilogue(), relu, nullptr, false, expected);
    net.fuse(layer->mutable_epilogue(), product, &third, false, expected);
    ASSERT_EQ(net.declined(kElementwise, format), "");
    expect_near(net.run(kElementwise, format), expected, kExact, testing::format_name(format));
  }
}

TEST(OnednnElementwiseDeclines, WhatOnednnDoesNotDoAsPytorch) {
  for (const auto operation : {ElementWiseOperation::kMAX, ElementWiseOperation::kMIN, ElementWiseOperation::kPOW,
                               ElementWiseOperation::kFLOOR_DIV}) {
    OneLayer net;
    const BinaryRow row = {"Declined", operation, Dims{4, 4}, Dims{4, 4}};
    add_binary(net, row, random_tensor(row.a, 1), divisor(row.b));
    EXPECT_NE(net.declined(kElementwise, TensorFormat::kLINEAR).find("oneDNN does not have this operation"),
              std::string::npos);
  }
}

TEST(OnednnElementwiseDeclines, BothOperandsBroadcast) {
  OneLayer net;
  const BinaryRow row = {"Outer", kSum, Dims{4, 1}, Dims{1, 5}};
  add_binary(net, row, random_tensor(row.a, 1), divisor(row.b));
  EXPECT_NE(net.declined(kElementwise, TensorFormat::kLINEAR).find("broadcast"), std::string::npos);
}

}  // namespace
}  // namespace torch_tensorrt::engine
