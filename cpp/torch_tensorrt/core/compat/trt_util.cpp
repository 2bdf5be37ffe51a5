#include "torch_tensorrt/core/compat/trt_util.h"

#include <algorithm>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::util {
namespace {

nvinfer1::Dims padded(c10::IntArrayRef l, uint64_t pad_to, bool front) {
  std::vector<int64_t> sizes = l.vec();
  const size_t missing = pad_to > sizes.size() ? pad_to - sizes.size() : 0;
  sizes.insert(front ? sizes.begin() : sizes.end(), missing, 1);
  return nvinfer1::Dims(sizes);
}

}  // namespace

int64_t volume(const nvinfer1::Dims& d) { return d.volume(); }

bool broadcastable(nvinfer1::Dims a, nvinfer1::Dims b, bool multidirectional) {
  if (!multidirectional && b.nbDims > a.nbDims) return false;
  const int32_t common = std::min(a.nbDims, b.nbDims);
  for (int32_t i = 1; i <= common; ++i) {
    const int64_t x = a.d[a.nbDims - i];
    const int64_t y = b.d[b.nbDims - i];
    const bool stretch = y == 1 || (multidirectional && x == 1);
    if (x != y && !stretch && x != -1 && y != -1) return false;
  }
  return true;
}

nvinfer1::Dims toDims(c10::IntArrayRef l) { return nvinfer1::Dims(static_cast<int32_t>(l.size()), l.data()); }
nvinfer1::Dims toDims(c10::List<int64_t> l) { return nvinfer1::Dims(l.vec()); }
nvinfer1::Dims toDimsPad(c10::IntArrayRef l, uint64_t pad_to) { return padded(l, pad_to, /*front=*/true); }
nvinfer1::Dims toDimsPad(c10::List<int64_t> l, uint64_t pad_to) { return toDimsPad(c10::IntArrayRef(l.vec()), pad_to); }
nvinfer1::Dims toDimsTailPad(c10::IntArrayRef l, uint64_t pad_to) { return padded(l, pad_to, /*front=*/false); }
nvinfer1::Dims toDimsTailPad(c10::List<int64_t> l, uint64_t pad_to) {
  return toDimsTailPad(c10::IntArrayRef(l.vec()), pad_to);
}

nvinfer1::Dims unpadDims(const nvinfer1::Dims& d) {
  const auto* end = d.d + d.nbDims;
  const auto* begin = std::find_if(d.d, end, [](int64_t size) { return size != 1; });
  return nvinfer1::Dims(static_cast<int32_t>(end - begin), begin);
}

bool validateInputDimsForShuffle(const nvinfer1::Dims& d, bool is_dynamic) {
  const auto dynamic = std::count(d.d, d.d + d.nbDims, -1);
  return dynamic == 0 || (is_dynamic && dynamic <= 1);
}

nvinfer1::Dims unsqueezeDims(const nvinfer1::Dims& d, int pos, int val, bool use_zeros) {
  TORCHTRT_CHECK(pos >= 0 && pos <= d.nbDims, "position " << pos << " is out of range for rank " << d.nbDims);
  auto sizes = d.to_vector();
  if (use_zeros) std::replace(sizes.begin(), sizes.end(), int64_t{-1}, int64_t{0});
  sizes.insert(sizes.begin() + pos, val);
  return nvinfer1::Dims(sizes);
}

nvinfer1::Dims squeezeDims(const nvinfer1::Dims& d, int pos, bool use_zeros, bool swap_existing_zeros) {
  TORCHTRT_CHECK(pos >= 0 && pos < d.nbDims, "position " << pos << " is out of range for rank " << d.nbDims);
  auto sizes = d.to_vector();
  sizes.erase(sizes.begin() + pos);
  for (auto& size : sizes) {
    if (size == 0 && swap_existing_zeros) {
      size = -1;
    } else if (size == -1 && use_zeros) {
      size = 0;
    }
  }
  return nvinfer1::Dims(sizes);
}

nvinfer1::Dims squeezeAllDims(const nvinfer1::Dims& d, bool use_zeros_for_unknown_dims) {
  std::vector<int64_t> sizes;
  for (const int64_t size : d.to_vector()) {
    if (size == 1) continue;
    sizes.push_back(size == -1 && use_zeros_for_unknown_dims ? 0 : size);
  }
  return nvinfer1::Dims(sizes);
}

nvinfer1::DimsHW toDimsHW(c10::IntArrayRef l) {
  TORCHTRT_CHECK(l.size() == 2, "expected two sizes (height, width), found " << l);
  return nvinfer1::DimsHW(l[0], l[1]);
}
nvinfer1::DimsHW toDimsHW(c10::List<int64_t> l) { return toDimsHW(c10::IntArrayRef(l.vec())); }

std::vector<int64_t> toVec(nvinfer1::Dims d) { return d.to_vector(); }
std::string toStr(nvinfer1::Dims d) { return torch_tensorrt::str(d); }

std::optional<nvinfer1::DataType> optTypeMetaToTRTDataType(caffe2::TypeMeta dtype) {
  return optScalarTypeToTRTDataType(c10::typeMetaToScalarType(dtype));
}

const std::map<at::ScalarType, nvinfer1::DataType>& get_aten_trt_type_map() { return dtype_pairs(); }

torch::jit::Value* getOrAddInputForValue(torch::jit::Value* old_value, std::shared_ptr<torch::jit::Graph>& graph,
                                         std::unordered_map<torch::jit::Value*, torch::jit::Value*>& old_to_new) {
  const auto found = old_to_new.find(old_value);
  if (found != old_to_new.end()) return found->second;
  auto* node = old_value->node();
  torch::jit::Value* added = nullptr;
  if (node->kind() == torch::jit::prim::Constant) {
    auto* constant = graph->createClone(node, [](torch::jit::Value*) -> torch::jit::Value* { return nullptr; });
    added = graph->block()->prependNode(constant)->output();
  } else {
    added = graph->addInput()->copyMetadata(old_value);
  }
  old_to_new[old_value] = added;
  return added;
}

torch::jit::Node* cloneNode(torch::jit::Node* node, std::shared_ptr<torch::jit::Graph>& graph,
                            std::unordered_map<torch::jit::Value*, torch::jit::Value*>& old_to_new) {
  auto* clone = graph->block()->appendNode(graph->createClone(
      node, [&](torch::jit::Value* value) { return getOrAddInputForValue(value, graph, old_to_new); }));
  for (size_t i = 0; i < node->outputs().size(); ++i) old_to_new[node->outputs()[i]] = clone->outputs()[i];
  return clone;
}

}  // namespace torch_tensorrt::core::util
