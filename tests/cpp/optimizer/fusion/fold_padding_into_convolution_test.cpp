#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_fold_padding_into_convolution();
const std::string kKernel = "maps=1, kernel_size=[2x2], kernel=f32[1, 2, 3, 4]";

std::string body(const std::string& slice, const std::string& convolution, const std::string& dims = "1x1x3x3") {
  return "%x = input() {dims=[" + dims + "]}\n" + slice + "\n" + convolution + "\nreturn %y";
}

TEST(FoldPaddingIntoConvolution, AddsToThePadding) {
  const std::string slice = "%a = slice(%x) {start=[0x0x-1x0], size=[1x1x5x5], stride=[1x1x1x1], mode=fill}";
  expect_pass(*pass, body(slice, "%y = convolution(%a) {" + kKernel + "}"),
              body("", "%y = convolution(%x) {" + kKernel + ", pre_padding=[1x0], post_padding=[1x2]}"));
  expect_pass(
      *pass, body(slice, "%y = convolution(%a) {" + kKernel + ", pre_padding=[1x2], post_padding=[0x1], stride=[2x1]}"),
      body("", "%y = convolution(%x) {" + kKernel + ", stride=[2x1], pre_padding=[2x2], post_padding=[1x3]}"));
}

TEST(FoldPaddingIntoConvolution, TakesOnePaddingAfterAnother) {
  const std::string slices =
      "%b = slice(%x) {start=[0x0x-1x0], size=[1x1x5x5], stride=[1x1x1x1], mode=fill}\n"
      "%a = slice(%b) {start=[0x0x0x-1], size=[1x1x5x6], stride=[1x1x1x1], mode=fill}";
  expect_pass(*pass, body(slices, "%y = convolution(%a) {" + kKernel + "}"),
              body("", "%y = convolution(%x) {" + kKernel + ", pre_padding=[1x1], post_padding=[1x2]}"));
}

TEST(FoldPaddingIntoConvolution, TakesAnUnknownBatch) {
  expect_pass(*pass,
              body("%a = slice(%x) {start=[0x0x-1x-1], size=[-1x1x5x4], stride=[1x1x1x1], mode=fill}",
                   "%y = convolution(%a) {" + kKernel + "}", "-1x1x3x3"),
              body("", "%y = convolution(%x) {" + kKernel + ", pre_padding=[1x1], post_padding=[1x0]}", "-1x1x3x3"));
}

TEST(FoldPaddingIntoConvolution, LeavesOtherSlices) {
  const std::string conv = "%y = convolution(%a) {" + kKernel + "}";
  for (const char* slice : {
           "%a = slice(%x) {start=[0x0x-1x-1], size=[1x1x5x5], stride=[1x1x1x1], mode=fill, fill_value=1}",
           "%a = slice(%x) {start=[0x0x-1x-1], size=[1x1x5x5], stride=[1x1x1x1], mode=reflect}",
           "%a = slice(%x) {start=[0x0x1x0], size=[1x1x2x3], stride=[1x1x1x1], mode=fill}",
           "%a = slice(%x) {start=[0x0x0x0], size=[1x1x2x3], stride=[1x1x1x1], mode=fill}",
           "%a = slice(%x) {start=[0x0x-1x-1], size=[1x1x3x3], stride=[1x1x2x2], mode=fill}",
           "%a = slice(%x) {start=[-1x0x0x0], size=[2x1x3x3], stride=[1x1x1x1], mode=fill}",
       }) {
    expect_unchanged(*pass, body(slice, conv));
  }
  const std::string slice = "%a = slice(%x) {start=[0x0x-1x-1], size=[1x1x5x5], stride=[1x1x1x1], mode=fill}";
  expect_unchanged(*pass, body(slice, "%y = convolution(%a) {" + kKernel + ", padding_mode=same_upper}"));
  expect_unchanged(*pass, body(slice, "%y = deconvolution(%a) {" + kKernel + "}"));
  expect_unchanged(*pass, body(slice, "%y = pooling(%a) {type=average, window=[2x2]}"));
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
