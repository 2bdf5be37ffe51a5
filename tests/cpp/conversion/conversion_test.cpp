#include "torch_tensorrt/core/conversion/conversion.h"

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "support/jit_graph.h"
#include "support/torch_conversion.h"
#include "torch_tensorrt/core/conversion/block_converter.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::core::conversion {
namespace {

using tests::build_engine;
using tests::error_of;
using tests::parse_graph;
using tests::run_engine;

// The engine must give the results that PyTorch gives for the graph.
void expect_same(const std::string& ir, std::vector<ir::Input> specs, std::vector<at::Tensor> inputs,
                 std::vector<torch::jit::IValue> params = {}) {
  const auto graph = parse_graph(ir);
  std::vector<torch::jit::IValue> arguments(inputs.begin(), inputs.end());
  arguments.insert(arguments.end(), params.begin(), params.end());
  const auto expected = tests::run_graph(graph, arguments);
  const auto found = run_engine(build_engine(graph, std::move(specs), std::move(params)), inputs);
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    const auto reference = expected[i].toTensor();
    EXPECT_EQ(found[i].scalar_type(), reference.scalar_type());
    EXPECT_EQ(found[i].sizes(), reference.sizes());
    EXPECT_TRUE(at::allclose(found[i], reference, /*rtol=*/1e-5, /*atol=*/1e-6)) << "output " << i << " of\n" << ir;
  }
}

TEST(Convert, NamesInputsAndOutputsInOrder) {
  const auto graph = parse_graph(R"(graph(%x : Tensor, %y : Tensor):
          %a : Tensor = aten::relu(%x)
          %b : Tensor = aten::relu(%y)
          return (%a, %b))");
  const auto bytes =
      std::make_shared<const std::string>(build_engine(graph, {ir::Input({2, 3}), ir::Input({1, 3}, {2, 3}, {4, 3})}));
  const auto engine = engine::Engine::load(bytes);
  ASSERT_EQ(engine->inputs().size(), 2U);
  EXPECT_EQ(engine->inputs()[0].name, "input_0");
  EXPECT_EQ(engine->inputs()[1].name, "input_1");
  EXPECT_EQ(engine->inputs()[1].dims, nvinfer1::Dims({-1, 3}));
  EXPECT_EQ(engine->inputs()[1].max, nvinfer1::Dims({4, 3}));
  ASSERT_EQ(engine->outputs().size(), 2U);
  EXPECT_EQ(engine->outputs()[0].name, "output_0");
  EXPECT_EQ(engine->outputs()[1].name, "output_1");
}

TEST(Convert, TakesParametersAsConstants) {
  expect_same(R"(graph(%x : Tensor, %w : Float(4, 3), %b : Float(4)):
          %y : Tensor = aten::linear(%x, %w, %b)
          %z : Tensor = aten::relu(%y)
          return (%z))",
              {ir::Input({2, 3})}, {at::randn({2, 3})}, {at::randn({4, 3}), at::randn({4})});
}

// The optimizer decides whether they become floats.
TEST(Convert, KeepsFakeQuantizationOfParameters) {
  auto graph = parse_graph(R"(graph(%x : Tensor, %w : Float(4, 3)):
          %scale : float = prim::Constant[value=0.5]()
          %zero : int = prim::Constant[value=0]()
          %low : int = prim::Constant[value=-128]()
          %high : int = prim::Constant[value=127]()
          %q : Tensor = aten::fake_quantize_per_tensor_affine(%w, %scale, %zero, %low, %high)
          %y : Tensor = aten::matmul(%x, %q)
          return (%y))");
  auto static_params = ir::get_static_params(graph->inputs(), {at::randn({4, 3})});
  ConversionInfo info;
  info.inputs = ir::associate_specs_with_inputs(graph, {ir::Input({2, 4})}, static_params);
  info.engine_settings = tests::cpu_settings();
  const std::string text = network::print_network(*ConvertBlockToNetwork(graph->block(), info, static_params));
  EXPECT_NE(text.find(" quantize("), std::string::npos) << text;
  EXPECT_NE(text.find(" dequantize("), std::string::npos) << text;
}

TEST(Convert, CopiesOutputsThatAreInputsConstantsOrTwice) {
  expect_same(R"(graph(%x : Tensor, %w : Float(3)):
          %y : Tensor = aten::relu(%x)
          return (%x, %y, %y, %w))",
              {ir::Input({2, 3})}, {at::randn({2, 3})}, {at::randn({3})});
}

