#pragma once

#include <optional>

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// Our descriptions of tensors and operations as oneDNN's.
namespace torch_tensorrt::engine::onednn {

inline int64_t rounded_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

dnnl::memory::dims to_dims(const network::Dims& dims);
// kFLOAT, kHALF, kBF16, kINT8 or kUINT8 (Error for others).
dnnl::memory::data_type to_type(network::DataType type);
// Takes tensors in kLINEAR or kHWC.
dnnl::memory::desc to_desc(const TensorDesc& desc);
// A row-major desc.
dnnl::memory::desc plain_desc(const dnnl::memory::dims& dims,
                              dnnl::memory::data_type type = dnnl::memory::data_type::f32);
// The desc of the tensor with leading dims of 1 up to the rank; strides as its format says.
dnnl::memory::desc padded_desc(const TensorDesc& desc, int32_t rank);

// Algorithm and factors of an activation; a no if oneDNN has no such formula.
struct Eltwise {
  dnnl::algorithm algorithm;
  float alpha;
  float beta;
};
std::optional<Eltwise> to_eltwise(network::ActivationType type, double alpha, double beta);
std::optional<dnnl::algorithm> to_binary(network::ElementWiseOperation operation);

// Requirements common to all oneDNN tactics: a CPU, tensors of one dtype, f32 (or bf16 if the processor has
// instructions for it).
Decision check_basics(const network::ILayer& layer, const DeviceTarget& device);
// The same for tactics of f32 tensors alone.
Decision check_f32(const network::ILayer& layer, const DeviceTarget& device);
// The same for tactics that round nothing, which take 8-bit integers, too.
Decision check_movable(const network::ILayer& layer, const DeviceTarget& device);
// Requirements for layers that compute with 8-bit integers, in place of the above.
Decision check_quantized(const network::ILayer& layer, const DeviceTarget& device);
// The same for layers that read 8-bit integers and give them, with scales, by primitives for which these are post-ops.
Decision check_scaled(const network::ILayer& layer, const DeviceTarget& device);
bool is_byte(network::DataType type);
// Whether every operation of the epilogue has a post-op.
Decision check_epilogue(const network::ILayer& layer);
// No, with oneDNN's text. Throws std::bad_alloc if oneDNN ran out of memory, which tells nothing about its abilities.
Decision declined(const dnnl::error& error);
// No for reference implementations: ATen's are faster.
Decision check_implementation(const char* name);
bool is_plain_or_hwc(network::TensorFormat format);
// No if a tensor of the instance is in another format.
Decision check_formats(const LayerInstance& instance);

// Time to move the bytes of all tensors and do the operations, at 10 GB/s and 50 GFLOP/s: an order of magnitude.
double roofline_microseconds(const LayerInstance& instance, double operations);

}  // namespace torch_tensorrt::engine::onednn
