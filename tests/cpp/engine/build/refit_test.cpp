#include "torch_tensorrt/core/engine/build/refit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/null_backend.h"
#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/plan/plan_fields.h"
#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::Dims;
using testing::error_of;
using ::testing::HasSubstr;
using testing::make_small_network;
using testing::null_backend_state;
using NetworkPtr = std::shared_ptr<network::INetworkDefinition>;

NetworkPtr retrained_network() {
  auto network = make_small_network();
  uint32_t seed = 100;
  for (const auto& layer : network->layers()) {
    change_weights(*layer, [&](const char*, network::Weights& weights) {
      weights = network->own(DataType::kFLOAT, testing::random_floats(weights.count, seed++).data(), weights.count);
    });
  }
  return network;
}

// The small network with tanh as its first activation, on line 7.
NetworkPtr other_network() {
  auto network = make_small_network();
  for (const auto& layer : network->layers()) {
    auto* activation = network::layer_cast<network::IActivationLayer>(layer.get());
    if (activation == nullptr) continue;
    activation->setActivationType(network::ActivationType::kTANH);
    activation->setName("squash");
    activation->set_source("model.py:7");
    break;
  }
  return network;
}

class Refit : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::register_reference_tactics();
    testing::null_backend();
    testing::reset_null_backend();
    settings_ = testing::reference_settings();
    settings_.name = "engine_0";
    settings_.parameters = {{"conv1.weight", "float32", {16, 3, 3, 3}}, {"steps", "int64", {}}};
  }
  void TearDown() override { testing::reset_null_backend(); }

  std::string build(const std::string& backend, NetworkPtr network) {
    settings_.backend = backend;
    return engine::build_engine(std::move(network), settings_);
  }
  Plan plan_of(std::string bytes) { return parse_plan(std::make_shared<const std::string>(std::move(bytes))); }
  Plan built(const std::string& backend) { return plan_of(build(backend, make_small_network())); }

  static std::vector<float> run(std::string bytes) {
    const auto engine = Engine::load(std::make_shared<const std::string>(std::move(bytes)));
    return testing::run_floats(*engine, {Dims{1, 3, 8, 8}}, {testing::random_floats(192, 1)})[0];
  }

  BuildSettings settings_;
};

TEST_F(Refit, APlanSaysHowItWasBuilt) {
  settings_.enabled_precisions = {DataType::kFLOAT, DataType::kHALF};
  settings_.num_avg_timing_iters = 3;
  settings_.disable_tf32 = true;
  settings_.refit = true;
  settings_.workspace_size = uint64_t{1} << 40;
  settings_.device.device_type = network::DeviceType::kDLA;
  settings_.device.dla_core = 1;
  settings_.device.isa = "sm_87";
  settings_.capability = network::EngineCapability::kSAFETY;
  settings_.optimization_level = 4;
  settings_.use_explicit_typing = true;
  settings_.truncate_long_and_double = true;
  settings_.max_specializations = 5;
  settings_.method = "encode";
  const BuildSettings like = settings_like(built("null"));
  EXPECT_EQ(like.name, "engine_0");
  EXPECT_EQ(like.backend, "null");
  EXPECT_EQ(like.device.isa, "sm_87");
  EXPECT_EQ(like.max_specializations, 5U);
  EXPECT_EQ(like.enabled_precisions, settings_.enabled_precisions);
  EXPECT_EQ(like.tactic_sources, settings_.tactic_sources);
  EXPECT_EQ(like.num_avg_timing_iters, 3U);
  EXPECT_TRUE(like.disable_tf32 && like.refit && like.use_explicit_typing && like.truncate_long_and_double);
  EXPECT_FALSE(like.debug || like.sparse_weights || like.version_compatible || like.hardware_compatible);
  EXPECT_EQ(like.workspace_size, uint64_t{1} << 40);
  EXPECT_TRUE(like.device.is_dla());
  EXPECT_EQ(like.device.dla_core, 1);
  EXPECT_EQ(like.capability, network::EngineCapability::kSAFETY);
  EXPECT_EQ(like.optimization_level, 4);
  EXPECT_EQ(like.method, "encode");
  ASSERT_EQ(like.parameters.size(), 2U);
  EXPECT_EQ(like.parameters[0].name, "conv1.weight");
  EXPECT_EQ(like.parameters[0].dtype, "float32");
  EXPECT_EQ(like.parameters[0].dims, (std::vector<int64_t>{16, 3, 3, 3}));
  EXPECT_TRUE(like.parameters[1].dims.empty());
}

