#include "torch_tensorrt/core/partitioning/probe.h"

#include "gtest/gtest.h"

#include "torch/csrc/jit/api/module.h"
#include "torch/csrc/jit/ir/irparser.h"

#include "partitioning/bound_arguments.h"
#include "torch_tensorrt/core/partitioning/control_flow.h"

namespace torch_tensorrt::core::partitioning {
namespace {

using Specs = std::vector<ir::Input>;

struct Probed {
  std::shared_ptr<torch::jit::Graph> graph = std::make_shared<torch::jit::Graph>();
  std::unordered_map<std::string, torch::jit::Value*> values;
  std::unique_ptr<GraphProbe> probe;

  Probed(const std::string& text, const Specs& specs) {
    torch::jit::parseIR(text, graph.get(), values, /*parse_tensor_constants=*/false);
    probe = std::make_unique<GraphProbe>(*graph, c10::IValue(), tests::bound_arguments(*graph, specs),
                                         c10::Device(at::kCPU));
  }

  ir::Input spec(const std::string& name) const { return probe->input_spec(values.at(name)).value(); }
  std::optional<c10::IValue> fixed(const std::string& name) const { return probe->fixed_value(values.at(name)); }
};

ir::Input range(std::vector<int64_t> min, std::vector<int64_t> opt, std::vector<int64_t> max) {
  return ir::Input(std::move(min), std::move(opt), std::move(max));
}

TEST(Probe, FollowsRangesThroughOperators) {
  const Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::transpose(%x, %zero, %one)
          %b : Tensor = aten::matmul(%a, %x)
          %l : Tensor[] = prim::ListConstruct(%x, %x)
          %c : Tensor = aten::cat(%l, %zero)
          %d : Tensor = aten::ge(%c, %one)
          return (%b, %d))",
                      {range({1, 3}, {4, 3}, {8, 3})});
  EXPECT_EQ(probed.spec("b").input_shape, network::Dims({3, 3}));
  EXPECT_FALSE(probed.spec("b").input_is_dynamic);
  EXPECT_EQ(probed.spec("d").min, network::Dims({2, 3}));
  EXPECT_EQ(probed.spec("d").opt, network::Dims({8, 3}));
  EXPECT_EQ(probed.spec("d").max, network::Dims({16, 3}));
  EXPECT_EQ(probed.spec("d").dtype, at::kBool);
}

// Values are allocated and freed as the graph changes; the address of a dead one says nothing about its successor.
TEST(Probe, KnowsNothingOfNewValues) {
  Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor):
          %floats : bool = aten::is_floating_point(%x)
          return (%floats))",
                {ir::Input({2})});
  auto* dead = probed.values.at("floats");
  ASSERT_TRUE(probed.fixed("floats"));
  dead->replaceAllUsesWith(probed.graph->insertConstant(true));
  dead->node()->destroy();
  for (int i = 0; i < 100; ++i) {
    const auto* made = probed.graph->insertNode(probed.graph->create(torch::jit::prim::Uninitialized))->output();
    EXPECT_EQ(probed.probe->find(made), nullptr);
    EXPECT_FALSE(probed.probe->fixed_value(made));
  }
}

// PyTorch has no meta form of these without Python, and they are too large to run.
TEST(Probe, KnowsTheShapesOfLargeConvolutions) {
  const Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor, %w : Tensor, %g : Tensor, %line : Tensor):
          %none : NoneType = prim::Constant()
          %false : bool = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %two : int = prim::Constant[value=2]()
          %three : int = prim::Constant[value=3]()
          %same : str = prim::Constant[value="same"]()
          %ones : int[] = prim::ListConstruct(%one, %one)
          %twos : int[] = prim::ListConstruct(%two, %two)
          %a : Tensor = aten::conv2d(%x, %w, %none, %twos, %ones, %ones, %one)
          %b : Tensor = aten::conv2d(%x, %w, %none, %ones, %same, %ones, %one)
          %c : Tensor = aten::conv_transpose2d(%x, %g, %none, %twos, %ones, %ones, %three, %ones)
          %d : Tensor = aten::_convolution(%x, %g, %none, %twos, %ones, %ones, %false, %ones, %one, %false, %false, %false, %false)
          %e : Tensor = aten::conv2d(%line, %w, %none, %ones, %ones, %ones, %one)
          return (%a, %b, %c, %d, %e))",
                      {range({100, 3, 600, 400}, {200, 3, 600, 400}, {400, 3, 600, 400}), ir::Input({16, 3, 3, 3}),
                       ir::Input({3, 4, 3, 3}), ir::Input({3, 90, 90})});
  EXPECT_EQ(probed.spec("a").opt, network::Dims({200, 16, 300, 200}));
  EXPECT_EQ(probed.spec("a").max, network::Dims({400, 16, 300, 200}));
  EXPECT_EQ(probed.spec("b").opt, network::Dims({200, 16, 600, 400}));
  EXPECT_EQ(probed.spec("c").opt, network::Dims({200, 12, 1200, 800}));
  EXPECT_FALSE(probed.probe->input_spec(probed.values.at("d")));  // the maps do not fit
  EXPECT_EQ(probed.spec("e").input_shape, network::Dims({16, 90, 90}));
  EXPECT_EQ(probed.spec("e").dtype, at::kFloat);
}

