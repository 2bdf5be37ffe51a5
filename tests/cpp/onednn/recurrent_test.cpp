#include <gtest/gtest.h>

#include <cstring>

#include "onednn/one_layer.h"
#include "torch_tensorrt/core/engine/tactics/onednn/recurrent_weights.h"
#include "torch_tensorrt/core/engine/tactics/onednn/step_kernels.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

// What the tactics of recurrent layers do with their weights; results are in the conformance table.
namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using network::IRecurrentLayer;
using network::RecurrentCell;
using network::RecurrentWeights;
using network::TensorFormat;
using testing::OneLayer;
using testing::random_tensor;

constexpr const char* kTactics[] = {"onednn.recurrent", "onednn.recurrent_steps"};
constexpr RecurrentCell kCells[] = {RecurrentCell::kLSTM, RecurrentCell::kGRU, RecurrentCell::kTANH,
                                    RecurrentCell::kRELU};
constexpr RecurrentWeights kRoles[] = {RecurrentWeights::kINPUT, RecurrentWeights::kHIDDEN,
                                       RecurrentWeights::kINPUT_BIAS, RecurrentWeights::kHIDDEN_BIAS};

const IRecurrentLayer& add_recurrent(OneLayer& net, RecurrentCell cell, int64_t steps, int64_t batch, int64_t size) {
  constexpr int64_t kFeatures = 19;
  auto* layer = net.network().addRecurrent(*net.input(random_tensor(Dims{steps, batch, kFeatures}, 1)), cell, size);
  for (const RecurrentWeights role : kRoles) {
    const Dims dims = layer->weights_dims(role, kFeatures);
    layer->setWeights(role, net.weights(random_tensor(dims, 2 + static_cast<uint32_t>(role))));
  }
  net.set(layer);
  return *layer;
}

// Another tactic steps in where this one does not take the dims.
TEST(OnednnRecurrent, GivesThePlainElementsBack) {
  for (const char* name : kTactics) {
    const auto* tactic = as_packing(*TacticRegistry::global().find(name));
    ASSERT_NE(tactic, nullptr);
    for (const RecurrentCell cell : kCells) {
      for (const int64_t size : {1, 16, 33, 64}) {
        OneLayer net;
        const auto& layer = add_recurrent(net, cell, 3, 2, size);
        if (!net.declined(name, TensorFormat::kLINEAR).empty()) GTEST_SKIP() << "not on this processor";
        WeightStore store;
        net.put_weights(store);
        net.run_from(store, name, TensorFormat::kLINEAR);
        store.drop_unused();
        for (const RecurrentWeights role : kRoles) {
          const network::Weights& expected = layer.getWeights(role);
          std::vector<float> plain(static_cast<size_t>(expected.count));
          const char* attribute = IRecurrentLayer::weights_name(role);
          tactic->unpack_weights(layer, attribute, store.find(net.key(attribute)), plain.data());
          EXPECT_EQ(std::memcmp(plain.data(), expected.values, static_cast<size_t>(expected.bytes())), 0)
              << name << " " << network::enum_name(cell) << " " << size << " " << attribute;
        }
      }
    }
  }
}

// A plan may come from a machine with other kernels, whose vectors have another length.
TEST(OnednnRecurrent, TheLayoutsOfAllKernelsCanBeRead) {
  for (const int64_t lanes : onednn::kStepLanes) {
    for (const RecurrentCell cell : kCells) {
      OneLayer net;
      const auto& layer = add_recurrent(net, cell, 3, 2, 33);
      WeightStore store;
      net.put_weights(store);
      onednn::group_hidden_weights(store, layer, lanes);
      store.drop_unused();
      const WeightBlock block = store.find(net.key(IRecurrentLayer::weights_name(RecurrentWeights::kHIDDEN)));
      ASSERT_EQ(block.layout, "grouped_gates_" + std::to_string(lanes));
      const network::Weights& expected = layer.getWeights(RecurrentWeights::kHIDDEN);
      std::vector<float> plain(static_cast<size_t>(expected.count));
      onednn::ungroup_hidden_weights(layer, block, plain.data());
      EXPECT_EQ(std::memcmp(plain.data(), expected.values, static_cast<size_t>(expected.bytes())), 0)
          << lanes << " " << network::enum_name(cell);
    }
  }
}

TEST(OnednnRecurrent, OneLayoutServesEveryLengthAndBatch) {
  for (const char* name : kTactics) {
    for (const RecurrentCell cell : kCells) {
      OneLayer one;
      add_recurrent(one, cell, 1, 1, 40);
      OneLayer many;
      add_recurrent(many, cell, 23, 9, 40);
      if (!one.declined(name, TensorFormat::kLINEAR).empty()) GTEST_SKIP() << "not on this processor";
      WeightStore of_one;
      one.put_weights(of_one);
      one.run_from(of_one, name, TensorFormat::kLINEAR);
      of_one.drop_unused();
      WeightStore of_many;
      many.put_weights(of_many);
      const auto expected = many.run_from(of_many, name, TensorFormat::kLINEAR);
      expect_near(many.run_from(of_one, name, TensorFormat::kLINEAR), expected, 0, name);
    }
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine
