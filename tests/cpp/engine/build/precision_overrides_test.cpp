#include "torch_tensorrt/core/engine/build/precision_overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;

std::unique_ptr<network::INetworkDefinition> network_of(const std::string& first, const std::string& second) {
  return network::parse_network("network \"n\" {\n%x = input() {dims=[2]}\n%a = unary(%x) {name=\"" + first +
                                "\"}\n%y = unary(%a) {name=\"" + second + "\"}\nreturn %y\n}");
}

TEST(PrecisionOverrides, TheFirstPatternThatMatchesHolds) {
  const auto network = network_of("encoder.0", "encoder.1");
  const PrecisionOverrides overrides({"encoder.1=float32", "encoder.*=i8"});
  EXPECT_EQ(overrides.find(*network->getLayer(1)), DataType::kINT8);
  EXPECT_EQ(overrides.find(*network->getLayer(2)), DataType::kFLOAT);
  EXPECT_EQ(PrecisionOverrides({"encoder=bf16"}).find(*network->getLayer(1)), std::nullopt);
}

// Names of layers are texts of nodes, which contain such characters.
TEST(PrecisionOverrides, TheLastEqualsSignDivides) {
  const auto network = network_of("%y : Tensor = aten::linear(%x)", "other");
  const PrecisionOverrides overrides({"%y : Tensor = aten::linear*=half"});
  EXPECT_EQ(overrides.find(*network->getLayer(1)), DataType::kHALF);
}

TEST(PrecisionOverrides, KnowWhichPatternsMatchNothing) {
  const auto network = network_of("a", "b");
  EXPECT_THAT(PrecisionOverrides({"a=f32", "c=f32", "[b]=f32"}).unmatched(*network), testing::ElementsAre("c"));
}

TEST(PrecisionOverrides, NeedPrecisionsThatAreEnabled) {
  using network::DataType;
  const PrecisionOverrides overrides({"a=f32", "b=bf16"});
  EXPECT_NO_THROW(overrides.require_enabled({DataType::kBF16}));
  EXPECT_THROW(overrides.require_enabled({DataType::kFLOAT, DataType::kHALF}), Error);
}

TEST(PrecisionOverrides, OtherTextsAreRefused) {
  for (const char* entry : {"", "a", "=f32", "a=", "a=f8", "a=int32"}) {
    EXPECT_THROW(PrecisionOverrides({entry}), Error) << entry;
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine
