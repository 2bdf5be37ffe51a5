#include "torch_tensorrt/core/partitioning/partitioning.h"

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "compat/partitioned.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::partitioning {
namespace {

TEST(SegmentGraph, CutsARowAtTheOperatorOfPyTorch) {
  EXPECT_EQ(segmented(kRow, info_with({"aten::log_sigmoid"})), (Parts{"E 0 1 2", "T 3", "E 4"}));
  EXPECT_EQ(segmented(kRow, info_with({})), (Parts{"E 0 1 2 3 4"}));
  EXPECT_EQ(segmented(kRow, info_with({"aten::log_sigmoid", "aten::relu"})),
            (Parts{"E 0", "T 1", "E 2", "T 3", "E 4"}));
}

TEST(SegmentGraph, LeavesSmallSegmentsToPyTorch) {
  EXPECT_EQ(segmented(kRow, info_with({"aten::log_sigmoid"}, 3)), (Parts{"E 0 1 2", "T 3 4"}));
  EXPECT_EQ(segmented(kFork, info_with({"aten::log_sigmoid"}, 3)), (Parts{"T 0 1 2", "E 3 4 5 6"}));
  EXPECT_EQ(segmented(kRow, info_with({}, 6)), (Parts{"T 0 1 2 3 4"}));
}

TEST(SegmentGraph, CutsAForkOnlyWhereItMust) {
  EXPECT_EQ(segmented(kFork, info_with({"aten::log_sigmoid"})), (Parts{"E 0 1", "T 2", "E 3 4 5 6"}));
  EXPECT_EQ(segmented(kFork, info_with({"aten::log_sigmoid", "aten::relu"})), (Parts{"E 0 1", "T 2 4", "E 3 5 6"}));
}

TEST(SegmentGraph, IndependentNodesDoNotCut) {
  EXPECT_EQ(segmented(R"(graph(%x : Tensor, %y : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::add(%x, %y, %one)
          %b : Tensor = aten::lgamma(%x)
          %c : Tensor = aten::mul(%x, %y)
          %d : Tensor = aten::lgamma(%y)
          %e : Tensor = aten::div(%x, %y)
          %f : Tensor = aten::lgamma(%e)
          %l : Tensor[] = prim::ListConstruct(%b, %d, %f, %a, %c)
          %g : Tensor = aten::cat(%l, %zero)
          return (%g))",
                      info_with({"aten::lgamma"})),
            (Parts{"E 0 2 4", "T 1 3 5", "E 6 7"}));
}

// The last reshape alone is too small, so that the numbers that it takes are PyTorch's too.
TEST(SegmentGraph, NumbersFollowTheirUsersToPyTorch) {
  EXPECT_EQ(segmented(R"(graph(%x : Tensor, %y : Tensor, %z : Tensor):
          %rows : int[] = prim::Constant[value=[-1, 5]]()
          %flat : int[] = prim::Constant[value=[-1]]()
          %two : int = prim::Constant[value=2]()
          %four : int = prim::Constant[value=4]()
          %five : int = prim::Constant[value=5]()
          %zero : int = prim::Constant[value=0]()
          %no : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::reshape(%y, %flat)
          %b : Tensor = aten::reshape(%z, %rows)
          %c : Tensor = aten::reshape(%y, %rows)
          %d : Tensor = aten::to(%a, %four, %no, %no, %none)
          %n : int = aten::size(%y, %zero)
          %l : int[] = prim::ListConstruct(%n, %four, %two, %five)
          %e : Tensor = aten::index_add(%c, %zero, %d, %b, %one)
          %f : Tensor = aten::reshape(%e, %l)
          return (%f))",
                      info_with({"aten::index_add"}, 3)),
            (Parts{"E 0 1 2 3", "T 4 5 6 7"}));
}

