#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_common_subexpressions();

TEST(CommonSubexpressions, MergesEqualLayersAndTheirReaders) {
  expect_pass(*pass,
              "%x = input() {dims=[2]}\n%a = constant() {dims=[2], weights=f32[1, 2]}\n%b = constant() {dims=[2], "
              "weights=f32[1, 2]}\n"
              "%c = elementwise(%x, %a)\n%d = elementwise(%x, %b)\n%y = elementwise(%c, %d) {op=prod}\nreturn %y",
              "%x = input() {dims=[2]}\n%a = constant() {dims=[2], weights=f32[1, 2]}\n%c = elementwise(%x, %a)\n"
              "%y = elementwise(%c, %c) {op=prod}\nreturn %y");
}

TEST(CommonSubexpressions, KeepsWhatDiffers) {
  // They differ in weights, attributes, order of inputs, formats, names of outputs.
  expect_unchanged(*pass,
                   "%x = input() {dims=[2]}\n%a = constant() {dims=[2], weights=f32[1, 2]}\n"
                   "%b = constant() {dims=[2], weights=f32[1, 3]}\n%c = constant() {dims=[1x2], weights=f32[1, 2]}\n"
                   "%d = elementwise(%a, %b)\n%e = elementwise(%d, %c)\n%y = elementwise(%e, %x)\nreturn %y");
  expect_unchanged(
      *pass,
      "%x = input() {dims=[2]}\n%a = unary(%x) {op=sin}\n%b = unary(%x) {op=cos}\n"
      "%c = elementwise(%a, %b) {op=sub}\n%d = elementwise(%b, %a) {op=sub}\n%y = elementwise(%c, %d)\nreturn %y");
  expect_unchanged(
      *pass, "%x = input() {dims=[1x1x2]}\n%a = unary(%x)\n%b = unary(%x) @hwc\n%y = elementwise(%a, %b)\nreturn %y");
  expect_unchanged(*pass, "%x = input() {dims=[2]}\n%y = unary(%x)\n%z = unary(%x)\nreturn %y, %z");
  expect_unchanged(*pass, "%x = input() {dims=[2]}\n%w = input() {dims=[2]}\n%y = elementwise(%x, %w)\nreturn %y");
}

TEST(CommonSubexpressions, AnOutputMayStandForAnInnerTensor) {
  expect_pass(*pass, "%x = input() {dims=[2]}\n%a = unary(%x)\n%y = unary(%x)\n%z = unary(%a) {op=abs}\nreturn %y, %z",
              "%x = input() {dims=[2]}\n%y = unary(%x)\n%z = unary(%y) {op=abs}\nreturn %y, %z");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
