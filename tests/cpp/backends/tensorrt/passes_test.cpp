#include "torch_tensorrt/core/backends/tensorrt/prepare/passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> names(const engine::BuildSettings& settings) {
  std::vector<std::string> result;
  const network::INetworkDefinition network;
  for (const auto& entry : pipeline(network, settings)) result.emplace_back(entry.pass->name());
  return result;
}

std::string run(const std::string& body, const engine::BuildSettings& settings) {
  const auto network = network::parse_network("network \"n\" {\n" + body + "\n}\n");
  optimizer::PassContext context;
  const bool int8 = settings.enabled_precisions.count(network::DataType::kINT8) != 0;
  if (int8) context.quantized_constants = optimizer::QuantizedConstants::kStay;
  optimizer::run_pipeline(*network, context, pipeline(*network, settings));
  return network::print_network(*network);
}

// A transposed constant, and a convolution with a ReLU.
constexpr const char* kFoldable =
    "%x = input() {dims=[2x3]}\n%c = constant() {dims=[3x2], weights=f32[1, 2, 3, 4, 5, 6]}\n"
    "%n = unary(%c) {op=neg}\n%t = shuffle(%n) {first_transpose=[1, 0]}\n%y = elementwise(%x, %t) {op=sum}\nreturn %y";

TEST(TensorRTPasses, FoldConstants) {
  const std::string text = run(kFoldable, {});
  EXPECT_THAT(text, Not(HasSubstr("unary")));
  EXPECT_THAT(text, Not(HasSubstr("shuffle")));
}

TEST(TensorRTPasses, KeepWeightsThatAreToBeRefitted) {
  engine::BuildSettings settings;
  settings.refit = true;
  EXPECT_THAT(run(kFoldable, settings), HasSubstr("unary"));
  EXPECT_THAT(names(settings), Not(testing::Contains("constant-folding")));
}

// Before training, biases are zeros and scales are ones.
TEST(TensorRTPasses, KeepWeightsThatChangeNothingYet) {
  const std::string body =
      "%x = input() {dims=[2]}\n%b = constant() {dims=[2], weights=f32[0, 0]}\n"
      "%y = elementwise(%x, %b) {op=sum}\n%z = unary(%y) {op=neg}\nreturn %z";
  EXPECT_THAT(run(body, {}), Not(HasSubstr("elementwise")));
  engine::BuildSettings settings;
  settings.refit = true;
  EXPECT_THAT(run(body, settings), HasSubstr("elementwise"));
}

// A weight that is quantized, with this zero point.
std::string quantized_weight(int zero) {
  const std::string z = std::to_string(zero);
  return "%x = input() {dims=[2]}\n%w = constant() {dims=[2], weights=f32[1, 2]}\n"
         "%s = constant() {dims=[], weights=f32[0.5]}\n%q = quantize(%w, %s) {to=i8, axis=-1, zero=" +
         z + ", low=-128, high=127}\n%d = dequantize(%q, %s) {to=f32, axis=-1, zero=" + z +
         "}\n%y = elementwise(%x, %d) {op=sum}\nreturn %y";
}

TEST(TensorRTPasses, KeepSymmetricQuantizationForInt8) {
  EXPECT_THAT(run(quantized_weight(0), {}), Not(HasSubstr("quantize")));
  engine::BuildSettings settings;
  settings.enabled_precisions.insert(network::DataType::kINT8);
  const std::string kept = run(quantized_weight(0), settings);
  EXPECT_THAT(kept, HasSubstr(" quantize("));
  EXPECT_THAT(kept, HasSubstr(" dequantize("));
  EXPECT_THAT(run(quantized_weight(3), settings), Not(HasSubstr("quantize")));  // TensorRT has no zero points
}

std::string convolution(const std::string& result, const std::string& input) {
  return "%" + result + " = convolution(" + input + ") {maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, -4]}\n";
}

