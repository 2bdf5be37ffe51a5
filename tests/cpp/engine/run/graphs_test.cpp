#include <gtest/gtest.h>

#include "engine/fake_device.h"
#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/run/context.h"

// CUDA graphs of our own engine, on a fake GPU. A launch of a recorded graph does nothing there, so that an output that
// keeps its old elements shows one.
namespace torch_tensorrt::engine {
namespace {

using network::Dims;

constexpr float kUntouched = -77.F;

class Graphs : public ::testing::Test {
 protected:
  Graphs() {
    BuildSettings settings = testing::reference_settings();
    settings.device.device_type = network::DeviceType::kGPU;
    engine_ = testing::build_engine(testing::make_small_network(/*dynamic_batch=*/true), settings);
    context_ = engine_->create_context(/*max_specializations=*/2);
    gpu_.driver = {};
  }

  // Buffers of one caller, at addresses of their own.
  struct Buffers {
    std::vector<float> input = testing::random_floats(8 * 192, 1);
    std::vector<float> output = std::vector<float>(80, kUntouched);
  };

  void run(int64_t batch, Buffers& buffers, const RunOptions& options) {
    context_->set_input_dims({Dims{batch, 3, 8, 8}});
    const void* inputs[] = {buffers.input.data()};
    void* outputs[] = {buffers.output.data()};
    context_->run(inputs, outputs, options);
  }
  static RunOptions with_graph() {
    RunOptions options;
    options.use_graph = true;
    return options;
  }
  static RunOptions in_recording() {
    RunOptions options;
    options.is_recorded = true;
    return options;
  }

  testing::FakeGpu gpu_;
  std::shared_ptr<Engine> engine_;
  std::unique_ptr<Context> context_;
  Buffers buffers_;
};

TEST_F(Graphs, TheSecondCallAtTheSameAddressesIsRecordedAndLaterOnesAreLaunched) {
  run(2, buffers_, with_graph());
  const std::vector<float> expected = buffers_.output;
  EXPECT_NE(expected[0], kUntouched);
  EXPECT_EQ(gpu_.driver.captures, 0);
  run(2, buffers_, with_graph());
  EXPECT_EQ(gpu_.driver.captures, 1);
  EXPECT_EQ(gpu_.served, 1);
  buffers_.output.assign(80, kUntouched);
  run(2, buffers_, with_graph());
  EXPECT_EQ(gpu_.driver.launches, 2);
  EXPECT_EQ(buffers_.output[0], kUntouched) << "only the graph is launched";
  Buffers others;
  run(2, others, with_graph());
  EXPECT_EQ(std::vector<float>(others.output.begin(), others.output.begin() + 20),
            std::vector<float>(expected.begin(), expected.begin() + 20));
  EXPECT_EQ(gpu_.driver.launches, 2) << "addresses that come for the first time are not recorded";
}

TEST_F(Graphs, CallsThatDoNotAskHaveNone) {
  for (int i = 0; i < 3; ++i) run(2, buffers_, {});
  EXPECT_EQ(gpu_.driver.captures, 0);
  EXPECT_EQ(gpu_.live_memories, 0);
}

TEST_F(Graphs, WithoutMemoryForGraphsCallsRunWithout) {
  gpu_.gives_graph_memory = false;
  for (int i = 0; i < 3; ++i) run(2, buffers_, with_graph());
  EXPECT_EQ(gpu_.driver.captures, 0);
  EXPECT_NE(buffers_.output[0], kUntouched);
}

TEST_F(Graphs, AnArenaThatGrowsTakesTheGraphsOfTheOldOneAway) {
  for (int i = 0; i < 2; ++i) run(1, buffers_, with_graph());
  EXPECT_EQ(gpu_.driver.graphs, 1);
  const int blocks = gpu_.live_blocks;
  run(8, buffers_, with_graph());
  EXPECT_EQ(gpu_.driver.graphs, 0) << "the graph read the arena that is gone";
  EXPECT_EQ(gpu_.live_blocks, blocks);
  buffers_.output.assign(80, kUntouched);
  run(1, buffers_, with_graph());
  EXPECT_NE(buffers_.output[0], kUntouched);
}

TEST_F(Graphs, AShapeThatIsDroppedTakesItsGraphsAndTheirMemoryAway) {
  for (int i = 0; i < 2; ++i) run(8, buffers_, with_graph());
  EXPECT_EQ(gpu_.live_memories, 1);
  for (const int64_t batch : {1, 2}) run(batch, buffers_, {});
  EXPECT_EQ(gpu_.driver.graphs, 0);
  EXPECT_EQ(gpu_.live_memories, 0);
}

TEST_F(Graphs, ACallersRecordingKeepsEveryArenaAndShapeItUsed) {
  run(1, buffers_, in_recording());
  const int blocks = gpu_.live_blocks;
  run(8, buffers_, in_recording());
  EXPECT_EQ(gpu_.live_blocks, blocks + 1) << "the caller's graph still uses the smaller arena";
  for (const int64_t batch : {2, 3, 4}) run(batch, buffers_, in_recording());
  EXPECT_EQ(context_->specialization_count(), 5);
  context_.reset();
  EXPECT_EQ(gpu_.live_blocks, blocks - 1);
}

TEST_F(Graphs, AConstantIsNotCopiedWhileTheStreamIsRecorded) {
  int stream = 0;
  gpu_.stream = &stream;
  gpu_.driver.recorded = &stream;
  const std::string error = testing::error_of([&] {
    DeviceTarget target;
    float value = 1;
    copy_to(target, &value, &value, sizeof(value));
  });
  EXPECT_NE(error.find("run the module once"), std::string::npos) << error;
}

TEST_F(Graphs, ARunWorksOnTheStreamThatItIsGiven) {
  int stream = 0;
  RunOptions options;
  options.stream = &stream;
  run(2, buffers_, options);
  EXPECT_EQ(gpu_.stream, nullptr) << "the caller's stream is current again";
  EXPECT_NE(buffers_.output[0], kUntouched);
}

}  // namespace
}  // namespace torch_tensorrt::engine
