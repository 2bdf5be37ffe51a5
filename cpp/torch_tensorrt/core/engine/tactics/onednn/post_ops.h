#pragma once

#include <functional>

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/tactics/onednn/kernel.h"

namespace torch_tensorrt::engine::onednn {

// Describes an operand of the epilogue (a layer input) in the form of the primitive's result.
using DescribeOperand = std::function<dnnl::memory::desc(const TensorDesc& operand, int32_t rank)>;

// The epilogue from operation `first` on, as attributes of a primitive whose result has the rank.
dnnl::primitive_attr with_epilogue(const LayerInstance& instance, size_t first, int32_t rank,
                                   const DescribeOperand& describe);
// Binds the operands of the epilogue.
void bind_epilogue(KernelBuilder& kernel, const LayerInstance& instance, size_t first, int32_t rank,
                   const DescribeOperand& describe);

}  // namespace torch_tensorrt::engine::onednn
