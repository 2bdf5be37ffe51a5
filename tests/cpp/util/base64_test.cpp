#include "torch_tensorrt/core/util/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::util {
namespace {

// RFC 4648, section 10.
TEST(Base64, EncodesAsTheStandardSays) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : rows) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
  }
}

TEST(Base64, KeepsEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
}

TEST(Base64, RefusesOtherText) {
  const std::pair<const char*, const char*> rows[] = {{"Zg=", "multiple of 4"},
                                                      {"Z*==", "character 1"},
                                                      {"Zg==Zg==", "character 2"},
                                                      {"====", "character 0"},
                                                      {"Zm9v\n\n\n\n", "character 4"}};
  for (const auto& [text, message] : rows) {
    try {
      base64_decode(text);
      ADD_FAILURE() << "no error for " << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message)) << text;
    }
  }
}

}  // namespace
}  // namespace torch_tensorrt::core::util
