#include "cpp/network/network_test_util.h"
#include "torch_tensorrt/core/network/nvinfer1.h"
#include "torch_tensorrt/core/util/trt_util.h"

// Setters of nvinfer1's layers that only converters of other people call.
namespace torch_tensorrt::network {
namespace {

TEST(Setters, AreReadBack) {
  INetworkDefinition network;
  auto& x = *network.addInput("x", DataType::kFLOAT, Dims{1, 3, 8, 8});
  auto* convolution = network.addConvolutionNd(x, 4, Dims{3, 3}, {}, {});
  convolution->setKernelSize(DimsHW(1, 2));
  convolution->setDilation(DimsHW(2, 3));
  convolution->setNbOutputMaps(5);
  EXPECT_EQ(convolution->getKernelSizeNd(), (Dims{1, 2}));
  EXPECT_EQ(convolution->getDilationNd(), (Dims{2, 3}));
  EXPECT_EQ(convolution->getNbOutputMaps(), 5);
  auto* pooling = network.addPoolingNd(x, PoolingType::kMAX, Dims{2, 2});
  pooling->setPoolingType(PoolingType::kAVERAGE);
  pooling->setWindowSizeNd(Dims{3, 2});
  EXPECT_EQ(pooling->getPoolingType(), PoolingType::kAVERAGE);
  EXPECT_EQ(pooling->getWindowSizeNd(), (Dims{3, 2}));
  auto* activation = network.addActivation(x, ActivationType::kRELU);
  activation->setActivationType(ActivationType::kTANH);
  EXPECT_EQ(activation->getActivationType(), ActivationType::kTANH);
  auto* scale = network.addScale(x, ScaleMode::kUNIFORM, {}, {}, {});
  scale->setShift(floats(network, 1));
  scale->setPower(floats(network, 1));
  EXPECT_EQ(scale->getShift().count, 1);
  EXPECT_EQ(scale->getPower().count, 1);
  auto* reduce = network.addReduce(x, ReduceOperation::kSUM, 0b10U, /*keep_dimensions=*/false);
  reduce->setKeepDimensions(true);
  EXPECT_EQ(reduce->getOutput(0)->getDimensions(), (Dims{1, 1, 8, 8}));
  auto* top = network.addTopK(x, TopKOperation::kMAX, 1, 0b10U);
  top->setK(2);
  EXPECT_EQ(top->getOutput(0)->getDimensions(), (Dims{1, 2, 8, 8}));
  auto* norm = network.addNormalization(x, nullptr, nullptr, 0b1000U);
  norm->setComputePrecision(DataType::kHALF);
  EXPECT_EQ(norm->getComputePrecision(), DataType::kHALF);
  auto* attention = network.addAttention(x, x, x);
  attention->setMask(x);
  EXPECT_EQ(attention->getMask(), &x);
}

TEST(Setters, MakeTrtOwnsItsPointer) {
  const auto builder = make_trt(new IBuilder());
  EXPECT_EQ(builder.use_count(), 1);
}

TEST(Setters, DimsOfShuffles) {
  EXPECT_TRUE(core::util::validateInputDimsForShuffle(Dims{2, 3}, /*is_dynamic=*/false));
  EXPECT_FALSE(core::util::validateInputDimsForShuffle(Dims{-1, 3}, /*is_dynamic=*/false));
  EXPECT_TRUE(core::util::validateInputDimsForShuffle(Dims{-1, 3}, /*is_dynamic=*/true));
  EXPECT_FALSE(core::util::validateInputDimsForShuffle(Dims{-1, -1}, /*is_dynamic=*/true));
  EXPECT_EQ(core::util::optTypeMetaToTRTDataType(caffe2::TypeMeta::Make<float>()), DataType::kFLOAT);
}

}  // namespace
}  // namespace torch_tensorrt::network
