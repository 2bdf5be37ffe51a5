#include "torch_tensorrt/core/lowering/lowering.h"

#include <set>

#include "ATen/ATen.h"
#include "gtest/gtest.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "support/jit_graph.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/pipeline.h"
#include "torch_tensorrt/core/util/Exception.h"
#include "torch_tensorrt/core/util/jit_util.h"

namespace torch_tensorrt::core::lowering {
namespace {

using tests::count_nodes;

torch::jit::Module linear_module() {
  at::manual_seed(3);
  torch::jit::Module module("m");
  module.register_parameter("weight", at::randn({4, 8}), /*is_buffer=*/false);
  module.register_parameter("bias", at::randn({4}), /*is_buffer=*/false);
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define(R"(
    def forward(self, x):
        assert x.dim() == 2, "not a matrix"
        y = torch.dropout(x, 0.5, self.training)
        y = torch.linear(y, self.weight, self.bias)
        y = y.relu_()
        y += x.sum(1, True)
        return torch.gelu(y.contiguous())
    def double(self, x):
        return torch.mul(torch.matmul(x, self.weight.t()), 2)
  )");
  return module;
}

// Two norms with equal parameters, as before training; after training they may differ.
torch::jit::Module twin_module() {
  torch::jit::Module module("twins");
  for (const char* name : {"a", "b"}) module.register_parameter(name, at::ones({8}), /*is_buffer=*/false);
  module.define(R"(
    def forward(self, x):
        return torch.relu(torch.layer_norm(x, [8], self.a)) - torch.layer_norm(x, [8], self.b)
  )");
  module.eval();
  return module;
}

TEST(Lower, KeepsEqualParametersApartWhenAsked) {
  LowerInfo info;
  EXPECT_EQ(count_nodes(Lower(twin_module(), "forward", info).first, "aten::layer_norm"), 1);
  info.keep_parameters_apart = true;
  const auto [graph, params] = Lower(twin_module(), "forward", info);
  EXPECT_EQ(count_nodes(graph, "aten::layer_norm"), 2);
  EXPECT_TRUE(params.empty());
  EXPECT_EQ(graph->inputs().size(), 1U);
}

TEST(Lower, KeepsFakeQuantizationOfParametersThatAreApart) {
  torch::jit::Module module("Quantized");
  module.register_parameter("w", at::ones({8}), /*is_buffer=*/false);
  module.define(R"(
    def forward(self, x):
        w = torch.fake_quantize_per_tensor_affine(self.w * 2, 0.5, 0, -128, 127)
        return x + w
  )");
  module.eval();
  LowerInfo info;
  info.keep_parameters_apart = true;
  const auto [graph, params] = Lower(module, "forward", info);
  EXPECT_EQ(count_nodes(graph, "aten::fake_quantize_per_tensor_affine"), 1) << *graph;
  EXPECT_EQ(count_nodes(graph, "aten::mul"), 0) << *graph;
  ASSERT_EQ(graph->inputs().size(), 1U);
  const auto x = at::randn({8});
  EXPECT_TRUE(at::equal(tests::run_graph(graph, {x})[0].toTensor(), module.forward({x}).toTensor()));
}

TEST(Lower, MakesOneGraphOfConstantsAndFunctionalOperators) {
  const auto module = linear_module();
  const auto x = at::randn({3, 8});
  const auto [graph, params] = Lower(module, "forward", {});
  EXPECT_TRUE(params.empty());
  ASSERT_EQ(graph->inputs().size(), 1U);
  for (const char* gone : {"aten::dropout", "aten::relu_", "aten::add_", "aten::contiguous", "prim::GetAttr"}) {
    EXPECT_EQ(count_nodes(graph, gone), 0) << gone << "\n" << *graph;
  }
  // Conversion knows the rank, so the assertion about it stays.
  EXPECT_EQ(count_nodes(graph, "prim::RaiseException"), 1) << *graph;
  for (const char* kept : {"aten::linear", "aten::relu", "aten::add", "aten::gelu"}) {
    EXPECT_EQ(count_nodes(graph, kept), 1) << kept << "\n" << *graph;
  }
  const auto found = tests::run_graph(graph, {x})[0].toTensor();
  auto original = linear_module();
  EXPECT_TRUE(at::equal(found, original.forward({x}).toTensor()));
}

TEST(Lower, TakesAnyMethod) {
  auto module = linear_module();
  const auto x = at::randn({3, 8});
  const auto [graph, params] = Lower(module, "double", {});
  EXPECT_TRUE(params.empty());
  const auto found = tests::run_graph(graph, {x})[0].toTensor();
  EXPECT_TRUE(at::allclose(found, module.run_method("double", x).toTensor()));
}

TEST(Lower, SaysWhichMethodThereIsNot) {
  try {
    Lower(linear_module(), "backward", {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.msg().find("has no method 'backward'"), std::string::npos) << error.what();
  }
}

TEST(Lower, CompilesATrainingModuleAsInEvaluationAndLeavesItAsItIs) {
  auto module = linear_module();
  module.train();
  const auto [graph, params] = Lower(module, "forward", {});
  EXPECT_TRUE(module.is_training());
  EXPECT_EQ(count_nodes(graph, "aten::dropout"), 0) << *graph;
  auto evaluated = linear_module();
  const auto x = at::randn({3, 8});
  EXPECT_TRUE(at::equal(tests::run_graph(graph, {x})[0].toTensor(), evaluated.forward({x}).toTensor()));
}

TEST(Lower, KeepsPythonPlaces) {
  const auto [graph, params] = Lower(linear_module(), "forward", {});
  for (auto* node : graph->nodes()) {
    if (node->kind() != c10::aten::gelu) continue;
    EXPECT_NE(util::node_info(node).find(" # "), std::string::npos) << util::node_info(node);
    return;
  }
  FAIL() << "no gelu in\n" << *graph;
}

TEST(Lower, KeepsParametersAsInputsWhenNotFrozen) {
  LowerInfo info;
  info.unfreeze_module = true;
  const auto [graph, params] = Lower(linear_module(), "forward", info);
  ASSERT_EQ(graph->inputs().size(), 1 + params.size());
  ASSERT_GE(params.size(), 2U);
  std::vector<torch::jit::IValue> inputs = {at::randn({3, 8})};
  inputs.insert(inputs.end(), params.begin(), params.end());
  auto original = linear_module();
  const auto expected = original.forward({inputs[0]}).toTensor();
  EXPECT_TRUE(at::equal(tests::run_graph(graph, inputs)[0].toTensor(), expected));
}

TEST(Lower, SaysWhichAttributeTheModuleWrites) {
  torch::jit::Module module("m");
  module.register_attribute("calls", c10::IntType::get(), 0);
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define("def forward(self, x):\n    self.calls = self.calls + 1\n    return x + self.calls\n");
  try {
    Lower(module, "forward", {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.msg().find("writes its attribute 'calls'"), std::string::npos) << error.what();
    EXPECT_NE(error.msg().find("<string>:2"), std::string::npos) << "the line: " << error.what();
  }
}

TEST(Lower, LeavesOperatorsThatAreLeftToPyTorchAsTheyAre) {
  torch::jit::Module module("net");
  module.register_parameter("weight", at::randn({4, 3, 1, 1}), /*is_buffer=*/false);
  module.define(R"(
    def forward(self, x):
        y = torch.conv2d(x, self.weight).relu_()
        y[:, 0].mul_(2)
        z = torch.neg(y).zero_()
        return torch.dropout(y + z, 0.5, False).view(x.size(0), -1).contiguous()
  )");
  module.eval();
  const auto lowered = [&](const char* name) {
    LowerInfo info;
    if (name != nullptr) info.forced_fallback_operators = {name};
    return Lower(module, "forward", info).first;
  };
  const auto without = lowered(nullptr);
  for (const char* name : {"aten::conv2d", "aten::relu_", "aten::view", "aten::mul_", "aten::zero_", "aten::dropout",
                           "aten::contiguous"}) {
    EXPECT_EQ(count_nodes(without, name), 0) << name << "\n" << *without;
    const auto graph = lowered(name);
    EXPECT_EQ(count_nodes(graph, name), 1) << name << "\n" << *graph;
  }
}

TEST(Lower, MarksModulesThatAreLeftToPyTorch) {
  torch::jit::Module inner("__torch__.net.Inner");
  inner.register_attribute("training", c10::BoolType::get(), false);
  inner.define("def forward(self, x):\n    return torch.relu(x)\n");
  torch::jit::Module outer("__torch__.net.Outer");
  outer.register_attribute("training", c10::BoolType::get(), false);
  outer.register_module("inner", inner);
  outer.define("def forward(self, x):\n    return torch.sigmoid(self.inner.forward(x))\n");
  LowerInfo info;
  info.forced_fallback_modules = {"net.Inner"};
  const auto [graph, params] = Lower(outer, "forward", info);
  const auto mark = c10::Symbol::attr(kToCompile);
  for (const auto* node : graph->nodes()) {
    EXPECT_EQ(node->hasAttribute(mark), node->kind() == c10::aten::relu) << util::node_info(node);
  }
  EXPECT_EQ(count_nodes(graph, "aten::relu"), 1);
}

TEST(LowerGraph, TakesParametersOfAGraphWithoutAModule) {
  const auto graph = tests::parse_graph(R"(graph(%x : Tensor, %w : Tensor, %s : int):
          %y : Tensor = aten::mul(%x, %w)
          %z : Tensor = aten::add(%y, %x, %s)
          return (%z))");
  const auto [lowered, params] = LowerGraph(graph, {at::full({2}, 3.0), 2}, {});
  EXPECT_TRUE(params.empty());
  ASSERT_EQ(lowered->inputs().size(), 1U);
  const auto found = tests::run_graph(lowered, {at::ones({2})})[0].toTensor();
  EXPECT_TRUE(at::equal(found, at::full({2}, 5.0)));
}

TEST(LowerGraph, KeepsWritesThatAreSeenThroughViews) {
  const auto text = R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::select(%a, %zero, %zero)
          %b : Tensor = aten::neg_(%v)
          return (%a))";
  const auto x = at::randn({2, 3});
  const auto expected = tests::run_graph(tests::parse_graph(text), {x})[0].toTensor();
  const auto [lowered, params] = LowerGraph(tests::parse_graph(text), {}, {});
  EXPECT_TRUE(at::equal(tests::run_graph(lowered, {x})[0].toTensor(), expected)) << *lowered;
}

TEST(LowerGraph, FlattensOutputsOfEnginesOnly) {
  const auto text = R"(graph(%x : Tensor, %y : Tensor):
          %t : (Tensor, Tensor) = prim::TupleConstruct(%x, %y)
          return (%t))";
  EXPECT_EQ(LowerGraph(tests::parse_graph(text), {}, {}).first->outputs().size(), 1U);
  LowerInfo info;
  info.converting_to_trt_engine = true;
  EXPECT_EQ(LowerGraph(tests::parse_graph(text), {}, info).first->outputs().size(), 2U);
}

TEST(Pipeline, HasADistinctNameAndAReasonALine) {
  std::set<std::string> names;
  for (const auto& entry : lowering_pipeline()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_GT(std::string(entry.reason).size(), 3U) << entry.name;
  }
}

TEST(Pipeline, NamesThePassThatFails) {
  LoweredGraph graph(tests::parse_graph("graph(%x : Tensor):\n  return (%x)"), {});
  const std::vector<PassEntry> pipeline = {
      {"break-it", [](LoweredGraph&, const LowerInfo&) { throw Error("it broke"); }, "to see it fail"}};
  try {
    run_pipeline(pipeline, graph, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.msg().find("lowering pass break-it failed: "), std::string::npos) << error.what();
    EXPECT_NE(error.msg().find("it broke"), std::string::npos) << error.what();
  }
}

TEST(PlaceholderOps, MaskOfBoolsIsNotWritten) {
  const auto mask = at::tensor({1, 0, 1}).to(at::kBool);
  const auto graph = tests::parse_graph(R"(graph(%m : Tensor):
          %b : Tensor = trt::attn_bias_from_attn_mask(%m)
          %c : Tensor = trt::const(%b)
          return (%c))");
  const auto bias = tests::run_graph(graph, {mask})[0].toTensor();
  EXPECT_TRUE(at::equal(mask, at::tensor({1, 0, 1}).to(at::kBool)));
  EXPECT_EQ(bias[0].item<float>(), 0.0F);
  EXPECT_EQ(bias[1].item<float>(), -INFINITY);
  EXPECT_EQ(bias[2].item<float>(), 0.0F);
}

}  // namespace
}  // namespace torch_tensorrt::core::lowering
