#include "torch_tensorrt/core/partitioning/decisions.h"

#include "gtest/gtest.h"

#include "support/jit_graph.h"

namespace torch_tensorrt::core::partitioning {
namespace {

std::shared_ptr<torch::jit::Graph> example() {
  return tests::parse_graph(R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %a : Tensor = aten::relu(%x)
          %b : Tensor = aten::sigmoid[to_compile=0](%a)
          %c : Tensor = aten::tanh(%b)
          %d : Tensor = aten::cummax_unknown(%c)
          %n : int = aten::size(%c, %zero)
          return (%d, %n))");
}

TEST(Decisions, SayWhoRunsEachNodeAndWhy) {
  const auto graph = example();
  PartitioningInfo info;
  info.forced_fallback_operators = {"aten::tanh"};
  const auto decisions = decide_nodes(graph->block(), info);
  ASSERT_EQ(decisions.size(), 5U);
  const std::pair<Executor, TorchReason> expected[] = {
      {Executor::kEngine, TorchReason::kNone},          {Executor::kTorch, TorchReason::kForcedModule},
      {Executor::kTorch, TorchReason::kForcedOperator}, {Executor::kTorch, TorchReason::kUnsupported},
      {Executor::kEngine, TorchReason::kNone},
  };
  for (size_t i = 0; i < decisions.size(); ++i) {
    EXPECT_EQ(decisions[i].executor, expected[i].first) << *decisions[i].node;
    EXPECT_EQ(decisions[i].reason, expected[i].second) << *decisions[i].node;
    EXPECT_EQ(decisions[i].explanation.empty(), decisions[i].executor == Executor::kEngine);
  }
}

}  // namespace
}  // namespace torch_tensorrt::core::partitioning
