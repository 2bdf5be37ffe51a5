#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Sizes = std::vector<int64_t>;

Sizes permuted(const Sizes& dims, const std::vector<int32_t>& order) {
  Sizes result;
  for (const int32_t axis : order) result.push_back(dims[axis]);
  return result;
}

TEST(Transposes, OnlyDimensionsOfOneBehindOthersGoWrong) {
  EXPECT_TRUE(transposes_wrongly({2, 1, 16, 49, 32}));
  EXPECT_FALSE(transposes_wrongly({1, 2, 16, 49, 32}));
  EXPECT_FALSE(transposes_wrongly({2, 1, 16, 49}));
  EXPECT_FALSE(transposes_wrongly({2, -1, 16, 49, 32}));
}

TEST(Transposes, TheExampleOfTheFault) {
  network::Permutation order{};
  std::iota(order.order, order.order + 5, 0);
  std::swap(order.order[2], order.order[3]);
  const UnitTranspose made = without_units({2, 1, 16, 49, 32}, order);
  EXPECT_THAT(made.units, ElementsAre(1));
  EXPECT_THAT(made.order, ElementsAre(0, 2, 1, 3));
  EXPECT_THAT(made.added, ElementsAre(1));
}

// Dimensions other than 1 have distinct sizes, which identify them.
TEST(Transposes, TheThreeStepsAreTheTranspose) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    const size_t rank = 2 + random() % 6;
    Sizes dims;
    for (size_t i = 0; i < rank; ++i) dims.push_back(random() % 3 == 0 ? 1 : static_cast<int64_t>(10 + i));
    std::vector<int32_t> axes(rank);
    std::iota(axes.begin(), axes.end(), 0);
    std::shuffle(axes.begin(), axes.end(), random);
    network::Permutation order{};
    std::copy(axes.begin(), axes.end(), order.order);
    const UnitTranspose made = without_units(dims, order);
    Sizes small = dims;
    for (auto unit = made.units.rbegin(); unit != made.units.rend(); ++unit) small.erase(small.begin() + *unit);
    Sizes result = permuted(small, made.order);
    for (const int32_t place : made.added) result.insert(result.begin() + place, 1);
    ASSERT_EQ(result, permuted(dims, axes)) << "round " << round;
    ASSERT_EQ(made.units.size(), made.added.size());
  }
}

// ---- moved copies --------------------------------------------------------------------------------------------------

bool is_behind_moved_copy(const std::string& layers) {
  const auto network = network::parse_network("network \"n\" {\n%x = input() {dims=[2x4]}\n" + layers +
                                              "\n%y = reduce(%a) {op=sum, axes=3}\nreturn %y\n}");
  return follows_moved_copy(*network->layers().back());
}

TEST(MovedCopies, AreFoundThroughElementWiseLayersAlone) {
  const std::string sums = "%s = cumulative(%x) {axis=1}\n";
  const std::string padded = "%s = slice(%x) {start=[0x-1], size=[2x4], stride=[1x1], mode=";
  EXPECT_TRUE(is_behind_moved_copy("%a = cumulative(%x) {axis=1}"));
  EXPECT_TRUE(is_behind_moved_copy(sums + "%b = elementwise(%x, %s) {op=prod}\n%a = unary(%b) {op=exp}"));
  EXPECT_TRUE(is_behind_moved_copy(padded + "fill}\n%a = elementwise(%s, %x) {op=sum}"));
  EXPECT_FALSE(is_behind_moved_copy("%s = slice(%x) {start=[0x1], size=[2x3], stride=[1x1]}\n%a = unary(%s) {op=exp}"));
  EXPECT_FALSE(is_behind_moved_copy(sums + "%a = softmax(%s) {axes=2}"));
  EXPECT_FALSE(is_behind_moved_copy("%a = elementwise(%x, %x) {op=sum}"));
}

// ---- layers on whole numbers ---------------------------------------------------------------------------------------

std::vector<std::string> found_in(const std::string& body) {
  const auto network = network::parse_network("network \"n\" {\n" + body + "\n}");
  std::vector<std::string> names;
  const auto found = layers_on_whole_numbers(*network);
  for (const auto& layer : network->layers()) {
    if (found.count(layer.get()) != 0) names.emplace_back(layer->getName());
  }
  return names;
}

TEST(WholeNumbers, AnglesOfPositionsAreFoundAndWhatMeetsDataIsNot) {
  const std::string text =
      "%x = input() {dims=[4]}\n%p = input() {dtype=i64, dims=[4]}\n%f = constant() {dims=[1], weights=f32[0.5]}\n"
      "%a = cast(%p) {to=f32, name=\"cast\"}\n%b = elementwise(%a, %f) {op=prod, name=\"angle\"}\n"
      "%c = unary(%b) {op=sin, name=\"sin\"}\n%d = elementwise(%c, %x) {op=prod, name=\"turned\"}\n"
      "%e = unary(%x) {op=sin, name=\"data\"}\nreturn %d, %e";
  EXPECT_THAT(found_in(text), ElementsAre("cast", "angle", "sin"));
}

TEST(WholeNumbers, MasksAndRowsOfATableAreNone) {
  EXPECT_THAT(found_in("%m = input() {dtype=bool, dims=[4]}\n%a = cast(%m) {to=f32, name=\"mask\"}\nreturn %a"),
              IsEmpty());
  EXPECT_THAT(found_in("%t = constant() {dims=[2], weights=f32[0.5, 1.5]}\n%i = input() {dtype=i64, dims=[3]}\n"
                       "%a = gather(%t, %i) {axis=0, name=\"row\"}\n%b = unary(%a) {op=exp, name=\"exp\"}\nreturn %b"),
              IsEmpty());
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
