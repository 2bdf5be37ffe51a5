#include "torch_tensorrt/core/engine/build/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::engine {
namespace {

using testing::HasSubstr;

constexpr CalibrationAlgorithm kAll[] = {CalibrationAlgorithm::kLEGACY, CalibrationAlgorithm::kENTROPY,
                                         CalibrationAlgorithm::kENTROPY_2, CalibrationAlgorithm::kMINMAX};

Histogram histogram_of(const std::vector<float>& values) {
  Histogram histogram;
  histogram.add(values.data(), static_cast<int64_t>(values.size()));
  return histogram;
}

std::vector<float> normal(size_t count, uint32_t seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> distribution;
  std::vector<float> values(count);
  for (float& value : values) value = distribution(generator);
  return values;
}

TEST(Histogram, MinMaxIsTheLargestMagnitude) {
  EXPECT_EQ(histogram_of({0.5F, -3.25F, 2}).amax(CalibrationAlgorithm::kMINMAX), 3.25F);
}

TEST(Histogram, NothingAndZerosHaveNoRange) {
  for (const auto algorithm : kAll) {
    EXPECT_EQ(histogram_of({}).amax(algorithm), 0);
    EXPECT_EQ(histogram_of({0, -0.0F}).amax(algorithm), 0);
  }
  EXPECT_FALSE(histogram_of({0, -0.0F}).is_signed());
}

TEST(Histogram, KnowsWhetherNumbersAreNegative) {
  EXPECT_FALSE(histogram_of({0, 1, 2}).is_signed());
  EXPECT_TRUE(histogram_of({0, 1, -1e-20F}).is_signed());
}

TEST(Histogram, CountsWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  const auto histogram = histogram_of({1, infinity, -infinity, std::nanf("")});
  EXPECT_EQ(histogram.not_finite(), 3);
  EXPECT_EQ(histogram.amax(CalibrationAlgorithm::kMINMAX), 1);
}

// The order of the batches decides when the bins are widened.
TEST(Histogram, WideningKeepsTheCounts) {
  const auto values = normal(20000, 1);
  std::vector<float> large(values);
  for (float& value : large) value *= 1000;
  Histogram rising;
  rising.add(values.data(), 20000);
  rising.add(large.data(), 20000);
  Histogram falling;
  falling.add(large.data(), 20000);
  falling.add(values.data(), 20000);
  for (const auto algorithm : kAll) {
    EXPECT_NEAR(rising.amax(algorithm), falling.amax(algorithm), 0.05 * falling.amax(algorithm))
        << calibration_name(algorithm);
  }
}

TEST(Histogram, NumbersNearTheEndsOfFloatsAreCounted) {
  const float huge = std::numeric_limits<float>::max();
  EXPECT_EQ(histogram_of({huge, 1}).amax(CalibrationAlgorithm::kMINMAX), huge);
  const float tiny = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(histogram_of({tiny}).amax(CalibrationAlgorithm::kMINMAX), tiny);
}

TEST(Histogram, OneOutlierIsClippedExceptByMinMax) {
  auto values = normal(200000, 2);
  values.push_back(400);
  const auto histogram = histogram_of(values);
  EXPECT_EQ(histogram.amax(CalibrationAlgorithm::kMINMAX), 400);
  EXPECT_NEAR(histogram.amax(CalibrationAlgorithm::kLEGACY), 3.9, 0.4);  // 99.99 % of a normal distribution
  EXPECT_LT(histogram.amax(CalibrationAlgorithm::kENTROPY), 100);
  EXPECT_LT(histogram.amax(CalibrationAlgorithm::kENTROPY_2), 100);
}

TEST(Histogram, EntropyKeepsUniformNumbers) {
  std::vector<float> values;
  for (int i = 0; i <= 100000; ++i) values.push_back(static_cast<float>(i) * 1e-5F);
  EXPECT_GT(histogram_of(values).amax(CalibrationAlgorithm::kENTROPY_2), 0.95);
}

// ---- tables --------------------------------------------------------------------------------------------------------

Plan plan_named(const std::string& name, uint64_t key, std::shared_ptr<network::INetworkDefinition> network) {
  Plan plan;
  plan.name = name;
  plan.network = std::move(network);
  plan.network_key = key;
  return plan;
}

std::string table_of(uint64_t key) {
  const auto network = std::make_shared<network::INetworkDefinition>();
  auto* x = network->addInput("x", network::DataType::kFLOAT, network::Dims{3});
  auto* y = network->addInput("y", network::DataType::kFLOAT, network::Dims{2});
  const std::vector<float> values = {1, -2, 0.5F};
  const std::vector<float> broken = {1, std::nanf("")};
  Calibration calibration;
  const Plan plan = plan_named("engine", key, network);
  calibration.observe(plan, *x, {network::DataType::kFLOAT, network::Dims{3}}, values.data());
  calibration.observe(plan, *y, {network::DataType::kFLOAT, network::Dims{2}}, broken.data());
  return calibration.table(CalibrationAlgorithm::kMINMAX);
}

TEST(CalibrationTable, IsReadAsWritten) {
  const auto ranges = read_calibration(table_of(7), "engine", 7);
  ASSERT_EQ(ranges.size(), 1U);  // a tensor with NaN has no range
  EXPECT_EQ(ranges.at("x").amax, 2);
  EXPECT_TRUE(ranges.at("x").is_signed);
}

std::string table_with_channels(const std::vector<network::Dims>& seen) {
  const auto network = std::make_shared<network::INetworkDefinition>();
  auto* x = network->addInput("x", network::DataType::kFLOAT, network::Dims{-1, -1});
  static const std::vector<float> matrix(6, 1.F);
  auto* w = network->addConstant(network::Dims{3, 2}, {network::DataType::kFLOAT, matrix.data(), 6})->getOutput(0);
  network->addMatrixMultiply(*x, network::MatrixOperation::kNONE, *w, network::MatrixOperation::kNONE);
  const std::vector<float> values = {1, -2, 0.5F, -4, 1, 0};
  Calibration calibration;
  for (const network::Dims& dims : seen) {
    calibration.observe(plan_named("engine", 7, network), *x, {network::DataType::kFLOAT, dims}, values.data());
  }
  return calibration.table(CalibrationAlgorithm::kMINMAX);
}

TEST(CalibrationTable, HasTheChannelsOfInputsOfProducts) {
  const auto channels = [](const std::vector<network::Dims>& seen) {
    return read_calibration(table_with_channels(seen), "engine", 7).at("x").channels;
  };
  EXPECT_EQ(channels({{2, 3}}), (std::vector<float>{4, 2, 0.5F}));
  EXPECT_EQ(channels({{1, 3}, {2, 3}}), (std::vector<float>{4, 2, 0.5F}));
  EXPECT_TRUE(channels({{2, 3}, {3, 2}, {2, 3}}).empty());
  EXPECT_TRUE(read_calibration(table_of(7), "engine", 7).at("x").channels.empty());
}

TEST(CalibrationTable, KeepsWhatItClips) {
  const auto network = std::make_shared<network::INetworkDefinition>();
  auto* x = network->addInput("x", network::DataType::kFLOAT, network::Dims{200001});
  auto values = normal(200000, 2);
  values.push_back(70000);
  Calibration calibration;
  calibration.observe(plan_named("engine", 7, network), *x, {network::DataType::kFLOAT, network::Dims{200001}},
                      values.data());
  const auto ranges = read_calibration(calibration.table(CalibrationAlgorithm::kLEGACY), "engine", 7);
  EXPECT_LT(ranges.at("x").amax, 70000);
  EXPECT_EQ(ranges.at("x").largest, 70000);
  EXPECT_EQ(read_calibration(table_of(7), "engine", 7).at("x").largest, 2);
}

std::string error_of(const std::string& table, const std::string& engine = "engine", uint64_t key = 7) {
  try {
    read_calibration(table, engine, key);
  } catch (const Error& error) {
    return error.msg();
  }
  return "";
}

TEST(CalibrationTable, OfAnotherNetworkIsRefused) {
  EXPECT_THAT(error_of(table_of(7), "engine", 8), HasSubstr("another network or other weights"));
  EXPECT_THAT(error_of(table_of(7), "other"), HasSubstr("has no engine \"other\""));
}

TEST(CalibrationTable, OtherTextIsRefused) {
  EXPECT_THAT(error_of("1.5 2.5"), HasSubstr("does not say"));
  EXPECT_THAT(error_of("[1]"), HasSubstr("does not say"));
  EXPECT_THAT(error_of(""), HasSubstr("does not say"));
  EXPECT_THAT(error_of(R"({"format": "torch_tensorrt int8 calibration", "version": 9})"), HasSubstr("version 9"));
  EXPECT_THAT(error_of(R"({"format": "torch_tensorrt int8 calibration", "version": 2})"), HasSubstr("damaged"));
}

TEST(CalibrationTable, DamagedRangesAreRefused) {
  const std::string good = table_of(7);
  for (const char* bad : {"-1.0", "0.0", "1e60", "\"wide\"", "null"}) {
    std::string text = good;
    const size_t place = text.find("\"amax\": 2.0");
    ASSERT_NE(place, std::string::npos) << good;
    text.replace(place, 11, std::string("\"amax\": ") + bad);
    EXPECT_NE(error_of(text), "") << bad;
  }
}

TEST(CalibrationTable, DamagedChannelsAreRefused) {
  const std::string good = table_with_channels({{2, 3}});
  const std::string channels = "\"4 2 0.5\"";
  ASSERT_NE(good.find(channels), std::string::npos) << good;
  for (const char* bad : {"\"4 x\"", "\"4,2\"", "\"4  2\"", "\"-1 2\"", "\"nan\"", "5"}) {
    std::string text = good;
    text.replace(text.find(channels), channels.size(), bad);
    EXPECT_NE(error_of(text), "") << bad;
  }
}

// A branch that the data never took, for example.
TEST(CalibrationTable, HasNoRangesOfEnginesThatNeverRan) {
  EXPECT_TRUE(read_calibration(Calibration().table(CalibrationAlgorithm::kMINMAX), "engine", 7).empty());
  std::string text = table_of(7);
  text.replace(text.find("\"engine\""), 8, "\"net_forward_0\"");
  EXPECT_EQ(read_calibration(text, "net_forward_0", 7).size(), 1U);
  EXPECT_TRUE(read_calibration(text, "net_forward_12", 7).empty());
  EXPECT_THAT(error_of(text, "net_forward"), HasSubstr("has no engine"));
  EXPECT_THAT(error_of(text, "net_other_0"), HasSubstr("has no engine"));
}

TEST(NetworkKey, ChangesWithLayersAndWeights) {
  const auto key = [](const std::string& weights, const std::string& layer) {
    return network_key(
        *network::parse_network("network \"n\" {\n%x = input() {dims=[2]}\n%c = constant() {dims=[2], "
                                "weights=f32[" +
                                weights + "]}\n%y = " + layer + "(%x, %c)\nreturn %y\n}"));
  };
  EXPECT_EQ(key("1, 2", "elementwise"), key("1, 2", "elementwise"));
  EXPECT_NE(key("1, 2", "elementwise"), key("1, 3", "elementwise"));
}

}  // namespace
}  // namespace torch_tensorrt::engine
