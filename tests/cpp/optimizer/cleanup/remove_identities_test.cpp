#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_remove_identities();

// The layer stands between x (f32[2x3]) and y.
std::string between(const std::string& layer) {
  return "%x = input() {dims=[2x3]}\n%t = unary(%x) {op=sin}\n" + layer + "\n%y = unary(%u) {op=cos}\nreturn %y";
}

TEST(RemoveIdentities, TakesOutWhatDoesNothing) {
  for (const char* layer : {
           "%u = identity(%t)",
           "%u = cast(%t) {to=f32}",
           "%u = shuffle(%t)",
           "%u = shuffle(%t) {first_transpose=[1, 0], second_transpose=[1, 0]}",
           "%u = shuffle(%t) {has_reshape=true, reshape=[2x3]}",
           "%u = shuffle(%t) {has_reshape=true, reshape=[0x-1]}",
           "%u = slice(%t) {start=[0x0], size=[2x3], stride=[1x1]}",
           "%u = slice(%t) {start=[0x0], size=[-1x3], stride=[1x1], mode=fill}",
           "%u = concatenation(%t) {axis=1}",
           "%u = reduce(%t) {op=max, keep_dims=true}",
           "%c = constant() {dims=[], weights=f32[0]}\n%u = elementwise(%t, %c)",
           "%c = constant() {dims=[3], weights=f32[1, 1, 1]}\n%u = elementwise(%t, %c) {op=prod}",
           "%c = constant() {dims=[1x1], weights=f32[1]}\n%u = elementwise(%t, %c) {op=div}",
           "%c = constant() {dims=[1], weights=f32[-0]}\n%u = elementwise(%t, %c) {op=sub}",
       }) {
    expect_pass(*pass, between(layer),
                "%x = input() {dims=[2x3]}\n%t = unary(%x) {op=sin}\n%y = unary(%t) {op=cos}\nreturn %y");
  }
}

TEST(RemoveIdentities, LeavesConstantsWhoseElementsAreGoingToChange) {
  const auto careful = make_remove_identities(Elements::kChange);
  for (const char* layer : {"%c = constant() {dims=[], weights=f32[0]}\n%u = elementwise(%t, %c)",
                            "%c = constant() {dims=[3], weights=f32[1, 1, 1]}\n%u = elementwise(%t, %c) {op=prod}"}) {
    expect_unchanged(*careful, between(layer));
  }
  expect_pass(*careful, between("%u = identity(%t)"),
              "%x = input() {dims=[2x3]}\n%t = unary(%x) {op=sin}\n%y = unary(%t) {op=cos}\nreturn %y");
}

TEST(RemoveIdentities, LeavesWhatDoesSomething) {
  for (const char* layer : {
           "%u = shuffle(%t) {first_transpose=[1, 0]}",
           "%u = shuffle(%t) {first_transpose=[1, 0], has_reshape=true, reshape=[2x3]}",
           "%u = shuffle(%t) {has_reshape=true, reshape=[3x2]}",
           "%u = shuffle(%t) {has_reshape=true, reshape=[2x3x1]}",
           "%u = slice(%t) {start=[0x1], size=[2x2], stride=[1x1]}",
           "%u = slice(%t) {start=[1x0], size=[2x3], stride=[-1x1]}",
           "%u = slice(%t) {start=[0x0], size=[3x3], stride=[1x1], mode=fill}",
           "%u = concatenation(%t, %t) {axis=1}",
           "%u = reduce(%t) {op=max, axes=1, keep_dims=true}",
           "%c = constant() {dims=[2x2x3], weights=f32[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}\n%u = elementwise(%t, %c)",
           "%c = constant() {dims=[3], weights=f32[1, 1, 0.5]}\n%u = elementwise(%t, %c) {op=prod}",
           "%c = constant() {dims=[], weights=f32[1]}\n%u = elementwise(%c, %t) {op=div}",
           "%c = constant() {dims=[], weights=f32[0]}\n%u = elementwise(%c, %t) {op=sub}",
           "%c = constant() {dims=[], weights=f32[0]}\n%u = elementwise(%t, %c) {op=sum, epilogue=[relu]}",
       }) {
    expect_unchanged(*pass, between(layer));
  }
}

TEST(RemoveIdentities, TakesOutPoolingAndResizingToTheSameSize) {
  const std::string input = "%x = input() {dims=[1x2x3x3]}\n%t = unary(%x) {op=sin}\n";
  const std::string end = "\n%y = unary(%u) {op=cos}\nreturn %y";
  for (const char* layer : {"pooling(%t) {window=[1x1]}", "pooling(%t) {type=average, window=[1x1], stride=[1x1]}",
                            "resize(%t) {output_dims=[1x2x3x3], mode=linear}", "resize(%t) {scales=[1, 1, 1, 1]}"}) {
    expect_pass(*pass, input + "%u = " + layer + end, input + "%y = unary(%t) {op=cos}\nreturn %y");
  }
  for (const char* layer :
       {"pooling(%t) {window=[1x1], stride=[2x1]}",
        "pooling(%t) {type=average, window=[1x1], pre_padding=[1x0], stride=[1x1]}",
        "pooling(%t) {type=average, window=[1x1], divisor=2}", "resize(%t) {output_dims=[1x2x3x4]}"}) {
    expect_unchanged(*pass, input + "%u = " + layer + end);
  }
}

TEST(RemoveIdentities, LooksThroughChains) {
  expect_pass(*pass,
              "%x = input() {dims=[4]}\n%a = identity(%x)\n%b = identity(%a)\n%y = unary(%b) {op=abs}\nreturn %y",
              "%x = input() {dims=[4]}\n%y = unary(%x) {op=abs}\nreturn %y");
}

// The output keeps its name. The layer stays if the output would become an input or another output.
TEST(RemoveIdentities, KeepsOutputsApart) {
  expect_pass(*pass, "%x = input() {dims=[4]}\n%a = unary(%x) {op=abs}\n%y = identity(%a)\nreturn %y",
              "%x = input() {dims=[4]}\n%y = unary(%x) {op=abs}\nreturn %y");
  expect_unchanged(*pass, "%x = input() {dims=[4]}\n%y = identity(%x)\nreturn %y");
  expect_unchanged(*pass, "%x = input() {dims=[4]}\n%a = unary(%x)\n%y = identity(%a)\nreturn %a, %y");
}

// The others decide one unknown dimension, but not two.
TEST(RemoveIdentities, KnowsWhenUnknownDimsAreTheSame) {
  const std::string end = "\n%y = unary(%u) {op=cos}\nreturn %y";
  expect_pass(*pass, "%x = input() {dims=[-1x3]}\n%u = shuffle(%x) {has_reshape=true, reshape=[-1x3]}" + end,
              "%x = input() {dims=[-1x3]}\n%y = unary(%x) {op=cos}\nreturn %y");
  expect_unchanged(*pass,
                   "%x = input() {dims=[-1x-1]}\n%s = shape(%x)\n%c = constant() {dims=[2], weights=i64[0, 1]}\n"
                   "%g = gather(%s, %c)\n%u = shuffle(%x, %g) {zero_is_placeholder=false}" +
                       end);
}

TEST(RemoveIdentities, KeepsChangesOfFormat) {
  expect_unchanged(*pass,
                   "%x = input() {dims=[1x2x2x2]}\n%a = unary(%x) @hwc\n%u = identity(%a)\n%y = unary(%u)\nreturn %y");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
