#include <gmock/gmock.h>

#include <sstream>
#include <string>

#include "torch/script.h"

#include "torch_tensorrt/torch_tensorrt.h"

// Modules of several engines, through the public C++ API.
namespace torch_tensorrt {
namespace {

using ::testing::HasSubstr;

// Two engines, and between them an operator of PyTorch with a parameter; a counter is the state.
torch::jit::Module make_module(uint64_t seed) {
  at::manual_seed(seed);
  torch::jit::Module module("Hybrid");
  module.register_parameter("weight", at::randn({6, 6}), /*is_buffer=*/false);
  module.register_parameter("order", at::rand({6}) + 1, /*is_buffer=*/false);
  module.register_attribute("calls", c10::IntType::get(), 0, /*is_param=*/false);
  module.define(R"(
    def forward(self, x):
        self.calls = self.calls + 1
        y = torch.sigmoid(torch.matmul(x, self.weight)) + 1.5
        y = torch.special_zeta(y, self.order)
        return torch.tanh(torch.matmul(y, self.weight)) * 2, self.calls
  )");
  module.eval();
  return module;
}

torch::jit::Module compile_module(const torch::jit::Module& module) {
  torchscript::CompileSpec spec(std::vector<Input>{Input({1, 6}, {3, 6}, {5, 6})});
  spec.device = Device::cpu();
  spec.min_block_size = 1;
  return torchscript::compile(module, spec);
}

torch::jit::Module reloaded(const torch::jit::Module& module) {
  std::stringstream file;
  module.save(file);
  return torch::jit::load(file);
}

// Both modules count the call. The tolerance covers fp32 sums of 6 products in another order.
void expect_same(torch::jit::Module& found, torch::jit::Module& expected) {
  const auto x = at::randn({2, 6});
  const auto got = found.forward({x}).toTuple();
  const auto wanted = expected.forward({x}).toTuple();
  EXPECT_TRUE(at::allclose(got->elements()[0].toTensor(), wanted->elements()[0].toTensor(), 1e-5, 1e-5));
  EXPECT_EQ(got->elements()[1].toInt(), wanted->elements()[1].toInt());
}

template <typename Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ApiHybrid, ALoadedModuleRuns) {
  auto module = make_module(1);
  auto loaded = reloaded(compile_module(module));
  for (int call = 0; call < 3; ++call) expect_same(loaded, module);
}

TEST(ApiHybrid, ALoadedModuleTakesNewWeights) {
  auto first = make_module(1);
  auto second = make_module(2);
  auto compiled = reloaded(compile_module(first));
  auto refitted = torchscript::refit_module_weights(compiled, second);
  auto loaded = reloaded(refitted);
  auto second_again = second.deepcopy();
  for (int call = 0; call < 2; ++call) {
    expect_same(refitted, second);
    expect_same(compiled, first);
    expect_same(loaded, second_again);
  }
}

TEST(ApiHybrid, ARefitNamesTheFirstOperationThatDiffers) {
  const auto compiled = compile_module(make_module(1));
  torch::jit::Module other("Other");
  other.register_parameter("weight", at::randn({6, 6}), /*is_buffer=*/false);
  other.register_parameter("order", at::rand({6}) + 1, /*is_buffer=*/false);
  other.register_attribute("calls", c10::IntType::get(), 0, /*is_param=*/false);
  other.define(R"(
    def forward(self, x):
        self.calls = self.calls + 1
        y = torch.sigmoid(torch.matmul(x, self.weight)) + 1.5
        y = torch.igamma(y, self.order)
        return torch.tanh(torch.matmul(y, self.weight)) * 2, self.calls
  )");
  other.eval();
  const auto error = error_of([&] { torchscript::refit_module_weights(compiled, other); });
  EXPECT_THAT(error, HasSubstr("aten::igamma("));
  EXPECT_THAT(error, HasSubstr("where the compiled module has \""));
  EXPECT_THAT(error, HasSubstr("aten::special_zeta("));
}

TEST(ApiHybrid, AReportListsEnginesAndPyTorchsPart) {
  const auto methods = torchscript::inspect(reloaded(compile_module(make_module(1))));
  ASSERT_EQ(methods.size(), 1U);
  ASSERT_EQ(methods[0].engines.size(), 2U);
  EXPECT_EQ(methods[0].engines[0].attribute, "engine_0");
  EXPECT_GT(methods[0].engines[0].operations, 1);
  ASSERT_EQ(methods[0].pytorch.size(), 1U);
  EXPECT_EQ(methods[0].pytorch[0].op, "aten::special_zeta");
  EXPECT_THAT(torchscript::to_table(methods), HasSubstr("forward: 2 engines\n"));
  EXPECT_THAT(torchscript::to_json(methods), HasSubstr("\"attribute\": \"engine_1\""));
  EXPECT_THAT(error_of([] { torchscript::inspect(make_module(1)); }), HasSubstr("is not compiled"));
}

}  // namespace
}  // namespace torch_tensorrt
