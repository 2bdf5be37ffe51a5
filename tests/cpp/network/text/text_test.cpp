#include "torch_tensorrt/core/network/text/text.h"

#include <limits>
#include <random>

#include "network/network_test_util.h"
#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/network/verifier.h"

namespace torch_tensorrt::network {
namespace {

// Compares everything that the text must carry, layer by layer.
void expect_same_layer(const ILayer& a, const ILayer& b) {
  EXPECT_TRUE(same_attributes(a, b)) << print_layer(a);
  EXPECT_STREQ(a.getName(), b.getName());
  EXPECT_EQ(a.source(), b.source());
  EXPECT_STREQ(a.getMetadata(), b.getMetadata());
  EXPECT_EQ(a.precision(), b.precision());
  ASSERT_EQ(a.getNbInputs(), b.getNbInputs());
  ASSERT_EQ(a.getNbOutputs(), b.getNbOutputs());
  for (int32_t i = 0; i < a.getNbOutputs(); ++i) {
    EXPECT_STREQ(a.getOutput(i)->getName(), b.getOutput(i)->getName());
    EXPECT_EQ(a.getOutput(i)->format(), b.getOutput(i)->format());
    EXPECT_EQ(a.getOutput(i)->getDimensions(), b.getOutput(i)->getDimensions());
    EXPECT_EQ(a.getOutput(i)->isNetworkOutput(), b.getOutput(i)->isNetworkOutput());
  }
}

int32_t place_of(const INetworkDefinition& network, const ITensor* tensor) {
  if (tensor == nullptr) return -1;
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    if (network.getLayer(i) == tensor->producer()) return i;
  }
  return -2;
}

void expect_same_network(const INetworkDefinition& a, const INetworkDefinition& b) {
  EXPECT_STREQ(a.getName(), b.getName());
  ASSERT_EQ(a.getNbLayers(), b.getNbLayers());
  for (int32_t i = 0; i < a.getNbLayers(); ++i) {
    expect_same_layer(*a.getLayer(i), *b.getLayer(i));
    for (int32_t k = 0; k < a.getLayer(i)->getNbInputs(); ++k) {
      EXPECT_EQ(place_of(a, a.getLayer(i)->getInput(k)), place_of(b, b.getLayer(i)->getInput(k)));
    }
  }
  const auto places = [](const INetworkDefinition& network, const std::vector<ITensor*>& tensors) {
    std::vector<int32_t> result;
    for (const ITensor* tensor : tensors) result.push_back(place_of(network, tensor));
    return result;
  };
  EXPECT_EQ(places(a, a.inputs()), places(b, b.inputs()));
  EXPECT_EQ(places(a, a.outputs()), places(b, b.outputs()));
  ASSERT_EQ(a.profiles().size(), b.profiles().size());
}

// Returns the text.
std::string round_trip(const INetworkDefinition& network) {
  const std::string text = print_network(network);
  try {
    const auto parsed = parse_network(text);
    expect_same_network(network, *parsed);
    EXPECT_EQ(print_network(*parsed), text);
  } catch (const Error& error) {
    ADD_FAILURE() << error.what() << text;
  }
  return text;
}

class TextTest : public LayerTest {};

TEST_F(TextTest, PrintsOneLayerALine) {
  network_.setName("small");
  ITensor& x = *network_.addInput("x", DataType::kFLOAT, Dims{1, 2, 4, 4});
  auto* layer =
      network_.addConvolutionNd(x, 1, Dims{1, 1}, own(network_, DataType::kFLOAT, std::vector<float>{1, 2}), Weights{});
  layer->setName("conv1");
  auto* relu = network_.addActivation(*layer->getOutput(0), ActivationType::kCLIP);
  relu->setBeta(6);
  relu->getOutput(0)->setName("y");
  relu->getOutput(0)->set_format(TensorFormat::kHWC);
  network_.markOutput(*relu->getOutput(0));
  EXPECT_EQ(round_trip(network_),
            "network \"small\" {\n"
            "  %x = input() {dims=[1x2x4x4]} : f32[1x2x4x4]\n"
            "  %0 = convolution(%x) {maps=1, kernel_size=[1x1], kernel=f32\"AACAPwAAAEA=\", name=\"conv1\"}"
            " : f32[1x1x4x4]\n"
            "  %y = activation(%0) {type=clip, beta=6} : f32[1x1x4x4] @hwc\n"
            "  return %y\n"
            "}\n");
  EXPECT_EQ(print_layer(*relu), "%y = activation(%0) {type=clip, beta=6} : f32[1x1x4x4] @hwc");
}

TEST_F(TextTest, LeavesOutTypesAndLargeWeightsOnRequest) {
  ITensor& x = input(Dims{4});
  auto* constant = network_.addConstant(Dims{4}, floats(network_, 4));
  auto* sum = network_.addElementWise(x, *constant->getOutput(0), ElementWiseOperation::kSUM);
  network_.markOutput(*sum->getOutput(0));
  TextOptions options;
  options.inferred_types = false;
  EXPECT_EQ(print_layer(*sum, options), "%1 = elementwise(%in0, %0)");
  expect_same_network(network_, *parse_network(print_network(network_, options)));
  options.max_weight_elements = 3;
  EXPECT_EQ(print_layer(*constant, options), "%0 = constant() {dims=[4], weights=f32\"... 4\"}");
  EXPECT_ERROR(parse_network(print_network(network_, options)), "the weights were left out");
}

TEST_F(TextTest, KeepsNamesOfAnyKind) {
  network_.setName("a \"quoted\" \\ name\n\t\x01\x7f\xc3\xa9");
  ITensor& x = *network_.addInput("a b", DataType::kFLOAT, Dims{2});
  ITensor& y = *network_.addInput("7", DataType::kFLOAT, Dims{2});
  ITensor& z = *network_.addInput("%0", DataType::kFLOAT, Dims{2});
  auto* unnamed = network_.addElementWise(x, y, ElementWiseOperation::kSUM);
  unnamed->setName("%1 = relu(\"x\")");
  unnamed->set_source("model.py:42\nother.py:1");
  unnamed->setMetadata("{\"a\": [1, 2]}");
  unnamed->setPrecision(DataType::kBF16);
  auto* named = network_.addElementWise(*unnamed->getOutput(0), z, ElementWiseOperation::kPROD);
  named->getOutput(0)->setName("_out.1");
  network_.markOutput(*named->getOutput(0));
  network_.markOutput(*unnamed->getOutput(0));
  const std::string text = round_trip(network_);
  EXPECT_THAT(text, ::testing::HasSubstr("%\"a b\""));
  EXPECT_THAT(text, ::testing::HasSubstr("%\"7\""));
  EXPECT_THAT(text, ::testing::HasSubstr("return %_out.1, %0"));
}

TEST_F(TextTest, KeepsProfilesAndTheOrderOfInputs) {
  ITensor& b = *network_.addInput("b", DataType::kFLOAT, Dims{-1, 3});
  auto* early = network_.add_layer(make_layer(LayerType::kINPUT), b.producer());
  early->getOutput(0)->setName("a");
  early->getOutput(0)->setDimensions(Dims{-1, 3});
  auto* sum = network_.addElementWise(b, *early->getOutput(0), ElementWiseOperation::kSUM);
  network_.markOutput(*sum->getOutput(0));
  const ProfileRange range{Dims{1, 3}, Dims{2, 3}, Dims{8, 3}};
  network_.profiles() = {{{"a", range}, {"b", range}}, {}};
  const std::string text = round_trip(network_);
  EXPECT_THAT(text, ::testing::HasSubstr("  inputs %b, %a\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("  profile {\"a\"=[[1x3], [2x3], [8x3]], \"b\"=[[1x3], [2x3], [8x3]]}\n"));
  const auto parsed = parse_network(text);
  EXPECT_EQ(parsed->profiles()[0].at("b").opt, (Dims{2, 3}));
  EXPECT_EQ(parsed->profiles()[0].at("b").max, (Dims{8, 3}));
  EXPECT_TRUE(parsed->profiles()[1].empty());
}

TEST_F(TextTest, ElementsOfShapeInputs) {
  ITensor& n = *network_.addInput("n", DataType::kINT64, Dims{2});
  network_.markOutput(*network_.addIdentity(n)->getOutput(0));
  ProfileRange range{Dims{2}, Dims{2}, Dims{2}, {1, -1}, {4, 6}, {12, 24}};
  network_.profiles() = {{{n.getName(), range}}};
  const std::string text = round_trip(network_);
  EXPECT_THAT(text, ::testing::HasSubstr("[[2], [2], [2], [1x-1], [4x6], [12x24]]"));
  const auto parsed = parse_network(text);
  const ProfileRange& read = parsed->profiles()[0].at(n.getName());
  EXPECT_EQ(read.min_values, range.min_values);
  EXPECT_EQ(read.opt_values, range.opt_values);
  EXPECT_EQ(read.max_values, range.max_values);
}

TEST_F(TextTest, KeepsNumbersToTheLastBit) {
  const std::vector<double> odd{0.1,
                                -0.0,
                                1.0 / 3.0,
                                5e-324,
                                1.7976931348623157e308,
                                static_cast<double>(0.1F),
                                std::numeric_limits<double>::infinity(),
                                -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN(),
                                -std::nan("5")};
  ITensor& x = input(Dims{1});
  for (const double value : odd) {
    auto* layer = network_.addActivation(x, ActivationType::kCLIP);
    layer->setAlpha(value);
    layer->setBeta(-value);
    network_.markOutput(*layer->getOutput(0));
  }
  auto* slice = network_.addSlice(x, Dims{-1}, Dims{3}, Dims{1});
  slice->setMode(SampleMode::kFILL);
  slice->setFillValue(1.0 / 3.0);
  network_.markOutput(*slice->getOutput(0));
  EXPECT_THAT(round_trip(network_), ::testing::HasSubstr("fill_value=0.3333333333333333}"));
}

TEST_F(TextTest, KeepsEpilogues) {
  ITensor& x = input(Dims{1, 2, 4, 4});
  auto* conv = network_.addConvolutionNd(x, 2, Dims{1, 1}, floats(network_, 4), floats(network_, 2));
  conv->setInput(1, x);
  EpilogueOp sum;
  sum.kind = EpilogueOp::Kind::kElementWise;
  sum.input = 1;
  EpilogueOp clip;
  clip.activation = ActivationType::kCLIP;
  clip.alpha = -0.F;
  EpilogueOp relu;
  EpilogueOp sub = sum;
  sub.elementwise = ElementWiseOperation::kSUB;
  sub.swapped = true;
  conv->mutable_epilogue() = {sum, clip, relu, sub};
  network_.markOutput(*conv->getOutput(0));
  EXPECT_THAT(round_trip(network_),
              ::testing::HasSubstr("epilogue=[sum(%in0), clip(-0, 0), relu, sub(%in0, swapped)]"));
  // The text tells apart two uses of the same tensor.
  conv->setInput(2, x);
  EpilogueOp last = sum;
  last.input = 2;
  conv->mutable_epilogue() = {sum, last};
  EXPECT_THAT(round_trip(network_), ::testing::HasSubstr("epilogue=[sum(input 1), sum(%in0)]"));
}

TEST_F(TextTest, KeepsHolesBetweenInputs) {
  ITensor& x = input(Dims{4});
  auto* slice = network_.addSlice(x, Dims{0}, Dims{2}, Dims{1});
  slice->setInput(2, constant(network_, {3}));
  network_.markOutput(*slice->getOutput(0));
  EXPECT_THAT(round_trip(network_), ::testing::HasSubstr("slice(%in0, _, %0)"));
}

// One layer of each kind, with attributes other than the defaults.
void add_every_kind(INetworkDefinition& net) {
  ITensor& x = *net.addInput("x", DataType::kFLOAT, Dims{2, 4, 8, 8});
  ITensor& wide = *net.addInput("wide", DataType::kDOUBLE, Dims{-1, 4});
  auto* conv = net.addConvolutionNd(x, 8, Dims{3, 3}, floats(net, 8 * 2 * 9), floats(net, 8));
  conv->setNbGroups(2);
  conv->setStrideNd(Dims{2, 2});
  conv->setDilationNd(Dims{1, 2});
  conv->setPrePadding(Dims{1, 2});
  conv->setPostPadding(Dims{0, 3});
  auto* deconv = net.addDeconvolutionNd(*conv->getOutput(0), 4, Dims{2, 2}, floats(net, 8 * 4 * 4), Weights{});
  deconv->setPaddingMode(PaddingMode::kSAME_LOWER);
  auto* pool = net.addPoolingNd(x, PoolingType::kAVERAGE, Dims{2, 2});
  pool->setDivisor(3);
  pool->setAverageCountExcludesPadding(false);
  pool->setBlendFactor(0.5F);
  auto* act = net.addActivation(*pool->getOutput(0), ActivationType::kELU);
  act->setAlpha(0.3F);
  auto* unary = net.addUnary(*act->getOutput(0), UnaryOperation::kERF);
  auto* scale = net.addScaleNd(*unary->getOutput(0), ScaleMode::kCHANNEL, floats(net, 4), floats(net, 4), Weights{}, 1);
  auto* reduce = net.addReduce(*scale->getOutput(0), ReduceOperation::kAVG, 12, true);
  auto* product = net.addMatrixMultiply(*reduce->getOutput(0), MatrixOperation::kNONE, *reduce->getOutput(0),
                                        MatrixOperation::kTRANSPOSE);
  auto* softmax = net.addSoftMax(*product->getOutput(0));
  softmax->setLog(true);
  auto* shuffle = net.addShuffle(*softmax->getOutput(0));
  Permutation permutation;
  permutation.order[0] = 1;
  permutation.order[1] = 0;
  shuffle->setFirstTranspose(permutation);
  shuffle->setReshapeDimensions(Dims{0, -1});
  shuffle->setSecondTranspose(permutation);
  ITensor* joined[] = {shuffle->getOutput(0), shuffle->getOutput(0)};
  auto* concat = net.addConcatenation(joined, 2);
  concat->setAxis(1);
  auto* shape = net.addShape(wide);
  auto* gather = net.addGather(*shape->getOutput(0), constant(net, {1, -1}, DataType::kINT32), 0);
  auto* cast = net.addCast(*gather->getOutput(0), DataType::kBOOL);
  auto* select = net.addSelect(*cast->getOutput(0), *gather->getOutput(0), *gather->getOutput(0));
  auto* identity = net.addIdentity(*select->getOutput(0));
  auto* norm = net.addNormalization(x, nullptr, nullptr, 12);
  norm->setEpsilon(1e-3F);
  norm->setNbGroups(2);
  norm->setRms(true);
  auto* resize = net.addResize(*norm->getOutput(0));
  const float scales[] = {1, 1, 2, 1.5F};
  resize->setScales(scales, 4);
  resize->setResizeMode(InterpolationMode::kCUBIC);
  resize->setAntialias(true);
  auto* reformat = net.add_layer(std::make_unique<IReformatLayer>("takes \"hwc\" only"));
  reformat->setInput(0, *resize->getOutput(0));
  reformat->getOutput(0)->set_format(TensorFormat::kHWC);
  auto* topk = net.addTopK(x, TopKOperation::kMIN, 3, 0b1000);
  topk->setIndicesType(DataType::kINT64);
  topk->setStable(true);
  auto* cumulative = net.addCumulative(*topk->getOutput(0), CumulativeOperation::kPROD, 2);
  auto* scatter =
      net.addScatter(*cumulative->getOutput(0), *topk->getOutput(1), *topk->getOutput(0), ScatterMode::kELEMENT);
  scatter->setAxis(3);
  scatter->setReduction(ScatterReduction::kMEAN);
  scatter->setIncludeSelf(false);
  auto* sample = net.addGridSample(x, *net.addInput("grid", DataType::kFLOAT, Dims{2, 5, 6, 2}));
  sample->setInterpolationMode(InterpolationMode::kNEAREST);
  sample->setAlignCorners(true);
  sample->setSampleMode(SampleMode::kREFLECT);
  auto* attention = net.addAttention(x, x, x);
  attention->setMask(*net.addInput("mask", DataType::kBOOL, Dims{8, 8}));
  attention->setCausal(true);
  attention->setScale(0.0);
  auto* places = net.addNonZero(x);
  auto* recurrent = net.addRecurrent(*net.addInput("steps", DataType::kFLOAT, Dims{5, 2, 3}), RecurrentCell::kLSTM, 2);
  recurrent->setProjectionSize(1);
  recurrent->setReverse(true);
  recurrent->setWeights(RecurrentWeights::kINPUT, floats(net, 8 * 3));
  recurrent->setWeights(RecurrentWeights::kHIDDEN, floats(net, 8));
  recurrent->setWeights(RecurrentWeights::kHIDDEN_BIAS, floats(net, 8));
  recurrent->setWeights(RecurrentWeights::kPROJECTION, *net.addInput("projection", DataType::kFLOAT, Dims{1, 2}));
  recurrent->setCellState(*net.addInput("cell", DataType::kFLOAT, Dims{1, 2, 2}));
  const float step = 0.25F;
  auto* step_size = net.addConstant(Dims{}, net.own(DataType::kFLOAT, &step, 1))->getOutput(0);
  auto* quantize = net.addQuantize(x, *step_size, DataType::kUINT8);
  quantize->setZeroPoint(3);
  quantize->setRange(0, 127);
  auto* dequantize = net.addDequantize(*quantize->getOutput(0), *step_size, DataType::kHALF);
  dequantize->setZeroPoint(3);
  for (ILayer* last : std::initializer_list<ILayer*>{dequantize, deconv, concat, identity, reformat, scatter, sample,
                                                     attention, places, recurrent}) {
    net.markOutput(*last->getOutput(0));
  }
  net.profiles().push_back({{"wide", {Dims{1, 4}, Dims{2, 4}, Dims{3, 4}}}});
}

TEST_F(TextTest, KeepsEveryKind) {
  add_every_kind(network_);
  verify_network(network_);
  const std::string text = round_trip(network_);
  for (int32_t kind = 0; kind < kLayerTypeCount; ++kind) {
    const std::string name = enum_name(static_cast<LayerType>(kind));
    if (kind == static_cast<int32_t>(LayerType::kELEMENTWISE) || kind == static_cast<int32_t>(LayerType::kSLICE))
      continue;
    EXPECT_THAT(text, ::testing::HasSubstr(" = " + name + "("));
  }
}

TEST_F(TextTest, KeepsOperationsOfIntegerLayers) {
  const std::string text =
      "network \"\" {\n  %x = input() {dtype=u8, dims=[1x1x2x2]} : u8[1x1x2x2]\n"
      "  %r = input() {dtype=i8, dims=[1x1x2x2]} : i8[1x1x2x2]\n  %s = constant() {weights=f32\"AACAPg==\"} : f32[]\n"
      "  %y = convolution(%x, %s, %r) {maps=1, kernel_size=[1x1], kernel=i8\"fw==\", epilogue=[dequantize(%s, zero 5), "
      "sum(%r, scale 0.5, zero -3), relu, quantize(u8, scale 0.125, zero 7)]} : u8[1x1x2x2]\n  return %y\n}\n";
  EXPECT_EQ(print_network(*parse_network(text)), text);
}

TEST_F(TextTest, PrintsWhatIsBroken) {
  ITensor& x = input(Dims{1, 3, 4, 4});
  auto* conv = network_.addConvolutionNd(x, 2, Dims{1, 1}, floats(network_, 1), Weights{});
  EXPECT_THAT(print_layer(*conv), ::testing::EndsWith(": ?"));
  EXPECT_ERROR(parse_network("network \"\" {\n" + print_layer(*x.producer()) + "\n" + print_layer(*conv) + "}"),
               "found the unexpected character");
}

// The text must give an Error, or a network whose text reads back.
void expect_error_or_network(const std::string& text) {
  std::unique_ptr<INetworkDefinition> network;
  try {
    network = parse_network(text);
  } catch (const Error&) {
    return;
  }
  const std::string printed = print_network(*network);
  EXPECT_EQ(print_network(*parse_network(printed)), printed) << text;
}

std::string small_text() {
  INetworkDefinition net;
  ITensor& x = *net.addInput("x", DataType::kFLOAT, Dims{-1, 2, 4, 4});
  auto* conv = net.addConvolutionNd(x, 2, Dims{1, 1}, floats(net, 4), Weights{});
  conv->setInput(1, x);
  EpilogueOp sum;
  sum.kind = EpilogueOp::Kind::kElementWise;
  sum.input = 1;
  conv->mutable_epilogue() = {sum, EpilogueOp{}};
  conv->setName("conv \"1\"");
  auto* shape = net.addShape(*conv->getOutput(0));
  auto* shuffle = net.addShuffle(*conv->getOutput(0));
  shuffle->setInput(1, *shape->getOutput(0));
  net.markOutput(*shuffle->getOutput(0));
  net.profiles().push_back({{"x", {Dims{1, 2, 4, 4}, Dims{2, 2, 4, 4}, Dims{3, 2, 4, 4}}}});
  return print_network(net);
}

TEST(TextFuzz, TruncatedTextIsAnError) {
  const std::string text = small_text();
  // The text is still complete without its last newline.
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_THROW(parse_network(text.substr(0, size)), Error) << text.substr(0, size);
  }
}

TEST(TextFuzz, ChangedCharactersAreAnErrorOrANetwork) {
  const std::string text = small_text();
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : std::string("\0\n \"%9-x,]}{(\xff", 14)) {
      std::string changed = text;
      changed[i] = c;
      expect_error_or_network(changed);
    }
  }
}

TEST(TextFuzz, ChangedCharactersInEveryKindAreAnErrorOrANetwork) {
  INetworkDefinition net;
  add_every_kind(net);
  const std::string text = print_network(net);
  std::mt19937 random(11);
  for (int32_t i = 0; i < 3000; ++i) {
    std::string changed = text;
    // Outside the weights, which are most of the text.
    size_t place = random() % text.size();
    while (text[place] == 'A') place = random() % text.size();
    changed[place] = "\0\n \"%9-x,]}{(\xff"[random() % 14];
    expect_error_or_network(changed);
  }
}

TEST(TextFuzz, RemovedAndRepeatedPiecesAreAnErrorOrANetwork) {
  const std::string text = small_text();
  std::mt19937 random(7);
  for (int32_t i = 0; i < 4000; ++i) {
    const size_t begin = random() % text.size();
    const size_t size = random() % 12;
    const size_t where = random() % text.size();
    std::string cut = text;
    cut.erase(begin, size);
    expect_error_or_network(cut);
    std::string repeated = text;
    repeated.insert(where, text.substr(begin, size));
    expect_error_or_network(repeated);
  }
}

}  // namespace
}  // namespace torch_tensorrt::network
