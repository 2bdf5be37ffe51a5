#include "optimizer/pass_check.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

const auto pass = make_fuse_channel_shuffle();

std::string three_steps(const std::string& dims, const std::string& split, const std::string& order,
                        const std::string& join) {
  return "%x = input() {dims=[" + dims + "]}\n%a = shuffle(%x) {has_reshape=true, reshape=[" + split +
         "]}\n"
         "%b = shuffle(%a) {first_transpose=[" +
         order + "]}\n%y = shuffle(%b) {has_reshape=true, reshape=[" + join + "]}\nreturn %y";
}

TEST(FuseChannelShuffle, GathersChannels) {
  const auto gathered = [](const std::string& dims) {
    return "%x = input() {dims=[" + dims +
           "]}\n%0 = constant() {dims=[6], weights=i64[0, 3, 1, 4, 2, 5]}\n"
           "%y = gather(%x, %0) {axis=1}\nreturn %y";
  };
  expect_pass(*pass, three_steps("2x6x2x3", "2x2x3x2x3", "0, 2, 1", "2x6x2x3"), gathered("2x6x2x3"));
  expect_pass(*pass, three_steps("-1x6x2x3", "-1x2x3x2x3", "0, 2, 1", "-1x6x2x3"), gathered("-1x6x2x3"));
  expect_pass(*pass, three_steps("2x6x4", "2x2x3x4", "0, 2, 1", "2x-1x4"), gathered("2x6x4"));
}

// Sizes known only at run time, as PyTorch's view has them.
TEST(FuseChannelShuffle, FollowsUnknownSizes) {
  const auto text = [](const std::string& h, const std::string& w) {
    const auto size = [](const std::string& name, const std::string& place) {
      return "%" + name + " = slice(%s) {start=[" + place + "], size=[1], stride=[1]}\n";
    };
    return "%x = input() {dims=[-1x6x-1x-1]}\n%s = shape(%x)\n" + size("n", "0") + size("h", h) + size("w", w) +
           "%c = constant() {dims=[2], weights=i64[2, 3]}\n%d = constant() {dims=[1], weights=i64[6]}\n"
           "%t = concatenation(%n, %c, %h, %w)\n%u = concatenation(%n, %d, %h, %w)\n"
           "%a = shuffle(%x, %t) {zero_is_placeholder=false}\n%b = shuffle(%a) {first_transpose=[0, 2, 1]}\n"
           "%y = shuffle(%b, %u) {zero_is_placeholder=false}\nreturn %y";
  };
  EXPECT_THAT(expect_same_results(*pass, text("2", "3")), ::testing::HasSubstr("%y = gather(%x, "));
  expect_unchanged(*pass, text("3", "2"));
}

TEST(FuseChannelShuffle, LeavesOtherShuffles) {
  expect_unchanged(*pass, three_steps("2x6x2x3", "2x2x3x2x3", "0, 1, 2, 4, 3", "2x6x2x3"));
  expect_unchanged(*pass, three_steps("2x6x2x3", "2x2x3x3x2", "0, 2, 1", "2x6x2x3"));
  expect_unchanged(*pass, three_steps("2x6x2x3", "2x2x3x2x3", "0, 2, 1", "2x6x3x2"));
  expect_unchanged(*pass, three_steps("2x6x2x3", "1x2x6x2x3", "0, 2, 1", "2x6x2x3"));
  std::string read_again = three_steps("2x6x2x3", "2x2x3x2x3", "0, 2, 1", "2x6x2x3");
  expect_unchanged(*pass, read_again + ", %b");
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
