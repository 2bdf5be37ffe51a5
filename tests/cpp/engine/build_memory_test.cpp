#include <gtest/gtest.h>
#include <malloc.h>

#include <fstream>
#include <sstream>

#include "engine/allocation_counter.h"
#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using network::Dims;

constexpr int64_t kWidth = 2048;
constexpr int64_t kLayers = 6;
constexpr int64_t kWeightBytes = kLayers * kWidth * kWidth * 4;

// A field of /proc/self/status, in bytes.
int64_t process_memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(field + ":", 0) == 0) return std::stoll(line.substr(field.size() + 1)) * 1024;
  }
  return -1;
}

bool reset_peak() { return static_cast<bool>(std::ofstream("/proc/self/clear_refs") << "5" << std::flush); }

// `Layers` products with a matrix that the network owns, as it owns the optimizer's folded weights.
std::shared_ptr<network::INetworkDefinition> make_heavy_network() {
  auto network = std::make_shared<network::INetworkDefinition>();
  auto* tensor = network->addInput("x", network::DataType::kFLOAT, Dims{1, kWidth});
  for (int64_t i = 0; i < kLayers; ++i) {
    auto* values = static_cast<float*>(network->allocate(kWidth * kWidth * 4));
    std::fill_n(values, kWidth * kWidth, static_cast<float>(i) + 0.5F);
    const network::Weights weights{network::DataType::kFLOAT, values, kWidth * kWidth};
    auto* constant = network->addConstant(Dims{kWidth, kWidth}, weights)->getOutput(0);
    constexpr auto kNone = network::MatrixOperation::kNONE;
    tensor = network->addMatrixMultiply(*tensor, kNone, *constant, kNone)->getOutput(0);
  }
  network->markOutput(*tensor);
  return network;
}

class BuildMemory : public ::testing::TestWithParam<bool> {};

// A build as a whole may take three times the weights, including once for the user's own module.
TEST_P(BuildMemory, PeakIsBelowTwoAndAHalfTimesTheWeights) {
  if (!testing::can_count_allocations()) GTEST_SKIP() << "a sanitizer needs memory of its own";
  const bool packs = GetParam();
  malloc_trim(0);  // memory left by earlier tests
  const int64_t before = process_memory("VmRSS");
  if (before < 0 || !reset_peak()) GTEST_SKIP() << "this system does not tell the peak memory of a process";
  const auto settings = packs ? testing::reference_settings() : testing::plain_settings();
  const std::string bytes = Builder(settings).build(make_heavy_network());
  EXPECT_GT(static_cast<int64_t>(bytes.size()), kWeightBytes);
  const double ratio = static_cast<double>(process_memory("VmHWM") - before) / static_cast<double>(kWeightBytes);
  RecordProperty("peak_permille_of_weights", static_cast<int>(1000 * ratio));
  EXPECT_GT(ratio, 1.0);
  EXPECT_LT(ratio, 2.5);
  std::cout << "peak of the build: " << ratio << " times the weights\n";
}

INSTANTIATE_TEST_SUITE_P(Builder, BuildMemory, ::testing::Values(true, false),
                         [](const auto& info) { return info.param ? "packed" : "plain"; });

}  // namespace
}  // namespace torch_tensorrt::engine
