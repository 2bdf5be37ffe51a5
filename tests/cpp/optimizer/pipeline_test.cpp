#include "optimizer/pass_check.h"
#include "support/reference.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::optimizer {
namespace {

PassContext hwc() {
  PassContext context;
  context.activation_format = network::TensorFormat::kHWC;
  return context;
}

std::string text_of(const network::INetworkDefinition& network) { return network::print_network(network); }

// Convolution, batch norm and activation: the building block of ResNets and MobileNets.
std::string block(const std::string& output, const std::string& input, const std::string& activation, uint32_t seed) {
  const std::string o = output.substr(1);
  return "%" + o + "_c = convolution(" + input +
         ") {maps=4, kernel_size=[3x3], pre_padding=[1x1], post_padding=[1x1], kernel=" + random_weights(144, seed) +
         ", name=\"" + o + "\"}\n%" + o + "_n = scale(%" + o +
         "_c) {mode=channel, scale=" + random_weights(4, seed + 1) + ", shift=" + random_weights(4, seed + 2) + "}\n" +
         output + " = " + activation + "(%" + o + "_n)" + (activation == "activation" ? " {type=silu}" : "") + "\n";
}

std::string residual_network() {
  return "%x = input() {dims=[2x4x6x6]}\n" + block("%a", "%x", "activation", 1) + block("%b", "%a", "identity", 4) +
         "%s = elementwise(%b, %a)\n%r = activation(%s)\n%p = reduce(%r) {op=avg, axes=12, keep_dims=true}\n"
         "%f = shuffle(%p) {has_reshape=true, reshape=[2x4]}\n%w = constant() {dims=[3x4], weights=" +
         random_weights(12, 9) +
         "}\n"
         "%t = shuffle(%w) {first_transpose=[1, 0]}\n%m = matrix_multiply(%f, %t)\n%v = constant() {dims=[3], "
         "weights=f32[1, 2, 3]}\n"
         "%y = elementwise(%m, %v)\nreturn %y";
}

TEST(Pipeline, FusesAResidualNetwork) {
  const auto network = network_of(residual_network());
  const auto original = network->clone();
  optimize(*network, hwc());
  network::TextOptions options;
  options.inferred_types = false;
  options.max_weight_elements = 0;
  EXPECT_EQ(network::print_network(*network, options),
            "network \"test\" {\n"
            "  %x = input() {dims=[2x4x6x6]}\n"
            "  %0 = reformat(%x) {reason=\"convolution runs fastest in hwc\"} @hwc\n"
            "  %a_c = convolution(%0) {maps=4, kernel_size=[3x3], pre_padding=[1x1], post_padding=[1x1], "
            "kernel=f32\"... 144\", bias=f32\"... 4\", epilogue=[silu], name=\"a\"} @hwc\n"
            "  %b_c = convolution(%a_c, %a_c) {maps=4, kernel_size=[3x3], pre_padding=[1x1], post_padding=[1x1], "
            "kernel=f32\"... 144\", bias=f32\"... 4\", epilogue=[sum(%a_c), relu], name=\"b\"} @hwc\n"
            "  %p = reduce(%b_c) {op=avg, axes=12, keep_dims=true} @hwc\n"
            "  %f = shuffle(%p) {has_reshape=true, reshape=[2x4]}\n"
            "  %w = constant() {dims=[3x4], weights=f32\"... 12\"}\n"
            "  %v = constant() {dims=[3], weights=f32\"... 3\"}\n"
            "  %y = matrix_multiply(%f, %w, %v) {op1=transpose, epilogue=[sum(%v)]}\n"
            "  return %y\n"
            "}\n");
  const auto inputs = tests::random_inputs(*original, 3);
  EXPECT_LE(
      tests::max_difference(tests::run_reference(*original, inputs)[0], tests::run_reference(*network, inputs)[0]),
      1e-4);
}

TEST(Pipeline, ASecondRunChangesNothing) {
  const auto network = network_of(residual_network());
  optimize(*network, {});
  optimize(*network, hwc());
  const std::string text = text_of(*network);
  for (const PassReport& report : optimize(*network, hwc())) EXPECT_FALSE(report.changed) << report.name;
  EXPECT_EQ(text_of(*network), text);
}

TEST(Pipeline, ReportsAndDumpsEachChange) {
  const auto network = network_of(residual_network());
  std::vector<std::string> dumped;
  PassContext context = hwc();
  context.dump = [&](const std::string& pass, const std::string& text) {
    dumped.push_back(pass);
    EXPECT_EQ(text.rfind("network \"test\"", 0), 0U);
  };
  std::vector<std::string> changed;
  const auto pipeline = default_pipeline();
  const auto reports = run_pipeline(*network, context, pipeline);
  ASSERT_EQ(reports.size(), pipeline.size());
  for (size_t i = 0; i < reports.size(); ++i) {
    EXPECT_EQ(reports[i].name, pipeline[i].pass->name());
    EXPECT_GE(reports[i].milliseconds, 0);
    EXPECT_STRNE(pipeline[i].reason, "");
    if (reports[i].changed) changed.push_back(reports[i].name);
  }
  EXPECT_EQ(dumped, changed);
  EXPECT_THAT(changed, ::testing::Contains("fold-scale-into-convolution"));
  EXPECT_EQ(reports.front().layers_before, network_of(residual_network())->getNbLayers());
  EXPECT_EQ(reports.back().layers_after, network->getNbLayers());
}

// A faulty pass: it makes a layer that does not fit.
class BreakingPass final : public Pass {
 public:
  const char* name() const override { return "break-everything"; }
  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    for (const auto& layer : network.layers()) {
      if (auto* shuffle = network::layer_cast<network::IShuffleLayer>(layer.get())) {
        shuffle->setReshapeDimensions(network::Dims{7, 7});
      }
    }
    return true;
  }
};

