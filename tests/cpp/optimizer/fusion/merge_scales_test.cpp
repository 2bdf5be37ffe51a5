#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_merge_scales();

std::string with_input(const std::string& layers) { return "%x = input() {dims=[2x2x3]}\n" + layers + "\nreturn %y"; }

TEST(MergeScales, ComposesScales) {
  expect_pass(*pass,
              with_input("%a = scale(%x) {scale=f32[2], shift=f32[1]}\n%y = scale(%a) {scale=f32[4], shift=f32[5]}"),
              with_input("%y = scale(%x) {scale=f32[8], shift=f32[9]}"));
  expect_pass(*pass,
              with_input("%a = scale(%x) {mode=channel, scale=f32[2, 3]}\n%y = scale(%a) {scale=f32[4], shift=f32[5]}"),
              with_input("%y = scale(%x) {mode=channel, scale=f32[8, 12], shift=f32[5, 5]}"));
}

TEST(MergeScales, TakesConstantsAroundAScale) {
  expect_pass(*pass,
              with_input("%c = constant() {dims=[2x1], weights=f32[2, 4]}\n%a = elementwise(%c, %x) {op=prod}\n"
                         "%d = constant() {dims=[], weights=f32[1]}\n%b = elementwise(%a, %d) {op=sub}\n%y = scale(%b) "
                         "{scale=f32[3]}"),
              with_input("%y = scale(%x) {mode=channel, scale=f32[6, 12], shift=f32[-3, -3]}"));
}

TEST(MergeScales, LeavesOthers) {
  for (const char* layers : {
           "%a = scale(%x) {scale=f32[2]}\n%b = scale(%a) {scale=f32[4]}\n%y = elementwise(%a, %b)",
           "%a = scale(%x) {scale=f32[2], power=f32[2]}\n%y = scale(%a) {scale=f32[4]}",
           "%a = scale(%x) {mode=channel, scale=f32[2, 3, 4], channel_axis=2}\n%y = scale(%a) {scale=f32[4]}",
           "%a = unary(%x)\n%y = scale(%a) {scale=f32[4]}",
           // Two constants without a scale layer: other passes handle element-wise layers.
           "%c = constant() {dims=[], weights=f32[2]}\n%a = elementwise(%x, %c) {op=prod}\n%y = elementwise(%a, %c)",
       }) {
    expect_unchanged(*pass, with_input(layers));
  }
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
