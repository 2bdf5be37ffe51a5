#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_lower_scales();

std::string with_input(const std::string& layers) { return "%x = input() {dims=[2x2x3]}\n" + layers + "\nreturn %y"; }

TEST(LowerScales, MakesAProductWithASumBehindIt) {
  expect_pass(*pass, with_input("%y = scale(%x) {mode=channel, scale=f32[2, 3], shift=f32[4, 5], name=\"bn\"}"),
              with_input("%0 = constant() {dims=[1x2x1], weights=f32[2, 3], name=\"bn\"}\n"
                         "%1 = constant() {dims=[1x2x1], weights=f32[4, 5], name=\"bn\"}\n"
                         "%y = elementwise(%x, %0, %1) {op=prod, epilogue=[sum(%1)], name=\"bn\"}"));
  expect_pass(*pass, with_input("%y = scale(%x) {shift=f32[4]}"),
              with_input("%0 = constant() {dims=[1x1x1], weights=f32[4]}\n%y = elementwise(%x, %0)"));
  expect_pass(*pass, with_input("%y = scale(%x) {mode=channel, scale=f32[2, 3, 4], channel_axis=2}"),
              with_input("%0 = constant() {dims=[1x1x3], weights=f32[2, 3, 4]}\n%y = elementwise(%x, %0) {op=prod}"));
}

TEST(LowerScales, LeavesWhatElementwiseCannotSay) {
  expect_unchanged(*pass, with_input("%y = scale(%x) {scale=f32[2], power=f32[3]}"));
  expect_unchanged(*pass, with_input("%y = scale(%x) {mode=elementwise, scale=f32[1, 2, 3, 4, 5, 6]}"));
  expect_unchanged(*pass, "%x = input() {dtype=f16, dims=[2x2]}\n%y = scale(%x) {scale=f32[2]}\nreturn %y");
}

TEST(LowerScales, AsksTheTarget) {
  PassCheck check;
  check.context.can_run = [](const network::ILayer& layer) { return layer.epilogue().empty(); };
  expect_unchanged(*pass, with_input("%y = scale(%x) {scale=f32[2], shift=f32[3]}"), check);
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
