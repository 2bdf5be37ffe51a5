#include <atomic>
#include <thread>

#include "ATen/ATen.h"
#include "gtest/gtest.h"
#include "torch/csrc/jit/frontend/function_schema_parser.h"
#include "torch/library.h"

#include "support/jit_graph.h"
#include "support/torch_conversion.h"
#include "torch_tensorrt/core/conversion/converters/converters.h"

// Operators only for these tests, so that no other test meets the converters registered here.
TORCH_LIBRARY(registry_test, m) {
  m.def("replaced(Tensor x) -> Tensor", [](const at::Tensor& x) { return at::relu(x); });
  m.def("mismatched(Tensor x, int n) -> Tensor", [](const at::Tensor& x, int64_t) { return at::relu(x); });
  m.def("declined(Tensor x, int n) -> Tensor", [](const at::Tensor& x, int64_t) { return at::relu(x); });
  m.def("unknown(Tensor x) -> Tensor", [](const at::Tensor& x) { return at::relu(x); });
  m.def("threads(Tensor x) -> Tensor", [](const at::Tensor& x) { return at::relu(x); });
}

namespace torch_tensorrt::core::conversion::converters {
namespace {

using tests::error_of;
using tests::parse_graph;

OpConverter activation(nvinfer1::ActivationType type) {
  return [type](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* layer = ctx->net->addActivation(*args[0].ITensorOrFreeze(ctx), type);
    ctx->AssociateValueAndTensor(n->outputs()[0], layer->getOutput(0));
    return true;
  };
}

const torch::jit::Node* only_node(const std::shared_ptr<torch::jit::Graph>& graph, const std::string& kind) {
  for (const auto* node : graph->nodes()) {
    if (node->kind() == c10::Symbol::fromQualString(kind)) return node;
  }
  return nullptr;
}

std::string reason(const std::string& ir, const std::string& kind) {
  const auto graph = parse_graph(ir);
  const Decision decision = converter_decision(only_node(graph, kind));
  return decision ? "yes" : decision.reason();
}

TEST(Registry, UsesTheLastRegistration) {
  const std::string signature = "registry_test::replaced(Tensor x) -> Tensor";
  const auto graph = parse_graph(R"(graph(%x : Tensor):
          %y : Tensor = registry_test::replaced(%x)
          return (%y))");
  const auto* node = only_node(graph, "registry_test::replaced");
  const auto kind_of = [&] {
    ConversionCtx ctx(tests::cpu_settings());
    args arguments = {Var(ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims{2}))};
    EXPECT_TRUE(get_node_converter_for(node->maybeSchema())(&ctx, node, arguments));
    auto* layer = ctx.value_tensor_map.at(node->output())->producer();
    return nvinfer1::layer_cast<nvinfer1::IActivationLayer>(layer)->getActivationType();
  };
  register_node_converter({signature, activation(nvinfer1::ActivationType::kRELU)});
  EXPECT_EQ(kind_of(), nvinfer1::ActivationType::kRELU);
  testing::internal::CaptureStderr();
  auto& logger = util::logging::get_logger();
  logger.set_reportable_log_level(util::logging::LogLevel::kINFO);
  [[maybe_unused]] auto kept =
      RegisterNodeConversionPatterns().pattern({signature, activation(nvinfer1::ActivationType::kTANH)});
  logger.set_reportable_log_level(util::logging::LogLevel::kWARNING);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("registry_test::replaced"), std::string::npos) << log;
  EXPECT_NE(log.find("takes precedence"), std::string::npos) << log;
  EXPECT_EQ(kind_of(), nvinfer1::ActivationType::kTANH);
}

TEST(Registry, ComparesTheArguments) {
  const std::string ir = R"(graph(%x : Tensor):
          %n : int = prim::Constant[value=1]()
          %y : Tensor = registry_test::mismatched(%x, %n)
          return (%y))";
  EXPECT_NE(reason(ir, "registry_test::mismatched").find("no converter is registered for registry_test::mismatched"),
            std::string::npos);
  const auto relu = activation(nvinfer1::ActivationType::kRELU);
  register_node_converter({"registry_test::mismatched(Tensor x) -> Tensor", relu});
  EXPECT_NE(reason(ir, "registry_test::mismatched").find("registered for 1 arguments"), std::string::npos)
      << reason(ir, "registry_test::mismatched");
  register_node_converter({"registry_test::mismatched(Tensor x, int[] n) -> Tensor", relu});
  EXPECT_NE(reason(ir, "registry_test::mismatched").find("argument 1 of type"), std::string::npos)
      << reason(ir, "registry_test::mismatched");
  // Names of arguments, defaults and optional "?" may differ.
  register_node_converter({"registry_test::mismatched(Tensor input, int? count=1) -> (Tensor)", relu});
  EXPECT_EQ(reason(ir, "registry_test::mismatched"), "yes");
}

TEST(Registry, AsksThePredicate) {
  register_node_converter({"registry_test::declined(Tensor x, int n) -> Tensor",
                           activation(nvinfer1::ActivationType::kRELU), [](const torch::jit::Node* n) {
                             const auto value = torch::jit::toIValue(n->input(1))->toInt();
                             return value == 1 ? Decision::yes() : Decision::no(str("n is ", value, ", must be 1"));
                           }});
  const auto ir = [](int n) {
    return "graph(%x : Tensor):\n  %n : int = prim::Constant[value=" + std::to_string(n) +
           "]()\n  %y : Tensor = registry_test::declined(%x, %n)\n  return (%y)";
  };
  EXPECT_EQ(reason(ir(1), "registry_test::declined"), "yes");
  EXPECT_EQ(reason(ir(2), "registry_test::declined"), "n is 2, must be 1");
  const std::string message = error_of([&] { tests::build_engine(parse_graph(ir(2)), {ir::Input({2})}); });
  EXPECT_NE(message.find("requested, but it declined: n is 2, must be 1"), std::string::npos) << message;
}

TEST(Registry, RefusesWhatCannotBeRead) {
  const std::string message = error_of([] {
    register_node_converter({"not a schema", activation(nvinfer1::ActivationType::kRELU)});
  });
  EXPECT_NE(message.find("cannot register a converter for 'not a schema'"), std::string::npos) << message;
  testing::internal::CaptureStderr();
  // Must not throw, because a static initializer may call it.
  [[maybe_unused]] auto kept =
      RegisterNodeConversionPatterns().pattern({"not a schema", activation(nvinfer1::ActivationType::kRELU)});
  EXPECT_NE(testing::internal::GetCapturedStderr().find("not a schema"), std::string::npos);
}

TEST(Registry, TakesEveryFormOfSignature) {
  auto relu = activation(nvinfer1::ActivationType::kRELU);
  auto schema = torch::jit::parseSchema("registry_test::by_schema(Tensor x) -> Tensor");
  register_node_converter(&schema, relu);
  register_node_converter("registry_test::by_text(Tensor x) -> Tensor", relu);
  const auto list = get_converter_list();
  for (const char* name : {"registry_test::by_schema", "registry_test::by_text", "aten::relu(", "aten::relu_("}) {
    EXPECT_TRUE(std::any_of(list.begin(), list.end(), [&](const std::string& text) { return text.find(name) == 0; }))
        << name;
  }
}

TEST(Registry, IsSafeInThreads) {
  const auto graph = parse_graph("graph(%x : Tensor):\n  %y : Tensor = registry_test::threads(%x)\n  return (%y)");
  const auto* node = only_node(graph, "registry_test::threads");
  register_node_converter({"registry_test::threads(Tensor x) -> Tensor", activation(nvinfer1::ActivationType::kRELU)});
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 50; ++k) {
        if (i % 2 == 0) {
          register_node_converter(
              {"registry_test::threads(Tensor x) -> Tensor", activation(nvinfer1::ActivationType::kRELU)});
        }
        found += node_is_convertable(node) ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(found, 200);
}

TEST(UnsupportedOperator, IsReportedWithEverythingThatHelps) {
  torch::jit::Module module("m");
  module.define("def forward(self, x):\n    return torch.relu(x)\n");
  auto graph = module.get_method("forward").graph()->copy();
  graph->eraseInput(0);
  auto* relu = graph->outputs()[0]->node();
  auto* unknown = graph->create(c10::Symbol::fromQualString("registry_test::unknown"), relu->inputs(), 1);
  unknown->copyMetadata(relu)->insertBefore(relu);
  relu->output()->replaceAllUsesWith(unknown->output());
  const std::string message = error_of([&] { tests::build_engine(graph, {ir::Input({2})}); });
  for (const char* line :
       {"Unable to convert node: ", " = registry_test::unknown(%", "# <string>:2:", " (conversion.AddLayer)\n",
        "Source: <string>:2: return torch.relu(x)\n", "Schema: registry_test::unknown(Tensor x) -> Tensor\n",
        "Converter for registry_test::unknown requested, but no such converter was found.\n",
        "If you need a converter for this operator, you can try implementing one yourself",
        "RegisterNodeConversionPatterns"}) {
    EXPECT_NE(message.find(line), std::string::npos) << "no '" << line << "' in\n" << message;
  }
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion::converters
