#include "torch_tensorrt/core/engine/run/engine.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/run/context.h"

namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using testing::build_engine;
using testing::error_of;
using testing::make_small_network;
using testing::random_floats;
using testing::run_floats;

constexpr int64_t kInputElements = 3 * 8 * 8;

TEST(Engine, RunsWhatItWasBuiltFrom) {
  const auto packed = build_engine(make_small_network());
  const auto plain = build_engine(make_small_network(), testing::plain_settings());
  const auto input = random_floats(kInputElements, 5);
  const auto expected = run_floats(*plain, {Dims{1, 3, 8, 8}}, {input});
  const auto actual = run_floats(*packed, {Dims{1, 3, 8, 8}}, {input});
  ASSERT_EQ(actual.size(), 1U);
  ASSERT_EQ(actual[0].size(), 10U);
  EXPECT_EQ(actual, expected);  // the same arithmetic in the same order
  EXPECT_NE(actual[0][0], actual[0][1]);
}

TEST(Engine, DescribesItsInputsAndOutputs) {
  const auto engine = build_engine(make_small_network(/*dynamic_batch=*/true));
  EXPECT_EQ(engine->name(), "test");
  ASSERT_EQ(engine->inputs().size(), 1U);
  const IoTensor& input = engine->inputs()[0];
  EXPECT_EQ(input.name, "x");
  EXPECT_EQ(input.dims, (Dims{-1, 3, 8, 8}));
  EXPECT_EQ(input.min, (Dims{1, 3, 8, 8}));
  EXPECT_EQ(input.opt, (Dims{4, 3, 8, 8}));
  EXPECT_EQ(input.max, (Dims{8, 3, 8, 8}));
  ASSERT_EQ(engine->outputs().size(), 1U);
  EXPECT_EQ(engine->outputs()[0].name, "y");
  EXPECT_EQ(engine->outputs()[0].dims, (Dims{-1, 10}));
}

