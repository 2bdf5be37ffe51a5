#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

#include <unordered_set>

#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ILayer;
using network::LayerType;
using testing::HasSubstr;
using testing::Not;

// Quantizes all layers that may be; the ranges are those of the tensors by name.
std::unique_ptr<network::INetworkDefinition> quantized(const std::string& text, const TensorRanges& ranges,
                                                       const PassContext& context = {}) {
  auto network = network_of(text);
  if (network == nullptr) return nullptr;
  std::unordered_set<const ILayer*> chosen;
  for (const int32_t i : layers_that_may_quantize(*network, ranges)) chosen.insert(network->getLayer(i));
  make_insert_quantization(ranges, chosen)->run(*network, context);
  network::verify_network(*network);
  make_fuse_quantization()->run(*network, context);
  network::verify_network(*network);
  make_join_integers()->run(*network, context);
  network::verify_network(*network);
  make_remove_dead_layers()->run(*network, context);
  network::verify_network(*network);
  return network;
}

int count(const network::INetworkDefinition& network, LayerType type) {
  int result = 0;
  for (const auto& layer : network.layers()) result += layer->getType() == type ? 1 : 0;
  return result;
}

int integer_layers(const network::INetworkDefinition& network) {
  int result = 0;
  for (const auto& layer : network.layers()) result += network::begins_with_dequantize(layer->epilogue()) ? 1 : 0;
  return result;
}

std::string convolution(const std::string& result, const std::string& inputs, const std::string& more = "") {
  return "%" + result + " = convolution(" + inputs + ") {maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, -4], " +
         "bias=f32[0.5, 1]" + more + "}\n";
}

const std::string kInput = "%x = input() {dims=[1x2x4x4]}\n";
const std::string kRelu = ", epilogue=[relu]";

TEST(ScaleOf, UsesUnsignedIntegersForNumbersThatAreNotNegative) {
  const TensorScale one = scale_of({2.55F, false});
  EXPECT_EQ(one.type, network::DataType::kUINT8);
  EXPECT_FLOAT_EQ(one.scale, 0.01F);
  const TensorScale other = scale_of({1.27F, true});
  EXPECT_EQ(other.type, network::DataType::kINT8);
  EXPECT_FLOAT_EQ(other.scale, 0.01F);
  EXPECT_EQ(other.zero, 0);
}

// Whether a build puts a copy before an output depends on what it times.
TEST(TensorKeys, DoNotDependOnCopies) {
  const std::string layers = kInput + "%a = activation(%x)\n";
  const std::vector<std::string> ends = {
      "%y = unary(%a)\n",
      "%0 = unary(%a)\n%y = reformat(%0) {reason=\"output\"}\n",
      "%0 = unary(%a)\n%y = cast(%0) {to=bf16}\n",
      "%0 = unary(%a)\n%1 = cast(%0) {to=bf16}\n%y = reformat(%1) {reason=\"output\"}\n",
  };
  for (const std::string& end : ends) {
    const auto network = network_of(layers + end + "return %y");
    ASSERT_NE(network, nullptr);
    const TensorKeys keys = tensor_keys(*network);
    EXPECT_EQ(keys.at(network->getLayer(1)->getOutput(0)), "a") << end;
    EXPECT_EQ(keys.at(network->getLayer(2)->getOutput(0)), "y") << end;
  }
}

TEST(LayersThatMayQuantize, NeedARangeOfTheirInput) {
  const std::string text =
      kInput + convolution("a", "%x", kRelu) + convolution("b", "%a", kRelu) + convolution("y", "%b") + "return %y";
  const auto network = network_of(text);
  EXPECT_EQ(layers_that_may_quantize(*network, {}).size(), 0U);
  EXPECT_EQ(layers_that_may_quantize(*network, {{"a", {1, false}}}), std::vector<int32_t>{2});
}

TEST(LayersWithoutRange, AreNamedUnlessTheyStayInFloatsAnyway) {
  const std::string text =
      kInput + convolution("a", "%x", kRelu) + convolution("b", "%a", kRelu) + convolution("y", "%b") + "return %y";
  const auto network = network_of(text);
  const std::string missing = layers_without_range(*network, {{"b", {1, false}}});
  EXPECT_THAT(missing, HasSubstr("2 layers stay in floats"));
  EXPECT_EQ(layers_without_range(*network, {{"x", {1, true}}, {"a", {1, false}}}), "");  // y is the last one
}

