#include "torch_tensorrt/core/network/network.h"

#include "cpp/network/network_test_util.h"
#include "torch_tensorrt/core/network/builder.h"
#include "torch_tensorrt/core/network/verifier.h"

namespace torch_tensorrt::network {
namespace {

using NetworkTest = LayerTest;

TEST_F(NetworkTest, ListsInputsLayersAndOutputs) {
  ITensor& x = input({1, 3, 8, 8});
  auto* relu = network_.addActivation(x, ActivationType::kRELU);
  network_.markOutput(*relu->getOutput(0));
  EXPECT_EQ(network_.getNbInputs(), 1);
  EXPECT_EQ(network_.getInput(0), &x);
  EXPECT_EQ(network_.getInput(1), nullptr);
  EXPECT_EQ(network_.getNbLayers(), 2);
  EXPECT_EQ(network_.getLayer(1), relu);
  EXPECT_EQ(network_.getLayer(2), nullptr);
  EXPECT_EQ(network_.getLayer(-1), nullptr);
  EXPECT_EQ(network_.getOutput(0), relu->getOutput(0));
  EXPECT_TRUE(x.isNetworkInput());
  EXPECT_FALSE(x.isNetworkOutput());
  EXPECT_TRUE(relu->getOutput(0)->isNetworkOutput());
  network_.markOutput(*relu->getOutput(0));
  EXPECT_EQ(network_.getNbOutputs(), 1);
  network_.unmarkOutput(*relu->getOutput(0));
  EXPECT_EQ(network_.getNbOutputs(), 0);
  EXPECT_FALSE(relu->getOutput(0)->isNetworkOutput());
}

TEST_F(NetworkTest, AnInputMayBeAnOutput) {
  ITensor& x = input({2});
  network_.markOutput(x);
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(NetworkTest, InputNamesAreUnique) {
  network_.addInput("x", DataType::kFLOAT, {1});
  EXPECT_ERROR(network_.addInput("x", DataType::kFLOAT, {1}), "an input \"x\" already");
  EXPECT_EQ(network_.getNbInputs(), 1);
}

TEST_F(NetworkTest, InputDimsBelowMinusOneAreRefused) {
  EXPECT_ERROR(network_.addInput("x", DataType::kFLOAT, {1, -2}), "1x-2");
  EXPECT_EQ(network_.getNbInputs(), 0);
  EXPECT_EQ(network_.getNbLayers(), 0);
}

TEST_F(NetworkTest, ConsumersHaveOneEntryAUse) {
  ITensor& x = input({4});
  auto* sum = network_.addElementWise(x, x, ElementWiseOperation::kSUM);
  EXPECT_THAT(x.consumers(), ::testing::ElementsAre(sum, sum));
  ITensor& y = input({4});
  sum->setInput(1, y);
  EXPECT_THAT(x.consumers(), ::testing::ElementsAre(sum));
  EXPECT_THAT(y.consumers(), ::testing::ElementsAre(sum));
}

TEST_F(NetworkTest, RefusedLayerLeavesNoTrace) {
  ITensor& x = input({4});
  ITensor& y = input({5});
  EXPECT_ERROR(network_.addElementWise(x, y, ElementWiseOperation::kSUM), "elementwise: dims 4 and 5 do not broadcast");
  EXPECT_EQ(network_.getNbLayers(), 2);
  EXPECT_TRUE(x.consumers().empty());
  EXPECT_TRUE(y.consumers().empty());
}

TEST_F(NetworkTest, SettersAreSeenByAllThatFollows) {
  ITensor& x = input({1, 3, 8, 8});
  auto* pool = network_.addPoolingNd(x, PoolingType::kMAX, DimsHW(2, 2));
  auto* relu = network_.addActivation(*pool->getOutput(0), ActivationType::kRELU);
  auto* shape = network_.addShape(*relu->getOutput(0));
  EXPECT_EQ(dims_of(relu), (Dims{1, 3, 4, 4}));
  EXPECT_EQ(value_of(*shape->getOutput(0)), (std::vector<int64_t>{1, 3, 4, 4}));
  pool->setStrideNd(DimsHW(1, 1));
  EXPECT_EQ(dims_of(relu), (Dims{1, 3, 7, 7}));
  EXPECT_EQ(value_of(*shape->getOutput(0)), (std::vector<int64_t>{1, 3, 7, 7}));
  x.setDimensions({2, 3, 9, 9});
  EXPECT_EQ(dims_of(relu), (Dims{2, 3, 8, 8}));
  x.setType(DataType::kHALF);
  EXPECT_EQ(type_of(relu), DataType::kHALF);
}

TEST_F(NetworkTest, SetInputIsSeenByAllThatFollows) {
  ITensor& x = input({4});
  auto* relu = network_.addActivation(x, ActivationType::kRELU);
  auto* exp = network_.addUnary(*relu->getOutput(0), UnaryOperation::kEXP);
  EXPECT_EQ(dims_of(exp), (Dims{4}));
  relu->setInput(0, input({5}));
  EXPECT_EQ(dims_of(exp), (Dims{5}));
}

TEST_F(NetworkTest, TypesOfInferredTensorsCannotBeSet) {
  auto* relu = network_.addActivation(input({4}), ActivationType::kRELU);
  relu->setName("r");
  EXPECT_ERROR(relu->getOutput(0)->setDimensions({5}), "activation \"r\": it is inferred");
  EXPECT_ERROR(relu->getOutput(0)->setType(DataType::kHALF), "data type");
}

TEST_F(NetworkTest, ErrorsNameTheLayerAndItsSource) {
  auto* pool = network_.addPoolingNd(input({1, 3, 4, 4}), PoolingType::kMAX, DimsHW(5, 5));
  pool->setName("pool1");
  pool->set_source("model.py:42");
  EXPECT_ERROR(dims_of(pool), "pooling \"pool1\" (model.py:42): the window of 5 elements");
}

TEST_F(NetworkTest, SetInputChecksIndexAndNetwork) {
  auto* relu = network_.addActivation(input({4}), ActivationType::kRELU);
  EXPECT_ERROR(relu->setInput(2, input({4})), "input 2 cannot be set, the layer has 1 inputs");
  EXPECT_ERROR(relu->setInput(-1, input({4})), "input -1 cannot be set");
  INetworkDefinition other;
  ITensor* foreign = other.addInput("foreign", DataType::kFLOAT, {4});
  EXPECT_ERROR(relu->setInput(0, *foreign), "not in the same network");
  EXPECT_ERROR(network_.markOutput(*foreign), "not in this network");
}

TEST_F(NetworkTest, LayerMovesBehindAnInputThatIsAddedLater) {
  ITensor& x = input({4});
  auto* slice = network_.addSlice(x, {}, Dims{2}, Dims{1});
  auto* relu = network_.addActivation(input({3}), ActivationType::kRELU);
  ITensor& start = constant(network_, {1});
  slice->setInput(1, start);
  const auto& layers = network_.layers();
  EXPECT_EQ(layers.back().get(), slice);
  EXPECT_EQ(dims_of(slice), (Dims{2}));
  EXPECT_EQ(layers[2].get(), relu);
  network_.markOutput(*slice->getOutput(0));
  network_.markOutput(*relu->getOutput(0));
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(NetworkTest, ReadersMoveWithTheLayer) {
  ITensor& x = input({4});
  auto* first = network_.addActivation(x, ActivationType::kRELU);
  auto* second = network_.addActivation(*first->getOutput(0), ActivationType::kRELU);
  auto* late = network_.addUnary(x, UnaryOperation::kEXP);
  first->setInput(0, *late->getOutput(0));
  EXPECT_EQ(network_.getLayer(1), late);
  EXPECT_EQ(network_.getLayer(2), first);
  EXPECT_EQ(network_.getLayer(3), second);
  EXPECT_ERROR(late->setInput(0, *second->getOutput(0)), "which depends on it");
  EXPECT_ERROR(late->setInput(0, *late->getOutput(0)), "which depends on it");
}

TEST_F(NetworkTest, DeepNetworksDoNotExhaustTheStack) {
  ITensor* x = &input({4});
  for (int i = 0; i < 100000; ++i) {
    x = network_.addIdentity(*x)->getOutput(0);
  }
  EXPECT_EQ(x->getDimensions(), (Dims{4}));
  network_.getInput(0)->setDimensions({5});
  EXPECT_EQ(x->getDimensions(), (Dims{5}));
}

TEST_F(NetworkTest, ManyPathsAreInferredOnce) {
  ITensor* x = &input({4});
  for (int i = 0; i < 200; ++i) {
    x = network_.addElementWise(*x, *x, ElementWiseOperation::kSUM)->getOutput(0);
  }
  network_.getInput(0)->setDimensions({5});
  EXPECT_EQ(x->getDimensions(), (Dims{5}));
}

TEST_F(NetworkTest, HookSeesEveryAddedLayer) {
  std::vector<LayerType> seen;
  network_.set_layer_hook([&](ILayer& layer) {
    layer.setName("named");
    seen.push_back(layer.getType());
  });
  ITensor& x = input({4});
  EXPECT_STREQ(network_.addActivation(x, ActivationType::kRELU)->getName(), "named");
  EXPECT_THAT(seen, ::testing::ElementsAre(LayerType::kINPUT, LayerType::kACTIVATION));
}

TEST_F(NetworkTest, OutputTypeCanOnlyBeWhatIsInferred) {
  auto* relu = network_.addActivation(input({4}), ActivationType::kRELU);
  EXPECT_NO_THROW(relu->setOutputType(0, DataType::kFLOAT));
  EXPECT_ERROR(relu->setOutputType(0, DataType::kHALF), "is f32, which follows from the inputs");
  EXPECT_ERROR(relu->setOutputType(1, DataType::kHALF), "has no output 1");
  auto* cast = network_.addCast(input({4}), DataType::kHALF);
  cast->setOutputType(0, DataType::kINT32);
  EXPECT_EQ(type_of(cast), DataType::kINT32);
}

TEST_F(NetworkTest, MemoryIsAlignedAndCopied) {
  int32_t values[] = {1, 2, 3};
  const Weights weights = network_.own(DataType::kINT32, values, 3);
  values[0] = 9;
  EXPECT_EQ(reinterpret_cast<uintptr_t>(weights.values) % 64, 0U);
  EXPECT_EQ(static_cast<const int32_t*>(weights.values)[0], 1);
  EXPECT_EQ(weights.bytes(), 12);
  EXPECT_ERROR(network_.allocate(-1), "-1 bytes");
}

TEST_F(NetworkTest, KeepsResourcesAliveWithItsClones) {
  auto resource = std::make_shared<int>(1);
  std::weak_ptr<int> watched = resource;
  std::unique_ptr<INetworkDefinition> copy;
  {
    INetworkDefinition network;
    network.keep_alive(std::move(resource));
    copy = network.clone();
  }
  EXPECT_FALSE(watched.expired());
  copy.reset();
  EXPECT_TRUE(watched.expired());
}

TEST_F(NetworkTest, CloneHasEverything) {
  ITensor& x = input({-1, 4});
  ITensor& y = input({1, 4});
  network_.setName("net");
  network_.profiles().push_back({{"in0", {{1, 4}, {2, 4}, {8, 4}}}});
  auto* sum = network_.addElementWise(x, y, ElementWiseOperation::kSUM);
  sum->setName("sum");
  sum->set_source("model.py:1");
  sum->setMetadata("meta");
  sum->setPrecision(DataType::kHALF);
  auto* slice = network_.addSlice(*sum->getOutput(0), {}, Dims{1, 2}, {});
  slice->setInput(3, constant(network_, {1, 1}));
  slice->setInput(1, constant(network_, {0, 1}));
  slice->getOutput(0)->setName("out");
  network_.markOutput(*slice->getOutput(0));

  const auto copy = network_.clone();
  EXPECT_NO_THROW(verify_network(*copy));
  EXPECT_STREQ(copy->getName(), "net");
  EXPECT_EQ(copy->profiles().size(), 1U);
  ASSERT_EQ(copy->getNbLayers(), network_.getNbLayers());
  EXPECT_STREQ(copy->getInput(0)->getName(), "in0");
  EXPECT_STREQ(copy->getInput(1)->getName(), "in1");
  const ILayer* copied_sum = copy->getLayer(2);
  EXPECT_STREQ(copied_sum->getName(), "sum");
  EXPECT_EQ(copied_sum->source(), "model.py:1");
  EXPECT_STREQ(copied_sum->getMetadata(), "meta");
  EXPECT_EQ(copied_sum->precision(), DataType::kHALF);
  const ILayer* copied_slice = copy->getOutput(0)->producer();
  ASSERT_EQ(copied_slice->getNbInputs(), 4);
  EXPECT_EQ(copied_slice->getInput(2), nullptr);
  EXPECT_NE(copied_slice->getInput(1), nullptr);
  EXPECT_STREQ(copy->getOutput(0)->getName(), "out");
  EXPECT_EQ(copy->getOutput(0)->getDimensions(), (Dims{1, 2}));

  copy->getInput(0)->setDimensions({3, 4});
  EXPECT_EQ(x.getDimensions(), (Dims{-1, 4}));
}

TEST(MakeLayer, MakesEveryKindWithDefaults) {
  for (int32_t i = 0; i < kLayerTypeCount; ++i) {
    const auto type = static_cast<LayerType>(i);
    EXPECT_EQ(make_layer(type)->getType(), type);
  }
  EXPECT_ERROR(make_layer(static_cast<LayerType>(99)), "layer kind 99 does not exist");
}

TEST(MakeLayer, AddedInputsAreListed) {
  INetworkDefinition network;
  ILayer* layer = network.add_layer(make_layer(LayerType::kINPUT));
  EXPECT_EQ(network.getInput(0), layer->getOutput(0));
  ILayer* before = network.add_layer(make_layer(LayerType::kINPUT), layer);
  EXPECT_EQ(network.getLayer(0), before);
  EXPECT_EQ(network.getInput(1), before->getOutput(0));
}

TEST(LayerCast, IsChecked) {
  const auto layer = make_layer(LayerType::kCAST);
  EXPECT_EQ(layer_cast<ICastLayer>(layer.get()), layer.get());
  EXPECT_EQ(layer_cast<IUnaryLayer>(layer.get()), nullptr);
  EXPECT_EQ(layer_cast<IUnaryLayer>(static_cast<ILayer*>(nullptr)), nullptr);
}

TEST(Builder, MakesNetworksAndConfigurations) {
  const IBuilder builder;
  EXPECT_EQ(builder.createNetworkV2(1)->getNbLayers(), 0);
  const auto config = builder.createBuilderConfig();
  config->setFlag(BuilderFlag::kFP16);
  EXPECT_TRUE(config->getFlag(BuilderFlag::kFP16));
  EXPECT_FALSE(config->getFlag(BuilderFlag::kINT8));
  config->setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, 5);
  EXPECT_EQ(config->getMemoryPoolLimit(MemoryPoolType::kWORKSPACE), 5U);
}

}  // namespace
}  // namespace torch_tensorrt::network
