#include "torch_tensorrt/core/ir/ir.h"

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "support/jit_graph.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::ir {
namespace {

using tests::parse_graph;

template <typename Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error.msg();
  }
  return "no error";
}

TEST(StaticParams, AreInputsThatAreNoTensors) {
  const auto graph = parse_graph("graph(%x : Tensor, %a : int, %l : Tensor[], %b : float):\n  return (%x)");
  const auto params = get_static_params(graph->inputs(), {3, 0.5});
  ASSERT_EQ(params.size(), 2U);
  EXPECT_EQ(params.at(graph->inputs()[1]).toInt(), 3);
  EXPECT_EQ(params.at(graph->inputs()[3]).toDouble(), 0.5);
}

TEST(StaticParams, AreTensorsWhoseTypesHaveDims) {
  const auto graph = parse_graph("graph(%x : Tensor, %w : Float(2, 3), %b : Float(2)):\n  return (%x)");
  const auto w = at::ones({2, 3});
  const auto params = get_static_params(graph->inputs(), {w, at::ones({2})});
  ASSERT_EQ(params.size(), 2U);
  EXPECT_TRUE(params.at(graph->inputs()[1]).toTensor().is_same(w));
}

TEST(StaticParams, AreOptionalTensorsWhereThereAreValuesForThem) {
  const auto graph = parse_graph("graph(%x : Tensor, %w : Tensor?, %b : Tensor?, %yes : bool):\n  return (%x)");
  const auto w = at::ones({3});
  const auto params = get_static_params(graph->inputs(), {w, torch::jit::IValue(), true});
  ASSERT_EQ(params.size(), 3U);
  EXPECT_TRUE(params.at(graph->inputs()[1]).toTensor().is_same(w));
  EXPECT_TRUE(params.at(graph->inputs()[2]).isNone());
  EXPECT_TRUE(params.at(graph->inputs()[3]).toBool());
  // Without values for them, they are inputs.
  EXPECT_EQ(get_static_params(graph->inputs(), {true}).size(), 1U);
}

TEST(StaticParams, AreTheLastOfATracedGraph) {
  const auto graph = parse_graph("graph(%x : Float(2, 3), %w : Float(2, 3)):\n  return (%x)");
  EXPECT_TRUE(get_static_params(graph->inputs(), {}).empty());
  const auto params = get_static_params(graph->inputs(), {at::ones({2, 3})});
  ASSERT_EQ(params.size(), 1U);
  EXPECT_EQ(params.begin()->first, graph->inputs()[1]);
}

TEST(StaticParams, AreCounted) {
  const auto graph = parse_graph("graph(%x : Tensor, %a : int):\n  return (%x)");
  EXPECT_NE(message_of([&] { get_static_params(graph->inputs(), {}); }).find("has no value"), std::string::npos);
  EXPECT_NE(message_of([&] {
              get_static_params(graph->inputs(), {1, 2});
            }).find("2 static parameters were given"),
            std::string::npos);
}

TEST(InputSpecs, ArePairedInOrder) {
  auto graph = parse_graph("graph(%x : Tensor, %a : int, %y : Tensor):\n  return (%x)");
  auto params = get_static_params(graph->inputs(), {1});
  const auto map = associate_specs_with_inputs(graph, {Input({1, 2}), Input({3}, at::kInt)}, params);
  EXPECT_EQ(map.at(graph->inputs()[0]).input_shape, nvinfer1::Dims({1, 2}));
  EXPECT_EQ(map.at(graph->inputs()[2]).dtype, at::kInt);
  EXPECT_EQ(message_of([&] {
              associate_specs_with_inputs(graph, {Input({1, 2})}, params);
            })
                    .find("Expected dimension specifications for all input tensors, but found 2 input tensors and 1 "
                          "dimension specs") == std::string::npos,
            false);
}

TEST(Input, ThatIsDynamicHasUnknownDimsWhereTheRangeIs) {
  const Input input({1, 3, 8}, {2, 3, 16}, {4, 3, 32});
  EXPECT_TRUE(input.input_is_dynamic);
  EXPECT_EQ(input.input_shape, nvinfer1::Dims({-1, 3, -1}));
  EXPECT_EQ(input.opt, nvinfer1::Dims({2, 3, 16}));
  EXPECT_FALSE(Input({2, 3}).input_is_dynamic);
}

TEST(Input, MayBeInOneOfSeveralRanges) {
  Input input({1, 3, 8});
  input.add_range({{2, 3, 8}, {3, 3, 8}, {4, 3, 8}});
  EXPECT_EQ(input.input_shape, nvinfer1::Dims({-1, 3, 8}));
  EXPECT_TRUE(input.input_is_dynamic);
  EXPECT_EQ(input.opt, nvinfer1::Dims({1, 3, 8}));
  ASSERT_EQ(input.more_ranges.size(), 1U);
  Input same({2, 3});
  same.add_range({{2, 3}, {2, 3}, {2, 3}});
  EXPECT_FALSE(same.input_is_dynamic);
  EXPECT_NE(message_of([&] {
              input.add_range({{2, 3}, {2, 3}, {2, 3}});
            }).find("must have the same rank"),
            std::string::npos);
  EXPECT_NE(message_of([&] {
              input.add_range({{2, 3, 8}, {1, 3, 8}, {4, 3, 8}});
            }).find("must not decrease"),
            std::string::npos);
}

TEST(Input, IsChecked) {
  EXPECT_NE(message_of([] { Input({4, 3}, {2, 3}, {4, 3}); }).find("must not decrease"), std::string::npos);
  EXPECT_NE(message_of([] { Input({4}, {4, 3}, {4, 3}); }).find("same rank"), std::string::npos);
  EXPECT_NE(message_of([] { Input({4}, at::kComplexFloat); }).find("Unsupported input data type"), std::string::npos);
  EXPECT_NE(message_of([] {
              Input({4, 3}, at::kFloat, nvinfer1::TensorFormat::kHWC);
            }).find("channels last"),
            std::string::npos);
  EXPECT_EQ(message_of([] { Input({1, 2, 3, 4}, at::kFloat, nvinfer1::TensorFormat::kHWC); }), "no error");
}

torch::jit::IValue input_value() { return torch::jit::IValue(c10::make_intrusive<Input>(std::vector<int64_t>{1, 2})); }

TEST(GraphInputs, AreNestedToAnyDepth) {
  torch::jit::IValue flat =
      c10::ivalue::Tuple::create({input_value(), input_value(), input_value(), input_value(), input_value()});
  EXPECT_EQ(GraphInputs(flat).inputs.size(), 5U);
  torch::jit::IValue pair = c10::ivalue::Tuple::create({input_value(), input_value()});
  torch::jit::IValue nested = c10::ivalue::Tuple::create({pair, input_value()});
  const GraphInputs inputs(nested);
  ASSERT_EQ(inputs.collection_inputs.size(), 2U);
  EXPECT_EQ(inputs.collection_inputs[0].size(), 2U);
  torch::jit::IValue deep = c10::ivalue::Tuple::create({nested});
  const GraphInputs of_deep(deep);
  ASSERT_EQ(of_deep.arguments.size(), 1U);
  EXPECT_EQ(of_deep.collection_inputs[0].size(), 3U);
  EXPECT_EQ(of_deep.arguments[0].children[0].children.size(), 2U);
}

TEST(FirstCalcDtype, IsThatOfTheFirstConstantTensor) {
  const auto graph = parse_graph(R"(graph(%x : Tensor, %i : Tensor, %u : Tensor, %h : Tensor, %w : Tensor):
          %none : NoneType = prim::Constant()
          %a : Tensor = aten::relu(%x)
          %b : Tensor = aten::linear(%a, %h, %none)
          %m : int = prim::Constant[value=-1]()
          %f : bool = prim::Constant[value=0]()
          %e : Tensor = aten::embedding(%w, %i, %m, %f, %f)
          %s : Tensor = aten::relu(%u)
          return (%b, %e, %s))");
  torch::jit::WithInsertPoint guard(*graph->nodes().begin());
  graph->inputs()[3]->replaceAllUsesWith(graph->insertConstant(at::ones({2, 2}, at::kHalf)));
  graph->inputs()[4]->replaceAllUsesWith(graph->insertConstant(at::ones({2, 2})));
  auto* block = graph->block();
  EXPECT_EQ(get_value_first_calc_dtype_opt(block, graph->inputs()[0]), at::kHalf);
  EXPECT_EQ(get_value_first_calc_dtype_opt(block, graph->inputs()[1]), std::nullopt) << "indices of an embedding";
  EXPECT_EQ(get_value_first_calc_dtype_opt(block, graph->inputs()[2]), std::nullopt);
  EXPECT_EQ(get_block_first_calc_dtypes_opt(block).at(graph->inputs()[0]), at::kHalf);
}

}  // namespace
}  // namespace torch_tensorrt::core::ir
