#include "torch_tensorrt/core/engine/run/context.h"

#include <gtest/gtest.h>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using network::ActivationType;
using network::DataType;
using network::Dims;
using network::ElementWiseOperation;
using testing::build_engine;
using testing::error_of;
using testing::make_small_network;
using testing::random_floats;
using testing::run_floats;

using Floats = std::vector<float>;

class SmallContext : public ::testing::Test {
 protected:
  static Dims dims(int64_t batch) { return Dims{batch, 3, 8, 8}; }
  static Floats input(int64_t batch) { return random_floats(batch * 3 * 8 * 8, static_cast<uint32_t>(batch)); }
  std::string error_for(const std::vector<Dims>& given) {
    return error_of([&] { context_->set_input_dims(given); });
  }

  std::shared_ptr<Engine> engine_ = build_engine(make_small_network(/*dynamic_batch=*/true));
  std::unique_ptr<Context> context_ = engine_->create_context(/*max_specializations=*/2);
};

TEST_F(SmallContext, EachRowOfABatchIsARunOfItsOwn) {
  const Floats batch = input(3);
  const Floats together = run_floats(*context_, {dims(3)}, {batch})[0];
  Floats apart;
  for (int64_t i = 0; i < 3; ++i) {
    const auto* row = batch.data() + i * 192;
    const Floats one = run_floats(*context_, {dims(1)}, {Floats(row, row + 192)})[0];
    apart.insert(apart.end(), one.begin(), one.end());
  }
  EXPECT_EQ(together, apart);
}

TEST_F(SmallContext, KeepsTheLastFewSpecializations) {
  for (const int64_t batch : {1, 2, 1, 2}) run_floats(*context_, {dims(batch)}, {input(batch)});
  EXPECT_EQ(context_->specialization_count(), 2);
  const Floats before = run_floats(*context_, {dims(2)}, {input(2)})[0];
  for (const int64_t batch : {8, 1, 3, 5}) run_floats(*context_, {dims(batch)}, {input(batch)});
  EXPECT_EQ(context_->specialization_count(), 2);
  EXPECT_EQ(run_floats(*context_, {dims(2)}, {input(2)})[0], before);
}

TEST_F(SmallContext, ASmallerShapeRunsInTheArenaOfALargerOne) {
  const Floats before = run_floats(*context_, {dims(1)}, {input(1)})[0];
  run_floats(*context_, {dims(8)}, {input(8)});  // grows the arena while the first specialization exists
  EXPECT_EQ(run_floats(*context_, {dims(1)}, {input(1)})[0], before);
  EXPECT_EQ(context_->specialization_count(), 2);
}

TEST(Specializations, TheirNumberIsInThePlan) {
  BuildSettings settings;
  settings.max_specializations = 3;
  const auto engine = build_engine(make_small_network(/*dynamic_batch=*/true), settings);
  EXPECT_EQ(engine->plan().max_specializations, 3);
  const auto context = engine->create_context();
  for (const int64_t batch : {1, 2, 3, 4, 5, 6}) {
    context->set_input_dims({Dims{batch, 3, 8, 8}});
    EXPECT_EQ(context->specialization_count(), std::min<int64_t>(batch, 3));
  }
  settings.max_specializations = 0;
  EXPECT_NE(error_of([&] { build_engine(make_small_network(), settings); }).find("max_specializations is 0"),
            std::string::npos);
}

// "packed.weights", the plan's tactic, does not take 7, and has kept no plain weights.
TEST_F(SmallContext, AnotherTacticStepsInWhereTheChosenOneDoesNotTakeTheDims) {
  const auto plain = build_engine(make_small_network(/*dynamic_batch=*/true), testing::plain_settings());
  const Floats expected = run_floats(*plain, {dims(7)}, {input(7)})[0];
  const Floats of_chosen = run_floats(*context_, {dims(1)}, {input(1)})[0];
  // Repeat in another context, which finds the plain weights already there, and between calls of the plan's tactic.
  for (int32_t i = 0; i < 2; ++i) {
    const auto context = engine_->create_context(/*max_specializations=*/1);
    for (int32_t k = 0; k < 2; ++k) {
      const Floats found = run_floats(*context, {dims(7)}, {input(7)})[0];
      ASSERT_EQ(found.size(), expected.size());
      // Sums of a thousand products up to 250, which another format may add in a different order.
      for (size_t j = 0; j < found.size(); ++j) ASSERT_NEAR(found[j], expected[j], 1e-2) << j;
      EXPECT_EQ(run_floats(*context, {dims(1)}, {input(1)})[0], of_chosen);
    }
  }
}

TEST_F(SmallContext, ErrorsQuoteNameDimsAndRange) {
  const std::string outside = error_for({dims(9)});
  for (const char* part : {"\"x\"", "9x3x8x8", "1x3x8x8 to 8x3x8x8"}) {
    EXPECT_NE(outside.find(part), std::string::npos) << part << " in " << outside;
  }
  EXPECT_NE(error_for({dims(0)}).find("1x3x8x8 to 8x3x8x8"), std::string::npos);
  EXPECT_NE(error_for({dims(-1)}).find("-1x3x8x8"), std::string::npos);
  EXPECT_NE(error_for({Dims{1, 4, 8, 8}}).find("1x4x8x8"), std::string::npos);
  EXPECT_NE(error_for({Dims{3, 8, 8}}).find("rank 3, the engine was built for rank 4"), std::string::npos);
  EXPECT_NE(error_for({}).find("got 0 inputs, engine \"test\" has 1"), std::string::npos);
  EXPECT_NE(error_for({dims(1), dims(1)}).find("got 2 inputs"), std::string::npos);
}

TEST_F(SmallContext, NothingStaleRunsAfterAnError) {
  run_floats(*context_, {dims(1)}, {input(1)});
  error_for({dims(9)});
  EXPECT_NE(error_of([&] { context_->run(nullptr, nullptr); }).find("set_input_dims"), std::string::npos);
  EXPECT_EQ(run_floats(*context_, {dims(1)}, {input(1)})[0].size(), 10U);
}

TEST_F(SmallContext, ProfileGivesATimeToEachLayerThatRuns) {
  context_->set_input_dims({dims(1)});
  const Floats in = input(1);
  Floats out(10);
  const void* inputs[] = {in.data()};
  void* outputs[] = {out.data()};
  const auto times = context_->profile(inputs, outputs);
  std::vector<std::string> working;
  for (int32_t i = 0; i < engine_->plan().network->getNbLayers(); ++i) {
    if (engine_->plan().choices[static_cast<size_t>(i)].tactic.empty()) continue;
    working.emplace_back(engine_->plan().network->getLayer(i)->getName());
  }
  ASSERT_EQ(times.size(), working.size());
  for (size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(times[i].name, working[i]);
    EXPECT_GT(times[i].microseconds, 0);
  }
  EXPECT_EQ(out, run_floats(*context_, {dims(1)}, {in})[0]);
}

TEST(Context, StaticShapesNameTheDimsOfTheBuild) {
  const auto engine = build_engine(make_small_network());
  const std::string error = error_of([&] { engine->create_context()->set_input_dims({Dims{2, 3, 8, 8}}); });
  EXPECT_NE(error.find("\"x\" has dims 2x3x8x8, the engine was built for 1x3x8x8"), std::string::npos) << error;
}

// One input of 2x3 (or dynamic rows), and layers added by the test.
class OneInput : public ::testing::Test {
 protected:
  network::ITensor& relu(network::ITensor& from) {
    return *network_->addActivation(from, ActivationType::kRELU)->getOutput(0);
  }
  network::ITensor& add(network::ITensor& a, network::ITensor& b) {
    return *network_->addElementWise(a, b, ElementWiseOperation::kSUM)->getOutput(0);
  }
  network::ITensor& reshape(network::ITensor& from, const Dims& dims) {
    auto* layer = network_->addShuffle(from);
    layer->setReshapeDimensions(dims);
    return *layer->getOutput(0);
  }
  network::ITensor* int_constant(const std::vector<int64_t>& values) {
    const auto count = static_cast<int64_t>(values.size());
    return network_->addConstant(Dims{count}, network_->own(DataType::kINT64, values.data(), count))->getOutput(0);
  }
  std::vector<Floats> run(const Floats& values, const Dims& dims = Dims{2, 3}) {
    engine_ = build_engine(network_, testing::plain_settings());
    return run_floats(*engine_, {dims}, {values});
  }

  std::shared_ptr<network::INetworkDefinition> network_ = std::make_shared<network::INetworkDefinition>();
  network::ITensor& x_ = *network_->addInput("x", DataType::kFLOAT, Dims{2, 3});
  std::shared_ptr<Engine> engine_;
  const Floats values_ = {-1, 2, -3, 4, -5, 6};
};

TEST_F(OneInput, AnOutputThatIsAnInputIsCopied) {
  network_->markOutput(x_);
  EXPECT_EQ(run(values_), (std::vector<Floats>{values_}));
}

TEST_F(OneInput, AnOutputThatIsAViewOfAnInputIsCopied) {
  network_->markOutput(reshape(x_, Dims{6}));
  EXPECT_EQ(run(values_), (std::vector<Floats>{values_}));
}

