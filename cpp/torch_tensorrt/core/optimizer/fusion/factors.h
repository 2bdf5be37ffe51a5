#pragma once

#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

// Products and sums with constants, taken apart to match patterns of spelled-out formulas.
namespace torch_tensorrt::optimizer {

// A product of a constant and tensors, in the order of the network.
struct Factors {
  double constant = 1;
  std::vector<network::ITensor*> tensors;
};

// An ElementWise product, or a quotient by a constant, without an epilogue.
bool is_product(const network::IElementWiseLayer& layer);

// Splits products and quotients by constants into factors, as long as the parts have no other reader. Any other tensor
// is its own factor. The root may have other readers.
Factors read_factors(network::ITensor& tensor, bool is_root = false);

// tensor + shift (the constant on either side), or tensor - constant; empty for anything else.
struct Shifted {
  network::ITensor* tensor = nullptr;
  double shift = 0;
};
std::optional<Shifted> read_shift(const network::ITensor& tensor);

// n if the tensor is x to the power of n (x itself, x * x, pow(x, n) with a constant n), else 0.
int32_t read_power(network::ITensor& tensor, const network::ITensor* x);

// The layer if the tensor is a sum of two tensors, else null.
const network::IElementWiseLayer* plain_sum(const network::ITensor& tensor);

}  // namespace torch_tensorrt::optimizer
