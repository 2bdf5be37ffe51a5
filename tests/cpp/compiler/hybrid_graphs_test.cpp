#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "support/jit_graph.h"
#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/util/jit_util.h"

// Graphs compiled to engines and operators of PyTorch through core/compiler.h, with its defaults.
namespace torch_tensorrt::core {
namespace {

using Ints = std::vector<int64_t>;
using Inputs = std::vector<torch::jit::IValue>;

// A module whose forward is the graph. The inputs behind the first `arguments` become constants.
torch::jit::Module module_of(const std::string& text, size_t arguments) {
  auto graph = tests::parse_graph(text);
  at::manual_seed(1);
  while (graph->inputs().size() > arguments) {
    const size_t last = graph->inputs().size() - 1;
    auto* weight = graph->inputs()[last];
    const auto sizes = *weight->type()->expectRef<c10::TensorType>().sizes().concrete_sizes();
    const torch::jit::WithInsertPoint front(*graph->nodes().begin());
    weight->replaceAllUsesWith(graph->insertConstant(at::randn(sizes)));
    graph->eraseInput(last);
  }
  torch::jit::Module module("graph");
  graph->insertInput(0, "self")->setType(module.type());
  auto* method = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), "forward"), graph);
  method->setSchema(util::GenerateGraphSchema(method->name(), graph));
  module.type()->addMethod(method);
  return module;
}

CompileSpec spec_of(const std::vector<Ints>& shapes, std::vector<std::string> of_torch) {
  std::vector<ir::Input> inputs;
  for (const auto& shape : shapes) inputs.emplace_back(shape);
  CompileSpec spec(inputs);
  spec.convert_info.engine_settings.device = engine::DeviceTarget::cpu();
  spec.partitioning_info.enabled = true;
  spec.partitioning_info.forced_fallback_operators = std::move(of_torch);
  return spec;
}

int64_t engines_of(const torch::jit::Module& module) {
  return tests::count_nodes(module.get_method("forward").graph(), "tensorrt::execute_engine");
}

Inputs random_inputs(const std::vector<Ints>& shapes) {
  Inputs inputs;
  for (const auto& shape : shapes) inputs.emplace_back(at::randn(shape));
  return inputs;
}

void expect_equal(torch::jit::Module compiled, torch::jit::Module module, const Inputs& inputs) {
  const auto result = compiled.forward(inputs);
  const auto expected = module.forward(inputs);
  if (!expected.isTuple()) {
    EXPECT_TRUE(at::allclose(result.toTensor(), expected.toTensor(), 1e-4, 1e-4));
    return;
  }
  for (size_t i = 0; i < expected.toTupleRef().elements().size(); ++i) {
    EXPECT_TRUE(at::allclose(result.toTupleRef().elements()[i].toTensor(),
                             expected.toTupleRef().elements()[i].toTensor(), 1e-4, 1e-4));
  }
}

TEST(HybridGraphs, ARowHasAnEngineOnEachSide) {
  const auto module = module_of(R"(graph(%x : Tensor, %w1 : Float(8, 3, 3, 3), %b1 : Float(8), %w2 : Float(4, 8, 3, 3),
                                         %b2 : Float(4)):
          %ones : int[] = prim::Constant[value=[1, 1]]()
          %zeros : int[] = prim::Constant[value=[0, 0]]()
          %one : int = prim::Constant[value=1]()
          %no : bool = prim::Constant[value=0]()
          %a : Tensor = aten::_convolution(%x, %w1, %b1, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %b : Tensor = aten::relu(%a)
          %c : Tensor = aten::log_sigmoid(%b)
          %d : Tensor = aten::_convolution(%c, %w2, %b2, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          return (%d))",
                                1);
  const std::vector<Ints> shapes = {{3, 3, 16, 16}};
  auto spec = spec_of(shapes, {"aten::log_sigmoid"});
  const auto compiled = CompileGraph(module, spec);
  EXPECT_EQ(engines_of(compiled), 2);
  expect_equal(compiled, module, random_inputs(shapes));
  spec.partitioning_info.min_block_size = 2;
  EXPECT_EQ(engines_of(CompileGraph(module, spec)), 1);
}

