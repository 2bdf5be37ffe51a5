#include "ATen/ATen.h"
#include "gtest/gtest.h"
#include "torch/csrc/jit/api/module.h"

#include "compat/partitioned.h"
#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/partitioning/partitioning.h"
#include "torch_tensorrt/core/runtime/runtime.h"
#include "torch_tensorrt/core/util/jit_util.h"

namespace torch_tensorrt::core::partitioning {
namespace {

// The stitched graph gives what the graph gives.
void expect_same_results(Partitioned& found, const std::vector<torch::jit::IValue>& inputs) {
  const auto stitched = stitch(&found.ctx, found.graph->block()).first;
  stitched->lint();
  const auto expected = tests::run_graph(found.graph, inputs);
  const auto results = tests::run_graph(stitched, inputs);
  ASSERT_EQ(results.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(at::equal(results[i].toTensor(), expected[i].toTensor()));
}

std::vector<torch::jit::IValue> random_inputs(const std::vector<Ints>& shapes) {
  at::manual_seed(1);
  std::vector<torch::jit::IValue> inputs;
  for (const auto& shape : shapes) inputs.emplace_back(at::randn(shape));
  return inputs;
}

TEST(Stitch, GivesTheSameResults) {
  const auto row = partitioned(kRow, info_with({"aten::log_sigmoid"}), inputs_of(kRowShapes));
  expect_same_results(*row, random_inputs(kRowShapes));
  const auto fork = partitioned(kFork, info_with({"aten::log_sigmoid", "aten::relu"}), inputs_of(kForkShapes));
  expect_same_results(*fork, random_inputs(kForkShapes));
}

// Converts the segments for engines and replaces their graphs by calls of the engines, which the module gets.
void use_engines(PartitionedGraph& segments, torch::jit::Module& module) {
  for (auto& segment : segments) {
    if (segment.target() == SegmentedBlock::kTorch) continue;
    conversion::ConversionInfo info;
    info.engine_settings.device = ir::Device::cpu();
    const auto specs = segment.construct_inputs_spec();
    for (size_t i = 0; i < specs.size(); ++i) info.collection_input_spec_map[segment.inputs()[i]] = {specs[i]};
    ir::StaticParams no_params;
    const auto bytes = conversion::ConvertBlockToEngine(segment.block(), info, no_params);
    const std::string name = "engine_" + std::to_string(segment.get_id());
    const c10::IValue engine =
        c10::make_intrusive<runtime::TRTEngine>(name, bytes, runtime::RTDevice(ir::Device::cpu()));
    module.register_attribute(name, engine.type(), engine);

    auto call = std::make_shared<Graph>();
    auto* self = call->addInput()->setType(module.type());
    std::vector<torch::jit::Value*> inputs;
    for (size_t i = 0; i < segment.raw_inputs().size(); ++i) inputs.push_back(call->addInput());
    auto* list = call->insertNode(call->createList(c10::TensorType::get(), inputs))->output();
    auto* value = call->insertGetAttr(self, name)->setType(engine.type());
    auto* execute =
        call->insertNode(call->create(c10::Symbol::fromQualString("tensorrt::execute_engine"), {list, value}));
    execute->output()->setType(c10::ListType::ofTensors());
    auto* unpack = call->insertNode(call->createListUnpack(execute->output(), segment.raw_outputs().size()));
    for (auto* output : unpack->outputs()) call->registerOutput(output);
    segment.update_graph(call);
  }
}

TEST(Stitch, CallsTheEngines) {
  for (const auto& [text, shapes] : {std::pair(kRow, kRowShapes), std::pair(kFork, kForkShapes)}) {
    const auto found = partitioned(text, info_with({"aten::log_sigmoid"}), inputs_of(shapes));
    torch::jit::Module module("stitched");
    use_engines(found->segments(), module);
    auto graph = stitch(&found->ctx, found->graph->block()).first;
    graph->lint();
    EXPECT_EQ(tests::count_nodes(graph, "tensorrt::execute_engine"), 2);
    EXPECT_EQ(tests::count_nodes(graph, "aten::_convolution"), 0);
    auto* method = module._ivalue()->compilation_unit()->create_function(
        c10::QualifiedName(*module.type()->name(), "forward"), graph);
    method->setSchema(util::GenerateGraphSchema(method->name(), graph));
    module.type()->addMethod(method);
    const auto inputs = random_inputs(shapes);
    const auto expected = tests::run_graph(found->graph, inputs)[0].toTensor();
    EXPECT_TRUE(at::allclose(module.forward(inputs).toTensor(), expected, 1e-4, 1e-4));
  }
}

const char* const kBranches = R"(graph(%x : Tensor, %y : Tensor, %c : bool):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::add(%x, %y, %one)
          %r : Tensor = prim::If(%c)
            block0():
              %d : Tensor = aten::exp(%a)
              %e : Tensor = aten::lgamma(%d)
              -> (%e)
            block1():
              %f : Tensor = aten::tanh(%y)
              -> (%f)
          %g : Tensor = aten::mul(%r, %a)
          return (%g))";

TEST(Stitch, RebuildsBranches) {
  const auto found = partitioned(kBranches, info_with({"aten::lgamma"}), inputs_of({{2, 3}, {2, 3}}));
  EXPECT_EQ(found->parts(), (Parts{"E 0", "T 1", "E 2"}));
  EXPECT_TRUE(found->segments()[1].do_not_merge());
  ASSERT_EQ(found->ctx.original_blocks.size(), 3U);
  EXPECT_EQ(found->ctx.partitioned_blocks.at(found->ctx.original_blocks[1]).size(), 2U);
  EXPECT_EQ(found->ctx.partitioned_blocks.at(found->ctx.original_blocks[2]).size(), 1U);
  for (const bool condition : {true, false}) {
    auto inputs = random_inputs({{2, 3}, {2, 3}});
    inputs.emplace_back(condition);
    expect_same_results(*found, inputs);
  }
}

TEST(Stitch, KeepsLoopsWhole) {
  const auto found = partitioned(R"(graph(%x : Tensor, %n : int):
          %one : int = prim::Constant[value=1]()
          %yes : bool = prim::Constant[value=1]()
          %a : Tensor = aten::relu(%x)
          %r : Tensor = prim::Loop(%n, %yes, %a)
            block0(%i : int, %before : Tensor):
              %after : Tensor = aten::add(%before, %a, %one)
              -> (%yes, %after)
          %b : Tensor = aten::exp(%r)
          return (%b))",
                                 info_with({}), {ir::Input(Ints{2, 3})});
  EXPECT_EQ(found->parts(), (Parts{"E 0", "T 1", "E 2"}));
  EXPECT_EQ(found->ctx.original_blocks.size(), 1U);
  auto inputs = random_inputs({{2, 3}});
  inputs.emplace_back(3);
  expect_same_results(*found, inputs);
}

TEST(Stitch, NeedsAPartitionedGraph) {
  Partitioned found(kRow, info_with({}));
  EXPECT_THROW(stitch(&found.ctx, found.graph->block()), Error);
  segmentGraph(&found.ctx, found.graph->block());
  EXPECT_THROW(stitch(&found.ctx, found.graph->block()), Error);  // the segments have no outputs yet
}

}  // namespace
}  // namespace torch_tensorrt::core::partitioning
