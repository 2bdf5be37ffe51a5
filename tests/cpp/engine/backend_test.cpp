#include "torch_tensorrt/core/engine/backend.h"

#include <gtest/gtest.h>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using testing::error_of;

// Builds nothing and records what it was handed.
class NullBackend final : public Backend {
 public:
  const char* name() const override { return "null"; }
  Decision available(const DeviceTarget&) const override { return Decision::yes(); }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return Decision::no(std::string("the null backend runs nothing, not even ") + layer.getName());
  }
  std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                    BuildReport*) const override {
    handed.push_back(settings.name + ":" + network->getName());
    return "null";
  }
  static std::vector<std::string> handed;
};
std::vector<std::string> NullBackend::handed;

const Backend& null_backend() {
  static const bool once = [] {
    register_backend(std::make_unique<NullBackend>());
    return true;
  }();
  (void)once;
  return find_backend("null");
}

TEST(Backend, OursIsThere) {
  const Backend& native = find_backend("native");
  EXPECT_TRUE(native.available({}));
  DeviceTarget cuda;
  cuda.kind = DeviceTarget::Kind::kCUDA;
  EXPECT_NE(native.available(cuda).reason().find("without CUDA"), std::string::npos);
}

TEST(Backend, OursAnswersForEachLayer) {
  testing::register_reference_tactics();
  const auto network = testing::make_small_network();
  for (const auto& layer : network->layers()) EXPECT_TRUE(find_backend("native").supports(*layer, describe_target({})));
  auto* resize = network->addResize(*network->getInput(0));
  resize->setOutputDimensions(network::Dims{1, 3, 16, 16});
  const DeviceTarget nowhere{DeviceTarget::Kind::kCUDA, 0, 0, "sm_90"};
  const Decision decision = find_backend("native").supports(*resize, nowhere);
  EXPECT_FALSE(decision);
  EXPECT_NE(decision.reason().find("reference.any: has no formula for it"), std::string::npos) << decision.reason();
}

TEST(Backend, OursBuildsEngines) {
  const auto bytes =
      find_backend("native").build(testing::make_small_network(), testing::reference_settings(), nullptr);
  EXPECT_TRUE(looks_like_plan(bytes));
}

TEST(Backend, OthersAreFoundByName) {
  BuildSettings settings;
  settings.name = "engine_0";
  EXPECT_EQ(null_backend().build(testing::make_small_network(), settings, nullptr), "null");
  EXPECT_EQ(NullBackend::handed, (std::vector<std::string>{"engine_0:small"}));
  EXPECT_NE(error_of([] { register_backend(std::make_unique<NullBackend>()); }).find("null"), std::string::npos);
}

TEST(Backend, AnUnknownNameListsTheKnown) {
  const std::string error = error_of([] { find_backend("tensorrt9"); });
  EXPECT_NE(error.find("\"tensorrt9\""), std::string::npos) << error;
  EXPECT_NE(error.find("native"), std::string::npos) << error;
}

}  // namespace
}  // namespace torch_tensorrt::engine
