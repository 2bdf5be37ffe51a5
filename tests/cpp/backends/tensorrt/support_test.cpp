#include "torch_tensorrt/core/backends/tensorrt/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "torch_tensorrt/core/backends/tensorrt/prepare/host_values.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::LayerType;
using testing::HasSubstr;

// The decision on the last layer of a network's text.
Decision decide(const std::string& body) {
  const auto network = network::parse_network("network \"n\" {\n" + body + "\n}\n");
  return supports(*network->layers().back());
}

std::string reason(const std::string& body) { return decide(body).reason(); }

TEST(TensorRTSupport, HasARowForEveryKindInTheirOrder) {
  const auto& table = support_table();
  ASSERT_EQ(table.size(), static_cast<size_t>(network::kLayerTypeCount));
  for (int32_t i = 0; i < network::kLayerTypeCount; ++i) {
    const SupportRow& row = table[static_cast<size_t>(i)];
    EXPECT_EQ(row.type, static_cast<LayerType>(i)) << network::enum_name(static_cast<LayerType>(i));
    EXPECT_NE(row.supports, nullptr);
    EXPECT_STRNE(row.how, "");
  }
}

TEST(TensorRTSupport, IsWhatTheDocumentationSays) {
  std::ifstream stream(std::string(TORCHTRT_SOURCE_DIR) + "/docs/tensorrt.md");
  std::vector<std::string> written;
  bool in_table = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("| layer |", 0) == 0) in_table = true;
    if (in_table && line.empty()) break;
    if (in_table) written.push_back(line);
  }
  std::vector<std::string> expected = {"| layer | becomes |", "| --- | --- |"};
  for (const SupportRow& row : support_table()) {
    expected.push_back("| " + network::enum_name(row.type) + " | " + row.how + " |");
  }
  EXPECT_EQ(written, expected);
}

std::string reason_of_attention(const std::string& query, const std::string& key, const std::string& attributes) {
  return reason("%q = input() {dims=[" + query + "]}\n%k = input() {dims=[" + key + "]}\n%v = input() {dims=[" + key +
                "]}\n%y = attention(%q, %k, %v) {" + attributes + "}\nreturn %y");
}

TEST(TensorRTSupport, AttentionNeedsItsHeadsAndAScale) {
  EXPECT_EQ(reason_of_attention("-1x4x-1x8", "-1x4x-1x8", ""), "");
  EXPECT_EQ(reason_of_attention("1x4x3x-1", "1x4x3x8", ""), "");
  EXPECT_EQ(reason_of_attention("1x4x3x-1", "1x4x3x-1", "scale=0.5"), "");
  EXPECT_THAT(reason_of_attention("1x4x3x-1", "1x4x3x-1", ""), HasSubstr("width of its heads"));
  EXPECT_THAT(reason_of_attention("1x-1x3x8", "1x2x3x8", ""), HasSubstr("its number of heads"));
  EXPECT_THAT(reason_of_attention("1x4x3x8", "1x-1x3x8", ""), HasSubstr("its number of heads"));
}

TEST(TensorRTSupport, EveryActivationIsDecided) {
  const network::EnumTable& table = network::enum_table<network::ActivationType>();
  for (const auto* entry = table.begin; entry != table.end; ++entry) {
    const std::string layer = std::string("%1 = activation(%0) {type=") + entry->name + ", alpha=1, beta=2}";
    EXPECT_EQ(reason("%0 = input() {dims=[2x3]}\n" + layer + "\nreturn %1"), "") << entry->name;
  }
}

TEST(TensorRTSupport, EveryUnaryOperationIsDecided) {
  const network::EnumTable& table = network::enum_table<network::UnaryOperation>();
  for (const auto* entry = table.begin; entry != table.end; ++entry) {
    const bool logical = entry->value == static_cast<int32_t>(network::UnaryOperation::kNOT);
    const std::string input = logical ? "{dtype=bool, dims=[2x3]}" : "{dims=[2x3]}";
    const Decision decision = decide("%0 = input() " + input + "\n%1 = unary(%0) {op=" + entry->name + "}\nreturn %1");
    EXPECT_EQ(static_cast<bool>(decision), std::string(entry->name) != "erfc") << entry->name << decision.reason();
  }
}

TEST(TensorRTSupport, EveryElementWiseOperationIsDecided) {
  const network::EnumTable& table = network::enum_table<network::ElementWiseOperation>();
  for (const auto* entry = table.begin; entry != table.end; ++entry) {
    using Op = network::ElementWiseOperation;
    const auto op = static_cast<Op>(entry->value);
    const bool logical = op == Op::kAND || op == Op::kOR || op == Op::kXOR;
    const bool bits = op == Op::kBIT_AND || op == Op::kBIT_OR || op == Op::kBIT_XOR;
    const std::string input = std::string("input() {dtype=") +
                              (logical ? "bool"
                               : bits  ? "i32"
                                       : "f32") +
                              ", dims=[2x3]}";
    const Decision decision =
        decide("%0 = " + input + "\n%1 = " + input + "\n%2 = elementwise(%0, %1) {op=" + entry->name + "}\nreturn %2");
    EXPECT_EQ(static_cast<bool>(decision), !bits) << entry->name << decision.reason();
    if (bits) {
      EXPECT_THAT(decision.reason(), HasSubstr("no operations on the bits of integers"));
    }
  }
}

TEST(TensorRTSupport, DeclinesDtypesThatTensorRTLacks) {
  const auto of = [](const std::string& type) {
    return reason("%0 = input() {dtype=" + type +
                  ", dims=[4]}\n%1 = shuffle(%0) {has_reshape=true, reshape=[2x2]}\nreturn %1");
  };
  for (const char* type : {"f32", "f16", "bf16", "i32", "i64", "bool"}) EXPECT_EQ(of(type), "") << type;
  EXPECT_THAT(of("f64"), HasSubstr("f64, which TensorRT does not have"));
  EXPECT_THAT(of("i8"), HasSubstr("TensorRT reads as quantized values"));
  EXPECT_THAT(of("u8"), HasSubstr("only as input or output of an engine"));
}

TEST(TensorRTSupport, TakesBytesAtTheBordersOfAnEngine) {
  EXPECT_EQ(reason("%0 = input() {dtype=u8, dims=[4]}\n%1 = cast(%0) {to=f32}\nreturn %1"), "");
  EXPECT_EQ(reason("%0 = input() {dims=[4]}\n%1 = cast(%0) {to=u8}\nreturn %1"), "");
}

TEST(TensorRTSupport, DeclinesABytesCastThatIsReadInside) {
  const auto network = network::parse_network(
      "network \"n\" {\n%0 = input() {dims=[4]}\n%1 = cast(%0) {to=u8}\n%2 = identity(%1)\nreturn %2\n}");
  EXPECT_THAT(supports(*network->getLayer(1)).reason(), HasSubstr("its output is u8 and read by"));
}

// Python's numbers look like this.
TEST(TensorRTSupport, TakesConstantsOfOtherDtypesThatAreCast) {
  const auto network = network::parse_network(
      "network \"n\" {\n%x = input() {dims=[2]}\n%c = constant() {dims=[1], weights=f64[0.5]}\n%n = unary(%c) "
      "{op=neg}\n"
      "%f = cast(%n) {to=f32}\n%y = elementwise(%x, %f) {op=prod}\nreturn %y\n}");
  for (const auto& layer : network->layers()) {
    EXPECT_TRUE(supports(*layer)) << network::describe(*layer) << ": " << supports(*layer).reason();
  }
  HostValues values;
  const network::HostTensor& value = values.of(*network->getLayer(3)->getOutput(0));
  EXPECT_EQ(value.type.dtype, network::DataType::kFLOAT);
  EXPECT_EQ(*static_cast<const float*>(value.values()), -0.5F);
  EXPECT_EQ(&values.of(*network->getLayer(3)->getOutput(0)), &value);
}

TEST(TensorRTSupport, DeclinesOtherDtypesThatAreReadAsTheyAre) {
  const auto network = network::parse_network(
      "network \"n\" {\n%x = input() {dtype=f64, dims=[2]}\n%c = constant() {dims=[1], weights=f64[0.5]}\n"
      "%y = elementwise(%x, %c) {op=prod}\nreturn %y, %c\n}");
  EXPECT_THAT(supports(*network->getLayer(1)).reason(), HasSubstr("f64, which TensorRT does not have"));
  EXPECT_THAT(supports(*network->getLayer(2)).reason(), HasSubstr("f64, which TensorRT does not have"));
}

TEST(TensorRTSupport, DeclinesRanksAboveEight) {
  EXPECT_EQ(reason("%0 = input() {dims=[1x1x1x1x1x1x1x2]}\n%1 = unary(%0) {op=exp}\nreturn %1"), "");
  EXPECT_THAT(reason("%0 = input() {dims=[1x1x1x1x1x1x1x1x2]}\n%1 = unary(%0) {op=exp}\nreturn %1"),
              HasSubstr("has rank 9, TensorRT's tensors have at most 8 dimensions"));
}

