#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::LayerType;
using network::TensorFormat;

const auto pass = make_assign_layouts();

PassCheck target(TensorFormat format = TensorFormat::kHWC) {
  PassCheck check;
  check.context.activation_format = format;
  return check;
}

// A convolution that keeps two channels and the spatial dims.
std::string conv(const std::string& output, const std::string& input, const std::string& format = " @hwc") {
  return output + " = convolution(" + input + ") {maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, 4]}" + format + "\n";
}

std::string reorder(const std::string& output, const std::string& input, const std::string& reason,
                    const std::string& format) {
  return output + " = reformat(" + input + ") {reason=\"" + reason + "\"}" + (format == "linear" ? "" : " @" + format) +
         "\n";
}
std::string to_hwc(const std::string& output, const std::string& input, const std::string& kind = "convolution") {
  return reorder(output, input, kind + " runs fastest in hwc", "hwc");
}
std::string from_hwc(const std::string& output, const std::string& input, const std::string& kind) {
  return reorder(output, input, kind + " takes row-major tensors only", "linear");
}
std::string leave(const std::string& output, const std::string& input) {
  return reorder(output, input, "this network output is linear", "linear");
}

const std::string kInput = "%x = input() {dims=[1x2x4x4]}\n";

void expect_layout(const std::string& before, const std::string& after, const PassCheck& check = target()) {
  expect_pass(*pass, kInput + before, kInput + after, check);
}

TEST(AssignLayouts, KeepsOneFormatThroughTheNetwork) {
  expect_layout(conv("%a", "%x", "") + "%b = activation(%a)\n%c = pooling(%b) {window=[2x2]}\n" + conv("%y", "%c", "") +
                    "return %y",
                to_hwc("%0", "%x") + conv("%1", "%0") +
                    "%2 = activation(%1) @hwc\n%3 = pooling(%2) {window=[2x2]} @hwc\n" + conv("%4", "%3") +
                    leave("%y", "%4") + "return %y");
}

TEST(AssignLayouts, LayersBetweenConvolutionsTakeIt) {
  for (const std::string layer : {
           "activation(%1)",
           "unary(%1)",
           "cast(%1) {to=f32}",
           "identity(%1)",
           "scale(%1) {scale=f32[2]}",
           "softmax(%1) {axes=2}",
           "elementwise(%1, %1)",
           "concatenation(%1, %1) {axis=2}",
           "slice(%1) {start=[0x0x0x1], size=[1x2x4x2], stride=[1x1x1x1]}",
           "reduce(%1) {op=avg, axes=12, keep_dims=true}",
           "normalization(%1) {axes=2, has_scale=false, has_bias=false}",
           "resize(%1) {output_dims=[1x2x8x8]}",
       }) {
    std::string before = layer;
    for (size_t i = before.find("%1"); i != std::string::npos; i = before.find("%1")) before.replace(i, 2, "%a");
    expect_layout(conv("%a", "%x", "") + "%b = " + before + "\n" + conv("%y", "%b", "") + "return %y",
                  to_hwc("%0", "%x") + conv("%1", "%0") + "%2 = " + layer + " @hwc\n" + conv("%4", "%2") +
                      leave("%y", "%4") + "return %y");
  }
}

TEST(AssignLayouts, ANetworkWithoutConvolutionsStaysRowMajor) {
  expect_unchanged(
      *pass, kInput + "%a = activation(%x)\n%b = elementwise(%a, %x)\n%y = softmax(%b) {axes=2}\nreturn %y", target());
}

TEST(AssignLayouts, LinearTargetsChangeNothing) {
  expect_unchanged(*pass, kInput + conv("%a", "%x", "") + "%y = activation(%a)\nreturn %y",
                   target(TensorFormat::kLINEAR));
}

TEST(AssignLayouts, ReordersBeforeWhatTakesRowMajorOnly) {
  // One reorder for two readers, and none back for the convolution beside them.
  const std::string shuffles =
      "%b = shuffle(%a) {has_reshape=true, reshape=[1x32]}\n%c = shuffle(%a) {has_reshape=true, reshape=[2x16]}\n";
  expect_layout(
      conv("%a", "%x", "") + shuffles + conv("%y", "%a", "") + "return %b, %c, %y",
      to_hwc("%0", "%x") + conv("%1", "%0") + from_hwc("%2", "%1", "shuffle") +
          "%b = shuffle(%2) {has_reshape=true, reshape=[1x32]}\n%c = shuffle(%2) {has_reshape=true, reshape=[2x16]}\n" +
          conv("%3", "%1") + leave("%y", "%3") + "return %b, %c, %y");
}

