#include "torch_tensorrt/core/backends/tensorrt/prepare/host_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::DataType;
using network::Dims;
using testing::ElementsAre;
using testing::HasSubstr;

using Values = std::vector<int64_t>;

// The reshape of x f32[2x12] to the two numbers in n, whose range is given.
std::unique_ptr<network::INetworkDefinition> reshape_network(const Values& low, const Values& opt, const Values& high) {
  auto network = network::parse_network(
      "network \"n\" {\n%x = input() {dims=[2x12]}\n%n = input() {dtype=i64, dims=[2]}\n"
      "%y = shuffle(%x, %n) {zero_is_placeholder=false}\nreturn %y\n}");
  network->inputs()[1]->producer()->setName("sizes");
  network->profiles() = {{{"n", {{2}, {2}, {2}, low, opt, high}}}};
  return network;
}

std::string reason_for_n(const network::INetworkDefinition& network) {
  return supports(*network.inputs()[1]->producer()).reason();
}

template <typename F>
std::string error_of(F run) {
  try {
    run();
  } catch (const Error& error) {
    return error.msg();
  }
  return "no error";
}

TEST(TensorRTShapeValues, AreTakenWithTheirRange) {
  const auto network = reshape_network({1, 1}, {4, 6}, {24, 24});
  for (const auto& layer : network->layers()) EXPECT_EQ(supports(*layer).reason(), "");
  EXPECT_THAT(profile_values(*network->inputs()[1], {1, -3}), ElementsAre(1, -3));
}

TEST(TensorRTShapeValues, AreDeclinedWithoutIt) {
  EXPECT_THAT(reason_for_n(*reshape_network({}, {4, 6}, {})),
              HasSubstr("the values of input sizes (n) 2 decide on the shapes of other tensors"));
  EXPECT_THAT(reason_for_n(*reshape_network({1, 1}, {4, 6}, {24})), HasSubstr("it has [24]"));
  const auto network = reshape_network({1, 1}, {4, 6}, {24, 24});
  network->profiles().clear();
  EXPECT_THAT(reason_for_n(*network), HasSubstr("a profile must have the range of each"));
  // An input whose values decide on nothing needs no range.
  EXPECT_EQ(supports(*network->inputs()[0]->producer()).reason(), "");
}

TEST(TensorRTShapeValues, Fit32Bits) {
  const auto network = reshape_network({1, 1}, {4, 6}, {24, int64_t{1} << 31});
  EXPECT_THAT(reason_for_n(*network), HasSubstr("may be [24, 2147483648], but TensorRT's profiles hold 32 bits"));
  EXPECT_THAT(error_of([&] {
                profile_values(*network->inputs()[1], {INT32_MIN - int64_t{1}, 0});
              }),
              HasSubstr("32 bits"));
  EXPECT_THAT(profile_values(*network->inputs()[1], {INT32_MIN, INT32_MAX}), ElementsAre(INT32_MIN, INT32_MAX));
}

TEST(TensorRTShapeValues, AreComparedWithTheRange) {
  const network::ProfileRange range{{2}, {2}, {2}, {1, 5}, {2, 6}, {3, 7}};
  EXPECT_TRUE(values_fit({1, 7}, range));
  EXPECT_TRUE(values_fit({3, 5}, range));
  EXPECT_FALSE(values_fit({0, 6}, range));
  EXPECT_FALSE(values_fit({1, 8}, range));
  EXPECT_TRUE(values_fit({}, range));
  EXPECT_TRUE(values_fit({9, 9}, {{2}, {2}, {2}}));
}

TEST(TensorRTShapeValues, NameTheArgumentOnce) {
  const auto network = reshape_network({1, 1}, {4, 6}, {24, 24});
  EXPECT_EQ(describe_argument(*network->inputs()[1]), "input sizes (n)");
  EXPECT_EQ(describe_argument(*network->inputs()[0]), "input \"x\"");
}

// TensorRT would compute with floats if the weights were numbers when it gets them.
TEST(TensorRTHostValues, QuantizationOfConstantsIsTranslated) {
  const auto network = network::parse_network(
      "network \"n\" {\n%x = input() {dims=[2]}\n%w = constant() {dims=[2], weights=f32[1, 2]}\n"
      "%s = constant() {dims=[], weights=f32[0.5]}\n%q = quantize(%w, %s) {to=i8, axis=-1}\n"
      "%d = dequantize(%q, %s) {to=f32, axis=-1}\n%c = cast(%q) {to=f32}\n%e = elementwise(%x, %d) {op=sum}\n"
      "%y = elementwise(%e, %c) {op=sum}\nreturn %y\n}");
  for (const auto& layer : network->layers()) {
    const bool is_cast = layer->getType() == network::LayerType::kCAST;
    EXPECT_EQ(is_computed_here(*layer), is_cast) << network::describe(*layer);
  }
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