TEST(TensorRTSupport, DeclinesAClipWithoutRange) {
  EXPECT_THAT(reason("%0 = input() {dims=[3]}\n%1 = activation(%0) {type=clip, alpha=2, beta=1}\nreturn %1"),
              HasSubstr("lower end 2 is above the upper end 1"));
}

TEST(TensorRTSupport, TakesIntegerPowersByAConstant) {
  const auto power = [](const std::string& exponent) {
    return "%0 = input() {dtype=i32, dims=[3]}\n%1 = constant() {dims=[1], weights=i32[" + exponent +
           "]}\n%2 = elementwise(%0, %1) {op=pow}\nreturn %2";
  };
  EXPECT_EQ(reason(power("2")), "");
  EXPECT_THAT(reason(power("-1")), HasSubstr("TensorRT has only powers of floats"));
  EXPECT_THAT(reason(power("17")), HasSubstr("cannot be written out as products"));
}

TEST(TensorRTSupport, DeclinesDilatedPoolingAndPoolingOfIntegers) {
  EXPECT_EQ(reason("%0 = input() {dims=[1x2x8x8]}\n%1 = pooling(%0) {window=[2x2]}\nreturn %1"), "");
  EXPECT_THAT(reason("%0 = input() {dims=[1x2x8x8]}\n%1 = pooling(%0) {window=[2x2], dilation=[2x2]}\nreturn %1"),
              HasSubstr("window is dilated"));
  EXPECT_THAT(reason("%0 = input() {dtype=i32, dims=[1x2x8x8]}\n%1 = pooling(%0) {window=[2x2]}\nreturn %1"),
              HasSubstr("TensorRT pools only floats"));
}

TEST(TensorRTSupport, KnowsWhereRoundingUpAgrees) {
  const auto pool = [](const std::string& dims, const std::string& window) {
    return "%0 = input() {dims=[" + dims + "]}\n%1 = pooling(%0) {" + window +
           ", padding_mode=explicit_round_up}\nreturn %1";
  };
  EXPECT_EQ(reason(pool("1x2x8x8", "window=[2x2], stride=[3x3]")), "");
  EXPECT_EQ(reason(pool("1x2x-1x8", "window=[3x3], stride=[2x2], pre_padding=[1x1], post_padding=[1x1]")), "");
  EXPECT_THAT(reason(pool("1x2x-1x8", "window=[2x2], stride=[3x3]")),
              HasSubstr("TensorRT places the last window by another rule"));
}

TEST(TensorRTSupport, DeclinesWindowsThatMayBeLargerThanTheirInput) {
  const auto smallest = [](int64_t size) {
    const auto network = network::parse_network(
        "network \"n\" {\n%0 = input() {dims=[1x2x-1x8]}\n%1 = pooling(%0) {window=[3x3], stride=[2x2], "
        "padding_mode=explicit_round_up}\nreturn %1\n}\n");
    using network::Dims;
    network->profiles().push_back(
        {{network->inputs()[0]->getName(), {Dims{1, 2, size, 8}, Dims{1, 2, 8, 8}, Dims{1, 2, 9, 8}}}});
    return supports(*network->layers().back()).reason();
  };
  EXPECT_EQ(smallest(3), "");
  EXPECT_THAT(smallest(2), HasSubstr("its window may be larger than its padded input"));
}

TEST(TensorRTSupport, DeclinesResizesThatTensorRTLacks) {
  const auto resize = [](const std::string& attributes) {
    return "%0 = input() {dims=[1x2x4x4]}\n%1 = resize(%0) {" + attributes + "}\nreturn %1";
  };
  EXPECT_EQ(reason(resize("output_dims=[1x2x8x8], mode=linear, transformation=half_pixel")), "");
  EXPECT_THAT(reason(resize("output_dims=[1x2x2x2], mode=linear, transformation=half_pixel, antialias=true")),
              HasSubstr("antialiased"));
  EXPECT_THAT(reason(resize("output_dims=[2x2x8x8], mode=linear, transformation=half_pixel")),
              HasSubstr("changes dimension 0"));
  EXPECT_THAT(reason(resize("output_dims=[1x2x8x8], scales=[1, 1, 2.1, 2], mode=linear, transformation=half_pixel")),
              HasSubstr("either sizes or scales"));
}

