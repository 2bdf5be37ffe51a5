#include <unordered_set>

#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::DataType;
using network::ILayer;
using testing::HasSubstr;

// Runs the pass on all layers that may compute in the dtype.
std::string rounded(const std::string& text, DataType low = DataType::kBF16) {
  const auto network = network_of(text);
  if (network == nullptr) return {};
  std::unordered_set<const ILayer*> chosen;
  for (const int32_t i : layers_that_may_round(*network, low)) chosen.insert(network->getLayer(i));
  make_assign_precision(low, chosen)->run(*network, {});
  network::verify_network(*network);
  return canonical(network::print_network(*network));
}

// Inputs of the network may be masks, with numbers that overflow. Softmax gives ordinary numbers.
const std::string kInput = "%i = input() {dims=[1x2x4x4]}\n%x = softmax(%i) {axes=2}\n";

TEST(AssignPrecision, CastsStandAtTheEnds) {
  EXPECT_EQ(rounded(kInput + "%a = activation(%x)\n%y = elementwise(%a, %a)\nreturn %y"),
            canonical(kInput + "%0 = cast(%x) {to=bf16}\n%1 = activation(%0)\n%2 = elementwise(%1, %1)\n"
                               "%y = cast(%2) {to=f32}\nreturn %y"));
}

TEST(AssignPrecision, ATensorIsCastOnceForAllReaders) {
  const std::string text =
      "%a = activation(%x)\n%b = unary(%a)\n%c = unary(%a)\n%d = activation(%x)\n"
      "return %b, %c, %d";
  EXPECT_EQ(rounded(kInput + text),
            canonical(kInput + "%0 = cast(%x) {to=bf16}\n%1 = activation(%0)\n%2 = cast(%1) {to=f32}\n%b = unary(%2)\n"
                               "%c = unary(%2)\n%3 = activation(%0)\n%d = cast(%3) {to=f32}\nreturn %b, %c, %d"));
}

TEST(AssignPrecision, WhatACastHasWidenedIsNotCastBack) {
  const std::string inputs = "%i = input() {dtype=bf16, dims=[1x2x4x4]}\n%s = softmax(%i) {axes=2}\n";
  EXPECT_EQ(rounded(inputs + "%x = cast(%s) {to=f32}\n%y = softmax(%x) {axes=2}\nreturn %y"),
            canonical(inputs + "%0 = softmax(%s) {axes=2}\n%y = cast(%0) {to=f32}\nreturn %y"));
  // Others still read what the cast gives.
  EXPECT_EQ(rounded(inputs + "%x = cast(%s) {to=f32}\n%y = softmax(%x) {axes=2}\n%z = unary(%x)\nreturn %y, %z"),
            canonical(inputs + "%x = cast(%s) {to=f32}\n%0 = softmax(%s) {axes=2}\n%y = cast(%0) {to=f32}\n"
                               "%z = unary(%x)\nreturn %y, %z"));
}

TEST(AssignPrecision, AnOutputThatLayersReadLeavesThroughOneCast) {
  EXPECT_EQ(rounded(kInput + "%a = activation(%x)\n%b = activation(%a)\n%c = unary(%a)\nreturn %a, %b, %c"),
            canonical(kInput + "%0 = cast(%x) {to=bf16}\n%1 = activation(%0)\n%a = cast(%1) {to=f32}\n"
                               "%2 = activation(%1)\n%b = cast(%2) {to=f32}\n%c = unary(%a)\nreturn %a, %b, %c"));
}

TEST(AssignPrecision, KernelsAreRoundedAndBiasesAreNot) {
  const std::string text = rounded(
      kInput + "%y = convolution(%x) {maps=1, kernel_size=[1x1], kernel=f32[1.001, 3], bias=f32[1.001]}\nreturn %y");
  EXPECT_THAT(text, HasSubstr("kernel=bf16\"gD9AQA==\", bias=f32\"xSCAPw==\""));  // 1 and 3, and 1.001
}

