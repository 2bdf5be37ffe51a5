#include "torch_tensorrt/core/conversion/block_converter.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"
#include "torch_tensorrt/core/util/jit_types.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::conversion {
namespace {

// Texts in PyTorch's errors about numbers. Other errors are ignored: they may concern the small example tensors.
constexpr std::array<const char*, 3> kRefusals = {"without overflow", "negative integer powers", "argument alpha must"};

bool is_number(const torch::jit::Value* value) {
  auto type = value->type();
  if (const auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  return type->kind() == c10::TypeKind::NumberType || type->kind() == c10::TypeKind::IntType ||
         type->kind() == c10::TypeKind::FloatType;
}

// Whether the argument takes any number; arguments of ints are sizes and dimensions.
bool takes_number(const torch::jit::Node* n, size_t place) {
  const auto& arguments = n->schema().arguments();
  if (place >= arguments.size()) return false;
  auto type = arguments[place].real_type();
  if (const auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  return type->kind() == c10::TypeKind::NumberType && is_number(n->input(place));
}

// Uses two elements if the rank allows: with a single element, fill() wraps numbers around that it refuses otherwise.
at::Tensor example_tensor(size_t rank, at::ScalarType type) {
  std::vector<int64_t> sizes(rank, 1);
  if (rank > 0) sizes.back() = 2;
  return at::ones(sizes, at::TensorOptions().dtype(type));
}

// The arguments with small tensors in place of network tensors; empty if a number or a list is computed.
std::vector<torch::jit::IValue> example(const torch::jit::Node* n, const converters::args& args) {
  std::vector<torch::jit::IValue> stack;
  for (size_t i = 0; i < args.size(); ++i) {
    const Var& var = args[i];
    const bool is_tensor = n->input(i)->type()->isSubtypeOf(*c10::TensorType::get());
    if (var.isITensor()) {
      if (!is_tensor) return {};
      const auto* tensor = var.ITensor();
      stack.emplace_back(example_tensor(static_cast<size_t>(tensor->getDimensions().nbDims),
                                        util::TRTDataTypeToScalarType(tensor->getType())));
      continue;
    }
    const torch::jit::IValue value = var.isIValue() ? *var.IValue() : torch::jit::IValue();
    if (evaluators::holds_network_tensor(value)) return {};
    if (!value.isTensor()) {
      stack.push_back(value);
      continue;
    }
    stack.emplace_back(example_tensor(static_cast<size_t>(value.toTensor().dim()), value.toTensor().scalar_type()));
  }
  return stack;
}

// Describes the numbers and the dtypes for the message.
std::string describe(const torch::jit::Node* n, const std::vector<torch::jit::IValue>& stack) {
  std::string numbers;
  std::string types;
  for (size_t i = 0; i < stack.size(); ++i) {
    if (stack[i].isTensor()) {
      types += std::string(types.empty() ? "" : ", ") + c10::toString(stack[i].toTensor().scalar_type());
    } else if (stack[i].isScalar() && takes_number(n, i)) {
      numbers += torch_tensorrt::str(numbers.empty() ? "" : ", ", stack[i].toScalar());
    }
  }
  return numbers + " with a tensor of dtype " + types;
}

void throw_refusal(const torch::jit::Node* n, const std::vector<torch::jit::IValue>& stack, const std::string& text) {
  const auto says = [&](const char* refusal) { return text.find(refusal) != std::string::npos; };
  if (std::none_of(kRefusals.begin(), kRefusals.end(), says)) return;
  TORCHTRT_THROW_ERROR(util::node_info(n) << ": PyTorch does not accept " << describe(n, stack) << ": " << text);
}

}  // namespace

void check_numbers(const torch::jit::Node* n, const converters::args& args) {
  if (n->maybeSchema() == nullptr || util::is_random(n) || n->hasSideEffects()) return;
  bool has_number = false;
  for (size_t i = 0; i < args.size(); ++i) {
    has_number = has_number || (takes_number(n, i) && args[i].isIValue() && args[i].IValue()->isScalar());
  }
  const auto stack = has_number ? example(n, args) : std::vector<torch::jit::IValue>();
  const auto is_tensor = [](const torch::jit::IValue& value) { return value.isTensor(); };
  if (std::none_of(stack.begin(), stack.end(), is_tensor)) return;
  torch::jit::Stack results = stack;
  try {
    n->getOperation()(results);
  } catch (const c10::Error& error) {
    throw_refusal(n, stack, error.what_without_backtrace());
  } catch (const std::exception& error) {
    throw_refusal(n, stack, error.what());
  }
}

}  // namespace torch_tensorrt::core::conversion
