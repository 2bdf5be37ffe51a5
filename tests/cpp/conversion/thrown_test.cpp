#include <stdexcept>
#include <string>

#include "ATen/ATen.h"
#include "gtest/gtest.h"
#include "torch/library.h"

#include "support/jit_graph.h"
#include "support/torch_conversion.h"
#include "torch_tensorrt/core/conversion/converters/converters.h"

// An operator whose converter throws an exception chosen by the test.
TORCH_LIBRARY(thrown_test, m) {
  m.def("thrower(Tensor x) -> Tensor", [](const at::Tensor& x) { return at::relu(x); });
}

namespace torch_tensorrt::core::conversion {
namespace {

struct OwnType {};
struct OwnException : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string text_when_thrown(const std::function<void()>& thrower) {
  converters::register_node_converter({"thrown_test::thrower(Tensor x) -> Tensor",
                                       [thrower](ConversionCtx*, const torch::jit::Node*, converters::args&) {
                                         thrower();
                                         return true;
                                       }});
  const auto graph = tests::parse_graph(R"(graph(%x : Tensor):
          %first : Tensor = aten::relu(%x)
          %thrown : Tensor = thrown_test::thrower(%first)
          %last : Tensor = aten::tanh(%thrown)
          return (%last))");
  return tests::error_of([&] { tests::build_engine(graph, {ir::Input({2})}); });
}

TEST(ThrownByConverters, EveryTypeKeepsTheNodeAndTheSchema) {
  const std::pair<std::function<void()>, const char*> rows[] = {
      {[] { throw OwnException("the text"); }, "OwnException: the text"},
      {[] { throw std::out_of_range("the text"); }, "std::out_of_range: the text"},
      {[] { throw std::string("the text"); }, "the text"},
      {[] { throw "the text"; }, "the text"},
      {[] { throw static_cast<const char*>(nullptr); }, "a null text was thrown"},
      {[] { throw 7; }, "an exception of type int was thrown: 7"},
      {[] { throw 7L; }, "an exception of type long was thrown: 7"},
      {[] { throw 0.5; }, "an exception of type double was thrown: 0.5"},
      {[] { throw OwnType(); }, "OwnType was thrown"},
      {[] { throw Error("the text"); }, "the text"},
      {[] { TORCH_CHECK(false, "the text"); }, "the text"},
      {[] { TORCH_CHECK_NOT_IMPLEMENTED(false, "the text"); }, "the text"},
      {[] {
         at::ones({2, 3}).view({4});
       },
       "shape '[4]' is invalid"},
      {[] { throw std::runtime_error("bytes \xff"); }, "bytes \\xff"},
      {[] { throw std::bad_alloc(); }, "std::bad_alloc"},
  };
  for (const auto& [thrower, text] : rows) {
    const std::string found = text_when_thrown(thrower);
    EXPECT_NE(found.find(text), std::string::npos) << found;
    EXPECT_NE(found.find("Unable to convert node: %2 : Tensor = thrown_test::thrower("), std::string::npos) << found;
    EXPECT_NE(found.find("thrown_test::thrower(Tensor x) -> Tensor"), std::string::npos) << found;
    EXPECT_EQ(found.find("frame #"), std::string::npos) << found;
    EXPECT_EQ(found.find("aten::tanh"), std::string::npos) << found;
  }
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion
