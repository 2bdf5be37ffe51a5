#include "torch_tensorrt/core/engine/backend/backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/null_backend.h"
#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::engine {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using testing::kFill;
using testing::make_small_network;
using testing::null_backend_state;
using testing::reference_settings;

const DeviceTarget kCpu = DeviceTarget::cpu();
const DeviceTarget kNoGpuHere;

class BackendChoice : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::register_reference_tactics();
    testing::null_backend();
    testing::reset_null_backend();
    settings_ = reference_settings();
    settings_.name = "engine_0";
  }
  void TearDown() override { testing::reset_null_backend(); }

  std::shared_ptr<const std::string> build(const std::string& backend) {
    settings_.backend = backend;
    return std::make_shared<const std::string>(build_engine(make_small_network(), settings_));
  }
  static std::vector<float> run(const Engine& engine) {
    return testing::run_floats(engine, {network::Dims{1, 3, 8, 8}}, {testing::random_floats(192, 1)})[0];
  }

  BuildSettings settings_;
};

TEST(Backend, OursIsThere) {
  const Backend& native = find_backend("native");
  EXPECT_TRUE(native.available(kCpu));
  EXPECT_THAT(native.available(kNoGpuHere).reason(), HasSubstr("libtorchtrt_runtime.so"));
}

TEST(Backend, OursAnswersForEachLayer) {
  testing::register_reference_tactics();
  const auto network = make_small_network();
  for (const auto& layer : network->layers()) EXPECT_TRUE(find_backend("native").supports(*layer, describe_target()));
  auto* resize = network->addResize(*network->getInput(0));
  resize->setOutputDimensions(network::Dims{1, 3, 16, 16});
  const Decision decision = find_backend("native").supports(*resize, kNoGpuHere);
  EXPECT_FALSE(decision);
  EXPECT_THAT(decision.reason(), HasSubstr("reference.any: has no formula for it"));
}

TEST(Backend, OursTakesLayersThatNeverRun) {
  network::INetworkDefinition network;
  auto* x = network.addInput("x", network::DataType::kFLOAT, network::Dims{-1, 3});
  const network::ILayer* shape = network.addShape(*x);
  for (const DeviceTarget& device : {kCpu, kNoGpuHere}) EXPECT_TRUE(find_backend("native").supports(*shape, device));
}

TEST(Backend, OursRunsOnNoDlaCore) {
  DeviceTarget target;
  target.device_type = network::DeviceType::kDLA;
  EXPECT_THAT(find_backend("native").available(target).reason(), HasSubstr("not on DLA cores"));
}

TEST(Backend, AnUnknownNameListsTheKnownAndThePlaces) {
  const std::string error = error_of([] { find_backend("tensorrt9"); });
  EXPECT_THAT(error, HasSubstr("no backend \"tensorrt9\"; known are: native"));
  EXPECT_THAT(error, HasSubstr("libtorchtrt_tensorrt9.so is neither in "));
}

TEST(Backend, ANameIsNoPath) {
  EXPECT_THAT(error_of([] { find_backend("../evil"); }), HasSubstr("\"../evil\" is not the name of a backend"));
}

TEST_F(BackendChoice, NamesAreUnique) {
  EXPECT_THAT(error_of([] { register_backend(testing::make_null_backend()); }),
              HasSubstr("null is registered already"));
}

TEST_F(BackendChoice, AnotherBackendIsHandedTheNetworkAsItIs) {
  const std::string before = network::print_network(*make_small_network());
  build("null");
  ASSERT_EQ(null_backend_state().handed.size(), 1U);
  EXPECT_EQ(null_backend_state().handed[0], before);
  EXPECT_EQ(null_backend_state().settings[0].name, "engine_0");
}

TEST_F(BackendChoice, APlanKeepsThePortableNetworkBesideThePayload) {
  const Plan plan = parse_plan(build("null"));
  EXPECT_EQ(plan.backend, "null");
  EXPECT_EQ(plan.backend_version, "null 1.0");
  EXPECT_EQ(payload_of(plan), "bytes of engine_0");
  EXPECT_EQ(network::print_network(*plan.network), network::print_network(*make_small_network()));
}

TEST_F(BackendChoice, APlanIsRunByTheBackendThatBuiltIt) {
  EXPECT_EQ(run(*Engine::load(build("null"))), std::vector<float>(10, kFill));
  const auto native = run(*Engine::load(build("native")));
  EXPECT_NE(native, std::vector<float>(10, kFill));
  EXPECT_TRUE(payload_of(parse_plan(build("native"))).empty());
}

TEST_F(BackendChoice, InspectTellsTheBackend) {
  const std::string json = Engine::load(build("null"))->inspect_json();
  EXPECT_THAT(json, HasSubstr("\"backend\":\"null\",\"backend_version\":\"null 1.0\""));
  EXPECT_THAT(json, HasSubstr("\"payload\":\"bytes of engine_0\""));
}