// Two convolutions, a sum with a shortcut, and a convolution whose result is the network's.
const std::string kResidual = "%x = input() {dims=[1x2x4x4]}\n" + convolution("a", "%x") +
                              "%r = activation(%a) {type=relu}\n" + convolution("b", "%r") +
                              "%s = elementwise(%b, %r) {op=sum}\n%t = activation(%s) {type=relu}\n" +
                              convolution("y", "%t") + "return %y";

size_t count(const std::string& text, const std::string& part) {
  size_t result = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++result;
  return result;
}

// The ranges then say which layers need f32.
TEST(TensorRTPasses, DoNotQuantizeForF16) {
  const auto network = network::parse_network("network \"n\" {\n" + kResidual + "\n}\n");
  engine::BuildSettings settings;
  settings.enabled_precisions.insert(network::DataType::kHALF);
  const optimizer::TensorRanges ranges = {{"x", {1, true}}, {"a", {2, false}}, {"b", {3, false}}};
  optimizer::run_pipeline(*network, {}, pipeline(*network, settings, ranges));
  EXPECT_THAT(network::print_network(*network), Not(HasSubstr("quantize(")));
}

TEST(TensorRTPasses, LeaveLayersInFloatsThatTheUserWantsSo) {
  const auto network = network::parse_network("network \"n\" {\n" + kResidual + "\n}\n");
  engine::BuildSettings settings;
  settings.enabled_precisions.insert(network::DataType::kINT8);
  const optimizer::TensorRanges ranges = {{"x", {1, true}}, {"a", {2, false}}, {"b", {3, false}}};
  optimizer::PassContext context;
  context.quantized_constants = optimizer::QuantizedConstants::kStay;
  const network::ILayer* kept = network->getLayer(1);  // the first convolution
  context.may_use_integers = [&](const network::ILayer& layer) { return &layer != kept; };
  optimizer::run_pipeline(*network, context, pipeline(*network, settings, ranges));
  const std::string text = network::print_network(*network);
  EXPECT_EQ(count(text, " quantize("), 2U) << text;  // of a, and of the kernel of the second one
}

TEST(TensorRTPasses, QuantizeCalibratedNetworksSymmetrically) {
  const auto network = network::parse_network("network \"n\" {\n" + kResidual + "\n}\n");
  engine::BuildSettings settings;
  settings.enabled_precisions.insert(network::DataType::kINT8);
  const optimizer::TensorRanges ranges = {{"x", {1, true}}, {"a", {2, false}}, {"b", {3, false}}};
  optimizer::PassContext context;
  context.quantized_constants = optimizer::QuantizedConstants::kStay;
  optimizer::run_pipeline(*network, context, pipeline(*network, settings, ranges));
  const std::string text = network::print_network(*network);
  // Of x and a, and of two kernels: the last convolution stays in floats. The sum and convolution b share those of a.
  EXPECT_EQ(count(text, " quantize("), 4U) << text;
  EXPECT_EQ(count(text, " dequantize("), 4U) << text;
  EXPECT_EQ(count(text, "to=u8"), 0U) << text;
  const auto& layers = network->layers();
  const auto sum = std::find_if(layers.begin(), layers.end(), [](const auto& layer) {
    return std::any_of(layer->epilogue().begin(), layer->epilogue().end(),
                       [](const auto& op) { return op.input >= 0; });
  });
  ASSERT_NE(sum, layers.end()) << text;
  EXPECT_EQ((*sum)->getType(), network::LayerType::kCONVOLUTION);
  EXPECT_EQ((*sum)->getInput((*sum)->getNbInputs() - 1)->producer()->getType(), network::LayerType::kDEQUANTIZE);
}

TEST(TensorRTPasses, LeaveFusionsAndLayoutsToTensorRT) {
  const std::string text =
      run("%x = input() {dims=[1x1x4x4]}\n%1 = convolution(%x) {maps=1, kernel_size=[1x1], kernel=f32[2]}\n"
          "%y = activation(%1) {type=relu}\nreturn %y",
          {});
  EXPECT_THAT(text, HasSubstr("activation"));
  EXPECT_THAT(text, Not(HasSubstr("epilogue")));
  EXPECT_THAT(text, Not(HasSubstr("@hwc")));
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