TEST(LayersBeyond, ReadOrComputeNumbersThatTheDtypeDoesNotHave) {
  const std::string text =
      kInput + convolution("a", "%x", kRelu) + convolution("b", "%a", kRelu) + convolution("y", "%b") + "return %y";
  const auto network = network_of(text);
  const TensorRanges ranges{{"x", {1, true, 1}}, {"a", {10, false, 65505}}, {"b", {65504, false, 65504}}};
  EXPECT_EQ(layers_beyond(*network, ranges, network::DataType::kHALF), (std::vector<int32_t>{1, 2}));
  EXPECT_TRUE(layers_beyond(*network, ranges, network::DataType::kBF16).empty());
}

// Its errors would be those of the network.
TEST(LayersThatMayQuantize, TheLastLayerIsNotAmongThem) {
  const std::string text = kInput + convolution("a", "%x") + convolution("y", "%a") + "return %y";
  EXPECT_EQ(layers_that_may_quantize(*network_of(text), {{"x", {1, true}}, {"a", {1, true}}}), std::vector<int32_t>{1});
}

TEST(LayersThatMayQuantize, WeightsMustBeFinite) {
  const std::string text = kInput +
                           "%a = convolution(%x) {maps=1, kernel_size=[1x1], kernel=f32\"AACAfwAAgD8=\"}\n"
                           "%y = activation(%a)\nreturn %y";  // infinity and 1
  EXPECT_TRUE(layers_that_may_quantize(*network_of(text), {{"x", {1, true}}}).empty());
}

TEST(FuseQuantization, TensorsBetweenConvolutionsAreIntegers) {
  const auto network = quantized(
      kInput + convolution("a", "%x", kRelu) + convolution("b", "%a", kRelu) + convolution("y", "%b") + "return %y",
      {{"x", {1, true}}, {"a", {2, false}}, {"b", {3, false}}});
  EXPECT_EQ(integer_layers(*network), 2);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 1);  // of x
  EXPECT_EQ(count(*network, LayerType::kDEQUANTIZE), 0);
  const std::string text = canonical(network::print_network(*network));
  EXPECT_THAT(text, HasSubstr("quantize(u8, scale 0.00784"));
}

TEST(FuseQuantization, ATensorWithAReaderInFloatsStaysInFloats) {
  const auto network = quantized(kInput + convolution("a", "%x", kRelu) + convolution("b", "%a", kRelu) +
                                     "%c = unary(%a)\n%d = unary(%b)\nreturn %c, %d",
                                 {{"x", {1, true}}, {"a", {2, false}}});
  EXPECT_EQ(integer_layers(*network), 2);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 2);
  EXPECT_THAT(network::print_network(*network), Not(HasSubstr("quantize(u8, scale")));
}

TEST(FuseQuantization, AResidualIsAddedAsIntegers) {
  const std::string text = kInput + convolution("a", "%x", kRelu) + convolution("b", "%a", kRelu) +
                           convolution("c", "%b, %a", ", epilogue=[sum(%a), relu]") + convolution("d", "%c", kRelu) +
                           "%y = unary(%d)\nreturn %y";
  const auto network = quantized(text, {{"x", {1, true}}, {"a", {2, false}}, {"b", {3, false}}, {"c", {4, false}}});
  EXPECT_EQ(integer_layers(*network), 4);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 1);
  EXPECT_EQ(count(*network, LayerType::kDEQUANTIZE), 0);
  EXPECT_THAT(network::print_network(*network), HasSubstr("zero 0), relu, quantize(u8"));
}

TEST(FuseQuantization, QuantizationMovesThroughMaximaAndMovements) {
  const std::string text = kInput + convolution("a", "%x", kRelu) + "%p = pooling(%a) {window=[2x2], stride=[2x2]}\n" +
                           convolution("b", "%p", kRelu) + "%y = unary(%b)\nreturn %y";
  const auto network = quantized(text, {{"x", {1, true}}, {"a", {2, false}}, {"p", {1.5, false}}});
  EXPECT_EQ(integer_layers(*network), 2);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 1);
  for (const auto& layer : network->layers()) {
    if (layer->getType() == LayerType::kPOOLING) {
      EXPECT_EQ(layer->getOutput(0)->getType(), network::DataType::kUINT8);
    }
  }
}

