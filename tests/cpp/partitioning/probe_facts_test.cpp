// What the probe knows of state, collections, branches, and numbers that only a call can tell.
#include "gtest/gtest.h"

#include "torch/csrc/jit/api/module.h"
#include "torch/csrc/jit/ir/irparser.h"

#include "partitioning/bound_arguments.h"
#include "torch_tensorrt/core/partitioning/probe.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {
namespace {

using torch::jit::Module;
using torch::jit::Value;

class ProbeOfGraph {
 public:
  ProbeOfGraph(const std::string& text, const std::vector<ir::Input>& specs) {
    torch::jit::parseIR(text, graph_.get(), values_, /*parse_tensor_constants=*/false);
    probe_ = std::make_unique<GraphProbe>(*graph_, c10::IValue(), tests::bound_arguments(*graph_, specs),
                                          c10::Device(at::kCPU));
  }
  std::optional<ir::Input> spec(const std::string& name) const { return probe_->input_spec(values_.at(name)); }
  std::optional<c10::IValue> fixed(const std::string& name) const { return probe_->fixed_value(values_.at(name)); }
  const GraphProbe& probe() const { return *probe_; }

 private:
  std::shared_ptr<torch::jit::Graph> graph_ = std::make_shared<torch::jit::Graph>();
  std::unordered_map<std::string, Value*> values_;
  std::unique_ptr<GraphProbe> probe_;
};

// ---- lists that are attributes -------------------------------------------------------------------------------------

class ListAttribute : public ::testing::Test {
 protected:
  ListAttribute() {
    const auto two = c10::List<at::Tensor>({at::ones({2}), at::ones({2})});
    module_.register_attribute("states", c10::ListType::ofTensors(), two);
  }

  // The length of the list at the start of a call, and the lists that turn out to grow.
  GraphProbe probe(const std::string& body, std::optional<std::set<std::string>> growing) {
    module_.define("def forward(self, x):\n    n = len(self.states)\n" + body + "    return x + n\n");
    graph_ = module_.get_method("forward").graph();
    return GraphProbe(*graph_, module_._ivalue(), tests::bound_arguments(*graph_, {ir::Input({2})}),
                      c10::Device(at::kCPU), {}, std::move(growing));
  }

  std::optional<c10::IValue> length(const GraphProbe& probe) const {
    for (const auto* node : graph_->nodes()) {
      if (node->kind() == c10::Symbol::aten("len")) return probe.fixed_value(node->output());
    }
    return std::nullopt;
  }

  Module module_ = Module("M");
  std::shared_ptr<torch::jit::Graph> graph_;
};

constexpr const char* kReplaces = "    self.states = [x, x + 1]\n";
constexpr const char* kGrows = "    self.states = [x, x + 1, x + 2]\n";
const std::set<std::string> kNone;

TEST_F(ListAttribute, KeepsItsLengthIfTheMethodReplacesItByOneAsLong) {
  const auto found = probe(kReplaces, kNone);
  EXPECT_TRUE(found.found_growing().empty());
  ASSERT_TRUE(length(found));
  EXPECT_EQ(length(found)->toInt(), 2);
}

TEST_F(ListAttribute, IsFoundToGrowIfTheMethodReplacesItByALongerOne) {
  EXPECT_EQ(probe(kGrows, kNone).found_growing(), (std::set<std::string>{"states"}));
}

TEST_F(ListAttribute, HasNoFixedLengthOnceItIsKnownToGrow) {
  EXPECT_FALSE(length(probe(kGrows, std::set<std::string>{"states"})));
}

TEST_F(ListAttribute, HasNoFixedLengthIfNothingIsSupposed) { EXPECT_FALSE(length(probe(kGrows, std::nullopt))); }

TEST_F(ListAttribute, HasNoFixedLengthIfTheMethodAppends) {
  EXPECT_FALSE(length(probe("    self.states.append(x)\n", kNone)));
}

// ---- dicts ---------------------------------------------------------------------------------------------------------

// The key of the dict is an argument of another call in `key`.
std::string asks_for_key(const std::string& key) {
  return R"(graph(%self : Dict(str, str), %x : Tensor, %given : str):
          %a : str = prim::Constant[value="a"]()
          %d : Dict(str, Tensor) = prim::DictConstruct()
          aten::_set_item(%d, )" +
         key + R"(, %x)
          %has : bool = aten::__contains__(%d, %a)
          return (%has))";
}

TEST(DictKeys, AreKnownIfAllAreConstants) {
  const ProbeOfGraph probed(asks_for_key("%a"), {ir::Input({2, 3})});
  ASSERT_TRUE(probed.fixed("has"));
  EXPECT_TRUE(probed.fixed("has")->toBool());
}

