// Turns a graph without a module (here parsed from text) into the bytes of an engine, and runs the engine. It uses the
// parts of torch_tensorrt::ts::compile, for programs that make or change graphs themselves.

#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"
#include "torch/csrc/jit/ir/irparser.h"
#include "torch/script.h"

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/ir/ir.h"
#include "torch_tensorrt/core/runtime/runtime.h"

namespace {

namespace core = torch_tensorrt::core;

// The dense tensor types mark the parameters; build_engine gets their values.
const char* const kGraph = R"IR(
graph(%x : Tensor,
      %weight : Float(8, 4, strides=[4, 1]),
      %bias : Float(8, strides=[1])):
  %dim : int = prim::Constant[value=1]()
  %none : NoneType = prim::Constant()
  %two : int = prim::Constant[value=2]()
  %three : int = prim::Constant[value=3]()
  %rows : int = aten::mul(%two, %three)
  %columns : int = prim::Constant[value=-1]()
  %shape : int[] = prim::ListConstruct(%rows, %columns)
  %y : Tensor = aten::linear(%x, %weight, %bias)
  %z : Tensor = aten::relu(%y)
  %p : Tensor = aten::softmax(%z, %dim, %none)
  %out : Tensor = aten::reshape(%p, %shape)
  return (%out))IR";

std::string build_engine(std::shared_ptr<torch::jit::Graph> graph, const std::vector<torch::jit::IValue>& parameters) {
  auto static_params = core::ir::get_static_params(graph->inputs(), parameters);
  core::conversion::ConversionInfo info;
  info.inputs = core::ir::pair_input_vals_with_specs(core::ir::get_tensor_inputs(graph, static_params),
                                                     {core::ir::Input(std::vector<int64_t>{6, 4})});
  info.engine_settings.device = core::ir::Device::cpu();
  return core::conversion::ConvertBlockToEngine(graph->block(), info, static_params);
}

// Evaluates a node as the compiler does: here the number of rows of the result.
int64_t evaluate_rows(const torch::jit::Graph& graph) {
  core::conversion::BuilderSettings settings;
  settings.device = core::ir::Device::cpu();
  core::conversion::ConversionCtx ctx(settings);
  for (const auto* node : graph.nodes()) {
    if (node->kind() != torch::jit::aten::mul) continue;
    return core::conversion::EvaluateNode(&ctx, node).value().toInt();
  }
  throw std::runtime_error("the graph has no multiplication");
}

void run() {
  auto graph = std::make_shared<torch::jit::Graph>();
  torch::jit::parseIR(kGraph, graph.get());
  std::cout << "rows: " << evaluate_rows(*graph) << '\n';

  torch::manual_seed(0);
  const auto weight = torch::randn({8, 4});
  const auto bias = torch::randn({8});
  const std::string bytes = build_engine(graph, {weight, bias});

  auto engine = c10::make_intrusive<core::runtime::TRTEngine>(
      "example", bytes, core::runtime::RTDevice(0, nvinfer1::DeviceType::kCPU), std::vector<std::string>{"input_0"},
      std::vector<std::string>{"output_0"});
  const auto x = torch::randn({6, 4});
  const auto found = core::runtime::execute_engine({x}, engine)[0];
  const auto expected = torch::softmax(torch::relu(torch::linear(x, weight, bias)), 1);
  std::cout << "engine: " << bytes.size() << " bytes, output " << found.sizes() << ", "
            << (torch::allclose(found, expected, /*rtol=*/1e-5, /*atol=*/1e-6) ? "as PyTorch" : "NOT as PyTorch")
            << '\n';
}

}  // namespace

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    std::cerr << "graph_to_engine: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
