#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_share_transposed_constants();
const std::string kInputs = "%x = input() {dims=[4x3]}\n%w = input() {dims=[2x3]}\n";
const std::string kMatrix = " = constant() {dims=[2x3], weights=f32[1, 2, 3, 4, 5, 6]}\n";
const std::string kTranspose = " = constant() {dims=[3x2], weights=f32[1, 4, 2, 5, 3, 6]}\n";

TEST(ShareTransposedConstants, ProductsReadTheMatrixOfAnotherReader) {
  const std::string sum = "%z = elementwise(%a, %w)\n";
  expect_pass(*pass, kInputs + "%a" + kMatrix + sum + "%b" + kTranspose + "%y = matrix_multiply(%x, %b)\nreturn %z, %y",
              kInputs + "%a" + kMatrix + sum + "%y = matrix_multiply(%x, %a) {op1=transpose}\nreturn %z, %y");
  expect_pass(*pass, kInputs + "%b" + kTranspose + "%y = matrix_multiply(%x, %b)\n%a" + kMatrix + sum + "return %z, %y",
              kInputs + "%a" + kMatrix + "%y = matrix_multiply(%x, %a) {op1=transpose}\n" + sum + "return %z, %y");
}

TEST(ShareTransposedConstants, TwoProductsShare) {
  expect_pass(*pass,
              kInputs + "%a" + kMatrix + "%b" + kTranspose +
                  "%y = matrix_multiply(%x, %a) {op1=transpose}\n%z = matrix_multiply(%b, %x) {op0=transpose, "
                  "op1=transpose}\nreturn %y, %z",
              kInputs + "%a" + kMatrix +
                  "%y = matrix_multiply(%x, %a) {op1=transpose}\n%z = matrix_multiply(%a, %x) {op1=transpose}\nreturn "
                  "%y, %z");
}

TEST(ShareTransposedConstants, LeavesOthers) {
  const std::string products = "%y = matrix_multiply(%x, %a) {op1=transpose}\n%z = matrix_multiply(%x, %b)\n";
  const std::string other = " = constant() {dims=[3x2], weights=f32[1, 4, 2, 5, 3, 7]}\n";
  expect_unchanged(*pass, kInputs + "%a" + kMatrix + "%b" + other + products + "return %y, %z");
  // Both constants are read without a transpose.
  const std::string sums = "%y = elementwise(%a, %a)\n%z = elementwise(%b, %b)\n";
  expect_unchanged(*pass, kInputs + "%a" + kMatrix + "%b" + kTranspose + sums + "return %y, %z");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
