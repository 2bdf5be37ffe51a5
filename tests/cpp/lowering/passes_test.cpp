#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "lowering/pass_case.h"
#include "support/jit_graph.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

// Every pass except those that remove writes.
namespace torch_tensorrt::core::lowering {
namespace {

using tests::canonical_text;
using tests::parse_graph;

// Hides unused constants, which a later pass of the pipeline removes.
std::string text_of_live(const passes::GraphPtr& graph) {
  torch::jit::EliminateDeadCode(graph);
  return canonical_text(graph);
}

TEST_P(Pass, RewritesAsTheTableSays) {
  const auto& test = GetParam();
  const auto graph = parse_graph(test.before);
  const std::string expected =
      test.after.empty() ? text_of_live(parse_graph(test.before)) : text_of_live(parse_graph(test.after));
  EXPECT_EQ(test.run(graph), !test.after.empty()) << "what the pass says of having changed anything";
  EXPECT_EQ(text_of_live(graph), expected);
}
const PassCase kDropout[] = {
    {"dropout", passes::remove_dropout,
     R"(graph(%x : Tensor):
          %p : float = prim::Constant[value=0.5]()
          %train : bool = prim::Constant[value=0]()
          %y : Tensor = aten::dropout(%x, %p, %train)
          %z : Tensor = aten::feature_alpha_dropout_(%y, %p, %train)
          %r : Tensor = aten::relu(%z)
          return (%r))",
     R"(graph(%x : Tensor):
          %r : Tensor = aten::relu(%x)
          return (%r))"},
    {"dropout_that_drops", passes::remove_dropout,
     R"(graph(%x : Tensor):
          %p : float = prim::Constant[value=0.5]()
          %train : bool = prim::Constant[value=1]()
          %y : Tensor = aten::dropout(%x, %p, %train)
          return (%y))",
     ""},
    {"dropout_of_nothing", passes::remove_dropout,
     R"(graph(%x : Tensor, %train : bool):
          %p : float = prim::Constant[value=0.]()
          %y : Tensor = aten::dropout(%x, %p, %train)
          return (%y))",
     R"(graph(%x : Tensor, %train : bool):
          return (%x))"},
    {"dropout_in_blocks", passes::remove_dropout,
     R"(graph(%x : Tensor, %c : bool):
          %p : float = prim::Constant[value=0.5]()
          %train : bool = prim::Constant[value=0]()
          %y : Tensor = prim::If(%c)
            block0():
              %a : Tensor = aten::dropout(%x, %p, %train)
              -> (%a)
            block1():
              %b : Tensor = aten::relu(%x)
              -> (%b)
          return (%y))",
     R"(graph(%x : Tensor, %c : bool):
          %y : Tensor = prim::If(%c)
            block0():
              -> (%x)
            block1():
              %b : Tensor = aten::relu(%x)
              -> (%b)
          return (%y))"},
};
INSTANTIATE_TEST_SUITE_P(RemoveDropout, Pass, testing::ValuesIn(kDropout));

bool move_constants_to_cpu(const passes::GraphPtr& graph) {
  std::vector<torch::jit::IValue> no_params;
  return passes::move_constants_to_cpu(graph, no_params);
}

const PassCase kDevices[] = {
    {"made_on_a_gpu", move_constants_to_cpu,
     R"(graph(%x : Tensor):
          %n : int = prim::Constant[value=4]()
          %none : NoneType = prim::Constant()
          %d : Device = prim::Constant[value="cuda:0"]()
          %y : Tensor = aten::arange(%n, %none, %none, %d, %none)
          %z : Tensor = aten::add(%x, %y, %n)
          return (%z))",
     R"(graph(%x : Tensor):
          %n : int = prim::Constant[value=4]()
          %none : NoneType = prim::Constant()
          %d : Device = prim::Constant[value="cpu"]()
          %y : Tensor = aten::arange(%n, %none, %none, %d, %none)
          %z : Tensor = aten::add(%x, %y, %n)
          return (%z))"},
    {"moved_to_where_another_lies", move_constants_to_cpu,
     R"(graph(%x : Tensor, %o : Tensor):
          %no : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %d : Device = prim::device(%o)
          %y : Tensor = aten::to(%x, %d, %none, %no, %no)
          return (%y))",
     R"(graph(%x : Tensor, %o : Tensor):
          %no : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %d : Device = prim::Constant[value="cpu"]()
          %y : Tensor = aten::to(%x, %d, %none, %no, %no)
          return (%y))"},
    {"device_that_is_compared", move_constants_to_cpu,
     R"(graph(%x : Tensor):
          %d : Device = prim::Constant[value="cuda:0"]()
          %e : Device = prim::device(%x)
          %b : bool = aten::eq(%d, %e)
          return (%b))",
     ""},
    {"made_on_the_cpu", move_constants_to_cpu,
     R"(graph():
          %n : int = prim::Constant[value=4]()
          %none : NoneType = prim::Constant()
          %d : Device = prim::Constant[value="cpu"]()
          %y : Tensor = aten::arange(%n, %none, %none, %d, %none)
          return (%y))",
     ""},
};
INSTANTIATE_TEST_SUITE_P(MoveConstantsToCpu, Pass, testing::ValuesIn(kDevices));

