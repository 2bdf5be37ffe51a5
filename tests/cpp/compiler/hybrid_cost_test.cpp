#include "torch_tensorrt/core/hybrid_cost.h"

#include "gtest/gtest.h"

#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::core {
namespace {

bool pays(const std::string& layers) {
  const auto parsed = network::parse_network("network \"part\" {\n" + layers + "}\n");
  return static_cast<bool>(pays_for_borders(*parsed));
}

TEST(PaysForBorders, NotByCopies) {
  EXPECT_FALSE(pays(R"(  %x = input() {dims=[2x3]}
  %a = slice(%x) {start=[1x0], size=[2x3], stride=[-1x1]}
  %b = concatenation(%a, %x) {axis=0}
  return %b
)"));
}

TEST(PaysForBorders, ByComputation) {
  EXPECT_TRUE(pays(R"(  %x = input() {dims=[2x3]}
  %a = activation(%x)
  %b = concatenation(%a, %x) {axis=0}
  return %b
)"));
}

TEST(PaysForBorders, NotByArithmeticOnSizes) {
  EXPECT_FALSE(pays(R"(  profile {"x"=[[1x3], [2x3], [8x3]]}
  %x = input() {dims=[-1x3]}
  %s = shape(%x)
  %n = constant() {dims=[2], weights=i64[1, 1]}
  %t = elementwise(%s, %n) {op=prod}
  %a = shuffle(%x, %t)
  %b = concatenation(%a, %x) {axis=0}
  return %b
)"));
}

TEST(PaysForBorders, WithoutInputs) {
  EXPECT_TRUE(pays(R"(  %a = constant() {dims=[2], weights=f32[1, 1]}
  return %a
)"));
}

}  // namespace
}  // namespace torch_tensorrt::core
