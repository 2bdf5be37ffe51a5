#include "torch_tensorrt/core/engine/run/schedule.h"

#include <gtest/gtest.h>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using network::ActivationType;
using network::DataType;
using network::Dims;
using Kind = Storage::Kind;

class ScheduleTest : public ::testing::Test {
 protected:
  network::ITensor& relu(network::ITensor& from) {
    return *network_.addActivation(from, ActivationType::kRELU)->getOutput(0);
  }
  Schedule make(const Dims& dims = Dims{2, 2}) { return Schedule(network_, network::infer_all(network_, {dims})); }
  static const Storage& output_of(const Schedule& schedule, size_t step) {
    return schedule.storage(schedule.steps()[step].outputs[0]);
  }

  network::INetworkDefinition network_;
  network::ITensor& x_ = *network_.addInput("x", DataType::kFLOAT, Dims{2, 2});
};

TEST_F(ScheduleTest, InputsAndOutputsAreUsedWhereTheyLie) {
  network_.markOutput(relu(relu(x_)));
  Schedule schedule = make();
  ASSERT_EQ(schedule.steps().size(), 2U);
  schedule.plan_memory(std::vector<StepNeeds>(2));
  EXPECT_EQ(schedule.storage(schedule.steps()[0].inputs[0]).kind, Kind::kInput);
  EXPECT_EQ(output_of(schedule, 0).kind, Kind::kArena);
  EXPECT_EQ(output_of(schedule, 1).kind, Kind::kOutput);
  EXPECT_EQ(schedule.arena_bytes(), 64);
}

TEST_F(ScheduleTest, AnInPlaceChainNeedsNoArena) {
  network_.markOutput(relu(relu(relu(x_))));
  Schedule schedule = make();
  schedule.plan_memory(std::vector<StepNeeds>(3, StepNeeds{0, 0}));
  EXPECT_EQ(schedule.arena_bytes(), 0);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(output_of(schedule, i).kind, Kind::kOutput) << i;
}

// A product must not write a tensor that it still reads as its other operand.
TEST_F(ScheduleTest, ATensorThatIsReadTwiceIsNotTakenOver) {
  network::ITensor& y = relu(x_);
  constexpr auto kNone = network::MatrixOperation::kNONE;
  network_.markOutput(relu(*network_.addMatrixMultiply(y, kNone, y, kNone)->getOutput(0)));
  Schedule schedule = make();
  schedule.plan_memory({{0, -1}, {0, 0}, {0, -1}});
  EXPECT_EQ(output_of(schedule, 0).kind, Kind::kArena);
  EXPECT_EQ(output_of(schedule, 1).kind, Kind::kArena);
  EXPECT_NE(output_of(schedule, 0).offset, output_of(schedule, 1).offset);
}

TEST_F(ScheduleTest, WorkspacesLiveForOneStep) {
  network_.markOutput(relu(relu(relu(x_))));
  Schedule schedule = make();
  schedule.plan_memory(std::vector<StepNeeds>(3, StepNeeds{1024, -1}));
  EXPECT_EQ(schedule.arena_lower_bound_bytes(), 1024 + 2 * 64);
  EXPECT_EQ(schedule.arena_bytes(), 1024 + 2 * 64);
}

TEST_F(ScheduleTest, ViewsAndShapesHaveNoStep) {
  auto* flat = network_.addShuffle(relu(x_));
  flat->setReshapeDimensions(Dims{-1});
  auto* shape = network_.addShape(x_);
  network_.markOutput(relu(*flat->getOutput(0)));
  network_.markOutput(*network_.addCast(*shape->getOutput(0), DataType::kINT32)->getOutput(0));
  Schedule schedule = make();
  ASSERT_EQ(schedule.steps().size(), 2U);
  EXPECT_EQ(schedule.steps()[1].inputs[0], schedule.steps()[0].outputs[0]);
  schedule.plan_memory(std::vector<StepNeeds>(2));
  ASSERT_EQ(schedule.steps().size(), 3U);
  const Step& copy = schedule.steps()[2];
  EXPECT_EQ(copy.layer, -1);
  const Storage& value = schedule.storage(copy.inputs[0]);
  ASSERT_EQ(value.kind, Kind::kConstant);
  EXPECT_EQ(static_cast<const int32_t*>(value.data)[0], 2);
  EXPECT_EQ(static_cast<const int32_t*>(value.data)[1], 2);
}

TEST_F(ScheduleTest, DimsThatDependOnDataAreNamed) {
  auto* size = network_.addInput("size", DataType::kINT64, Dims{2});
  auto* shuffle = network_.addShuffle(x_);
  shuffle->setInput(1, *size);
  shuffle->setName("reshape");
  network_.markOutput(*shuffle->getOutput(0));
  const auto tensors = network::infer_all(network_, {Dims{2, 2}, Dims{2}});
  const std::string error = testing::error_of([&] { const Schedule schedule(network_, tensors); });
  EXPECT_NE(error.find("shuffle \"reshape\""), std::string::npos) << error;
}

}  // namespace
}  // namespace torch_tensorrt::engine