TEST(DictKeys, AreUnknownIfACallGivesOne) {
  EXPECT_FALSE(ProbeOfGraph(asks_for_key("%given"), {ir::Input({2, 3})}).fixed("has"));
}

// ---- branches that are never taken ---------------------------------------------------------------------------------

std::string appends_if(const std::string& condition) {
  return R"(graph(%self : Dict(str, str), %x : Tensor, %c : bool):
          %no : bool = prim::Constant[value=0]()
          %yes : bool = prim::Constant[value=1]()
          %l : Tensor[] = prim::ListConstruct(%x)
          prim::If()" +
         condition + R"()
            block0():
              %ignored : Tensor[] = aten::append(%l, %x)
              -> ()
            block1():
              -> ()
          %n : int = aten::len(%l)
          return (%n))";
}

TEST(Branches, OneThatIsNeverTakenChangesNothing) {
  const ProbeOfGraph probed(appends_if("%no"), {ir::Input({2, 3})});
  ASSERT_TRUE(probed.fixed("n"));
  EXPECT_EQ(probed.fixed("n")->toInt(), 1);
}

TEST(Branches, OneThatIsAlwaysTakenCounts) {
  const ProbeOfGraph probed(appends_if("%yes"), {ir::Input({2, 3})});
  ASSERT_TRUE(probed.fixed("n"));
  EXPECT_EQ(probed.fixed("n")->toInt(), 2);
}

TEST(Branches, OneThatMayBeTakenLeavesTheListUnknown) {
  EXPECT_FALSE(ProbeOfGraph(appends_if("%c"), {ir::Input({2, 3})}).fixed("n"));
}

TEST(Branches, TheErrorOfOneThatIsNeverTakenIsNoMisfit) {
  const ProbeOfGraph probed(R"(graph(%self : Dict(str, str), %x : Tensor):
          %no : bool = prim::Constant[value=0]()
          %r : Tensor = prim::If(%no)
            block0():
              %a : Tensor = aten::matmul(%x, %x)
              -> (%a)
            block1():
              -> (%x)
          return (%r))",
                            {ir::Input({2, 3})});
  EXPECT_TRUE(probed.probe().misfit().empty()) << probed.probe().misfit();
  ASSERT_TRUE(probed.spec("r"));
  EXPECT_EQ(probed.spec("r")->input_shape, (network::Dims{2, 3}));
}

// ---- numbers that only a call can tell -----------------------------------------------------------------------------

// %n is read from the tensor. `lines` computes %y.
std::string with_number(const std::string& lines) {
  return R"(graph(%self : Dict(str, str), %x : Tensor):
          %none : NoneType = prim::Constant()
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %two : int = prim::Constant[value=2]()
          %sum : Tensor = aten::sum(%x, %none)
          %n : int = aten::Int(%sum)
)" + lines +
         "          return (%y)\n";
}

TEST(NumbersOfData, ASizeMayBeAny) {
  const ProbeOfGraph probed(with_number(R"(          %sizes : int[] = prim::ListConstruct(%n, %two)
          %y : Tensor = aten::zeros(%sizes, %none, %none, %none, %none)
)"),
                            {ir::Input({2, 3})});
  ASSERT_TRUE(probed.spec("y"));
  EXPECT_EQ(probed.spec("y")->min, (network::Dims{0, 2}));
  EXPECT_EQ(probed.spec("y")->max, (network::Dims{kAnySize, 2}));
}

// Each of these numbers is the same for 0, 16 and 2^20.
TEST(NumbersOfData, ArithmeticDoesNotHideThatTheyVary) {
  for (const char* lines : {"          %k : int = aten::remainder(%n, %two)\n",
                            "          %b : bool = aten::eq(%n, %two)\n          %k : int = aten::Int(%b)\n"}) {
    const ProbeOfGraph probed(with_number(str(lines, R"(          %end : int = aten::add(%k, %one)
          %y : Tensor = aten::slice(%x, %zero, %zero, %end, %one)
)")),
                              {ir::Input({2, 3})});
    EXPECT_FALSE(probed.fixed("k")) << lines;
    const auto spec = probed.spec("y");
    EXPECT_TRUE(!spec || (spec->min.d[0] <= 1 && spec->max.d[0] >= 2)) << lines;
  }
}

// A number beside it is no number of data.
TEST(NumbersOfData, OtherSizesStayKnown) {
  const ProbeOfGraph probed(with_number(R"(          %scaled : Tensor = aten::mul(%x, %n)
          %rows : int = aten::size(%scaled, %zero)
          %end : int = aten::mul(%rows, %two)
          %sizes : int[] = prim::ListConstruct(%end, %n)
          %y : Tensor = aten::zeros(%sizes, %none, %none, %none, %none)
)"),
                            {ir::Input({2, 3})});
  ASSERT_TRUE(probed.spec("y"));
  EXPECT_EQ(probed.spec("y")->min, (network::Dims{4, 0}));
  EXPECT_EQ(probed.spec("y")->max, (network::Dims{4, kAnySize}));
}

// The dimension is 0 or 1 in some calls, and at the other points there is no such dimension.
TEST(NumbersOfData, WhatVariesWhereTheProbeDoesNotKnowItHasNoSpec) {
  const ProbeOfGraph probed(with_number("          %y : Tensor = aten::transpose(%x, %zero, %n)\n"),
                            {ir::Input({2, 3})});
  EXPECT_FALSE(probed.spec("y"));
}

TEST(NumbersOfData, ATensorOfSeveralFreeSizesHasNoSpec) {
  const ProbeOfGraph probed(with_number(R"(          %sizes : int[] = prim::ListConstruct(%n, %n, %n)
          %y : Tensor = aten::zeros(%sizes, %none, %none, %none, %none)
)"),
                            {ir::Input({2, 3})});
  EXPECT_FALSE(probed.spec("y"));
}

// ---- sizes of arguments --------------------------------------------------------------------------------------------

TEST(SizesOfArguments, TheEndsOfTheRangeDecideAComparison) {
  const ProbeOfGraph probed(R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %four : int = prim::Constant[value=4]()
          %eight : int = prim::Constant[value=8]()
          %n : int = aten::size(%x, %zero)
          %shape : int[] = aten::size(%x)
          %m : int = aten::__getitem__(%shape, %zero)
          %double : int = aten::mul(%n, %four)
          %fits : bool = aten::le(%n, %eight)
          %exceeds : bool = aten::lt(%eight, %m)
          %is_large : bool = aten::gt(%n, %four)
          %is_other : bool = aten::ne(%n, %four)
          return (%fits, %exceeds, %is_large, %is_other))",
                            {ir::Input({1, 3}, {3, 3}, {8, 3})});
  ASSERT_TRUE(probed.fixed("fits"));
  EXPECT_TRUE(probed.fixed("fits")->toBool());
  ASSERT_TRUE(probed.fixed("exceeds"));
  EXPECT_FALSE(probed.fixed("exceeds")->toBool());
  EXPECT_FALSE(probed.fixed("is_large")) << "it holds for some sizes only";
  EXPECT_FALSE(probed.fixed("is_other")) << "it is false between the points";
}

// ---- integers written in place -------------------------------------------------------------------------------------

TEST(Writes, OfIntegersKeepTheirDtypeIfAllTermsAreIntegers) {
  const auto keeps = [](const std::string& write, const std::vector<ir::Input>& specs) {
    std::unordered_map<std::string, Value*> values;
    const auto graph = std::make_shared<torch::jit::Graph>();
    torch::jit::parseIR(R"(graph(%self : Dict(str, str), %x : Tensor, %o : Tensor):
          %one : int = prim::Constant[value=1]()
          %half : float = prim::Constant[value=0.5]()
          %y : Tensor = aten::mul(%x, %one)
          %w : Tensor = )" + write +
                            "\n          return (%w)\n",
                        graph.get(), values, false);
    const GraphProbe probe(*graph, c10::IValue(), tests::bound_arguments(*graph, specs), c10::Device(at::kCPU));
    return probe.keeps_shape_and_dtype(values.at("w")->node());
  };
  const auto spec = [](at::ScalarType dtype) {
    return ir::Input({2, 3}, dtype, network::TensorFormat::kLINEAR, /*dtype_is_user_defined=*/true);
  };
  const std::vector<ir::Input> longs = {spec(at::kLong), spec(at::kLong)};
  EXPECT_TRUE(keeps("aten::add_(%y, %o, %one)", longs));
  EXPECT_TRUE(keeps("aten::mul_(%y, %one)", longs));
  EXPECT_FALSE(keeps("aten::mul_(%y, %half)", longs)) << "PyTorch raises";
  EXPECT_FALSE(keeps("aten::div_(%y, %o)", longs)) << "PyTorch raises";
  EXPECT_FALSE(keeps("aten::add_(%y, %o, %one)", {spec(at::kLong), spec(at::kFloat)})) << "PyTorch raises";
  EXPECT_FALSE(keeps("aten::add_(%y, %o, %one)", {spec(at::kInt), spec(at::kLong)})) << "the sum would have 64 bits";
  EXPECT_TRUE(keeps("aten::add_(%y, %o, %one)", {spec(at::kFloat), spec(at::kLong)}));
}

}  // namespace
}  // namespace torch_tensorrt::core::partitioning
