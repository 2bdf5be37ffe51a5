#include "torch_tensorrt/core/engine/backend.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runtime/small_engines.h"
#include "torch_tensorrt/core/engine/build_engine.h"
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

TEST_F(BackendLibrary, OthersThanBackendsAreRefusedWithTheReason) {
  const fs::path folder = fs::path(::testing::TempDir()) / "no_backends";
  fs::create_directories(folder);
  std::ofstream(folder / "libtorchtrt_text.so") << "not a library";
  fs::copy_file(fs::path(TORCHTRT_TEST_BACKENDS) / "libtorchtrt_null.so", folder / "libtorchtrt_other.so",
                fs::copy_options::overwrite_existing);
  setenv("TORCHTRT_BACKEND_PATH", folder.c_str(), 1);
  EXPECT_THAT(error_of([] { engine::find_backend("text"); }), HasSubstr("libtorchtrt_text.so does not load: "));
  EXPECT_THAT(error_of([] { engine::find_backend("other"); }), HasSubstr("gives null, not the backend other"));
  EXPECT_THAT(error_of([] { engine::find_backend("runtime"); }), HasSubstr("torchtrt_make_backend"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace torch_tensorrt::tests
