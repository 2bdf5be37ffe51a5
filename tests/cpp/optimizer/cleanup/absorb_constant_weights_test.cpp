#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_absorb_constant_weights();
const std::string kHead =
    "%x = input() {dims=[1x1x3x3]}\n%k = constant() {dims=[2x1x2x2], weights=f32[1, 2, 3, 4, 5, 6, 7, 8]}\n"
    "%b = constant() {dims=[2], weights=f32[-1, 1]}\n";

TEST(AbsorbConstantWeights, MakesConstantInputsWeights) {
  const std::string weights = "kernel=f32[1, 2, 3, 4, 5, 6, 7, 8]";
  expect_pass(*pass, kHead + "%y = convolution(%x, %k, %b) {maps=2, kernel_size=[2x2]}\nreturn %y",
              kHead + "%y = convolution(%x) {maps=2, kernel_size=[2x2], " + weights + ", bias=f32[-1, 1]}\nreturn %y");
  expect_pass(*pass, kHead + "%y = convolution(%x, _, %b) {maps=2, kernel_size=[2x2], " + weights + "}\nreturn %y",
              kHead + "%y = convolution(%x) {maps=2, kernel_size=[2x2], " + weights + ", bias=f32[-1, 1]}\nreturn %y");
}

TEST(AbsorbConstantWeights, LeavesComputedWeights) {
  expect_unchanged(
      *pass,
      "%x = input() {dims=[1x1x3x3]}\n%k = input() {dims=[1x1x2x2]}\n%b = constant() {dims=[1], weights=f32[2]}\n"
      "%y = convolution(%x, %k, %b) {maps=1, kernel_size=[2x2]}\nreturn %y");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
