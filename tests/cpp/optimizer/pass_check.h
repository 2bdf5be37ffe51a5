#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "torch_tensorrt/core/optimizer/pass.h"

// Helpers for the tests of every pass.
namespace torch_tensorrt::optimizer {

// Parses a network; lines with only layers are wrapped in `network "test" { }`. A text that does not parse fails the
// test and gives null.
std::unique_ptr<network::INetworkDefinition> network_of(const std::string& text);
// The text as print_network prints it, without types and without the names of tensors between inputs and outputs.
std::string canonical(const std::string& text);

// `f32[...]` with that many numbers between -1 and 1.
std::string random_weights(int64_t count, uint32_t seed);

struct PassCheck {
  PassContext context = {};
  double tolerance = 1e-5;  // sums in another order, in fp32
};

// Runs the pass on `before` and checks that the text is then `after`, that the pass reports a change, that a second run
// changes nothing, that the verifier passes, and that both networks compute the same from random inputs.
void expect_pass(const Pass& pass, const std::string& before, const std::string& after, const PassCheck& check = {});
// The same for a text that the pass must not change.
void expect_unchanged(const Pass& pass, const std::string& text, const PassCheck& check = {});
// The same without an expected text; returns the text after the pass.
std::string expect_same_results(const Pass& pass, const std::string& before, const PassCheck& check = {});

}  // namespace torch_tensorrt::optimizer
