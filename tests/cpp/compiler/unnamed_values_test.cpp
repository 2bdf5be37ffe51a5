#include "ATen/ATen.h"
#include "ATen/Context.h"
#include "gtest/gtest.h"

#include "support/jit_graph.h"
#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/util/jit_util.h"

// Graphs parsed from text, whose values have numbers instead of names.
namespace torch_tensorrt::core {
namespace {

constexpr const char* kUnnamed = R"(graph(%0 : Tensor, %1 : Float(2, 3), %2 : Float(2)):
    %3 : Tensor = aten::linear(%0, %1, %2)
    %4 : Tensor = aten::relu(%3)
    return (%4))";

// A module whose forward is the graph.
torch::jit::Module module_of(const std::shared_ptr<torch::jit::Graph>& graph) {
  torch::jit::Module module("unnamed");
  auto* self = graph->insertInput(0, "self");
  self->setType(module._ivalue()->type());
  auto body = graph;
  auto* method = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), "forward"), body);
  method->setSchema(util::GenerateGraphSchema(method->name(), body));
  module.type()->addMethod(method);
  return module;
}

TEST(UnnamedValues, AreFoldedAsParameters) {
  const std::vector<torch::jit::IValue> params = {at::ones({2, 3}), at::ones({2})};
  const auto lowered = lowering::LowerGraph(tests::parse_graph(kUnnamed), params, lowering::LowerInfo());
  EXPECT_TRUE(lowered.second.empty());
  EXPECT_EQ(lowered.first->inputs().size(), 1U);
}

TEST(UnnamedValues, AreArgumentsOfACompiledModule) {
  const auto graph = tests::parse_graph(R"(graph(%0 : Tensor, %1 : Tensor):
    %2 : int = prim::Constant[value=1]()
    %3 : Tensor = aten::add(%0, %1, %2)
    return (%3))");
  CompileSpec spec({ir::Input(std::vector<int64_t>{2}), ir::Input(std::vector<int64_t>{2})});
  spec.convert_info.engine_settings.device = ir::Device::cpu();
  auto compiled = CompileGraph(module_of(graph), spec);
  const auto sum = compiled.forward({at::ones({2}), at::ones({2})}).toTensor();
  EXPECT_TRUE(sum.equal(at::full({2}, 2.0F)));
}

TEST(CompileSpec, IsForTheCurrentDevice) {
  const CompileSpec spec({ir::Input(std::vector<int64_t>{2})});
  const bool on_gpu = spec.convert_info.engine_settings.device.device_type == nvinfer1::DeviceType::kGPU;
  EXPECT_EQ(on_gpu, at::hasCUDA());
}

}  // namespace
}  // namespace torch_tensorrt::core
