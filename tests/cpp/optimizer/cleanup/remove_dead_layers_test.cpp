#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_remove_dead_layers();

TEST(RemoveDeadLayers, TakesAllThatOnlyTheDeadNeeded) {
  expect_pass(*pass,
              "%x = input() {dims=[2]}\n%w = input() {dims=[2]}\n%a = constant() {dims=[2], weights=f32[1, 2]}\n"
              "%b = elementwise(%w, %a)\n%c = unary(%b)\n%y = unary(%x)\nreturn %y",
              "%x = input() {dims=[2]}\n%w = input() {dims=[2]}\n%y = unary(%x)\nreturn %y");
}

TEST(RemoveDeadLayers, KeepsWhatIsReadOrLeaves) {
  expect_unchanged(*pass, "%x = input() {dims=[2]}\n%a = unary(%x)\n%y = unary(%a)\nreturn %y, %a");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
