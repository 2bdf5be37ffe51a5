#include "torch_tensorrt/core/conversion/converters/Weights.h"

#include <cmath>
#include <limits>
#include <memory>

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "support/torch_conversion.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;

struct WeightsCase {
  at::Tensor tensor;
  DataType type;
  Dims shape;
  Dims kernel;
  int64_t inputs;
  int64_t outputs;
};

TEST(Weights, OfEveryRankAndDtype) {
  ConversionCtx ctx(tests::cpu_settings());
  const WeightsCase cases[] = {
      {at::ones({8, 4, 3, 2}), DataType::kFLOAT, {8, 4, 3, 2}, {3, 2}, 4, 8},
      {at::ones({8, 4}, at::kHalf), DataType::kHALF, {8, 4}, {}, 4, 8},
      {at::ones({8}, at::kLong), DataType::kINT64, {8}, {}, 0, 8},
      {at::scalar_tensor(5, at::kBFloat16), DataType::kBF16, {1}, {}, 0, 0},
      {at::ones({0, 2}, at::kBool), DataType::kBOOL, {0, 2}, {}, 2, 0},
      {at::ones({2}, at::kDouble), DataType::kDOUBLE, {2}, {}, 0, 2},
  };
  for (const auto& test : cases) {
    const Weights weights(&ctx, test.tensor);
    EXPECT_EQ(weights.data.type, test.type) << test.tensor.scalar_type();
    EXPECT_EQ(weights.data.count, test.tensor.numel());
    EXPECT_EQ(weights.shape, test.shape);
    EXPECT_EQ(weights.kernel_shape, test.kernel);
    EXPECT_EQ(weights.num_input_maps, test.inputs);
    EXPECT_EQ(weights.num_output_maps, test.outputs);
  }
}

TEST(Weights, BorrowTheMemoryOfDenseTensorsAndKeepItAlive) {
  ConversionCtx ctx(tests::cpu_settings());
  auto tensor = at::full({4}, 2.5F);
  const void* memory = tensor.data_ptr();
  const Weights weights(&ctx, tensor);
  EXPECT_EQ(weights.data.values, memory);
  const c10::weak_intrusive_ptr<c10::TensorImpl> weak(tensor.getIntrusivePtr());
  tensor.reset();
  EXPECT_EQ(static_cast<const float*>(weights.data.values)[3], 2.5F);
}

TEST(Weights, OfStridedTensorsAreRowMajor) {
  ConversionCtx ctx(tests::cpu_settings());
  const Weights weights(&ctx, at::arange(6, at::kInt).reshape({2, 3}).t());
  const auto* values = static_cast<const int32_t*>(weights.data.values);
  EXPECT_EQ(std::vector<int32_t>(values, values + 6), (std::vector<int32_t>{0, 3, 1, 4, 2, 5}));
}

TEST(Weights, OfNumbers) {
  ConversionCtx ctx(tests::cpu_settings());
  const Weights number(&ctx, 1.5F);
  EXPECT_EQ(number.data.type, DataType::kFLOAT);
  EXPECT_EQ(*static_cast<const float*>(number.data.values), 1.5F);
  const Weights integer(&ctx, static_cast<int32_t>(7));
  EXPECT_EQ(integer.data.type, DataType::kINT32);
  EXPECT_EQ(*static_cast<const int32_t*>(integer.data.values), 7);
}

TEST(Weights, AreNarrowedOnRequestOnly) {
  auto settings = tests::cpu_settings();
  settings.truncate_long_and_double = true;
  ConversionCtx ctx(settings);
  EXPECT_EQ(Weights(&ctx, at::ones({2}, at::kLong)).data.type, DataType::kINT32);
  EXPECT_EQ(Weights(&ctx, at::ones({2}, at::kDouble)).data.type, DataType::kFLOAT);
}

TEST(Weights, AreNotNarrowedToOtherNumbers) {
  auto settings = tests::cpu_settings();
  settings.truncate_long_and_double = true;
  ConversionCtx ctx(settings);
  const auto refusal = [&](const at::Tensor& tensor) { return tests::error_of([&] { Weights(&ctx, tensor); }); };
  EXPECT_NE(refusal(at::tensor({1L, 1L << 40})).find("hold 1099511627776, which Int cannot"), std::string::npos);
  EXPECT_NE(refusal(at::tensor({1.0, 1e300})).find("hold 1e+300, which Float cannot"), std::string::npos);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refusal(at::tensor({1e-300, infinity, -infinity, std::nan("")}, at::kDouble)), "no error");
  EXPECT_EQ(refusal(at::tensor({-(1L << 31), (1L << 31) - 1}, at::kLong)), "no error");
}

TEST(Weights, OfWhatNetworksDoNotHaveAreRefused) {
  ConversionCtx ctx(tests::cpu_settings());
  const std::string message = tests::error_of([&] { Weights(&ctx, at::ones({2}, at::kComplexFloat)); });
  EXPECT_NE(message.find("Unsupported ATen data type: ComplexFloat"), std::string::npos) << message;
  EXPECT_NE(tests::error_of([&] { Weights(&ctx, at::Tensor()); }).find("undefined"), std::string::npos);
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion::converters
