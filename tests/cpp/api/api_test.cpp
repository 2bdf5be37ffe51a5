#include <gmock/gmock.h>

#include <sstream>
#include <thread>

#include "torch/script.h"

#include "torch_tensorrt/torch_tensorrt.h"

// The public C++ API, as a program sees it that includes torch_tensorrt/torch_tensorrt.h.
namespace torch_tensorrt {
namespace {

using ::testing::HasSubstr;

// relu(conv(x)) summed over the spatial dimensions, then a linear layer.
torch::jit::Module small_network() {
  at::manual_seed(3);
  torch::jit::Module module("SmallNetwork");
  module.register_parameter("kernel", at::randn({8, 3, 3, 3}), /*is_buffer=*/false);
  module.register_parameter("bias", at::randn({8}), /*is_buffer=*/false);
  module.register_parameter("weight", at::randn({5, 8}), /*is_buffer=*/false);
  module.define(R"(
    def forward(self, x):
        y = torch.relu(torch.conv2d(x, self.kernel, self.bias, [2, 2], [1, 1]))
        return torch.matmul(torch.mean(y, [2, 3]), torch.t(self.weight))
  )");
  module.eval();
  return module;
}

torch::jit::Module unsupported_network() {
  torch::jit::Module module("Unsupported");
  module.define(R"(
    def forward(self, x):
        return torch.lgamma(x)
  )");
  module.eval();
  return module;
}

torchscript::CompileSpec cpu_spec(const std::vector<Input>& inputs) {
  torchscript::CompileSpec spec(inputs);
  spec.device = Device::cpu();
  return spec;
}

at::Tensor run(torch::jit::Module& module, const at::Tensor& x) { return module.forward({x}).toTensor(); }

// The tolerance covers fp32 sums of 27 and 8 products of order 1 in another order.
void expect_same(const at::Tensor& got, const at::Tensor& expected) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  ASSERT_EQ(got.scalar_type(), expected.scalar_type());
  EXPECT_TRUE(at::allclose(got, expected, 1e-5, 1e-5)) << (got - expected).abs().max().item<float>();
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

TEST(ApiCompile, GivesAModuleThatComputesTheSame) {
  auto module = small_network();
  auto compiled = torchscript::compile(module, cpu_spec({Input({2, 3, 16, 16})}));
  const at::Tensor x = at::randn({2, 3, 16, 16});
  expect_same(run(compiled, x), run(module, x));
}

TEST(ApiCompile, SavesAndLoads) {
  auto module = small_network();
  auto compiled = torchscript::compile(module, cpu_spec({Input({1, 3, 16, 16})}));
  std::stringstream file;
  compiled.save(file);
  auto loaded = torch::jit::load(file);
  const at::Tensor x = at::randn({1, 3, 16, 16});
  EXPECT_TRUE(at::equal(run(loaded, x), run(compiled, x)));
}

TEST(ApiCompile, TakesARangeOfShapesAndRefusesOthers) {
  auto module = small_network();
  auto compiled = torchscript::compile(
      module, cpu_spec({Input(std::vector<int64_t>{1, 3, 16, 16}, std::vector<int64_t>{2, 3, 16, 16},
                              std::vector<int64_t>{4, 3, 16, 16})}));
  for (const int64_t batch : {1, 3, 4}) {
    const at::Tensor x = at::randn({batch, 3, 16, 16});
    expect_same(run(compiled, x), run(module, x));
  }
  EXPECT_ANY_THROW(run(compiled, at::randn({5, 3, 16, 16})));
}

TEST(ApiCompile, TakesSeveralRangesOfShapesAndNothingBetween) {
  auto module = small_network();
  Input input({1, 3, 16, 16});
  input.more_ranges = {{{4, 3, 8, 16}, {4, 3, 16, 16}, {8, 3, 16, 16}}};
  auto compiled = torchscript::compile(module, cpu_spec({input}));
  for (const auto& [batch, size] : std::vector<std::pair<int64_t, int64_t>>{{1, 16}, {4, 8}, {8, 16}}) {
    const at::Tensor x = at::randn({batch, 3, size, 16});
    expect_same(run(compiled, x), run(module, x));
  }
  for (const auto& [batch, size] : std::vector<std::pair<int64_t, int64_t>>{{2, 16}, {1, 8}, {9, 16}}) {
    EXPECT_ANY_THROW(run(compiled, at::randn({batch, 3, size, 16})));
  }
}

TEST(ApiCompile, LeavesTheGivenModuleAsItIs) {
  auto module = small_network();
  const std::string before = module.get_method("forward").graph()->toString();
  const at::Tensor kernel = module.attr("kernel").toTensor().clone();
  torchscript::compile(module, cpu_spec({Input({1, 3, 16, 16})}));
  EXPECT_EQ(module.get_method("forward").graph()->toString(), before);
  EXPECT_TRUE(at::equal(module.attr("kernel").toTensor(), kernel));
}

TEST(ApiCompile, NamesTheOperatorThatNothingConverts) {
  const auto module = unsupported_network();
  auto spec = cpu_spec({Input({4, 4})});
  spec.require_full_compilation = true;
  const std::string error = error_of([&] { torchscript::compile(module, spec); });
  EXPECT_THAT(error, HasSubstr("aten::lgamma"));
  EXPECT_THAT(error, HasSubstr("requested, but no such converter was found"));
}

TEST(ApiCompile, CountsTheInputs) {
  const auto module = small_network();
  const std::string error = error_of([&] {
    torchscript::compile(module, cpu_spec({Input({1, 3, 16, 16}), Input({1})}));
  });
  EXPECT_THAT(error, HasSubstr("1 input tensors and 2 dimension specs"));
}

TEST(ApiCompile, LeavesOperatorsToPyTorch) {
  auto module = small_network();
  auto spec = cpu_spec({Input({1, 3, 16, 16})});
  spec.torch_executed_ops = {"aten::relu"};
  spec.min_block_size = 1;
  auto compiled = torchscript::compile(module, spec);
  EXPECT_THAT(compiled.get_method("forward").graph()->toString(), HasSubstr("aten::relu"));
  const auto x = at::randn({1, 3, 16, 16});
  EXPECT_TRUE(at::allclose(run(compiled, x), run(module, x), 1e-4, 1e-4));
  spec.require_full_compilation = true;
  EXPECT_THAT(error_of([&] { torchscript::compile(module, spec); }), HasSubstr("the list of ops|modules"));
}

TEST(ApiCompile, RefusesWhatIsNotTheNameOfAnOperator) {
  for (const char* name :
       {"relu", "aten::add,aten::mul", "aten::add.Tensor", "aten::relu(Tensor self)", "::relu", ""}) {
    auto spec = cpu_spec({Input({1, 3, 16, 16})});
    spec.torch_executed_ops = {name};
    EXPECT_THAT(error_of([&] { torchscript::compile(small_network(), spec); }),
                HasSubstr(std::string("'") + name + "' in torch_executed_ops is not the name of an operator"));
  }
}

TEST(ApiCompile, FromManyThreads) {
  auto module = small_network();
  const at::Tensor x = at::randn({1, 3, 16, 16});
  const at::Tensor expected = run(module, x);
  const auto functions = [&] { return module._ivalue()->compilation_unit()->get_functions().size(); };
  const size_t before = functions();
  std::vector<at::Tensor> results(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&, i] {
      auto spec = cpu_spec({Input({1, 3, 16, 16})});
      if (i % 2 == 1) spec.torch_executed_ops = {"aten::relu"};
      auto compiled = torchscript::compile(module, spec);
      results[i] = run(compiled, x);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) expect_same(result, expected);
  EXPECT_EQ(functions(), before) << "compiling must not add to what the module's owner may extend meanwhile";
}

TEST(ApiEngine, BytesRunInANewModule) {
  auto module = small_network();
  const std::string engine =
      torchscript::convert_method_to_trt_engine(module, "forward", cpu_spec({Input({2, 3, 16, 16})}));
  auto embedded = torchscript::embed_engine_in_new_module(engine, Device::cpu());
  const at::Tensor x = at::randn({2, 3, 16, 16});
  expect_same(run(embedded, x), run(module, x));
}

TEST(ApiEngine, DamagedBytesAreRefused) {
  const auto module = small_network();
  std::string engine = torchscript::convert_method_to_trt_engine(module, "forward", cpu_spec({Input({2, 3, 16, 16})}));
  EXPECT_NE(error_of([&] { torchscript::embed_engine_in_new_module(engine.substr(0, 40), Device::cpu()); }),
            "no error");
  engine[engine.size() / 2] ^= 1;
  EXPECT_NE(error_of([&] { torchscript::embed_engine_in_new_module(engine, Device::cpu()); }), "no error");
}

// small_network() with other weights.
torch::jit::Module retrained_network() {
  auto module = small_network();
  at::manual_seed(4);
  for (const auto& parameter : module.named_parameters()) {
    module.setattr(parameter.name, at::randn(parameter.value.sizes()));
  }
  return module;
}

TEST(ApiRefit, GivesAModuleWithTheNewWeights) {
  auto module = small_network();
  auto retrained = retrained_network();
  auto compiled = torchscript::compile(module, cpu_spec({Input({2, 3, 16, 16})}));
  auto refitted = torchscript::refit_module_weights(compiled, retrained);
  const auto x = at::randn({2, 3, 16, 16});
  expect_same(run(refitted, x), run(retrained, x));
  expect_same(run(compiled, x), run(module, x));
}

TEST(ApiRefit, NamesParametersThatDiffer) {
  const auto compiled = torchscript::compile(small_network(), cpu_spec({Input({2, 3, 16, 16})}));
  auto other = small_network();
  other.setattr("bias", at::randn({8}).to(at::kDouble));
  EXPECT_THAT(error_of([&] { torchscript::refit_module_weights(compiled, other); }),
              HasSubstr("\"bias\" is float64 [8], must be float32 [8]"));
}

TEST(ApiRefit, NeedsACompiledModule) {
  EXPECT_THAT(error_of([] { torchscript::refit_module_weights(small_network(), small_network()); }),
              HasSubstr("holds no engine"));
}

TEST(ApiSupport, IsToldBefore) {
  EXPECT_TRUE(torchscript::check_method_operator_support(small_network(), "forward"));
  EXPECT_FALSE(torchscript::check_method_operator_support(unsupported_network(), "forward"));
}

TEST(ApiInput, StaticShapesAreMinOptAndMax) {
  const Input input({1, 3, 8, 8}, DataType::kHalf, TensorFormat::kChannelsLast);
  EXPECT_FALSE(input.input_is_dynamic);
  EXPECT_EQ(input.min_shape, input.max_shape);
  EXPECT_EQ(input.opt_shape, input.shape);
  EXPECT_TRUE(input.dtype == DataType::kHalf);
  EXPECT_TRUE(input.format == TensorFormat::kChannelsLast);
}

TEST(ApiInput, RangesHaveMinusOneWhereTheyDiffer) {
  const std::vector<int64_t> min{1, 3, 8}, opt{2, 3, 8}, max{4, 3, 9};
  const Input input(min, opt, max);
  EXPECT_TRUE(input.input_is_dynamic);
  EXPECT_EQ(input.shape, (std::vector<int64_t>{-1, 3, -1}));
}

TEST(ApiInput, TakesSizesInBraces) {
  EXPECT_EQ(Input({1, 3, 8, 8}).shape, (std::vector<int64_t>{1, 3, 8, 8}));
  EXPECT_EQ(Input({1, 3}, {2, 3}, {4, 3}, DataType::kInt).shape, (std::vector<int64_t>{-1, 3}));
  EXPECT_EQ(Input({2, 3}, {0.0, 5.0}).tensor_domain, (std::vector<double>{0.0, 5.0}));
}

TEST(ApiInput, RefusesRangesThatAreNone) {
  const std::vector<int64_t> two{2, 2}, three{3, 3}, longer{2, 2, 2};
  EXPECT_NE(error_of([&] { Input(three, two, three); }), "no error");
  EXPECT_NE(error_of([&] { Input(two, three, two); }), "no error");
  EXPECT_NE(error_of([&] { Input(two, longer, three); }), "no error");
}

TEST(ApiTypes, ConvertFromTorchOrSayThatTheyCannot) {
  EXPECT_TRUE(DataType(c10::kHalf) == DataType::kHalf);
  EXPECT_TRUE(DataType(c10::kBFloat16) == DataType::kBFloat16);
  EXPECT_THAT(error_of([] { DataType(c10::kComplexFloat); }), HasSubstr("Complex"));
  EXPECT_TRUE(TensorFormat(at::MemoryFormat::ChannelsLast) == TensorFormat::kChannelsLast);
  EXPECT_NE(error_of([] { TensorFormat(at::MemoryFormat::ChannelsLast3d); }), "no error");
  EXPECT_TRUE(Device::DeviceType(c10::kCPU) == Device::DeviceType::kCPU);
  EXPECT_NE(error_of([] { Device::DeviceType(c10::kMeta); }), "no error");
}

TEST(ApiDevice, ThatIsNotThereIsAnError) {
  if (at::hasCUDA()) GTEST_SKIP() << "this machine has a GPU";
  auto spec = cpu_spec({Input({1, 3, 16, 16})});
  spec.device = Device();
  EXPECT_THAT(error_of([&] { torchscript::compile(small_network(), spec); }), HasSubstr("no GPU"));
  EXPECT_THAT(error_of([] { set_device(0); }), HasSubstr("no GPU"));
}

TEST(ApiBuildInfo, HasALineAComponent) {
  const std::string info = get_build_info();
  EXPECT_THAT(info, HasSubstr("Torch-TensorRT Version: "));
  EXPECT_EQ(info.back(), '\n');
}

TEST(ApiLogging, LevelAndPrefixAreKept) {
  const auto level = logging::get_reportable_log_level();
  const auto prefix = logging::get_logging_prefix();
  logging::set_reportable_log_level(logging::kERROR);
  logging::set_logging_prefix("here: ");
  EXPECT_EQ(logging::get_reportable_log_level(), logging::kERROR);
  EXPECT_EQ(logging::get_logging_prefix(), "here: ");
  logging::set_reportable_log_level(level);
  logging::set_logging_prefix(prefix);
}

}  // namespace
}  // namespace torch_tensorrt
