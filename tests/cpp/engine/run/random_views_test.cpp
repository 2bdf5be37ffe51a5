#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/network/text/text.h"

// Random networks of layers that move elements, run densely and with views and kept results.
namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using network::INetworkDefinition;
using network::ITensor;

class RandomViews {
 public:
  explicit RandomViews(uint32_t seed) : random_(seed), network_(std::make_shared<INetworkDefinition>()) {
    tensors_.push_back(network_->addInput("x", network::DataType::kFLOAT, input_dims()));
    const int layers = at_most(12) + 4;
    for (int i = 0; i < layers; ++i) tensors_.push_back(add_layer());
    network_->markOutput(*tensors_.back());
    ITensor& other = any();
    if (!other.isNetworkInput() && !other.isNetworkOutput()) network_->markOutput(other);
  }

  static Dims input_dims() { return {2, 3, 4}; }
  const std::shared_ptr<INetworkDefinition>& network() const { return network_; }

 private:
  int at_most(int limit) { return std::uniform_int_distribution<int>(0, limit)(random_); }
  ITensor& any() { return *tensors_[static_cast<size_t>(at_most(static_cast<int>(tensors_.size()) - 1))]; }

  ITensor* add_layer() {
    ITensor& from = any();
    switch (at_most(4)) {
      case 0:
        return network_->addActivation(from, network::ActivationType::kRELU)->getOutput(0);
      case 1:
        return transpose(from);
      case 2:
        return reshape(from);
      case 3:
        return slice(from);
      default:
        return sum(from);
    }
  }

  ITensor* transpose(ITensor& from) {
    const int32_t rank = from.getDimensions().nbDims;
    network::Permutation permutation;
    std::iota(permutation.order, permutation.order + rank, 0);
    std::shuffle(permutation.order, permutation.order + rank, random_);
    auto* layer = network_->addShuffle(from);
    layer->setFirstTranspose(permutation);
    return layer->getOutput(0);
  }

  // Joins two neighboring dimensions, or adds one of size 1.
  ITensor* reshape(ITensor& from) {
    const Dims& dims = from.getDimensions();
    std::vector<int64_t> sizes = dims.to_vector();
    const auto place = static_cast<size_t>(at_most(std::max(dims.nbDims - 2, 0)));
    if (dims.nbDims >= 2 && (at_most(1) == 0 || dims.nbDims >= 5)) {
      sizes[place] *= sizes[place + 1];
      sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    } else {
      sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(place), 1);
    }
    auto* layer = network_->addShuffle(from);
    layer->setReshapeDimensions(Dims(sizes));
    return layer->getOutput(0);
  }

  ITensor* slice(ITensor& from) {
    const Dims& dims = from.getDimensions();
    Dims start = dims;
    Dims size = dims;
    Dims step = dims;
    for (int32_t i = 0; i < dims.nbDims; ++i) {
      start.d[i] = at_most(static_cast<int>(dims.d[i]) - 1);
      step.d[i] = 1 + at_most(1);
      size.d[i] = 1 + at_most(static_cast<int>((dims.d[i] - 1 - start.d[i]) / step.d[i]));
    }
    return network_->addSlice(from, start, size, step)->getOutput(0);
  }

  ITensor* sum(ITensor& from) {
    std::vector<ITensor*> like;
    for (ITensor* tensor : tensors_) {
      if (tensor->getDimensions() == from.getDimensions()) like.push_back(tensor);
    }
    ITensor& other = *like[static_cast<size_t>(at_most(static_cast<int>(like.size()) - 1))];
    return network_->addElementWise(from, other, network::ElementWiseOperation::kSUM)->getOutput(0);
  }

  std::mt19937 random_;
  std::shared_ptr<INetworkDefinition> network_;
  std::vector<ITensor*> tensors_;
};

TEST(RandomViews, HaveTheResultsOfDenseTensors) {
  int32_t with_arena = 0;
  int32_t with_larger = 0;
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    const RandomViews random(seed);
    const auto dense = testing::build_engine(random.network()->clone());
    const auto viewing = testing::build_engine(random.network()->clone(), testing::viewing_settings());
    const std::vector<float> input = testing::random_floats(RandomViews::input_dims().volume(), seed);
    const auto expected = testing::run_floats(*dense, {RandomViews::input_dims()}, {input});
    const auto context = viewing->create_context();
    for (int i = 0; i < 2; ++i) {
      const auto got = testing::run_floats(*context, {RandomViews::input_dims()}, {input});
      ASSERT_EQ(got, expected) << "seed " << seed << ":\n" << network::print_network(*random.network());
    }
    const auto dense_context = dense->create_context();
    dense_context->set_input_dims({RandomViews::input_dims()});
    with_arena += dense_context->arena_bytes() > 0 ? 1 : 0;
    with_larger += context->arena_bytes() > dense_context->arena_bytes() ? 1 : 0;
  }
  EXPECT_GT(with_arena, 500) << "the networks have tensors of their own";
  EXPECT_LT(with_larger, with_arena);
}

}  // namespace
}  // namespace torch_tensorrt::engine
