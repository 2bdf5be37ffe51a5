#include "torch_tensorrt/core/backends/tensorrt/prepare/fake_quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

struct Parts {
  std::string scale = "{dims=[1], weights=f32[0.5]}";
  std::string inverse = "{dims=[1], weights=f32[2]}";
  std::string low = "-128";
  std::string high = "127";
  std::string zero;  // empty: left out
  std::string round = "round";
};

std::unique_ptr<network::INetworkDefinition> network_of(const Parts& parts) {
  const auto number = [](const std::string& value) { return "constant() {dims=[1], weights=f32[" + value + "]}\n"; };
  const bool zero = !parts.zero.empty();
  std::string text = "network \"n\" {\n%x = input() {dims=[2x3]}\n%i = constant() " + parts.inverse +
                     "\n%s = constant() " + parts.scale + "\n%1 = elementwise(%x, %i) {op=prod}\n";
  if (zero) text += "%z = " + number(parts.zero) + "%2 = elementwise(%1, %z) {op=sum}\n";
  text += std::string("%3 = unary(") + (zero ? "%2" : "%1") + ") {op=" + parts.round + "}\n%l = " + number(parts.low) +
          "%4 = elementwise(%3, %l) {op=max}\n%h = " + number(parts.high) + "%5 = elementwise(%4, %h) {op=min}\n";
  if (zero) text += "%6 = elementwise(%5, %z) {op=sub}\n";
  text += std::string("%y = elementwise(") + (zero ? "%6" : "%5") + ", %s) {op=prod}\nreturn %y\n}";
  return network::parse_network(text);
}

std::optional<FakeQuantize> match(const network::INetworkDefinition& network) {
  return match_fake_quantize(*network.layers().back());
}

TEST(FakeQuantize, IsFoundWithOneScale) {
  for (const char* zero : {"", "0"}) {
    Parts parts;
    parts.zero = zero;
    const auto network = network_of(parts);
    const auto found = match(*network);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->x, network->getInput(0));
    EXPECT_THAT(found->scale, testing::ElementsAre(0.5F));
    EXPECT_EQ(found->axis, -1);
    EXPECT_TRUE(has_fake_quantize(*network));
  }
}

TEST(FakeQuantize, IsFoundWithAScaleAChannel) {
  Parts parts;
  parts.scale = "{dims=[2x1], weights=f32[0.5, 0.25]}";
  parts.inverse = "{dims=[2x1], weights=f32[2, 4]}";
  const auto network = network_of(parts);
  const auto found = match(*network);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->axis, 0);
  EXPECT_THAT(found->scale, testing::ElementsAre(0.5F, 0.25F));
}

TEST(FakeQuantize, IsNotWhatOnlyLooksLikeIt) {
  Parts other_scale;
  other_scale.inverse = "{dims=[1], weights=f32[3]}";
  Parts other_low;
  other_low.low = "0";
  Parts other_high;
  other_high.high = "255";
  Parts zero_point;
  zero_point.zero = "3";
  Parts floor;
  floor.round = "floor";
  for (const Parts& parts : {other_scale, other_low, other_high, zero_point, floor}) {
    const auto network = network_of(parts);
    EXPECT_FALSE(match(*network).has_value());
    EXPECT_FALSE(has_fake_quantize(*network));
  }
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
