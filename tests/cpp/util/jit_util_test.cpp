#include "torch_tensorrt/core/util/jit_util.h"

#include "gtest/gtest.h"
#include "torch/csrc/jit/api/module.h"

#include "support/jit_graph.h"
#include "torch_tensorrt/core/util/jit_in_place.h"

namespace torch_tensorrt::core::util {
namespace {

const torch::jit::Node* find(const std::shared_ptr<torch::jit::Graph>& graph, const char* kind) {
  for (const auto* node : graph->nodes()) {
    if (node->kind() == c10::Symbol::fromQualString(kind)) return node;
  }
  return nullptr;
}

TEST(NodeInfo, IsOneLineWithTheSourcePlace) {
  torch::jit::Module module("m");
  module.define("def forward(self, x):\n    y = torch.relu(x)\n    return y\n");
  const auto graph = module.get_method("forward").graph();
  const auto* relu = find(graph, "aten::relu");
  const std::string info = node_info(relu);
  EXPECT_EQ(info.find('\n'), std::string::npos);
  EXPECT_NE(info.find("= aten::relu(%"), std::string::npos) << info;
  EXPECT_NE(info.find(" # <string>:2:"), std::string::npos) << info;
  EXPECT_EQ(source_location(relu), "<string>:2");
  EXPECT_EQ(GetPyTorchSourceCode(relu), "<string>:2: y = torch.relu(x)");
}

TEST(NodeInfo, LeavesOutBlocks) {
  const auto graph = tests::parse_graph(R"(graph(%x : Tensor, %c : bool):
          %y : Tensor = prim::If(%c)
            block0():
              %a : Tensor = aten::relu(%x)
              -> (%a)
            block1():
              -> (%x)
          return (%y))");
  const std::string info = node_info(find(graph, "prim::If"));
  EXPECT_EQ(info.substr(info.find(" = ")), " = prim::If(%c)");
  EXPECT_EQ(GetPyTorchSourceCode(find(graph, "prim::If")), "");
}

TEST(ValueInfo, IsNameAndType) {
  const auto graph = tests::parse_graph("graph(%x : int):\n  return (%x)");
  EXPECT_EQ(value_info(graph->inputs()[0]), "%x : int");
}

TEST(GraphSchema, HasInputsAndOutputs) {
  auto graph = tests::parse_graph("graph(%x : Tensor, %n : int):\n  return (%x, %n)");
  const auto schema = GenerateGraphSchema("forward", graph);
  EXPECT_EQ(schema.name(), "forward");
  ASSERT_EQ(schema.arguments().size(), 2U);
  EXPECT_EQ(schema.arguments()[1].name(), "n");
  ASSERT_EQ(schema.returns().size(), 2U);
  EXPECT_EQ(schema.returns()[1].type()->str(), "int");
}

TEST(InPlace, IsAWriteOfTheFirstTensor) {
  const auto graph = tests::parse_graph(R"(graph(%x : Tensor, %l : int[], %i : int):
          %a : Tensor = aten::relu_(%x)
          %b : Tensor = aten::relu(%x)
          %m : int[] = aten::append(%l, %i)
          return (%a, %b, %m))");
  EXPECT_TRUE(is_in_place(find(graph, "aten::relu_")));
  EXPECT_FALSE(is_in_place(find(graph, "aten::relu")));
  EXPECT_FALSE(is_in_place(find(graph, "aten::append")));
}

TEST(InPlace, CountsReadsOfTheNameWhenTheyAreNotRedirected) {
  const auto graph = tests::parse_graph(R"(graph(%x : Tensor):
          %s : Tensor = aten::sigmoid(%x)
          %a : Tensor = aten::relu_(%s)
          %b : Tensor = aten::tanh(%s)
          return (%b))");
  const torch::jit::AliasDb aliases(graph);
  const auto* write = find(graph, "aten::relu_");
  EXPECT_TRUE(write_is_seen_elsewhere(write, aliases, SelfName::kCounts));
  EXPECT_FALSE(write_is_seen_elsewhere(write, aliases, SelfName::kIsRedirected));
}

}  // namespace
}  // namespace torch_tensorrt::core::util
