#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "onednn/one_layer.h"

namespace torch_tensorrt::engine {
namespace {

using network::ActivationType;
using network::Dims;
using network::ElementWiseOperation;
using network::EpilogueOp;
using network::MatrixOperation;
using network::TensorFormat;
using testing::make_tensor;
using testing::OneLayer;
using testing::random_tensor;
using testing::Tensor;

constexpr const char* kTactic = "onednn.matmul";
// The primitives that multiply by one constant matrix; the first multiplies any two.
constexpr const char* kTactics[] = {kTactic, "onednn.inner_product", "onednn.product_convolution"};
// Sums of a few hundred products of numbers below 1, in another order than the loops', in fp32.
constexpr double kTolerance = 1e-5;
constexpr MatrixOperation kNone = MatrixOperation::kNONE;
constexpr MatrixOperation kTranspose = MatrixOperation::kTRANSPOSE;

struct Row {
  const char* name;
  Dims a;
  Dims b;
  bool constant_b = false;
  MatrixOperation op_a = kNone;
  MatrixOperation op_b = kNone;
};

// For googletest.
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

// The index of an operand's element (row, column) in the batch of the output's index.
std::vector<int64_t> place(const std::vector<int64_t>& out, MatrixOperation op, int64_t row, int64_t column) {
  std::vector<int64_t> index(out.begin(), out.end() - 2);
  index.push_back(op == kTranspose ? column : row);
  index.push_back(op == kTranspose ? row : column);
  return index;
}

// The definition. Operands of a lower rank are aligned at the last dimension by Tensor::at.
Tensor multiply(const Row& row, const Tensor& a, const Tensor& b, const Dims& output) {
  const int64_t inner = a.dims.d[a.dims.nbDims - (row.op_a == kTranspose ? 2 : 1)];
  return make_tensor(output, [&](const std::vector<int64_t>& out) {
    double sum = 0;
    for (int64_t k = 0; k < inner; ++k) {
      sum += a.at(place(out, row.op_a, out[out.size() - 2], k)) * b.at(place(out, row.op_b, k, out.back()));
    }
    return sum;
  });
}

network::IMatrixMultiplyLayer* add_layer(OneLayer& net, const Row& row, Tensor& expected) {
  const Tensor a = random_tensor(row.a, 1);
  const Tensor b = random_tensor(row.b, 2);
  auto* left = net.input(a);
  auto* right = row.constant_b ? net.constant(b) : net.input(b);
  auto* layer = net.network().addMatrixMultiply(*left, row.op_a, *right, row.op_b);
  net.set(layer);
  expected = multiply(row, a, b, layer->getOutput(0)->getDimensions());
  return layer;
}

const Row kRows[] = {
    {"Plain", Dims{7, 33}, Dims{33, 20}},
    {"TransposedA", Dims{33, 7}, Dims{33, 20}, false, kTranspose},
    {"TransposedB", Dims{7, 33}, Dims{20, 33}, false, kNone, kTranspose},
    {"TransposedBoth", Dims{33, 7}, Dims{20, 33}, false, kTranspose, kTranspose},
    {"Linear", Dims{4, 64}, Dims{64, 100}, true},
    {"LinearTransposed", Dims{4, 64}, Dims{100, 64}, true, kNone, kTranspose},
    {"LinearOneRow", Dims{1, 512}, Dims{1000, 512}, true, kNone, kTranspose},
    {"LinearOneColumn", Dims{9, 64}, Dims{64, 1}, true},
    {"LinearTransposedA", Dims{64, 4}, Dims{64, 100}, true, kTranspose},
    {"LinearOfSequences", Dims{2, 5, 48}, Dims{64, 48}, true, kNone, kTranspose},
    {"LinearOfRank4", Dims{2, 3, 5, 48}, Dims{48, 64}, true},
    {"Batched", Dims{3, 7, 16}, Dims{3, 16, 9}},
    {"BatchedTransposedB", Dims{3, 7, 16}, Dims{3, 9, 16}, false, kNone, kTranspose},
    {"BatchedTransposedA", Dims{3, 16, 7}, Dims{3, 16, 9}, false, kTranspose},
    {"Attention", Dims{2, 4, 10, 16}, Dims{2, 4, 10, 16}, false, kNone, kTranspose},
    {"BroadcastBatch", Dims{2, 4, 5, 16}, Dims{1, 4, 16, 6}},
    {"BroadcastBoth", Dims{2, 1, 5, 16}, Dims{1, 4, 16, 6}},
    {"BatchedConstant", Dims{3, 7, 16}, Dims{3, 16, 9}, true},
    {"LowerRankOfB", Dims{3, 7, 16}, Dims{16, 9}},
    {"OneElement", Dims{1, 1}, Dims{1, 1}},
};

// "onednn_matmul_Plain"
std::string test_name(std::string tactic, const char* row) {
  std::replace(tactic.begin(), tactic.end(), '.', '_');
  return tactic + "_" + row;
}

class OnednnMatmul : public ::testing::TestWithParam<std::tuple<const char*, Row>> {};

TEST_P(OnednnMatmul, GivesWhatTheLoopsGiveOrDeclines) {
  const auto& [tactic, row] = GetParam();
  OneLayer net;
  Tensor expected;
  add_layer(net, row, expected);
  const std::string reason = net.declined(tactic, TensorFormat::kLINEAR);
  if (!reason.empty()) GTEST_SKIP() << reason;
  expect_near(net.run(tactic, TensorFormat::kLINEAR), expected, kTolerance, row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnMatmul,
                         ::testing::Combine(::testing::ValuesIn(kTactics), ::testing::ValuesIn(kRows)),
                         [](const auto& info) {
                           return test_name(std::get<0>(info.param), std::get<1>(info.param).name);
                         });

#ifdef __x86_64__
TEST(OnednnMatmulTaken, OtherPrimitivesMultiplyByAConstantMatrix) {
  for (const char* tactic : {"onednn.inner_product", "onednn.product_convolution"}) {
    for (const Row& row : kRows) {
      const bool is_folded = row.constant_b && row.b.nbDims == 2 && row.op_a == kNone;
      OneLayer net;
      Tensor expected;
      add_layer(net, row, expected);
      const bool is_taken = net.declined(tactic, TensorFormat::kLINEAR).empty();
      // Inner products of one column have the kernels of matmul only.
      const bool may_decline = std::string(tactic) == "onednn.inner_product" && row.b.d[1] == 1;
      EXPECT_TRUE(is_taken == is_folded || may_decline) << tactic << " " << row.name;
    }
  }
}
#endif

// oneDNN lists an implementation twice once its primitive is in its cache.
TEST(OnednnMatmulTaken, AnImplementationIsListedOnce) {
  for (const char* tactic : kTactics) {
    OneLayer net;
    Tensor expected;
    add_layer(net, {"Listed", Dims{4, 64}, Dims{64, 112}, true}, expected);
    if (!net.declined(tactic, TensorFormat::kLINEAR).empty()) continue;
    const auto before = net.configs(tactic, TensorFormat::kLINEAR);
    EXPECT_EQ(std::set<std::string>(before.begin(), before.end()).size(), before.size()) << tactic;
    net.run(tactic, TensorFormat::kLINEAR);
    EXPECT_EQ(net.configs(tactic, TensorFormat::kLINEAR), before) << tactic;
  }
}

TEST(OnednnMatmulTaken, WhatModelsAreMadeOfIsTaken) {
  for (const Row& row : kRows) {
    if (std::string(row.name) == "LowerRankOfB") continue;  // operands of different rank that do not fold
    OneLayer net;
    Tensor expected;
    add_layer(net, row, expected);
    EXPECT_EQ(net.declined(kTactic, TensorFormat::kLINEAR), "") << row.name;
  }
}

struct Step {
  EpilogueOp op;
  Dims operand = {};  // rank 0: none
  bool constant = true;
};

Step sum_of(const Dims& operand, bool constant = true) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kElementWise;
  op.elementwise = ElementWiseOperation::kSUM;
  return {op, operand, constant};
}

Step product_of(const Dims& operand, bool constant = true) {
  Step step = sum_of(operand, constant);
  step.op.elementwise = ElementWiseOperation::kPROD;
  return step;
}

Step activation(ActivationType type) {
  EpilogueOp op;
  op.activation = type;
  return {op};
}

struct EpilogueRow {
  const char* name;
  Row product;
  std::vector<Step> steps;
  bool may_decline = false;
};

void PrintTo(const EpilogueRow& row, std::ostream* out) { *out << row.name; }

const Row kLinear = {"Linear", Dims{4, 64}, Dims{100, 64}, true, kNone, kTranspose};
const Row kSequences = {"Sequences", Dims{2, 5, 48}, Dims{48, 64}, true};
const Row kBatched = {"Batched", Dims{3, 7, 16}, Dims{3, 16, 9}};
const Row kSquare = {"Square", Dims{6, 16}, Dims{16, 6}, true};

const EpilogueRow kEpilogues[] = {
    {"Bias", kLinear, {sum_of(Dims{100})}},
    {"BiasRelu", kLinear, {sum_of(Dims{100}), activation(ActivationType::kRELU)}},
    {"BiasGelu", kLinear, {sum_of(Dims{100}), activation(ActivationType::kGELU_ERF)}},
    {"BiasResidual", kLinear, {sum_of(Dims{100}), sum_of(Dims{4, 100}, false)}},
    {"BiasSwishProduct",
     kLinear,
     {sum_of(Dims{100}), activation(ActivationType::kSILU), product_of(Dims{4, 100}, false)}},
    {"TwoBiases", kLinear, {sum_of(Dims{100}), sum_of(Dims{1, 100})}},
    {"ActivationBeforeBias", kLinear, {activation(ActivationType::kTANH), sum_of(Dims{100})}},
    {"ProductOfARow", kLinear, {product_of(Dims{100})}},
    {"Scalar", kLinear, {product_of(Dims{1})}},
    {"ColumnBias", kLinear, {sum_of(Dims{4, 1})}, true},
    {"SequencesBias", kSequences, {sum_of(Dims{64})}},
    {"SequencesRow3d", kSequences, {sum_of(Dims{1, 1, 64})}},
    {"SequencesResidual", kSequences, {sum_of(Dims{64}), sum_of(Dims{2, 5, 64}, false)}},
    {"SequencesPerPlace", kSequences, {sum_of(Dims{5, 64})}, true},
    {"SequencesPerBatch", kSequences, {sum_of(Dims{2, 1, 64})}, true},
    {"BatchedBias", kBatched, {sum_of(Dims{9})}},
    {"BatchedResidualRelu", kBatched, {sum_of(Dims{3, 7, 9}, false), activation(ActivationType::kRELU)}},
    {"BatchedMask", kBatched, {sum_of(Dims{1, 7, 9})}, true},
    {"SquareRow", kSquare, {sum_of(Dims{6})}},
    {"SquareResidual", kSquare, {sum_of(Dims{6, 6}, false)}},
    {"SquareColumn", kSquare, {sum_of(Dims{6, 1})}, true},
};

class OnednnMatmulEpilogue : public ::testing::TestWithParam<std::tuple<const char*, EpilogueRow>> {};

TEST_P(OnednnMatmulEpilogue, IsAppliedToTheResult) {
  const auto& [tactic, row] = GetParam();
  OneLayer net;
  Tensor expected;
  auto* layer = add_layer(net, row.product, expected);
  uint32_t seed = 10;
  for (const Step& step : row.steps) {
    const bool reads = step.op.kind == EpilogueOp::Kind::kElementWise;
    const Tensor operand = reads ? random_tensor(step.operand, seed++) : Tensor{};
    net.fuse(layer->mutable_epilogue(), step.op, reads ? &operand : nullptr, step.constant, expected);
  }
  const std::string reason = net.declined(tactic, TensorFormat::kLINEAR);
  ASSERT_TRUE(reason.empty() || row.may_decline || tactic != std::string(kTactic)) << reason;
  if (!reason.empty()) GTEST_SKIP() << reason;
  expect_near(net.run(tactic, TensorFormat::kLINEAR), expected, kTolerance, row.name);
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnMatmulEpilogue,
                         ::testing::Combine(::testing::ValuesIn(kTactics), ::testing::ValuesIn(kEpilogues)),
                         [](const auto& info) {
                           return test_name(std::get<0>(info.param), std::get<1>(info.param).name);
                         });

TEST(OnednnMatmulWeights, ConstantOperandsArePackedForTheirUse) {
  for (const char* tactic : kTactics) {
    OneLayer net;
    Tensor expected;
    add_layer(net, kLinear, expected);
    if (!net.declined(tactic, TensorFormat::kLINEAR).empty()) continue;
    const std::string layout = net.stored_layout(tactic, TensorFormat::kLINEAR, "input1");
    EXPECT_FALSE(layout.empty()) << tactic;
    EXPECT_NE(layout, "plain") << tactic;
  }
}

// An inner dimension without elements gives zeros, which a primitive that does nothing would not write.
TEST(OnednnMatmulEmpty, DeclinesOrGivesZeros) {
  OneLayer net;
  Tensor expected;
  add_layer(net, {"Empty", Dims{3, 0}, Dims{0, 4}}, expected);
  if (!net.declined(kTactic, TensorFormat::kLINEAR).empty()) return;
  expect_near(net.run(kTactic, TensorFormat::kLINEAR), expected, 0, "no inner elements");
}

TEST(OnednnMatmulDeclines, Vectors) {
  OneLayer net;
  auto* a = net.input(random_tensor(Dims{4, 8}, 1));
  auto* b = net.input(random_tensor(Dims{8}, 2));
  net.set(net.network().addMatrixMultiply(*a, kNone, *b, MatrixOperation::kVECTOR));
  EXPECT_NE(net.declined(kTactic, TensorFormat::kLINEAR), "");
}

TEST(OnednnMatmulDeclines, OtherFormats) {
  OneLayer net;
  Tensor expected;
  add_layer(net, kBatched, expected);
  EXPECT_EQ(net.declined(kTactic, TensorFormat::kHWC), "format");
}

}  // namespace
}  // namespace torch_tensorrt::engine
