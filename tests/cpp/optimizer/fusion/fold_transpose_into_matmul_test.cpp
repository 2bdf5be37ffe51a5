#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_fold_transpose_into_matmul();

std::string body(const std::string& layers) {
  return "%x = input() {dims=[2x3x4]}\n%w = constant() {dims=[2x4], weights=f32[1, 2, 3, 4, 5, 6, 7, 8]}\n" + layers +
         "\nreturn %y";
}

TEST(FoldTransposeIntoMatmul, TransposesInTheProduct) {
  expect_pass(*pass, body("%t = shuffle(%w) {first_transpose=[1, 0]}\n%y = matrix_multiply(%x, %t)"),
              body("%y = matrix_multiply(%x, %w) {op1=transpose}"));
  expect_pass(*pass,
              body("%t = shuffle(%x) {second_transpose=[0, 2, 1]}\n%u = shuffle(%t) {first_transpose=[0, 2, 1]}\n"
                   "%y = matrix_multiply(%t, %u) {op0=transpose, op1=transpose}"),
              body("%y = matrix_multiply(%x, %x) {op1=transpose}"));
}

TEST(FoldTransposeIntoMatmul, LeavesOtherShuffles) {
  for (const char* layers : {
           "%t = shuffle(%x) {first_transpose=[1, 0, 2]}\n%y = matrix_multiply(%t, %w) {op1=transpose}",
           "%t = shuffle(%w) {has_reshape=true, reshape=[4x2]}\n%y = matrix_multiply(%x, %t)",
           "%t = shuffle(%w) {first_transpose=[1, 0], has_reshape=true, reshape=[4x2]}\n%y = matrix_multiply(%x, %t)",
           "%t = shuffle(%x) {first_transpose=[0, 2, 1]}\n%v = constant() {dims=[3], weights=f32[1, 2, 3]}\n"
           "%y = matrix_multiply(%t, %v) {op0=vector, op1=vector}",
       }) {
    expect_unchanged(*pass, body(layers));
  }
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
