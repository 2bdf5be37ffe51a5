#include <cmath>
#include <functional>
#include <random>

#include "optimizer/pass_check.h"
#include "support/reference.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ActivationType;
using network::DataType;
using network::Dims;
using network::Dims2;
using network::ElementWiseOperation;
using network::ITensor;
using network::TensorFormat;
using network::Weights;

// A network of random layers with many of the patterns that passes look for.
class RandomNetwork {
 public:
  explicit RandomNetwork(uint32_t seed) : random_(seed) {
    network_.setName("random");
    const int64_t batch = pick(2) == 0 ? -1 : 2;
    tensors_.push_back(network_.addInput("x", DataType::kFLOAT, Dims{batch, 4, 4, 4}));
    tensors_.push_back(network_.addInput("w", DataType::kFLOAT, Dims{batch, 4, 4, 4}));
    for (int32_t i = 0; i < 14; ++i) add_layer();
    mark_outputs();
    if (batch == -1) {
      const network::ProfileRange range{Dims{1, 4, 4, 4}, Dims{2, 4, 4, 4}, Dims{3, 4, 4, 4}};
      network_.profiles() = {{{"x", range}, {"w", range}}};
    }
  }

  const network::INetworkDefinition& network() const { return network_; }

 private:
  int64_t pick(int64_t count) { return static_cast<int64_t>(random_() % static_cast<uint32_t>(count)); }

  // Prefers late tensors: passes fuse chains.
  ITensor& any() {
    const auto count = static_cast<int64_t>(tensors_.size());
    return *tensors_[static_cast<size_t>(std::max(pick(count), pick(count)))];
  }

  ITensor& of_rank_four() {
    for (;;) {
      ITensor& tensor = any();
      if (tensor.getDimensions().nbDims == 4) return tensor;
    }
  }

