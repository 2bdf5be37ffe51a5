#include "torch_tensorrt/core/runtime/TensorRTBindingNames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/small_engines.h"

namespace torch_tensorrt::core::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::error_of;

TEST(BindingNames, SerializedNamesComeBack) {
  const std::vector<std::string> names = {"input_0", "x", "a.b"};
  EXPECT_EQ(serialize_binding_names(names), "input_0%x%a.b");
  EXPECT_EQ(split_serialized_binding_names("input_0%x%a.b"), names);
  EXPECT_THAT(split_serialized_binding_names(""), IsEmpty());
  EXPECT_THAT(split_serialized_binding_names("a%%b"), ElementsAre("a", "", "b"));
}

TEST(BindingNames, NumberIsWhatStandsBehindTheLastSeparator) {
  EXPECT_EQ(parse_binding_index("input_0"), 0);
  EXPECT_EQ(parse_binding_index("x.1_12"), 12);
  EXPECT_EQ(parse_binding_index("output.3"), 3);
  for (const char* name : {"input", "input_", "input_1x", "input_-1", "7", "", "input_99999999999999999999"}) {
    EXPECT_FALSE(parse_binding_index(name)) << name;
  }
}

TEST(BindingNames, NumbersGiveTheOrder) {
  const TensorRTBindingNames names = infer_engine_binding_names({"x_1", "x_0"}, {"y.0"});
  EXPECT_THAT(names.inputs, ElementsAre("x_0", "x_1"));
  EXPECT_THAT(names.outputs, ElementsAre("y.0"));
}

TEST(BindingNames, OneNameNeedsNoNumber) {
  const TensorRTBindingNames names = infer_engine_binding_names({"image"}, {"scores.7"});
  EXPECT_THAT(names.inputs, ElementsAre("image"));
  EXPECT_THAT(names.outputs, ElementsAre("scores.7"));
}

TEST(BindingNames, NumbersThatGiveNoOrderAreNamed) {
  const char* message = "Unable to determine binding indices from TensorRT engine binding names";
  EXPECT_THAT(error_of([] { infer_engine_binding_names({"x", "y"}, {}); }), HasSubstr(message));
  EXPECT_THAT(error_of([] { infer_engine_binding_names({"x_0", "y_0"}, {}); }), HasSubstr("have the same number"));
  EXPECT_THAT(error_of([] { infer_engine_binding_names({"x_0", "x_2"}, {}); }), HasSubstr("have gaps"));
}

}  // namespace
}  // namespace torch_tensorrt::core::runtime