TEST(FuseQuantization, OperandsOfAConcatenationShareTheLargestRange) {
  const std::string text = kInput + convolution("a", "%x", kRelu) + convolution("b", "%x", kRelu) +
                           "%c = concatenation(%a, %b) {axis=1}\n"
                           "%d = convolution(%c) {maps=1, kernel_size=[1x1], kernel=f32[1, 2, 3, 4]}\n"
                           "%y = unary(%d)\nreturn %y";
  const auto network =
      quantized(text, {{"x", {1, true}}, {"a", {2, false}}, {"b", {5.1F, false}}, {"c", {5.1F, false}}});
  EXPECT_EQ(integer_layers(*network), 3);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 1);
}

TEST(JoinIntegers, AnAverageBetweenConvolutionsReadsIntegersAndGivesThem) {
  const TensorRanges ranges = {{"x", {1, true}}, {"a", {2, false}}, {"p", {1.5F, false}}};
  for (const std::string average :
       {"pooling(%a) {type=average, window=[2x2], stride=[2x2]}", "reduce(%a) {op=avg, axes=12, keep_dims=true}"}) {
    const std::string text = kInput + convolution("a", "%x", kRelu) + "%p = " + average + "\n" +
                             convolution("b", "%p", kRelu) + "%y = unary(%b)\nreturn %y";
    const auto network = quantized(text, ranges);
    EXPECT_EQ(integer_layers(*network), 3) << network::print_network(*network);
    EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 1) << network::print_network(*network);  // of x
    EXPECT_EQ(count(*network, LayerType::kDEQUANTIZE), 0) << network::print_network(*network);
  }
}

// The average itself is a result, or another layer reads it in floats.
TEST(JoinIntegers, AnAverageThatIsReadInFloatsReadsFloats) {
  const TensorRanges ranges = {{"x", {1, true}}, {"a", {2, false}}, {"p", {1.5F, false}}};
  const std::string start = kInput + convolution("a", "%x", kRelu) +
                            "%p = reduce(%a) {op=avg, axes=12, keep_dims=true}\n" + convolution("b", "%p", kRelu) +
                            "%y = unary(%b)\n";
  for (const std::string end : {"return %y, %p", "%q = unary(%p)\nreturn %y, %q"}) {
    const auto network = quantized(start + end, ranges);
    EXPECT_EQ(integer_layers(*network), 2) << network::print_network(*network);
    EXPECT_EQ(count(*network, LayerType::kDEQUANTIZE), 0) << network::print_network(*network);
  }
}

int joined_layers(const network::INetworkDefinition& network) {
  int result = 0;
  for (const auto& layer : network.layers()) {
    result += layer->getType() == LayerType::kDEQUANTIZE && !layer->epilogue().empty() ? 1 : 0;
  }
  return result;
}

TEST(JoinIntegers, ASumBetweenConvolutionsReadsIntegersAndGivesThem) {
  const std::string text = kInput + convolution("a", "%x", kRelu) + convolution("b", "%x", kRelu) +
                           "%s = elementwise(%a, %b) {epilogue=[relu]}\n" + convolution("c", "%s", kRelu) +
                           "%y = unary(%c)\nreturn %y";
  const auto network = quantized(text, {{"x", {1, true}}, {"a", {2, false}}, {"b", {3, false}}, {"s", {4, false}}});
  EXPECT_EQ(integer_layers(*network), 3) << network::print_network(*network);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 1) << network::print_network(*network);
  EXPECT_EQ(count(*network, LayerType::kDEQUANTIZE), 1) << network::print_network(*network);
  EXPECT_EQ(joined_layers(*network), 1) << network::print_network(*network);
  EXPECT_EQ(count(*network, LayerType::kELEMENTWISE), 0) << network::print_network(*network);
  EXPECT_THAT(network::print_network(*network), HasSubstr("zero 0), relu, quantize(u8"));
}