TEST(SegmentGraph, KeepsWritesInPyTorchAndInOrder) {
  EXPECT_EQ(segmented(R"(graph(%x : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::relu(%x)
          %b : Tensor = aten::tanh(%a)
          %c : Tensor = aten::add_(%x, %one, %one)
          %d : Tensor = aten::exp(%x)
          %e : Tensor = aten::add(%b, %d, %one)
          return (%e))",
                      info_with({})),
            (Parts{"E 0 1", "T 2", "E 3 4"}));
}

TEST(SegmentGraph, SetsTheDecisions) {
  Partitioned found(R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::relu(%x)
          %b : Tensor = aten::sigmoid[to_compile=0](%a)
          %c : Tensor = aten::tanh(%b)
          %d : Tensor = aten::erfinv(%c)
          %e : Tensor = aten::exp(%d)
          %f : Tensor = aten::neg(%e)
          %n : int = aten::size(%f, %zero)
          return (%f, %n))",
                    info_with({"aten::tanh"}, 2));
  auto& ctx = found.ctx;
  std::vector<torch::jit::Node*> nodes;
  for (auto* node : found.graph->nodes()) {
    if (node->kind() != c10::prim::Constant) nodes.push_back(node);
  }
  EXPECT_FALSE(ctx.shouldNodeRunInTorch(nodes[0]));
  EXPECT_FALSE(ctx.shouldNodeRunInTensorRT(nodes[0]));
  EXPECT_EQ(ctx.getNodesRunInTorch(), nodes);

  segmentGraph(&ctx, found.graph->block());
  const NodeExecutorDecision expected[] = {
      kMIN_BLOCK_FALLBACK, kMODULE_FALLBACK, kOPERATOR_FALLBACK, kUNSUPPORTED, kCONVERT, kCONVERT, kNON_TENSOR};
  for (size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(ctx.node_executor_decision_map.at(nodes[i]), expected[i]) << *nodes[i];
    EXPECT_EQ(ctx.shouldNodeRunInTensorRT(nodes[i]), expected[i] == kCONVERT);
    EXPECT_EQ(ctx.shouldNodeRunInTorch(nodes[i]), expected[i] != kCONVERT);
  }
  EXPECT_EQ(found.parts(), (Parts{"T 0 1 2 3", "E 4 5", "T 6"}));
  EXPECT_EQ(ctx.getNodesRunInTorch().size(), 5U);
}

TEST(SegmentGraph, KeepsADecisionThatIsSet) {
  Partitioned found(kRow, info_with({}));
  for (auto* node : found.graph->nodes()) {
    if (node->kind() == c10::aten::relu) found.ctx.setNodeExecutorDecision(node, kUNSUPPORTED);
  }
  segmentGraph(&found.ctx, found.graph->block());
  EXPECT_EQ(found.parts(), (Parts{"E 0", "T 1", "E 2 3 4"}));
}

TEST(Partition, KnowsTheShapesOfEachSegment) {
  using Shapes = std::vector<Ints>;
  const auto row = partitioned(kRow, info_with({"aten::log_sigmoid"}), inputs_of(kRowShapes));
  ASSERT_EQ(row->parts(), (Parts{"E 0 1 2", "T 3", "E 4"}));
  EXPECT_EQ(row->segments()[0].in_opt_shapes(), Shapes(kRowShapes.begin(), kRowShapes.begin() + 5));
  EXPECT_EQ(row->segments()[1].in_opt_shapes(), (Shapes{{3, 4, 16, 16}}));
  EXPECT_EQ(row->segments()[2].in_opt_shapes(), (Shapes{{3, 4, 16, 16}, {2, 4, 3, 3}, {2}}));
  EXPECT_TRUE(row->segments()[2].in_min_shapes().empty());

  const auto fork = partitioned(kFork, info_with({"aten::log_sigmoid"}), inputs_of(kForkShapes));
  ASSERT_EQ(fork->parts(), (Parts{"E 0 1", "T 2", "E 3 4 5 6"}));
  EXPECT_EQ(fork->segments()[0].in_opt_shapes(), Shapes(kForkShapes));
  EXPECT_EQ(fork->segments()[1].in_opt_shapes(), (Shapes{{3, 8, 16, 16}}));
  EXPECT_EQ(fork->segments()[2].in_opt_shapes(), (Shapes{{3, 8, 16, 16}, {4, 8, 3, 3}, {4}, {3, 4, 16, 16}}));
}