TEST(Convert, OutputsMayBeCollectionsOfTensors) {
  const auto graph = parse_graph(R"(graph(%x : Tensor):
          %y : Tensor = aten::relu(%x)
          %l : Tensor[] = prim::ListConstruct(%x, %y)
          %t : (Tensor[], Tensor) = prim::TupleConstruct(%l, %y)
          return (%t))");
  const auto x = at::randn({2, 3});
  const auto found = run_engine(build_engine(graph, {ir::Input({2, 3})}), {x});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(at::equal(found[0], x));
  EXPECT_TRUE(at::equal(found[2], at::relu(x)));
}

TEST(Convert, NumbersAreOutputsOfOneElement) {
  const auto graph = parse_graph(R"(graph(%x : Tensor):
          %n : int = aten::dim(%x)
          return (%n))");
  const auto found = run_engine(build_engine(graph, {ir::Input({2})}), {at::zeros({2})});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].scalar_type(), at::kLong);
  EXPECT_EQ(found[0].item().toLong(), 1);
}

const char* const kBranch = R"(graph(%x : Tensor, %c : bool):
          %zero : int = prim::Constant[value=0]()
          %four : int = prim::Constant[value=4]()
          %n : int = aten::size(%x, %zero)
          %big : bool = aten::gt(%n, %four)
          %y : Tensor = prim::If(%big)
            block0():
              %a : Tensor = aten::relu(%x)
              -> (%a)
            block1():
              %s : Tensor = prim::If(%c)
                block0():
                  %b : Tensor = aten::sigmoid(%x)
                  -> (%b)
                block1():
                  -> (%x)
              %t : Tensor = aten::tanh(%s)
              -> (%t)
          return (%y))";

TEST(ConvertIf, TakesTheBranchThatIsKnown) {
  expect_same(kBranch, {ir::Input({6})}, {at::randn({6})}, {true});
  expect_same(kBranch, {ir::Input({3})}, {at::randn({3})}, {true});
  expect_same(kBranch, {ir::Input({3})}, {at::randn({3})}, {false});
}

TEST(ConvertIf, SaysThatItMustBeKnown) {
  const auto graph = parse_graph(R"(graph(%x : Tensor):
          %c : bool = aten::Bool(%x)
          %y : Tensor = prim::If(%c)
            block0():
              %a : Tensor = aten::relu(%x)
              -> (%a)
            block1():
              -> (%x)
          return (%y))");
  const std::string message = error_of([&] { build_engine(graph, {ir::Input({1})}); });
  EXPECT_NE(message.find("only branches whose condition is known while compiling"), std::string::npos) << message;
}

TEST(ConvertLoop, CountsTheInductionVariable) {
  expect_same(R"(graph(%x : Tensor):
          %true : bool = prim::Constant[value=1]()
          %n : int = prim::Constant[value=4]()
          %one : int = prim::Constant[value=1]()
          %y : Tensor = prim::Loop(%n, %true, %x)
            block0(%i : int, %t : Tensor):
              %a : Tensor = aten::add(%t, %i, %one)
              -> (%true, %a)
          return (%y))",
              {ir::Input({3})}, {at::randn({3})});
}

TEST(ConvertLoop, StopsWhenItsConditionDoes) {
  expect_same(R"(graph(%x : Tensor):
          %true : bool = prim::Constant[value=1]()
          %n : int = prim::Constant[value=9223372036854775807]()
          %one : int = prim::Constant[value=1]()
          %three : int = prim::Constant[value=3]()
          %zero : int = prim::Constant[value=0]()
          %y : Tensor, %k : int = prim::Loop(%n, %true, %x, %zero)
            block0(%i : int, %t : Tensor, %j : int):
              %a : Tensor = aten::add(%t, %one, %one)
              %next : int = aten::add(%j, %one)
              %go : bool = aten::lt(%next, %three)
              -> (%go, %a, %next)
          %z : Tensor = aten::mul(%y, %k)
          return (%z))",
              {ir::Input({3})}, {at::randn({3})});
}

TEST(ConvertLoop, FillsListsThatAreOutsideOfIt) {
  expect_same(R"(graph(%x : Tensor):
          %true : bool = prim::Constant[value=1]()
          %n : int = prim::Constant[value=3]()
          %zero : int = prim::Constant[value=0]()
          %l : Tensor[] = prim::ListConstruct()
          %y : Tensor = prim::Loop(%n, %true, %x)
            block0(%i : int, %t : Tensor):
              %a : Tensor = aten::mul(%t, %i)
              %m : Tensor[] = aten::append(%l, %a)
              -> (%true, %t)
          %c : Tensor = aten::cat(%l, %zero)
          return (%c))",
              {ir::Input({3})}, {at::randn({3})});
}

