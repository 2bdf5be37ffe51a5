#pragma once

#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "c10/core/ScalarType.h"
#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/compat/nvinfer1.h"
#include "torch_tensorrt/core/util/jit_types.h"

#define TRT_ENGINE_CAPABILITY_STANDARD nvinfer1::EngineCapability::kSTANDARD
#define TRT_ENGINE_CAPABILITY_SAFETY nvinfer1::EngineCapability::kSAFETY
#define TRT_ENGINE_CAPABILITY_DLA_STANDALONE nvinfer1::EngineCapability::kDLA_STANDALONE

namespace torch_tensorrt::network {

template <class T>
std::shared_ptr<T> make_trt(T* p) {
  return std::shared_ptr<T>(p);
}

}  // namespace torch_tensorrt::network

namespace torch_tensorrt::core::util {

// Number of elements; -1 if a dim is dynamic.
int64_t volume(const nvinfer1::Dims& d);
// PyTorch's rule. Without multidirectional, only b may be stretched.
bool broadcastable(nvinfer1::Dims a, nvinfer1::Dims b, bool multidirectional = true);

nvinfer1::Dims toDims(c10::IntArrayRef l);
nvinfer1::Dims toDims(c10::List<int64_t> l);
// At least `pad_to` dimensions, with ones in front (at the end, for the tail form).
nvinfer1::Dims toDimsPad(c10::IntArrayRef l, uint64_t pad_to);
nvinfer1::Dims toDimsPad(c10::List<int64_t> l, uint64_t pad_to);
nvinfer1::Dims toDimsTailPad(c10::IntArrayRef l, uint64_t pad_to);
nvinfer1::Dims toDimsTailPad(c10::List<int64_t> l, uint64_t pad_to);
// The dims without leading ones.
nvinfer1::Dims unpadDims(const nvinfer1::Dims& d);
bool validateInputDimsForShuffle(const nvinfer1::Dims& d, bool is_dynamic);
// With use_zeros a dynamic dimension is written as 0 (copy), as reshapes need it.
nvinfer1::Dims unsqueezeDims(const nvinfer1::Dims& d, int pos, int val = 1, bool use_zeros = true);
nvinfer1::Dims squeezeDims(const nvinfer1::Dims& d, int pos, bool use_zeros = true, bool swap_existing_zeros = false);
nvinfer1::Dims squeezeAllDims(const nvinfer1::Dims& d, bool use_zeros_for_unknown_dims = true);
nvinfer1::DimsHW toDimsHW(c10::IntArrayRef l);
nvinfer1::DimsHW toDimsHW(c10::List<int64_t> l);

std::vector<int64_t> toVec(nvinfer1::Dims d);
std::string toStr(nvinfer1::Dims d);

std::optional<nvinfer1::DataType> optTypeMetaToTRTDataType(caffe2::TypeMeta dtype);
const std::map<at::ScalarType, nvinfer1::DataType>& get_aten_trt_type_map();

torch::jit::Value* getOrAddInputForValue(torch::jit::Value* old_value, std::shared_ptr<torch::jit::Graph>& graph,
                                         std::unordered_map<torch::jit::Value*, torch::jit::Value*>& old_to_new);
torch::jit::Node* cloneNode(torch::jit::Node* node, std::shared_ptr<torch::jit::Graph>& graph,
                            std::unordered_map<torch::jit::Value*, torch::jit::Value*>& old_to_new);

}  // namespace torch_tensorrt::core::util
