#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_fold_scale_into_convolution();

std::string with_input(const std::string& layers, const std::string& dims = "1x2x2x2") {
  return "%x = input() {dims=[" + dims + "]}\n" + layers + "\nreturn %y";
}

TEST(FoldScaleIntoConvolution, MultipliesKernelAndBias) {
  expect_pass(
      *pass,
      with_input(
          "%a = convolution(%x) {maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, 4], bias=f32[1, -1], name=\"c\"}\n"
          "%y = scale(%a) {mode=channel, scale=f32[2, 0.5], shift=f32[3, 4], name=\"bn\"}"),
      with_input(
          "%y = convolution(%x) {maps=2, kernel_size=[1x1], kernel=f32[2, 4, 1.5, 2], bias=f32[5, 3.5], name=\"c\"}"));
}

TEST(FoldScaleIntoConvolution, MakesABiasWhereThereIsNone) {
  expect_pass(
      *pass,
      with_input("%a = convolution(%x) {maps=2, kernel_size=[1x1], groups=2, kernel=f32[1, 2]}\n"
                 "%y = scale(%a) {scale=f32[2]}"),
      with_input("%y = convolution(%x) {maps=2, kernel_size=[1x1], groups=2, kernel=f32[2, 4], bias=f32[0, 0]}"));
}

// A chain of sums, differences, products and quotients with constants per channel.
TEST(FoldScaleIntoConvolution, TakesElementwiseConstants) {
  expect_pass(
      *pass,
      with_input("%a = convolution(%x) {maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, 4]}\n"
                 "%c = constant() {dims=[2x1x1], weights=f32[2, 4]}\n%b = elementwise(%a, %c) {op=prod}\n"
                 "%d = constant() {dims=[], weights=f32[1]}\n%e = elementwise(%d, %b) {op=sub}\n"
                 "%f = constant() {dims=[1x2x1x1], weights=f32[2, 8]}\n%y = elementwise(%e, %f) {op=div}"),
      with_input(
          "%y = convolution(%x) {maps=2, kernel_size=[1x1], kernel=f32[-1, -2, -1.5, -2], bias=f32[0.5, 0.125]}"));
}

TEST(FoldScaleIntoConvolution, KnowsWhichMapAnElementIsOf) {
  const std::string scale =
      "\n%y = scale(%a) {mode=channel, scale=" + random_weights(6, 1) + ", shift=" + random_weights(6, 2) + "}";
  const std::string end = ", bias=" + random_weights(6, 4) + "}";
  for (const std::string& layer : {
           "%a = convolution(%x) {maps=6, kernel_size=[3x2], kernel=" + random_weights(6 * 4 * 6, 3),
           "%a = convolution(%x) {maps=6, kernel_size=[3x2], groups=2, kernel=" + random_weights(6 * 2 * 6, 3),
           "%a = deconvolution(%x) {maps=6, kernel_size=[3x2], stride=[2x1], kernel=" + random_weights(4 * 6 * 6, 3),
           "%a = deconvolution(%x) {maps=6, kernel_size=[3x2], groups=2, kernel=" + random_weights(4 * 3 * 6, 3),
       }) {
    const std::string result = expect_same_results(*pass, with_input(layer + end + scale, "2x4x5x5"));
    EXPECT_THAT(result, ::testing::Not(::testing::HasSubstr("scale("))) << layer;
  }
}

TEST(FoldScaleIntoConvolution, TakesHalfPrecision) {
  const std::string text =
      "%x = input() {dtype=f16, dims=[1x2x2x2]}\n"
      "%a = convolution(%x) {maps=2, kernel_size=[1x1], kernel=f16[1, 2, 3, 4]}\n"
      "%y = scale(%a) {mode=channel, scale=f32[2, 0.5], shift=f32[3, 4]}\nreturn %y";
  expect_pass(*pass, text,
              "%x = input() {dtype=f16, dims=[1x2x2x2]}\n"
              "%y = convolution(%x) {maps=2, kernel_size=[1x1], kernel=f16[2, 4, 1.5, 2], bias=f32[3, 4]}\nreturn %y",
              {{}, 2e-2});
  // Values that f16 cannot hold are not folded.
  std::string large = text;
  large.replace(large.find("0.5"), 3, "9e4");
  expect_unchanged(*pass, large);
}

TEST(FoldScaleIntoConvolution, LeavesWhatItCannotFold) {
  const std::string conv = "%a = convolution(%x) {maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, 4]}\n";
  for (const std::string& layers : {
           conv + "%b = unary(%a)\n%c = scale(%a) {scale=f32[2]}\n%y = elementwise(%b, %c)",
           conv + "%y = scale(%a) {scale=f32[2], power=f32[2]}",
           conv + "%y = scale(%a) {mode=channel, scale=f32[2, 3], channel_axis=2}",
           conv + "%y = scale(%a) {mode=elementwise, scale=f32[2, 3, 4, 5, 6, 7, 8, 9]}",
           conv + "%y = scale(%a) {scale=f32[inf]}",
           conv + "%b = activation(%a)\n%y = scale(%b) {scale=f32[2]}",
           conv + "%c = constant() {dims=[2x1], weights=f32[2, 4]}\n%y = elementwise(%a, %c) {op=prod}",
           conv + "%c = constant() {dims=[2x1x1x1], weights=f32[2, 4]}\n%y = elementwise(%a, %c) {op=prod}",
           conv + "%c = constant() {dims=[1], weights=f32[2]}\n%y = elementwise(%c, %a) {op=div}",
           conv + "%c = constant() {dims=[1], weights=f32[2]}\n%y = elementwise(%a, %c) {op=max}",
           std::string("%a = convolution(%x) {maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, 4], epilogue=[relu]}\n%y "
                       "= scale(%a) {scale=f32[2]}"),
       }) {
    expect_unchanged(*pass, with_input(layers));
  }
  expect_unchanged(*pass, "%x = input() {dims=[1x2x2x2]}\n" + conv + "%y = scale(%a) {scale=f32[2]}\nreturn %a, %y");
  expect_unchanged(*pass,
                   "%x = input() {dims=[1x1x2x2]}\n%k = input() {dims=[1x1x1x1]}\n"
                   "%a = convolution(%x, %k) {maps=1, kernel_size=[1x1]}\n%y = scale(%a) {scale=f32[2]}\nreturn %y");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
