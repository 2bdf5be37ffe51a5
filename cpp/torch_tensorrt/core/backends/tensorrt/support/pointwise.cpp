#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"
#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that compute each element from the elements at the same place.
namespace torch_tensorrt::backends::tensorrt {

using network::DataType;
using network::ILayer;

namespace {

using network::ActivationType;
using network::ElementWiseOperation;
using network::UnaryOperation;

Decision supports_operation(ElementWiseOperation operation, DataType type, const network::ITensor* second) {
  switch (operation) {
    case ElementWiseOperation::kBIT_AND:
    case ElementWiseOperation::kBIT_OR:
    case ElementWiseOperation::kBIT_XOR:
      return Decision::no(network::enum_name(operation) + ": TensorRT has no operations on the bits of integers");
    case ElementWiseOperation::kPOW: {
      if (network::is_floating_point(type)) return Decision::yes();
      const std::optional<int64_t> exponent = constant_integer(second);
      if (exponent.has_value() && *exponent >= 0 && *exponent <= kMaxIntegerExponent) return Decision::yes();
      return Decision::no(str("powers of ", network::enum_name(type),
                              ": TensorRT has only powers of floats, and an exponent that is not a constant from 0 to ",
                              kMaxIntegerExponent, " cannot be written out as products"));
    }
    case ElementWiseOperation::kSUM:
    case ElementWiseOperation::kPROD:
    case ElementWiseOperation::kMAX:
    case ElementWiseOperation::kMIN:
    case ElementWiseOperation::kSUB:
    case ElementWiseOperation::kDIV:
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
      return Decision::yes();
  }
  return Decision::no("its operation is unknown");
}

Decision supports_type(ActivationType type, double alpha, double beta) {
  if (type == ActivationType::kCLIP && alpha > beta) {
    return Decision::no(
        str("clip to a range whose lower end ", alpha, " is above the upper end ", beta, " is undefined in TensorRT"));
  }
  return Decision::yes();
}

Decision supports_epilogue(const ILayer& layer) {
  for (const network::EpilogueOp& op : layer.epilogue()) {
    const bool is_activation = op.kind == network::EpilogueOp::Kind::kActivation;
    const Decision decision = is_activation ? supports_type(op.activation, op.alpha, op.beta)
                                            : supports_operation(op.elementwise, layer.getOutput(0)->getType(),
                                                                 op.swapped ? nullptr : layer.getInput(op.input));
    if (!decision) return decision;
  }
  return Decision::yes();
}

}  // namespace

Decision supports_activation(const ILayer& layer) {
  const auto& activation = static_cast<const network::IActivationLayer&>(layer);
  return supports_type(activation.getActivationType(), activation.getAlpha(), activation.getBeta());
}

Decision supports_elementwise(const ILayer& layer) {
  const auto& elementwise = static_cast<const network::IElementWiseLayer&>(layer);
  const Decision decision =
      supports_operation(elementwise.getOperation(), layer.getInput(0)->getType(), layer.getInput(1));
  return decision ? supports_epilogue(layer) : decision;
}

Decision supports_unary(const ILayer& layer) {
  const auto& unary = static_cast<const network::IUnaryLayer&>(layer);
  if (unary.getOperation() == UnaryOperation::kERFC) {
    return Decision::no("TensorRT has no erfc, and 1 - erf(x) is 0 where erfc(x) is small");
  }
  return Decision::yes();
}

}  // namespace torch_tensorrt::backends::tensorrt