TEST(AssignLayouts, AFlattenedVectorNeedsNoReorder) {
  expect_layout(conv("%a", "%x", "") +
                    "%b = reduce(%a) {op=avg, axes=12, keep_dims=true}\n"
                    "%y = shuffle(%b) {has_reshape=true, reshape=[1x2]}\nreturn %y",
                to_hwc("%0", "%x") + conv("%1", "%0") +
                    "%2 = reduce(%1) {op=avg, axes=12, keep_dims=true} @hwc\n"
                    "%y = shuffle(%2) {has_reshape=true, reshape=[1x2]}\nreturn %y");
  // Reduced without keeping dimensions: no channels are left.
  expect_layout(conv("%a", "%x", "") + "%y = reduce(%a) {op=avg, axes=12}\nreturn %y",
                to_hwc("%0", "%x") + conv("%1", "%0") + "%y = reduce(%1) {op=avg, axes=12}\nreturn %y");
  // The channels would become another dimension.
  expect_layout(conv("%a", "%x", "") + "%y = reduce(%a) {op=avg, axes=2}\nreturn %y",
                to_hwc("%0", "%x") + conv("%1", "%0") + from_hwc("%2", "%1", "reduce") +
                    "%y = reduce(%2) {op=avg, axes=2}\nreturn %y");
}

// Transposes between channels first and last move nothing if the memory is already channels last.
TEST(AssignLayouts, TransposesToAndFromChannelsLastAreFree) {
  expect_layout(conv("%a", "%x", "") +
                    "%b = shuffle(%a) {first_transpose=[0, 2, 3, 1]}\n%c = softmax(%b) {axes=8}\n"
                    "%d = shuffle(%c) {first_transpose=[0, 3, 1, 2]}\n" +
                    conv("%y", "%d", "") + "return %y",
                to_hwc("%0", "%x") + conv("%1", "%0") +
                    "%2 = shuffle(%1) {first_transpose=[0, 2, 3, 1]}\n%3 = softmax(%2) {axes=8}\n"
                    "%4 = shuffle(%3) {first_transpose=[0, 3, 1, 2]} @hwc\n" +
                    conv("%5", "%4") + leave("%y", "%5") + "return %y");
}

TEST(AssignLayouts, OtherTransposesAreNot) {
  for (const std::string attributes :
       {"first_transpose=[0, 3, 1, 2]",
        "first_transpose=[0, 2, 3, 1], has_reshape=true, reshape=[1x16x2], second_transpose=[0, 2, 1]"}) {
    expect_layout(conv("%a", "%x", "") + "%y = shuffle(%a) {" + attributes + "}\nreturn %y",
                  to_hwc("%0", "%x") + conv("%1", "%0") + from_hwc("%2", "%1", "shuffle") + "%y = shuffle(%2) {" +
                      attributes + "}\nreturn %y");
  }
}

TEST(AssignLayouts, AResidualIsInTheFormatToo) {
  const std::string kernel = "{maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, 4], epilogue=[sum(%x), relu]}";
  expect_layout("%y = convolution(%x, %x) " + kernel + "\nreturn %y",
                to_hwc("%0", "%x") +
                    "%1 = convolution(%0, %0) {maps=2, kernel_size=[1x1], kernel=f32[1, 2, 3, 4], epilogue=[sum(%0), "
                    "relu]} @hwc\n" +
                    leave("%y", "%1") + "return %y");
}

TEST(AssignLayouts, AComputedKernelStaysRowMajor) {
  const std::string kernel = "%k = input() {dims=[2x2x1x1]}\n";
  const std::string attributes = " {maps=2, kernel_size=[1x1]}";
  expect_layout(kernel + "%y = convolution(%x, %k)" + attributes + "\nreturn %y",
                to_hwc("%0", "%x") + kernel + "%1 = convolution(%0, %k)" + attributes + " @hwc\n" + leave("%y", "%1") +
                    "return %y");
}

TEST(AssignLayouts, BroadcastOperands) {
  // A gate of squeeze and excite; a constant; an operand of lower rank.
  expect_layout(conv("%a", "%x", "") + "%b = reduce(%a) {op=avg, axes=12, keep_dims=true}\n" + conv("%c", "%b", "") +
                    "%d = elementwise(%a, %c) {op=prod}\n%k = constant() {dims=[2x1x1], weights=f32[1, 2]}\n%y = "
                    "elementwise(%d, %k)\nreturn %y",
                to_hwc("%0", "%x") + conv("%1", "%0") + "%2 = reduce(%1) {op=avg, axes=12, keep_dims=true} @hwc\n" +
                    conv("%3", "%2") +
                    "%4 = elementwise(%1, %3) {op=prod} @hwc\n%k = constant() {dims=[2x1x1], weights=f32[1, 2]}\n%5 = "
                    "elementwise(%4, %k) @hwc\n" +
                    leave("%y", "%5") + "return %y");
  expect_layout("%w = input() {dims=[4x4]}\n" + conv("%a", "%x", "") + "%y = elementwise(%a, %w)\nreturn %y",
                to_hwc("%0", "%x") + "%w = input() {dims=[4x4]}\n" + conv("%1", "%0") +
                    from_hwc("%2", "%1", "elementwise") + "%y = elementwise(%2, %w)\nreturn %y");
}