const PassCase kWarnings[] = {
    {"a_branch_that_only_warns", passes::remove_warnings,
     R"(graph(%x : Tensor, %c : bool):
          %text : str = prim::Constant[value="odd"]()
          %level : int = prim::Constant[value=2]()
          prim::If(%c)
            block0():
              aten::warn(%text, %level)
              -> ()
            block1():
              -> ()
          %r : Tensor = aten::relu(%x)
          return (%r))",
     R"(graph(%x : Tensor, %c : bool):
          %r : Tensor = aten::relu(%x)
          return (%r))"},
    {"a_branch_that_raises_stays", passes::remove_warnings,
     R"(graph(%x : Tensor, %c : bool):
          %text : str = prim::Constant[value="bad"]()
          %none : NoneType = prim::Constant()
          prim::If(%c)
            block0():
              prim::RaiseException(%text, %none)
              -> ()
            block1():
              -> ()
          return (%x))",
     ""},
};
INSTANTIATE_TEST_SUITE_P(RemoveWarnings, Pass, testing::ValuesIn(kWarnings));

const PassCase kNoOps[] = {
    {"contiguous_and_detach", passes::remove_no_ops,
     R"(graph(%x : Tensor):
          %f : int = prim::Constant[value=0]()
          %y : Tensor = aten::contiguous(%x, %f)
          %z : Tensor = aten::detach(%y)
          return (%z))",
     R"(graph(%x : Tensor):
          return (%x))"},
    {"the_data_attribute", passes::remove_no_ops,
     R"(graph(%x : Tensor):
          %y : Tensor = prim::data(%x)
          return (%y))",
     R"(graph(%x : Tensor):
          return (%x))"},
    {"in_blocks", passes::remove_no_ops,
     R"(graph(%x : Tensor, %c : bool):
          %y : Tensor = prim::If(%c)
            block0():
              %a : Tensor = aten::detach(%x)
              -> (%a)
            block1():
              %b : Tensor = aten::relu(%x)
              -> (%b)
          return (%y))",
     R"(graph(%x : Tensor, %c : bool):
          %y : Tensor = prim::If(%c)
            block0():
              -> (%x)
            block1():
              %b : Tensor = aten::relu(%x)
              -> (%b)
          return (%y))"},
    {"a_cast_is_something", passes::remove_no_ops,
     R"(graph(%x : Tensor):
          %d : int = prim::Constant[value=5]()
          %n : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %y : Tensor = aten::to(%x, %d, %n, %n, %none)
          return (%y))",
     ""},
};
INSTANTIATE_TEST_SUITE_P(RemoveNoOps, Pass, testing::ValuesIn(kNoOps));

