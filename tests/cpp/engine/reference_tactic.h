#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/util/Exception.h"

// Tactics for tests, which compute one formula for each element and never allocate in a run. They run a few layer kinds
// in any format, with their epilogues: "reference.any" those without weights; "viewing.any" the same, reads views,
// likes some results transposed, and keeps results; "plain.weights" and "packed.weights"
// convolutions and matrix products. "packed.weights" takes only constant weights, in a layout of its own, and refuses
// batches of 7.
namespace torch_tensorrt::engine::testing {

// Adds them to the global registry, once.
void register_reference_tactics();

// Settings that use only these tactics, with packed weights.
BuildSettings reference_settings();
// Settings with "viewing.any" alone.
BuildSettings viewing_settings();
// The same with plain weights.
BuildSettings plain_settings();

std::shared_ptr<Engine> build_engine(std::shared_ptr<network::INetworkDefinition> network,
                                     const BuildSettings& settings = reference_settings(),
                                     BuildReport* report = nullptr);

// Runs with float inputs of the given dims through a pooled context; returns one vector for each output.
std::vector<std::vector<float>> run_floats(const Engine& engine, const std::vector<network::Dims>& dims,
                                           const std::vector<std::vector<float>>& inputs);
std::vector<std::vector<float>> run_floats(Context& context, const std::vector<network::Dims>& dims,
                                           const std::vector<std::vector<float>>& inputs);

// `count` numbers in [-1, 1) derived from the seed.
std::vector<float> random_floats(int64_t count, uint32_t seed);

// input 1x3x8x8 -> conv 16 3x3 -> relu -> conv 16 3x3 (+ input of the second) -> relu -> flatten -> matmul 10.
// Dynamic batch 1..4..8 if asked for.
std::shared_ptr<network::INetworkDefinition> make_small_network(bool dynamic_batch = false);

// Text of the Error that the call throws; empty, with a test failure, if it throws none.
template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& e) {
    return e.msg();
  }
  return {};
}

}  // namespace torch_tensorrt::engine::testing
