#include "torch_tensorrt/core/network/verifier.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

// A valid network; each test breaks one rule of it. Most rules cannot be broken by a setter, so the tests bypass the
// interface.
class VerifierTest : public LayerTest {
 protected:
  VerifierTest() : x_(input({-1, 3, 8, 8})) {
    conv_ = network_.addConvolutionNd(x_, 4, DimsHW(3, 3), floats(network_, 4 * 3 * 9), floats(network_, 4));
    conv_->setName("conv");
    relu_ = network_.addActivation(*conv_->getOutput(0), ActivationType::kRELU);
    relu_->setName("relu");
    network_.markOutput(*relu_->getOutput(0));
    network_.profiles().push_back({{"in0", {{1, 3, 8, 8}, {2, 3, 8, 8}, {4, 3, 8, 8}}}});
  }

  auto& layers() { return const_cast<std::vector<std::unique_ptr<ILayer>>&>(network_.layers()); }
  auto& outputs() { return const_cast<std::vector<ITensor*>&>(network_.outputs()); }
  auto& inputs() { return const_cast<std::vector<ITensor*>&>(network_.inputs()); }
  static auto& consumers(ITensor& tensor) { return const_cast<std::vector<ILayer*>&>(tensor.consumers()); }

  ITensor& x_;
  IConvolutionLayer* conv_;
  IActivationLayer* relu_;
};

#define EXPECT_INVALID(part) EXPECT_ERROR(verify_network(network_), part)

TEST_F(VerifierTest, AcceptsAValidNetwork) { EXPECT_NO_THROW(verify_network(network_)); }

TEST_F(VerifierTest, Order) {
  std::swap(layers()[1], layers()[2]);
  EXPECT_INVALID("activation \"relu\": stands at 1 and reads convolution \"conv\" at 2");
  std::swap(layers()[1], layers()[2]);
}

TEST_F(VerifierTest, ProducersAreInTheNetwork) {
  std::unique_ptr<ILayer> taken = std::move(layers()[0]);
  layers().erase(layers().begin());
  EXPECT_INVALID("\"conv\": input 0 is of a layer that is not in the network");
  layers().insert(layers().begin(), std::move(taken));
}

TEST_F(VerifierTest, ReadersAreInTheNetwork) {
  network_.unmarkOutput(*relu_->getOutput(0));
  network_.markOutput(*conv_->getOutput(0));
  std::unique_ptr<ILayer> taken = std::move(layers()[2]);
  layers().pop_back();
  EXPECT_INVALID("\"conv\": output 0 lists a reader that is not in the network");
}

TEST_F(VerifierTest, LayersSayThatTheyAreOfTheNetwork) {
  INetworkDefinition other;
  ILayer* foreign = other.add_layer(make_layer(LayerType::kINPUT));
  layers().push_back(std::move(const_cast<std::vector<std::unique_ptr<ILayer>>&>(other.layers()).back()));
  const_cast<std::vector<std::unique_ptr<ILayer>>&>(other.layers()).pop_back();
  ASSERT_EQ(layers().back().get(), foreign);
  EXPECT_INVALID("is in the list of this network, but belongs to another network or to none");
}

TEST_F(VerifierTest, UsesAreOnBothSides) {
  consumers(*conv_->getOutput(0)).push_back(relu_);
  EXPECT_INVALID("reads convolution \"conv\" 1 times, but is listed 2 times among its readers");
  consumers(*conv_->getOutput(0)).clear();
  EXPECT_INVALID("reads convolution \"conv\" 1 times, but is listed 0 times among its readers");
  consumers(*conv_->getOutput(0)).push_back(relu_);
}

TEST_F(VerifierTest, NamesAreUnique) {
  relu_->getOutput(0)->setName("in0");
  EXPECT_INVALID("activation \"relu\": its output has the name \"in0\"");
}

TEST_F(VerifierTest, InputsAreListed) {
  inputs().clear();
  EXPECT_INVALID("not listed among the inputs");
  inputs() = {&x_, relu_->getOutput(0)};
  EXPECT_INVALID("lists 2 inputs and has 1 input layers");
  inputs() = {&x_};
}

TEST_F(VerifierTest, HasAnOutput) {
  network_.unmarkOutput(*relu_->getOutput(0));
  EXPECT_INVALID("no output");
}

TEST_F(VerifierTest, OutputsAreListedOnceAndMarked) {
  outputs().push_back(relu_->getOutput(0));
  EXPECT_INVALID("listed as an output twice");
  outputs().pop_back();
  outputs().push_back(conv_->getOutput(0));
  EXPECT_INVALID("\"conv\": its tensor");
  outputs().pop_back();
  network_.markOutput(*conv_->getOutput(0));
  outputs().pop_back();
  EXPECT_INVALID("\"conv\": output 0 is marked as a network output, but not listed");
}

