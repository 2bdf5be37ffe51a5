#include "torch_tensorrt/core/engine/build/output_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::Dims;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  return relative_distance({DataType::kFLOAT, Dims{static_cast<int64_t>(a.size())}}, a.data(), b.data());
}

TEST(RelativeDistance, IsThatOfTheNorms) {
  EXPECT_EQ(distance({3, 4}, {3, 4}), 0);
  EXPECT_NEAR(distance({3, 4.5}, {3, 4}), 0.1, 1e-7);
  EXPECT_NEAR(distance({0, 0}, {3, 4}), 1, 1e-7);
  EXPECT_GT(distance({1e-3F, 0}, {0, 0}), 1e100);
}

TEST(RelativeDistance, NumbersAndOthersMustBeAtTheSamePlaces) {
  EXPECT_EQ(distance({1, kNaN}, {1, kNaN}), 0);
  EXPECT_TRUE(std::isinf(distance({1, kNaN}, {1, 2})));
  EXPECT_TRUE(std::isinf(distance({1, 2}, {1, INFINITY})));
}

TEST(RelativeDistance, AStepOfEightBitsIsRounding) {
  const std::vector<int8_t> a = {1, 2, 3, -100};
  const std::vector<int8_t> b = {2, 1, 3, -101};
  const std::vector<int8_t> c = {3, 2, 3, -100};
  const TensorDesc desc{DataType::kINT8, Dims{4}};
  EXPECT_EQ(relative_distance(desc, a.data(), b.data()), 0);
  EXPECT_NEAR(relative_distance(desc, c.data(), a.data()), 2 / std::sqrt(1.0 + 4 + 9 + 10000), 1e-9);
}

TEST(RelativeDistance, SeesAWrongLaneOfALargeTensor) {
  std::vector<float> a(1 << 20, 1.F);
  std::vector<float> b = a;
  for (size_t i = 5; i < b.size(); i += 16) b[i] = 2.F;
  EXPECT_NEAR(distance(b, a), 0.25, 0.01);
}

// Fills its result with a number, or cannot be prepared.
class Filling final : public Tactic {
 public:
  Filling(const char* name, std::optional<float> value) : name_(name), value_(value) {}
  const char* name() const override { return name_; }
  Decision supports(const network::ILayer&, const DeviceTarget&) const override { return Decision::yes(); }
  bool takes_format(const network::ILayer&, network::TensorFormat) const override { return true; }
  Implementations implementations(const LayerInstance&, const DeviceTarget&) const override {
    return Implementation{"", 1};
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore&,
                                  const DeviceTarget&) const override {
    class Fill final : public Kernel {
     public:
      Fill(float value, int64_t count) : value_(value), count_(count) {}
      void run(const KernelCall& call) override { std::fill_n(static_cast<float*>(call.outputs[0]), count_, value_); }

     private:
      float value_;
      int64_t count_;
    };
    if (!value_) TORCHTRT_THROW_ERROR("has no kernel after all");
    return std::make_unique<Fill>(*value_, instance.outputs[0].dims.volume());
  }

 private:
  const char* name_;
  std::optional<float> value_;
};

// What the check with this result of ATen says of the number 2.
Decision check_against(std::optional<float> aten) {
  network::INetworkDefinition network;
  auto* x = network.addInput("x", DataType::kFLOAT, Dims{8});
  const TensorDesc desc{DataType::kFLOAT, Dims{8}};
  const LayerInstance instance{
      network.addActivation(*x, network::ActivationType::kRELU), {desc}, {true}, {nullptr}, {std::nullopt}, {desc}};
  const DeviceTarget target = DeviceTarget::cpu();
  const Filling reference("aten.filling", aten);
  const Filling other("other.filling", 2.F);
  const std::vector<Candidate> candidates = {{&other, Implementation{}}, {&reference, Implementation{}}};
  OutputCheck check(instance, target, candidates);
  KernelTrial trial(candidates[0], instance, target);
  trial.run();
  return check.check(candidates[0], trial);
}

TEST(OutputCheck, ComparesWithATen) {
  EXPECT_TRUE(check_against(2.F));
  EXPECT_NE(check_against(3.F).reason().find("aten.filling"), std::string::npos);
}

TEST(OutputCheck, WithoutAResultOfATenNothingIsWrong) { EXPECT_TRUE(check_against(std::nullopt)); }

TEST(FillForTiming, GivesNumbersOfTheirDtypes) {
  for (const DataType type :
       {DataType::kFLOAT, DataType::kHALF, DataType::kBF16, DataType::kDOUBLE, DataType::kINT8, DataType::kUINT8}) {
    const TensorDesc desc{type, Dims{1000}};
    std::vector<char> a(static_cast<size_t>(desc.bytes()));
    fill_for_timing(a.data(), desc);
    const std::vector<char> zeros(a.size(), 0);
    EXPECT_GT(relative_distance(desc, zeros.data(), a.data()), 0.9) << static_cast<int>(type);
  }
  // The last of many elements, too.
  std::vector<float> many(200001, 0.F);
  fill_for_timing(many.data(), {DataType::kFLOAT, Dims{200001}});
  EXPECT_NE(many.back(), 0.F);
  std::vector<int64_t> indices(10, 7);
  fill_for_timing(indices.data(), {DataType::kINT64, Dims{10}});
  EXPECT_EQ(indices, std::vector<int64_t>(10, 0));
  fill_for_timing(indices.data(), {DataType::kINT64, Dims{10}}, /*is_divisor=*/true);
  EXPECT_EQ(indices, std::vector<int64_t>(10, 1));
}

}  // namespace
}  // namespace torch_tensorrt::engine
