#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::DataType;
using network::UnaryOperation;

enum class Takes { kFloats, kNumbers, kBool };

struct UnaryRow {
  UnaryOperation operation;
  Takes takes;
  void (*out)(at::Tensor& out, const at::Tensor& x);
};

const UnaryRow kUnary[] = {
    {UnaryOperation::kEXP, Takes::kFloats, [](auto& out, auto& x) { at::exp_out(out, x); }},
    {UnaryOperation::kLOG, Takes::kFloats, [](auto& out, auto& x) { at::log_out(out, x); }},
    {UnaryOperation::kSQRT, Takes::kFloats, [](auto& out, auto& x) { at::sqrt_out(out, x); }},
    {UnaryOperation::kRECIP, Takes::kFloats, [](auto& out, auto& x) { at::reciprocal_out(out, x); }},
    {UnaryOperation::kABS, Takes::kNumbers, [](auto& out, auto& x) { at::abs_out(out, x); }},
    {UnaryOperation::kNEG, Takes::kNumbers, [](auto& out, auto& x) { at::neg_out(out, x); }},
    {UnaryOperation::kSIN, Takes::kFloats, [](auto& out, auto& x) { at::sin_out(out, x); }},
    {UnaryOperation::kCOS, Takes::kFloats, [](auto& out, auto& x) { at::cos_out(out, x); }},
    {UnaryOperation::kTAN, Takes::kFloats, [](auto& out, auto& x) { at::tan_out(out, x); }},
    {UnaryOperation::kSINH, Takes::kFloats, [](auto& out, auto& x) { at::sinh_out(out, x); }},
    {UnaryOperation::kCOSH, Takes::kFloats, [](auto& out, auto& x) { at::cosh_out(out, x); }},
    {UnaryOperation::kASIN, Takes::kFloats, [](auto& out, auto& x) { at::asin_out(out, x); }},
    {UnaryOperation::kACOS, Takes::kFloats, [](auto& out, auto& x) { at::acos_out(out, x); }},
    {UnaryOperation::kATAN, Takes::kFloats, [](auto& out, auto& x) { at::atan_out(out, x); }},
    {UnaryOperation::kASINH, Takes::kFloats, [](auto& out, auto& x) { at::asinh_out(out, x); }},
    {UnaryOperation::kACOSH, Takes::kFloats, [](auto& out, auto& x) { at::acosh_out(out, x); }},
    {UnaryOperation::kATANH, Takes::kFloats, [](auto& out, auto& x) { at::atanh_out(out, x); }},
    {UnaryOperation::kCEIL, Takes::kNumbers, [](auto& out, auto& x) { at::ceil_out(out, x); }},
    {UnaryOperation::kFLOOR, Takes::kNumbers, [](auto& out, auto& x) { at::floor_out(out, x); }},
    {UnaryOperation::kERF, Takes::kFloats, [](auto& out, auto& x) { at::erf_out(out, x); }},
    {UnaryOperation::kNOT, Takes::kBool, [](auto& out, auto& x) { at::logical_not_out(out, x); }},
    {UnaryOperation::kSIGN, Takes::kNumbers, [](auto& out, auto& x) { at::sign_out(out, x); }},
    {UnaryOperation::kROUND, Takes::kNumbers, [](auto& out, auto& x) { at::round_out(out, x); }},
    {UnaryOperation::kISINF, Takes::kNumbers, [](auto& out, auto& x) { out.copy_(at::isinf(x)); }},
    {UnaryOperation::kISNAN, Takes::kNumbers, [](auto& out, auto& x) { out.copy_(at::isnan(x)); }},
    {UnaryOperation::kLOG2, Takes::kFloats, [](auto& out, auto& x) { at::log2_out(out, x); }},
    {UnaryOperation::kLOG10, Takes::kFloats, [](auto& out, auto& x) { at::log10_out(out, x); }},
    {UnaryOperation::kLOG1P, Takes::kFloats, [](auto& out, auto& x) { at::log1p_out(out, x); }},
    {UnaryOperation::kEXPM1, Takes::kFloats, [](auto& out, auto& x) { at::expm1_out(out, x); }},
    {UnaryOperation::kEXP2, Takes::kFloats, [](auto& out, auto& x) { at::exp2_out(out, x); }},
    {UnaryOperation::kERFC, Takes::kFloats, [](auto& out, auto& x) { at::erfc_out(out, x); }},
    {UnaryOperation::kTRUNC, Takes::kNumbers, [](auto& out, auto& x) { at::trunc_out(out, x); }},
};

const UnaryRow* find_row(UnaryOperation operation) {
  for (const UnaryRow& row : kUnary) {
    if (row.operation == operation) return &row;
  }
  return nullptr;
}

bool takes(const UnaryRow& row, DataType type) {
  switch (row.takes) {
    case Takes::kFloats:
      return is_arithmetic_float(type);
    case Takes::kNumbers:
      return is_arithmetic(type);
    case Takes::kBool:
      return type == DataType::kBOOL;
  }
  return false;
}

Decision supports(const network::ILayer& layer) {
  const auto operation = static_cast<const network::IUnaryLayer&>(layer).getOperation();
  const DataType type = layer.getInput(0)->getType();
  const UnaryRow* row = find_row(operation);
  if (row != nullptr && takes(*row, type)) return Decision::yes();
  return Decision::no(network::enum_name(operation) + " does not take " + network::enum_name(type));
}

Compute make(Request& request) {
  const UnaryRow* row = find_row(request.layer<network::IUnaryLayer>().getOperation());
  return [x = request.input(0), out = request.output(), row]() mutable { row->out(out, x); };
}

}  // namespace

const Row kUnaryRow = {"aten.unary", network::LayerType::kUNARY, supports, make, /*in_place=*/true};

}  // namespace torch_tensorrt::engine::aten
