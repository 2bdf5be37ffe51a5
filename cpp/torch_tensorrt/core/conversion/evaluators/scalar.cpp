#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/evaluators/families.h"

// Arithmetic on numbers that may be computed in the network. PyTorch's operators compute it if all numbers are known.
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

// A row's function for computed numbers; called only if a number is computed.
using Computed = std::function<ITensor*(ConversionCtx*, const torch::jit::Node*, const std::vector<ITensor*>&)>;

// A known or computed number as a 0-d network tensor. Python's floats are doubles and its ints have 64 bits, even if
// they are items of tensors with a narrower dtype.
ITensor* operand(ConversionCtx* ctx, const torch::jit::IValue& value) {
  if (!TensorContainer::is_in(value)) {
    const auto number = value.toScalar();
    return converters::tensor_constant(ctx, at::scalar_tensor(number, at::TensorOptions().dtype(number.type())));
  }
  auto* tensor = value.toCustomClass<TensorContainer>()->tensor();
  if (tensor->getDimensions().nbDims != 0) {
    auto* shuffle = ctx->net->addShuffle(*tensor);
    shuffle->setReshapeDimensions(nvinfer1::Dims());
    tensor = shuffle->getOutput(0);
  }
  const auto type = tensor->getType();
  if (type == DataType::kBOOL) return tensor;
  const auto wide = nvinfer1::is_integral(type) ? at::kLong : at::kDouble;
  return converters::cast(ctx, tensor, wide);
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
  const auto type = at::promote_types(converters::scalar_type(a), converters::scalar_type(b));
  auto* layer = ctx->net->addElementWise(*converters::cast(ctx, a, type), *converters::cast(ctx, b, type), operation);
  layer->setName(util::node_info(n).c_str());
  return layer->getOutput(0);
}

Computed elementwise(ElementWiseOperation operation) {
  return [operation](ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& x) {
    return apply(ctx, n, operation, x[0], x[1]);
  };
}

// Python's / of ints is a float, and so are roots and logarithms.
ITensor* as_real(ConversionCtx* ctx, ITensor* x) { return converters::cast(ctx, x, at::kDouble); }

Computed of_reals(ElementWiseOperation operation) {
  return [operation](ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& x) {
    return apply(ctx, n, operation, as_real(ctx, x[0]), as_real(ctx, x[1]));
  };
}

bool is_real(const ITensor* x) { return nvinfer1::is_floating_point(x->getType()); }

// For floats TorchScript uses floor(a / b) with a rounded quotient: 1.0 // 0.1 is 10, though Python gives 9.
ITensor* floor_divided(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& x) {
  if (!is_real(x[0]) && !is_real(x[1])) return apply(ctx, n, ElementWiseOperation::kFLOOR_DIV, x[0], x[1]);
  return ctx->net->addUnary(*apply(ctx, n, ElementWiseOperation::kDIV, x[0], x[1]), UnaryOperation::kFLOOR)
      ->getOutput(0);
}

// For floats TorchScript uses fmod(b + fmod(a, b), b).
ITensor* remainder(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& x) {
  if (!is_real(x[0]) && !is_real(x[1])) return apply(ctx, n, ElementWiseOperation::kREMAINDER, x[0], x[1]);
  auto* rest = apply(ctx, n, ElementWiseOperation::kFMOD, x[0], x[1]);
  return apply(ctx, n, ElementWiseOperation::kFMOD, apply(ctx, n, ElementWiseOperation::kSUM, x[1], rest), x[1]);
}

Computed of_real(UnaryOperation operation) {
  return [operation](ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
    return ctx->net->addUnary(*as_real(ctx, x[0]), operation)->getOutput(0);
  };
}

// Negates the comparison.
Computed unless(ElementWiseOperation operation) {
  return [operation](ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& x) {
    return ctx->net->addUnary(*apply(ctx, n, operation, x[0], x[1]), UnaryOperation::kNOT)->getOutput(0);
  };
}

ITensor* absolute(ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
  return ctx->net->addUnary(*x[0], UnaryOperation::kABS)->getOutput(0);
}

ITensor* negated(ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
  return ctx->net->addUnary(*x[0], UnaryOperation::kNOT)->getOutput(0);
}

