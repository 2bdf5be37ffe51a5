#include "torch_tensorrt/core/util/jit_module_copy.h"

#include <sstream>
#include <thread>

#include "gtest/gtest.h"
#include "torch/csrc/jit/serialization/import.h"

namespace torch_tensorrt::core::util {
namespace {

using torch::jit::Module;

// forward counts its calls in n, which `inner` holds.
Module counting_module() {
  Module inner("Inner");
  inner.register_attribute("n", c10::IntType::get(), int64_t{0});
  inner.register_parameter("weight", at::ones({2}), false);
  inner.define(R"(
def forward(self, x):
    self.n = self.n + 1
    return x * self.weight
)");
  Module outer("Outer");
  outer.register_module("first", inner);
  outer.register_module("second", inner);
  outer.define(R"(
def count(self) -> int:
    return self.first.n

def forward(self, x):
    return self.first.forward(x) + self.second.forward(x)
)");
  return outer;
}

int64_t count_of(const Module& module) { return module.get_method("count")({}).toInt(); }

TEST(CopyModule, SharesTensorsAndHasClassesAndStateOfItsOwn) {
  auto module = counting_module();
  auto copy = copy_module(module);
  EXPECT_NE(copy.type(), module.type());
  EXPECT_NE(copy._ivalue()->compilation_unit(), module._ivalue()->compilation_unit());
  const auto weight = [](const Module& m) { return m.attr("first").toModule().attr("weight").toTensor(); };
  EXPECT_TRUE(weight(copy).is_same(weight(module)));
  const auto x = at::ones({2});
  EXPECT_TRUE(at::equal(copy.forward({x}).toTensor(), at::full({2}, 2.0)));
  EXPECT_EQ(count_of(copy), 2) << "both attributes hold one object";
  EXPECT_EQ(count_of(module), 0);
}

TEST(CopyModule, LeavesTheUnitOfTheOriginalAsItIs) {
  const auto module = counting_module();
  const auto unit = module._ivalue()->compilation_unit();
  const size_t before = unit->get_functions().size();
  const auto copy = copy_module(module);
  EXPECT_EQ(unit->get_functions().size(), before);
}

TEST(CopyModule, OutlivesTheOriginal) {
  std::stringstream file;
  counting_module().save(file);
  std::optional<Module> original = torch::jit::load(file);
  const std::weak_ptr<torch::jit::CompilationUnit> unit = original->_ivalue()->compilation_unit();
  std::optional<Module> copy = copy_module(*original);
  original.reset();
  EXPECT_FALSE(unit.expired()) << "call stacks of the copied graphs point to functions of the original";
  EXPECT_TRUE(at::equal(copy->forward({at::ones({2})}).toTensor(), at::full({2}, 2.0)));
  copy.reset();
  EXPECT_TRUE(unit.expired());
}

TEST(CopyModule, IsSavedAndLoaded) {
  std::stringstream file;
  copy_module(counting_module()).save(file);
  auto loaded = torch::jit::load(file);
  loaded.forward({at::ones({2})});
  EXPECT_EQ(count_of(loaded), 2);
}

TEST(CopyModule, KeepsHooks) {
  Module module("Hooked");
  module.define("def forward(self, x):\n    return x + 1\n");
  auto unit = module._ivalue()->compilation_unit();
  auto graph = std::make_shared<torch::jit::Graph>();
  graph->addInput("self")->setType(module.type());
  auto* inputs = graph->addInput("inputs")->setType(c10::TupleType::create({c10::TensorType::get()}));
  graph->registerOutput(inputs);
  module.type()->addForwardPreHook(unit->create_function(c10::QualifiedName(*module.type()->name(), "hook"), graph));
  const auto copy = copy_module(module);
  ASSERT_EQ(copy.type()->getForwardPreHooks().size(), 1u);
  EXPECT_EQ(copy.type()->getForwardPreHooks()[0]->name(), "hook");
  EXPECT_NE(copy.type()->getForwardPreHooks()[0], module.type()->getForwardPreHooks()[0]);
}

TEST(CopyModule, FromManyThreads) {
  const auto module = counting_module();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        auto copy = copy_module(module);
        copy.forward({at::ones({2})});
        EXPECT_EQ(count_of(copy), 2);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace torch_tensorrt::core::util