TEST(Pipeline, NamesThePassThatBrokeTheNetwork) {
  const auto network = network_of("%x = input() {dims=[2x3]}\n%y = shuffle(%x)\nreturn %y");
  std::vector<PipelineEntry> pipeline;
  pipeline.push_back({std::make_unique<BreakingPass>(), "a test"});
  try {
    run_pipeline(*network, {}, pipeline);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("break-everything"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("cannot reshape 2x3 to 7x7"));
  }
}

// A network with dynamic dims like those of PyTorch's view and linear.
TEST(Pipeline, FreesDynamicShapesOfTheirArithmetic) {
  const std::string text =
      "%x = input() {dims=[-1x-1x4]}\n%s = shape(%x)\n%n = slice(%s) {start=[0], size=[1], stride=[1]}\n"
      "%m = slice(%s) {start=[1], size=[1], stride=[1]}\n%c = constant() {dims=[2], weights=i64[2, 2]}\n"
      "%t = concatenation(%n, %m, %c)\n%a = activation(%x)\n%b = shuffle(%a, %t) {zero_is_placeholder=false}\n"
      "%y = shuffle(%b) {first_transpose=[0, 2, 1, 3]}\nreturn %y";
  const auto network = network_of("network \"test\" {\nprofile {\"x\"=[[1x1x4], [2x2x4], [4x4x4]]}\n" + text + "\n}");
  const auto original = network->clone();
  optimize(*network, hwc());
  network::TextOptions options;
  options.inferred_types = false;
  EXPECT_EQ(network::print_network(*network, options),
            "network \"test\" {\n  profile {\"x\"=[[1x1x4], [2x2x4], [4x4x4]]}\n  %x = input() {dims=[-1x-1x4]}\n"
            "  %a = activation(%x)\n"
            "  %y = shuffle(%a) {has_reshape=true, reshape=[0x0x2x2], second_transpose=[0, 2, 1]}\n  return %y\n}\n");
  const auto inputs = tests::random_inputs(*original, 3, /*unknown=*/3);
  EXPECT_EQ(
      tests::max_difference(tests::run_reference(*original, inputs)[0], tests::run_reference(*network, inputs)[0]), 0);
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
