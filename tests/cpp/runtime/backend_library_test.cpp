#include "torch_tensorrt/core/engine/backend/backend.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runtime/small_engines.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::tests {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// relu of x f32[4].
std::shared_ptr<network::INetworkDefinition> small_network() {
  auto net = std::make_shared<network::INetworkDefinition>();
  auto* x = net->addInput("input_0", network::DataType::kFLOAT, network::Dims{4});
  auto* y = net->addActivation(*x, network::ActivationType::kRELU)->getOutput(0);
  y->setName("output_0");
  net->markOutput(*y);
  return net;
}

class BackendLibrary : public ::testing::Test {
 protected:
  void SetUp() override { setenv("TORCHTRT_BACKEND_PATH", TORCHTRT_TEST_BACKENDS, /*overwrite=*/1); }
  void TearDown() override { unsetenv("TORCHTRT_BACKEND_PATH"); }
};

TEST_F(BackendLibrary, IsFoundByNameAndRunsItsEngines) {
  engine::BuildSettings settings;
  settings.backend = "null";
  const auto loaded = make_engine(engine::build_engine(small_network(), settings));
  EXPECT_EQ(loaded->engine().plan().backend, "null");
  // The null backend fills every output with 7.
  EXPECT_TRUE(at::equal(loaded->run({at::randn({4})})[0], at::full({4}, 7.F)));
  EXPECT_THAT(loaded->get_engine_layer_info(), HasSubstr("\"backend\":\"null\""));
}

TEST_F(BackendLibrary, IsHandedInputsThatAreAlignedAsItAsks) {
  engine::BuildSettings settings;
  settings.backend = "null";
  const auto loaded = make_engine(engine::build_engine(small_network(), settings));
  const at::Tensor row = at::arange(16, at::kFloat);
  for (const int64_t begin : {0, 1, 4, 7}) {
    const at::Tensor view = row.slice(0, begin, begin + 4);
    EXPECT_TRUE(at::equal(loaded->run({view})[0], at::full({4}, 7.F))) << begin;
  }
}

// The places of elements of x f32[4] in two dtypes, and a sum of the places, whose size is known.
TEST_F(BackendLibrary, SizesThatOnlyTheRunKnowsArriveAtTheUser) {
  auto net = std::make_shared<network::INetworkDefinition>();
  auto* x = net->addInput("input_0", network::DataType::kFLOAT, network::Dims{4});
  auto* places = net->addNonZero(*x)->getOutput(0);
  auto* wide = net->addCast(*places, network::DataType::kINT64)->getOutput(0);
  auto* sum = net->addReduce(*wide, network::ReduceOperation::kSUM, 0b10, /*keep_dimensions=*/false)->getOutput(0);
  const std::pair<network::ITensor*, const char*> outputs[] = {
      {places, "output_0"}, {sum, "output_1"}, {wide, "output_2"}};
  for (const auto& [tensor, name] : outputs) {
    tensor->setName(name);
    net->markOutput(*tensor);
  }
  engine::BuildSettings settings;
  settings.backend = "null";
  const auto loaded = make_engine(engine::build_engine(net, settings));
  // The first element is the number of places.
  for (const int64_t found : {3, 0, 1000}) {
    const auto results = loaded->run({at::tensor({static_cast<float>(found), 0.F, 0.F, 0.F})});
    ASSERT_EQ(results.size(), 3U);
    EXPECT_TRUE(at::equal(results[0], at::full({1, found}, 7, at::kInt)));
    EXPECT_TRUE(at::equal(results[1], at::full({1}, 7, at::kLong)));
    EXPECT_TRUE(at::equal(results[2], at::full({1, found}, 7, at::kLong)));
    EXPECT_TRUE(results[2].is_contiguous());
    EXPECT_EQ(results[2].scalar_type(), at::kLong);
  }
}

// x f32[2x12] reshaped to the two numbers of n. The null backend knows the dims from the values that it receives.
TEST_F(BackendLibrary, ValuesThatAreSizesAreHandedOver) {
  for (const auto dtype : {network::DataType::kINT32, network::DataType::kINT64}) {
    auto net = std::make_shared<network::INetworkDefinition>();
    auto* x = net->addInput("input_0", network::DataType::kFLOAT, network::Dims{2, 12});
    auto* n = net->addInput("input_1", dtype, network::Dims{2});
    auto* shuffle = net->addShuffle(*x);
    shuffle->setInput(1, *n);
    shuffle->getOutput(0)->setName("output_0");
    net->markOutput(*shuffle->getOutput(0));
    net->profiles() = {{{"input_1", {{2}, {2}, {2}, {1, 1}, {4, 6}, {24, 24}}}}};
    engine::BuildSettings settings;
    settings.backend = "null";
    const auto loaded = make_engine(engine::build_engine(net, settings));
    const at::ScalarType type = dtype == network::DataType::kINT32 ? at::kInt : at::kLong;
    for (const auto& sizes : std::vector<std::vector<int64_t>>{{4, 6}, {1, 24}, {4, 6}}) {
      const auto results = loaded->run({at::randn({2, 12}), at::tensor(sizes, at::kLong).to(type)});
      EXPECT_TRUE(at::equal(results[0], at::full(sizes, 7.F)));
    }
    EXPECT_THAT(error_of([&] {
                  loaded->run({at::randn({2, 12}), at::tensor({25, 1}, type)});
                }),
                HasSubstr("[25, 1], the engine was built for [1, 1] to [24, 24]"));
  }
}

TEST_F(BackendLibrary, OthersThanBackendsAreRefusedWithTheReason) {
  const fs::path folder = fs::path(::testing::TempDir()) / "no_backends";
  fs::create_directories(folder);
  std::ofstream(folder / "libtorchtrt_text.so") << "not a library";
  fs::copy_file(fs::path(TORCHTRT_TEST_BACKENDS) / "libtorchtrt_null.so", folder / "libtorchtrt_other.so",
                fs::copy_options::overwrite_existing);
  setenv("TORCHTRT_BACKEND_PATH", folder.c_str(), 1);
  EXPECT_THAT(error_of([] { engine::find_backend("text"); }), HasSubstr("libtorchtrt_text.so does not load: "));
  EXPECT_THAT(error_of([] { engine::find_backend("other"); }),
              HasSubstr("must contain the backend other, but contains null"));
  EXPECT_THAT(error_of([] { engine::find_backend("runtime"); }), HasSubstr("torchtrt_make_backend"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace torch_tensorrt::tests
