#include "torch_tensorrt/core/network/layers/indexing.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class GatherTest : public LayerTest {
 protected:
  ITensor& indices(const Dims& dims) { return input(dims, DataType::kINT64); }
};

TEST_F(GatherTest, DefaultReplacesTheAxis) {
  EXPECT_EQ(dims_of(network_.addGather(input({4, 5, 6}), indices({2, 3}), 1)), (Dims{4, 2, 3, 6}));
  EXPECT_EQ(dims_of(network_.addGather(input({4, 5, 6}), indices({}), 1)), (Dims{4, 6}));
  EXPECT_EQ(dims_of(network_.addGather(input({-1, 5}), indices({-1}), 1)), (Dims{-1, -1}));
}

TEST_F(GatherTest, DefaultSharesLeadingDimensions) {
  auto* layer = network_.addGather(input({4, 5, 6}), indices({4, 3}), 1);
  layer->setNbElementWiseDims(1);
  EXPECT_EQ(dims_of(layer), (Dims{4, 3, 6}));
  layer->setNbElementWiseDims(2);
  EXPECT_ERROR(dims_of(layer), "2 element-wise dimensions, must have 0 to 1");
  auto* other = network_.addGather(input({4, 5, 6}), indices({7, 3}), 1);
  other->setNbElementWiseDims(1);
  EXPECT_ERROR(dims_of(other), "4x5x6 and 7x3 do not fit: 4 and 7");
}

TEST_F(GatherTest, Element) {
  auto* layer = network_.addGatherV2(input({4, 5}), indices({4, 9}), GatherMode::kELEMENT);
  layer->setGatherAxis(1);
  EXPECT_EQ(dims_of(layer), (Dims{4, 9}));
  layer->setGatherAxis(0);
  EXPECT_ERROR(dims_of(layer), "indices 4x9 must have as many dimensions as the data 4x5");
  auto* smaller = network_.addGatherV2(input({-1, 5}), indices({3, 2}), GatherMode::kELEMENT);
  EXPECT_EQ(dims_of(smaller), (Dims{3, 2}));
}

TEST_F(GatherTest, Nd) {
  EXPECT_EQ(dims_of(network_.addGatherV2(input({4, 5, 6}), indices({7, 2}), GatherMode::kND)), (Dims{7, 6}));
  auto* shared = network_.addGatherV2(input({4, 5, 6}), indices({4, 7, 1}), GatherMode::kND);
  shared->setNbElementWiseDims(1);
  EXPECT_EQ(dims_of(shared), (Dims{4, 7, 6}));
  EXPECT_ERROR(dims_of(network_.addGatherV2(input({4}), indices({7, 2}), GatherMode::kND)),
               "last dimension of the indices 7x2 is 2, must be known and at most 1");
  EXPECT_ERROR(dims_of(network_.addGatherV2(input({4}), indices({-1}), GatherMode::kND)), "is -1, must be known");
  EXPECT_ERROR(dims_of(network_.addGatherV2(input({4}), indices({}), GatherMode::kND)), "scalar");
}

TEST_F(GatherTest, WrongInputs) {
  EXPECT_ERROR(network_.addGather(input({4}), input({2}), 0), "indices are f32, must be i32 or i64");
  EXPECT_ERROR(dims_of(network_.addGather(input({4}), indices({2}), 1)), "axis is 1, must be in 0..0");
}

TEST_F(GatherTest, PicksShapeValues) {
  ITensor& shape = *network_.addShape(input({-1, 3, 8}))->getOutput(0);
  EXPECT_EQ(value_of(*network_.addGather(shape, constant(network_, {-1, 0, 1}), 0)->getOutput(0)),
            (std::vector<int64_t>{8, kUnknown, 3}));
  EXPECT_ERROR(dims_of(network_.addGather(shape, constant(network_, {3}), 0)),
               "index 3 is out of range for 3 elements");
  EXPECT_ERROR(dims_of(network_.addGather(shape, constant(network_, {-4}), 0)), "index -4 is out of range");
}

}  // namespace
}  // namespace torch_tensorrt::network