const PassCase kAliases[] = {
    {"names", passes::replace_aliases,
     R"(graph(%x : Tensor, %y : Tensor, %s : int[]):
          %a : Tensor = aten::true_divide(%x, %y)
          %b : Tensor = aten::multiply(%a, %y)
          %c : Tensor = aten::view(%b, %s)
          return (%c))",
     R"(graph(%x : Tensor, %y : Tensor, %s : int[]):
          %a : Tensor = aten::div(%x, %y)
          %b : Tensor = aten::mul(%a, %y)
          %c : Tensor = aten::reshape(%b, %s)
          return (%c))"},
    {"pythons_abs", passes::replace_aliases,
     R"(graph(%x : Tensor, %i : int):
          %a : Tensor = prim::abs(%x)
          %b : int = prim::abs(%i)
          return (%a, %b))",
     R"(graph(%x : Tensor, %i : int):
          %a : Tensor = aten::abs(%x)
          %b : int = prim::abs(%i)
          return (%a, %b))"},
    {"tile_of_a_known_rank", passes::replace_aliases,
     R"(graph(%x : Float(2, 3)):
          %s : int[] = prim::Constant[value=[2, 1, 1]]()
          %c : Tensor = aten::tile(%x, %s)
          return (%c))",
     R"(graph(%x : Float(2, 3)):
          %s : int[] = prim::Constant[value=[2, 1, 1]]()
          %c : Tensor = aten::repeat(%x, %s)
          return (%c))"},
    {"tile_by_fewer_dims", passes::replace_aliases,
     R"(graph(%x : Float(2, 3)):
          %s : int[] = prim::Constant[value=[2]]()
          %c : Tensor = aten::tile(%x, %s)
          return (%c))",
     ""},
};
INSTANTIATE_TEST_SUITE_P(ReplaceAliases, Pass, testing::ValuesIn(kAliases));

const PassCase kTypeAs[] = {
    {"type_as", passes::replace_type_as,
     R"(graph(%x : Tensor, %y : Tensor):
          %a : Tensor = aten::type_as(%x, %y)
          return (%a))",
     R"(graph(%x : Tensor, %y : Tensor):
          %f : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %a : Tensor = aten::to(%x, %y, %f, %f, %none)
          return (%a))"},
};
INSTANTIATE_TEST_SUITE_P(ReplaceTypeAs, Pass, testing::ValuesIn(kTypeAs));

const PassCase kNumbers[] = {
    {"pair", passes::remove_number_round_trips,
     R"(graph(%n : int):
          %t : Tensor = prim::NumToTensor(%n)
          %r : int = aten::Int(%t)
          return (%r))",
     R"(graph(%n : int):
          return (%n))"},
    {"arithmetic", passes::remove_number_round_trips,
     R"(graph(%n : int, %m : int):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = prim::NumToTensor(%n)
          %b : Tensor = prim::NumToTensor(%m)
          %c : Tensor = aten::mul(%a, %b)
          %d : Tensor = aten::floor_divide(%c, %b)
          %e : Tensor = aten::add(%d, %a, %one)
          %r : int = aten::Int(%e)
          return (%r))",
     R"(graph(%n : int, %m : int):
          %c : int = aten::mul(%n, %m)
          %d : int = aten::floordiv(%c, %m)
          %r : int = aten::add(%d, %n)
          return (%r))"},
    {"a_factor_is_not_dropped", passes::remove_number_round_trips,
     R"(graph(%n : int, %m : int):
          %two : int = prim::Constant[value=2]()
          %a : Tensor = prim::NumToTensor(%n)
          %b : Tensor = prim::NumToTensor(%m)
          %e : Tensor = aten::add(%a, %b, %two)
          %r : int = aten::Int(%e)
          return (%r))",
     ""},
    {"a_float_is_rounded", passes::remove_number_round_trips,
     R"(graph(%n : float):
          %t : Tensor = prim::NumToTensor(%n)
          %r : int = aten::Int(%t)
          return (%r))",
     ""},
    {"a_tensor_of_the_graph", passes::remove_number_round_trips,
     R"(graph(%x : Tensor):
          %r : int = aten::Int(%x)
          return (%r))",
     ""},
};
INSTANTIATE_TEST_SUITE_P(RemoveNumberRoundTrips, Pass, testing::ValuesIn(kNumbers));

const PassCase kOutputs[] = {
    {"tuple", passes::flatten_outputs,
     R"(graph(%x : Tensor, %y : Tensor):
          %t : (Tensor, Tensor) = prim::TupleConstruct(%x, %y)
          return (%t))",
     R"(graph(%x : Tensor, %y : Tensor):
          return (%x, %y))"},
    {"nested", passes::flatten_outputs,
     R"(graph(%x : Tensor, %y : Tensor):
          %t : (Tensor, Tensor) = prim::TupleConstruct(%x, %y)
          %u : (Tensor, (Tensor, Tensor)) = prim::TupleConstruct(%x, %t)
          return (%u))",
     ""},
};
INSTANTIATE_TEST_SUITE_P(FlattenOutputs, Pass, testing::ValuesIn(kOutputs));

}  // namespace
}  // namespace torch_tensorrt::core::lowering
