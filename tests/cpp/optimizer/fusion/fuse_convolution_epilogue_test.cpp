#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_fuse_convolution_epilogue();
const std::string kKernel = "maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, 4], bias=f32[-1, 1]";
const std::string kOther = "maps=2, kernel_size=[1x1], kernel=f32[4, 3, 2, 1], bias=f32[-1, 0]";

std::string conv(const std::string& output, const std::string& inputs = "%x", const std::string& epilogue = "",
                 const std::string& weights = kKernel) {
  return output + " = convolution(" + inputs + ") {" + weights +
         (epilogue.empty() ? "" : ", epilogue=[" + epilogue + "]") + "}\n";
}

std::string body(const std::string& layers, const std::string& outputs = "%y") {
  return "%x = input() {dims=[1x2x3x3]}\n%z = input() {dims=[1x2x3x3]}\n" + layers + "return " + outputs;
}

TEST(FuseConvolutionEpilogue, TakesActivations) {
  expect_pass(*pass, body(conv("%a") + "%y = activation(%a) {type=leaky_relu, alpha=0.1}\n"),
              body(conv("%y", "%x", "leaky_relu(0.1, 0)")));
  expect_pass(*pass, body("%a = deconvolution(%x) {" + kKernel + "}\n%y = activation(%a)\n"),
              body("%y = deconvolution(%x) {" + kKernel + ", epilogue=[relu]}\n"));
}

TEST(FuseConvolutionEpilogue, TakesAResidualAndWhatFollows) {
  expect_pass(*pass, body(conv("%a") + "%b = elementwise(%z, %a)\n%y = activation(%b)\n"),
              body(conv("%y", "%x, %z", "sum(%z), relu")));
  expect_pass(*pass, body(conv("%a") + "%b = activation(%a) {type=sigmoid}\n%y = elementwise(%b, %z) {op=prod}\n"),
              body(conv("%y", "%x, %z", "sigmoid, prod(%z)")));
  // The residual is the convolution's own input.
  expect_pass(*pass, body(conv("%a") + "%y = elementwise(%a, %x)\n"), body(conv("%y", "%x, %x", "sum(%x)")));
}

TEST(FuseConvolutionEpilogue, MovesBehindTheResidual) {
  expect_pass(*pass,
              body(conv("%a") +
                   "%b = unary(%z)\n%c = unary(%b)\n%d = elementwise(%a, %b)\n%y = elementwise(%d, %c) {op=sub}\n"),
              body("%b = unary(%z)\n" + conv("%a", "%x, %b", "sum(%b)") +
                   "%c = unary(%b)\n%y = elementwise(%a, %c) {op=sub}\n"));
}

TEST(FuseConvolutionEpilogue, TheLaterOfTwoTakesTheSum) {
  expect_pass(*pass,
              body(conv("%a") + conv("%b", "%z", "", kOther) + "%c = elementwise(%b, %a)\n%y = activation(%c)\n"),
              body(conv("%a") + conv("%y", "%z, %a", "sum(%a), relu", kOther)));
  expect_pass(*pass, body(conv("%a") + conv("%b", "%z", "", kOther) + "%y = elementwise(%a, %b)\n"),
              body(conv("%a") + conv("%y", "%z, %a", "sum(%a)", kOther)));
  // The later one has another reader.
  expect_pass(*pass, body(conv("%a") + conv("%b", "%z", "", kOther) + "%y = elementwise(%a, %b)\n", "%y, %b"),
              body(conv("%b", "%z", "", kOther) + conv("%y", "%x, %b", "sum(%b)"), "%y, %b"));
}

TEST(FuseConvolutionEpilogue, TakesConstantsThatAreBroadcast) {
  expect_pass(*pass,
              body(conv("%a") + "%c = constant() {dims=[3x1], weights=f32[1, 2, 3]}\n%y = elementwise(%a, %c)\n"),
              body("%c = constant() {dims=[3x1], weights=f32[1, 2, 3]}\n" + conv("%y", "%x, %c", "sum(%c)")));
}

TEST(FuseConvolutionEpilogue, LeavesOtherReaders) {
  for (const std::string& layers : {
           conv("%a") + "%b = activation(%a)\n%y = elementwise(%a, %b)\n",
           conv("%a") + "%y = elementwise(%a, %a)\n",
           conv("%a") + "%y = elementwise(%a, %z) {op=max}\n",
           conv("%a") + "%b = reduce(%z) {op=avg, axes=12, keep_dims=true}\n%y = elementwise(%a, %b) {op=prod}\n",
           conv("%a") + "%w = input() {dims=[4x2x3x3]}\n%y = elementwise(%a, %w)\n",
           conv("%a") + "%c = constant() {dims=[2x1x1x1], weights=f32[1, 2]}\n%y = elementwise(%a, %c)\n",
           conv("%a") + "%y = unary(%a)\n",
           conv("%a") + "%y = elementwise(%a, %z) {epilogue=[relu]}\n",
       }) {
    expect_unchanged(*pass, body(layers));
  }
  expect_unchanged(*pass, body(conv("%a") + "%y = activation(%a)\n", "%a, %y"));
}

TEST(FuseConvolutionEpilogue, EndsAtFourOperations) {
  expect_pass(*pass,
              body(conv("%a", "%x", "relu, relu, relu") +
                   "%b = activation(%a) {type=tanh}\n%y = activation(%b) {type=sigmoid}\n"),
              body(conv("%a", "%x", "relu, relu, relu, tanh") + "%y = activation(%a) {type=sigmoid}\n"));
}

// What the target does not run stays as it was, order and all.
TEST(FuseConvolutionEpilogue, AsksTheTarget) {
  PassCheck check;
  check.context.can_run = [](const network::ILayer& layer) { return layer.getNbInputs() == 1; };
  expect_unchanged(*pass,
                   body(conv("%a") + "%b = unary(%z)\n%c = unary(%b)\n%d = elementwise(%a, %c)\n%y = activation(%d)\n"),
                   check);
  expect_pass(*pass, body(conv("%a") + "%b = activation(%a)\n%y = elementwise(%b, %z)\n"),
              body(conv("%a", "%x", "relu") + "%y = elementwise(%a, %z)\n"), check);
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