TEST_F(Refit, APlanThatDoesNotSayIsOneOfForward) {
  flatbuffers::FlatBufferBuilder buffer;
  buffer.Finish(fb::CreateSettings(buffer));
  EXPECT_EQ(read_settings(*flatbuffers::GetRoot<fb::Settings>(buffer.GetBufferPointer())).method, "forward");
}

TEST_F(Refit, ABackendWithoutAWayOfItsOwnBuildsAnew) {
  settings_.disable_tf32 = true;
  const Plan plan = built("null");
  const Plan refitted = plan_of(refit_engine(plan, retrained_network()));
  EXPECT_EQ(refitted.backend, "null");
  ASSERT_EQ(null_backend_state().handed.size(), 2U);
  EXPECT_EQ(null_backend_state().handed[1], network::print_network(*retrained_network()));
  EXPECT_EQ(network::print_network(*refitted.network), network::print_network(*retrained_network()));
  EXPECT_TRUE(null_backend_state().settings[1].disable_tf32);
  EXPECT_EQ(null_backend_state().settings[1].name, "engine_0");
  EXPECT_EQ(refitted.settings->parameters.size(), 2U);  // for the next refit
}

TEST_F(Refit, NamesOfAPortableNetworkStayThose) {
  const Plan plan = built("null");
  auto network = retrained_network();
  network->getLayer(1)->setName("%205");
  network->getLayer(1)->getOutput(0)->setName("x.7");
  refit_engine(plan, network);
  EXPECT_EQ(null_backend_state().handed.at(1), network::print_network(*retrained_network()));
}

TEST_F(Refit, RangesStayThose) {
  const Plan plan = plan_of(build("null", make_small_network(/*dynamic_batch=*/true)));
  auto network = make_small_network(/*dynamic_batch=*/true);
  network->profiles().front().at("x").max = Dims{5, 3, 8, 8};
  const Plan refitted = plan_of(refit_engine(plan, network));
  ASSERT_EQ(refitted.network->profiles().size(), 1U);
  EXPECT_EQ(refitted.network->profiles().front().at("x").max, (Dims{8, 3, 8, 8}));
}

TEST_F(Refit, OtherRangesAreNamed) {
  const Plan plan = plan_of(build("null", make_small_network(/*dynamic_batch=*/true)));
  auto network = make_small_network(/*dynamic_batch=*/true);
  EXPECT_NO_THROW(check_same_ranges(plan, *network));
  network->profiles().front().at("x").max = Dims{5, 3, 8, 8};
  EXPECT_THAT(
      error_of([&] { check_same_ranges(plan, *network); }),
      HasSubstr("input x of the engine \"engine_0\" has another range of shapes with the new module: 1x3x8x8 to "
                "5x3x8x8, but 1x3x8x8 to 8x3x8x8 in the compiled module"));
}

TEST_F(Refit, OursTakesItsTacticsOverAndTimesNothing) {
  const Plan plan = built("native");
  BuildReport report;
  const std::string bytes = Builder(settings_like(plan)).build_like(plan, retrained_network(), &report);
  EXPECT_EQ(report.timed + report.from_cache, 0);
  const Plan refitted = plan_of(bytes);
  ASSERT_EQ(refitted.choices.size(), plan.choices.size());
  for (size_t i = 0; i < plan.choices.size(); ++i) {
    EXPECT_EQ(refitted.choices[i].tactic, plan.choices[i].tactic);
    EXPECT_EQ(refitted.choices[i].microseconds, plan.choices[i].microseconds);
  }
  EXPECT_EQ(run(bytes), run(build("native", retrained_network())));
  EXPECT_NE(run(bytes), run(build("native", make_small_network())));
}

TEST_F(Refit, TheFirstWeightsGiveTheFirstBytes) {
  const std::string first = build("native", make_small_network());
  const std::string second = refit_engine(plan_of(first), retrained_network());
  EXPECT_NE(second, first);
  EXPECT_EQ(refit_engine(plan_of(second), make_small_network()), first);
}

TEST_F(Refit, APlanOfAnotherMachineIsChosenAnewForThisOne) {
  Plan plan = built("native");
  plan.target.isa = "another";
  constexpr double kMeasuredThere = 1e9;
  for (LayerChoice& choice : plan.choices) choice.microseconds = kMeasuredThere;
  const Plan refitted = plan_of(refit_engine(plan, retrained_network()));
  EXPECT_EQ(refitted.target.isa, describe_target().isa);
  for (const LayerChoice& choice : refitted.choices) EXPECT_LT(choice.microseconds, kMeasuredThere);
}

TEST_F(Refit, ATacticThatIsNotHereIsChosenAnew) {
  Plan plan = built("native");
  for (LayerChoice& choice : plan.choices) {
    if (!choice.tactic.empty()) choice.tactic = "elsewhere.any";
  }
  EXPECT_EQ(run(refit_engine(plan, retrained_network())), run(build("native", retrained_network())));
}

