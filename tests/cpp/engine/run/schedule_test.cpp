#include "torch_tensorrt/core/engine/run/schedule.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using network::ActivationType;
using network::DataType;
using network::Dims;
using Kind = Storage::Kind;

// Runs anything and reads views; a slice of it prefers to lie transposed.
class ViewTactic final : public Tactic {
 public:
  const char* name() const override { return "view.any"; }
  Decision supports(const network::ILayer&, const DeviceTarget&) const override { return Decision::yes(); }
  bool takes_format(const network::ILayer&, network::TensorFormat) const override { return true; }
  bool takes_views(const DeviceTarget&) const override { return true; }
  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    Implementation only{"", 1};
    if (instance.layer->getType() == network::LayerType::kMATRIX_MULTIPLY) {
      only.output_strides = Dims{1, instance.outputs[0].dims.d[0]};
    }
    return only;
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance&, WeightStore&,
                                  const DeviceTarget&) const override {
    return nullptr;
  }
};

class ScheduleTest : public ::testing::Test {
 protected:
  network::ITensor& relu(network::ITensor& from) {
    return *network_.addActivation(from, ActivationType::kRELU)->getOutput(0);
  }
  Schedule make(const Dims& dims = Dims{2, 2}) { return Schedule(network_, network::infer_all(network_, {dims})); }
  // With tactics that take views.
  Schedule make_with_views(const Tactic* last = nullptr) {
    static const ViewTactic tactic;
    std::vector<ChosenTactic> tactics(static_cast<size_t>(network_.getNbLayers()), ChosenTactic{&tactic, ""});
    if (last != nullptr) tactics.back().tactic = last;
    const DeviceTarget target = DeviceTarget::cpu();
    const Runners runners{tactics, target};
    return Schedule(network_, network::infer_all(network_, {Dims{2, 2}}), &runners);
  }
  network::ITensor& transposed(network::ITensor& from) {
    auto* layer = network_.addShuffle(from);
    layer->setFirstTranspose({{1, 0}});
    return *layer->getOutput(0);
  }
  network::ITensor& column(network::ITensor& from, int64_t index) {
    return *network_.addSlice(from, Dims{0, index}, Dims{2, 1}, Dims{1, 1})->getOutput(0);
  }
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

TEST_F(ScheduleTest, TellsItsMemoryOverTime) {
  network_.markOutput(relu(relu(relu(x_))));
  Schedule schedule = make();
  schedule.plan_memory({{1024, -1}, {0, -1}, {0, -1}});
  const MemoryOverTime memory = schedule.memory();
  EXPECT_EQ(memory.layers, (std::vector<int32_t>{1, 2, 3}));
  ASSERT_EQ(memory.uses.size(), 3U);  // the last result is an output
  const int64_t bytes = schedule.steps()[0].instance.outputs[0].bytes();
  const std::vector<std::array<int64_t, 5>> expected = {{1, 0, bytes, 0, 1}, {1, 1, 1024, 0, 0}, {2, 0, bytes, 1, 2}};
  for (size_t i = 0; i < 3; ++i) {
    const MemoryUse& use = memory.uses[i];
    const std::array<int64_t, 5> found = {use.layer, use.is_workspace ? 1 : 0, use.bytes, use.first, use.last};
    EXPECT_EQ(found, expected[i]) << i;
    EXPECT_LE(use.offset + use.bytes, schedule.arena_bytes()) << i;
  }
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

// ---- views ---------------------------------------------------------------------------------------------------------

TEST_F(ScheduleTest, AReaderOfViewsReadsATransposeAndASliceWhereTheyLie) {
  network::ITensor& y = relu(x_);
  network_.markOutput(relu(column(transposed(y), 1)));
  Schedule schedule = make_with_views();
  ASSERT_EQ(schedule.steps().size(), 2U);
  const Step& reader = schedule.steps()[1];
  EXPECT_EQ(reader.inputs[0], schedule.steps()[0].outputs[0]);
  EXPECT_EQ(reader.input_offsets[0], 2 * 4) << "row 1 of y";
  EXPECT_EQ(reader.instance.inputs[0].strides(), (Dims{1, 2}));
  EXPECT_EQ(schedule.steps()[0].instance.outputs[0].view_strides, std::nullopt);
}

TEST_F(ScheduleTest, OneReaderThatTakesNoViewsMakesTheLayerWork) {
  testing::register_reference_tactics();
  const Tactic* plain = TacticRegistry::global().find("reference.any");
  network::ITensor& view = transposed(relu(x_));
  network_.markOutput(relu(view));
  network_.markOutput(relu(view));
  EXPECT_EQ(make_with_views().steps().size(), 3U);
  EXPECT_EQ(make_with_views(plain).steps().size(), 4U);
  EXPECT_EQ(make().steps().size(), 4U);
}

TEST_F(ScheduleTest, AnOutputIsNoViewWithStridesOfItsOwn) {
  network_.markOutput(transposed(relu(x_)));
  Schedule schedule = make_with_views();
  EXPECT_EQ(schedule.steps().size(), 2U);
}

TEST_F(ScheduleTest, APartOfATensorIsCopiedToAnOutputAndLivesUntilThen) {
  network::ITensor& y = relu(x_);
  network::ITensor& row = *network_.addSlice(y, Dims{1, 0}, Dims{1, 2}, Dims{1, 1})->getOutput(0);
  auto* flat = network_.addShuffle(row);
  flat->setReshapeDimensions(Dims{2});
  network_.markOutput(*flat->getOutput(0));
  network_.markOutput(relu(relu(y)));
  Schedule schedule = make_with_views();
  ASSERT_EQ(schedule.steps().size(), 3U);
  schedule.plan_memory({{0, -1, true}, {0, 0, true}, {0, 0, true}});
  ASSERT_EQ(schedule.steps().size(), 4U);
  const Step& copy = schedule.steps()[3];
  EXPECT_EQ(copy.layer, -1);
  EXPECT_EQ(copy.input_offsets[0], 2 * 4);
  EXPECT_EQ(schedule.storage(copy.inputs[0]).kind, Kind::kArena);
  EXPECT_EQ(schedule.storage(copy.outputs[0]).bytes, 2 * 4);
  EXPECT_NE(&output_of(schedule, 1), &output_of(schedule, 0)) << "the copy still reads the memory";
}

TEST_F(ScheduleTest, AResultLiesInTheStridesThatItsTacticPrefers) {
  constexpr auto kNone = network::MatrixOperation::kNONE;
  network::ITensor& product = *network_.addMatrixMultiply(x_, kNone, x_, kNone)->getOutput(0);
  network_.markOutput(relu(transposed(product)));
  Schedule schedule = make_with_views();
  ASSERT_EQ(schedule.steps().size(), 2U);
  EXPECT_EQ(schedule.steps()[0].instance.outputs[0].strides(), (Dims{1, 2}));
  EXPECT_EQ(schedule.steps()[1].instance.inputs[0].strides(), (Dims{2, 1})) << "transposed, it is in order";
}

TEST_F(ScheduleTest, KernelsKeepTheResultsThatOthersReadUntilTheLastOfThem) {
  network::ITensor& y = relu(x_);
  network_.markOutput(*network_.addElementWise(relu(y), y, network::ElementWiseOperation::kSUM)->getOutput(0));
  Schedule schedule = make();
  ASSERT_EQ(schedule.steps().size(), 3U);
  schedule.plan_memory(std::vector<StepNeeds>(3, StepNeeds{0, -1, true}));
  EXPECT_EQ(output_of(schedule, 0).kind, Kind::kOwned);
  EXPECT_EQ(output_of(schedule, 1).kind, Kind::kOwned);
  EXPECT_EQ(output_of(schedule, 2).kind, Kind::kOutput) << "the caller's memory";
  EXPECT_FALSE(schedule.steps()[2].owns_output);
  EXPECT_TRUE(schedule.steps()[1].releases.empty());
  EXPECT_EQ(schedule.steps()[2].releases, (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(schedule.arena_bytes(), 0);
}

TEST_F(ScheduleTest, MemoryThatALayerTakesOverIsNotLeftToAKernel) {
  network_.markOutput(relu(transposed(relu(relu(x_)))));
  Schedule schedule = make();
  schedule.plan_memory({{0, -1, true}, {0, 0, true}, {0, -1, false}, {0, -1, false}});
  EXPECT_EQ(output_of(schedule, 0).kind, Kind::kArena);
  EXPECT_FALSE(schedule.steps()[0].owns_output);
  EXPECT_FALSE(schedule.steps()[1].owns_output);
}

}  // namespace
}  // namespace torch_tensorrt::engine
