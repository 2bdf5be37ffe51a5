#include "torch_tensorrt/core/engine/plan/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace torch_tensorrt::engine {
namespace {

TEST(Json, WritesNestedValues) {
  JsonWriter json;
  json.begin_object().field("a", 1).field("b", true).field("c", "x").key("d").begin_array().value(0.5).value("y");
  json.begin_object().end_object().end_array().field("e", std::numeric_limits<double>::infinity()).end_object();
  EXPECT_EQ(json.text(), R"({"a":1,"b":true,"c":"x","d":[0.5,"y",{}],"e":null})");
}

TEST(Json, EscapesWhatJsonReserves) {
  EXPECT_EQ(json_quoted("a\"b\\c\nd\te\x01\x1f"), R"("a\"b\\c\nd\te\u0001\u001f")");
  EXPECT_EQ(json_quoted("größe 中 😀"), "\"größe 中 😀\"");
}

TEST(Json, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(json_quoted("a\xff"
                        "b"),
            R"("a\ufffdb")");
  EXPECT_EQ(json_quoted("\xc3"), R"("\ufffd")");
  EXPECT_EQ(json_quoted("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(json_quoted("\xc0\xaf"), R"("\ufffd\ufffd")");
}

}  // namespace
}  // namespace torch_tensorrt::engine