TEST_F(VerifierTest, OutputsAreInTheNetwork) {
  INetworkDefinition other;
  outputs().push_back(other.addInput("foreign", DataType::kFLOAT, {1}));
  EXPECT_INVALID("output \"foreign\" is of a layer that is not in the network");
  outputs().pop_back();
}

TEST_F(VerifierTest, AttributesFitTheInputs) {
  conv_->setNbOutputMaps(5);
  EXPECT_INVALID("convolution \"conv\": the kernel has 108 elements, must have 135 (5x3x3x3)");
}

TEST_F(VerifierTest, RequiredInputsAreGiven) {
  network_.add_layer(make_layer(LayerType::kACTIVATION));
  EXPECT_INVALID("activation: has 0 inputs, must have 1");
}

TEST_F(VerifierTest, EnumsAreInTheirTables) {
  relu_->setActivationType(static_cast<ActivationType>(77));
  EXPECT_INVALID("\"relu\": type is 77, which is not a valid activation type");
}

TEST_F(VerifierTest, WeightsHaveMemory) {
  conv_->setBiasWeights({DataType::kFLOAT, nullptr, 4});
  EXPECT_INVALID("\"conv\": bias has 4 elements and no memory");
  conv_->setBiasWeights({DataType::kFLOAT, &conv_, -4});
  EXPECT_INVALID("\"conv\": bias has -4 elements and memory");
  conv_->setBiasWeights({static_cast<DataType>(50), nullptr, 0});
  EXPECT_INVALID("\"conv\": bias is 50, which is not a valid data type");
}

TEST_F(VerifierTest, WeightTypesFitTheInput) {
  conv_->setKernelWeights({DataType::kHALF, conv_->getKernelWeights().values, 108});
  EXPECT_INVALID("\"conv\": the kernel is f16 and the input f32");
}

TEST_F(VerifierTest, EpilogueReadsEveryInputBehindTheOwn) {
  ITensor& residual = *network_.addIdentity(*conv_->getOutput(0))->getOutput(0);
  auto* sum = network_.addElementWise(residual, residual, ElementWiseOperation::kSUM);
  sum->setInput(2, residual);
  sum->setInput(3, residual);
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kElementWise;
  op.input = 2;
  sum->mutable_epilogue() = {op};
  EXPECT_INVALID("elementwise: input 3 of 4 follows an input of the epilogue, but the epilogue does not read it");
  op.input = 4;
  sum->mutable_epilogue().push_back(op);
  EXPECT_INVALID("input 3 of 4");
  op.input = 3;
  sum->mutable_epilogue().back() = op;
  EXPECT_NO_THROW(verify_network(network_));
  op.kind = static_cast<EpilogueOp::Kind>(7);
  sum->mutable_epilogue().push_back(op);
  EXPECT_INVALID("unknown kind 7");
}

TEST_F(VerifierTest, FormatsFitTheRank) {
  relu_->getOutput(0)->set_format(TensorFormat::kHWC);
  EXPECT_NO_THROW(verify_network(network_));
  ITensor& flat = *network_.addIdentity(input({2, 2}))->getOutput(0);
  flat.set_format(TensorFormat::kHWC);
  EXPECT_INVALID("2x2 has the format hwc, which needs at least 3 dimensions");
}

TEST_F(VerifierTest, ProfilesFitTheInputs) {
  Profile& profile = network_.profiles()[0];
  const ProfileRange good = profile.at("in0");
  profile["in0"].opt = {5, 3, 8, 8};
  EXPECT_INVALID("min 1x3x8x8, opt 5x3x8x8, max 4x3x8x8");
  profile["in0"] = good;
  profile["in0"].min = {1, 3, 7, 8};
  EXPECT_INVALID("1x3x7x8");
  profile["in0"] = good;
  profile["in0"].max = {4, 3, 8};
  EXPECT_INVALID("max 4x3x8,");
  profile["in0"] = good;
  profile["in0"].min = {-1, 3, 8, 8};
  EXPECT_INVALID("min -1x3x8x8");
  profile["in0"] = good;
  profile["other"] = good;
  EXPECT_INVALID("a range for \"other\", which is not an input");
  profile.clear();
  EXPECT_INVALID("no range for input \"in0\"");
}

TEST_F(VerifierTest, OptShapesFitTheLayers) {
  x_.setDimensions({-1, 3, -1, 8});
  ProfileRange& range = network_.profiles()[0]["in0"];
  range = {{1, 3, 2, 8}, {1, 3, 8, 8}, {1, 3, 8, 8}};
  EXPECT_NO_THROW(verify_network(network_));  // an end of a range need not fit, as calls are checked
  range.opt = range.min;
  EXPECT_INVALID("\"conv\": the window of 3 elements (3, dilation 1) is larger than the padded input of 2");
}

}  // namespace
}  // namespace torch_tensorrt::network
