#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {

using network::ActivationType;
using network::DataType;
using network::ElementWiseOperation;
using network::EpilogueOp;

dnnl::memory::dims to_dims(const network::Dims& dims) { return {dims.d, dims.d + dims.nbDims}; }

dnnl::memory::data_type to_type(DataType type) {
  if (type == DataType::kFLOAT) return dnnl::memory::data_type::f32;
  if (type == DataType::kINT8) return dnnl::memory::data_type::s8;
  if (type == DataType::kUINT8) return dnnl::memory::data_type::u8;
  if (type == DataType::kHALF) return dnnl::memory::data_type::f16;
  TORCHTRT_CHECK(type == DataType::kBF16, "no tactic of oneDNN takes " << network::enum_name(type));
  return dnnl::memory::data_type::bf16;
}

dnnl::memory::desc plain_desc(const dnnl::memory::dims& dims, dnnl::memory::data_type type) {
  dnnl::memory::dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<dnnl::memory::dim>(dims[i], 1);
  return {dims, type, strides};
}

dnnl::memory::desc to_desc(const TensorDesc& desc) { return padded_desc(desc, desc.dims.nbDims); }

dnnl::memory::desc padded_desc(const TensorDesc& desc, int32_t rank) {
  auto dims = to_dims(desc.dims);
  auto strides = to_dims(desc.strides());
  const int64_t whole = std::max<int64_t>(desc.dims.volume(), 1);
  while (static_cast<int32_t>(dims.size()) < std::max(rank, 1)) {
    dims.insert(dims.begin(), 1);
    strides.insert(strides.begin(), whole);
  }
  return {dims, to_type(desc.dtype), strides};
}

