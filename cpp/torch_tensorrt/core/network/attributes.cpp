#include "torch_tensorrt/core/network/attributes.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

bool operator==(const EpilogueOp& a, const EpilogueOp& b) {
  if (a.kind != b.kind) {
    return false;
  }
  switch (a.kind) {
    case EpilogueOp::Kind::kActivation:
      return a.activation == b.activation && a.alpha == b.alpha && a.beta == b.beta;
    case EpilogueOp::Kind::kElementWise:
      return a.elementwise == b.elementwise && a.input == b.input && a.swapped == b.swapped;
  }
  return false;
}

void AttributeVisitor::check_range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) {
    TORCHTRT_THROW_ERROR("attribute " << name << " is " << value << ", must be in " << low << ".." << high);
  }
}

}  // namespace torch_tensorrt::network
