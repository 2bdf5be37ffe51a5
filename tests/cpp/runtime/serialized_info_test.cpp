#include "torch_tensorrt/core/runtime/serialized_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/small_engines.h"
#include "torch_tensorrt/core/runtime/runtime.h"

namespace torch_tensorrt::core::runtime {
namespace {

using testing::HasSubstr;
using tests::error_of;

std::vector<std::string> valid_strings() {
  std::vector<std::string> strings(SERIALIZATION_LEN, "0");
  strings[ABI_TARGET_IDX] = ABI_VERSION;
  strings[NAME_IDX] = "net";
  strings[DEVICE_IDX] = "1%2%3%32%some cpu";
  strings[ENGINE_IDX] = base64_encode(std::string("\0bytes", 6));
  strings[INPUT_BINDING_NAMES_IDX] = "a%b";
  strings[OUTPUT_BINDING_NAMES_IDX] = "c";
  strings[HW_COMPATIBLE_IDX] = "1";
  strings[SERIALIZED_METADATA_IDX] = "metadata";
  strings[TARGET_PLATFORM_IDX] = "linux_aarch64";
  strings[ALIASED_IO_IDX] = "c@a@user";
  return strings;
}

TEST(SerializedInfo, EveryPlaceHasAName) {
  for (const char* name : kSerializedInfoNames) {
    ASSERT_NE(name, nullptr);
    EXPECT_NE(std::string(name), "");
  }
  EXPECT_EQ(SERIALIZATION_LEN, 13);
  EXPECT_EQ(std::string(kSerializedInfoNames[ALIASED_IO_IDX]), "ALIASED_IO");
}

TEST(SerializedInfo, EveryFieldComesBack) {
  const EngineInfo info = parse_info(valid_strings());
  EXPECT_EQ(info.device.minor, 3);
  EXPECT_EQ(info.device.device_name, "some cpu");
  EXPECT_EQ(*info.engine, std::string("\0bytes", 6));
  EXPECT_TRUE(info.hardware_compatible);
  EXPECT_EQ(info.platform, Platform(Platform::kLINUX_AARCH64));
  std::vector<std::string> expected = valid_strings();
  expected[ENGINE_IDX].clear();
  EXPECT_EQ(serialize_info(info), expected);
}

TEST(SerializedInfo, OtherVersionIsNamedBeforeAnythingElse) {
  const std::vector<std::string> old = {"9", "net"};
  EXPECT_THAT(
      error_of([&] { parse_info(old); }),
      HasSubstr("targets a different Torch-TensorRT ABI Version (9) than the Torch-TensorRT Runtime ABI Version "
                "(10)"));
  const std::vector<std::string> cut = {"10", "net"};
  EXPECT_THAT(error_of([&] { parse_info(cut); }),
              HasSubstr("targets an incompatible Torch-TensorRT ABI: it has 2 fields"));
  EXPECT_THAT(error_of([&] { parse_info({}); }),
              HasSubstr("targets an incompatible Torch-TensorRT ABI: it has 0 fields"));
}

TEST(SerializedInfo, DamagedFieldsAreNamed) {
  const auto error_with = [](SerializedInfoIndex place, const std::string& text) {
    std::vector<std::string> strings = valid_strings();
    strings[place] = text;
    return error_of([&] { parse_info(strings); });
  };
  EXPECT_THAT(error_with(DEVICE_IDX, "0%0%0%32"), HasSubstr("has 4 fields, expected 5"));
  EXPECT_THAT(error_with(DEVICE_IDX, "0%0%zero%32%cpu"), HasSubstr("\"zero\" where a number is expected"));
  EXPECT_THAT(error_with(DEVICE_IDX, "0%0%0%77%cpu"), HasSubstr("unknown device type 77"));
  EXPECT_THAT(error_with(DEVICE_IDX, "99999999999999999999%0%0%32%cpu"), HasSubstr("where a number is expected"));
  EXPECT_THAT(error_with(HW_COMPATIBLE_IDX, "yes"), HasSubstr("HW_COMPATIBLE of the serialized engine is \"yes\""));
  EXPECT_THAT(error_with(REQUIRES_OUTPUT_ALLOCATOR_IDX, ""), HasSubstr("REQUIRES_OUTPUT_ALLOCATOR"));
  EXPECT_THAT(error_with(ENGINE_IDX, "a?cd"), HasSubstr("character 1 of the text is not base64"));
  EXPECT_THAT(error_with(ENGINE_IDX, "abc"), HasSubstr("no multiple of 4"));
}

}  // namespace
}  // namespace torch_tensorrt::core::runtime
