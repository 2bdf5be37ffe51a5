#include <regex>

#include "gtest/gtest.h"

#include "lowering/pass_case.h"
#include "support/jit_graph.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/quantized_tensors.h"
#include "torch_tensorrt/core/util/jit_quantization.h"

// The pass that replaces tensors of quantized dtypes. Packed weights are tested from Python, where PyTorch makes them.
namespace torch_tensorrt::core::lowering {
namespace {

using tests::canonical_text;
using tests::parse_graph;

const PassCase kQuantizedTensors[] = {
    {"no_quantized_tensor", passes::replace_quantized_tensors,
     R"(graph(%x : Tensor):
          %y : Tensor = aten::relu(%x)
          return (%y))",
     ""},
    {"quantize_and_dequantize", passes::replace_quantized_tensors,
     R"(graph(%x : Tensor):
          %scale : float = prim::Constant[value=0.5]()
          %zero : int = prim::Constant[value=3]()
          %type : int = prim::Constant[value=13]()
          %q : Tensor = aten::quantize_per_tensor(%x, %scale, %zero, %type)
          %r : Tensor = aten::relu(%q)
          %y : Tensor = aten::dequantize(%r)
          return (%y))",
     R"(graph(%x : Tensor):
          %scale : float = prim::Constant[value=0.5]()
          %zero : int = prim::Constant[value=3]()
          %low : int = prim::Constant[value=0]()
          %high : int = prim::Constant[value=255]()
          %q : Tensor = aten::fake_quantize_per_tensor_affine(%x, %scale, %zero, %low, %high)
          %r : Tensor = aten::relu(%q)
          return (%r))"},
    {"average_rounds_to_the_quantization_of_its_argument", passes::replace_quantized_tensors,
     R"(graph(%x : Tensor):
          %scale : float = prim::Constant[value=0.5]()
          %zero : int = prim::Constant[value=-3]()
          %type : int = prim::Constant[value=12]()
          %size : int[] = prim::Constant[value=[2, 2]]()
          %q : Tensor = aten::quantize_per_tensor(%x, %scale, %zero, %type)
          %m : Tensor = aten::adaptive_avg_pool2d(%q, %size)
          %y : Tensor = aten::dequantize(%m)
          return (%y))",
     R"(graph(%x : Tensor):
          %size : int[] = prim::Constant[value=[2, 2]]()
          %scale : float = prim::Constant[value=0.5]()
          %zero : int = prim::Constant[value=-3]()
          %low : int = prim::Constant[value=-128]()
          %high : int = prim::Constant[value=127]()
          %q : Tensor = aten::fake_quantize_per_tensor_affine(%x, %scale, %zero, %low, %high)
          %m : Tensor = aten::adaptive_avg_pool2d(%q, %size)
          %scale.1 : float = prim::Constant[value=0.5]()
          %zero.1 : int = prim::Constant[value=-3]()
          %low.1 : int = prim::Constant[value=-128]()
          %high.1 : int = prim::Constant[value=127]()
          %y : Tensor = aten::fake_quantize_per_tensor_affine(%m, %scale.1, %zero.1, %low.1, %high.1)
          return (%y))"},
};
INSTANTIATE_TEST_SUITE_P(QuantizedTensors, Pass, testing::ValuesIn(kQuantizedTensors),
                         [](const auto& info) { return info.param.name; });

struct RefusedCase {
  const char* name;
  const char* graph;
  const char* message;
};
std::ostream& operator<<(std::ostream& os, const RefusedCase& test) { return os << test.name; }

class RefusedQuantizedTensors : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedQuantizedTensors, LeavesTheGraphAsItIs) {
  const auto graph = parse_graph(GetParam().graph);
  const std::string before = canonical_text(graph);
  try {
    passes::replace_quantized_tensors(graph);
    FAIL() << "the pass takes the graph";
  } catch (const Refused& refused) {
    EXPECT_NE(std::string(refused.msg()).find(GetParam().message), std::string::npos) << refused.msg();
  }
  EXPECT_EQ(canonical_text(graph), before);
}

