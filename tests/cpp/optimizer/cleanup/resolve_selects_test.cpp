#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_resolve_selects();

// The layers make u from x and t (f32[2x3]).
std::string with(const std::string& layers) {
  return "%x = input() {dims=[2x3]}\n%t = unary(%x) {op=sin}\n" + layers + "\n%y = unary(%u) {op=cos}\nreturn %y";
}

const std::string kMask = "%m = elementwise(%x, %t) {op=greater}\n";
const std::string kNo = "%no = constant() {dims=[1x1], weights=bool[0]}\n";
const std::string kYes = "%yes = constant() {dims=[1x1], weights=bool[1]}\n";

TEST(ResolveSelects, TakesWhatTheConditionAlwaysTakes) {
  for (const std::string& layers : {
           kYes + "%u = select(%yes, %t, %x)",
           kNo + "%u = select(%no, %x, %t)",
           kMask + kNo + "%c = elementwise(%m, %no) {op=and}\n%u = select(%c, %x, %t)",
           kMask + kYes + "%c = elementwise(%yes, %m) {op=or}\n%u = select(%c, %t, %x)",
           kNo + kYes + "%n = unary(%no) {op=not}\n%c = elementwise(%n, %yes) {op=and}\n%u = select(%c, %t, %x)",
       }) {
    expect_pass(*pass, with(layers),
                "%x = input() {dims=[2x3]}\n%t = unary(%x) {op=sin}\n%y = unary(%t) {op=cos}\nreturn %y");
  }
}

TEST(ResolveSelects, LeavesConditionsThatDependOnData) {
  for (const std::string& layers : {
           kMask + kYes + "%c = elementwise(%m, %yes) {op=and}\n%u = select(%c, %t, %x)",
           kMask + kNo + "%c = elementwise(%m, %no) {op=or}\n%u = select(%c, %t, %x)",
           kMask + "%u = select(%m, %t, %x)",
       }) {
    expect_unchanged(*pass, with(layers));
  }
}

TEST(ResolveSelects, LeavesWhatTheOthersMakeLarger) {
  expect_unchanged(*pass, with(kNo + "%s = constant() {dims=[1x3], weights=f32[1, 2, 3]}\n%u = select(%no, %t, %s)"));
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