TEST(Probe, AssumesTheRankOfLaterRounds) {
  const Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor, %n : int):
          %zero : int = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %true : bool = prim::Constant[value=1]()
          %sizes : int[] = prim::ListConstruct(%zero)
          %empty : Tensor = aten::zeros(%sizes, %none, %none, %none, %none)
          %y : Tensor = prim::Loop(%n, %true, %empty)
            block0(%i : int, %carried : Tensor):
              %rank : int = aten::dim(%carried)
              %a : Tensor = aten::relu(%carried)
              %b : Tensor = aten::relu(%x)
              -> (%true, %b)
          return (%y))",
                      {ir::Input({4, 3})});
  EXPECT_EQ(probed.spec("carried").input_shape, network::Dims({4, 3}));
  EXPECT_EQ(probed.spec("a").input_shape, network::Dims({4, 3}));
  for (const char* name : {"carried", "a", "y"}) EXPECT_TRUE(probed.probe->is_assumed(probed.values.at(name))) << name;
  EXPECT_FALSE(probed.probe->is_assumed(probed.values.at("b")));
  EXPECT_FALSE(probed.fixed("rank")) << "it is 1 in the first round";
}

TEST(Probe, FindsSizesThatDependOnData) {
  const Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor):
          %a : Tensor = aten::nonzero(%x)
          return (%a))",
                      {ir::Input({4, 3})});
  EXPECT_EQ(probed.spec("a").min, network::Dims({0, 2}));
  EXPECT_GE(probed.spec("a").max.d[0], 12);
  EXPECT_EQ(probed.spec("a").dtype, at::kLong);
}

TEST(Probe, KnowsNumbersOfFixedSizesOnly) {
  const std::string text = R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %four : int = prim::Constant[value=4]()
          %n : int = aten::size(%x, %zero)
          %m : int = aten::size(%x, %one)
          %a : bool = aten::gt(%m, %one)
          %b : bool = aten::eq(%n, %four)
          return (%a, %b))";
  const Probed fixed(text, {ir::Input({4, 3})});
  EXPECT_TRUE(fixed.fixed("b")->toBool());
  // At all points the batch differs from 4, but not in all calls.
  const Probed dynamic(text, {range({1, 3}, {2, 3}, {8, 3})});
  EXPECT_TRUE(dynamic.fixed("a")->toBool());
  EXPECT_FALSE(dynamic.fixed("b").has_value());
}

TEST(Probe, AGrowingTensorOfALoopHasNoUpperBound) {
  const Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor, %n : int):
          %zero : int = prim::Constant[value=0]()
          %true : bool = prim::Constant[value=1]()
          %y : Tensor = prim::Loop(%n, %true, %x)
            block0(%i : int, %c : Tensor):
              %l : Tensor[] = prim::ListConstruct(%c, %x)
              %next : Tensor = aten::cat(%l, %zero)
              -> (%true, %next)
          return (%y))",
                      {ir::Input({2, 3})});
  EXPECT_EQ(probed.spec("y").min, network::Dims({2, 3}));
  EXPECT_GE(probed.spec("y").max.d[0], kAnySize);
  EXPECT_EQ(probed.spec("y").max.d[1], 3);
}

TEST(Probe, JoinsTheBranchesOfAnUnknownCondition) {
  const Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor, %c : bool):
          %zero : int = prim::Constant[value=0]()
          %y : Tensor = prim::If(%c)
            block0():
              %l : Tensor[] = prim::ListConstruct(%x, %x)
              %a : Tensor = aten::cat(%l, %zero)
              -> (%a)
            block1():
              -> (%x)
          return (%y))",
                      {ir::Input({2, 3})});
  EXPECT_EQ(probed.spec("y").min, network::Dims({2, 3}));
  EXPECT_EQ(probed.spec("y").max, network::Dims({4, 3}));
}

TEST(Probe, AMisfitNamesTheError) {
  const Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor, %y : Tensor):
          %a : Tensor = aten::matmul(%x, %y)
          return (%a))",
                      {ir::Input({2, 3}), ir::Input({2, 3})});
  EXPECT_NE(probed.probe->misfit().find("mat1 and mat2"), std::string::npos) << probed.probe->misfit();
  // In a branch that may not be taken, it is no misfit.
  const Probed guarded(R"(graph(%self : Dict(str, str), %x : Tensor, %y : Tensor, %c : bool):
          %r : Tensor = prim::If(%c)
            block0():
              %a : Tensor = aten::matmul(%x, %y)
              -> (%a)
            block1():
              -> (%x)
          return (%r))",
                       {ir::Input({2, 3}), ir::Input({2, 3})});
  EXPECT_TRUE(guarded.probe->misfit().empty()) << guarded.probe->misfit();
}

