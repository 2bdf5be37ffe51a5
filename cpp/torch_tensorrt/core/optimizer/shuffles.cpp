#include "torch_tensorrt/core/optimizer/shuffles.h"

#include <algorithm>

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::IShuffleLayer;
using network::Permutation;

int32_t in_rank(const IShuffleLayer& layer) { return layer.getInput(0)->getDimensions().nbDims; }
int32_t out_rank(const IShuffleLayer& layer) { return layer.getOutput(0)->getDimensions().nbDims; }

int64_t count_of(const Dims& dims, int64_t value) { return std::count(dims.d, dims.d + dims.nbDims, value); }

// The result of the reshape, before the second transpose.
Dims reshaped_dims(const IShuffleLayer& layer) {
  const Dims out = layer.getOutput(0)->getDimensions();
  Dims dims = out;
  for (int32_t i = 0; i < out.nbDims; ++i) dims.d[layer.getSecondTranspose().order[i]] = out.d[i];
  return dims;
}

}  // namespace

Permutation compose(const Permutation& p, const Permutation& q, int32_t rank) {
  Permutation both;
  for (int32_t i = 0; i < rank; ++i) both.order[i] = p.order[q.order[i]];
  return both;
}

Permutation inverse(const Permutation& permutation, int32_t rank) {
  Permutation result;
  for (int32_t i = 0; i < rank; ++i) result.order[permutation.order[i]] = i;
  return result;
}

Permutation whole_transpose(const IShuffleLayer& layer) {
  return compose(layer.getFirstTranspose(), layer.getSecondTranspose(), in_rank(layer));
}

bool is_plain_reshape(const IShuffleLayer& layer) {
  return layer.has_reshape() && !layer.has_first_transpose(in_rank(layer)) &&
         !layer.has_second_transpose(out_rank(layer));
}

bool is_plain_transpose(const IShuffleLayer& layer) { return !layer.has_reshape(); }

bool same_dims_always(const Dims& a, const Dims& b) {
  if (a != b) return false;
  // The volume decides one unknown dimension, unless the volume is 0.
  const int64_t unknown = count_of(a, -1);
  return unknown == 0 || (unknown == 1 && count_of(a, 0) == 0);
}

std::optional<Dims> absolute_reshape(const IShuffleLayer& layer) {
  const Dims result = reshaped_dims(layer);
  if (count_of(result, -1) == 0) return result;
  // A computed size may not fit the volume, which would hide that.
  if (layer.getNbInputs() > 1) return std::nullopt;
  if (count_of(result, -1) == 1 && count_of(result, 0) == 0) return result;
  const Dims& spec = layer.getReshapeDimensions();
  const bool has_placeholders = layer.getZeroIsPlaceholder() && count_of(spec, 0) > 0;
  return has_placeholders ? std::nullopt : std::optional<Dims>(spec);
}

}  // namespace torch_tensorrt::optimizer
