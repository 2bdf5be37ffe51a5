#include <algorithm>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/constants.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/optimizer/shuffles.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::ElementWiseOperation;
using network::ILayer;
using network::ITensor;
using network::LayerType;

template <typename L>
const L& as(const ILayer& layer) {
  return static_cast<const L&>(layer);
}

bool all_are(const Dims& dims, int64_t value) {
  return std::all_of(dims.d, dims.d + dims.nbDims, [&](int64_t d) { return d == value; });
}

bool always(const ILayer&) { return true; }

bool casts_to_same_type(const ILayer& layer) {
  return as<network::ICastLayer>(layer).getToType() == layer.getInput(0)->getType();
}

bool shuffles_nothing(const ILayer& layer) {
  const auto& shuffle = as<network::IShuffleLayer>(layer);
  const Dims in = layer.getInput(0)->getDimensions();
  if (is_plain_transpose(shuffle)) return network::is_identity(whole_transpose(shuffle), in.nbDims);
  // A computed size may contradict the volume; that is an error, and must stay one.
  return layer.getNbInputs() == 1 && is_plain_reshape(shuffle) &&
         same_dims_always(in, layer.getOutput(0)->getDimensions());
}

bool takes_everything(const ILayer& layer) {
  const auto& slice = as<network::ISliceLayer>(layer);
  if (layer.getNbInputs() > 1 || !all_are(slice.getStart(), 0) || !all_are(slice.getStride(), 1)) return false;
  const Dims dims = layer.getInput(0)->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const int64_t size = slice.getSize().d[i];
    if (size != -1 && size != dims.d[i]) return false;
  }
  return true;
}

bool joins_one(const ILayer& layer) { return layer.getNbInputs() == 1; }

bool are_zero(const Dims& padding) { return all_are(padding, 0); }

// A window of one element at every place: adaptive pooling to the size of its input.
bool pools_single_elements(const ILayer& layer) {
  const auto& pooling = as<network::IPoolingLayer>(layer);
  const bool explicit_padding = pooling.getPaddingMode() == network::PaddingMode::kEXPLICIT_ROUND_DOWN ||
                                pooling.getPaddingMode() == network::PaddingMode::kEXPLICIT_ROUND_UP;
  return explicit_padding && all_are(pooling.getWindowSizeNd(), 1) && all_are(pooling.full_stride(), 1) &&
         are_zero(pooling.getPrePadding()) && are_zero(pooling.getPostPadding()) && pooling.getDivisor() <= 1;
}

// No mode interpolates dimensions that keep their size.
bool resizes_nothing(const ILayer& layer) {
  const Dims in = layer.getInput(0)->getDimensions();
  return in.is_static() && layer.getNbInputs() == 1 && in == layer.getOutput(0)->getDimensions();
}

bool reduces_nothing(const ILayer& layer) { return as<network::IReduceLayer>(layer).getReduceAxes() == 0; }

// x + 0, x - 0, x * 1, x / 1, if the constant does not enlarge the result.
struct Neutral {
  ElementWiseOperation operation;
  double element;
};
constexpr Neutral kNeutrals[] = {{ElementWiseOperation::kSUM, 0},
                                 {ElementWiseOperation::kSUB, 0},
                                 {ElementWiseOperation::kPROD, 1},
                                 {ElementWiseOperation::kDIV, 1}};

bool has_neutral_operand(const ILayer& layer) {
  if (!layer.epilogue().empty() || layer.getInput(0)->getDimensions() != layer.getOutput(0)->getDimensions()) {
    return false;
  }
  const auto value = uniform_value(*layer.getInput(1));
  if (!value) return false;
  return std::any_of(std::begin(kNeutrals), std::end(kNeutrals), [&](const Neutral& row) {
    return row.operation == as<network::IElementWiseLayer>(layer).getOperation() && row.element == *value;
  });
}

struct Row {
  LayerType type;
  bool (*does_nothing)(const ILayer&);
};
constexpr Row kRows[] = {
    {LayerType::kIDENTITY, always},
    {LayerType::kCAST, casts_to_same_type},
    {LayerType::kSHUFFLE, shuffles_nothing},
    {LayerType::kSLICE, takes_everything},
    {LayerType::kCONCATENATION, joins_one},
    {LayerType::kREDUCE, reduces_nothing},
    {LayerType::kPOOLING, pools_single_elements},
    {LayerType::kRESIZE, resizes_nothing},
    {LayerType::kELEMENTWISE, has_neutral_operand},
};

bool does_nothing(const ILayer& layer, Elements elements) {
  if (elements == Elements::kChange && layer.getType() == LayerType::kELEMENTWISE) return false;
  return std::any_of(std::begin(kRows), std::end(kRows),
                     [&](const Row& row) { return row.type == layer.getType() && row.does_nothing(layer); });
}

// A network output that is also an input or another output needs a layer of its own.
bool may_go(const ILayer& layer) {
  const ITensor& in = *layer.getInput(0);
  const ITensor& out = *layer.getOutput(0);
  const bool is_taken = in.isNetworkInput() || in.isNetworkOutput();
  return in.format() == out.format() && !(out.isNetworkOutput() && is_taken);
}

// Before: a layer whose output always equals its input (identity, cast to the same dtype, shuffle to the same dims,
// slice of everything, concatenation of one, reduction of no axis, pooling of single elements, resize to the same size,
// sum with 0 or product with 1).
// After: its readers read the input.
class RemoveIdentities final : public Pass {
 public:
  explicit RemoveIdentities(Elements elements) : elements_(elements) {}
  const char* name() const override { return "remove-identities"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || !does_nothing(*layer, elements_) || !may_go(*layer)) continue;
      rewriter.replace_all_uses(*layer->getOutput(0), *layer->getInput(0));
      rewriter.erase_if_dead(*layer);
    }
    return rewriter.changed();
  }

 private:
  Elements elements_;
};

}  // namespace

std::unique_ptr<Pass> make_remove_identities(Elements elements) { return std::make_unique<RemoveIdentities>(elements); }

}  // namespace torch_tensorrt::optimizer