TEST_F(BackendChoice, ARefusalNamesLayerLineAndReason) {
  null_backend_state().refused_layer = "conv2";
  auto network = make_small_network();
  for (const auto& layer : network->layers()) {
    if (std::string(layer->getName()) == "conv2") layer->set_source("model.py:42");
  }
  settings_.backend = "null";
  const std::string error = error_of([&] { build_engine(network, settings_); });
  EXPECT_THAT(error, HasSubstr("backend null cannot build the engine \"small\""));
  EXPECT_THAT(error, HasSubstr("convolution \"conv2\" (model.py:42): it was told not to"));
  EXPECT_TRUE(null_backend_state().handed.empty());
}

TEST_F(BackendChoice, AnUnavailableBackendSaysWhy) {
  null_backend_state().is_available = false;
  EXPECT_THAT(error_of([&] { build("null"); }), HasSubstr("the null backend was switched off"));
}

TEST_F(BackendChoice, AutoTakesThePreferredThatTakesEveryLayer) {
  null_backend_state().preference = 10;
  EXPECT_EQ(parse_plan(build("auto")).backend, "null");
  null_backend_state().refused_layer = "conv1";
  EXPECT_EQ(parse_plan(build("auto")).backend, "native");
  null_backend_state().refused_layer.clear();
  null_backend_state().is_available = false;
  EXPECT_EQ(parse_plan(build("auto")).backend, "native");
  null_backend_state().is_available = true;
  null_backend_state().preference = -1;
  EXPECT_EQ(parse_plan(build("auto")).backend, "native");
}

TEST_F(BackendChoice, AutoTakesTheNextWhereTheBuildOfThePreferredFails) {
  null_backend_state().preference = 10;
  null_backend_state().build_error = "no kernel for it";
  const auto bytes = build("auto");
  EXPECT_EQ(parse_plan(bytes).backend, "native");
  EXPECT_EQ(null_backend_state().handed.size(), 1);
  EXPECT_EQ(run(*Engine::load(bytes)), run(*Engine::load(build("native"))));
  EXPECT_THAT(error_of([&] { build("null"); }), HasSubstr("no kernel for it"));
}

TEST_F(BackendChoice, FastestTimesAllAndRecordsTheirTimes) {
  const Plan plan = parse_plan(build("fastest"));
  EXPECT_EQ(plan.backend, "null");  // the null backend computes nothing, so it is fastest
  ASSERT_FALSE(plan.notes.empty());
  EXPECT_THAT(plan.notes.back(), ::testing::MatchesRegex("fastest backend of: native .* us, null .* us"));
  EXPECT_EQ(run(*Engine::load(build("fastest"))), std::vector<float>(10, kFill));
}

// x f32[2x12], reshaped to the two numbers in n.
TEST_F(BackendChoice, FastestTimesAtTheUsualValuesOfInputsThatAreSizes) {
  auto network = std::make_shared<network::INetworkDefinition>();
  auto* x = network->addInput("x", network::DataType::kFLOAT, network::Dims{2, 12});
  auto* n = network->addInput("n", network::DataType::kINT64, network::Dims{2});
  auto* shuffle = network->addShuffle(*x);
  shuffle->setInput(1, *n);
  network->markOutput(*shuffle->getOutput(0));
  network->profiles() = {{{"n", {{2}, {2}, {2}, {1, 1}, {4, 6}, {24, 24}}}}};
  settings_.backend = "fastest";
  const Plan plan = parse_plan(std::make_shared<const std::string>(build_engine(network, settings_)));
  EXPECT_THAT(plan.notes.back(), ::testing::MatchesRegex("fastest backend of: native .* us, null .* us"));
}

TEST_F(BackendChoice, AnotherVersionIsRefusedOrBuiltAnew) {
  const auto bytes = build("null");
  const auto native = build("native");
  null_backend_state().version = "null 2.0";
  null_backend_state().is_available = false;
  const std::string error = error_of([&] { Engine::load(bytes); });
  EXPECT_THAT(error, HasSubstr("the engine is for null 1.0, this machine has null 2.0"));
  EXPECT_THAT(error, HasSubstr("TORCHTRT_REBUILD_ENGINES=1"));
  LoadOptions options;
  options.rebuild = true;
  const auto rebuilt = Engine::load(bytes, options);
  EXPECT_EQ(rebuilt->plan().backend, "native");
  const auto expected = run(*Engine::load(native));
  const auto got = run(*rebuilt);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-4F * std::abs(expected[i]) + 1e-5F);
}

TEST_F(BackendChoice, BackendsGetFloatWhereNoPrecisionIsGiven) {
  settings_.enabled_precisions.clear();
  build("null");
  EXPECT_EQ(null_backend_state().settings.at(0).enabled_precisions, std::set{network::DataType::kFLOAT});
}

