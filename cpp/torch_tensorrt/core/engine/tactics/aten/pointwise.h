#pragma once

#include <ATen/core/Tensor.h>

#include "torch_tensorrt/core/network/types.h"
#include "torch_tensorrt/core/util/decision.h"

// Point-wise operations that write into existing memory. `out` may be the same tensor as an operand.
namespace torch_tensorrt::engine::aten {

void activation_out(at::Tensor& out, const at::Tensor& x, network::ActivationType type, double alpha, double beta);
Decision activation_supported(network::ActivationType type, network::DataType dtype);

// Operands broadcast to the sizes of `out`; comparisons write kBOOL.
void elementwise_out(at::Tensor& out, const at::Tensor& a, const at::Tensor& b,
                     network::ElementWiseOperation operation);
Decision elementwise_supported(network::ElementWiseOperation operation, network::DataType dtype);

}  // namespace torch_tensorrt::engine::aten
