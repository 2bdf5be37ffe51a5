#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/network/text/text.h"

// Files of older formats stay readable.
namespace torch_tensorrt::engine {
namespace {

std::shared_ptr<const std::string> read_file(const std::string& name) {
  std::ifstream file(std::string(TORCHTRT_SOURCE_DIR) + "/tests/cpp/engine/" + name, std::ios::binary);
  return std::make_shared<const std::string>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

int32_t count_of(const std::string& part, const std::string& text) {
  int32_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Its numbers are floats, and a scale of 0 means none. hardswish(conv(x)), leaky_relu(y, 0.3) + elu(y, 0.7),
// layer_norm(eps=0.01), interpolate(scale_factor=(1.7, 1.3)), attention without a scale and with 0.25.
TEST(PlanFormats, Format2) {
  Plan plan = parse_plan(read_file("format_2.engine"));
  const std::string text = network::print_network(*plan.network);
  for (const char* part : {"hard_swish(0.1666666716337204, 0.5)", "alpha=0.30000001192092896", "0.699999988079071",
                           "epsilon=0.009999999776482582", "1.6999999284744263, 1.2999999523162842"}) {
    EXPECT_EQ(count_of(part, text), 1) << part << " in " << text;
  }
  EXPECT_EQ(count_of("= attention(", text), 2);
  EXPECT_EQ(count_of("scale=0.25", text), 1);
  EXPECT_EQ(count_of("scale=0", text) - count_of("scale=0.25", text), 0) << "none became 0 in " << text;

  const auto written = std::make_shared<const std::string>(serialize_plan(std::move(plan)));
  EXPECT_EQ(network::print_network(*parse_plan(written).network), text);
}

// Its averages and dequantize layers have no epilogues. relu(conv(x)), an average of 2x2, fake quantization, its mean
// over places and its largest number of each place.
TEST(PlanFormats, Format3) {
  const std::string text = network::print_network(*parse_plan(read_file("format_3.engine")).network);
  for (const char* part : {"type=average", "op=avg", "= quantize(", "= dequantize(", "zero=3"}) {
    EXPECT_GE(count_of(part, text), 1) << part << " in " << text;
  }
  EXPECT_EQ(count_of("epilogue=[", text), 1) << "of the convolution in " << text;
}

}  // namespace
}  // namespace torch_tensorrt::engine
