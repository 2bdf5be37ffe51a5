#include <ostream>
#include <string>
#include <vector>

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "support/jit_graph.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"

// Replaces conv by _convolution; PyTorch runs both graphs for comparison.
namespace torch_tensorrt::core::lowering {
namespace {

struct ConvolutionCase {
  const char* name;
  const char* op;
  std::vector<int64_t> input;
  std::vector<int64_t> weight;
  const char* arguments;  // the arguments after the bias
  int64_t pads;           // expected constant_pad_nd nodes beside _convolution
};
std::ostream& operator<<(std::ostream& os, const ConvolutionCase& test) { return os << test.name; }

std::string text_of(const ConvolutionCase& test) {
  return std::string(R"(graph(%x : Tensor, %weight : Tensor):
          %one : int[] = prim::Constant[value=[1]]()
          %two : int[] = prim::Constant[value=[2]]()
          %zero : int[] = prim::Constant[value=[0]]()
          %g1 : int = prim::Constant[value=1]()
          %g2 : int = prim::Constant[value=2]()
          %same : str = prim::Constant[value="same"]()
          %valid : str = prim::Constant[value="valid"]()
          %none : NoneType = prim::Constant()
          %y : Tensor = )") +
         test.op + "(%x, %weight, %none, " + test.arguments + ")\n          return (%y)";
}

class Convolutions : public testing::TestWithParam<ConvolutionCase> {};

TEST_P(Convolutions, GivesTheSameNumbers) {
  const auto& test = GetParam();
  at::manual_seed(7);
  const auto x = at::randn(test.input);
  const auto graph = tests::parse_graph(text_of(test));
  std::vector<torch::jit::IValue> params = {at::randn(test.weight)};
  ASSERT_TRUE(passes::fold_parameters(graph, params));

  const auto expected = tests::run_graph(graph, {x})[0].toTensor();
  EXPECT_TRUE(passes::replace_convolutions(graph));
  EXPECT_EQ(tests::count_nodes(graph, test.op), 0);
  EXPECT_EQ(tests::count_nodes(graph, "aten::_convolution"), 1);
  EXPECT_EQ(tests::count_nodes(graph, "aten::constant_pad_nd"), test.pads);
  const auto found = tests::run_graph(graph, {x})[0].toTensor();
  // Padding in a separate node may select another kernel, whose sums round differently.
  EXPECT_TRUE(at::allclose(found, expected, /*rtol=*/1e-5, /*atol=*/1e-5));
  EXPECT_EQ(found.sizes(), expected.sizes());
}

TEST(Convolutions, OfAnUnknownWeightCannotKnowSamePadding) {
  const auto graph = tests::parse_graph(text_of({"", "aten::conv2d", {}, {}, "%one, %same, %one, %g1", 0}));
  EXPECT_FALSE(passes::replace_convolutions(graph));
  EXPECT_EQ(tests::count_nodes(graph, "aten::conv2d"), 1);
}

const ConvolutionCase kCases[] = {
    {"conv1d", "aten::conv1d", {2, 4, 9}, {6, 2, 3}, "%two, %one, %one, %g2", 0},
    {"conv2d", "aten::conv2d", {2, 4, 9, 8}, {6, 4, 3, 2}, "%one, %zero, %two, %g1", 0},
    {"conv3d", "aten::conv3d", {1, 2, 5, 6, 7}, {4, 2, 3, 3, 3}, "%one, %one, %one, %g1", 0},
    {"conv2d_valid", "aten::conv2d", {1, 4, 9, 8}, {6, 4, 3, 2}, "%two, %valid, %one, %g1", 0},
    {"conv2d_same", "aten::conv2d", {1, 4, 9, 8}, {6, 4, 3, 5}, "%one, %same, %two, %g1", 0},
    {"conv2d_same_uneven", "aten::conv2d", {1, 4, 9, 8}, {6, 4, 4, 3}, "%one, %same, %one, %g1", 1},
    {"conv_transpose1d", "aten::conv_transpose1d", {2, 4, 9}, {4, 3, 3}, "%two, %one, %one, %g1, %one", 0},
    {"conv_transpose2d", "aten::conv_transpose2d", {2, 4, 5, 6}, {4, 3, 3, 3}, "%two, %zero, %one, %g2, %one", 0},
    {"conv_transpose3d",
     "aten::conv_transpose3d",
     {1, 2, 3, 4, 5},
     {2, 3, 2, 2, 2},
     "%one, %zero, %zero, %g1, %two",
     0},
};
INSTANTIATE_TEST_SUITE_P(All, Convolutions, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace torch_tensorrt::core::lowering