std::optional<Eltwise> to_eltwise(ActivationType type, double exact_alpha, double exact_beta) {
  using A = dnnl::algorithm;
  const auto alpha = static_cast<float>(exact_alpha);
  const auto beta = static_cast<float>(exact_beta);
  switch (type) {
    case ActivationType::kRELU:
      return Eltwise{A::eltwise_relu, 0.F, 0.F};
    case ActivationType::kLEAKY_RELU:
      return Eltwise{A::eltwise_relu, alpha, 0.F};
    case ActivationType::kSIGMOID:
      return Eltwise{A::eltwise_logistic, 0.F, 0.F};
    case ActivationType::kTANH:
      return Eltwise{A::eltwise_tanh, 0.F, 0.F};
    case ActivationType::kELU:
      return Eltwise{A::eltwise_elu, alpha, 0.F};
    case ActivationType::kCLIP:
      return Eltwise{A::eltwise_clip, alpha, beta};
    case ActivationType::kHARD_SIGMOID:
      return Eltwise{A::eltwise_hardsigmoid, alpha, beta};
    case ActivationType::kHARD_SWISH:
      return Eltwise{A::eltwise_hardswish, alpha, beta};
    case ActivationType::kGELU_ERF:
      return Eltwise{A::eltwise_gelu_erf, 0.F, 0.F};
    case ActivationType::kGELU_TANH:
      return Eltwise{A::eltwise_gelu_tanh, 0.F, 0.F};
    case ActivationType::kSILU:
      return Eltwise{A::eltwise_swish, 1.F, 0.F};
    case ActivationType::kMISH:
      return Eltwise{A::eltwise_mish, 0.F, 0.F};
    // oneDNN's soft_relu is off by 1e-6 where the result itself is about 1e-6.
    case ActivationType::kSOFTPLUS:
    case ActivationType::kSELU:
    case ActivationType::kSOFTSIGN:
    case ActivationType::kSCALED_TANH:
    case ActivationType::kTHRESHOLDED_RELU:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<dnnl::algorithm> to_binary(ElementWiseOperation operation) {
  switch (operation) {
    case ElementWiseOperation::kSUM:
      return dnnl::algorithm::binary_add;
    case ElementWiseOperation::kPROD:
      return dnnl::algorithm::binary_mul;
    case ElementWiseOperation::kSUB:
      return dnnl::algorithm::binary_sub;
    case ElementWiseOperation::kDIV:
      return dnnl::algorithm::binary_div;
    // oneDNN's maximum and minimum lose NaN; PyTorch's keep it.
    case ElementWiseOperation::kMAX:
    case ElementWiseOperation::kMIN:
    case ElementWiseOperation::kPOW:
    case ElementWiseOperation::kFLOOR_DIV:
    case ElementWiseOperation::kAND:
    case ElementWiseOperation::kOR:
    case ElementWiseOperation::kXOR:
    case ElementWiseOperation::kEQUAL:
    case ElementWiseOperation::kGREATER:
    case ElementWiseOperation::kLESS:
    case ElementWiseOperation::kATAN2:
    case ElementWiseOperation::kFMOD:
    case ElementWiseOperation::kREMAINDER:
    case ElementWiseOperation::kBIT_AND:
    case ElementWiseOperation::kBIT_OR:
    case ElementWiseOperation::kBIT_XOR:
      return std::nullopt;
  }
  return std::nullopt;
}

namespace {

Decision check_types(const network::ILayer& layer, const DeviceTarget& device, DataType type) {
  if (!device.is_cpu()) return Decision::no("oneDNN runs on CPUs here");
  const auto wanted = network::enum_name(type);
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const auto* input = layer.getInput(i);
    if (input != nullptr && input->getType() != type) {
      return Decision::no(str("input ", i, " is ", network::enum_name(input->getType()), ", must be ", wanted));
    }
  }
  const auto out = layer.getOutput(0)->getType();
  if (out != type) return Decision::no(str("the output is ", network::enum_name(out), ", must be ", wanted));
  return Decision::yes();
}

// An instruction set has the bits of those that it contains.
bool has_isa(dnnl_cpu_isa_t isa) {
  const auto needed = static_cast<unsigned>(isa);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

// Without instructions for bf16, oneDNN computes it at half the speed of f32. It has no kernels for f16 without them.
Decision has_instructions(DataType type) {
  if (type == DataType::kHALF) {
    return has_isa(dnnl_cpu_isa_avx512_core_fp16)
               ? Decision::yes()
               : Decision::no("the processor has no instructions for f16 (AVX512-FP16)");
  }
  return has_isa(dnnl_cpu_isa_avx512_core_bf16)
             ? Decision::yes()
             : Decision::no("the processor has no instructions for bf16 (AVX512-BF16 or AMX)");
}

}  // namespace

Decision check_f32(const network::ILayer& layer, const DeviceTarget& device) {
  return check_types(layer, device, DataType::kFLOAT);
}

Decision check_basics(const network::ILayer& layer, const DeviceTarget& device) {
  const DataType type = layer.getOutput(0)->getType();
  if (type != DataType::kBF16 && type != DataType::kHALF) return check_f32(layer, device);
  const Decision types = check_types(layer, device, type);
  return types ? has_instructions(type) : types;
}

Decision check_movable(const network::ILayer& layer, const DeviceTarget& device) {
  const DataType type = layer.getOutput(0)->getType();
  return is_byte(type) ? check_types(layer, device, type) : check_basics(layer, device);
}

Decision check_quantized(const network::ILayer& layer, const DeviceTarget& device) {
  if (!device.is_cpu()) return Decision::no("oneDNN runs on CPUs here");
  // Without VNNI, sums of two products saturate at 16 bits.
  const bool vnni = has_isa(dnnl_cpu_isa_avx512_core_vnni) || has_isa(dnnl_cpu_isa_avx2_vnni);
  if (!vnni) return Decision::no("the processor has no instructions for sums of 8-bit products (VNNI or AMX)");
  if (!is_byte(layer.getInput(0)->getType())) return Decision::no("input 0 is not of 8-bit integers");
  for (int32_t i = layer.own_input_count(); i < layer.getNbInputs(); ++i) {
    const DataType type = layer.getInput(i)->getType();
    if (type != DataType::kFLOAT && !is_byte(type)) {
      return Decision::no(str("input ", i, " is ", network::enum_name(type), ", must be f32, i8 or u8"));
    }
  }
  return Decision::yes();
}

Decision check_scaled(const network::ILayer& layer, const DeviceTarget& device) {
  if (!device.is_cpu()) return Decision::no("oneDNN runs on CPUs here");
  if (!is_byte(layer.getInput(0)->getType())) return Decision::no("input 0 is not of 8-bit integers");
  if (!is_byte(layer.getOutput(0)->getType())) return Decision::no("the output is not of 8-bit integers");
  for (int32_t i = 1; i < layer.getNbInputs(); ++i) {
    const DataType type = layer.getInput(i)->getType();
    if (type != DataType::kFLOAT && !is_byte(type)) {
      return Decision::no(str("input ", i, " is ", network::enum_name(type), ", must be f32, i8 or u8"));
    }
  }
  for (const EpilogueOp& op : layer.epilogue()) {
    const bool is_scale = op.kind == EpilogueOp::Kind::kDequantize || op.kind == EpilogueOp::Kind::kQuantize ||
                          (op.kind == EpilogueOp::Kind::kElementWise && op.alpha != 0);
    // Rounding a sum with the zero point takes ties to another side than a sum with the rounded number.
    if (is_scale && op.beta != 0) return Decision::no("a zero point is not 0");
  }
  return Decision::yes();
}

bool is_byte(DataType type) { return type == DataType::kINT8 || type == DataType::kUINT8; }

Decision check_epilogue(const network::ILayer& layer) {
  const auto& epilogue = layer.epilogue();
  const bool dequantizes = layer.getType() == network::LayerType::kDEQUANTIZE;
  const bool is_quantized = network::begins_with_dequantize(epilogue) || dequantizes;
  for (const EpilogueOp& op : epilogue) {
    if (op.kind == EpilogueOp::Kind::kDequantize) continue;
    if (op.kind == EpilogueOp::Kind::kQuantize) {
      if (is_quantized) continue;
      return Decision::no("oneDNN quantizes results of quantized layers only");
    }
    if (op.kind == EpilogueOp::Kind::kActivation) {
      if (to_eltwise(op.activation, op.alpha, op.beta)) continue;
      return Decision::no(str("oneDNN has no post-op for ", network::enum_name(op.activation)));
    }
    const bool is_own = dequantizes && &op == &epilogue.front();  // the primitive itself, not a post-op
    if (op.alpha != 0 && !is_own && (!is_quantized || op.elementwise != ElementWiseOperation::kSUM)) {
      return Decision::no("oneDNN adds integers to results of quantized layers only");
    }
    if (!to_binary(op.elementwise) || op.swapped) {
      return Decision::no(str("oneDNN has no post-op for ", network::enum_name(op.elementwise)));
    }
  }
  return Decision::yes();
}

Decision check_implementation(const char* name) {
  if (std::strncmp(name, "ref", 3) != 0 && std::strstr(name, ":ref") == nullptr) return Decision::yes();
  return Decision::no(str("oneDNN has only its reference implementation (", name, ")"));
}

bool is_plain_or_hwc(network::TensorFormat format) {
  return format == network::TensorFormat::kLINEAR || format == network::TensorFormat::kHWC;
}

Decision check_formats(const LayerInstance& instance) {
  bool good = true;
  for (size_t i = 0; i < instance.inputs.size(); ++i) {
    good = good && (!instance.present[i] || is_plain_or_hwc(instance.inputs[i].format));
  }
  for (const auto& output : instance.outputs) good = good && is_plain_or_hwc(output.format);
  return good ? Decision::yes() : Decision::no("a tensor is neither row-major nor channels last");
}

Decision declined(const dnnl::error& error) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  return Decision::no(str("oneDNN: ", error.what()));
}

double roofline_microseconds(const LayerInstance& instance, double operations) {
  constexpr double kBytesPerMicrosecond = 1e4;
  constexpr double kOperationsPerMicrosecond = 5e4;
  int64_t bytes = 0;
  for (size_t i = 0; i < instance.inputs.size(); ++i) bytes += instance.present[i] ? instance.inputs[i].bytes() : 0;
  for (const auto& output : instance.outputs) bytes += output.bytes();
  return 1.0 + static_cast<double>(bytes) / kBytesPerMicrosecond + operations / kOperationsPerMicrosecond;
}

}  // namespace torch_tensorrt::engine::onednn