TEST(Convert, ComputesKnownTensorsWithoutWritingThem) {
  const auto w = at::ones({3});
  expect_same(R"(graph(%x : Tensor, %w : Float(3)):
          %one : int = prim::Constant[value=1]()
          %c : Tensor = aten::add(%w, %w, %one)
          %y : Tensor = aten::mul(%x, %c)
          return (%y))",
              {ir::Input({3})}, {at::randn({3})}, {w});
  const auto graph = parse_graph(R"(graph(%x : Tensor, %w : Float(3)):
          %one : int = prim::Constant[value=1]()
          %c : Tensor = aten::add_(%w, %w, %one)
          %y : Tensor = aten::mul(%x, %c)
          return (%y))");
  std::vector<torch::jit::IValue> params = {w};
  ASSERT_TRUE(lowering::passes::fold_parameters(graph, params));
  const auto x = at::randn({3});
  EXPECT_TRUE(at::equal(run_engine(build_engine(graph, {ir::Input({3})}), {x})[0], x * 2));
  EXPECT_TRUE(at::equal(w, at::ones({3}))) << "the model's parameter was written";
}

TEST(InPlace, IsConvertedWhenTheWriteIsNotSeen) {
  expect_same(R"(graph(%x : Tensor):
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::relu_(%a)
          return (%b))",
              {ir::Input({3})}, {at::randn({3})});
}

TEST(InPlace, IsDeclinedWhenTheWriteIsSeen) {
  const auto graph = parse_graph(R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::select(%a, %zero, %zero)
          %b : Tensor = aten::relu_(%a)
          return (%v))");
  const std::string message = error_of([&] { build_engine(graph, {ir::Input({3, 2})}); });
  EXPECT_NE(message.find("aten::relu_ requested, but it declined: it writes a tensor in place"), std::string::npos)
      << message;
  EXPECT_FALSE(VerifyConverterSupportForBlock(graph->block(), /*suppress_errors=*/true));
}

TEST(Convert, GoesOnAfterAnError) {
  EXPECT_NE(error_of([] {
              build_engine(parse_graph("graph(%x : Tensor):\n  %y : Tensor = aten::fft_fft2(%x)\n  return (%y)"),
                           {ir::Input({2, 2})});
            }),
            "no error");
  expect_same("graph(%x : Tensor):\n  %y : Tensor = aten::relu(%x)\n  return (%y)", {ir::Input({2})}, {at::randn({2})});
}

TEST(Convert, WrapsErrorsOfConvertersWithTheNode) {
  const auto graph = parse_graph(R"(graph(%x : Tensor, %y : Tensor):
          %z : Tensor = aten::matmul(%x, %y)
          return (%z))");
  const std::string message = error_of([&] { build_engine(graph, {ir::Input({2, 3}), ir::Input({4, 5})}); });
  EXPECT_NE(message.find("Unable to convert node: %"), std::string::npos) << message;
  EXPECT_NE(message.find(" = aten::matmul(%x, %y)"), std::string::npos) << message;
  EXPECT_NE(message.find("Schema: aten::matmul(Tensor self, Tensor other) -> Tensor"), std::string::npos) << message;
}

TEST(Convert, MissingSpecsAreNamed) {
  const auto graph = parse_graph("graph(%x : Tensor):\n  return (%x)");
  ir::StaticParams params;
  ConversionInfo info;
  info.engine_settings = tests::cpu_settings();
  const std::string message = error_of([&] { ConvertBlockToEngine(graph->block(), info, params); });
  EXPECT_NE(message.find("Cannot find an input spec for %x : Tensor"), std::string::npos) << message;
}

// Checked on the layer, because our own kernels keep the order in any case.
TEST(Convert, ASortIsStableWhereTheProgramAsksForIt) {
  const auto is_stable = [](const std::string& call) {
    const auto graph = parse_graph(
        "graph(%x : Tensor):\n  %d : int = prim::Constant[value=-1]()\n"
        "  %no : bool = prim::Constant[value=0]()\n  %yes : bool = prim::Constant[value=1]()\n"
        "  %none : NoneType = prim::Constant()\n  %v : Tensor, %i : Tensor = " +
        call + "\n  return (%v, %i)");
    const auto engine =
        engine::Engine::load(std::make_shared<const std::string>(build_engine(graph, {ir::Input({2, 5})})));
    for (const auto& layer : engine->plan().network->layers()) {
      if (const auto* topk = nvinfer1::layer_cast<nvinfer1::ITopKLayer>(layer.get())) return topk->getStable();
    }
    ADD_FAILURE() << "no top-k";
    return false;
  };
  EXPECT_TRUE(is_stable("aten::sort(%x, %yes, %d, %no)"));
  EXPECT_FALSE(is_stable("aten::sort(%x, %no, %d, %no)"));
  EXPECT_FALSE(is_stable("aten::sort(%x, %none, %d, %no)"));
  EXPECT_FALSE(is_stable("aten::sort(%x, %d, %yes)"));
}

