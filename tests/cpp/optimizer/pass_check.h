#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "torch_tensorrt/core/optimizer/pass.h"

// What every test of a pass does.
namespace torch_tensorrt::optimizer {

// The network of the text; lines of layers alone are put into `network "test" { }`. A text that does not parse fails
// the test and gives null.
std::unique_ptr<network::INetworkDefinition> network_of(const std::string& text);
// Its text as print_network prints it, without types and without the names of tensors between inputs and outputs.
std::string canonical(const std::string& text);

// `f32[...]` with that many numbers between -1 and 1.
std::string random_weights(int64_t count, uint32_t seed);

struct PassCheck {
  PassContext context = {};
  double tolerance = 1e-5;  // sums in another order, in fp32
};

// Runs the pass on the text and compares with the other: the text after it; that it says it changed something; that
// a second run changes nothing; that the verifier is content; that both networks compute the same from random inputs.
void expect_pass(const Pass& pass, const std::string& before, const std::string& after, const PassCheck& check = {});
// The same for a text that the pass must leave alone.
void expect_unchanged(const Pass& pass, const std::string& text, const PassCheck& check = {});
// The same without a text to compare with; returns the text after the pass.
std::string expect_same_results(const Pass& pass, const std::string& before, const PassCheck& check = {});

}  // namespace torch_tensorrt::optimizer
