#include "torch_tensorrt/core/network/layers/movement.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class SliceTest : public LayerTest {
 protected:
  ISliceLayer* slice(const Dims& dims, const Dims& start, const Dims& size, const Dims& stride) {
    return network_.addSlice(input(dims), start, size, stride);
  }
};

TEST_F(SliceTest, SizeIsTheResult) {
  EXPECT_EQ(dims_of(slice({4, 6}, {1, 0}, {2, 3}, {1, 2})), (Dims{2, 3}));
  EXPECT_EQ(dims_of(slice({4}, {3}, {4}, {-1})), (Dims{4}));
  EXPECT_EQ(dims_of(slice({4}, {2}, {7}, {0})), (Dims{7}));
  EXPECT_EQ(dims_of(slice({4}, {9}, {0}, {1})), (Dims{0}));
  EXPECT_EQ(dims_of(slice({-1, 4}, {5, 0}, {2, 4}, {1, 1})), (Dims{2, 4}));
}

TEST_F(SliceTest, StrictBounds) {
  EXPECT_ERROR(dims_of(slice({4}, {2}, {3}, {1})), "takes elements 2..4 of dimension 0, which has 4");
  EXPECT_ERROR(dims_of(slice({4}, {-1}, {2}, {1})), "takes elements -1..0 of dimension 0");
  EXPECT_ERROR(dims_of(slice({4}, {1}, {3}, {-1})), "takes elements 1..-1");
}

TEST_F(SliceTest, OtherModesReachOutside) {
  for (SampleMode mode : {SampleMode::kFILL, SampleMode::kCLAMP, SampleMode::kREFLECT, SampleMode::kWRAP}) {
    auto* layer = slice({4}, {-2}, {8}, {1});
    layer->setMode(mode);
    EXPECT_EQ(dims_of(layer), (Dims{8}));
  }
  auto* empty = slice({0}, {0}, {3}, {1});
  empty->setMode(SampleMode::kFILL);
  EXPECT_EQ(dims_of(empty), (Dims{3}));
  empty->setMode(SampleMode::kCLAMP);
  EXPECT_ERROR(dims_of(empty), "takes 3 elements of dimension 0, which is empty");
}

TEST_F(SliceTest, SizeMinusOneRunsToTheEnd) {
  EXPECT_EQ(dims_of(slice({-1, 7}, {0, 1}, {-1, -1}, {1, 2})), (Dims{-1, 3}));
  EXPECT_EQ(dims_of(slice({7}, {6}, {-1}, {-2})), (Dims{4}));
  EXPECT_EQ(dims_of(slice({7}, {9}, {-1}, {1})), (Dims{0}));
  EXPECT_ERROR(dims_of(slice({7}, {0}, {-1}, {0})), "a stride of 0 never reaches");
  EXPECT_ERROR(dims_of(slice({7}, {-3}, {-1}, {1})), "takes elements -3..6");
  EXPECT_ERROR(dims_of(slice({7}, {0}, {-2}, {1})), "the size of dimension 0 is -2");
}

TEST_F(SliceTest, AttributesHaveOneEntryADimension) {
  EXPECT_ERROR(dims_of(slice({4, 4}, {0}, {2, 2}, {1, 1})), "the start 0 has 1 entries, must have 2");
  EXPECT_ERROR(dims_of(slice({4, 4}, {0, 0}, {2}, {1, 1})), "the size 2 has 1 entries");
  EXPECT_ERROR(dims_of(slice({4, 4}, {0, 0}, {2, 2}, {})), "the stride scalar has 0 entries");
}

TEST_F(SliceTest, InputsStandForAttributesInAnySubset) {
  auto* layer = slice({8}, {}, {}, Dims{1});
  EXPECT_ERROR(dims_of(layer), "the start scalar has 0 entries");
  layer->setInput(2, constant(network_, {3}));
  EXPECT_EQ(layer->getNbInputs(), 3);
  EXPECT_EQ(layer->getInput(1), nullptr);
  layer->setStart({1});
  EXPECT_EQ(dims_of(layer), (Dims{3}));
  layer->setInput(1, constant(network_, {7}));
  EXPECT_ERROR(dims_of(layer), "takes elements 7..9");
  layer->setInput(1, input({1}, DataType::kINT32));
  EXPECT_EQ(dims_of(layer), (Dims{3}));
  layer->setInput(2, input({1}, DataType::kINT32));
  EXPECT_EQ(dims_of(layer), (Dims{-1}));
  layer->setInput(3, input({2}, DataType::kINT32));
  EXPECT_ERROR(dims_of(layer), "the stride input is i32 2, must be i32 or i64 and have one dimension of 1");
  EXPECT_ERROR(layer->setInput(5, input({1})), "input 5 cannot be set");
}

TEST_F(SliceTest, FillInput) {
  auto* layer = slice({4}, {-1}, {6}, {1});
  layer->setMode(SampleMode::kFILL);
  layer->setInput(4, input({}));
  EXPECT_EQ(layer->getNbInputs(), 5);
  EXPECT_EQ(dims_of(layer), (Dims{6}));
  layer->setInput(4, input({2}));
  EXPECT_ERROR(dims_of(layer), "the fill value input is 2, must have one element");
  layer->setInput(4, input({}, DataType::kHALF));
  EXPECT_ERROR(dims_of(layer), "f32 and f16");
}

TEST_F(SliceTest, TakesShapeValues) {
  ITensor& shape = *network_.addShape(input({-1, 3, 8, 9}))->getOutput(0);
  EXPECT_EQ(value_of(*network_.addSlice(shape, {0}, {2}, {2})->getOutput(0)), (std::vector<int64_t>{kUnknown, 8}));
  EXPECT_EQ(value_of(*network_.addSlice(shape, {3}, {3}, {-1})->getOutput(0)), (std::vector<int64_t>{9, 8, 3}));
  auto* unknown_start = network_.addSlice(shape, {}, {2}, {1});
  unknown_start->setInput(1, input({1}, DataType::kINT64));
  EXPECT_EQ(value_of(*unknown_start->getOutput(0)), (std::vector<int64_t>{kUnknown, kUnknown}));
}

}  // namespace
}  // namespace torch_tensorrt::network
