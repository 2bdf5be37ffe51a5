#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_fuse_elementwise_activation();

std::string body(const std::string& layers, const std::string& type = "f32") {
  return "%x = input() {dtype=" + type + ", dims=[2x3]}\n%z = input() {dtype=" + type + ", dims=[2x1]}\n" + layers +
         "\nreturn %y";
}

TEST(FuseElementwiseActivation, TakesActivations) {
  for (const std::string op : {"sum", "prod", "sub", "div"}) {
    expect_pass(
        *pass,
        body("%a = elementwise(%x, %z) {op=" + op + "}\n%b = activation(%a)\n%y = activation(%b) {type=clip, beta=6}"),
        body("%y = elementwise(%x, %z) {op=" + op + ", epilogue=[relu, clip(0, 6)]}"));
  }
}

// The gate of a squeeze-and-excite block broadcasts.
TEST(FuseElementwiseActivation, TakesTheActivationBehindAGate) {
  expect_pass(*pass,
              body("%s = activation(%z) {type=sigmoid}\n%a = elementwise(%x, %s) {op=prod}\n%y = activation(%a)"),
              body("%s = activation(%z) {type=sigmoid}\n%y = elementwise(%x, %s) {op=prod, epilogue=[relu]}"));
}

TEST(FuseElementwiseActivation, LeavesOtherReaders) {
  expect_unchanged(*pass, body("%a = elementwise(%x, %z) {op=pow}\n%y = activation(%a)"));
  expect_unchanged(*pass, body("%a = elementwise(%x, %z)\n%y = elementwise(%a, %x)"));
  expect_unchanged(*pass, body("%a = elementwise(%x, %z)\n%b = activation(%a)\n%y = elementwise(%a, %b)"));
  expect_unchanged(*pass, body("%a = elementwise(%x, %z)\n%y = activation(%a)", "i64"));
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
