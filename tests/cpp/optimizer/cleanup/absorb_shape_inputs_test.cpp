#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_absorb_shape_inputs();

// %n and %m are the first two sizes of x, each with one element.
std::string with_sizes(const std::string& dims, const std::string& layers) {
  return "%x = input() {dims=[" + dims +
         "]}\n%s = shape(%x)\n%n = slice(%s) {start=[0], size=[1], stride=[1]}\n"
         "%i = constant() {dims=[1], weights=i64[1]}\n%m = gather(%s, %i)\n" +
         layers + "\nreturn %y";
}

TEST(AbsorbShapeInputs, CopiesTheBatch) {
  const std::string shape = "%c = constant() {dims=[1], weights=i64[12]}\n%t = concatenation(%n, %c)\n";
  expect_pass(*pass, with_sizes("-1x3x4", shape + "%y = shuffle(%x, %t)"),
              with_sizes("-1x3x4", shape + "%y = shuffle(%x) {has_reshape=true, reshape=[0x12]}"));
}

// The volume of x would decide the size, and hide that the other tensor's size does not fit.
TEST(AbsorbShapeInputs, LeavesSizesOfOtherTensors) {
  expect_unchanged(*pass, with_sizes("-1x12",
                                     "%w = input() {dims=[-1]}\n%r = shape(%w)\n"
                                     "%c = constant() {dims=[1], weights=i64[12]}\n%t = concatenation(%r, %c)\n"
                                     "%y = shuffle(%x, %t) {zero_is_placeholder=false}"));
}

TEST(AbsorbShapeInputs, CopiesSizesOfTheInput) {
  const std::string shape =
      "%c = constant() {dims=[2], weights=i64[2, 2]}\n%o = cast(%n) {to=i32}\n%p = cast(%o) {to=i64}\n"
      "%t = concatenation(%p, %m, %c)\n";
  expect_pass(*pass, with_sizes("-1x-1x4", shape + "%y = shuffle(%x, %t) {zero_is_placeholder=false}"),
              with_sizes("-1x-1x4", shape + "%y = shuffle(%x) {has_reshape=true, reshape=[0x0x2x2]}"));
}

// The sizes come from an earlier tensor with equal sizes.
TEST(AbsorbShapeInputs, KnowsLayersThatKeepSizes) {
  const std::string layers =
      "%a = unary(%x)\n%k = constant() {dims=[2x1], weights=f32[1, 2]}\n%b = elementwise(%k, %a)\n"
      "%e = concatenation(%b, %b) {axis=2}\n%f = reduce(%e) {axes=8, keep_dims=true}\n"
      "%c = constant() {dims=[1], weights=i64[4]}\n%t = concatenation(%n, %m, %c)\n";
  expect_pass(*pass, with_sizes("-1x-1x2x3", layers + "%y = shuffle(%f, %t) {zero_is_placeholder=false}"),
              with_sizes("-1x-1x2x3", layers + "%y = shuffle(%f) {has_reshape=true, reshape=[0x0x4]}"));
}

TEST(AbsorbShapeInputs, LeavesSizesOfOtherPlaces) {
  // Swapped; multiplied; from a tensor that may be broadcast; behind a transpose.
  const std::string swapped = "%c = constant() {dims=[2], weights=i64[2, 2]}\n%t = concatenation(%m, %n, %c)\n";
  expect_unchanged(*pass, with_sizes("-1x-1x4", swapped + "%y = shuffle(%x, %t) {zero_is_placeholder=false}"));
  const std::string product =
      "%c = elementwise(%n, %m) {op=prod}\n%d = constant() {dims=[1], weights=i64[1]}\n"
      "%e = elementwise(%n, %d) {op=prod}\n%t = concatenation(%m, %e)\n";
  expect_unchanged(*pass, with_sizes("-1x-1", product + "%y = shuffle(%x, %t) {zero_is_placeholder=false}"));
  const std::string whole = "%t = concatenation(%n, %m)\n";
  expect_unchanged(*pass, with_sizes("-1x-1", whole + "%w = input() {dims=[-1x-1]}\n%a = elementwise(%x, %w)\n"
                                                      "%y = shuffle(%a, %t) {zero_is_placeholder=false}"));
  expect_unchanged(
      *pass, with_sizes("-1x-1", whole + "%y = shuffle(%x, %t) {first_transpose=[1, 0], zero_is_placeholder=false}"));
}

TEST(AbsorbShapeInputs, TakesTheWholeOfADimension) {
  const std::string shape = "%c = constant() {dims=[1], weights=i64[2]}\n%t = concatenation(%n, %c)\n";
  expect_pass(*pass, with_sizes("-1x4", shape + "%y = slice(%x, _, %t) {start=[0x1], size=[-1x2], stride=[1x1]}"),
              with_sizes("-1x4", shape + "%y = slice(%x) {start=[0x1], size=[-1x2], stride=[1x1]}"));
  // Not from the start; not every element; not the size of that dimension.
  expect_unchanged(
      *pass, with_sizes("-1x4", shape + "%y = slice(%x, _, %t) {start=[1x1], size=[-1x2], stride=[1x1], mode=fill}"));
  expect_unchanged(
      *pass, with_sizes("-1x4", shape + "%y = slice(%x, _, %t) {start=[0x1], size=[-1x2], stride=[-1x1], mode=clamp}"));
  expect_unchanged(*pass, with_sizes("4x-1",
                                     "%c = constant() {dims=[1], weights=i64[2]}\n%t = concatenation(%m, %c)\n"
                                     "%y = slice(%x, _, %t) {start=[0x0], size=[-1x2], stride=[1x1], mode=fill}"));
}

TEST(AbsorbShapeInputs, ReadsKnownSettings) {
  expect_pass(*pass,
              with_sizes("2x4",
                         "%t = constant() {dims=[2], weights=i64[0, 1]}\n"
                         "%y = slice(%x, %t) {start=[0x0], size=[1x2], stride=[1x1]}"),
              with_sizes("2x4",
                         "%t = constant() {dims=[2], weights=i64[0, 1]}\n"
                         "%y = slice(%x) {start=[0x1], size=[1x2], stride=[1x1]}"));
}

TEST(AbsorbShapeInputs, ResizesToKnownOrOwnSizes) {
  const std::string shape = "%c = constant() {dims=[2], weights=i64[3, 4]}\n%t = concatenation(%n, %c)\n";
  expect_pass(*pass, with_sizes("-1x2x2", shape + "%y = resize(%x, %t)"),
              with_sizes("-1x2x2", shape + "%y = resize(%x) {output_dims=[-1x3x4]}"));
  const std::string twice =
      "%d = elementwise(%n, %n)\n%c = constant() {dims=[2], weights=i64[3, 4]}\n%t = concatenation(%d, %c)\n";
  expect_unchanged(*pass, with_sizes("-1x2x2", twice + "%y = resize(%x, %t)"));
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
