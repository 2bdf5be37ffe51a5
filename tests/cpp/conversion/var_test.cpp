#include "torch_tensorrt/core/conversion/var/Var.h"

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "support/torch_conversion.h"
#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"

namespace torch_tensorrt::core::conversion {
namespace {

using torch::jit::IValue;

TEST(Var, UnwrapsEachType) {
  IValue tensor = at::ones({2});
  IValue integer = 3;
  IValue number = 0.5;
  IValue truth = true;
  IValue text = "text";
  IValue ints = c10::List<int64_t>({1, 2});
  IValue doubles = c10::List<double>({0.5});
  IValue bools = c10::List<bool>({true, false});
  IValue tensors = c10::List<at::Tensor>({at::ones({1})});
  EXPECT_TRUE(Var(&tensor).unwrapToTensor().is_same(tensor.toTensor()));
  EXPECT_EQ(Var(&integer).unwrapToInt(), 3);
  EXPECT_EQ(Var(&number).unwrapToDouble(), 0.5);
  EXPECT_EQ(Var(&integer).unwrapToDouble(), 3.0);
  EXPECT_TRUE(Var(&truth).unwrapToBool());
  EXPECT_EQ(Var(&text).unwrapToString(), "text");
  EXPECT_EQ(Var(&integer).unwrapToScalar().toInt(), 3);
  EXPECT_EQ(Var(&ints).unwrapToIntList().vec(), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(Var(&doubles).unwrapToDoubleList().vec(), (std::vector<double>{0.5}));
  EXPECT_EQ(Var(&bools).unwrapToBoolList().size(), 2U);
  EXPECT_EQ(Var(&tensors).unwrapToTensorList().size(), 1U);
  EXPECT_EQ(Var(&integer).unwrapTo<int64_t>(), 3);
  EXPECT_TRUE(Var(&ints).isIntList());
  EXPECT_TRUE(Var(&ints).isList());
  EXPECT_FALSE(Var(&ints).isITensorList());
}

TEST(Var, GivesDefaultsForNoneOnly) {
  IValue none;
  IValue integer = 3;
  EXPECT_EQ(Var(&none).unwrapToInt(7), 7);
  EXPECT_EQ(Var().unwrapToDouble(0.5), 0.5);
  EXPECT_EQ(Var(&integer).unwrapToInt(7), 3);
  EXPECT_TRUE(Var(&none).unwrapToIntList(c10::List<int64_t>({4})).size() == 1);
  const std::string message = tests::error_of([&] { Var(&integer).unwrapToString("default"); });
  EXPECT_NE(message.find("assuming it was str however arg type is Int"), std::string::npos) << message;
}

TEST(Var, SaysWhatItIs) {
  IValue integer = 3;
  EXPECT_EQ(Var().type_name(), "None");
  EXPECT_EQ(Var(&integer).type_name(), "c10::IValue");
  EXPECT_TRUE(Var().isNone());
  EXPECT_EQ(Var().IValue(), nullptr);
  EXPECT_EQ(Var(&integer).IValue(), &integer);
  const std::string message = tests::error_of([&] { Var(&integer).ITensor(); });
  EXPECT_NE(message.find("assuming it was nvinfer1::ITensor however arg type is Int"), std::string::npos) << message;
}

TEST(Var, AssignsFromEitherPointer) {
  ConversionCtx ctx(tests::cpu_settings());
  auto* tensor = ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims{2, 3});
  IValue integer = 3;
  Var var;
  var = tensor;
  EXPECT_TRUE(var.isITensor());
  EXPECT_EQ(var.ITensor(), tensor);
  EXPECT_EQ(var.type_name(), "nvinfer1::ITensor");
  var = &integer;
  EXPECT_TRUE(var.isIValue());
  const Var copy = var;
  EXPECT_EQ(copy.IValue(), &integer);
}

TEST(Var, FreezesKnownTensors) {
  ConversionCtx ctx(tests::cpu_settings());
  IValue known = at::arange(6, at::kFloat).reshape({2, 3}).t();
  auto* frozen = Var(&known).ITensorOrFreeze(&ctx);
  EXPECT_EQ(frozen->getDimensions(), nvinfer1::Dims({3, 2}));
  const auto* constant = nvinfer1::layer_cast<nvinfer1::IConstantLayer>(frozen->producer());
  ASSERT_NE(constant, nullptr);
  const auto* values = static_cast<const float*>(constant->getWeights().values);
  EXPECT_EQ(std::vector<float>(values, values + 6), (std::vector<float>{0, 3, 1, 4, 2, 5}));

  auto* input = ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims{2, 3});
  EXPECT_EQ(Var(input).ITensorOrFreeze(&ctx), input);
  IValue container = TensorContainer::wrap(input);
  EXPECT_EQ(Var(&container).ITensorOrFreeze(&ctx), input);
  EXPECT_EQ(Var(&container).ITensor(), input);
  EXPECT_FALSE(Var(&container).isTensor());
}

TEST(Var, ReadsListsOfNetworkTensors) {
  ConversionCtx ctx(tests::cpu_settings());
  auto* input = ctx.net->addInput("x", nvinfer1::DataType::kFLOAT, nvinfer1::Dims{2, 3});
  c10::impl::GenericList list(c10::AnyType::get());
  list.push_back(TensorContainer::wrap(input));
  list.push_back(TensorContainer::wrap(input));
  IValue value = list;
  EXPECT_TRUE(Var(&value).isITensorList());
  EXPECT_EQ(Var(&value).unwrapToITensorList(), (std::vector<nvinfer1::ITensor*>{input, input}));
  const std::string message = tests::error_of([&] { Var(&value).unwrapToIntList(); });
  EXPECT_NE(message.find("an argument of the type int[] is computed in the engine"), std::string::npos) << message;
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion
