#include <map>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "support/jit_graph.h"
#include "support/torch_conversion.h"
#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"

// Sizes of network tensors, and numbers computed from them: known sizes stay numbers, dynamic sizes become layers.
namespace torch_tensorrt::core::conversion::evaluators {
namespace {

using torch::jit::IValue;

// The results of a graph of sizes for an input of the given dims, in the order of the graph's outputs.
struct Sizes {
  explicit Sizes(nvinfer1::Dims dims) : ctx(tests::cpu_settings()) {
    graph = tests::parse_graph(R"(graph(%x : Tensor):
          %none : NoneType = prim::Constant()
          %one : int = prim::Constant[value=1]()
          %two : int = prim::Constant[value=2]()
          %n : int = aten::size(%x, %one)
          %all : int[] = aten::size(%x)
          %rank : int = aten::dim(%x)
          %dtype : int = prim::dtype(%x)
          %same : bool = aten::__is__(%x, %none)
          %twice : int = aten::mul(%n, %two)
          %list : int[] = prim::ListConstruct(%two)
          %m : int[] = aten::append(%list, %twice)
          %rest : int = aten::remainder(%n, %two)
          %ratio : float = aten::div(%n, %two)
          %down : int = aten::floor(%ratio)
          return (%n, %all, %rank, %dtype, %same, %twice, %list, %rest, %ratio, %down))");
    ctx.AssociateValueAndTensor(graph->inputs()[0], ctx.net->addInput("x", nvinfer1::DataType::kHALF, dims));
    for (const auto* node : graph->nodes()) {
      const auto value = EvaluateNode(&ctx, node);
      if (value) ctx.AssociateValueAndIValue(node->output(), *value);
    }
  }
  IValue operator[](size_t output) const { return ctx.evaluated_value_map.at(graph->outputs()[output]); }

  std::shared_ptr<torch::jit::Graph> graph;
  ConversionCtx ctx;
};
enum Output { kN, kAll, kRank, kDtype, kSame, kTwice, kList, kRest, kRatio, kDown };

nvinfer1::ITensor* tensor_of(const IValue& value) {
  return TensorContainer::is_in(value) ? value.toCustomClass<TensorContainer>()->tensor() : nullptr;
}

TEST(SizeEvaluators, GiveNumbersWhereTheyAreKnown) {
  const Sizes sizes(nvinfer1::Dims{2, 5, 3});
  EXPECT_EQ(sizes[kN].toInt(), 5);
  EXPECT_EQ(sizes[kAll].toIntVector(), (std::vector<int64_t>{2, 5, 3}));
  EXPECT_EQ(sizes[kRank].toInt(), 3);
  EXPECT_EQ(sizes[kDtype].toInt(), static_cast<int64_t>(at::kHalf));
  EXPECT_FALSE(sizes[kSame].toBool());
  EXPECT_EQ(sizes[kTwice].toInt(), 10);
  EXPECT_EQ(sizes[kList].toIntVector(), (std::vector<int64_t>{2, 10}));
  EXPECT_EQ(sizes[kRest].toInt(), 1);
  EXPECT_EQ(sizes[kRatio].toDouble(), 2.5);
  EXPECT_EQ(sizes[kDown].toInt(), 2);
  EXPECT_EQ(sizes.ctx.net->getNbLayers(), 1) << "the input alone";
}

TEST(SizeEvaluators, GiveTensorsWhereTheyAreNot) {
  const Sizes sizes(nvinfer1::Dims{2, -1, 3});
  for (const Output output : {kN, kTwice, kRest, kDown}) {
    auto* tensor = tensor_of(sizes[output]);
    ASSERT_NE(tensor, nullptr) << "output " << output;
    EXPECT_EQ(tensor->getDimensions().nbDims, 0) << "output " << output;
    EXPECT_EQ(tensor->getType(), nvinfer1::DataType::kINT64) << "output " << output;
  }
  ASSERT_NE(tensor_of(sizes[kRatio]), nullptr);
  EXPECT_EQ(tensor_of(sizes[kRatio])->getType(), nvinfer1::DataType::kDOUBLE) << "Python's floats";
  const auto all = sizes[kAll].toListRef().vec();
  EXPECT_EQ(all[0].toInt(), 2);
  EXPECT_NE(tensor_of(all[1]), nullptr);
  EXPECT_EQ(sizes[kRank].toInt(), 3);
}

TEST(SizeEvaluators, PutComputedNumbersInLists) {
  const Sizes sizes(nvinfer1::Dims{2, -1, 3});
  const auto list = sizes[kList];
  EXPECT_FALSE(list.isIntList()) << "it would be read as numbers";
  ASSERT_EQ(list.toListRef().size(), 2U);
  EXPECT_NE(tensor_of(list.toListRef()[1]), nullptr);
}

TEST(CreationEvaluators, MakeTensorsOfNumbers) {
  const auto graph = tests::parse_graph(R"(graph():
          %none : NoneType = prim::Constant()
          %zero : int = prim::Constant[value=0]()
          %seven : int = prim::Constant[value=7]()
          %shape : int[] = prim::Constant[value=[2, 7]]()
          %ones : Tensor = aten::ones(%shape, %none, %none, %none, %none)
          %count : int = aten::numel(%ones)
          %range : Tensor = aten::arange(%seven, %none, %none, %none, %none)
          %size : int = aten::size(%range, %zero)
          return (%count, %size))");
  ConversionCtx ctx(tests::cpu_settings());
  for (const auto* node : graph->nodes()) {
    const auto value = EvaluateNode(&ctx, node);
    if (value) ctx.AssociateValueAndIValue(node->output(), *value);
  }
  EXPECT_EQ(ctx.evaluated_value_map.at(graph->outputs()[0]).toInt(), 14);
  EXPECT_EQ(ctx.evaluated_value_map.at(graph->outputs()[1]).toInt(), 7);
  EXPECT_EQ(ctx.net->getNbLayers(), 0);
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion::evaluators
