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
  // The later convolution has another reader.
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

// A tensor that always has the result's dims is a residual, even if the sizes are unknown.
TEST(FuseConvolutionEpilogue, FollowsUnknownSizesToTheirOrigin) {
  const auto picture = [](const std::string& layers) {
    return "%x = input() {dims=[-1x2x-1x-1]}\n" + layers + "return %y";
  };
  const std::string wide =
      "maps=2, kernel_size=[3x3], pre_padding=[1x1], post_padding=[1x1], kernel=" + random_weights(36, 1);
  const auto layer = [](const std::string& output, const std::string& inputs, const std::string& attributes) {
    return output + " = convolution(" + inputs + ") {" + attributes + "}\n";
  };
  const std::string sum = "%y = elementwise(%a, %b)\n";
  // The input itself is the residual of a convolution that keeps the size.
  expect_pass(*pass, picture(layer("%a", "%x", wide) + "%y = elementwise(%a, %x)\n"),
              picture(layer("%y", "%x, %x", wide + ", epilogue=[sum(%x)]")));
  // Both have a stride of 2, with windows of different sizes.
  const std::string step = ", stride=[2x2]";
  const std::string first = layer("%b", "%x", kKernel + step);
  expect_pass(*pass, picture(first + layer("%a", "%x", wide + step) + sum),
              picture(first + layer("%y", "%x, %b", wide + step + ", epilogue=[sum(%b)]")));
  const std::string pooled = "%b = pooling(%x) {window=[2x2], stride=[2x2]}\n";
  const std::string narrow = "maps=2, kernel_size=[2x2], kernel=" + random_weights(16, 2);
  expect_pass(*pass, picture(pooled + layer("%a", "%x", narrow + step) + sum),
              picture(pooled + layer("%y", "%x, %b", narrow + step + ", epilogue=[sum(%b)]")));
  for (const std::string& other : std::vector<std::string>{
           "%b = input() {dims=[-1x2x-1x-1]}\n",               // of unrelated sizes
           layer("%b", "%x", kKernel),                         // without the stride
           "%b = pooling(%x) {window=[1x1], stride=[2x2]}\n",  // one more if the size is odd
           "%b = pooling(%x) {window=[2x2], stride=[2x2], padding_mode=explicit_round_up}\n",
       }) {
    expect_unchanged(*pass, picture(other + layer("%a", "%x", narrow + step) + sum));
  }
}

TEST(FuseConvolutionEpilogue, EndsAtFourOperations) {
  expect_pass(*pass,
              body(conv("%a", "%x", "relu, relu, relu") +
                   "%b = activation(%a) {type=tanh}\n%y = activation(%b) {type=sigmoid}\n"),
              body(conv("%a", "%x", "relu, relu, relu, tanh") + "%y = activation(%a) {type=sigmoid}\n"));
}

// A chain that the target does not run stays unchanged, in its order.
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
