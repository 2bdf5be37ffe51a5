#include "torch_tensorrt/core/backends/tensorrt/support/host_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
