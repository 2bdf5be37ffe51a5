#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_constant_folding();

TEST(ConstantFolding, ComputesChainsOfConstants) {
  expect_pass(*pass,
              "%x = input() {dims=[2x2]}\n%a = constant() {dims=[2], weights=f32[1, 4]}\n%b = unary(%a) {op=sqrt}\n"
              "%c = shuffle(%b) {has_reshape=true, reshape=[2x1]}\n%d = elementwise(%c, %b) {op=prod}\n"
              "%y = elementwise(%x, %d)\nreturn %y",
              "%x = input() {dims=[2x2]}\n%0 = constant() {dims=[2x2], weights=f32[1, 2, 2, 4]}\n"
              "%y = elementwise(%x, %0)\nreturn %y");
}

TEST(ConstantFolding, FoldsShapeArithmetic) {
  expect_pass(*pass,
              "%x = input() {dims=[2x3x4]}\n%s = shape(%x)\n%i = constant() {dims=[2], weights=i32[2, 0]}\n"
              "%y = gather(%s, %i)\n%z = unary(%x) {op=abs}\nreturn %y, %z",
              "%x = input() {dims=[2x3x4]}\n%y = constant() {dims=[2], weights=i64[4, 2]}\n%z = unary(%x) {op=abs}\n"
              "return %y, %z");
}

TEST(ConstantFolding, FoldsTheKnownPartOfADynamicShape) {
  expect_pass(*pass,
              "%x = input() {dims=[-1x3]}\n%s = shape(%x)\n%i = constant() {dims=[1], weights=i64[1]}\n"
              "%j = constant() {dims=[1], weights=i64[0]}\n%y = gather(%s, %i)\n%z = gather(%s, %j)\nreturn %y, %z",
              "%x = input() {dims=[-1x3]}\n%s = shape(%x)\n%j = constant() {dims=[1], weights=i64[0]}\n"
              "%y = constant() {dims=[1], weights=i64[3]}\n%z = gather(%s, %j)\nreturn %y, %z");
}

TEST(ConstantFolding, LeavesWhatReadsAnInput) {
  expect_unchanged(*pass,
                   "%x = input() {dims=[2]}\n%a = constant() {dims=[2], weights=f32[1, 4]}\n"
                   "%y = elementwise(%x, %a)\nreturn %y");
}

// One megabyte is always folded; four made from a constant of a few bytes are not.
TEST(ConstantFolding, LeavesSmallConstantsSmall) {
  const auto text = [](const std::string& size) {
    return "%x = input() {dims=[1]}\n%a = constant() {dims=[1x2], weights=f32[1, 4]}\n"
           "%b = slice(%a) {start=[0x0], size=[" +
           size + "x2], stride=[0x1]}\n%y = unary(%b)\n%z = unary(%x)\nreturn %y, %z";
  };
  expect_unchanged(*pass, text("400000"));
  EXPECT_EQ(expect_same_results(*pass, text("100")).find("slice"), std::string::npos);
}

TEST(ConstantFolding, LeavesDivisionByZeroToRunTime) {
  const std::string text =
      "%x = input() {dims=[100]}\n%a = constant() {dims=[1], weights=i64[3]}\n%b = constant() {dims=[1], "
      "weights=i64[0]}\n"
      "%y = elementwise(%a, %b) {op=floor_div}\n%z = unary(%x)\nreturn %y, %z";
  const auto network = network_of(text);
  EXPECT_FALSE(pass->run(*network, {}));
}

TEST(ConstantFolding, LeavesWhatTheHostCannotCompute) {
  expect_unchanged(*pass,
                   "%x = input() {dims=[1x1]}\n%a = constant() {dims=[1x1], weights=f32[3]}\n"
                   "%y = matrix_multiply(%a, %a)\n%z = unary(%x)\nreturn %y, %z");
}

TEST(ConstantFolding, KeepsQuantizedConstantsWhenAsked) {
  const std::string head = "%x = input() {dims=[2]}\n";
  const std::string scale = "%s = constant() {dims=[], weights=f32[0.5]}\n";
  const std::string dequantized =
      "%d = dequantize(%q, %s) {to=f32, axis=-1, zero=0}\n%y = elementwise(%x, %d) {op=sum}\nreturn %y";
  const std::string body = head + "%w = constant() {dims=[2], weights=f32[1, -2]}\n" + scale +
                           "%q = quantize(%w, %s) {to=i8, axis=-1, zero=0, low=-128, high=127}\n" + dequantized;
  PassCheck check;
  check.context.quantized_constants = QuantizedConstants::kStay;
  expect_unchanged(*make_constant_folding(), body, check);
  check.context.quantized_constants = QuantizedConstants::kStoreBytes;
  expect_pass(*make_constant_folding(), body,
              head + scale + "%q = constant() {dims=[2], weights=i8\"Avw=\"}\n" + dequantized, check);
  expect_pass(*make_constant_folding(), body,
              head + "%d = constant() {dims=[2], weights=f32[1, -2]}\n%y = elementwise(%x, %d) {op=sum}\nreturn %y");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
