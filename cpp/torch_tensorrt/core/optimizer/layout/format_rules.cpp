#include "torch_tensorrt/core/optimizer/layout/format_rules.h"

#include <algorithm>

#include "torch_tensorrt/core/optimizer/constants.h"
#include "torch_tensorrt/core/optimizer/shuffles.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::ILayer;
using network::ITensor;
using network::LayerType;
using network::TensorFormat;

constexpr int32_t kFirstRankWithChannels = 3;
constexpr int64_t kChannelBlock = 16;

template <typename L>
const L& as(const ILayer& layer) {
  return static_cast<const L&>(layer);
}

int32_t rank_of(const ITensor* tensor) { return tensor->getDimensions().nbDims; }

// Whether the channels are the same dimension in all operands: each has the rank of the result, or is a constant.
bool operands_line_up(const ILayer& layer) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* input = layer.getInput(i);
    if (input == nullptr || is_constant(input) || !carries_format(layer, i)) continue;
    if (rank_of(input) != rank_of(layer.getOutput(0))) return false;
  }
  return true;
}

bool always(const ILayer&) { return true; }

bool has_batch(const ILayer& layer) {
  return rank_of(layer.getInput(0)) == as<network::IPoolingLayer>(layer).getWindowSizeNd().nbDims + 2;
}

bool picks_one_index(const ILayer& layer) {
  const auto& gather = as<network::IGatherLayer>(layer);
  return gather.getMode() == network::GatherMode::kDEFAULT && gather.getNbElementWiseDims() == 0 &&
         rank_of(layer.getInput(1)) == 1;
}

// Where dimensions vanish, the channels become another dimension, unless too few are left to have any.
bool keeps_channels(const ILayer& layer) {
  return as<network::IReduceLayer>(layer).getKeepDimensions() || rank_of(layer.getOutput(0)) < kFirstRankWithChannels;
}

bool has_few_weights(const ILayer& layer) {
  return as<network::IScaleLayer>(layer).getMode() != network::ScaleMode::kELEMENTWISE;
}

struct Row {
  LayerType type;
  FormatRole role;
  bool (*holds)(const ILayer&);  // whether the layer has the role; else it is linear
  bool in_blocks;                // also for channels in blocks
};
constexpr Row kRows[] = {
    {LayerType::kCONVOLUTION, FormatRole::kAnchor, operands_line_up, true},
    {LayerType::kDECONVOLUTION, FormatRole::kAnchor, operands_line_up, true},
    {LayerType::kPOOLING, FormatRole::kAnchor, has_batch, true},
    {LayerType::kRESIZE, FormatRole::kAnchor, always, false},
    {LayerType::kACTIVATION, FormatRole::kAgnostic, always, true},
    {LayerType::kELEMENTWISE, FormatRole::kAgnostic, operands_line_up, true},
    {LayerType::kUNARY, FormatRole::kAgnostic, always, true},
    {LayerType::kSCALE, FormatRole::kAgnostic, has_few_weights, true},
    {LayerType::kCONCATENATION, FormatRole::kAgnostic, always, false},
    {LayerType::kSLICE, FormatRole::kAgnostic, always, false},
    {LayerType::kREDUCE, FormatRole::kAgnostic, keeps_channels, false},
    {LayerType::kSELECT, FormatRole::kAgnostic, operands_line_up, false},
    {LayerType::kCAST, FormatRole::kAgnostic, always, true},
    {LayerType::kIDENTITY, FormatRole::kAgnostic, always, true},
    {LayerType::kSOFTMAX, FormatRole::kAgnostic, always, false},
    {LayerType::kNORMALIZATION, FormatRole::kAgnostic, always, false},
    {LayerType::kGATHER, FormatRole::kAgnostic, picks_one_index, false},
};

const LayerType kIndifferentTypes[] = {LayerType::kINPUT, LayerType::kCONSTANT, LayerType::kREFORMAT,
                                       LayerType::kSHAPE};

// Whether no dimension but N and C exceeds 1, so that the tensor lies the same way in any format.
bool has_one_place(const Dims& dims, TensorFormat format) {
  const bool fills_blocks = format != TensorFormat::kCHW16 || (dims.d[1] > 0 && dims.d[1] % kChannelBlock == 0);
  return fills_blocks && std::all_of(dims.d + 2, dims.d + dims.nbDims, [](int64_t d) { return d == 1; });
}

network::Permutation to_channels_last(int32_t rank) {
  network::Permutation permutation;
  for (int32_t i = 1; i + 1 < rank; ++i) permutation.order[i] = i + 1;
  permutation.order[rank - 1] = 1;
  return permutation;
}

bool same(const network::Permutation& a, const network::Permutation& b, int32_t rank) {
  return std::equal(a.order, a.order + rank, b.order);
}

}  // namespace

FormatRole role_of(const ILayer& layer, TensorFormat format) {
  if (std::find(std::begin(kIndifferentTypes), std::end(kIndifferentTypes), layer.getType()) !=
      std::end(kIndifferentTypes)) {
    return FormatRole::kIndifferent;
  }
  for (const Row& row : kRows) {
    if (row.type != layer.getType()) continue;
    const bool is_blocked = format == TensorFormat::kCHW16;
    const bool fits = has_channels(*layer.getInput(0)) && (row.in_blocks || !is_blocked) && row.holds(layer);
    return fits ? row.role : FormatRole::kLinear;
  }
  return FormatRole::kLinear;
}

bool carries_format(const ILayer& layer, int32_t input) {
  switch (layer.getType()) {
    case LayerType::kCONVOLUTION:
    case LayerType::kDECONVOLUTION:
      return input == 0 || input >= layer.own_input_count();
    case LayerType::kELEMENTWISE:
    case LayerType::kSELECT:
    case LayerType::kCONCATENATION:
      return true;
    case LayerType::kINPUT:
    case LayerType::kCONSTANT:
    case LayerType::kPOOLING:
    case LayerType::kACTIVATION:
    case LayerType::kUNARY:
    case LayerType::kSCALE:
    case LayerType::kREDUCE:
    case LayerType::kMATRIX_MULTIPLY:
    case LayerType::kSOFTMAX:
    case LayerType::kSHUFFLE:
    case LayerType::kSLICE:
    case LayerType::kSHAPE:
    case LayerType::kGATHER:
    case LayerType::kCAST:
    case LayerType::kIDENTITY:
    case LayerType::kNORMALIZATION:
    case LayerType::kRESIZE:
    case LayerType::kREFORMAT:
    case LayerType::kTOPK:
    case LayerType::kCUMULATIVE:
    case LayerType::kSCATTER:
    case LayerType::kGRID_SAMPLE:
    case LayerType::kATTENTION:
    case LayerType::kNON_ZERO:
    case LayerType::kRECURRENT:
      return input == 0;
  }
  return false;
}

bool reads_in_place(const ILayer& layer, TensorFormat format) {
  const auto* shuffle = network::layer_cast<network::IShuffleLayer>(&layer);
  if (shuffle == nullptr) return false;
  const Dims dims = layer.getInput(0)->getDimensions();
  if (dims.nbDims < kFirstRankWithChannels) return false;
  if (is_plain_reshape(*shuffle) && has_one_place(dims, format)) return true;
  // A reshape at the end then gives row-major memory.
  const bool ends_linear = !shuffle->has_second_transpose(rank_of(layer.getOutput(0)));
  const auto& transpose = shuffle->has_reshape() ? shuffle->getFirstTranspose() : whole_transpose(*shuffle);
  return format == TensorFormat::kHWC && (ends_linear || !shuffle->has_reshape()) &&
         same(transpose, to_channels_last(dims.nbDims), dims.nbDims);
}

bool writes_in_place(const ILayer& layer, TensorFormat format) {
  const auto* shuffle = network::layer_cast<network::IShuffleLayer>(&layer);
  if (shuffle == nullptr || format != TensorFormat::kHWC) return false;
  const int32_t rank = rank_of(layer.getOutput(0));
  if (rank < kFirstRankWithChannels) return false;
  const bool begins_linear = !shuffle->has_first_transpose(rank_of(layer.getInput(0)));
  const auto& transpose = shuffle->has_reshape() ? shuffle->getSecondTranspose() : whole_transpose(*shuffle);
  return (begins_linear || !shuffle->has_reshape()) && same(transpose, inverse(to_channels_last(rank), rank), rank);
}

bool has_channels(const ITensor& tensor) { return tensor.getDimensions().nbDims >= kFirstRankWithChannels; }

}  // namespace torch_tensorrt::optimizer