TEST(Probe, AWrittenDictIsUnknownAfterABranch) {
  const Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor, %c : bool):
          %key : str = prim::Constant[value="a"]()
          %d : Dict(str, Tensor) = prim::DictConstruct()
          prim::If(%c)
            block0():
              aten::_set_item(%d, %key, %x)
              -> ()
            block1():
              -> ()
          %n : int = aten::len(%d)
          return (%n))",
                      {ir::Input({2, 3})});
  EXPECT_FALSE(probed.fixed("n").has_value());
}

TEST(ControlFlow, KnownLoopsAreUnrolledWithTheRightIndex) {
  Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %true : bool = prim::Constant[value=1]()
          %n : int = aten::size(%x, %zero)
          %y : Tensor = prim::Loop(%n, %true, %x)
            block0(%i : int, %c : Tensor):
              %next : Tensor = aten::add(%c, %i, %one)
              -> (%true, %next)
          return (%y))",
                {ir::Input({3, 2})});
  ASSERT_TRUE(resolve_control_flow(*probed.graph, *probed.probe));
  probed.graph->lint();
  std::vector<int64_t> added;
  for (const auto* node : probed.graph->nodes()) {
    ASSERT_NE(node->kind(), c10::prim::Loop);
    if (node->kind() == c10::Symbol::aten("add")) added.push_back(torch::jit::toIValue(node->input(1))->toInt());
  }
  EXPECT_EQ(added, (std::vector<int64_t>{0, 1, 2}));
}

TEST(ControlFlow, NumbersThatAreAlwaysTheSameBecomeConstants) {
  Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %rows : int = aten::size(%x, %zero)
          %columns : int = aten::size(%x, %one)
          return (%rows, %columns))",
                {range({1, 2}, {2, 2}, {3, 2})});
  ASSERT_TRUE(resolve_control_flow(*probed.graph, *probed.probe));
  probed.graph->lint();
  EXPECT_EQ(probed.graph->outputs()[0]->node()->kind(), c10::aten::size);
  EXPECT_EQ(torch::jit::toIValue(probed.graph->outputs()[1]), c10::IValue(2));
  EXPECT_FALSE(resolve_control_flow(*probed.graph, *probed.probe));
}

TEST(ControlFlow, UnknownLoopsStay) {
  Probed probed(R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %true : bool = prim::Constant[value=1]()
          %n : int = aten::size(%x, %zero)
          %y : Tensor = prim::Loop(%n, %true, %x)
            block0(%i : int, %c : Tensor):
              %next : Tensor = aten::relu(%c)
              -> (%true, %next)
          return (%y))",
                {range({1, 2}, {2, 2}, {3, 2})});
  EXPECT_FALSE(resolve_control_flow(*probed.graph, *probed.probe));
}

// encode() leaves the state that decode() reads. The probe of decode() knows the state if it knows encode's arguments.
TEST(Probe, KnowsTheStateThatAnotherMethodLeaves) {
  torch::jit::Module module("M");
  module.register_attribute("state", c10::TensorType::get(), at::empty({0}), /*is_param=*/false);
  module.define(R"(
def encode(self, x):
    self.state = x.transpose(0, 1)

def decode(self, y):
    return self.state + y
)");
  const auto decode = module.get_method("decode").graph();
  const auto encode = module.get_method("encode").graph();
  const auto arguments = tests::bound_arguments(*decode, {ir::Input({1})});
  const auto* state = decode->outputs()[0]->node()->input(0);
  const auto spec_with = [&](std::vector<ir::BoundArgument> of_encode) {
    const GraphProbe probe(*decode, module._ivalue(), arguments, c10::Device(at::kCPU), {{encode, of_encode}});
    EXPECT_TRUE(probe.is_assumed(state));  // it is empty before the first call of encode
    return probe.input_spec(state);
  };
  const auto spec = spec_with(tests::bound_arguments(*encode, {range({1, 6}, {2, 6}, {3, 6})}));
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->min, (network::Dims{6, 1}));
  EXPECT_EQ(spec->opt, (network::Dims{6, 2}));
  EXPECT_EQ(spec->max, (network::Dims{6, 3}));
  const auto unknown = spec_with({});
  EXPECT_TRUE(!unknown || unknown->opt != (network::Dims{6, 2}));
}

}  // namespace
}  // namespace torch_tensorrt::core::partitioning
