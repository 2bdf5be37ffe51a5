#include "optimizer/pass_check.h"

#include "support/reference.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::optimizer {
namespace {

// Size of dims of -1 in random inputs.
constexpr int64_t kUnknownSize = 2;

std::string text_of(const network::INetworkDefinition& network) {
  network::TextOptions options;
  options.inferred_types = false;
  return network::print_network(network, options);
}

// Tests ignore the names of tensors between inputs and outputs.
std::string text_without_inner_names(const network::INetworkDefinition& network) {
  const auto copy = network.clone();
  for (const auto& layer : copy->layers()) {
    network::ITensor& output = *layer->getOutput(0);
    if (!output.isNetworkInput() && !output.isNetworkOutput()) output.setName("");
  }
  return text_of(*copy);
}

void expect_equal_results(const network::INetworkDefinition& before, const network::INetworkDefinition& after,
                          double tolerance) {
  const auto inputs = tests::random_inputs(before, /*seed=*/5, kUnknownSize);
  const auto wanted = tests::run_reference(before, inputs);
  const auto found = tests::run_reference(after, inputs);
  ASSERT_EQ(wanted.size(), found.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_LE(tests::max_difference(wanted[i], found[i]), tolerance) << "output " << i;
    EXPECT_STREQ(before.outputs()[i]->getName(), after.outputs()[i]->getName());
  }
}

}  // namespace

std::unique_ptr<network::INetworkDefinition> network_of(const std::string& text) {
  const bool is_whole = text.rfind("network", 0) == 0;
  const std::string whole = is_whole ? text : "network \"test\" {\n" + text + "\n}\n";
  try {
    auto network = network::parse_network(whole);
    network::verify_network(*network);
    return network;
  } catch (const Error& error) {
    ADD_FAILURE() << error.what() << whole;
    return nullptr;
  }
}

std::string canonical(const std::string& text) {
  const auto network = network_of(text);
  return network == nullptr ? "" : text_without_inner_names(*network);
}

std::string random_weights(int64_t count, uint32_t seed) {
  const auto tensor = tests::random_tensor(network::DataType::kFLOAT, network::Dims{count}, seed);
  std::string text = "f32[";
  for (const double element : tests::elements_of(tensor))
    text += (text.back() == '[' ? "" : ", ") + std::to_string(element);
  return text + "]";
}

std::string expect_same_results(const Pass& pass, const std::string& before, const PassCheck& check) {
  const auto network = network_of(before);
  if (network == nullptr) return "";
  const auto original = network->clone();
  const std::string text = text_of(*network);
  const bool changed = pass.run(*network, check.context);
  const std::string result = text_of(*network);
  EXPECT_EQ(changed, result != text) << pass.name() << " does not tell the truth about what it changed:\n" << result;
  try {
    network::verify_network(*network);
    EXPECT_FALSE(pass.run(*network, check.context)) << pass.name() << " finds something to do a second time";
    EXPECT_EQ(text_of(*network), result);
    expect_equal_results(*original, *network, check.tolerance);
  } catch (const Error& error) {
    ADD_FAILURE() << error.what() << result;
  }
  return text_without_inner_names(*network);
}

void expect_pass(const Pass& pass, const std::string& before, const std::string& after, const PassCheck& check) {
  EXPECT_EQ(expect_same_results(pass, before, check), canonical(after)) << "of:\n" << before;
}

void expect_unchanged(const Pass& pass, const std::string& text, const PassCheck& check) {
  EXPECT_EQ(expect_same_results(pass, text, check), canonical(text));
}

}  // namespace torch_tensorrt::optimizer
