#include "torch_tensorrt/core/engine/tactics/tactic.h"

#include <gtest/gtest.h>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::Dims;
using network::TensorFormat;
using testing::error_of;

TEST(TensorDesc, Bytes) {
  EXPECT_EQ((TensorDesc{DataType::kFLOAT, Dims{2, 3, 4, 5}}.bytes()), 2 * 3 * 4 * 5 * 4);
  EXPECT_EQ((TensorDesc{DataType::kHALF, Dims{2, 17, 4, 5}, TensorFormat::kHWC}.bytes()), 2 * 17 * 4 * 5 * 2);
  EXPECT_EQ((TensorDesc{DataType::kINT64, Dims{}}.bytes()), 8);
  EXPECT_EQ((TensorDesc{DataType::kFLOAT, Dims{0, 3}}.bytes()), 0);
}

TEST(TensorDesc, BytesThatDoNotFitAreAnError) {
  const int64_t huge = int64_t{1} << 31;
  EXPECT_NE(error_of([&] {
              (void)TensorDesc{DataType::kFLOAT, Dims{huge, huge, 4}}.bytes();
            }).find("64 bits"),
            std::string::npos);
  EXPECT_NE(error_of([&] { (void)TensorDesc{DataType::kFLOAT, Dims{-1, 4}}.bytes(); }).find("-1x4"), std::string::npos);
}

TEST(TensorDesc, Strides) {
  EXPECT_EQ((TensorDesc{DataType::kFLOAT, Dims{2, 3, 4, 5}}.strides()), (Dims{60, 20, 5, 1}));
  EXPECT_EQ((TensorDesc{DataType::kFLOAT, Dims{2, 3, 4, 5}, TensorFormat::kHWC}.strides()), (Dims{60, 1, 15, 3}));
  EXPECT_EQ((TensorDesc{DataType::kFLOAT, Dims{2, 3, 4}, TensorFormat::kHWC}.strides()), (Dims{12, 1, 3}));
  EXPECT_THROW((TensorDesc{DataType::kFLOAT, Dims{2, 3}, TensorFormat::kHWC}.strides()), Error);
}

class TacticRegistryTest : public ::testing::Test {
 protected:
  TacticRegistryTest() { testing::register_reference_tactics(); }
  const TacticRegistry& registry_ = TacticRegistry::global();
  std::shared_ptr<network::INetworkDefinition> network_ = testing::make_small_network();
  const network::ILayer& convolution_ = *network_->getLayer(1);
};

TEST_F(TacticRegistryTest, CandidatesStandInTheOrderOfTheirRegistration) {
  const auto tactics = registry_.candidates(convolution_, describe_target(), {"plain", "packed"});
  ASSERT_EQ(tactics.size(), 2U);
  EXPECT_STREQ(tactics[0]->name(), "packed.weights");
  EXPECT_STREQ(tactics[1]->name(), "plain.weights");
}

TEST_F(TacticRegistryTest, SourcesRestrictTheCandidates) {
  const auto tactics = registry_.candidates(convolution_, describe_target(), {"plain"});
  ASSERT_EQ(tactics.size(), 1U);
  EXPECT_STREQ(tactics[0]->name(), "plain.weights");
  EXPECT_TRUE(registry_.candidates(convolution_, describe_target(), {"pla"}).empty());
}

TEST_F(TacticRegistryTest, FindsByName) {
  ASSERT_NE(registry_.find("reference.any"), nullptr);
  EXPECT_STREQ(registry_.find("reference.any")->name(), "reference.any");
  EXPECT_EQ(registry_.find("reference"), nullptr);
}

TEST_F(TacticRegistryTest, ANameIsTakenOnce) {
  class Twin final : public Tactic {
    const char* name() const override { return "reference.any"; }
    Decision supports(const network::ILayer&, const DeviceTarget&) const override { return Decision::no("never"); }
    bool takes_format(const network::ILayer&, TensorFormat) const override { return false; }
    Implementations implementations(const LayerInstance&, const DeviceTarget&) const override {
      return Decision::no("never");
    }
    std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance&, WeightStore&,
                                    const DeviceTarget&) const override {
      return nullptr;
    }
  };
  EXPECT_NE(error_of([] { TacticRegistry::global().add(std::make_unique<Twin>()); }).find("reference.any"),
            std::string::npos);
}

TEST_F(TacticRegistryTest, ExplainsWhyNot) {
  network::INetworkDefinition network;
  auto* input = network.addInput("x", DataType::kFLOAT, Dims{2, 3});
  const auto* softmax = network.addSoftMax(*input);
  const std::string text = registry_.explain(*softmax, describe_target());
  EXPECT_NE(text.find("  reference.any: has no formula for it\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  packed.weights: has no weights\n"), std::string::npos) << text;
}

TEST(DescribeTarget, FillsWhatIsUnknown) {
  const DeviceTarget target = describe_target();
  EXPECT_GE(target.threads, 1);
  EXPECT_FALSE(target.isa.empty());
  DeviceTarget given = DeviceTarget::cpu();
  given.threads = 3;
  given.isa = "avx2";
  EXPECT_EQ(describe_target(given).threads, 3);
  EXPECT_EQ(describe_target(given).isa, "avx2");
}

TEST(LayerIndex, IsThePlaceInTheNetwork) {
  const auto network = testing::make_small_network();
  for (int32_t i = 0; i < network->getNbLayers(); ++i) EXPECT_EQ(layer_index(*network->getLayer(i)), i);
}

}  // namespace
}  // namespace torch_tensorrt::engine