TEST_F(Refit, AnotherLayerIsNamedWithItsLine) {
  const std::string error = error_of([&] { refit_engine(built("native"), other_network()); });
  EXPECT_THAT(error, HasSubstr("the engine \"engine_0\" was built from: the first layer that differs is activation "
                               "\"squash\" (model.py:7)"));
  EXPECT_THAT(error, ::testing::Not(HasSubstr("where the compiled module has")));
}

TEST_F(Refit, APortableNetworkKnowsWhatWasThereBefore) {
  const std::string error = error_of([&] { refit_engine(built("null"), other_network()); });
  EXPECT_THAT(error, HasSubstr("activation \"squash\" (model.py:7), where the compiled module has activation"));
  EXPECT_EQ(null_backend_state().handed.size(), 1U);
}

TEST_F(Refit, LayersAreComparedByWhatTheyReadAndGive) {
  const auto signatures = layer_signatures(*make_small_network());
  EXPECT_EQ(layer_signatures(*retrained_network()), signatures);
  auto network = make_small_network();
  network->unmarkOutput(*network->getOutput(0));
  network->markOutput(*network->getLayer(1)->getOutput(0));
  EXPECT_NE(layer_signatures(*network), signatures);
  network = make_small_network();
  network->getInput(0)->set_format(network::TensorFormat::kHWC);
  EXPECT_NE(layer_signatures(*network), signatures);
  const auto difference = [](bool swapped) {
    auto net = std::make_shared<network::INetworkDefinition>();
    auto* a = net->addInput("a", DataType::kFLOAT, Dims{2});
    auto* b = net->addInput("b", DataType::kFLOAT, Dims{2});
    if (swapped) std::swap(a, b);
    net->markOutput(*net->addElementWise(*a, *b, network::ElementWiseOperation::kSUB)->getOutput(0));
    return layer_signatures(*net);
  };
  EXPECT_NE(difference(false), difference(true));
}

TEST_F(Refit, EndsTooEarly) {
  auto network = std::make_shared<network::INetworkDefinition>();
  const auto full = make_small_network();
  auto* input = network->addInput("x", DataType::kFLOAT, full->getInput(0)->getDimensions());
  Plan plan = built("null");
  plan.signatures = layer_signatures(*network);
  plan.signatures.push_back(1);
  network->markOutput(*network->addIdentity(*input)->getOutput(0));
  plan.signatures[1] = layer_signatures(*network)[1];
  plan.signatures.push_back(1);
  EXPECT_THAT(error_of([&] { refit_engine(plan, network); }), HasSubstr("it has only the first 2 of 3 layers"));
}

TEST_F(Refit, ParametersThatDifferAreNamed) {
  const Plan plan = built("native");
  check_parameters(plan, {{"steps", "int64", {}}, {"conv1.weight", "float32", {16, 3, 3, 3}}});
  const std::string error = error_of([&] {
    check_parameters(plan, {{"conv1.weight", "float16", {16, 3, 3, 3}}, {"bias", "float32", {4}}});
  });
  EXPECT_THAT(error, HasSubstr("3 differ:"));
  EXPECT_THAT(error, HasSubstr("\"conv1.weight\" is float16 [16, 3, 3, 3], must be float32 [16, 3, 3, 3]"));
  EXPECT_THAT(error, HasSubstr("\"steps\", int64 [], is missing"));
  EXPECT_THAT(error, HasSubstr("\"bias\", float32 [4], is not in the compiled module"));
}

TEST_F(Refit, NotMoreThanTwentyAreTold) {
  std::vector<Parameter> many;
  for (int i = 0; i < 50; ++i) many.push_back({"p" + std::to_string(i), "float32", {1}});
  const std::string error = error_of([&] { check_parameters(built("null"), many); });
  EXPECT_THAT(error, HasSubstr("52 differ:"));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 21);
}

// Plans are like that if an older library wrote them.
TEST_F(Refit, APlanThatDoesNotSayHowItWasBuiltIsRefused) {
  Plan plan = built("native");
  plan.settings.reset();
  plan.signatures.clear();
  const Plan old = plan_of(serialize_plan(std::move(plan)));
  EXPECT_FALSE(old.settings);
  EXPECT_THAT(error_of([&] { refit_engine(old, retrained_network()); }), HasSubstr("compile the module again"));
  EXPECT_THAT(error_of([&] { check_parameters(old, {}); }),
              HasSubstr("does not record the module that it was built from"));
  EXPECT_TRUE(settings_like(old).use_explicit_typing);
}

}  // namespace
}  // namespace torch_tensorrt::engine