  Weights weights(int64_t count) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(pick(17) - 8) / 8.F);
    return network_.own(DataType::kFLOAT, values.data(), count);
  }

  ITensor* constant(const Dims& dims) { return network_.addConstant(dims, weights(dims.volume()))->getOutput(0); }

  void keep(ITensor* tensor) { tensors_.push_back(tensor); }

  void add_layer() {
    const std::function<void()> makers[] = {
        [&] { add_convolution(); }, [&] { add_convolution(); }, [&] { add_activation(); }, [&] { add_activation(); },
        [&] { add_sum(); },         [&] { add_sum(); },         [&] { add_gate(); },       [&] { add_scale(); },
        [&] { add_constant(); },    [&] { add_shuffle(); },     [&] { add_padding(); },    [&] { add_cut(); },
        [&] { add_copy(); },        [&] { add_pooling(); },     [&] { add_product(); },    [&] { add_reduction(); }};
    makers[pick(std::size(makers))]();
  }

  void add_convolution() {
    ITensor& input = of_rank_four();
    const int64_t channels = input.getDimensions().d[1];
    const int64_t size = pick(2) == 0 ? 1 : 3;
    const bool grouped = pick(3) == 0;
    auto* layer = network_.addConvolutionNd(input, channels, Dims{size, size},
                                            weights(channels * (grouped ? 1 : channels) * size * size),
                                            pick(2) == 0 ? weights(channels) : Weights{});
    layer->setNbGroups(grouped ? channels : 1);
    layer->setPaddingNd(Dims{size / 2, size / 2});
    keep(layer->getOutput(0));
  }

  void add_activation() {
    const ActivationType types[] = {ActivationType::kRELU, ActivationType::kSIGMOID, ActivationType::kCLIP,
                                    ActivationType::kTANH};
    auto* layer = network_.addActivation(any(), types[pick(4)]);
    layer->setBeta(1.F);
    keep(layer->getOutput(0));
  }

  void add_sum() {
    ITensor& a = any();
    const ElementWiseOperation operations[] = {ElementWiseOperation::kSUM, ElementWiseOperation::kPROD,
                                               ElementWiseOperation::kSUB};
    for (ITensor* b : tensors_) {
      if (b == &a || b->getDimensions() != a.getDimensions()) continue;
      keep(network_.addElementWise(a, *b, operations[pick(3)])->getOutput(0));
      return;
    }
  }

  // x * sigmoid(x), in either order.
  void add_gate() {
    ITensor& x = any();
    ITensor& gate = *network_.addActivation(x, ActivationType::kSIGMOID)->getOutput(0);
    const bool swapped = pick(2) == 0;
    keep(network_.addElementWise(swapped ? gate : x, swapped ? x : gate, ElementWiseOperation::kPROD)->getOutput(0));
  }

  void add_scale() {
    ITensor& input = of_rank_four();
    const bool uniform = pick(3) == 0;
    const int64_t count = uniform ? 1 : input.getDimensions().d[1];
    const auto mode = uniform ? network::ScaleMode::kUNIFORM : network::ScaleMode::kCHANNEL;
    keep(network_.addScaleNd(input, mode, pick(2) == 0 ? weights(count) : Weights{}, weights(count), Weights{}, 1)
             ->getOutput(0));
  }

  void add_constant() {
    ITensor& input = of_rank_four();
    const Dims shapes[] = {Dims{}, Dims{input.getDimensions().d[1], 1, 1}, Dims{1, input.getDimensions().d[1], 1, 1}};
    ITensor* other = constant(shapes[pick(3)]);
    const bool first = pick(2) == 0;
    const auto operation = pick(2) == 0 ? ElementWiseOperation::kSUM : ElementWiseOperation::kPROD;
    keep(network_.addElementWise(first ? *other : input, first ? input : *other, operation)->getOutput(0));
  }

  void add_shuffle() {
    ITensor& input = any();
    const Dims dims = input.getDimensions();
    auto* layer = network_.addShuffle(input);
    if (pick(2) == 0 && dims.nbDims == 4) {
      layer->setReshapeDimensions(Dims{0, 0, -1, pick(2) == 0 ? 1 : dims.d[3]});
    } else {
      network::Permutation swap;
      const auto axis = static_cast<int32_t>(1 + pick(dims.nbDims - 1));
      std::swap(swap.order[1], swap.order[axis]);
      if (pick(2) == 0) {
        layer->setFirstTranspose(swap);
      } else {
        layer->setSecondTranspose(swap);
      }
    }
    keep(layer->getOutput(0));
  }

  void add_padding() {
    ITensor& input = of_rank_four();
    const Dims dims = input.getDimensions();
    auto* layer = network_.addSlice(input, Dims{0, 0, -1, 0}, Dims{dims.d[0], dims.d[1], dims.d[2] + 2, dims.d[3] + 1},
                                    Dims{1, 1, 1, 1});
    layer->setMode(network::SampleMode::kFILL);
    keep(layer->getOutput(0));
    // Return to the old size, so that sums find partners.
    keep(network_
             .addConvolutionNd(*layer->getOutput(0), dims.d[1], Dims{3, 2}, weights(dims.d[1] * dims.d[1] * 6),
                               Weights{})
             ->getOutput(0));
  }

  void add_cut() {
    ITensor& input = of_rank_four();
    const Dims dims = input.getDimensions();
    if (dims.d[1] < 2) return;
    const int64_t half = dims.d[1] / 2;
    const Dims size{dims.d[0], half, dims.d[2], dims.d[3]};
    const Dims rest{dims.d[0], dims.d[1] - half, dims.d[2], dims.d[3]};
    ITensor* parts[] = {network_.addSlice(input, Dims{0, half, 0, 0}, rest, Dims{1, 1, 1, 1})->getOutput(0),
                        network_.addSlice(input, Dims{0, 0, 0, 0}, size, Dims{1, 1, 1, 1})->getOutput(0)};
    auto* layer = network_.addConcatenation(parts, 2);
    layer->setAxis(1);
    keep(layer->getOutput(0));
  }

  void add_copy() {
    ITensor& input = any();
    ITensor& wide = *network_.addCast(input, DataType::kDOUBLE)->getOutput(0);
    keep(pick(2) == 0 ? network_.addIdentity(input)->getOutput(0)
                      : network_.addCast(wide, DataType::kFLOAT)->getOutput(0));
  }

  void add_pooling() {
    auto* layer = network_.addPoolingNd(of_rank_four(),
                                        pick(2) == 0 ? network::PoolingType::kMAX : network::PoolingType::kAVERAGE,
                                        pick(2) == 0 ? Dims{1, 1} : Dims{3, 3});
    layer->setStrideNd(Dims{1, 1});
    if (layer->getWindowSizeNd().d[0] == 3) layer->setPaddingNd(Dims{1, 1});
    keep(layer->getOutput(0));
  }

  // A product with a transposed weight, a bias and an activation.
  void add_product() {
    ITensor& input = any();
    const Dims dims = input.getDimensions();
    const int64_t inner = dims.d[dims.nbDims - 1];
    auto* transposed = network_.addShuffle(*constant(Dims{3, inner}));
    network::Permutation swap;
    std::swap(swap.order[0], swap.order[1]);
    transposed->setFirstTranspose(swap);
    ITensor* weight = transposed->getOutput(0);
    auto* product =
        network_.addMatrixMultiply(input, network::MatrixOperation::kNONE, *weight, network::MatrixOperation::kNONE);
    auto* sum = network_.addElementWise(*product->getOutput(0), *constant(Dims{3}), ElementWiseOperation::kSUM);
    keep(network_.addActivation(*sum->getOutput(0), ActivationType::kRELU)->getOutput(0));
  }

  void add_reduction() {
    const bool keeps = pick(2) == 0;
    keep(network_.addReduce(of_rank_four(), network::ReduceOperation::kAVG, 12, keeps)->getOutput(0));
    if (!keeps) tensors_.pop_back();
  }

  // Marks unread tensors as outputs, and sometimes tensors in the middle.
  void mark_outputs() {
    for (ITensor* tensor : tensors_) {
      if (tensor->isNetworkInput() || !(tensor->consumers().empty() || pick(8) == 0)) continue;
      tensor->setName(("y" + std::to_string(network_.getNbOutputs())).c_str());
      network_.markOutput(*tensor);
    }
    if (network_.getNbOutputs() > 0) return;
    ITensor* last = network_.addIdentity(*tensors_[0])->getOutput(0);
    last->setName("y");
    network_.markOutput(*last);
  }

  std::mt19937 random_;
  network::INetworkDefinition network_;
  std::vector<ITensor*> tensors_;
};