class BuildingAnew : public BackendChoice {
 protected:
  // Returns the settings of the second build.
  BuildSettings rebuild(const std::shared_ptr<const std::string>& bytes) {
    null_backend_state().version = "null 2.0";
    null_backend_state().preference = 10;
    LoadOptions options;
    options.rebuild = true;
    EXPECT_EQ(Engine::load(bytes, options)->plan().backend_version, "null 2.0");
    return null_backend_state().settings.at(1);
  }
};

TEST_F(BuildingAnew, AllowsWhatTheFirstBuildWasAllowed) {
  settings_.enabled_precisions = {network::DataType::kFLOAT, network::DataType::kHALF};
  settings_.optimization_level = 2;
  const BuildSettings anew = rebuild(build("null"));
  EXPECT_EQ(anew.enabled_precisions, settings_.enabled_precisions);
  EXPECT_EQ(anew.optimization_level, 2);
  EXPECT_FALSE(anew.use_explicit_typing);
  EXPECT_FALSE(anew.disable_tf32);
}

TEST_F(BuildingAnew, AllowsNoPrecisionThatTheFirstBuildMayNotHaveHad) {
  Plan plan = parse_plan(build("null"));
  plan.settings.reset();  // as in plans of older libraries
  const BuildSettings anew = rebuild(std::make_shared<const std::string>(serialize_plan(std::move(plan))));
  EXPECT_EQ(anew.enabled_precisions, std::set<network::DataType>{network::DataType::kFLOAT});
  EXPECT_TRUE(anew.use_explicit_typing);
  EXPECT_TRUE(anew.disable_tf32);
}

TEST_F(BackendChoice, BytesOfNoBackendAreNoEngine) {
  const auto bytes = std::make_shared<const std::string>("neither a plan nor anything else");
  EXPECT_THAT(error_of([&] { Engine::load(bytes); }), HasSubstr("not an engine"));
}

// The indices of the nonzero elements of x f32[2x3], with a source line.
std::shared_ptr<network::INetworkDefinition> make_search() {
  auto network = std::make_shared<network::INetworkDefinition>();
  auto* layer = network->addNonZero(*network->addInput("x", network::DataType::kFLOAT, network::Dims{2, 3}));
  layer->setName("search");
  layer->set_source("model.py:7");
  network->markOutput(*layer->getOutput(0));
  return network;
}

constexpr const char* kSearchRefused =
    "non_zero \"search\" (model.py:7): the shape of the result depends on the values of the input";

TEST_F(BackendChoice, OursDeclinesSizesThatDependOnDataBeforeItBuilds) {
  settings_.backend = "native";
  EXPECT_THAT(error_of([&] { build_engine(make_search(), settings_); }), HasSubstr(kSearchRefused));
  null_backend_state().is_available = false;
  settings_.backend = "auto";
  EXPECT_THAT(error_of([&] { build_engine(make_search(), settings_); }), HasSubstr(kSearchRefused));
  EXPECT_THAT(error_of([&] { Builder(settings_).build(make_search()); }), HasSubstr(kSearchRefused));
}

TEST_F(BackendChoice, SizesThatDependOnDataGoToABackendThatTakesThem) {
  settings_.backend = "auto";
  null_backend_state().preference = -1;
  const Plan plan = parse_plan(std::make_shared<const std::string>(build_engine(make_search(), settings_)));
  EXPECT_EQ(plan.backend, "null");
  ASSERT_NE(plan.network, nullptr);
  EXPECT_EQ(plan.network->getOutput(0)->getDimensions(), (network::Dims{2, -1}));
  EXPECT_EQ(plan.network->getLayer(1)->getType(), network::LayerType::kNON_ZERO);
}

TEST_F(BackendChoice, TellsBeforehandWhoTakesEveryLayer) {
  const auto search = make_search();
  EXPECT_THAT(takes_layers(*search, "native", kCpu).reason(),
              HasSubstr(str("backend native: it does not take 1 of the 2 layers:\n  ", kSearchRefused)));
  EXPECT_TRUE(takes_layers(*search, "null", kCpu));
  EXPECT_TRUE(takes_layers(*search, "auto", kCpu));
  null_backend_state().is_available = false;
  EXPECT_TRUE(takes_layers(*search, "null", kCpu));  // the layers that a backend takes do not depend on the machine
  EXPECT_THAT(takes_layers(*search, "auto", kCpu).reason(), HasSubstr(kSearchRefused));
  EXPECT_THAT(takes_layers(*search, "fastest", kCpu).reason(), HasSubstr(kSearchRefused));
  EXPECT_TRUE(takes_layers(*make_small_network(), "auto", kCpu));
  const network::ILayer& layer = *search->getLayer(1);
  EXPECT_TRUE(takes_layer(layer, "null", kCpu));
  EXPECT_THAT(takes_layer(layer, "auto", kCpu).reason(), ::testing::StartsWith("the shape of the result depends"));
  EXPECT_THROW(takes_layers(*search, "no_such", kCpu), Error);
}

}  // namespace
}  // namespace torch_tensorrt::engine