TEST(JoinIntegers, ASumWithAMaximumReadsIntegers) {
  const std::string text = kInput + convolution("a", "%x", kRelu) + convolution("b", "%a", kRelu) +
                           "%p = pooling(%a) {window=[2x2], stride=[2x2]}\n"
                           "%q = pooling(%b) {type=average, window=[2x2], stride=[2x2]}\n%s = elementwise(%p, %q)\n" +
                           convolution("c", "%s", kRelu) + "%y = unary(%c)\nreturn %y";
  const auto network = quantized(text, {{"x", {1, true}},
                                        {"a", {2, false}},
                                        {"b", {3, false}},
                                        {"p", {2, false}},
                                        {"q", {3, false}},
                                        {"s", {4, false}}});
  EXPECT_EQ(integer_layers(*network), 4) << network::print_network(*network);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 1) << network::print_network(*network);
  EXPECT_EQ(count(*network, LayerType::kDEQUANTIZE), 1) << network::print_network(*network);
  EXPECT_EQ(joined_layers(*network), 1) << network::print_network(*network);
}

// A block of squeeze and excitation: a tensor times a number for each channel.
const std::string kGate = kInput + convolution("a", "%x", kRelu) +
                          "%p = reduce(%a) {op=avg, axes=12, keep_dims=true}\n" + convolution("b", "%p", kRelu) +
                          convolution("g", "%b", ", epilogue=[sigmoid]") + "%s = elementwise(%a, %g) {op=prod}\n" +
                          convolution("c", "%s", kRelu) + "%y = unary(%c)\nreturn %y";
const TensorRanges kGateRanges = {{"x", {1, true}},  {"a", {2, false}}, {"p", {1, false}},
                                  {"b", {2, false}}, {"g", {1, false}}, {"s", {2, false}}};

TEST(JoinIntegers, AProductWithAGateOfEachChannelReadsIntegersAndGivesThem) {
  const auto network = quantized(kGate, kGateRanges);
  EXPECT_EQ(integer_layers(*network), 5) << network::print_network(*network);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 1) << network::print_network(*network);
  EXPECT_EQ(count(*network, LayerType::kDEQUANTIZE), 1) << network::print_network(*network);
  EXPECT_EQ(joined_layers(*network), 1) << network::print_network(*network);
}

TEST(JoinIntegers, LayersBetweenThatNoTacticRunsStayInFloats) {
  PassContext context;
  context.can_run = [](const ILayer& layer) {
    const bool is_product = layer.getType() == LayerType::kCONVOLUTION;
    return is_product || !computes_with_integers(layer);
  };
  const auto network = quantized(kGate, kGateRanges, context);
  EXPECT_EQ(integer_layers(*network), 4) << network::print_network(*network);
  EXPECT_EQ(joined_layers(*network), 0) << network::print_network(*network);
  EXPECT_EQ(count(*network, LayerType::kELEMENTWISE), 1) << network::print_network(*network);
}

// Its inputs are not rounded either.
TEST(JoinIntegers, LayersBetweenThatTheUserWantsInFloatsReadFloats) {
  PassContext context;
  context.may_use_integers = [](const ILayer& layer) { return layer.getType() != LayerType::kELEMENTWISE; };
  const auto network = quantized(kGate, kGateRanges, context);
  EXPECT_EQ(joined_layers(*network), 0) << network::print_network(*network);
  for (const auto& layer : network->layers()) {
    if (layer->getType() != LayerType::kELEMENTWISE) continue;
    for (int32_t i = 0; i < layer->getNbInputs(); ++i) {
      EXPECT_NE(layer->getInput(i)->producer()->getType(), LayerType::kDEQUANTIZE) << network::print_network(*network);
    }
  }
}

// The product reads its input divided; a convolution that adds the same tensor must not.
TEST(InsertQuantization, OtherReadersOfDividedChannelsReadThemAsTheyAre) {
  const std::string text = "%x = input() {dims=[1x2x4x4]}\n" + convolution("a", "%x", kRelu) +
                           "%w = constant() {dims=[4x4], weights=f32[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]}\n"
                           "%m = matrix_multiply(%a, %w) {op1=none}\n" +
                           convolution("c", "%x, %a", ", epilogue=[sum(%a)]") +
                           "%n = unary(%m)\n%y = unary(%c)\nreturn %n, %y";
  const auto network = quantized(text, {{"x", {1, true}}, {"a", {64, false, 64, {64, 1, 8, 8}}}, {"c", {64, true}}});
  EXPECT_EQ(integer_layers(*network), 3) << network::print_network(*network);
  for (const auto& layer : network->layers()) {
    for (const network::EpilogueOp& op : layer->epilogue()) {
      if (op.elementwise != network::ElementWiseOperation::kSUM || !op.reads_input() || op.alpha == 0) continue;
      ADD_FAILURE() << "the convolution adds the integers of the divided tensor: " << network::print_network(*network);
    }
  }
}