TEST(Partition, KnowsRangesAndDtypes) {
  const char* const text = R"(graph(%x : Tensor, %y : Tensor):
          %one : int = prim::Constant[value=1]()
          %long : int = prim::Constant[value=4]()
          %no : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %a : Tensor = aten::add(%x, %y, %one)
          %b : Tensor = aten::to(%a, %long, %no, %no, %none)
          %c : Tensor = aten::lgamma(%b)
          %d : Tensor = aten::mul(%c, %b)
          return (%d))";
  const auto found = partitioned(text, info_with({"aten::lgamma"}), {ir::Input({1}, {2}, {3}), ir::Input(Ints{1})});
  EXPECT_EQ(found->ctx.min_input_ivalues_map.at(found->graph->inputs()[0]).toTensor().sizes().vec(), Ints{1});
  EXPECT_EQ(found->ctx.max_input_ivalues_map.at(found->graph->inputs()[0]).toTensor().sizes().vec(), Ints{3});
  ASSERT_EQ(found->parts(), (Parts{"E 0 1", "T 2", "E 3"}));
  const auto& last = found->segments()[2];
  EXPECT_EQ(last.in_types(), (std::vector<at::ScalarType>{at::kFloat, at::kLong}));
  const auto specs = last.construct_inputs_spec();
  ASSERT_EQ(specs.size(), 2U);
  EXPECT_TRUE(specs[1].input_is_dynamic);
  EXPECT_EQ(specs[1].min.to_vector(), Ints{1});
  EXPECT_EQ(specs[1].opt.to_vector(), Ints{2});
  EXPECT_EQ(specs[1].max.to_vector(), Ints{3});
  EXPECT_EQ(specs[1].dtype, at::kLong);
}

TEST(Partition, FullCompilationIgnoresTheSmallestSize) {
  Partitioned found(kRow, info_with({"aten::log_sigmoid"}, 3));
  partition(&found.ctx, /*expect_full_compilation=*/true);
  EXPECT_EQ(found.parts(), (Parts{"E 0 1 2", "T 3", "E 4"}));
}

TEST(Partition, LeavesUnknownShapesToPyTorch) {
  const auto found = partitioned(R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::relu(%x)
          %m : Tensor = aten::isnan(%a)
          %b : Tensor = aten::masked_select(%a, %m)
          %c : Tensor = aten::exp(%b)
          return (%c))",
                                 info_with({}), {ir::Input(Ints{2, 3})});
  EXPECT_EQ(found->parts(), (Parts{"E 0 1", "T 2 3"}));
}

void expect_tensors_only(PartitionedGraph& segments) {
  for (const auto& segment : segments) {
    if (segment.target() == SegmentedBlock::kTorch) continue;
    for (const auto* value : segment.raw_inputs()) EXPECT_EQ(*value->type(), *c10::TensorType::get()) << segment;
    for (const auto* value : segment.raw_outputs()) EXPECT_EQ(*value->type(), *c10::TensorType::get()) << segment;
  }
}

TEST(Partition, AnEngineRepeatsTheNumbersThatItTakes) {
  const auto found = partitioned(R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %flat : int = prim::Constant[value=-1]()
          %a : Tensor = aten::relu(%x)
          %n : int = aten::size(%a, %zero)
          %l : int[] = prim::ListConstruct(%n, %flat)
          %b : Tensor = aten::reshape(%a, %l)
          %c : Tensor = aten::lgamma(%b)
          %d : Tensor = aten::reshape(%c, %l)
          return (%d))",
                                 info_with({"aten::lgamma"}), {ir::Input(Ints{2, 3, 4})});
  EXPECT_EQ(found->parts(), (Parts{"E 0 1 2 3", "T 4", "E 1 2 5"}));
  expect_tensors_only(found->segments());
  EXPECT_EQ(found->segments()[0].raw_outputs().size(), 2U);
}

