#include "runtime/small_engines.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::tests {
namespace {

using network::DataType;
using network::Dims;
using network::ElementWiseOperation;
using network::INetworkDefinition;
using network::ITensor;
using network::Weights;

constexpr uint32_t kImageAxes = 0b1100;

void mark_output(INetworkDefinition& network, ITensor& tensor, const std::string& name) {
  tensor.setName(name.c_str());
  network.markOutput(tensor);
}

at::Tensor ramp(std::vector<int64_t> sizes) {
  const int64_t count = c10::multiply_integers(sizes);
  return at::sin(at::arange(count, at::kFloat)).reshape(sizes);
}

at::Tensor kernel() { return ramp({4, 3, 3, 3}); }
at::Tensor bias() { return at::arange(4, at::kFloat) * 0.25; }

Weights own(INetworkDefinition& network, const at::Tensor& tensor) {
  return network.own(DataType::kFLOAT, tensor.const_data_ptr(), tensor.numel());
}

}  // namespace

std::string build(std::shared_ptr<INetworkDefinition> network, const std::string& source) {
  engine::BuildSettings settings;
  settings.name = "small.engine";
  if (!source.empty()) settings.tactic_sources = {source};
  return engine::Builder(settings).build(std::move(network));
}

std::string build_convolution_engine() {
  auto network = std::make_shared<INetworkDefinition>();
  ITensor* x = network->addInput("input_0", DataType::kFLOAT, Dims{-1, 3, -1, -1});
  ITensor* r = network->addInput("input_1", DataType::kFLOAT, Dims{-1, 4, -1, -1});
  auto* convolution = network->addConvolutionNd(*x, 4, Dims{3, 3}, own(*network, kernel()), own(*network, bias()));
  convolution->setPaddingNd(Dims{1, 1});
  auto* sum = network->addElementWise(*convolution->getOutput(0), *r, ElementWiseOperation::kSUM);
  auto* relu = network->addActivation(*sum->getOutput(0), network::ActivationType::kRELU);
  auto* mean = network->addReduce(*relu->getOutput(0), network::ReduceOperation::kAVG, kImageAxes, false);
  mark_output(*network, *relu->getOutput(0), "output_0");
  mark_output(*network, *mean->getOutput(0), "output_1");
  network->profiles().push_back({{"input_0", {Dims{1, 3, 4, 4}, Dims{2, 3, 8, 8}, Dims{8, 3, 16, 16}}},
                                 {"input_1", {Dims{1, 4, 4, 4}, Dims{2, 4, 8, 8}, Dims{8, 4, 16, 16}}}});
  return build(network);
}

std::vector<at::Tensor> run_convolution(const at::Tensor& x, const at::Tensor& r) {
  const at::NoGradGuard no_grad;
  const at::Tensor relu = at::relu(at::conv2d(x, kernel(), bias(), /*stride=*/1, /*padding=*/1) + r);
  return {relu, relu.mean({2, 3})};
}

std::string build_sum_and_difference(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  auto network = std::make_shared<INetworkDefinition>();
  ITensor* a = network->addInput(inputs[0].c_str(), DataType::kFLOAT, Dims{2, 3});
  ITensor* b = network->addInput(inputs[1].c_str(), DataType::kFLOAT, Dims{2, 3});
  auto* sum = network->addElementWise(*a, *b, ElementWiseOperation::kSUM);
  auto* difference = network->addElementWise(*a, *b, ElementWiseOperation::kSUB);
  mark_output(*network, *sum->getOutput(0), outputs[0]);
  mark_output(*network, *difference->getOutput(0), outputs[1]);
  return build(network);
}

std::string build_pointwise_engine(const std::string& source) {
  auto network = std::make_shared<INetworkDefinition>();
  ITensor* x = network->addInput("input_0", DataType::kFLOAT, Dims{16});
  auto* exp = network->addUnary(*x, network::UnaryOperation::kEXP);
  auto* tanh = network->addActivation(*exp->getOutput(0), network::ActivationType::kTANH);
  mark_output(*network, *tanh->getOutput(0), "output_0");
  return build(network, source);
}

std::string build_doubling_engine(DataType type, const Dims& dims) {
  auto network = std::make_shared<INetworkDefinition>();
  ITensor* x = network->addInput("input_0", type, dims);
  auto* sum = network->addElementWise(*x, *x, ElementWiseOperation::kSUM);
  mark_output(*network, *sum->getOutput(0), "output_0");
  return build(network);
}

std::string build_reshape_engine(DataType shape_type, bool say_elements) {
  auto network = std::make_shared<INetworkDefinition>();
  ITensor* x = network->addInput("input_0", DataType::kFLOAT, Dims{2, 12});
  ITensor* shape = network->addInput("input_1", shape_type, Dims{2});
  auto* relu = network->addActivation(*x, network::ActivationType::kRELU);
  auto* shuffle = network->addShuffle(*relu->getOutput(0));
  shuffle->setInput(1, *shape);
  mark_output(*network, *shuffle->getOutput(0), "output_0");
  if (say_elements) {
    network::Profile profile;
    profile["input_1"] = {Dims{2}, Dims{2}, Dims{2}, {1, 1}, {4, 6}, {12, 24}};
    network->profiles().push_back(profile);
  }
  return build(network);
}

EnginePtr make_engine(const std::string& plan) {
  return c10::make_intrusive<core::runtime::TRTEngine>(plan, core::runtime::RTDevice());
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "threw something else: " << error.what();
    return {};
  }
  ADD_FAILURE() << "threw nothing";
  return {};
}

}  // namespace torch_tensorrt::tests