// Reduces a list with computed numbers to one number: min([a, b, c]).
NodeEvaluator folded(ElementWiseOperation operation) {
  return [operation](ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) -> Result {
    if (!is_computed(n, args)) return run_operator(n, args);
    ITensor* all = nullptr;
    for (const auto& element : argument(n, args, 0).toListRef()) {
      auto* next = operand(ctx, element);
      all = all == nullptr ? next : apply(ctx, n, operation, all, next);
    }
    return number_or_tensor(all);
  };
}

// Whether two lists of numbers are equal.
NodeEvaluator lists_equal(bool when_same) {
  return [when_same](ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) -> Result {
    if (!is_computed(n, args)) return run_operator(n, args);
    const auto a = argument(n, args, 0).toListRef().vec();
    const auto b = argument(n, args, 1).toListRef().vec();
    if (a.size() != b.size()) return torch::jit::IValue(!when_same);
    ITensor* same = nullptr;
    for (size_t i = 0; i < a.size(); ++i) {
      auto* equal = apply(ctx, n, ElementWiseOperation::kEQUAL, operand(ctx, a[i]), operand(ctx, b[i]));
      same = same == nullptr ? equal : apply(ctx, n, ElementWiseOperation::kAND, same, equal);
    }
    return number_or_tensor(when_same ? same : ctx->net->addUnary(*same, UnaryOperation::kNOT)->getOutput(0));
  };
}

Computed cast_to(at::ScalarType type) {
  return [type](ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
    return converters::cast(ctx, x[0], type);
  };
}

ITensor* negative(ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
  return ctx->net->addUnary(*x[0], UnaryOperation::kNEG)->getOutput(0);
}

// In Python, floor and ceil of a float are ints.
Computed rounded(UnaryOperation operation) {
  return [operation](ConversionCtx* ctx, const torch::jit::Node*, const std::vector<ITensor*>& x) {
    if (nvinfer1::is_integral(x[0]->getType())) return x[0];
    return converters::cast(ctx, ctx->net->addUnary(*x[0], operation)->getOutput(0), at::kLong);
  };
}

// `x is y` where one of them may be a network tensor, which is never None.
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

// The number overloads of an operator that also has tensor overloads: op(Scalar, Scalar), op.int(int, int), ...
std::set<std::string> number_pairs(const std::string& op) {
  std::set<std::string> schemas = {op + "(Scalar a, Scalar b) -> Scalar"};
  for (const std::string a : {"int", "float"}) {
    for (const std::string b : {"int", "float"}) {
      schemas.insert(op + "." + (a == b ? a : a + "_" + b) + "(" + a + " a, " + b + " b) -> Scalar");
    }
  }
  return schemas;
}

std::set<std::string> plain_forms(const std::string& op) {
  return {op + ".int(int a) -> Scalar", op + ".float(float a) -> Scalar"};
}

std::set<std::string> number_forms(const std::string& op) {
  auto forms = plain_forms(op);
  forms.insert(op + ".Scalar(Scalar a) -> Scalar");
  return forms;
}

void append_pairs(Registrations& rows) {
  const std::pair<const char*, Computed> pairs[] = {
      {"aten::add", elementwise(ElementWiseOperation::kSUM)},
      {"aten::sub", elementwise(ElementWiseOperation::kSUB)},
      {"aten::mul", elementwise(ElementWiseOperation::kPROD)},
      {"aten::floordiv", floor_divided},
      {"prim::min", elementwise(ElementWiseOperation::kMIN)},
      {"prim::max", elementwise(ElementWiseOperation::kMAX)},
      {"aten::remainder", remainder},
      {"aten::fmod", of_reals(ElementWiseOperation::kFMOD)},
      {"aten::div", of_reals(ElementWiseOperation::kDIV)},
      {"aten::eq", elementwise(ElementWiseOperation::kEQUAL)},
      {"aten::ne", unless(ElementWiseOperation::kEQUAL)},
      {"aten::lt", elementwise(ElementWiseOperation::kLESS)},
      {"aten::ge", unless(ElementWiseOperation::kLESS)},
      {"aten::gt", elementwise(ElementWiseOperation::kGREATER)},
      {"aten::le", unless(ElementWiseOperation::kGREATER)},
  };
  for (const auto& [op, compute] : pairs) rows.push_back(row(op, computed(compute), number_pairs(op)));
  auto powers = number_pairs("aten::pow");
  powers.erase("aten::pow(Scalar a, Scalar b) -> Scalar");
  rows.push_back(row("aten::pow", computed(of_reals(ElementWiseOperation::kPOW)), powers));
  rows.push_back(row("aten::__round_to_zero_floordiv", computed(elementwise(ElementWiseOperation::kDIV)),
                     {"aten::__round_to_zero_floordiv.int(int a, int b) -> int"}));
}