TEST(TensorRTSupport, KnowsTheChannelsFromTheKernel) {
  const auto convolution = [](const std::string& inputs, const std::string& kernel) {
    return "%0 = input() {dims=[1x-1x8x8]}\n%1 = input() {dims=[1x2x1x1]}\n%2 = convolution(" + inputs +
           ") {maps=1, kernel_size=[1x1]" + kernel + "}\nreturn %2";
  };
  EXPECT_EQ(reason(convolution("%0", ", kernel=f32\"AACAPwAAAEA=\"")), "");
  EXPECT_THAT(reason(convolution("%0, %1", "")), HasSubstr("number of channels of its input is not known"));
}

TEST(TensorRTSupport, DeclinesWhatWasSeenToGoWrong) {
  EXPECT_THAT(reason("%0 = input() {dims=[0x3]}\n%1 = reduce(%0) {op=sum, axes=1}\nreturn %1"),
              HasSubstr("0x3 has no elements"));
  EXPECT_THAT(
      reason("%0 = input() {dims=[2x0]}\n%1 = input() {dims=[0x3]}\n%2 = matrix_multiply(%0, %1) {}\nreturn %2"),
      HasSubstr("2x0 has no elements"));
  const auto normalization = [](const std::string& dims, const std::string& axes) {
    return "%0 = input() {dims=[" + dims +
           "]}\n%1 = input() {dims=[1x3]}\n%2 = normalization(%0, %1, %1) {axes=" + axes + "}\nreturn %2";
  };
  EXPECT_EQ(reason(normalization("2x3", "2")), "");
  EXPECT_THAT(reason(normalization("0x3", "2")), HasSubstr("0x3 has no elements"));
  EXPECT_THAT(reason("%0 = input() {dims=[2x0], dtype=f16}\n%1 = activation(%0) {type=relu}\nreturn %1"),
              HasSubstr("has no elements, and TensorRT has no engine outputs of f16 without elements"));
  EXPECT_THAT(reason("%0 = input() {dims=[1x1x4x4]}\n%1 = resize(%0) {mode=linear, transformation=asymmetric, "
                     "output_dims=[1x1x8x8]}\nreturn %1"),
              HasSubstr("asymmetric coordinates"));
  EXPECT_THAT(reason("%0 = constant() {dims=[1], weights=f32\"AACAPw==\"}\nreturn %0"), HasSubstr("no inputs"));
}

TEST(TensorRTSupport, DeclinesNormsOfMovedCopies) {
  const auto normalization = [](const std::string& layers, const std::string& rms = "false") {
    return "%0 = input() {dims=[2x3]}\n%1 = input() {dims=[1x3]}\n" + layers +
           "%9 = normalization(%8, %1, %1) {axes=2, rms=" + rms + "}\nreturn %9";
  };
  const std::string sums = "%2 = cumulative(%0) {axis=1}\n%8 = elementwise(%0, %2) {op=sub}\n";
  const std::string padding = "%2 = slice(%0) {start=[0x-1], size=[2x3], stride=[1x1], mode=fill}\n";
  EXPECT_THAT(reason(normalization(sums)), HasSubstr("from a running result or from padding"));
  EXPECT_THAT(reason(normalization(padding + "%8 = elementwise(%0, %2) {op=sum}\n")), HasSubstr("from padding"));
  EXPECT_EQ(reason(normalization(sums, "true")), "");
  EXPECT_EQ(reason(normalization("%8 = elementwise(%0, %1) {op=sub}\n")), "");
}

TEST(TensorRTSupport, DeclinesScattersThatCombine) {
  const auto scatter = [](const std::string& attributes) {
    return "%0 = input() {dims=[4x3]}\n%1 = input() {dtype=i64, dims=[2x3]}\n%2 = input() {dims=[2x3]}\n"
           "%3 = scatter(%0, %1, %2) {" +
           attributes + "}\nreturn %3";
  };
  EXPECT_EQ(reason(scatter("mode=element")), "");
  EXPECT_THAT(reason(scatter("mode=element, reduction=sum")), HasSubstr("TensorRT's scatter only replaces"));
}

TEST(TensorRTSupport, HoldsTopKToItsLimits) {
  const auto topk = [](const std::string& attributes, const std::string& type = "f32") {
    return "%0 = input() {dtype=" + type + ", dims=[2x5000]}\n%1, %2 = topk(%0) {axes=2, " + attributes +
           "}\nreturn %1, %2";
  };
  EXPECT_EQ(reason(topk("k=3840")), "");
  EXPECT_THAT(reason(topk("k=3841")), HasSubstr("TensorRT's top-k takes 1 to 3840"));
  EXPECT_THAT(reason(topk("k=2, stable=true")), HasSubstr("keep their order"));
  EXPECT_EQ(reason(topk("k=1", "i64")), "");
  EXPECT_THAT(reason(topk("k=2", "i32")),
              HasSubstr("its input is i32, TensorRT's top-k takes integers only if k is 1"));
}

