#include "torch_tensorrt/core/network/layers/pooling.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class PoolingTest : public LayerTest {
 protected:
  IPoolingLayer* pool(const Dims& dims, const Dims& window, PoolingType type = PoolingType::kMAX) {
    return network_.addPoolingNd(input(dims), type, window);
  }
};

TEST_F(PoolingTest, StrideIsTheWindowByDefault) {
  auto* layer = pool({2, 3, 9, -1}, DimsHW(2, 3));
  EXPECT_EQ(dims_of(layer), (Dims{2, 3, 4, -1}));
  EXPECT_EQ(layer->full_stride(), (Dims{2, 3}));
  EXPECT_EQ(layer->full_dilation(), (Dims{1, 1}));
}

TEST_F(PoolingTest, RanksWithAndWithoutBatch) {
  EXPECT_EQ(dims_of(pool({3, 8}, Dims{2})), (Dims{3, 4}));
  EXPECT_EQ(dims_of(pool({2, 3, 8}, Dims{2})), (Dims{2, 3, 4}));
  EXPECT_EQ(dims_of(pool({3, 8, 8}, DimsHW(2, 2))), (Dims{3, 4, 4}));
  EXPECT_EQ(dims_of(pool({2, 3, 8, 8, 8}, Dims3(2, 2, 2))), (Dims{2, 3, 4, 4, 4}));
  EXPECT_ERROR(pool({8, 8}, DimsHW(2, 2)), "8x8 has 2 dimensions");
  EXPECT_ERROR(pool({2, 3, 8, 8}, {}), "must have 1, 2 or 3");
}

struct CeilRow {
  int64_t input, window, stride, padding, floor, ceil;
};

// torch.nn.functional.max_pool1d(torch.zeros(1, 1, input), window, stride, padding, ceil_mode=...).shape[2]
TEST_F(PoolingTest, CeilModeFollowsPyTorch) {
  const CeilRow rows[] = {
      {7, 2, 2, 0, 3, 4},     {6, 2, 2, 0, 3, 3}, {5, 3, 3, 1, 2, 2}, {5, 2, 3, 1, 2, 2}, {7, 3, 2, 1, 4, 4},
      {112, 3, 2, 0, 55, 56}, {4, 1, 3, 0, 2, 2}, {5, 1, 3, 0, 2, 2}, {3, 2, 4, 1, 1, 1},
  };
  for (const CeilRow& row : rows) {
    auto* layer = pool({1, 1, row.input}, Dims{row.window});
    layer->setStrideNd(Dims{row.stride});
    layer->setPaddingNd(Dims{row.padding});
    EXPECT_EQ(dims_of(layer).d[2], row.floor) << row.input << " " << row.window << " " << row.stride;
    layer->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
    EXPECT_EQ(dims_of(layer).d[2], row.ceil) << row.input << " " << row.window << " " << row.stride;
  }
}

// A window may be larger than the padded input if it starts inside.
TEST_F(PoolingTest, CeilModeTakesSmallInputs) {
  const CeilRow rows[] = {{2, 3, 2, 0, 0, 1}, {3, 5, 3, 1, 1, 1}, {1, 4, 4, 1, 0, 1},
                          {1, 3, 4, 1, 1, 1}, {2, 7, 5, 3, 1, 1}, {3, 8, 2, 2, 0, 1}};
  for (const CeilRow& row : rows) {
    auto* layer = pool({1, 1, row.input}, Dims{row.window});
    layer->setStrideNd(Dims{row.stride});
    layer->setPaddingNd(Dims{row.padding});
    if (row.floor > 0) {
      EXPECT_EQ(dims_of(layer).d[2], row.floor) << row.input << " " << row.window;
    }
    if (row.floor == 0) EXPECT_ERROR(dims_of(layer), "larger than the padded input");
    layer->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
    EXPECT_EQ(dims_of(layer).d[2], row.ceil) << row.input << " " << row.window << " " << row.stride;
  }
  auto* layer = pool({1, 1, 1}, Dims{3});
  layer->setStrideNd(Dims{2});
  layer->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
  EXPECT_ERROR(dims_of(layer), "the window of 3 elements (3, dilation 1) is larger than the padded input of 1");
}

TEST_F(PoolingTest, PaddingsOutOfProportion) {
  auto* layer = pool({1, 1, 4, 4}, DimsHW(5'900'000, 5'900'000));
  layer->setPaddingNd(DimsHW(2'950'000, 2'950'000));
  EXPECT_ERROR(dims_of(layer), "the padded input would have 3.481");
}

TEST_F(PoolingTest, DilationAndUnevenPadding) {
  auto* layer = pool({1, 1, 10}, Dims{3});
  layer->setStrideNd(Dims{1});
  layer->setDilationNd(Dims{3});
  EXPECT_EQ(dims_of(layer), (Dims{1, 1, 4}));
  layer->setPostPadding(Dims{2});
  EXPECT_EQ(dims_of(layer), (Dims{1, 1, 6}));
}

TEST_F(PoolingTest, SamePadding) {
  auto* layer = pool({1, 1, 7}, Dims{2});
  layer->setPaddingMode(PaddingMode::kSAME_UPPER);
  EXPECT_EQ(dims_of(layer), (Dims{1, 1, 4}));
  Dims pre;
  Dims post;
  layer->resolved_padding({1, 1, 7}, &pre, &post);
  EXPECT_EQ(pre, Dims{0});
  EXPECT_EQ(post, Dims{1});
}

TEST_F(PoolingTest, WrongAttributes) {
  EXPECT_ERROR(dims_of(pool({1, 1, 3}, Dims{5})), "5 elements (5, dilation 1) is larger than the padded input of 3");
  auto* layer = pool({1, 1, 8}, Dims{2});
  layer->setStrideNd(Dims{0});
  EXPECT_ERROR(dims_of(layer), "stride is 0");
  layer->setStrideNd({});
  layer->setDivisor(-1);
  EXPECT_ERROR(dims_of(layer), "divisor is -1");
}

TEST_F(PoolingTest, Types) {
  ITensor& integers = input({1, 1, 8}, DataType::kINT32);
  EXPECT_EQ(type_of(network_.addPoolingNd(integers, PoolingType::kMAX, Dims{2})), DataType::kINT32);
  EXPECT_ERROR(type_of(network_.addPoolingNd(integers, PoolingType::kAVERAGE, Dims{2})), "input is i32");
  ITensor& flags = input({1, 1, 8}, DataType::kBOOL);
  EXPECT_ERROR(type_of(network_.addPoolingNd(flags, PoolingType::kMAX, Dims{2})), "input is bool");
}

}  // namespace
}  // namespace torch_tensorrt::network
