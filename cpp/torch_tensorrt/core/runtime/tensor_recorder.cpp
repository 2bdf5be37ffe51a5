#include "torch_tensorrt/core/runtime/tensor_recorder.h"

#include <ATen/ATen.h>

#include <optional>
#include <string_view>

#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

namespace torch_tensorrt::core::runtime {
namespace {

// The last operation of the layer, if it quantizes.
const network::EpilogueOp* quantization_of(const network::ILayer& layer) {
  const auto& epilogue = layer.epilogue();
  const bool quantizes = !epilogue.empty() && epilogue.back().kind == network::EpilogueOp::Kind::kQuantize;
  return quantizes ? &epilogue.back() : nullptr;
}

// What a quantization by this layer, or by the next one, multiplied the channels by; null if it did not.
const float* channel_factors(const network::ILayer& layer) {
  const auto& epilogue = layer.epilogue();
  const size_t end = epilogue.size() - (quantization_of(layer) != nullptr ? 1 : 0);
  if (end == 0 || epilogue[end - 1].kind != network::EpilogueOp::Kind::kElementWise) return nullptr;
  const network::ILayer& maker = *layer.getInput(epilogue[end - 1].input)->producer();
  const auto* constant = network::layer_cast<network::IConstantLayer>(&maker);
  if (constant == nullptr || std::string_view(maker.getMetadata()) != optimizer::kChannelFactors) return nullptr;
  return static_cast<const float*>(constant->getWeights().values);
}

bool is_constant(const network::ITensor& tensor) {
  return tensor.producer()->getType() == network::LayerType::kCONSTANT;
}

// A tensor without a name of its own has the name of its layer. Builds may fuse different operations into that layer,
// so these belong to the name; not so biases and scales, which are in the layer in one build and fused in another.
std::string name_of(const network::ITensor& tensor, const optimizer::TensorKeys& keys) {
  std::string name = optimizer::given_name(tensor);
  if (!name.empty()) return name;
  name = keys.at(&tensor);
  const network::ILayer& layer = *tensor.producer();
  for (const network::EpilogueOp& op : layer.epilogue()) {
    using Kind = network::EpilogueOp::Kind;
    if (op.kind == Kind::kQuantize || (op.reads_input() && is_constant(*layer.getInput(op.input)))) continue;
    name += " + " + network::op_name(op);
  }
  return name;
}

}  // namespace

const optimizer::TensorKeys& TensorRecorder::keys_of(const engine::Plan& plan) {
  auto& [network, keys] = keys_[plan.network.get()];
  if (network == nullptr) {
    network = plan.network;  // keeps its address from being another's
    keys = optimizer::tensor_keys(*network);
  }
  return keys;
}

void TensorRecorder::observe(const engine::Plan& plan, const network::ITensor& tensor, const engine::TensorDesc& desc,
                             const void* data) {
  const network::ILayer& layer = *tensor.producer();
  const auto* quantization = quantization_of(layer);
  const auto kind = layer.getType();
  const bool is_copy = kind == network::LayerType::kREFORMAT || kind == network::LayerType::kCAST;
  if (is_copy || kind == network::LayerType::kQUANTIZE || tensor.isNetworkInput()) return;
  if (!network::is_floating_point(desc.dtype) && quantization == nullptr) return;
  const auto type = engine::aten::find_scalar_type(desc.dtype);
  if (!type) return;
  const network::Dims strides = desc.strides();
  const at::Tensor view = at::from_blob(const_cast<void*>(data), engine::aten::sizes_of(desc.dims),
                                        engine::aten::sizes_of(strides), at::TensorOptions().dtype(*type));
  at::Tensor value = view.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous();
  if (quantization != nullptr) value = (value - quantization->beta).mul_(quantization->alpha);
  if (const float* factors = channel_factors(layer); factors != nullptr) {
    value.div_(at::from_blob(const_cast<float*>(factors), {value.size(-1)}, at::kFloat));
  }
  records_.push_back({plan.name, name_of(tensor, keys_of(plan)), layer.getName(), layer.source(), value});
}

}  // namespace torch_tensorrt::core::runtime