TEST(AssignPrecision, ConstantsAreRoundedAndTheOldOnesGo) {
  const std::string text = rounded(kInput +
                                   "%c = constant() {dims=[4x1], weights=f32[1.001, 2, 3, 4]}\n"
                                   "%y = matrix_multiply(%x, %c)\nreturn %y");
  EXPECT_THAT(text, HasSubstr("weights=bf16\"gD8AQEBAgEA=\""));  // 1, 2, 3, 4
  EXPECT_THAT(text, testing::Not(HasSubstr("weights=f32")));
}

TEST(AssignPrecision, LayersThatNeedF32KeepIt) {
  EXPECT_EQ(rounded(kInput + "%a = unary(%x)\n%y = cumulative(%a) {axis=1}\nreturn %y"),
            canonical(kInput + "%a = unary(%x)\n%y = cumulative(%a) {axis=1}\nreturn %y"));
}

TEST(AssignPrecision, WeightsThatOverflowKeepTheirLayerInF32) {
  const std::string text = kInput + "%y = convolution(%x) {maps=1, kernel_size=[1x1], kernel=f32[70000, 3]}\nreturn %y";
  EXPECT_EQ(rounded(text, DataType::kHALF), canonical(text));
  EXPECT_THAT(rounded(text, DataType::kBF16), HasSubstr("bf16"));
  EXPECT_THAT(layers_with_large_weights(*network_of(text), DataType::kHALF), testing::ElementsAre(2));
  EXPECT_THAT(layers_with_large_weights(*network_of(text), DataType::kBF16), testing::IsEmpty());
}

TEST(AssignPrecision, LargeWeightsAreThoseOfProducts) {
  const std::string text = kInput +
                           "%c = constant() {dims=[4x1], weights=f32[1, 70000, 3, 4]}\n"
                           "%a = elementwise(%x, %x)\n%y = matrix_multiply(%a, %c)\nreturn %y";
  EXPECT_THAT(layers_with_large_weights(*network_of(text), DataType::kHALF), testing::ElementsAre(4));
}

TEST(AssignPrecision, MasksStayF32) {
  // The smallest number of f32 is minus infinity as bf16, and a row of it has no softmax.
  const std::string masks[] = {
      "%m = constant() {dims=[1x1x4x4], weights=f32[%s]}\n%s = elementwise(%x, %m)\n",
      "%m = input() {dims=[1x1x4x4]}\n%s = elementwise(%x, %m)\n",
      "%l = constant() {dims=[1], weights=f32[%l]}\n%m = elementwise(%x, %l) {op=prod}\n%s = elementwise(%x, %m)\n"};
  for (std::string mask : masks) {
    std::string rows = "-3.4028235e38";
    for (int i = 0; i < 15; ++i) rows += ", 0";
    if (const size_t at = mask.find("f32[%s]"); at != std::string::npos) mask.replace(at + 4, 2, rows);
    if (const size_t at = mask.find("f32[%l]"); at != std::string::npos) mask.replace(at + 4, 2, "-3.4028235e38");
    const std::string text = kInput + mask + "%p = softmax(%s) {axes=8}\n%y = unary(%p)\nreturn %y";
    EXPECT_EQ(rounded(text), canonical(text));
  }
}

TEST(AssignPrecision, IntegersThatAreComputedInFloatsStayExact) {
  for (const std::string reader : {"cast(%b) {to=i64}", "unary(%b) {op=floor}"}) {
    const std::string text =
        kInput + "%a = elementwise(%x, %x)\n%b = elementwise(%a, %x) {op=prod}\n%y = " + reader + "\nreturn %y";
    EXPECT_EQ(rounded(text), canonical(text));
  }
}

TEST(AssignPrecision, LimitsThatOverflowKeepTheirLayerInF32) {
  const std::string text =
      kInput + "%y = activation(%x) {type=clip, alpha=-3.4028235e38, beta=3.4028235e38}\nreturn %y";
  EXPECT_EQ(rounded(text), canonical(text));
}

TEST(AssignPrecision, OtherInputsThanFloatsStay) {
  const std::string text = rounded(
      "%i = input() {dims=[2x2]}\n%m = input() {dtype=bool, dims=[2x2]}\n%x = softmax(%i) {axes=2}\n"
      "%y = select(%m, %x, %x)\nreturn %y");
  EXPECT_THAT(text, HasSubstr("select(%m"));
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
