#include "torch_tensorrt/core/lowering/prepare.h"

#include "gtest/gtest.h"
#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/lowering/behavior.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering {
namespace {

torch::jit::Module module_of(const std::string& source) {
  torch::jit::Module module("M");
  module.register_parameter("weight", at::ones({3}), false);
  module.register_buffer("count", at::zeros({3}));
  module.register_attribute("n", c10::IntType::get(), int64_t{0});
  module.define(source + "\n");
  module.eval();
  return module;
}

std::vector<std::string> attributes_of(const torch::jit::Module& module) {
  std::vector<std::string> names;
  for (auto* node : passes::all_nodes(module.get_method("forward").graph()->block())) {
    if (node->kind() == c10::prim::GetAttr) names.push_back(node->s(c10::attr::name));
  }
  return names;
}

TEST(Prepare, WhatIsWrittenStaysAndTheRestIsConstant) {
  const auto module = module_of(R"(
def forward(self, x):
    self.count.add_(x)
    return x * self.weight + self.count + self.n
)");
  const auto prepared = prepare(module, {"forward"}, LowerInfo(), c10::Device(at::kCPU));
  for (const auto& name : attributes_of(prepared)) EXPECT_EQ(name, "count");
  auto copy = prepared;
  const auto x = at::ones({3});
  EXPECT_TRUE(at::equal(copy.forward({x}).toTensor(), at::full({3}, 2.0)));
  EXPECT_TRUE(at::equal(copy.forward({x}).toTensor(), at::full({3}, 3.0)));
  EXPECT_TRUE(at::equal(module.attr("count").toTensor(), at::zeros({3}))) << "the module's own state has changed";
}

TEST(Prepare, AWriteThroughAViewOrByAnotherMethodCounts) {
  auto module = module_of(R"(
def reset(self) -> None:
    self.n = 0

def forward(self, x):
    part = self.count[0:1]
    part.add_(1)
    return x * self.weight + self.n
)");
  auto graph = module.get_method("forward").graph()->copy();
  const auto written = passes::written_attributes(graph, module._ivalue());
  EXPECT_EQ(written, std::set<std::string>({"count"}));
  // reset() writes n.
  const auto names = attributes_of(prepare(module, {"forward"}, LowerInfo(), c10::Device(at::kCPU)));
  EXPECT_NE(std::find(names.begin(), names.end(), "n"), names.end());
}

TEST(Prepare, SeveralMethodsAreOneGraphEach) {
  const auto module = module_of(R"(
def encode(self, x):
    self.n = self.n + 1
    return x * self.weight

def decode(self, x):
    return self.encode(x) + self.count

def forward(self, x):
    return self.decode(x) + self.n
)");
  auto prepared = prepare(module, {"decode", "encode"}, LowerInfo(), c10::Device(at::kCPU));
  for (const char* name : {"decode", "encode"}) {
    for (const auto* node : passes::all_nodes(prepared.get_method(name).graph()->block())) {
      EXPECT_NE(node->kind(), c10::prim::CallMethod) << name;
      if (node->kind() != c10::prim::GetAttr) continue;
      EXPECT_EQ(node->s(c10::attr::name), "n") << name;
    }
  }
  EXPECT_TRUE(at::equal(prepared.forward({at::ones({3})}).toTensor(), at::full({3}, 2.0)));
  EXPECT_EQ(prepared.attr("n").toInt(), 1);
  remove_unused_attributes(prepared, {"decode", "encode"});
  EXPECT_TRUE(prepared.hasattr("weight")) << "forward may use it";
}

Decision apart(const std::string& source) {
  const auto prepared = prepare(module_of(source), {"forward"}, LowerInfo(), c10::Device(at::kCPU));
  return results_are_apart(*prepared.get_method("forward").graph());
}

TEST(Behavior, FindsResultsThatShareMemory) {
  EXPECT_TRUE(apart("def forward(self, x):\n    return (x + 1, x * 2)"));
  EXPECT_TRUE(apart("def forward(self, x):\n    y = x + 1\n    return y.view(-1)"));
  EXPECT_FALSE(apart("def forward(self, x):\n    return x"));
  EXPECT_FALSE(apart("def forward(self, x):\n    return x.chunk(2)[0]"));
  EXPECT_FALSE(apart("def forward(self, x):\n    y = x + 1\n    return (y, y.t())"));
  EXPECT_NE(apart("def forward(self, x):\n    return x.reshape(-1)").reason().find("argument x"), std::string::npos);
}

TEST(Behavior, FindsExceptions) {
  const auto raises_in = [](const std::string& source) {
    const auto prepared = prepare(module_of(source), {"forward"}, LowerInfo(), c10::Device(at::kCPU));
    return raises_on_data(prepared.get_method("forward").graph()->block());
  };
  EXPECT_TRUE(raises_in("def forward(self, x):\n    assert bool(x.sum() > 0), 'negative'\n    return x + 1"));
  EXPECT_FALSE(raises_in("def forward(self, x):\n    assert x.size(0) == 3, 'size'\n    return x + 1"));
  EXPECT_FALSE(raises_in("def forward(self, x):\n    assert self.weight.dim() == 1, 'dims'\n    return x + 1"));
}

}  // namespace
}  // namespace torch_tensorrt::core::lowering
