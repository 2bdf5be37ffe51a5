#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_merge_shuffles();

std::string with_input(const std::string& dims, const std::string& layers) {
  return "%x = input() {dims=[" + dims + "]}\n" + layers + "\nreturn %y";
}

TEST(MergeShuffles, ComposesTransposes) {
  expect_pass(
      *pass,
      with_input("2x3x4", "%a = shuffle(%x) {first_transpose=[1, 2, 0]}\n%y = shuffle(%a) {first_transpose=[1, 0]}"),
      with_input("2x3x4", "%y = shuffle(%x) {first_transpose=[2, 1, 0]}"));
  expect_pass(*pass,
              with_input("2x3x4",
                         "%a = shuffle(%x) {first_transpose=[1, 2, 0], second_transpose=[0, 2, 1]}\n"
                         "%b = shuffle(%a) {second_transpose=[1, 0]}\n"
                         "%y = shuffle(%b) {first_transpose=[2, 0, 1]}"),
              with_input("2x3x4", "%y = shuffle(%x) {first_transpose=[2, 0, 1]}"));
}

TEST(MergeShuffles, JoinsReshapes) {
  expect_pass(*pass,
              with_input("2x3x4",
                         "%a = shuffle(%x) {has_reshape=true, reshape=[6x4]}\n"
                         "%y = shuffle(%a) {has_reshape=true, reshape=[3x-1]}"),
              with_input("2x3x4", "%y = shuffle(%x) {has_reshape=true, reshape=[3x8], zero_is_placeholder=false}"));
}

// 0 refers to a dimension of the tensor in between, so it is replaced.
TEST(MergeShuffles, ResolvesPlaceholders) {
  expect_pass(*pass,
              with_input("-1x3x4",
                         "%a = shuffle(%x) {has_reshape=true, reshape=[0x12]}\n"
                         "%y = shuffle(%a) {has_reshape=true, reshape=[0x2x6]}"),
              with_input("-1x3x4", "%y = shuffle(%x) {has_reshape=true, reshape=[-1x2x6], zero_is_placeholder=false}"));
  expect_unchanged(*pass, with_input("-1x-1x4",
                                     "%a = shuffle(%x) {has_reshape=true, reshape=[0x0x2x2]}\n"
                                     "%y = shuffle(%a) {has_reshape=true, reshape=[0x0x4]}"));
}

TEST(MergeShuffles, PutsTransposesAroundAReshape) {
  expect_pass(
      *pass,
      with_input("2x3x4",
                 "%a = shuffle(%x) {first_transpose=[1, 0]}\n"
                 "%b = shuffle(%a) {has_reshape=true, reshape=[3x8]}\n"
                 "%y = shuffle(%b) {first_transpose=[1, 0]}"),
      with_input(
          "2x3x4",
          "%y = shuffle(%x) {first_transpose=[1, 0], has_reshape=true, reshape=[3x8], second_transpose=[1, 0]}"));
}

TEST(MergeShuffles, KeepsATransposeBetweenReshapes) {
  expect_unchanged(*pass,
                   with_input("2x6",
                              "%a = shuffle(%x) {has_reshape=true, reshape=[2x2x3], second_transpose=[0, 2, 1]}\n"
                              "%y = shuffle(%a) {has_reshape=true, reshape=[2x6]}"));
}

// The first shuffle stays for its other reader.
TEST(MergeShuffles, SharesTheFirst) {
  expect_pass(*pass,
              "%x = input() {dims=[2x3]}\n%a = shuffle(%x) {first_transpose=[1, 0]}\n"
              "%y = shuffle(%a) {has_reshape=true, reshape=[6]}\nreturn %a, %y",
              "%x = input() {dims=[2x3]}\n%a = shuffle(%x) {first_transpose=[1, 0]}\n"
              "%y = shuffle(%x) {first_transpose=[1, 0], has_reshape=true, reshape=[6]}\n"
              "return %a, %y");
}

TEST(MergeShuffles, KeepsAShapeTensorThatMeansTheSame) {
  const std::string shape = "%s = shape(%x)\n%c = constant() {dims=[2], weights=i64[1, 0]}\n%g = gather(%s, %c)\n";
  expect_pass(*pass,
              with_input("-1x-1", shape + "%a = shuffle(%x) {first_transpose=[1, 0]}\n"
                                          "%y = shuffle(%a, %g) {zero_is_placeholder=false}"),
              with_input("-1x-1", shape + "%y = shuffle(%x, %g) {first_transpose=[1, 0], zero_is_placeholder=false}"));
  expect_pass(*pass,
              with_input("-1x-1", shape + "%a = shuffle(%x, %g) {zero_is_placeholder=false}\n"
                                          "%y = shuffle(%a) {first_transpose=[1, 0]}"),
              with_input("-1x-1", shape + "%y = shuffle(%x, %g) {zero_is_placeholder=false, second_transpose=[1, 0]}"));
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
