#pragma once

#include "torch_tensorrt/core/network/types.h"

// The formula of every pointwise operation, stated once for constant folding, tests and (as text) generated
// kernels.
namespace torch_tensorrt::network {

double apply_activation(ActivationType type, double x, double alpha, double beta);
double apply_unary(UnaryOperation operation, double x);
double apply_elementwise(ElementWiseOperation operation, double a, double b);
// Integers: exact in 64 bits (PyTorch's floor division and wrap-around). Throws Error on division by zero and on an
// operation without an integer form.
int64_t apply_elementwise(ElementWiseOperation operation, int64_t a, int64_t b);

// PyTorch's defaults, for printing and for converters.
struct ActivationDefaults {
  double alpha;
  double beta;
};
ActivationDefaults activation_defaults(ActivationType type);

}  // namespace torch_tensorrt::network
