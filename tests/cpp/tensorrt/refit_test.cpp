#include "torch_tensorrt/core/backends/tensorrt/run/refit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::DataType;
using testing::HasSubstr;

constexpr float kElements[] = {1, 2};
const NamedWeights kWeights = {{"a.kernel", {DataType::kFLOAT, kElements, 2}}, {"b", {DataType::kFLOAT, kElements, 1}}};

template <typename F>
std::string error_of(F call) {
  try {
    call();
  } catch (const Error& error) {
    return error.msg();
  }
  return {};
}

TEST(TensorRTRefit, PicksWhatTheEngineKnows) {
  const NamedWeights picked = pick_weights(kWeights, {"b"});
  ASSERT_EQ(picked.size(), 1U);
  EXPECT_EQ(picked.at("b").values, kElements);
}

TEST(TensorRTRefit, LeavesNothingOfTheEngineAsItWas) {
  EXPECT_THAT(error_of([] { pick_weights(kWeights, {"b", "c"}); }), HasSubstr("the engine has weights \"c\""));
}

TEST(TensorRTRefit, NamesWeightsThatDiffer) {
  check_same_weights(kWeights, kWeights);
  auto other = kWeights;
  other["b"].count = 2;
  EXPECT_THAT(error_of([&] { check_same_weights(kWeights, other); }), HasSubstr("weights \"b\", 2 of f32"));
  other = kWeights;
  other["b"].type = DataType::kHALF;
  EXPECT_THAT(error_of([&] { check_same_weights(kWeights, other); }), HasSubstr("weights \"b\", 1 of f16"));
  other = kWeights;
  other.erase("a.kernel");
  EXPECT_THAT(error_of([&] { check_same_weights(kWeights, other); }), HasSubstr("weights \"a.kernel\""));
  EXPECT_THAT(error_of([&] { check_same_weights(other, kWeights); }), HasSubstr("weights \"a.kernel\", 2 of f32"));
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
