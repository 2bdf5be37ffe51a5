#include <set>

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "support/jit_graph.h"
#include "support/torch_conversion.h"
#include "torch_tensorrt/core/conversion/evaluators/eval_macros.h"
#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"

namespace torch_tensorrt::core::conversion::evaluators {
namespace {

using tests::error_of;
using tests::parse_graph;
using torch::jit::IValue;

// Graphs of numbers: every result must be the same as in PyTorch's interpreter.
struct EvaluatorCase {
  const char* name;
  const char* body;
  const char* result;
};
std::ostream& operator<<(std::ostream& os, const EvaluatorCase& test) { return os << test.name; }

class Evaluator : public testing::TestWithParam<EvaluatorCase> {};

std::shared_ptr<torch::jit::Graph> graph_of(const EvaluatorCase& test) {
  return parse_graph(std::string(R"(graph():
          %two : int = prim::Constant[value=2]()
          %seven : int = prim::Constant[value=7]()
          %minus : int = prim::Constant[value=-7]()
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %half : float = prim::Constant[value=0.5]()
          %pi : float = prim::Constant[value=3.25]()
          %yes : bool = prim::Constant[value=1]()
          %no : bool = prim::Constant[value=0]()
          %text : str = prim::Constant[value="a"]()
          %other : str = prim::Constant[value="b"]()
          %none : NoneType = prim::Constant()
          %ints : int[] = prim::ListConstruct(%two, %seven, %minus)
          )") + test.body +
                     "\n          return (%" + test.result + ")");
}

TEST_P(Evaluator, GivesWhatPyTorchGives) {
  const auto graph = graph_of(GetParam());
  const auto expected = tests::run_graph(graph, {})[0];
  ConversionCtx ctx(tests::cpu_settings());
  IValue found;
  for (const auto* node : graph->nodes()) {
    const auto value = EvaluateNode(&ctx, node);
    if (!value || node->outputs().empty()) continue;
    if (node->outputs().size() == 1) {
      ctx.AssociateValueAndIValue(node->output(), *value);
    } else {
      for (size_t i = 0; i < node->outputs().size(); ++i) {
        ctx.AssociateValueAndIValue(node->outputs()[i], value->toTupleRef().elements()[i]);
      }
    }
  }
  found = ctx.evaluated_value_map.at(graph->outputs()[0]);
  EXPECT_EQ(torch_tensorrt::str(found), torch_tensorrt::str(expected));
  EXPECT_EQ(found.tagKind(), expected.tagKind());
  EXPECT_EQ(ctx.net->getNbLayers(), 0) << "known numbers must not become layers";
}

const EvaluatorCase kCases[] = {
    {"add_int", "%r : int = aten::add(%two, %minus)", "r"},
    {"add_float", "%r : float = aten::add(%half, %pi)", "r"},
    {"add_str", "%r : str = aten::add(%text, %other)", "r"},
    {"sub", "%r : int = aten::sub(%two, %seven)", "r"},
    {"mul", "%r : float = aten::mul(%half, %pi)", "r"},
    {"div_int", "%r : float = aten::div(%seven, %two)", "r"},
    {"div_float", "%r : float = aten::div(%pi, %half)", "r"},
    {"floordiv_negative", "%r : int = aten::floordiv(%minus, %two)", "r"},
    {"floordiv_float", "%r : float = aten::floordiv(%pi, %half)", "r"},
    {"round_to_zero", "%r : int = aten::__round_to_zero_floordiv(%minus, %two)", "r"},
    {"remainder_negative", "%r : int = aten::remainder(%minus, %two)", "r"},
    {"pow_int", "%r : float = aten::pow(%two, %seven)", "r"},
    {"pow_float_int", "%r : float = aten::pow(%half, %two)", "r"},
    {"neg", "%r : int = aten::neg(%seven)", "r"},
    {"floor", "%r : int = aten::floor(%pi)", "r"},
    {"ceil", "%r : int = aten::ceil(%pi)", "r"},
    {"sqrt_int", "%r : float = aten::sqrt(%two)", "r"},
    {"eq_int", "%r : bool = aten::eq(%two, %seven)", "r"},
    {"eq_str", "%r : bool = aten::eq(%text, %text)", "r"},
    {"eq_int_float", "%r : bool = aten::eq(%two, %half)", "r"},
    {"ne_bool", "%r : bool = aten::ne(%yes, %no)", "r"},
    {"lt", "%r : bool = aten::lt(%two, %seven)", "r"},
    {"ge_float_int", "%r : bool = aten::ge(%half, %two)", "r"},
    {"and", "%r : bool = aten::__and__(%yes, %no)", "r"},
    {"or_int", "%r : int = aten::__or__(%two, %seven)", "r"},
    {"xor", "%r : int = aten::__xor__(%two, %seven)", "r"},
    {"not", "%r : bool = aten::__not__(%yes)", "r"},
    {"is_none", "%r : bool = aten::__is__(%none, %none)", "r"},
    {"isnot_none", "%r : bool = aten::__isnot__(%two, %none)", "r"},
    {"bool_of_int", "%r : bool = aten::Bool(%two)", "r"},
    {"float_of_int", "%r : float = aten::Float(%two)", "r"},
    {"int_of_float", "%r : int = aten::Int(%pi)", "r"},
    {"int_of_bool", "%r : int = aten::Int(%yes)", "r"},
    {"min_int", "%r : int = prim::min(%two, %seven)", "r"},
    {"max_float", "%r : float = prim::max(%half, %pi)", "r"},
    {"min_of_list", "%r : int = prim::min(%ints)", "r"},
    {"max_of_list", "%r : int = prim::max(%ints)", "r"},
    {"len", "%r : int = aten::len(%ints)", "r"},
    {"getitem_negative", "%m : int = aten::neg(%two)\n          %r : int = aten::__getitem__(%ints, %m)", "r"},
    {"slice", "%r : int[] = aten::slice(%ints, %one, %none, %one)", "r"},
    {"slice_with_step", "%r : int[] = aten::slice(%ints, %none, %none, %two)", "r"},
    {"append", "%m : int[] = aten::append(%ints, %one)", "ints"},
    {"extend", "%o : int[] = prim::ListConstruct(%one)\n          aten::extend(%ints, %o)", "ints"},
    {"insert", "aten::insert(%ints, %one, %zero)", "ints"},
    {"pop", "%m : int = aten::pop(%ints, %zero)", "ints"},
    {"set_item", "%m : int[] = aten::_set_item(%ints, %one, %zero)", "ints"},
    {"reverse", "aten::reverse(%ints)", "ints"},
    {"add_lists", "%r : int[] = aten::add(%ints, %ints)", "r"},
    {"add_lists_in_place", "%o : int[] = prim::ListConstruct(%one)\n          %m : int[] = aten::add_(%ints, %o)",
     "ints"},
    {"copy_of_list", "%c : int[] = aten::list(%ints)\n          %m : int[] = aten::append(%c, %one)", "ints"},
    {"repeat_list", "%r : int[] = aten::mul(%ints, %two)", "r"},
    {"unpack", "%a : int, %b : int, %c : int = prim::ListUnpack(%ints)\n          %r : int = aten::mul(%b, %c)", "r"},
    {"tuple",
     "%t : (int, float) = prim::TupleConstruct(%two, %half)\n          %r : float = prim::TupleIndex(%t, %one)", "r"},
    {"range_length", "%r : int = aten::__range_length(%minus, %seven, %two)", "r"},
    {"derive_index", "%r : int = aten::__derive_index(%two, %seven, %minus)", "r"},
    {"format", "%f : str = prim::Constant[value=\"{} of {}\"]()\n          %r : str = aten::format(%f, %two, %text)",
     "r"},
    {"num_to_tensor", "%t : Tensor = prim::NumToTensor(%seven)\n          %r : int = aten::Int(%t)", "r"},
    {"string_methods", "%r : str = aten::upper(%text)", "r"},
};
INSTANTIATE_TEST_SUITE_P(All, Evaluator, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

// A context in which the value is a network tensor.
struct Sizes {
  explicit Sizes(nvinfer1::Dims dims) : ctx(tests::cpu_settings()) {
    graph = parse_graph(R"(graph(%x : Tensor, %none : NoneType):
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
          %bigger : bool = aten::gt(%n, %two)
          return (%bigger))");
    ctx.AssociateValueAndTensor(graph->inputs()[0], ctx.net->addInput("x", nvinfer1::DataType::kHALF, dims));
    ctx.AssociateValueAndIValue(graph->inputs()[1], IValue());
  }
  // Compares: size 1 is above two.
  IValue compare() {
    for (const auto* node : graph->nodes()) {
      const auto value = EvaluateNode(&ctx, node);
      if (value) ctx.AssociateValueAndIValue(node->output(), *value);
    }
    return ctx.evaluated_value_map.at(graph->outputs()[0]);
  }
  std::shared_ptr<torch::jit::Graph> graph;
  ConversionCtx ctx;
};

TEST(SizeEvaluators, CompareUnknownSizesInTheNetwork) {
  EXPECT_TRUE(evaluators::holds_network_tensor(Sizes(nvinfer1::Dims{2, -1, 3}).compare()));
  EXPECT_TRUE(Sizes(nvinfer1::Dims{2, 7, 3}).compare().toBool());
  EXPECT_FALSE(Sizes(nvinfer1::Dims{2, 2, 3}).compare().toBool());
}

TEST(EvaluateNode, ClonesTensors) {
  const auto graph = parse_graph(R"(graph(%x : Tensor):
      %none : NoneType = prim::Constant()
      %y : Tensor = aten::clone(%x, %none)
      return (%y))");
  const auto* clone = graph->outputs()[0]->node();
  ASSERT_TRUE(shouldEvalAtConversionTime(clone));
  ConversionCtx ctx(tests::cpu_settings());
  const auto x = at::ones({2});
  ctx.AssociateValueAndIValue(graph->inputs()[0], x);
  const auto copy = EvaluateNode(&ctx, clone)->toTensor();
  EXPECT_TRUE(copy.equal(x));
  EXPECT_NE(copy.const_data_ptr(), x.const_data_ptr());
}

TEST(EvaluateNode, CountsDepthNotSiblings) {
  std::string wide = "graph():\n  %n0 : int = prim::Constant[value=1]()\n";
  std::string deep = wide;
  std::string arguments = "%n0";
  for (int i = 1; i <= 12; ++i) {
    const std::string name = "%n" + std::to_string(i);
    wide += "  " + name + " : int = aten::neg(%n0)\n";
    deep += "  " + name + " : int = aten::neg(%n" + std::to_string(i - 1) + ")\n";
    arguments += ", " + name;
  }
  const auto siblings = parse_graph(wide + "  %l : int[] = prim::ListConstruct(" + arguments + ")\n  return (%l)");
  ConversionCtx ctx(tests::cpu_settings());
  EXPECT_EQ(EvaluateNode(&ctx, siblings->outputs()[0]->node())->toIntVector().size(), 13U);
  const auto chain = parse_graph(deep + "  return (%n12)");
  ConversionCtx other(tests::cpu_settings());
  EXPECT_NE(error_of([&] { EvaluateNode(&other, chain->outputs()[0]->node()); }).find("deeper than 10 levels"),
            std::string::npos);
  EXPECT_EQ(EvaluateNode(&other, chain->outputs()[0]->node(), 0, 20)->toInt(), 1);
}

TEST(Constants, AreNotChangedByListsThatAre) {
  const auto graph = parse_graph(R"(graph():
          %one : int = prim::Constant[value=1]()
          %l : int[] = prim::Constant[value=[4, 5]]()
          %m : int[] = aten::append(%l, %one)
          return (%m))");
  for (int i = 0; i < 2; ++i) {
    ConversionCtx ctx(tests::cpu_settings());
    EXPECT_EQ(EvaluateNode(&ctx, graph->outputs()[0]->node())->toIntVector(), (std::vector<int64_t>{4, 5, 1}));
  }
}

TEST(EvaluatorRegistry, TakesSeveralOfAKindAndReplacesWithoutAborting) {
  const auto kind = c10::Symbol::fromQualString("aten::bin");
  const auto graph = parse_graph("graph(%x : int):\n  %y : str = aten::bin(%x)\n  return (%y)");
  const auto* node = graph->outputs()[0]->node();
  const auto give = [](const char* text) -> NodeEvaluator {
    return [text](ConversionCtx*, const torch::jit::Node*, kwargs&) { return IValue(text); };
  };
  ConversionCtx ctx(tests::cpu_settings());
  ctx.AssociateValueAndIValue(graph->inputs()[0], 5);
  EXPECT_EQ(EvaluateNode(&ctx, node)->toStringRef(), "0b101");
  register_node_evaluator(kind, give("first"));
  EXPECT_EQ(EvaluateNode(&ctx, node)->toStringRef(), "first");
  [[maybe_unused]] auto second = RegisterNodeEvaluators().evaluator(
      {kind, give("second"), EvalOptions().validSchemas({"aten::bin(int i) -> str"})});
  EXPECT_EQ(EvaluateNode(&ctx, node)->toStringRef(), "second");
  [[maybe_unused]] auto others = RegisterNodeEvaluators().evaluator(
      {kind, give("other schema"), EvalOptions().validSchemas({"aten::bin.other(int i) -> str"})});
  [[maybe_unused]] auto blacklisted = RegisterNodeEvaluators().evaluator(
      {kind, give("blacklisted"), EvalOptions().blacklistOutputTypes({c10::StringType::get()})});
  testing::internal::CaptureStderr();
  [[maybe_unused]] auto unreadable =
      RegisterNodeEvaluators().evaluator({kind, give("unreadable"), EvalOptions().validSchemas({"what?"})});
  EXPECT_NE(testing::internal::GetCapturedStderr().find("what?"), std::string::npos);
  EXPECT_EQ(EvaluateNode(&ctx, node)->toStringRef(), "second");
}

DEFINE_GENERIC_TWO_INPUT_EVALUATOR(macro_generic, "eval_macro_test::lt", a < b, std::set<std::string>());
DEFINE_ARITHMATIC_TWO_INPUT_EVALUATOR(macro_arithmetic, "eval_macro_test::add", a + b, std::set<std::string>());
DEFINE_TWO_INPUT_SIMPLE_EVALUATOR(macro_simple, "eval_macro_test::both", a&& b, bool, std::set<std::string>());

TEST(EvaluatorMacros, DefineEvaluators) {
  const auto value_of = [](const char* kind, IValue a, IValue b) {
    const auto graph = std::make_shared<torch::jit::Graph>();
    auto* node =
        graph->insertNode(graph->create(c10::Symbol::fromQualString(kind), {graph->addInput(), graph->addInput()}, 1));
    kwargs arguments = {{node->input(0), Var(&a)}, {node->input(1), Var(&b)}};
    return *EvalNode(nullptr, node, arguments);
  };
  EXPECT_TRUE(value_of("eval_macro_test::lt", 1, 2.5).toBool());
  EXPECT_TRUE(value_of("eval_macro_test::lt", "a", "b").toBool());
  EXPECT_EQ(value_of("eval_macro_test::add", 1, 2).toInt(), 3);
  EXPECT_EQ(value_of("eval_macro_test::add", 1, 2.5).toDouble(), 3.5);
  EXPECT_FALSE(value_of("eval_macro_test::both", true, false).toBool());
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion::evaluators