void append_bools(Registrations& rows) {
  const std::pair<const char*, ElementWiseOperation> pairs[] = {{"aten::__and__", ElementWiseOperation::kAND},
                                                                {"aten::__or__", ElementWiseOperation::kOR},
                                                                {"aten::__xor__", ElementWiseOperation::kXOR}};
  for (const auto& [op, operation] : pairs) {
    rows.push_back(row(op, computed(elementwise(operation)), {op + std::string(".bool(bool a, bool b) -> bool")}));
  }
  rows.push_back(row("aten::__not__", computed(negated), {"aten::__not__(bool self) -> bool"}));
}

void append_lists(Registrations& rows) {
  const std::tuple<const char*, const char*, ElementWiseOperation> folds[] = {
      {"prim::min", ".self_int(int[] self) -> int", ElementWiseOperation::kMIN},
      {"prim::max", ".self_int(int[] self) -> int", ElementWiseOperation::kMAX},
      {"aten::sum", ".int(int[] self) -> int", ElementWiseOperation::kSUM},
  };
  for (const auto& [op, schema, operation] : folds) {
    rows.push_back(row(op, folded(operation), {std::string(op) + schema}));
  }
  rows.push_back(row("aten::eq", lists_equal(true), {"aten::eq.int_list(int[] a, int[] b) -> bool"}));
  rows.push_back(row("aten::ne", lists_equal(false), {"aten::ne.int_list(int[] a, int[] b) -> bool"}));
}

void append_reals(Registrations& rows) {
  const std::pair<const char*, UnaryOperation> functions[] = {{"aten::sqrt", UnaryOperation::kSQRT},
                                                              {"aten::log", UnaryOperation::kLOG},
                                                              {"aten::round", UnaryOperation::kROUND}};
  for (const auto& [op, operation] : functions) rows.push_back(row(op, computed(of_real(operation)), plain_forms(op)));
}

}  // namespace

Registrations scalar_evaluators() {
  Registrations rows;
  append_pairs(rows);
  append_bools(rows);
  append_lists(rows);
  append_reals(rows);
  // For numbers and for 0-d tensors.
  rows.push_back(row("aten::Int", computed(cast_to(at::kLong))));
  rows.push_back(row("aten::IntImplicit", computed(cast_to(at::kLong))));
  rows.push_back(row("aten::Float", computed(cast_to(at::kDouble))));
  rows.push_back(row("aten::FloatImplicit", computed(cast_to(at::kDouble))));
  rows.push_back(row("aten::Bool", computed(cast_to(at::kBool))));
  const auto as_it_is = [](ConversionCtx*, const torch::jit::Node*, const std::vector<ITensor*>& x) { return x[0]; };
  rows.push_back(row("aten::ScalarImplicit", computed(as_it_is)));
  rows.push_back(row("aten::item", computed(as_it_is)));
  rows.push_back(row("prim::abs", computed(absolute), plain_forms("prim::abs")));
  rows.push_back(row("aten::neg", computed(negative), number_forms("aten::neg")));
  rows.push_back(row("aten::floor", computed(rounded(UnaryOperation::kFLOOR)), number_forms("aten::floor")));
  rows.push_back(row("aten::ceil", computed(rounded(UnaryOperation::kCEIL)), number_forms("aten::ceil")));
  rows.push_back(row("aten::__is__", identity_test(true)));
  rows.push_back(row("aten::__isnot__", identity_test(false)));
  return rows;
}

}  // namespace torch_tensorrt::core::conversion::evaluators
