#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_fuse_matmul_epilogue();

std::string body(const std::string& layers, const std::string& type = "f32") {
  return "%x = input() {dtype=" + type + ", dims=[-1x3]}\n%w = constant() {dims=[2x3], weights=" + type +
         "[1, 2, 3, 4, 5, 6]}\n"
         "%b = constant() {dims=[2], weights=" +
         type + "[-4, 7]}\n%i = constant() {dims=[2], weights=i32[0, 2]}\n%z = gather(%x, %i) {axis=1}\n" + layers +
         "\nreturn %y";
}

TEST(FuseMatmulEpilogue, TakesBiasResidualAndActivation) {
  expect_pass(*pass,
              body("%a = matrix_multiply(%x, %w) {op1=transpose}\n%c = elementwise(%b, %a)\n%d = elementwise(%c, %z)\n"
                   "%y = activation(%d) {type=gelu_erf}"),
              body("%y = matrix_multiply(%x, %w, %b, %z) {op1=transpose, epilogue=[sum(%b), sum(%z), gelu_erf]}"));
}

TEST(FuseMatmulEpilogue, TheLaterOfTwoTakesTheSum) {
  expect_pass(*pass,
              body("%a = matrix_multiply(%x, %w) {op1=transpose}\n%c = matrix_multiply(%x, %w) {op1=transpose}\n%y = "
                   "elementwise(%a, %c)"),
              body("%a = matrix_multiply(%x, %w) {op1=transpose}\n%y = matrix_multiply(%x, %w, %a) {op1=transpose, "
                   "epilogue=[sum(%a)]}"));
}

TEST(FuseMatmulEpilogue, LeavesOtherReaders) {
  const std::string product = "%a = matrix_multiply(%x, %w) {op1=transpose}\n";
  expect_unchanged(*pass, body(product + "%c = activation(%a)\n%y = elementwise(%a, %c)"));
  expect_unchanged(*pass, body(product + "%y = elementwise(%a, %b) {op=max}"));
  // The constant would enlarge the result, and so might the other operand.
  expect_unchanged(*pass,
                   body(product + "%c = constant() {dims=[2x1x1], weights=f32[1, 2]}\n%y = elementwise(%a, %c)"));
  expect_unchanged(*pass, body(product + "%c = input() {dims=[1x2]}\n%y = elementwise(%a, %c)"));
  // The operand may have one row and the result several, or the other way round.
  expect_unchanged(*pass, body(product + "%c = input() {dims=[-1x2]}\n%y = elementwise(%a, %c)"));
}

// Epilogues compute in floats.
TEST(FuseMatmulEpilogue, LeavesIntegers) {
  expect_unchanged(
      *pass,
      body("%a = matrix_multiply(%x, %w) {op1=transpose}\n%c = elementwise(%a, %b)\n%y = activation(%c)", "i32"));
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
