#include "torch_tensorrt/core/util/Exception.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt {
namespace {

TEST(Exception, SaysPlaceAndMessage) {
  const Error error("file.cpp", 12, "alpha is 0");
  EXPECT_STREQ(error.what(), "[Error thrown at file.cpp:12] alpha is 0\n");
  EXPECT_EQ(error.msg(), "alpha is 0");
}

TEST(Exception, SaysNotWhereTheLibraryWasBuilt) {
  const Error error("/home/someone/torch_tensorrt/cpp/torch_tensorrt/core/util/x.cpp", 3, "gone");
  EXPECT_STREQ(error.what(), "[Error thrown at torch_tensorrt/core/util/x.cpp:3] gone\n");
}

TEST(Exception, SaysMessageAloneWithoutPlace) {
  int caller = 0;
  const Error error("alpha is 0", &caller);
  EXPECT_STREQ(error.what(), "alpha is 0\n");
  EXPECT_EQ(error.caller(), &caller);
}

TEST(Exception, AppendsContext) {
  Error error("file.cpp", 12, "alpha is 0");
  error.AppendMessage("while converting %12");
  EXPECT_EQ(error.msg(), "alpha is 0\nwhile converting %12");
  EXPECT_STREQ(error.what(), "[Error thrown at file.cpp:12] alpha is 0\nwhile converting %12\n");
  ASSERT_EQ(error.msg_stack().size(), 2U);
  EXPECT_EQ(error.msg_stack()[1], "while converting %12");
}

TEST(Exception, TextSurvivesCopying) {
  Error copy("x");
  {
    const Error error("file.cpp", 1, "gone");
    copy = error;
  }
  EXPECT_STREQ(copy.what(), "[Error thrown at file.cpp:1] gone\n");
}

TEST(Exception, NamesForeignTypes) {
  EXPECT_EQ(GetExceptionString(std::out_of_range("index 3")), "std::out_of_range: index 3");
  EXPECT_EQ(GetExceptionString(Error("ours")), "ours\n");
}

TEST(Exception, StrConcatenates) {
  EXPECT_EQ(str("a", 1, ' ', 2.5), "a1 2.5");
  EXPECT_EQ(str(), "");
}

TEST(Decision, CarriesTheReason) {
  EXPECT_TRUE(Decision::yes());
  EXPECT_EQ(Decision::yes().reason(), "");
  const Decision no = Decision::no("rank is 5");
  EXPECT_FALSE(no);
  EXPECT_EQ(no.reason(), "rank is 5");
}

}  // namespace
}  // namespace torch_tensorrt
