#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/decision.h"

// Products with one constant matrix, whose other operand is a matrix too: its leading dimensions are folded into rows.
namespace torch_tensorrt::engine::onednn {

// Whether input 1 is one constant matrix.
bool constant_matrix(const LayerInstance& instance);
// Whether it is, and input 0 is not transposed.
bool folds(const LayerInstance& instance);
// Leading dimensions become rows.
network::Dims folded(const network::Dims& dims);

// The same of an operand of the epilogue, which may be a row.
network::Dims folded_operand(const TensorDesc& operand);

// Whether the operands have formats and dims that a product takes.
Decision check_operands(const LayerInstance& instance);

// The operation that adds a row to the result, if that is the first one (but for the scale of a quantized layer); else
// null.
const network::EpilogueOp* bias_of(const LayerInstance& instance);
// The first operation of the epilogue that is a post-op.
size_t first_post_op(const LayerInstance& instance);

// Dtypes, device and epilogue of a product, which must have no vector as an operand.
Decision check_product(const network::ILayer& layer, const DeviceTarget& device);

}  // namespace torch_tensorrt::engine::onednn
