#include "torch_tensorrt/core/network/layers/convolution.h"

#include "cpp/network/network_test_util.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"

namespace torch_tensorrt::network {
namespace {

class ConvolutionTest : public LayerTest {
 protected:
  // Four maps, a kernel of 3x3 (or as given), a bias.
  IConvolutionLayer* conv(const Dims& dims, const Dims& kernel = DimsHW(3, 3), int64_t groups = 1) {
    const int64_t channels = dims.d[1] == -1 ? 3 : dims.d[1];
    const int64_t count = 4 * channels / groups * kernel.volume();
    auto* layer = network_.addConvolutionNd(input(dims), 4, kernel, floats(network_, count), floats(network_, 4));
    layer->setNbGroups(groups);
    return layer;
  }
  IDeconvolutionLayer* deconv(const Dims& dims, const Dims& kernel = DimsHW(3, 3), int64_t groups = 1) {
    const int64_t count = dims.d[1] * 4 / groups * kernel.volume();
    auto* layer = network_.addDeconvolutionNd(input(dims), 4, kernel, floats(network_, count), floats(network_, 4));
    layer->setNbGroups(groups);
    return layer;
  }
};

TEST_F(ConvolutionTest, OneTwoAndThreeDimensions) {
  EXPECT_EQ(dims_of(conv({2, 3, 8}, Dims{3})), (Dims{2, 4, 6}));
  EXPECT_EQ(dims_of(conv({2, 3, 8, 9})), (Dims{2, 4, 6, 7}));
  EXPECT_EQ(dims_of(conv({2, 3, 8, 9, 10}, Dims3(3, 3, 3))), (Dims{2, 4, 6, 7, 8}));
}

TEST_F(ConvolutionTest, UnknownDimensions) {
  EXPECT_EQ(dims_of(conv({-1, 3, 8, -1})), (Dims{-1, 4, 6, -1}));
  EXPECT_EQ(dims_of(conv({2, -1, 8, 8})), (Dims{2, 4, 6, 6}));
}

TEST_F(ConvolutionTest, StridePaddingDilation) {
  auto* layer = conv({1, 3, 10, 10});
  layer->setStrideNd(DimsHW(2, 3));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 4, 3}));
  layer->setPaddingNd(DimsHW(1, 0));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 5, 3}));
  layer->setPostPadding(DimsHW(2, 2));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 6, 4}));
  layer->setDilationNd(DimsHW(2, 2));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 5, 3}));
}

TEST_F(ConvolutionTest, SamePadding) {
  auto* layer = conv({1, 3, 10, -1}, DimsHW(4, 4));
  layer->setStrideNd(DimsHW(3, 3));
  layer->setPaddingMode(PaddingMode::kSAME_UPPER);
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 4, -1}));
  Dims pre;
  Dims post;
  layer->resolved_padding(DimsHW(10, 11), &pre, &post);  // (4 - 1) * 3 + 4 = 13
  EXPECT_EQ(pre, (Dims{1, 1}));
  EXPECT_EQ(post, (Dims{2, 1}));
  layer->setPaddingMode(PaddingMode::kSAME_LOWER);
  layer->resolved_padding({1, 3, 10, 11}, &pre, &post);
  EXPECT_EQ(pre, (Dims{2, 1}));
  EXPECT_EQ(post, (Dims{1, 1}));
}

TEST_F(ConvolutionTest, DefaultsAreFilledIn) {
  auto* layer = conv({1, 3, 10, 10});
  EXPECT_EQ(layer->getStrideNd().nbDims, 0);
  EXPECT_EQ(layer->full_stride(), (Dims{1, 1}));
  EXPECT_EQ(layer->full_dilation(), (Dims{1, 1}));
  Dims pre;
  Dims post;
  layer->resolved_padding({10, 10}, &pre, &post);
  EXPECT_EQ(pre, (Dims{0, 0}));
  EXPECT_EQ(post, (Dims{0, 0}));
}

TEST_F(ConvolutionTest, RoundingUpFollowsPyTorch) {
  auto* layer = conv({1, 3, 8, 7});
  layer->setStrideNd(DimsHW(2, 2));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 3, 3}));
  layer->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 4, 3}));
}

TEST_F(ConvolutionTest, PaddingsOutOfProportion) {
  auto* layer = conv({1, 3, 8, 8});
  layer->setPrePadding(DimsHW(1, 5'900'000));
  EXPECT_ERROR(dims_of(layer),
               "the pre-padding of spatial dimension 1 is 5900000, out of proportion to its 8 elements");
  layer->setPrePadding({});
  layer->setPostPadding(DimsHW(5'900'000, 1));
  EXPECT_ERROR(dims_of(layer), "the post-padding of spatial dimension 0 is 5900000");
  // Paddings larger than window and input together occur in no model either, but do no harm.
  layer->setPaddingNd(DimsHW(100, 1000));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 206, 2006}));
  layer->setPaddingNd(DimsHW(5'900'000, 5'900'000));
  layer->setDilationNd(DimsHW(5'900'000, 5'900'000));
  EXPECT_ERROR(dims_of(layer), "the padded input would have 4.177");
}

