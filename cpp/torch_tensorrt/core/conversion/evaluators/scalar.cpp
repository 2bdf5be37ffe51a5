#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/converter_util.h"
#include "torch_tensorrt/core/conversion/evaluators/families.h"

// Arithmetic on numbers of which some may be computed in the network. Known ones are left to PyTorch's operators.
namespace torch_tensorrt::core::conversion::evaluators {
namespace {

using nvinfer1::DataType;
using nvinfer1::ElementWiseOperation;
using nvinfer1::ITensor;
using nvinfer1::UnaryOperation;

bool is_computed(const torch::jit::Node* n, const kwargs& args) {
  for (size_t i = 0; i < n->inputs().size(); ++i) {
    if (holds_network_tensor(argument(n, args, i))) return true;
  }
  return false;
}

// A row's function for computed numbers, behind the check that there are some.
using Computed = std::function<ITensor*(ConversionCtx*, const torch::jit::Node*, const std::vector<ITensor*>&)>;

// A number that may be computed, as a 0-d network tensor.
ITensor* operand(ConversionCtx* ctx, const torch::jit::IValue& value) {
  if (!TensorContainer::is_in(value)) return converters::scalar_to_tensor(ctx, value.toScalar());
  auto* tensor = value.toCustomClass<TensorContainer>()->tensor();
  if (tensor->getDimensions().nbDims == 0) return tensor;
  auto* shuffle = ctx->net->addShuffle(*tensor);
  shuffle->setReshapeDimensions(nvinfer1::Dims());
  return shuffle->getOutput(0);
}

NodeEvaluator computed(Computed compute) {
  return [compute = std::move(compute)](ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) -> Result {
    if (!is_computed(n, args)) return run_operator(n, args);
    std::vector<ITensor*> operands;
    for (size_t i = 0; i < n->inputs().size(); ++i) operands.push_back(operand(ctx, argument(n, args, i)));
    return number_or_tensor(compute(ctx, n, operands));
  };
}

ITensor* apply(ConversionCtx* ctx, const torch::jit::Node* n, ElementWiseOperation operation, ITensor* a, ITensor* b) {
  return converters::add_elementwise(ctx, operation, a, b, util::node_info(n))->getOutput(0);
}

Computed elementwise(ElementWiseOperation operation) {
  return [operation](ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& x) {
    return apply(ctx, n, operation, x[0], x[1]);
  };
}

// a - floor(a / b) * b, Python's %.
ITensor* remainder(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& x) {
  auto* whole = apply(ctx, n, ElementWiseOperation::kFLOOR_DIV, x[0], x[1]);
  return apply(ctx, n, ElementWiseOperation::kSUB, x[0], apply(ctx, n, ElementWiseOperation::kPROD, whole, x[1]));
}

// Python's / of ints is a float.
ITensor* true_division(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& x) {
  auto* a = converters::castITensor(ctx, x[0], DataType::kFLOAT);
  auto* b = converters::castITensor(ctx, x[1], DataType::kFLOAT);
  return apply(ctx, n, ElementWiseOperation::kDIV, a, b);
}

Computed cast_to(DataType type) {
  return [type](ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
    return converters::castITensor(ctx, x[0], type);
  };
}

ITensor* negative(ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
  return ctx->net->addUnary(*x[0], UnaryOperation::kNEG)->getOutput(0);
}

// floor and ceil of a float are ints in Python.
Computed rounded(UnaryOperation operation) {
  return [operation](ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
    if (nvinfer1::is_integral(x[0]->getType())) return x[0];
    return converters::castITensor(ctx, ctx->net->addUnary(*x[0], operation)->getOutput(0), DataType::kINT64);
  };
}

// x is y, where one of them may be a network tensor (which is never None).
NodeEvaluator identity_test(bool when_same) {
  return [when_same](ConversionCtx*, const torch::jit::Node* n, kwargs& args) -> Result {
    const auto a = argument(n, args, 0);
    const auto b = argument(n, args, 1);
    if (!TensorContainer::is_in(a) && !TensorContainer::is_in(b)) return a.is(b) == when_same;
    const bool same = TensorContainer::is_in(a) && TensorContainer::is_in(b) &&
                      a.toCustomClass<TensorContainer>()->tensor() == b.toCustomClass<TensorContainer>()->tensor();
    return same == when_same;
  };
}

// The number forms of an operator that tensors have too: op(Scalar, Scalar), op.int(int, int), ...
std::set<std::string> number_pairs(const std::string& op) {
  std::set<std::string> schemas = {op + "(Scalar a, Scalar b) -> Scalar"};
  for (const std::string a : {"int", "float"}) {
    for (const std::string b : {"int", "float"}) {
      schemas.insert(op + "." + (a == b ? a : a + "_" + b) + "(" + a + " a, " + b + " b) -> Scalar");
    }
  }
  return schemas;
}

std::set<std::string> number_forms(const std::string& op) {
  return {op + ".int(int a) -> Scalar", op + ".float(float a) -> Scalar", op + ".Scalar(Scalar a) -> Scalar"};
}

void append_pairs(Registrations& rows) {
  const std::pair<const char*, Computed> pairs[] = {
      {"aten::add", elementwise(ElementWiseOperation::kSUM)},
      {"aten::sub", elementwise(ElementWiseOperation::kSUB)},
      {"aten::mul", elementwise(ElementWiseOperation::kPROD)},
      {"aten::floordiv", elementwise(ElementWiseOperation::kFLOOR_DIV)},
      {"prim::min", elementwise(ElementWiseOperation::kMIN)},
      {"prim::max", elementwise(ElementWiseOperation::kMAX)},
      {"aten::remainder", remainder},
      {"aten::div", true_division},
  };
  for (const auto& [op, compute] : pairs) rows.push_back(row(op, computed(compute), number_pairs(op)));
}

}  // namespace

Registrations scalar_evaluators() {
  Registrations rows;
  append_pairs(rows);
  // Of numbers and of 0-d tensors alike.
  rows.push_back(row("aten::Int", computed(cast_to(DataType::kINT64))));
  rows.push_back(row("aten::IntImplicit", computed(cast_to(DataType::kINT64))));
  rows.push_back(row("aten::Float", computed(cast_to(DataType::kFLOAT))));
  rows.push_back(row("aten::FloatImplicit", computed(cast_to(DataType::kFLOAT))));
  rows.push_back(row("aten::Bool", computed(cast_to(DataType::kBOOL))));
  const auto as_it_is = [](ConversionCtx*, const torch::jit::Node*, const std::vector<ITensor*>& x) { return x[0]; };
  rows.push_back(row("aten::ScalarImplicit", computed(as_it_is)));
  rows.push_back(row("aten::item", computed(as_it_is)));
  rows.push_back(row("aten::neg", computed(negative), number_forms("aten::neg")));
  rows.push_back(row("aten::floor", computed(rounded(UnaryOperation::kFLOOR)), number_forms("aten::floor")));
  rows.push_back(row("aten::ceil", computed(rounded(UnaryOperation::kCEIL)), number_forms("aten::ceil")));
  rows.push_back(row("aten::__is__", identity_test(true)));
  rows.push_back(row("aten::__isnot__", identity_test(false)));
  return rows;
}

}  // namespace torch_tensorrt::core::conversion::evaluators