TEST_F(OneInput, AnOutputThatIsAConstantIsCopied) {
  const Floats constant = {7, 8};
  auto* layer = network_->addConstant(Dims{2}, network_->own(DataType::kFLOAT, constant.data(), 2));
  network_->markOutput(*layer->getOutput(0));
  network_->markOutput(relu(x_));
  EXPECT_EQ(run(values_), (std::vector<Floats>{constant, {0, 2, 0, 4, 0, 6}}));
}

TEST_F(OneInput, OutputsThatAreViewsOfOneAnother) {
  network::ITensor& y = relu(x_);
  network_->markOutput(y);
  network_->markOutput(reshape(y, Dims{6}));
  network_->markOutput(reshape(y, Dims{3, 2}));
  const Floats expected = {0, 2, 0, 4, 0, 6};
  EXPECT_EQ(run(values_), (std::vector<Floats>{expected, expected, expected}));
}

TEST_F(OneInput, AnOutputThatOthersReadIsNotOverwritten) {
  network::ITensor& y = relu(x_);
  network_->markOutput(y);
  network_->markOutput(add(y, x_));
  EXPECT_EQ(run(values_), (std::vector<Floats>{{0, 2, 0, 4, 0, 6}, {-1, 4, -3, 8, -5, 12}}));
}

TEST_F(OneInput, AnOutputMadeInPlaceIsNotOverwrittenEither) {
  network::ITensor& y = relu(relu(x_));
  network_->markOutput(y);
  network_->markOutput(add(y, x_));
  EXPECT_EQ(run(values_), (std::vector<Floats>{{0, 2, 0, 4, 0, 6}, {-1, 4, -3, 8, -5, 12}}));
}

TEST_F(OneInput, InPlaceLayersRespectWhatIsReadLater) {
  network::ITensor& y = relu(x_);
  network::ITensor& z = add(y, x_);
  network::ITensor& w = add(z, y);  // y is still read while z is made
  network_->markOutput(add(reshape(w, Dims{6}), reshape(z, Dims{6})));
  EXPECT_EQ(run(values_), (std::vector<Floats>{{-2, 10, -6, 20, -10, 30}}));
}

TEST_F(OneInput, ATensorAddedToItselfIsRight) {
  network::ITensor& y = relu(x_);
  network_->markOutput(add(y, y));
  EXPECT_EQ(run(values_), (std::vector<Floats>{{0, 4, 0, 8, 0, 12}}));
}

TEST_F(OneInput, ALongChainRunsInTheOutputAlone) {
  network::ITensor* y = &relu(x_);
  for (int32_t i = 0; i < 5; ++i) y = &relu(*y);
  network_->markOutput(*y);
  EXPECT_EQ(run(values_), (std::vector<Floats>{{0, 2, 0, 4, 0, 6}}));
  const auto context = engine_->create_context();
  context->set_input_dims({Dims{2, 3}});
  EXPECT_EQ(context->arena_bytes(), 256);  // the workspace
}

class DynamicRows : public OneInput {
 protected:
  DynamicRows() {
    x_.setDimensions(Dims{-1, 3});
    network_->profiles().push_back({{"x", {Dims{0, 3}, Dims{2, 3}, Dims{4, 3}}}});
  }
};

TEST_F(DynamicRows, EmptyTensorsRun) {
  network_->markOutput(relu(x_));
  network_->markOutput(*network_->addReduce(x_, network::ReduceOperation::kSUM, 1U, false)->getOutput(0));
  EXPECT_EQ(run({}, Dims{0, 3}), (std::vector<Floats>{{}, {0, 0, 0}}));
  EXPECT_EQ(run_floats(*engine_, {Dims{2, 3}}, {values_}), (std::vector<Floats>{{0, 2, 0, 4, 0, 6}, {3, -3, 3}}));
}

TEST_F(DynamicRows, ShapesAreKnownWithoutRunningAnything) {
  auto* shape = network_->addShape(x_);
  auto* shuffle = network_->addShuffle(relu(x_));
  auto* reversed = network_->addGather(*shape->getOutput(0), *int_constant({1, 0}), 0);
  shuffle->setZeroIsPlaceholder(false);  // there may be no rows
  shuffle->setInput(1, *reversed->getOutput(0));
  network_->markOutput(*shuffle->getOutput(0));
  network_->markOutput(*network_->addCast(*reversed->getOutput(0), DataType::kFLOAT)->getOutput(0));
  EXPECT_EQ(run(values_), (std::vector<Floats>{{0, 2, 0, 4, 0, 6}, {3, 2}}));
  EXPECT_EQ(run_floats(*engine_, {Dims{4, 3}}, {Floats(12, 1.F)})[1], (Floats{3, 4}));
}

}  // namespace
}  // namespace torch_tensorrt::engine