const RefusedCase kRefused[] = {
    {"result",
     R"(graph(%x : Tensor):
          %scale : float = prim::Constant[value=0.5]()
          %n : int = prim::Constant[value=13]()
          %q : Tensor = aten::quantize_per_tensor(%x, %scale, %n, %n)
          return (%q))",
     "a result is a tensor of a quantized dtype"},
    {"unknown_operator",
     R"(graph(%x : Tensor):
          %scale : float = prim::Constant[value=0.5]()
          %n : int = prim::Constant[value=13]()
          %q : Tensor = aten::quantize_per_tensor(%x, %scale, %n, %n)
          %e : Tensor = aten::exp(%q)
          %y : Tensor = aten::dequantize(%e)
          return (%y))",
     "is not known for quantized tensors"},
    {"computed_scale",
     R"(graph(%x : Tensor, %scale : float):
          %n : int = prim::Constant[value=13]()
          %q : Tensor = aten::quantize_per_tensor(%x, %scale, %n, %n)
          %y : Tensor = aten::dequantize(%q)
          return (%y))",
     "has a scale or zero point that is computed"},
    {"quantized_int32",
     R"(graph(%x : Tensor):
          %scale : float = prim::Constant[value=0.5]()
          %zero : int = prim::Constant[value=0]()
          %type : int = prim::Constant[value=14]()
          %q : Tensor = aten::quantize_per_tensor(%x, %scale, %zero, %type)
          %y : Tensor = aten::dequantize(%q)
          return (%y))",
     "has a dtype other than torch.quint8 and torch.qint8"},
};
INSTANTIATE_TEST_SUITE_P(QuantizedTensors, RefusedQuantizedTensors, testing::ValuesIn(kRefused),
                         [](const auto& info) { return info.param.name; });

// ---- the tensors that are hidden ----------------------------------------------------------------------------------

torch::jit::Node* first_of(torch::jit::Graph& graph, const char* kind) {
  for (auto* node : graph.nodes()) {
    if (node->kind() == c10::Symbol::fromQualString(kind)) return node;
  }
  return nullptr;
}

// The tensor that `kind` begins to round in a graph of x and s; empty if there is none.
std::string quantized_in(const char* kind, const std::string& nodes) {
  const auto graph = parse_graph(
      "graph(%x : Tensor, %s : Tensor, %t : Tensor):\n"
      "  %low : float = prim::Constant[value=-128.0]()\n"
      "  %high : float = prim::Constant[value=127.0]()\n  " +
      std::regex_replace(nodes, std::regex("\n"), "\n  ") + "\n  return (%y)");
  const auto* tensor = util::quantized_tensor(first_of(*graph, kind));
  return tensor == nullptr ? "" : tensor->debugName();
}

const std::string kProduct = "%a : Tensor = aten::mul(%x, %s)\n";
const std::string kQuotient = "%a : Tensor = aten::div(%x, %s)\n";
const std::string kRound = "%b : Tensor = aten::round(%a)\n";
const std::string kClamp = "%c : Tensor = aten::clamp(%b, %low, %high)\n";

TEST(QuantizedTensor, IsScaledRoundedClampedAndScaledBack) {
  EXPECT_EQ(quantized_in("aten::mul", kProduct + kRound + kClamp + "%y : Tensor = aten::div(%c, %s)"), "x");
  EXPECT_EQ(quantized_in("aten::mul",
                         "%a : Tensor = aten::mul(%s, %x)\n" + kRound + kClamp + "%y : Tensor = aten::div(%c, %s)"),
            "x");
  EXPECT_EQ(quantized_in("aten::div", kQuotient + kRound + kClamp + "%y : Tensor = aten::mul(%s, %c)"), "x");
}

TEST(QuantizedTensor, MayBeRoundedInPlace) {
  const std::string rounded =
      "%r : Tensor = aten::round(%a)\n%same : bool = prim::Constant[value=1]()\n"
      "%b : Tensor = trt::as_written(%r, %a, %same)\n";
  EXPECT_EQ(quantized_in("aten::mul", kProduct + rounded + kClamp + "%y : Tensor = aten::div(%c, %s)"), "x");
}

TEST(QuantizedTensor, IsNoneInOtherProducts) {
  EXPECT_EQ(quantized_in("aten::mul", kProduct + kRound + kClamp + "%y : Tensor = aten::div(%c, %t)"), "");
  EXPECT_EQ(quantized_in("aten::mul", kProduct + kRound + "%y : Tensor = aten::div(%b, %s)"), "");
  EXPECT_EQ(quantized_in("aten::mul", "%a : Tensor = aten::mul(%x, %s)\n%b : Tensor = aten::floor(%a)\n" + kClamp +
                                          "%y : Tensor = aten::div(%c, %s)"),
            "");
  EXPECT_EQ(quantized_in("aten::div", kQuotient + kRound + kClamp + "%y : Tensor = aten::div(%c, %s)"), "");
}

}  // namespace
}  // namespace torch_tensorrt::core::lowering