TEST(Partition, AnEngineRepeatsAListOfTensors) {
  const auto found = partitioned(R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %l : Tensor[] = prim::ListConstruct(%x, %x)
          %a : Tensor = aten::cat(%l, %zero)
          %b : Tensor = aten::lgamma(%a)
          %c : Tensor = aten::cat(%l, %one)
          %d : Tensor = aten::relu(%c)
          %t : (Tensor, Tensor) = prim::TupleConstruct(%b, %d)
          return (%t))",
                                 info_with({"aten::lgamma"}), {ir::Input(Ints{2, 3})});
  EXPECT_EQ(found->parts(), (Parts{"E 0 1 3 4", "T 2 5"}));
  expect_tensors_only(found->segments());
}

TEST(SegmentedBlock, TellsItsParts) {
  const auto found = partitioned(kRow, info_with({"aten::log_sigmoid"}), inputs_of(kRowShapes));
  auto& block = found->segments()[0];
  const auto graph_inputs = found->graph->inputs();
  EXPECT_EQ(block.get_id(), 0U);
  EXPECT_EQ(block.raw_inputs(), (std::vector<torch::jit::Value*>(graph_inputs.begin(), graph_inputs.begin() + 5)));
  EXPECT_EQ(block.inputs().size(), 5U);
  EXPECT_EQ(block.raw_outputs().size(), 1U);
  EXPECT_TRUE(block.contain_raw_value(block.raw_outputs()[0]));
  EXPECT_FALSE(block.contain_raw_value(found->graph->outputs()[0]));
  EXPECT_EQ(block.block(), block.g()->block());
  EXPECT_EQ(SegmentedBlock::target_to_str(block.target()), "TensorRT");
  EXPECT_THROW(block.registerOutput(found->graph->outputs()[0]), Error);
  block.eraseOutput(0);
  EXPECT_TRUE(block.outputs().empty() && block.raw_outputs().empty());
}

TEST(RandomInputs, HaveTheDtypesAndStructure) {
  const auto graph = tests::parse_graph(R"(graph(%x : Tensor, %l : Tensor[], %t : (Tensor, Tensor)):
          return (%x))");
  ir::CollectionInputSpecMap specs;
  ir::Input small(Ints{2, 3});
  small.tensor_domain = {5, 6};
  specs[graph->inputs()[0]] = {small};
  specs[graph->inputs()[1]] = {ir::Input(Ints{1}), ir::Input(Ints{2}), ir::Input(Ints{3})};
  specs[graph->inputs()[2]] = {ir::Input(Ints{4}, at::kHalf), ir::Input({1, 2}, {1, 3}, {1, 4})};
  ir::CollectionTypeMap types;
  types[graph->inputs()[0]] = {at::kInt};
  const auto examples = generateRandomInputs(specs, types, ir::ShapeMode::kMAX, /*gpu_id=*/-1);
  EXPECT_TRUE(at::equal(examples.at(graph->inputs()[0]).toTensor(), at::full({2, 3}, 5, at::kInt)));
  EXPECT_EQ(examples.at(graph->inputs()[1]).toTensorVector().size(), 3U);
  const auto elements = examples.at(graph->inputs()[2]).toTupleRef().elements();
  ASSERT_EQ(elements.size(), 2U);
  EXPECT_EQ(elements[0].toTensor().scalar_type(), at::kHalf);
  EXPECT_EQ(elements[1].toTensor().sizes().vec(), (Ints{1, 4}));
}

TEST(PartitioningInfo, NamesTheDevice) {
  PartitioningInfo info;
  info.target_device.gpu_id = 2;
  EXPECT_EQ(info.getGPUDeviceString(), "cuda:2");
  EXPECT_EQ(info.min_block_size, 1U);
}

}  // namespace
}  // namespace torch_tensorrt::core::partitioning