// Unknown sizes are checked once they are known.
TEST_F(ConvolutionTest, PaddingsOutOfProportionToUnknownSizes) {
  auto* layer = conv({1, 3, -1, -1});
  layer->setPaddingNd(DimsHW(1, 5'900'000));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, -1, -1}));
  EXPECT_ERROR(infer_all(network_, {Dims{1, 3, 8, 8}}), "out of proportion");
}

TEST_F(ConvolutionTest, ADeconvolutionOutOfProportion) {
  auto* layer = deconv({1, 3, 4, 4});
  layer->setStrideNd(DimsHW(5'900'000, 1));
  EXPECT_ERROR(dims_of(layer), "the stride of spatial dimension 0 is 5900000, out of proportion");
  layer->setStrideNd({});
  layer->setPostPadding(DimsHW(1, -5'900'000));
  EXPECT_ERROR(dims_of(layer), "the post-padding of spatial dimension 1 is -5900000, out of proportion");
  layer->setPostPadding({});
  layer->setDilationNd(DimsHW(5'900'000, 5'900'000));
  layer->setPaddingNd(DimsHW(5'900'000, 5'900'000));
  EXPECT_ERROR(dims_of(layer), "the output before its paddings are cut off would have");
  layer = deconv({1, 3, 1 << 30, 1});
  layer->setStrideNd(DimsHW(1 << 30, 1));
  EXPECT_ERROR(dims_of(layer), "the output has more than");
}

TEST_F(ConvolutionTest, Groups) {
  EXPECT_EQ(dims_of(conv({1, 8, 8, 8}, DimsHW(3, 3), 4)), (Dims{1, 4, 6, 6}));
  EXPECT_ERROR(dims_of(conv({1, 9, 8, 8}, DimsHW(3, 3), 4)), "9 input channels and 4 output maps");
  EXPECT_ERROR(dims_of(conv({1, 8, 8, 8}, DimsHW(3, 3), 8)), "multiples of the 8 groups");
  auto* layer = conv({1, 8, 8, 8});
  layer->setNbGroups(0);
  EXPECT_ERROR(dims_of(layer), "0 groups");
}

TEST_F(ConvolutionTest, WrongAttributes) {
  auto* layer = conv({1, 3, 8, 8});
  layer->setStrideNd(DimsHW(0, 1));
  EXPECT_ERROR(dims_of(layer), "stride is 0x1, must have 2 entries of at least 1");
  layer->setStrideNd(Dims{1});
  EXPECT_ERROR(dims_of(layer), "stride is 1, must have 2 entries");
  layer->setStrideNd({});
  layer->setPrePadding(DimsHW(-1, 0));
  EXPECT_ERROR(dims_of(layer), "pre-padding is -1x0");
  layer->setPrePadding({});
  layer->setBiasWeights(floats(network_, 3));
  EXPECT_ERROR(dims_of(layer), "the bias has 3 elements, must have 4");
  layer->setBiasWeights({});
  layer->setKernelWeights(floats(network_, 5));
  EXPECT_ERROR(dims_of(layer), "the kernel has 5 elements, must have 108 (4x3x3x3)");
  EXPECT_ERROR(dims_of(conv({1, 3, 2, 8})), "3 elements (3, dilation 1) is larger than the padded input of 2");
}

TEST_F(ConvolutionTest, WrongInputsAreRefusedAtOnce) {
  const Weights none;
  EXPECT_ERROR(network_.addConvolutionNd(input({1, 3, 8}), 4, DimsHW(3, 3), none, none), "1x3x8 has 3 dimensions");
  EXPECT_ERROR(network_.addConvolutionNd(input({1, 3, 8, 8}), 0, DimsHW(3, 3), none, none), "output maps is 0");
  EXPECT_ERROR(network_.addConvolutionNd(input({1, 3}), 1, {}, none, none), "must have 1, 2 or 3");
  auto* layer = network_.addConvolutionNd(input({1, 3, 8, 8}, DataType::kBOOL), 1, DimsHW(1, 1),
                                          own<uint8_t>(network_, DataType::kBOOL, {1, 1, 1}), none);
  EXPECT_ERROR(dims_of(layer), "input is bool, must be a number");
}

TEST_F(ConvolutionTest, BiasMayBeOfHigherPrecision) {
  ITensor& x = input({1, 1, 4, 4}, DataType::kHALF);
  const Weights kernel = own<uint16_t>(network_, DataType::kHALF, {1});
  EXPECT_EQ(type_of(network_.addConvolutionNd(x, 1, DimsHW(1, 1), kernel, floats(network_, 1))), DataType::kHALF);
  EXPECT_ERROR(type_of(network_.addConvolutionNd(x, 1, DimsHW(1, 1), floats(network_, 1), {})),
               "the kernel is f32 and the input f16");
}