TEST(Engine, SixteenThreadsGetWhatOneGets) {
  const auto engine = build_engine(make_small_network(/*dynamic_batch=*/true));
  constexpr int32_t kThreads = 16;
  constexpr int32_t kCalls = 6;
  const auto dims_of = [](int32_t i) { return Dims{1 + i % 4, 3, 8, 8}; };
  const auto input_of = [](int32_t i) { return random_floats((1 + i % 4) * kInputElements, static_cast<uint32_t>(i)); };
  std::vector<std::vector<std::vector<float>>> expected;
  for (int32_t i = 0; i < kThreads * kCalls; ++i) expected.push_back(run_floats(*engine, {dims_of(i)}, {input_of(i)}));
  std::vector<std::vector<std::vector<float>>> actual(expected.size());
  std::vector<std::thread> threads;
  for (int32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int32_t i = t * kCalls; i < (t + 1) * kCalls; ++i) {
        actual[static_cast<size_t>(i)] = run_floats(*engine, {dims_of(i)}, {input_of(i)});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(actual, expected);
}

TEST(Engine, ContextsComeFromAPool) {
  const auto engine = build_engine(make_small_network());
  const Context* first = nullptr;
  {
    const auto lease = engine->acquire_context();
    first = &*lease;
    const auto other = engine->acquire_context();
    EXPECT_NE(&*other, first);
  }
  const auto a = engine->acquire_context();
  const auto b = engine->acquire_context();
  EXPECT_TRUE(&*a == first || &*b == first);
}

TEST(Engine, PooledContextsDoNotKeepTheEngineAlive) {
  auto engine = build_engine(make_small_network());
  run_floats(*engine, {Dims{1, 3, 8, 8}}, {random_floats(kInputElements, 1)});
  const std::weak_ptr<Engine> weak = engine;
  engine.reset();
  EXPECT_TRUE(weak.expired());
}

TEST(Engine, AContextKeepsItsEngineAlive) {
  auto engine = build_engine(make_small_network());
  const auto context = engine->create_context();
  engine.reset();
  EXPECT_EQ(run_floats(*context, {Dims{1, 3, 8, 8}}, {random_floats(kInputElements, 1)})[0].size(), 10U);
}

// A matrix of 64 KiB, and a bias that differs.
std::shared_ptr<const std::string> build_product(uint32_t bias) {
  auto network = std::make_shared<network::INetworkDefinition>();
  auto* x = network->addInput("x", network::DataType::kFLOAT, Dims{2, 128});
  const auto constant = [&](const Dims& dims, uint32_t seed) {
    const auto values = random_floats(dims.volume(), seed);
    return network->addConstant(dims, network->own(network::DataType::kFLOAT, values.data(), dims.volume()));
  };
  constexpr auto kNone = network::MatrixOperation::kNONE;
  auto* product = network->addMatrixMultiply(*x, kNone, *constant(Dims{128, 128}, 1)->getOutput(0), kNone);
  auto* sum = network->addElementWise(*product->getOutput(0), *constant(Dims{1, 128}, bias)->getOutput(0),
                                      network::ElementWiseOperation::kSUM);
  network->markOutput(*sum->getOutput(0));
  return std::make_shared<const std::string>(Builder(testing::reference_settings()).build(std::move(network)));
}

TEST(Engine, EnginesHoldEqualWeightsOnce) {
  const auto before = WeightPool::global().usage();
  auto bytes = build_product(/*bias=*/2);
  const std::weak_ptr<const std::string> file = bytes;
  const std::string copy = *bytes;
  auto first = Engine::load(std::move(bytes));
  EXPECT_TRUE(file.expired()) << "the engine keeps the file besides the blocks";
  auto second = Engine::load(build_product(/*bias=*/3));
  const auto after = WeightPool::global().usage();
  EXPECT_EQ(after.blocks - before.blocks, 1);
  EXPECT_EQ(after.bytes - before.bytes, 64 << 10);
  EXPECT_EQ(first->bytes(), copy);
  const auto input = random_floats(2 * 128, 7);
  const auto expected = run_floats(*second, {Dims{2, 128}}, {input});
  EXPECT_NE(run_floats(*first, {Dims{2, 128}}, {input}), expected);
  first.reset();
  EXPECT_EQ(run_floats(*second, {Dims{2, 128}}, {input}), expected);
  second.reset();
  EXPECT_EQ(WeightPool::global().usage().blocks, before.blocks);
}

TEST(Engine, RefusesATacticThatIsNotHere) {
  const auto settings = testing::reference_settings();
  Plan plan = parse_plan(std::make_shared<const std::string>(Builder(settings).build(make_small_network())));
  for (LayerChoice& choice : plan.choices) {
    if (choice.tactic == "packed.weights") choice.tactic = "elsewhere.convolution";
  }
  const auto bytes = std::make_shared<const std::string>(serialize_plan(std::move(plan)));
  const std::string error = error_of([&] { Engine::load(bytes); });
  EXPECT_NE(error.find("convolution \"conv1\" needs the tactic elsewhere.convolution"), std::string::npos) << error;
}

TEST(Engine, RefusesATacticForALayerThatItDoesNotRun) {
  const auto settings = testing::reference_settings();
  Plan plan = parse_plan(std::make_shared<const std::string>(Builder(settings).build(make_small_network())));
  for (LayerChoice& choice : plan.choices) {
    if (!choice.tactic.empty()) choice.tactic = "reference.any";
  }
  const auto bytes = std::make_shared<const std::string>(serialize_plan(std::move(plan)));
  EXPECT_NE(error_of([&] { Engine::load(bytes); }).find("leaves weights to others"), std::string::npos);
}

TEST(Engine, RefusesADeviceThatIsNotHere) {
  Plan plan = parse_plan(
      std::make_shared<const std::string>(Builder(testing::reference_settings()).build(make_small_network())));
  plan.target.device_type = network::DeviceType::kGPU;
  plan.target.isa = "sm_90";
  const auto bytes = std::make_shared<const std::string>(serialize_plan(std::move(plan)));
  EXPECT_NE(error_of([&] { Engine::load(bytes); }).find("CUDA device 0 (sm_90)"), std::string::npos);
}

TEST(Engine, InspectShowsLayersAndMemory) {
  const auto engine = build_engine(make_small_network());
  const std::string json = engine->inspect_json();
  for (const char* part : {"\"name\":\"test\"", "\"producer\":\"torch_tensorrt ", "\"kind\":\"convolution\"",
                           "\"tactic\":\"packed.weights\"", "\"name\":\"conv1\"",
                           "\"arena_bytes\":", "\"arena_lower_bound_bytes\":", "\"memory\":{\"steps\":[",
                           "\"converted\":{", "\"passes\":[", "\"weight_bytes\":", "\"dims\":[1,3,8,8]"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine
