#include "torch_tensorrt/core/backends/tensorrt/prepare/precisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::DataType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The layers 0 to 3: the input, and three of one element-wise function each, named "layer_1" to "layer_3".
std::unique_ptr<network::INetworkDefinition> chain() {
  auto network = network::parse_network(
      "network \"n\" {\n%x = input() {dims=[4]}\n%a = unary(%x) {op=exp}\n%b = unary(%a) {op=log}\n"
      "%c = unary(%b) {op=neg}\nreturn %c\n}\n");
  for (int32_t i = 1; i < network->getNbLayers(); ++i) {
    network->getLayer(i)->setName(("layer_" + std::to_string(i)).c_str());
  }
  return network;
}

engine::BuildSettings with(std::set<DataType> precisions, std::vector<std::string> overrides = {}) {
  engine::BuildSettings settings;
  settings.enabled_precisions = std::move(precisions);
  settings.precision_overrides = std::move(overrides);
  return settings;
}

TEST(TensorRTPrecisions, AreThoseOfTheOverrides) {
  const auto network = chain();
  const auto settings = with({DataType::kFLOAT, DataType::kHALF}, {"layer_2=f32", "layer_*=f16", "other=f32"});
  const auto found = layer_precisions(*network, settings, {});
  EXPECT_EQ(found.wanted.size(), 3U);
  EXPECT_EQ(found.wanted.at(network->getLayer(1)), DataType::kHALF);
  EXPECT_EQ(found.wanted.at(network->getLayer(2)), DataType::kFLOAT);
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("\"other\" matches no layer")));
}

// Whether a layer is quantized is not TensorRT's choice.
TEST(TensorRTPrecisions, AreNotAskedForInInt8) {
  const auto network = chain();
  const auto settings = with({DataType::kFLOAT, DataType::kINT8}, {"layer_2=i8"});
  EXPECT_THAT(layer_precisions(*network, settings, {}).wanted, IsEmpty());
}

TEST(TensorRTPrecisions, AreF32BeyondTheRangeOfF16) {
  const auto network = chain();
  const optimizer::TensorRanges ranges = {{"x", {12, true, 12}}, {"a", {1e5F, false, 1e5F}}, {"b", {12, true, 12}}};
  const auto found = layer_precisions(*network, with({DataType::kFLOAT, DataType::kHALF}), ranges);
  EXPECT_EQ(found.wanted.size(), 2U);  // the layer that computes the number, and the one that reads it
  EXPECT_EQ(found.wanted.at(network->getLayer(1)), DataType::kFLOAT);
  EXPECT_EQ(found.wanted.at(network->getLayer(2)), DataType::kFLOAT);
  EXPECT_THAT(found.beyond, testing::ElementsAre(HasSubstr("2 layers are not in f16")));
  EXPECT_THAT(layer_precisions(*network, with({DataType::kFLOAT, DataType::kBF16}), ranges).wanted, IsEmpty());
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
