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

// Two methods with one matrix, a method that calls them, and a counter.
torch::jit::Module make_methods(uint64_t seed) {
  at::manual_seed(seed);
  torch::jit::Module module("Methods");
  module.register_parameter("weight", at::randn({6, 6}), /*is_buffer=*/false);
  module.register_attribute("calls", c10::IntType::get(), 0, /*is_param=*/false);
  module.define(R"(
    def encode(self, x):
        self.calls = self.calls + 1
        return torch.tanh(torch.matmul(x, self.weight)) * 2

    def decode(self, y, scale: float):
        return torch.relu(torch.matmul(y, self.weight)) * scale, self.calls

    def forward(self, x):
        return self.decode(self.encode(x), 0.5)
  )");
  module.eval();
  return module;
}

torchscript::CompileSpec spec_of_methods() {
  torchscript::CompileSpec spec(std::vector<Input>{});
  spec.device = Device::cpu();
  spec.min_block_size = 1;
  spec.methods["encode"].inputs = {Input({1, 6}, {3, 6}, {5, 6})};
  spec.methods["decode"].inputs_by_name["y"] =
      torch::jit::IValue(c10::make_intrusive<Input>(std::vector<int64_t>{2, 6}));
  return spec;
}

TEST(ApiHybrid, SeveralMethodsAreCompiledAndTakeNewWeights) {
  auto first = make_methods(1);
  auto second = make_methods(2);
  auto compiled = reloaded(torchscript::compile(first, spec_of_methods()));
  std::vector<std::string> methods;
  for (const auto& method : torchscript::inspect(compiled)) {
    methods.push_back(method.method);
    ASSERT_EQ(method.engines.size(), 1U) << method.method;
    EXPECT_EQ(method.engines[0].attribute, "engine_" + method.method + "_0");
  }
  EXPECT_EQ(methods, (std::vector<std::string>{"decode", "encode"}));
  auto refitted = reloaded(torchscript::refit_module_weights(compiled, second));
  for (int call = 0; call < 2; ++call) {
    expect_same(compiled, first);
    expect_same(refitted, second);
  }
}

TEST(ApiHybrid, ForwardIsCompiledIfItHasInputs) {
  auto spec = spec_of_methods();
  spec.graph_inputs.inputs = {Input({2, 6})};
  EXPECT_EQ(torchscript::inspect(torchscript::compile(make_methods(1), spec)).size(), 3U);
  spec.methods["forward"].inputs = {Input({2, 6})};
  EXPECT_THAT(error_of([&] { torchscript::compile(make_methods(1), spec); }), HasSubstr("given twice"));
  spec.methods.erase("forward");
  spec.methods["backward"].inputs = {Input({2, 6})};
  EXPECT_THAT(error_of([&] { torchscript::compile(make_methods(1), spec); }),
              HasSubstr("has no method 'backward'; it has "));
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