TEST(TensorRTSupport, BoundsTheLengthOfRunningSums) {
  EXPECT_EQ(reason("%0 = input() {dims=[2x50]}\n%1 = cumulative(%0) {axis=1}\nreturn %1"), "");
  EXPECT_THAT(reason("%0 = input() {dims=[2x-1]}\n%1 = cumulative(%0) {axis=1}\nreturn %1"), HasSubstr("has no bound"));
  const auto network =
      network::parse_network("network \"n\" {\n%x = input() {dims=[2x-1]}\n%1 = cumulative(%x) {axis=1}\nreturn %1\n}");
  network->profiles() = {{{"x", {{2, 1}, {2, 4}, {2, 9}}}}};
  EXPECT_TRUE(supports(*network->getLayer(1)));
}

TEST(TensorRTSupport, TakesSizesThatDependOnData) {
  for (const char* type : {"f32", "f16", "i64", "bool"}) {
    const std::string search = std::string("%0 = input() {dtype=") + type + ", dims=[2x3]}\n%1 = non_zero(%0)\n";
    EXPECT_EQ(reason(search + "return %1"), "") << type;
    EXPECT_EQ(reason(search + "%2 = cast(%1) {to=i64}\n%3 = reduce(%2) {op=sum, axes=2}\nreturn %3"), "") << type;
  }
  EXPECT_THAT(reason("%0 = input() {dtype=f64, dims=[2x3]}\n%1 = non_zero(%0)\nreturn %1"), HasSubstr("f64"));
}

TEST(TensorRTSupport, TakesWhatIsMadeOfPlaces) {
  const auto network = network::parse_network(
      "network \"n\" {\n%x = input() {dims=[-1x2]}\n%z = constant() {dims=[1x1], weights=f32[0]}\n"
      "%m = elementwise(%x, %z) {op=greater}\n%places = non_zero(%m)\n"
      "%c = slice(%m) {start=[0x0], size=[-1x1], stride=[1x1]}\n%f = shuffle(%c) {has_reshape=true, reshape=[-1]}\n"
      "%n = non_zero(%f)\n%i = shuffle(%n) {has_reshape=true, reshape=[-1]}\n%rows = gather(%x, %i) {axis=0}\n"
      "%sum = reduce(%rows) {op=sum, axes=1}\nreturn %places, %rows, %sum\n}");
  for (const auto& layer : network->layers()) EXPECT_EQ(supports(*layer).reason(), "") << network::describe(*layer);
  EXPECT_EQ(network->outputs()[0]->getDimensions(), (network::Dims{2, -1}));
  EXPECT_EQ(network->outputs()[1]->getDimensions(), (network::Dims{-1, 2}));
  EXPECT_EQ(network->outputs()[2]->getDimensions(), (network::Dims{2}));
}

TEST(TensorRTSupport, BoundsSizesThatDependOnDataByWhatIsSearched) {
  const auto sums = [](const std::string& dims) {
    return "%x = input() {dims=[" + dims + "]}\n%1 = non_zero(%x)\n%2 = cumulative(%1) {axis=1}\nreturn %2";
  };
  EXPECT_EQ(reason(sums("9x5")), "");
  EXPECT_THAT(reason(sums("2048x2048")), HasSubstr("it runs over 4194304 elements"));
  EXPECT_THAT(reason(sums("-1x5")), HasSubstr("has no bound"));
  const auto network = network::parse_network("network \"n\" {\n" + sums("-1x5") + "\n}");
  network->profiles() = {{{"x", {{1, 5}, {2, 5}, {3, 5}}}}, {{"x", {{1, 5}, {2, 5}, {300000, 5}}}}};
  EXPECT_THAT(supports(*network->getLayer(2)).reason(), HasSubstr("it runs over 1500000 elements"));
  network->profiles().pop_back();
  EXPECT_EQ(supports(*network->getLayer(2)).reason(), "");
}

TEST(TensorRTSupport, DeclinesProductsOfIntegerMatrices) {
  EXPECT_THAT(reason("%0 = input() {dtype=i32, dims=[2x3]}\n%1 = input() {dtype=i32, dims=[3x2]}\n"
                     "%2 = matrix_multiply(%0, %1)\nreturn %2"),
              HasSubstr("TensorRT multiplies only matrices of floats"));
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