TEST(ChannelDivisors, AreTheRangesOfUnevenChannels) {
  EXPECT_TRUE(channel_divisors({4, true, 4, {}}).empty());
  EXPECT_TRUE(channel_divisors({4, true, 4, {2, 3, 4}}).empty());
  EXPECT_TRUE(channel_divisors({1, true, 1, {0, 0, 0}}).empty());
  EXPECT_EQ(channel_divisors({64, true, 64, {1, 8, 64, 0, 8}}), (std::vector<float>{4, 8, 64, 4, 8}));
}

template <typename T>
std::vector<T> constant_with(const network::INetworkDefinition& network, const network::Dims& dims) {
  for (const auto& layer : network.layers()) {
    const auto* constant = network::layer_cast<network::IConstantLayer>(layer.get());
    if (constant == nullptr || !(constant->getDimensions() == dims)) continue;
    const network::Weights& weights = constant->getWeights();
    EXPECT_EQ(weights.bytes(), weights.count * static_cast<int64_t>(sizeof(T)));
    const auto* elements = static_cast<const T*>(weights.values);
    return {elements, elements + weights.count};
  }
  return {};
}

// The matrix makes up for the division: (x / d) (d W) = x W. Here d is 64, 4, 8, 8.
TEST(InsertQuantization, UnevenChannelsAreDividedBeforeAProduct) {
  const std::string input = "%x = input() {dims=[3x4]}\n";
  const TensorRanges ranges = {{"x", {64, true, 64, {64, 1, 8, 8}}}};
  const auto transposed = quantized(input +
                                        "%w = constant() {dims=[2x4], weights=f32[1, 2, 3, 5, 0, 0, 0, 8]}\n"
                                        "%a = matrix_multiply(%x, %w) {op1=transpose}\n%y = unary(%a)\nreturn %y",
                                    ranges);
  EXPECT_EQ(integer_layers(*transposed), 1);
  EXPECT_EQ(count(*transposed, LayerType::kELEMENTWISE), 1);
  EXPECT_EQ(constant_with<int8_t>(*transposed, {2, 4}), (std::vector<int8_t>{127, 16, 48, 79, 0, 0, 0, 127}));
  EXPECT_EQ(constant_with<float>(*transposed, {1, 4}), (std::vector<float>{1.F / 64, 0.25F, 0.125F, 0.125F}));
  const auto plain = quantized(input +
                                   "%w = constant() {dims=[4x2], weights=f32[1, 0, 2, 0, 3, 0, 5, 8]}\n"
                                   "%a = matrix_multiply(%x, %w) {op1=none}\n%y = unary(%a)\nreturn %y",
                               ranges);
  EXPECT_EQ(constant_with<int8_t>(*plain, {4, 2}), (std::vector<int8_t>{127, 0, 16, 0, 48, 0, 79, 127}));
}

TEST(InsertQuantization, AProductDividesItsOwnResult) {
  const std::string products =
      "%x = input() {dims=[3x2]}\n%v = constant() {dims=[2x4], weights=f32[1, 2, 3, 4, -5, 6, 7, 8]}\n"
      "%w = constant() {dims=[4x2], weights=f32[1, 2, 3, 4, 5, 6, 7, 8]}\n"
      "%a = matrix_multiply(%x, %v) {op1=none, epilogue=[relu]}\n"
      "%b = matrix_multiply(%a, %w) {op1=none}\n";
  const TensorRanges ranges = {{"x", {1, true}}, {"a", {64, false, 64, {64, 1, 8, 8}}}};
  const auto network = quantized(products + "%y = unary(%b)\nreturn %y", ranges);
  EXPECT_EQ(integer_layers(*network), 2);
  EXPECT_EQ(count(*network, LayerType::kELEMENTWISE), 0);
  EXPECT_THAT(network::print_network(*network), HasSubstr("relu, prod("));
  // Another reader needs the result as it is.
  const auto shared = quantized(products + "%c = unary(%a)\n%y = unary(%b)\nreturn %c, %y", ranges);
  EXPECT_EQ(integer_layers(*shared), 2);
  EXPECT_EQ(count(*shared, LayerType::kELEMENTWISE), 1);
}

