#pragma once

#include <string>
#include <vector>

#include "torch_tensorrt/core/build_settings.h"
#include "torch_tensorrt/core/engine/build/network_choice.h"
#include "torch_tensorrt/core/engine/build/precision_overrides.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

// What the user is told of a chosen network: notes in the engine, and warnings.
namespace torch_tensorrt::engine {

// The layers in each of the allowed precisions, beside the time in f32.
void note_precisions(NetworkChoice& best, const std::vector<network::DataType>& lows, double in_f32);
// The layers that stay out of f16 because of numbers beyond its range.
void note_beyond(NetworkChoice& best, const optimizer::TensorRanges& seen);
// The notes about layers that are not in f16 as their weights, or numbers that the calibration saw, are beyond its
// range.
std::vector<std::string> layers_beyond_notes(const network::INetworkDefinition& network,
                                             const optimizer::TensorRanges& seen);
std::string unmatched_override_note(const std::string& pattern);
void note_integer_weights(NetworkChoice& best);
// Overrides that match no layer, and layers that compute in another precision than an override wants.
void note_overrides(NetworkChoice& best, const PrecisionOverrides& overrides);
void note_reformats(NetworkChoice& choice);
// Warns of layers that compute in f32 although it is not among the enabled precisions; Error under strict_precisions.
void report_layers_in_f32(const network::INetworkDefinition& network, const BuildSettings& settings);

}  // namespace torch_tensorrt::engine