TEST(Layers, AreNamedAfterTheirNodeAndKnowTheirLine) {
  torch::jit::Module module("m");
  module.define("def forward(self, x):\n    return torch.pixel_shuffle(x, 2)\n");
  auto graph = module.get_method("forward").graph()->copy();
  graph->eraseInput(0);
  ConversionCtx ctx(tests::cpu_settings());
  ctx.AssociateValueAndTensor(graph->inputs()[0],
                              ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims{1, 4, 2, 2}));
  convert_nodes(&ctx, graph->block());
  ASSERT_GT(ctx.net->getNbLayers(), 2);
  for (int32_t i = 1; i < ctx.net->getNbLayers(); ++i) {
    EXPECT_NE(std::string(ctx.net->getLayer(i)->getName()).find("aten::pixel_shuffle("), std::string::npos);
    EXPECT_EQ(ctx.net->getLayer(i)->source(), "<string>:2");
  }
}

TEST(Support, ListsEachOperatorOnceWithItsUses) {
  const auto graph = parse_graph(R"(graph(%x : Tensor, %c : bool):
          %a : Tensor = aten::fft_fft2(%x)
          %y : Tensor = prim::If(%c)
            block0():
              %b : Tensor = aten::fft_fft2(%a)
              -> (%b)
            block1():
              %d : Tensor = aten::relu(%a)
              -> (%d)
          return (%y))");
  const auto ops = unsupported_ops(graph->block());
  ASSERT_EQ(ops.size(), 1U) << "aten::fft_fft2 has optional arguments, which the text leaves out";
  EXPECT_EQ(ops[0].count, 2);
  EXPECT_NE(ops[0].schema.find("aten::fft_fft2"), std::string::npos);
  EXPECT_FALSE(ops[0].reason.empty());
  testing::internal::CaptureStderr();
  EXPECT_FALSE(VerifyConverterSupportForBlock(graph->block()));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("aten::fft_fft2"), std::string::npos) << log;
  EXPECT_NE(log.find("(2 uses)"), std::string::npos) << log;
}

TEST(Support, IsAnsweredForEveryKindOfNode) {
  const auto graph = parse_graph(R"(graph(%x : Tensor, %n : int):
          %true : bool = prim::Constant[value=1]()
          %a : Tensor = aten::relu(%x)
          %b : int = aten::size(%a, %n)
          %y : Tensor = prim::Loop(%b, %true, %a)
            block0(%i : int, %t : Tensor):
              -> (%true, %t)
          return (%y))");
  for (const auto* node : graph->nodes()) EXPECT_TRUE(OpSupported(node)) << *node;
  EXPECT_TRUE(VerifyConverterSupportForBlock(graph->block()));
  EXPECT_FALSE(InputIsCollection(graph->block()));
  const auto collections = parse_graph("graph(%l : Tensor[]):\n  return (%l)");
  EXPECT_TRUE(InputIsCollection(collections->block()));
  EXPECT_TRUE(OutputIsCollection(collections->block()));
}

TEST(DynamicShapes, AreComputedInTheNetwork) {
  const auto graph = parse_graph(R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %two : int = prim::Constant[value=2]()
          %n : int = aten::size(%x, %zero)
          %m : int = aten::size(%x, %one)
          %k : int = aten::floordiv(%m, %two)
          %p : int = aten::mul(%n, %two)
          %s : int[] = prim::ListConstruct(%p, %k)
          %y : Tensor = aten::reshape(%x, %s)
          return (%y))");
  const std::string bytes = build_engine(graph, {ir::Input({1, 2}, {3, 4}, {6, 8})});
  for (const auto& shape : std::vector<std::vector<int64_t>>{{1, 2}, {3, 4}, {5, 8}}) {
    const auto x = at::randn(shape);
    const auto found = run_engine(bytes, {x})[0];
    EXPECT_TRUE(at::equal(found, x.reshape({shape[0] * 2, shape[1] / 2})));
  }
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion
