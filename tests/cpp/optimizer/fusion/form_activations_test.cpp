#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_form_activations();

std::string constant(const std::string& name, const std::string& value) {
  return "%" + name + " = constant() {dims=[], weights=f32[" + value + "]}\n";
}

std::string body(const std::string& layers) { return "%x = input() {dims=[2x3]}\n" + layers + "\nreturn %y"; }

// Compares by kind: constants that only the pattern read stay behind, as removing dead layers is another pass.
void expect_formed(const std::string& layers, const std::string& activation) {
  const std::string result = expect_same_results(*pass, body(layers));
  EXPECT_THAT(result, ::testing::HasSubstr("  %y = activation(%x) {" + activation + "}\n")) << layers;
  EXPECT_THAT(result, ::testing::Not(::testing::HasSubstr("elementwise"))) << layers;
}

TEST(FormActivations, Silu) {
  const std::string gate = "%s = activation(%x) {type=sigmoid}\n";
  expect_pass(*pass, body(gate + "%y = elementwise(%x, %s) {op=prod}"), body("%y = activation(%x) {type=silu}"));
  expect_pass(*pass, body(gate + "%y = elementwise(%s, %x) {op=prod}"), body("%y = activation(%x) {type=silu}"));
}

TEST(FormActivations, HardSwish) {
  expect_formed("%s = activation(%x) {type=hard_sigmoid, alpha=0.2, beta=0.5}\n%y = elementwise(%s, %x) {op=prod}",
                "type=hard_swish, alpha=0.2, beta=0.5");
  const std::string clip = constant("c3", "3") + "%a = elementwise(%x, %c3)\n%b = activation(%a) {type=clip, beta=6}\n";
  const std::string six = constant("c6", "6");
  const std::string sixth = constant("c6", "0.16666667");
  const std::string formed = "type=hard_swish, alpha=0.1666666716337204, beta=0.5";
  expect_formed(clip + six + "%c = elementwise(%x, %b) {op=prod}\n%y = elementwise(%c, %c6) {op=div}", formed);
  expect_formed(clip + six + "%c = elementwise(%b, %c6) {op=div}\n%y = elementwise(%x, %c) {op=prod}", formed);
  expect_formed(clip + sixth + "%c = elementwise(%c6, %b) {op=prod}\n%y = elementwise(%c, %x) {op=prod}", formed);
  expect_formed(clip + six + "%c = elementwise(%x, %c6) {op=div}\n%y = elementwise(%c, %b) {op=prod}", formed);
}

TEST(FormActivations, HardSigmoid) {
  expect_formed(constant("c3", "3") + "%a = elementwise(%c3, %x)\n%b = activation(%a) {type=clip, beta=6}\n" +
                    constant("c6", "6") + "%y = elementwise(%b, %c6) {op=div}",
                "type=hard_sigmoid, alpha=0.1666666716337204, beta=0.5");
}

TEST(FormActivations, Mish) {
  expect_formed(
      "%a = activation(%x) {type=softplus, alpha=1, beta=1}\n%b = activation(%a) {type=tanh}\n"
      "%y = elementwise(%x, %b) {op=prod}",
      "type=mish");
}

TEST(FormActivations, GeluWithErf) {
  const std::string erf = constant("r", "1.4142135") + "%a = elementwise(%x, %r) {op=div}\n%b = unary(%a) {op=erf}\n" +
                          constant("one", "1") + "%c = elementwise(%b, %one)\n" + constant("half", "0.5");
  expect_formed(erf + "%d = elementwise(%x, %half) {op=prod}\n%y = elementwise(%d, %c) {op=prod}", "type=gelu_erf");
  expect_formed(erf + "%d = elementwise(%c, %half) {op=prod}\n%y = elementwise(%x, %d) {op=prod}", "type=gelu_erf");
  expect_formed(erf + "%d = elementwise(%x, %c) {op=prod}\n%y = elementwise(%half, %d) {op=prod}", "type=gelu_erf");
}

TEST(FormActivations, GeluWithTanh) {
  const std::string begin = constant("k", "0.044715") + constant("r", "0.7978845608") + constant("one", "1") +
                            constant("half", "0.5") + constant("three", "3");
  const std::string end =
      "%t = activation(%u) {type=tanh}\n%v = elementwise(%t, %one)\n"
      "%w = elementwise(%x, %half) {op=prod}\n%y = elementwise(%w, %v) {op=prod}";
  expect_formed(begin +
                    "%a = elementwise(%x, %three) {op=pow}\n%b = elementwise(%a, %k) {op=prod}\n"
                    "%c = elementwise(%x, %b)\n%u = elementwise(%c, %r) {op=prod}\n" +
                    end,
                "type=gelu_tanh");
  expect_formed(
      begin +
          "%a = elementwise(%x, %x) {op=prod}\n%b = elementwise(%a, %x) {op=prod}\n"
          "%d = elementwise(%b, %k) {op=prod}\n%c = elementwise(%d, %x)\n%u = elementwise(%c, %r) {op=prod}\n" +
          end,
      "type=gelu_tanh");
  expect_formed(
      begin +
          "%a = elementwise(%x, %x) {op=prod}\n%b = elementwise(%a, %k) {op=prod}\n%c = elementwise(%b, %one)\n"
          "%d = elementwise(%x, %r) {op=prod}\n%u = elementwise(%d, %c) {op=prod}\n" +
          end,
      "type=gelu_tanh");
}

TEST(FormActivations, LeavesOtherFormulas) {
  const std::string clip = constant("c3", "3") + "%a = elementwise(%x, %c3)\n%b = activation(%a) {type=clip, beta=6}\n";
  for (const std::string& layers : {
           // Another gate; another x; another constant; a gate with a second reader; a clip with another lower bound.
           std::string("%s = activation(%x) {type=tanh}\n%y = elementwise(%x, %s) {op=prod}"),
           std::string("%z = unary(%x)\n%s = activation(%z) {type=sigmoid}\n%y = elementwise(%x, %s) {op=prod}"),
           constant("c", "2") + "%s = activation(%x) {type=sigmoid}\n%a = elementwise(%x, %c) {op=prod}\n%y = "
                                "elementwise(%a, %s) {op=prod}",
           clip + constant("c6", "5") + "%c = elementwise(%x, %b) {op=prod}\n%y = elementwise(%c, %c6) {op=div}",
           clip + constant("c6", "6") +
               "%c = elementwise(%x, %b) {op=prod}\n%d = elementwise(%c, %c6) {op=div}\n%y = elementwise(%c, %d)",
           constant("c6", "0.16666667") +
               "%b = activation(%x) {type=clip, alpha=1, beta=6}\n%y = elementwise(%b, %c6) {op=prod}",
           std::string("%s = activation(%x) {type=sigmoid}\n%y = elementwise(%x, %s) {op=sum}"),
       }) {
    expect_unchanged(*pass, body(layers));
  }
}

// In float64 the error of a constant with few digits would show.
TEST(FormActivations, Float64NeedsEveryDigit) {
  const auto formula = [](const std::string& root) {
    return "%x = input() {dims=[2x3], dtype=f64}\n%r = constant() {dims=[], weights=f64[" + root +
           "]}\n%one = constant() {dims=[], weights=f64[1]}\n%half = constant() {dims=[], weights=f64[0.5]}\n"
           "%a = elementwise(%x, %r) {op=div}\n%b = unary(%a) {op=erf}\n%c = elementwise(%b, %one)\n"
           "%d = elementwise(%x, %half) {op=prod}\n%y = elementwise(%d, %c) {op=prod}\nreturn %y";
  };
  expect_unchanged(*pass, formula("1.41421356"));
  EXPECT_THAT(expect_same_results(*pass, formula("1.4142135623730951")), ::testing::HasSubstr("type=gelu_erf"));
}

// The gate is broadcast: the result is larger than the gate's input.
TEST(FormActivations, LeavesGatesOfOtherDims) {
  expect_unchanged(*pass,
                   "%x = input() {dims=[2x3x4x4]}\n%m = reduce(%x) {op=avg, axes=12, keep_dims=true}\n"
                   "%s = activation(%m) {type=sigmoid}\n%y = elementwise(%x, %s) {op=prod}\nreturn %y");
}

// A constant that broadcasts x.
TEST(FormActivations, LeavesProductsThatAreLarger) {
  const std::string sixths = "%c6 = constant() {dims=[2x1x1], weights=f32[0.16666667, 0.16666667]}\n";
  expect_unchanged(*pass,
                   body(constant("c3", "3") + "%a = elementwise(%x, %c3)\n%b = activation(%a) {type=clip, beta=6}\n" +
                        sixths + "%y = elementwise(%b, %c6) {op=prod}"));
}

TEST(FormActivations, KeepsAGateThatOthersRead) {
  expect_pass(*pass,
              body("%s = activation(%x) {type=sigmoid}\n%a = elementwise(%x, %s) {op=prod}\n%y = elementwise(%a, %s)"),
              body("%s = activation(%x) {type=sigmoid}\n%0 = activation(%x) {type=silu}\n%y = elementwise(%0, %s)"));
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
