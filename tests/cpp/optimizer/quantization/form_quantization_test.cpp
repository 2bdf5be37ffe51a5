#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

namespace torch_tensorrt::optimizer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const auto pass = make_form_quantization();

// A power of two: the results are exactly equal.
PassCheck allowed() {
  PassCheck check;
  check.context.may_quantize = true;
  check.tolerance = 0;
  return check;
}

std::string number(const std::string& name, const std::string& value) {
  return "%" + name + " = constant() {dims=[], weights=f32[" + value + "]}\n";
}

std::string body(const std::string& layers) { return "%x = input() {dims=[2x3]}\n" + layers + "\nreturn %y"; }

const std::string kScaled = "%a = elementwise(%x, %s) {op=prod}\n";
const std::string kDivided = "%a = elementwise(%x, %s) {op=div}\n";
const std::string kRound = "%b = unary(%a) {op=round}\n";
const std::string kClip = "%c = activation(%b) {type=clip, alpha=-128, beta=127}\n";
const std::string kEighth = "weights=f32\"AAAAPg==\"";  // 0.125
const std::string kBack = "%y = elementwise(%c, %s) {op=div}";

void expect_formed(const std::string& layers, const std::string& attributes) {
  const std::string result = expect_same_results(*pass, body(layers), allowed());
  EXPECT_THAT(result, HasSubstr("= quantize(")) << layers;
  EXPECT_THAT(result, HasSubstr("%y = dequantize(")) << layers;
  EXPECT_THAT(result, HasSubstr(attributes)) << layers;
  EXPECT_THAT(result, Not(HasSubstr("round"))) << layers;
}

void expect_left(const std::string& layers) { expect_unchanged(*pass, body(layers), allowed()); }

TEST(FormQuantization, ProductThatIsDividedAgain) {
  const std::string eight = number("s", "8");
  expect_formed(eight + kScaled + kRound + kClip + kBack, kEighth);
  expect_formed(eight + "%a = elementwise(%s, %x) {op=prod}\n" + kRound + kClip + kBack, kEighth);
}

TEST(FormQuantization, QuotientThatIsMultipliedAgain) {
  const std::string eighth = number("s", "0.125");
  expect_formed(eighth + kDivided + kRound + kClip + "%y = elementwise(%c, %s) {op=prod}", kEighth);
  expect_formed(eighth + kDivided + kRound + kClip + "%y = elementwise(%s, %c) {op=prod}", kEighth);
}

TEST(FormQuantization, BoundsAsTensors) {
  const std::string before = number("s", "8") + number("low", "-127") + number("high", "127") + kScaled + kRound;
  const std::string least = "%l = elementwise(%b, %low) {op=max}\n%c = elementwise(%high, %l) {op=min}\n";
  const std::string most = "%h = elementwise(%b, %high) {op=min}\n%c = elementwise(%low, %h) {op=max}\n";
  expect_formed(before + least + kBack, "low=-127");
  expect_formed(before + most + kBack, "low=-127");
}

TEST(FormQuantization, NumbersThatAreNotNegativeBecomeBytes) {
  const std::string clip = "%c = activation(%b) {type=clip, alpha=0, beta=255}\n";
  const std::string result =
      expect_same_results(*pass, body(number("s", "8") + kScaled + kRound + clip + kBack), allowed());
  EXPECT_THAT(result, HasSubstr("quantize("));
  EXPECT_THAT(result, HasSubstr("u8"));
}

TEST(FormQuantization, ScalesAlongADimension) {
  const std::string columns = "%s = constant() {dims=[3], weights=f32[1, 2, 4]}\n";
  expect_formed(columns + kScaled + kRound + kClip + kBack, "axis=1");
  const std::string rows = "%s = constant() {dims=[2x1], weights=f32[1, 4]}\n";
  expect_formed(rows + kScaled + kRound + kClip + kBack, "axis=0");
}

TEST(FormQuantization, WeightsThatAreConstant) {
  const std::string weights =
      "%x = constant() {dims=[2x3], weights=f32[1, 2, 3, -4, 5, -6]}\n%u = input() {dims=[2x3]}\n";
  const std::string layers = weights + number("s", "8") + kScaled + kRound + kClip +
                             "%z = elementwise(%c, %s) {op=div}\n" + "%y = elementwise(%u, %z)\nreturn %y";
  EXPECT_THAT(expect_same_results(*pass, layers, allowed()), HasSubstr("dequantize("));
}

TEST(FormQuantization, LeavesOtherRoundings) {
  const std::string eight = number("s", "8");
  const std::string other = number("t", "4");
  const std::string all = "%s = constant() {dims=[2x3], weights=f32[1, 2, 3, 4, 5, 6]}\n";
  expect_left(eight + other + kScaled + kRound + kClip + "%y = elementwise(%c, %t) {op=div}");
  expect_left(eight + kScaled + kRound + kClip + "%y = elementwise(%c, %s) {op=prod}");
  expect_left(eight + kScaled + "%b = unary(%a) {op=floor}\n" + kClip + kBack);
  expect_left(eight + kScaled + kRound + "%c = activation(%b) {type=clip, alpha=-32768, beta=32767}\n" + kBack);
  expect_left(eight + kScaled + kRound + "%c = activation(%b) {type=clip, alpha=-8.5, beta=7}\n" + kBack);
  expect_left(eight + kScaled + kRound + "%c = activation(%b) {type=clip, alpha=1, beta=7}\n" + kBack);
  expect_left(number("s", "0") + kScaled + kRound + kClip + "%y = elementwise(%c, %s) {op=prod}");
  expect_left(number("s", "-8") + kScaled + kRound + kClip + kBack);
  expect_left(all + kScaled + kRound + kClip + kBack);
}

// Its other reader needs the layer anyway.
TEST(FormQuantization, LeavesLayersWithAnotherReader) {
  const std::string before = number("s", "8") + kScaled + kRound + kClip + "%z = elementwise(%c, %s) {op=div}\n";
  expect_left(before + "%y = elementwise(%b, %z)");
}

TEST(FormQuantization, LeavesNetworksThatMayNotQuantize) {
  expect_unchanged(*pass, body(number("s", "8") + kScaled + kRound + kClip + kBack));
}

// f16 rounds the product.
TEST(FormQuantization, LeavesOtherDtypes) {
  expect_left(
      "%h = cast(%x) {to=f16}\n%s = constant() {dims=[], weights=f16\"AEg=\"}\n"
      "%a = elementwise(%h, %s) {op=prod}\n" +
      kRound + kClip + "%d = elementwise(%c, %s) {op=div}\n" + "%y = cast(%d) {to=f32}");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
