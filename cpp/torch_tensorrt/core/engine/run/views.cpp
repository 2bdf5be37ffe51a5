#include "torch_tensorrt/core/engine/run/views.h"

#include <algorithm>
#include <optional>

namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using network::TensorFormat;

// Dims with the stride of each, in elements. Strides of dimensions of size 1 mean nothing.
struct Strided {
  Dims dims;
  Dims strides;
};

Strided strided(const TensorDesc& desc) { return {desc.dims, desc.strides()}; }

bool same_strides(const Strided& a, const Strided& b) {
  if (a.dims != b.dims) return false;
  for (int32_t i = 0; i < a.dims.nbDims; ++i) {
    if (a.dims.d[i] > 1 && a.strides.d[i] != b.strides.d[i]) return false;
  }
  return true;
}

Strided permuted(const Strided& from, const network::Permutation& permutation) {
  Strided to = from;
  for (int32_t i = 0; i < from.dims.nbDims; ++i) {
    to.dims.d[i] = from.dims.d[permutation.order[i]];
    to.strides.d[i] = from.strides.d[permutation.order[i]];
  }
  return to;
}

Dims unpermuted(const Dims& dims, const network::Permutation& permutation) {
  Dims result = dims;
  for (int32_t i = 0; i < dims.nbDims; ++i) result.d[permutation.order[i]] = dims.d[i];
  return result;
}

// A run of dimensions (from the last) that lie in memory like one dimension: their element count and innermost stride.
struct Run {
  int64_t count;
  int64_t stride;
};
std::vector<Run> runs_of(const Strided& tensor) {
  std::vector<Run> runs;
  for (int32_t i = tensor.dims.nbDims - 1; i >= 0; --i) {
    if (tensor.dims.d[i] == 1) continue;
    if (!runs.empty() && runs.back().count * runs.back().stride == tensor.strides.d[i]) {
      runs.back().count *= tensor.dims.d[i];
    } else {
      runs.push_back({tensor.dims.d[i], tensor.strides.d[i]});
    }
  }
  return runs;
}

// The same elements with other dims, if each new dimension lies within one run. Empty if elements would move.
std::optional<Strided> reshaped(const Strided& from, const Dims& dims) {
  Strided to{dims, dims};
  const std::vector<Run> runs = runs_of(from);
  auto run = runs.begin();
  int64_t used = 1;  // elements of the run that are already assigned
  for (int32_t i = dims.nbDims - 1; i >= 0; --i) {
    if (dims.d[i] == 1) continue;
    if (run != runs.end() && used == run->count) {
      ++run;
      used = 1;
    }
    if (run == runs.end() || run->count % (used * dims.d[i]) != 0) return std::nullopt;
    to.strides.d[i] = run->stride * used;
    used *= dims.d[i];
  }
  return to;
}

// The elements of the input as the layer gives them, where they lie. Empty if elements have to move.
std::optional<Strided> shuffled(const network::IShuffleLayer& layer, const TensorDesc& input, const Dims& output) {
  std::optional<Strided> tensor = strided(input);
  if (layer.has_first_transpose(input.dims.nbDims)) tensor = permuted(*tensor, layer.getFirstTranspose());
  const bool transposes_back = layer.has_second_transpose(output.nbDims);
  const Dims dims = transposes_back ? unpermuted(output, layer.getSecondTranspose()) : output;
  if (dims != tensor->dims) tensor = reshaped(*tensor, dims);
  if (!tensor) return std::nullopt;
  return transposes_back ? permuted(*tensor, layer.getSecondTranspose()) : *tensor;
}

// Dims from the input of that index if the layer has one, else those of the attribute. Empty if they are not known.
std::optional<Dims> known_dims(const LayerInstance& instance, size_t input, const Dims& attribute) {
  if (input >= instance.present.size() || !instance.present[input]) return attribute;
  const auto& value = instance.values[input];
  if (!value || !value->is_known()) return std::nullopt;
  return Dims(value->elements);
}

std::optional<View> sliced(const network::ISliceLayer& layer, const LayerInstance& instance) {
  const Strided from = strided(instance.inputs[0]);
  const auto start = known_dims(instance, 1, layer.getStart());
  const auto step = known_dims(instance, 3, layer.getStride());
  const Dims& counts = instance.outputs[0].dims;
  if (!start || !step || start->nbDims != counts.nbDims) return std::nullopt;
  View view{from.strides};
  for (int32_t i = 0; i < counts.nbDims; ++i) {
    const int64_t by = step->nbDims == 0 ? 1 : step->d[i];
    const int64_t last = start->d[i] + (counts.d[i] - 1) * by;
    if (by < 1 || start->d[i] < 0 || last >= from.dims.d[i]) return std::nullopt;
    view.strides.d[i] = from.strides.d[i] * by;
    view.offset_bytes += start->d[i] * from.strides.d[i];
  }
  view.offset_bytes *= network::element_size(instance.inputs[0].dtype);
  return view;
}

}  // namespace

bool same_layout(const TensorDesc& a, const TensorDesc& b) {
  return a.dims == b.dims && same_strides(strided(a), strided(b));
}

bool is_view(const network::ILayer& layer, const TensorDesc& input, const TensorDesc& output) {
  using network::LayerType;
  if (input.dtype != output.dtype || input.dims.volume() == 0) return false;
  if (const auto* shuffle = network::layer_cast<network::IShuffleLayer>(&layer)) {
    const auto tensor = shuffled(*shuffle, input, output.dims);
    return tensor && same_strides(*tensor, strided(output));
  }
  const LayerType type = layer.getType();
  const bool copies = type == LayerType::kIDENTITY || type == LayerType::kCAST || type == LayerType::kREFORMAT;
  return copies && same_layout(input, output);
}

std::optional<View> find_view(const LayerInstance& instance) {
  if (instance.outputs[0].dims.volume() == 0) return std::nullopt;
  if (const auto* shuffle = network::layer_cast<network::IShuffleLayer>(instance.layer)) {
    const auto tensor = shuffled(*shuffle, instance.inputs[0], instance.outputs[0].dims);
    return tensor ? std::optional<View>(View{tensor->strides}) : std::nullopt;
  }
  const auto* slice = network::layer_cast<network::ISliceLayer>(instance.layer);
  return slice != nullptr ? sliced(*slice, instance) : std::nullopt;
}

}  // namespace torch_tensorrt::engine
