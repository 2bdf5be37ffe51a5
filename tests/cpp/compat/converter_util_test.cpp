#include "torch_tensorrt/core/conversion/converters/converter_util.h"

#include "ATen/ATen.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "support/torch_conversion.h"
#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"
#include "torch_tensorrt/core/network/host/evaluate.h"

// The helpers that converters of other people call, by the paths and names that they include.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;
using nvinfer1::ITensor;

class ConverterUtil : public ::testing::Test {
 protected:
  ITensor* input(const Dims& dims, DataType type = DataType::kFLOAT) {
    return ctx_.net->addInput(("x" + std::to_string(inputs_++)).c_str(), type, dims);
  }
  ITensor* numbers(std::vector<int64_t> values) { return tensor_to_const(&ctx_, at::tensor(values, at::kLong)); }
  static std::vector<int64_t> known(const ITensor* tensor) { return tensor->shape_value()->elements; }

  ConversionCtx ctx_{tests::cpu_settings()};
  int inputs_ = 0;
};

TEST_F(ConverterUtil, AddsAndTakesOffDimensionsOfOne) {
  EXPECT_EQ(addPadding(&ctx_, nullptr, input({-1, 3}), 4)->getDimensions(), (Dims{-1, 3, 1, 1}));
  EXPECT_EQ(addPadding(&ctx_, nullptr, input({-1, 3}), 3, /*trailing=*/false)->getDimensions(), (Dims{1, -1, 3}));
  EXPECT_EQ(addPadding(&ctx_, nullptr, input({2, 3}), 2)->getDimensions(), (Dims{2, 3}));
  EXPECT_EQ(addUnpadding(&ctx_, nullptr, input({-1, 3, 1, 1}), 2)->getDimensions(), (Dims{-1, 3}));
  EXPECT_EQ(addUnpadding(&ctx_, nullptr, input({1, 2, 3}), 2, /*trailing=*/false)->getDimensions(), (Dims{2, 3}));
  EXPECT_THROW(addUnpadding(&ctx_, nullptr, input({2, 3}), 1), Error);
}

TEST_F(ConverterUtil, LayersGetTheNamesThatAreGiven) {
  auto* sum =
      add_elementwise(&ctx_, nvinfer1::ElementWiseOperation::kSUM, input({2}), input({2}, DataType::kHALF), "s");
  EXPECT_STREQ(sum->getName(), "s");
  EXPECT_EQ(sum->getOutput(0)->getType(), DataType::kFLOAT);
  EXPECT_STREQ(add_abs(&ctx_, nullptr, input({2}), "a")->producer()->getName(), "a");
  EXPECT_STREQ(applyIdentityOp(&ctx_, input({2}), "i")->getName(), "i");
  EXPECT_STREQ(getShapeOutput(&ctx_, input({2, 3}), "h")->producer()->getName(), "h");
  EXPECT_STREQ(tensor_to_const(&ctx_, at::ones({2}), "c")->producer()->getName(), "c");
  auto* half = castITensor(&ctx_, input({2}), DataType::kHALF, "n");
  EXPECT_THAT(half->producer()->getName(), ::testing::StartsWith("n [cast to "));
  EXPECT_EQ(castITensor(&ctx_, half, DataType::kHALF), half);
}

TEST_F(ConverterUtil, SlicesOfComputedBounds) {
  auto* shape = numbers({5, 7});
  const auto bounds = normalize_start_and_end(&ctx_, shape, numbers({-3, 1}), numbers({9, -1}), 2, "slice");
  ASSERT_EQ(bounds.size(), 2U);
  EXPECT_EQ(known(bounds[0]), (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(known(bounds[1]), (std::vector<int64_t>{5, 6}));
  auto* size = get_slice_size(&ctx_, bounds[0], bounds[1], numbers({2, 2}), 2, "slice");
  EXPECT_EQ(known(size), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(known(normalize_indices(&ctx_, shape, numbers({-1, 3}), 2, "at")), (std::vector<int64_t>{4, 3}));
  EXPECT_EQ(known(clamp(&ctx_, numbers({-4, 9}), numbers({0}), numbers({5}), "c")), (std::vector<int64_t>{0, 5}));
}

TEST_F(ConverterUtil, Expands) {
  EXPECT_EQ(add_expand(&ctx_, input({3, 1}), Dims{2, -1, 4})->getDimensions(), (Dims{2, 3, 4}));
  EXPECT_THROW(add_expand(&ctx_, input({3, 2}), Dims{3, 4}), Error);
  EXPECT_THROW(add_expand(&ctx_, input({3, 2}), Dims{2}), Error);
}

TEST_F(ConverterUtil, Numbers) {
  EXPECT_EQ(scalar_to_tensor(&ctx_, 2.5)->getType(), DataType::kFLOAT);
  EXPECT_EQ(scalar_to_tensor(&ctx_, 2)->getType(), DataType::kINT64);
  EXPECT_EQ(promote_types(DataType::kINT64, DataType::kHALF), DataType::kHALF);
  EXPECT_EQ(evaluators::scalar_to_tensor(true).scalar_type(), at::kBool);
}

TEST(CreateTensorFromList, OfNestedLists) {
  c10::List<c10::List<int64_t>> rows;
  rows.push_back(c10::List<int64_t>({1, 2, 3}));
  rows.push_back(c10::List<int64_t>({4, 5, 6}));
  const torch::jit::IValue none;
  const auto made = evaluators::createTensorFromList(rows, static_cast<int64_t>(at::kHalf), none);
  EXPECT_TRUE(at::equal(made, at::arange(1, 7, at::kHalf).reshape({2, 3})));
  rows.push_back(c10::List<int64_t>({7}));
  EXPECT_THROW(evaluators::createTensorFromList(rows, none, none), Error);
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion::converters
