#include <algorithm>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ConvolutionBase;
using network::Dims;
using network::IResizeLayer;
using network::IShuffleLayer;
using network::ISliceLayer;
using network::ITensor;

// Before: a (de)convolution whose kernel (and bias) are inputs that have become constants.
// After: they are its weights, as other passes and fast tactics need. (The constants are removed as dead layers.)
class AbsorbConstantWeights final : public Pass {
 public:
  const char* name() const override { return "absorb-constant-weights"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || !is_convolution(*layer)) continue;
      auto& convolution = static_cast<ConvolutionBase&>(*layer);
      if (can_absorb(convolution)) absorb(rewriter, convolution);
    }
    return rewriter.changed();
  }

 private:
  static bool can_absorb(const ConvolutionBase& convolution) {
    if (convolution.getNbInputs() < 2 || !convolution.epilogue().empty()) return false;
    for (int32_t i = 1; i < convolution.getNbInputs(); ++i) {
      if (convolution.getInput(i) != nullptr && !is_constant(convolution.getInput(i))) return false;
    }
    return true;
  }

  static void absorb(network::Rewriter& rewriter, ConvolutionBase& convolution) {
    const auto* kernel = constant_of(convolution.getInput(1));
    const auto* bias = constant_of(convolution.getInput(2));
    if (kernel != nullptr) convolution.setKernelWeights(kernel->getWeights());
    if (bias != nullptr) convolution.setBiasWeights(bias->getWeights());
    rewriter.truncate_inputs(convolution, 1);
  }
};

constexpr int64_t kUnknown = network::ShapeValue::kUnknown;

// Elements of a shape tensor, kUnknown where unknown; empty if none is known.
std::vector<int64_t> known_elements(const ITensor& shape) {
  return shape.shape_value() ? shape.shape_value()->elements : std::vector<int64_t>{};
}

// ---- shuffle --------------------------------------------------------------------------------------------------------

// Sizes equal to the input's own become placeholders. Other unknown sizes stay computed, even if the volume would
// decide them: a computed size that does not fit must be an error.
std::optional<Dims> reshape_with_placeholders(const IShuffleLayer& shuffle) {
  const ITensor& input = *shuffle.getInput(0);
  const ITensor& shape = *shuffle.getInput(1);
  std::vector<int64_t> spec = known_elements(shape);
  const int32_t rank = input.getDimensions().nbDims;
  if (spec.empty() || shuffle.has_first_transpose(rank)) return std::nullopt;
  for (size_t i = 0; i < spec.size(); ++i) {
    const auto axis = static_cast<int32_t>(i);
    if (spec[i] == 0 && !(shuffle.getZeroIsPlaceholder() && axis < rank)) return std::nullopt;
    if (spec[i] != kUnknown) continue;
    if (axis >= rank || !network::is_size_of(shape, axis, input, axis)) return std::nullopt;
    spec[i] = 0;
  }
  return Dims(spec);
}

void absorb(network::Rewriter& rewriter, IShuffleLayer& shuffle) {
  if (shuffle.getInput(1) == nullptr) return;
  if (const auto reshape = absolute_reshape(shuffle)) {
    shuffle.setReshapeDimensions(*reshape);
    shuffle.setZeroIsPlaceholder(false);
  } else if (const auto placeholders = reshape_with_placeholders(shuffle)) {
    shuffle.setReshapeDimensions(*placeholders);
    shuffle.setZeroIsPlaceholder(true);
  } else {
    return;
  }
  rewriter.truncate_inputs(shuffle, 1);
}

// ---- slice ----------------------------------------------------------------------------------------------------------

std::vector<int64_t> setting(const ISliceLayer& slice, int32_t input, const Dims& attribute) {
  return slice.getInput(input) == nullptr ? attribute.to_vector() : known_elements(*slice.getInput(input));
}

bool all_known(const std::vector<int64_t>& values) {
  return std::find(values.begin(), values.end(), kUnknown) == values.end();
}

void absorb(network::Rewriter& rewriter, ISliceLayer& slice) {
  if (slice.getNbInputs() < 2 || slice.getInput(4) != nullptr) return;
  const auto rank = static_cast<size_t>(slice.getInput(0)->getDimensions().nbDims);
  const auto start = setting(slice, 1, slice.getStart());
  auto size = setting(slice, 2, slice.getSize());
  const auto stride = setting(slice, 3, slice.getStride());
  if (start.size() != rank || size.size() != rank || stride.size() != rank) return;
  if (!all_known(start) || !all_known(stride)) return;
  for (size_t i = 0; i < rank; ++i) {
    if (size[i] != kUnknown) continue;
    const auto axis = static_cast<int32_t>(i);
    const bool is_whole =
        start[i] == 0 && stride[i] == 1 && network::is_size_of(*slice.getInput(2), axis, *slice.getInput(0), axis);
    if (!is_whole) return;
    size[i] = -1;
  }
  slice.setStart(Dims(start));
  slice.setSize(Dims(size));
  slice.setStride(Dims(stride));
  rewriter.truncate_inputs(slice, 1);
}

// ---- resize ---------------------------------------------------------------------------------------------------------

void absorb(network::Rewriter& rewriter, IResizeLayer& resize) {
  if (resize.getInput(1) == nullptr) return;
  auto size = known_elements(*resize.getInput(1));
  for (size_t i = 0; i < size.size(); ++i) {
    if (size[i] != kUnknown) continue;
    const auto axis = static_cast<int32_t>(i);
    if (!network::is_size_of(*resize.getInput(1), axis, *resize.getInput(0), axis)) return;
    size[i] = -1;
  }
  if (size.empty()) return;
  resize.setOutputDimensions(Dims(size));
  rewriter.truncate_inputs(resize, 1);
}

// Before: a shuffle, slice or resize that gets its sizes from a shape computation. After: the sizes are attributes, if
// they are known or equal to those of the input ("0", "-1").
class AbsorbShapeInputs final : public Pass {
 public:
  const char* name() const override { return "absorb-shape-inputs"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (auto* shuffle = network::layer_cast<IShuffleLayer>(layer)) absorb(rewriter, *shuffle);
      if (auto* slice = network::layer_cast<ISliceLayer>(layer)) absorb(rewriter, *slice);
      if (auto* resize = network::layer_cast<IResizeLayer>(layer)) absorb(rewriter, *resize);
    }
    return rewriter.changed();
  }
};

}  // namespace

std::unique_ptr<Pass> make_absorb_constant_weights() { return std::make_unique<AbsorbConstantWeights>(); }
std::unique_ptr<Pass> make_absorb_shape_inputs() { return std::make_unique<AbsorbShapeInputs>(); }

}  // namespace torch_tensorrt::optimizer
