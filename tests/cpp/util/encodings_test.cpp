#include "torch_tensorrt/core/util/encodings.h"

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

TEST(Utf8Test, TextStaysAsItIs) {
  for (const char* text :
       {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(escape_invalid_utf8(text), text);
  }
}

TEST(Utf8Test, BytesThatPythonRefusesAreEscaped) {
  const std::pair<const char*, const char*> rows[] = {
      {"a\xffz", "a\\xffz"},
      {"\x80", "\\x80"},                             // no first byte
      {"\xc3", "\\xc3"},                             // cut short
      {"\xc0\xaf", "\\xc0\\xaf"},                    // longer than needed
      {"\xe0\x80\x80", "\\xe0\\x80\\x80"},           // longer than needed
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // half of a pair
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above the last character
      {"\xe2\x82\xc3\xa9", "\\xe2\\x82\xc3\xa9"},    // a character behind a broken one
  };
  for (const auto& [bytes, text] : rows) {
    EXPECT_FALSE(is_utf8(bytes));
    EXPECT_EQ(escape_invalid_utf8(bytes), text);
    EXPECT_TRUE(is_utf8(escape_invalid_utf8(bytes)));
  }
}

TEST(Utf8Test, ErrorsAreText) {
  Error error("the file \xff.ts");
  error.AppendMessage("and \xfe");
  EXPECT_EQ(error.msg(), "the file \\xff.ts\nand \\xfe");
  EXPECT_TRUE(is_utf8(error.what()));
}

}  // namespace
}  // namespace torch_tensorrt::core::util
