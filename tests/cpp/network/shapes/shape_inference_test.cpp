#include "torch_tensorrt/core/network/shapes/shape_inference.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

TEST(BroadcastDims, FollowsPyTorch) {
  EXPECT_EQ(broadcast_dims({2, 3}, {2, 3}), (Dims{2, 3}));
  EXPECT_EQ(broadcast_dims({2, 1}, {1, 3}), (Dims{2, 3}));
  EXPECT_EQ(broadcast_dims({4, 2, 3}, {3}), (Dims{4, 2, 3}));
  EXPECT_EQ(broadcast_dims({}, {3}), (Dims{3}));
  EXPECT_EQ(broadcast_dims({0}, {1}), (Dims{0}));
}

TEST(BroadcastDims, UnknownDimensions) {
  EXPECT_EQ(broadcast_dims({-1}, {1}), (Dims{-1}));
  EXPECT_EQ(broadcast_dims({-1}, {-1}), (Dims{-1}));
  EXPECT_EQ(broadcast_dims({-1}, {5}), (Dims{5}));
  EXPECT_EQ(broadcast_dims({5}, {-1}), (Dims{5}));
  EXPECT_EQ(broadcast_dims({-1, 3}, {}), (Dims{-1, 3}));
}

TEST(BroadcastDims, MismatchSaysBoth) {
  EXPECT_ERROR(broadcast_dims({2, 3}, {2, 4}), "2x3 and 2x4 do not broadcast: 3 and 4");
}

class InferAllTest : public LayerTest {
 protected:
  InferAllTest() {
    ITensor& x = input({-1, 4, -1});
    ITensor& target = input({3}, DataType::kINT64);
    shuffle_ = network_.addShuffle(x);
    shuffle_->setInput(1, target);
  }
  IShuffleLayer* shuffle_;
};

TEST_F(InferAllTest, SpecializesToGivenDims) {
  EXPECT_EQ(dims_of(shuffle_), (Dims{-1, -1, -1}));
  const auto tensors = infer_all(network_, {{2, 4, 3}, {3}}, {std::nullopt, ShapeValue{{4, -1, 2}}});
  EXPECT_EQ(tensors.at(shuffle_->getOutput(0)).type.dims, (Dims{4, 3, 2}));
  EXPECT_EQ(dims_of(shuffle_), (Dims{-1, -1, -1})) << "the network itself must not change";
}

TEST_F(InferAllTest, ChecksWhatIsGiven) {
  EXPECT_ERROR(infer_all(network_, {{2, 4, 3}}), "dims of 1 inputs");
  EXPECT_ERROR(infer_all(network_, {{2, 5, 3}, {3}}), "input \"in0\" has the dims 2x5x3, which do not fit -1x4x-1");
  EXPECT_ERROR(infer_all(network_, {{2, 4}, {3}}), "2x4");
  EXPECT_ERROR(infer_all(network_, {{2, 4, 3}, {3}}, {std::nullopt, ShapeValue{{1, 2}}}), "2 elements as a shape");
}

TEST_F(InferAllTest, ErrorsNameTheLayer) {
  shuffle_->setName("view");
  EXPECT_ERROR(infer_all(network_, {{2, 4, 3}, {3}}, {std::nullopt, ShapeValue{{5, 5, 1}}}),
               "shuffle \"view\": cannot reshape 2x4x3 to 5x5x1: 24 elements do not become 25");
}

TEST_F(InferAllTest, LargeIntegerTensorsAreData) {
  ITensor& large = constant(network_, std::vector<int64_t>(65, 1));
  EXPECT_FALSE(large.isShapeTensor());
  EXPECT_TRUE(constant(network_, std::vector<int64_t>(64, 1)).isShapeTensor());
}

}  // namespace
}  // namespace torch_tensorrt::network