TEST(FuseQuantization, ProductsTakeTheBiasIntoTheEpilogue) {
  const std::string text =
      "%x = input() {dims=[3x4]}\n%w = constant() {dims=[2x4], weights=f32[1, 2, 3, 4, -5, 6, 7, 8]}\n"
      "%b = constant() {dims=[2], weights=f32[1, 2]}\n"
      "%a = matrix_multiply(%x, %w, %b) {op1=transpose, epilogue=[sum(%b)]}\n%y = unary(%a)\nreturn %y";
  const auto network = quantized(text, {{"x", {1, true}}});
  EXPECT_EQ(integer_layers(*network), 1);
  EXPECT_THAT(network::print_network(*network), HasSubstr("epilogue=[dequantize("));
  for (const auto& layer : network->layers()) {
    const auto* constant = network::layer_cast<network::IConstantLayer>(layer.get());
    const bool is_matrix = constant != nullptr && constant->getDimensions().nbDims == 2;
    if (!is_matrix) continue;
    EXPECT_EQ(constant->getWeights().type, network::DataType::kINT8);
  }
}

// Without kernels for integers, the layers compute in f32 and the result has the rounded weights.
TEST(FuseQuantization, LayersThatNoTacticRunsStayInFloats) {
  PassContext context;
  context.can_run = [](const ILayer& layer) { return !network::begins_with_dequantize(layer.epilogue()); };
  const std::string text =
      kInput + convolution("a", "%x", kRelu) + convolution("b", "%a", kRelu) + "%y = unary(%b)\nreturn %y";
  const auto network = quantized(text, {{"x", {1, true}}, {"a", {2, false}}}, context);
  EXPECT_EQ(integer_layers(*network), 0);
  EXPECT_EQ(count(*network, LayerType::kQUANTIZE), 2);
}

// The numbers of a quantized network differ from those in f32 by rounding only.
TEST(FuseQuantization, KeepsTheResultsOfQuantizedNetworks) {
  const std::string text = kInput + convolution("a", "%x", kRelu) + "%p = pooling(%a) {window=[2x2], stride=[2x2]}\n" +
                           convolution("b", "%p", kRelu) + convolution("c", "%b, %p", ", epilogue=[sum(%p)]") +
                           "%y = unary(%c) {op=neg}\nreturn %y";
  const TensorRanges ranges = {{"x", {1, true}}, {"a", {10, false}}, {"p", {10, false}}, {"b", {60, false}}};
  auto network = network_of(text);
  std::unordered_set<const ILayer*> chosen;
  for (const int32_t i : layers_that_may_quantize(*network, ranges)) chosen.insert(network->getLayer(i));
  EXPECT_EQ(chosen.size(), 3U);
  make_insert_quantization(ranges, chosen)->run(*network, {});
  PassCheck check;
  check.tolerance = 1.0;  // steps of 10 / 255 and 60 / 255, times the weights 4 and 4: a tie may go to either side
  expect_same_results(*make_fuse_quantization(), network::print_network(*network), check);
}

TEST(FuseQuantization, ALimitedRangeBecomesAClip) {
  const std::string text =
      kInput +
      "%s = constant() {dims=[], weights=f32[0.5]}\n%q = quantize(%x, %s) {to=i8, axis=-1, zero=0, low=-128, "
      "high=127}\n"
      "%d = dequantize(%q, %s) {to=f32, axis=-1, zero=0}\n"
      "%k = constant() {dims=[2x2x1x1], weights=i8\"AQIDBA==\"}\n%ks = constant() {dims=[2], weights=f32[1, 2]}\n"
      "%kd = dequantize(%k, %ks) {to=f32, axis=0, zero=0}\n"
      "%c = convolution(%d, %kd) {maps=2, kernel_size=[1x1]}\n"
      "%t = constant() {dims=[], weights=f32[2]}\n%r = quantize(%c, %t) {to=u8, axis=-1, zero=3, low=0, high=127}\n"
      "%y = dequantize(%r, %t) {to=f32, axis=-1, zero=3}\nreturn %y";
  const std::string after = expect_same_results(*make_fuse_quantization(), text);
  EXPECT_THAT(after, HasSubstr("clip(-6, 248), quantize(u8, scale 2, zero 3)"));
}

// TensorRT would otherwise compute the sum in floats, because its reader takes them.
TEST(QuantizeAll, AveragesOfQuantizedLayersReadIntegersInTensorRT) {
  const std::string text = kInput + convolution("a", "%x", kRelu) + convolution("b", "%a, %a", ", epilogue=[sum(%a)]") +
                           "%p = pooling(%b) {type=average, window=[2x2], stride=[2x2]}\n"
                           "%m = reduce(%b) {op=avg, axes=12, keep_dims=true}\n"
                           "%u = unary(%b)\nreturn %p, %m, %u";
  const TensorRanges ranges{{"x", {1, true}}, {"a", {2, false}}, {"b", {3, true}}};
  for (const auto form : {QuantizedForm::kTensorRT, QuantizedForm::kNative}) {
    const auto network = network_of(text);
    ASSERT_NE(network, nullptr);
    make_quantize_all(ranges, form)->run(*network, {});
    network::verify_network(*network);
    for (const auto& layer : network->layers()) {
      const bool averages = layer->getType() == LayerType::kPOOLING || layer->getType() == LayerType::kREDUCE;
      if (!averages && layer->getType() != LayerType::kUNARY) continue;
      const LayerType producer = layer->getInput(0)->producer()->getType();
      const bool is_quantized = averages && form == QuantizedForm::kTensorRT;
      EXPECT_EQ(producer, is_quantized ? LayerType::kDEQUANTIZE : LayerType::kCONVOLUTION) << layer->getName();
    }
  }
}

// Both products have a row of weights for each column of the result; the scale precedes the bias.
TEST(QuantizeWeights, ProductsGetRowsOfIntegersWithAScaleEach) {
  const auto network = network_of(
      "%x = input() {dims=[1x2]}\n%w = constant() {dims=[2x2], weights=f32[127, 2, 3, -254]}\n"
      "%b = constant() {dims=[2], weights=f32[1, 2]}\n"
      "%a = matrix_multiply(%x, %w, %b) {op1=none, epilogue=[sum(%b)]}\n"
      "%y = matrix_multiply(%a, %w) {op1=transpose}\nreturn %y");
  ASSERT_EQ(layers_with_weights_to_quantize(*network).size(), 2U);
  std::unordered_set<const ILayer*> chosen;
  for (const int32_t i : layers_with_weights_to_quantize(*network)) chosen.insert(network->getLayer(i));
  EXPECT_TRUE(make_quantize_weights(chosen)->run(*network, {}));
  network::verify_network(*network);
  std::vector<std::vector<int8_t>> rows;
  std::vector<std::vector<float>> scales;
  for (const auto& layer : network->layers()) {
    if (layer->getType() != LayerType::kMATRIX_MULTIPLY) continue;
    EXPECT_TRUE(has_integer_weights_only(*layer));
    EXPECT_FALSE(computes_with_integers(*layer));
    const auto weights = constant_of(layer->getInput(1))->getWeights();
    const auto* elements = static_cast<const int8_t*>(weights.values);
    rows.emplace_back(elements, elements + weights.count);
    const auto scale = constant_of(layer->getInput(layer->epilogue().front().input))->getWeights();
    const auto* numbers = static_cast<const float*>(scale.values);
    scales.emplace_back(numbers, numbers + scale.count);
  }
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], (std::vector<int8_t>{127, 3, 1, -127}));  // columns of w, rounded
  EXPECT_EQ(scales[0], (std::vector<float>{1, 2}));
  EXPECT_EQ(rows[1], (std::vector<int8_t>{127, 2, 2, -127}));  // 3 / 2 is rounded to the even 2
  EXPECT_EQ(scales[1], (std::vector<float>{1, 2}));
  EXPECT_TRUE(layers_with_weights_to_quantize(*network).empty());
}

TEST(QuantizeWeights, NotOfMatricesWithoutFiniteFloats) {
  const std::string input = "%x = input() {dims=[1x2]}\n";
  const std::string product = "%y = matrix_multiply(%x, %w) {op1=none}\nreturn %y";
  const auto of = [&](const std::string& weights) {
    return layers_with_weights_to_quantize(*network_of(input + weights + product)).size();
  };
  EXPECT_EQ(of("%w = constant() {dims=[2x2], weights=f32[1, 2, 3, 4]}\n"), 1U);
  EXPECT_EQ(of("%w = input() {dims=[2x2]}\n"), 0U);
  EXPECT_EQ(of("%w = constant() {dims=[2x1], weights=f32\"AACAfwAAgD8=\"}\n"), 0U);  // infinity and 1
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