double largest(const tests::HostTensor& tensor) {
  double result = 1;
  for (const double element : tests::elements_of(tensor)) result = std::max(result, std::abs(element));
  return result;
}

void expect_same_results(const network::INetworkDefinition& before, const network::INetworkDefinition& after) {
  const auto inputs = tests::random_inputs(before, /*seed=*/3);
  const auto wanted = tests::run_reference(before, inputs);
  const auto found = tests::run_reference(after, inputs);
  for (size_t i = 0; i < wanted.size(); ++i) {
    // Chains of convolutions make numbers large, so compare relative errors.
    EXPECT_LE(tests::max_difference(wanted[i], found[i]), 1e-5 * largest(wanted[i])) << before.outputs()[i]->getName();
  }
}

class RandomNetworks : public ::testing::TestWithParam<TensorFormat> {};

TEST_P(RandomNetworks, EveryPassKeepsTheResults) {
  PassContext context;
  context.activation_format = GetParam();
  const auto pipeline = default_pipeline();
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    const RandomNetwork random(seed);
    const auto network = random.network().clone();
    const std::string text = network::print_network(*network);
    std::string before = text;
    for (const PipelineEntry& entry : pipeline) {
      try {
        const bool changed = entry.pass->run(*network, context);
        network::verify_network(*network);
        const std::string after = network::print_network(*network);
        EXPECT_EQ(changed, after != before) << entry.pass->name();
        before = after;
      } catch (const Error& error) {
        ADD_FAILURE() << entry.pass->name() << ": " << error.what();
      }
      if (HasFailure()) break;
    }
    if (!HasFailure()) expect_same_results(random.network(), *network);
    ASSERT_FALSE(HasFailure()) << "seed " << seed << " of:\n" << text;
  }
}

TEST_P(RandomNetworks, ASecondRunOfThePipelineSettles) {
  PassContext context;
  context.activation_format = GetParam();
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    const RandomNetwork random(seed);
    const auto network = random.network().clone();
    optimize(*network, context);
    optimize(*network, context);
    const std::string text = network::print_network(*network);
    for (const PassReport& report : optimize(*network, context)) {
      ASSERT_FALSE(report.changed) << report.name << " still changes, seed " << seed << ":\n" << text;
    }
    expect_same_results(random.network(), *network);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, RandomNetworks, ::testing::Values(TensorFormat::kLINEAR, TensorFormat::kHWC));

}  // namespace
}  // namespace torch_tensorrt::optimizer