TEST(HybridGraphs, AForkHasTwoEngines) {
  const auto module = module_of(R"(graph(%x : Tensor, %w1 : Float(8, 3, 3, 3), %b1 : Float(8), %w2 : Float(4, 8, 3, 3),
                                         %b2 : Float(4)):
          %ones : int[] = prim::Constant[value=[1, 1]]()
          %zeros : int[] = prim::Constant[value=[0, 0]]()
          %one : int = prim::Constant[value=1]()
          %no : bool = prim::Constant[value=0]()
          %a : Tensor = aten::_convolution(%x, %w1, %b1, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %b : Tensor = aten::_convolution(%a, %w2, %b2, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %c : Tensor = aten::log_sigmoid(%a)
          %d : Tensor = aten::_convolution(%c, %w2, %b2, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %e : Tensor = aten::relu(%b)
          %f : Tensor = aten::add(%d, %e, %one)
          return (%f))",
                                1);
  const std::vector<Ints> shapes = {{3, 3, 16, 16}};
  const auto compiled = CompileGraph(module, spec_of(shapes, {"aten::log_sigmoid"}));
  EXPECT_EQ(engines_of(compiled), 2);
  expect_equal(compiled, module, random_inputs(shapes));
}

TEST(HybridGraphs, AListForBothSidesCostsNoEngine) {
  const auto module = module_of(R"(graph(%x : Tensor, %w : Float(16, 6, 3, 3), %b : Float(16)):
          %ones : int[] = prim::Constant[value=[1, 1]]()
          %zeros : int[] = prim::Constant[value=[0, 0]]()
          %one : int = prim::Constant[value=1]()
          %no : bool = prim::Constant[value=0]()
          %l : Tensor[] = prim::ListConstruct(%x, %x)
          %a : Tensor = aten::log_sigmoid(%x)
          %c : Tensor = aten::cat(%l, %one)
          %d : Tensor = aten::_convolution(%c, %w, %b, %ones, %zeros, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %e : Tensor = aten::relu(%d)
          %t : (Tensor, Tensor) = prim::TupleConstruct(%a, %e)
          return (%t))",
                                1);
  const std::vector<Ints> shapes = {{1, 3, 16, 16}};
  const auto compiled = CompileGraph(module, spec_of(shapes, {"aten::log_sigmoid"}));
  EXPECT_EQ(engines_of(compiled), 1);
  expect_equal(compiled, module, random_inputs(shapes));
}

TEST(HybridGraphs, EachBranchHasAnEngine) {
  const auto module = module_of(R"(graph(%x : Tensor):
          %one : int = prim::Constant[value=1]()
          %none : NoneType = prim::Constant()
          %s : Tensor = aten::sum(%x, %none)
          %c : bool = aten::Bool(%s)
          %r : Tensor = prim::If(%c)
            block0():
              %a : Tensor = aten::log_sigmoid(%x)
              %b : Tensor = aten::exp(%a)
              -> (%b)
            block1():
              %d : Tensor = aten::sub(%x, %x, %one)
              -> (%d)
          return (%r))",
                                1);
  const auto compiled = CompileGraph(module, spec_of({{3, 4}}, {"aten::log_sigmoid", "aten::sum"}));
  EXPECT_EQ(engines_of(compiled), 2);
  expect_equal(compiled, module, {at::ones({3, 4})});
  expect_equal(compiled, module, {at::zeros({3, 4})});
}

TEST(HybridGraphs, AConditionOfShapesTakesOneBranch) {
  const auto module = module_of(R"(graph(%x : Tensor, %y : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::add(%x, %y, %one)
          %n : int = aten::size(%a, %one)
          %t : Tensor = prim::NumToTensor(%n)
          %c : bool = aten::is_floating_point(%t)
          %r : Tensor = prim::If(%c)
            block0():
              %b : Tensor = aten::sub(%a, %y, %one)
              -> (%b)
            block1():
              %d : Tensor = aten::sub(%a, %y, %zero)
              -> (%d)
          %e : Tensor = aten::add(%r, %a, %one)
          return (%e))",
                                2);
  const std::vector<Ints> shapes = {{3, 4}, {3, 4}};
  const auto compiled = CompileGraph(module, spec_of(shapes, {"aten::sub"}));
  EXPECT_EQ(engines_of(compiled), 2);
  EXPECT_EQ(tests::count_nodes(compiled.get_method("forward").graph(), "prim::If"), 0);
  expect_equal(compiled, module, random_inputs(shapes));
}

TEST(HybridGraphs, ALoopOfUnknownLengthStays) {
  const auto module = module_of(R"(graph(%x : Tensor):
          %none : NoneType = prim::Constant()
          %one : int = prim::Constant[value=1]()
          %yes : bool = prim::Constant[value=1]()
          %s : Tensor = aten::sum(%x, %none)
          %n : int = aten::Int(%s)
          %r : Tensor = prim::Loop(%n, %yes, %x)
            block0(%i : int, %before : Tensor):
              %a : Tensor = aten::log_sigmoid(%before)
              %b : Tensor = aten::exp(%a)
              -> (%yes, %b)
          return (%r))",
                                1);
  const auto compiled = CompileGraph(module, spec_of({{1, 10}}, {"aten::log_sigmoid", "aten::sum"}));
  EXPECT_EQ(engines_of(compiled), 1);
  EXPECT_EQ(tests::count_nodes(compiled.get_method("forward").graph(), "prim::Loop"), 1);
  expect_equal(compiled, module, {at::full({1, 10}, 0.35)});
}

}  // namespace
}  // namespace torch_tensorrt::core