TEST_F(ConvolutionTest, KernelAndBiasAsInputs) {
  auto* layer = network_.addConvolutionNd(input({1, 6, 8, 8}), 4, DimsHW(3, 3), {}, {});
  layer->setNbGroups(2);
  EXPECT_ERROR(dims_of(layer), "the kernel has 0 weights and is not given as input 1");
  layer->setInput(1, input({4, 3, 3, 3}));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 6, 6}));
  layer->setInput(2, input({4}));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 6, 6}));
  layer->setInput(2, input({5}));
  EXPECT_ERROR(dims_of(layer), "the bias input is 5, must be 4");
  layer->setInput(2, input({-1}));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 6, 6}));
  layer->setInput(1, input({4, 6, 3, 3}));
  EXPECT_ERROR(dims_of(layer), "the kernel input is 4x6x3x3, must be 4x3x3x3");
  layer->setKernelWeights(floats(network_, 108));
  EXPECT_ERROR(dims_of(layer), "the kernel has 108 weights and is given as input 1");
}

TEST_F(ConvolutionTest, Epilogue) {
  auto* layer = conv({1, 3, 8, 8});
  EpilogueOp add;
  add.kind = EpilogueOp::Kind::kElementWise;
  add.input = 1;
  EpilogueOp relu;
  layer->setInput(1, input({1, 4, 6, 6}));
  layer->mutable_epilogue() = {add, relu};
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 6, 6}));
  EXPECT_EQ(layer->own_input_count(), 1);
  layer->setInput(1, input({6}));
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 6, 6}));
  layer->setInput(1, input({2, 4, 6, 6}));
  EXPECT_ERROR(dims_of(layer), "the epilogue's input 2x4x6x6 must broadcast to the result 1x4x6x6");
  layer->setInput(1, input({1, 1, 4, 6, 6}));
  EXPECT_ERROR(dims_of(layer), "must broadcast to the result");
  layer->setInput(1, input({5}));
  EXPECT_ERROR(dims_of(layer), "do not broadcast");
  layer->setInput(1, input({6}, DataType::kHALF));
  EXPECT_ERROR(dims_of(layer), "f32 and f16");
  layer->setInput(1, input({6}));
  layer->mutable_epilogue()[0].elementwise = ElementWiseOperation::kLESS;
  EXPECT_ERROR(dims_of(layer), "less, which gives bool");
  layer->mutable_epilogue()[0].elementwise = ElementWiseOperation::kSUM;
  layer->mutable_epilogue()[0].input = 2;
  EXPECT_ERROR(dims_of(layer), "the epilogue reads input 2, must be in 1..1");
}

TEST_F(ConvolutionTest, DeconvolutionInvertsTheArithmetic) {
  auto* layer = deconv({2, 3, 8, -1});
  EXPECT_EQ(dims_of(layer), (Dims{2, 4, 10, -1}));
  layer->setStrideNd(DimsHW(2, 2));
  layer->setPaddingNd(DimsHW(1, 1));
  EXPECT_EQ(dims_of(layer), (Dims{2, 4, 15, -1}));
  layer->setPostPadding(DimsHW(0, 0));  // PyTorch: output_padding 1
  EXPECT_EQ(dims_of(layer), (Dims{2, 4, 16, -1}));
  layer->setPrePadding(DimsHW(0, 0));
  layer->setPostPadding(DimsHW(-1, -1));
  EXPECT_EQ(dims_of(layer), (Dims{2, 4, 18, -1}));
  layer->setPostPadding(DimsHW(0, 0));
  layer->setDilationNd(DimsHW(2, 2));
  EXPECT_EQ(dims_of(layer), (Dims{2, 4, 19, -1}));
}

TEST_F(ConvolutionTest, DeconvolutionSamePadding) {
  auto* layer = deconv({1, 3, 5, 5}, DimsHW(4, 1));
  layer->setStrideNd(DimsHW(3, 3));
  layer->setPaddingMode(PaddingMode::kSAME_UPPER);
  EXPECT_EQ(dims_of(layer), (Dims{1, 4, 15, 15}));
  Dims pre;
  Dims post;
  layer->resolved_padding({5, 5}, &pre, &post);
  EXPECT_EQ(pre, (Dims{0, 0}));
  EXPECT_EQ(post, (Dims{1, -2}));
  auto* explicit_padding = deconv({1, 3, 5, 5}, DimsHW(4, 1));
  explicit_padding->setStrideNd(DimsHW(3, 3));
  explicit_padding->setPrePadding(pre);
  explicit_padding->setPostPadding(post);
  EXPECT_EQ(dims_of(explicit_padding), dims_of(layer));
}

TEST_F(ConvolutionTest, DeconvolutionGroupsAndErrors) {
  EXPECT_EQ(dims_of(deconv({1, 8, 5, 5}, DimsHW(3, 3), 2)), (Dims{1, 4, 7, 7}));
  auto* layer = deconv({1, 3, 2, 2});
  layer->setPaddingNd(DimsHW(2, 2));
  EXPECT_ERROR(dims_of(layer), "the output has 0 elements");
  layer->setPaddingNd({});
  layer->setNbOutputMaps(5);
  EXPECT_ERROR(dims_of(layer), "the kernel has 108 elements, must have 135 (3x5x3x3)");
}

}  // namespace
}  // namespace torch_tensorrt::network