// If the operands differ, the layers behind decide.
TEST(AssignLayouts, PutsTheReorderWhereItEndsSooner) {
  const std::string mixed = conv("%a", "%x", "") + "%b = unary(%x)\n%c = elementwise(%a, %b)\n";
  expect_layout(mixed + conv("%y", "%c", "") + "return %y",
                to_hwc("%0", "%x") + conv("%1", "%0") + "%2 = unary(%x)\n" +
                    reorder("%3", "%2", "elementwise has other operands in hwc", "hwc") +
                    "%4 = elementwise(%1, %3) @hwc\n" + conv("%5", "%4") + leave("%y", "%5") + "return %y");
  expect_layout(mixed + "%y = matrix_multiply(%c, %c)\nreturn %y",
                to_hwc("%0", "%x") + conv("%1", "%0") +
                    reorder("%2", "%1", "elementwise has other operands that are row-major", "linear") +
                    "%3 = unary(%x)\n%4 = elementwise(%2, %3)\n%y = matrix_multiply(%4, %4)\nreturn %y");
}

TEST(AssignLayouts, AShapeNeedsNoReorder) {
  expect_layout(
      conv("%a", "%x", "") + "%y = shape(%a)\n%z = reduce(%a) {op=avg, axes=12}\nreturn %y, %z",
      to_hwc("%0", "%x") + conv("%1", "%0") + "%y = shape(%1)\n%z = reduce(%1) {op=avg, axes=12}\nreturn %y, %z");
}

TEST(AssignLayouts, GathersChannelsInTheFormat) {
  const std::string indices = "%i = constant() {dims=[2], weights=i64[1, 0]}\n";
  expect_layout(conv("%a", "%x", "") + indices + "%b = gather(%a, %i) {axis=1}\n" + conv("%y", "%b", "") + "return %y",
                to_hwc("%0", "%x") + conv("%1", "%0") + indices + "%2 = gather(%1, %i) {axis=1} @hwc\n" +
                    conv("%3", "%2") + leave("%y", "%3") + "return %y");
}

TEST(AssignLayouts, InputsAndOutputsKeepTheFormatTheyWereGiven) {
  const std::string input = "%x = input() {dims=[1x2x4x4]} @hwc\n";
  expect_pass(*pass, input + conv("%a", "%x", "") + "%y = activation(%a) @hwc\nreturn %y",
              input + conv("%a", "%x") + "%y = activation(%a) @hwc\nreturn %y", target());
  // The same if the target has no format of its own.
  expect_pass(*pass, input + "%a = activation(%x)\n%y = unary(%a) @hwc\nreturn %y",
              input + reorder("%0", "%x", "activation takes row-major tensors only", "linear") +
                  "%a = activation(%0)\n%1 = unary(%a)\n" + reorder("%y", "%1", "this network output is hwc", "hwc") +
                  "return %y",
              target(TensorFormat::kLINEAR));
}

TEST(AssignLayouts, AnOutputInTheMiddleLeavesRowMajor) {
  expect_layout(conv("%y", "%x", "") + "%a = activation(%y)\n" + conv("%z", "%a", "") + "return %y, %z",
                to_hwc("%0", "%x") + conv("%1", "%0") + leave("%y", "%1") + "%2 = activation(%1) @hwc\n" +
                    conv("%3", "%2") + leave("%z", "%3") + "return %y, %z");
}

TEST(AssignLayouts, AsksTheTarget) {
  PassCheck check = target();
  check.context.takes_format = [](const network::ILayer& layer, TensorFormat) {
    return layer.getType() != LayerType::kPOOLING;
  };
  expect_layout(conv("%a", "%x", "") + "%b = pooling(%a) {window=[2x2]}\n" + conv("%y", "%b", "") + "return %y",
                to_hwc("%0", "%x") + conv("%1", "%0") + from_hwc("%2", "%1", "pooling") +
                    "%3 = pooling(%2) {window=[2x2]}\n" + to_hwc("%4", "%3") + conv("%5", "%4") + leave("%y", "%5") +
                    "return %y",
                check);
}

TEST(AssignLayouts, OneAndThreeDimensionalConvolutions) {
  expect_pass(
      *pass, "%x = input() {dims=[1x1x4]}\n%y = convolution(%x) {maps=1, kernel_size=[2], kernel=f32[1, 2]}\nreturn %y",
      "%x = input() {dims=[1x1x4]}\n" + to_hwc("%0", "%x") +
          "%1 = convolution(%0) {maps=1, kernel_size=[2], kernel=f32[1, 2]} @hwc\n" + leave("%y", "%1") + "return %y",
      target());
  // Pooling without a batch has its channels in another dimension.
  expect_unchanged(*pass, "%x = input() {dims=[2x4x4]}\n%y = pooling(%x) {window=[2x2]}\nreturn %y", target());
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
