#include <algorithm>
#include <map>
#include <numeric>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Products of matrices and vectors, and Einstein summation.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;

// ---- einsum -------------------------------------------------------------------------------------------------------

// Einstein summation from left to right: each pair of operands is one batched matrix product.

// A letter is its own label; dimensions of an ellipsis have negative labels, the last of them -1.
using Label = int32_t;
using Labels = std::vector<Label>;

struct Term {
  ITensor* tensor;
  Labels labels;
};

bool has(const Labels& labels, Label label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

int32_t place(const Labels& labels, Label label) {
  return static_cast<int32_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

// "ij..." with a tensor of rank 4 -> i, j, -2, -1
Labels read_labels(const torch::jit::Node* n, const std::string& text, int32_t rank) {
  Labels labels;
  const auto letters =
      static_cast<int32_t>(std::count_if(text.begin(), text.end(), [](char c) { return std::isalpha(c); }));
  for (size_t i = 0; i < text.size(); ++i) {
    if (std::isalpha(text[i])) {
      labels.push_back(text[i]);
    } else {
      TORCHTRT_CHECK(text.compare(i, 3, "...") == 0, util::node_info(n)
                                                         << ": '" << text << "' is not a list of subscripts");
      for (int32_t left = rank - letters; left > 0; --left) labels.push_back(-left);
      i += 2;
    }
  }
  TORCHTRT_CHECK(static_cast<int32_t>(labels.size()) == rank,
                 util::node_info(n) << ": '" << text << "' does not fit a tensor of rank " << rank);
  return labels;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

ITensor* permuted(ConversionCtx* ctx, ITensor* x, const std::vector<int32_t>& order) {
  return std::is_sorted(order.begin(), order.end()) ? x : transpose(ctx, x, order);
}

// A repeated label takes the diagonal.
Term without_repeats(ConversionCtx* ctx, const torch::jit::Node* n, Term term) {
  for (size_t i = 0; i < term.labels.size(); ++i) {
    const auto again = std::find(term.labels.begin() + i + 1, term.labels.end(), term.labels[i]);
    if (again == term.labels.end()) continue;
    const auto first = static_cast<int32_t>(i);
    const auto second = static_cast<int32_t>(again - term.labels.begin());
    const int64_t size = known_size(n, term.tensor, first, "its diagonal is taken");
    TORCHTRT_CHECK(size == term.tensor->getDimensions().d[second],
                   util::node_info(n) << ": subscript '" << static_cast<char>(term.labels[i]) << "' has the sizes "
                                      << size << " and " << term.tensor->getDimensions().d[second]);
    std::vector<int32_t> order;
    Labels labels;
    for (int32_t d = 0; d < rank(term.tensor); ++d) {
      if (d == first || d == second) continue;
      order.push_back(d);
      labels.push_back(term.labels[d]);
    }
    labels.push_back(term.labels[i]);
    order.insert(order.end(), {first, second});
    auto* last = permuted(ctx, term.tensor, order);
    auto* flat = replace_dims(ctx, last, rank(last) - 2, rank(last), {size * size});
    return without_repeats(ctx, n, {slice_dim(ctx, flat, rank(flat) - 1, 0, size, size + 1), labels});
  }
  return term;
}

// Sums over the labels that are not wanted later.
Term without(ConversionCtx* ctx, Term term, const Labels& wanted) {
  uint32_t axes = 0;
  Labels kept;
  for (size_t i = 0; i < term.labels.size(); ++i) {
    if (has(wanted, term.labels[i])) {
      kept.push_back(term.labels[i]);
    } else {
      axes |= 1U << i;
    }
  }
  if (axes == 0) return term;
  return {reduce(ctx, nvinfer1::ReduceOperation::kSUM, term.tensor, axes, /*keep=*/false), kept};
}

// Orders the dimensions by the groups and merges each group into one dimension.
ITensor* grouped(ConversionCtx* ctx, const Term& term, const std::vector<Labels>& groups, size_t separate) {
  std::vector<int32_t> order;
  for (const Labels& group : groups) {
    for (const Label label : group) order.push_back(place(term.labels, label));
  }
  auto* x = permuted(ctx, term.tensor, order);
  auto end = static_cast<int32_t>(order.size());
  for (size_t g = groups.size(); g-- > separate;) {
    const auto begin = end - static_cast<int32_t>(groups[g].size());
    if (groups[g].size() != 1) x = replace_dims(ctx, x, begin, end, {groups[g].empty() ? 1 : -1});
    end = begin;
  }
  return x;
}

Labels select(const Labels& labels, const Labels& other, bool in_other) {
  Labels result;
  for (const Label label : labels) {
    if (has(other, label) == in_other) result.push_back(label);
  }
  return result;
}

// Broadcasts both to the same order of labels and multiplies them.
Term multiply(ConversionCtx* ctx, const Term& a, const Term& b) {
  Labels labels = a.labels;
  for (const Label label : b.labels) {
    if (!has(labels, label)) labels.push_back(label);
  }
  const auto aligned = [&](const Term& term) {
    std::vector<int32_t> order;
    for (const Label label : labels) {
      if (has(term.labels, label)) order.push_back(place(term.labels, label));
    }
    auto* x = permuted(ctx, term.tensor, order);
    for (size_t i = 0; i < labels.size(); ++i) {
      const auto dim = static_cast<int32_t>(i);
      if (!has(term.labels, labels[i])) x = replace_dims(ctx, x, dim, dim, {1});
    }
    return x;
  };
  return {apply(ctx, ElementWiseOperation::kPROD, aligned(a), aligned(b)), labels};
}

int64_t size_of(const Term& term, Label label) { return term.tensor->getDimensions().d[place(term.labels, label)]; }

// A label of both operands is a batch dimension if it is wanted later, otherwise the product sums over it.
Term contract(ConversionCtx* ctx, Term a, Term b, const Labels& wanted) {
  Labels for_a = wanted;
  for_a.insert(for_a.end(), b.labels.begin(), b.labels.end());
  Labels for_b = wanted;
  for_b.insert(for_b.end(), a.labels.begin(), a.labels.end());
  a = without(ctx, a, for_a);
  b = without(ctx, b, for_b);
  const Labels shared = select(a.labels, b.labels, true);
  const Labels batch = select(shared, wanted, true);
  const Labels summed = select(shared, wanted, false);
  const auto broadcasts = [&](Label label) { return size_of(a, label) != size_of(b, label); };
  if (summed.empty() || std::any_of(shared.begin(), shared.end(), broadcasts)) {
    return without(ctx, multiply(ctx, a, b), wanted);
  }
  const Labels rows = select(a.labels, shared, false);
  const Labels columns = select(b.labels, shared, false);
  std::vector<Labels> left;
  std::vector<Labels> right;
  for (const Label label : batch) {
    left.push_back({label});
    right.push_back({label});
  }
  left.insert(left.end(), {rows, summed});
  right.insert(right.end(), {summed, columns});
  auto* product = matrix_product(ctx, grouped(ctx, a, left, batch.size()), grouped(ctx, b, right, batch.size()));
  Labels labels = batch;
  labels.insert(labels.end(), rows.begin(), rows.end());
  labels.insert(labels.end(), columns.begin(), columns.end());
  if (rows.size() == 1 && columns.size() == 1) return {product, labels};
  SizeList sizes;
  for (const Label label : labels) {
    const Term& term = has(a.labels, label) ? a : b;
    append(sizes, converters::size_of(ctx, term.tensor, place(term.labels, label)));
  }
  return {reshape(ctx, product, sizes), labels};
}

// Without "->": the ellipsis, then every letter that occurs once, in alphabetical order.
Labels implied_output(const std::vector<Term>& terms) {
  std::map<Label, int> counts;
  for (const Term& term : terms) {
    for (const Label label : term.labels) ++counts[label];
  }
  Labels output;
  for (const auto& [label, count] : counts) {
    if (label < 0 || count == 1) output.push_back(label);
  }
  return output;
}

Labels output_labels(const torch::jit::Node* n, const std::string& text, const std::vector<Term>& terms) {
  int32_t ellipsis = 0;
  for (const Term& term : terms) {
    for (const Label label : term.labels) ellipsis = std::max(ellipsis, -label);
  }
  const auto letters =
      static_cast<int32_t>(std::count_if(text.begin(), text.end(), [](char c) { return std::isalpha(c); }));
  const bool has_ellipsis = text.find("...") != std::string::npos;
  return read_labels(n, text, letters + (has_ellipsis ? ellipsis : 0));
}

bool einsum(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  std::string equation = args[0].unwrapToString();
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  const size_t arrow = equation.find("->");
  const auto inputs = split(equation.substr(0, arrow), ',');
  const auto tensors = tensor_list(ctx, args[1]);
  TORCHTRT_CHECK(inputs.size() == tensors.size(), util::node_info(n)
                                                      << ": '" << equation << "' has " << inputs.size()
                                                      << " operands, but " << tensors.size() << " tensors are given");
  std::vector<Term> terms;
  for (size_t i = 0; i < tensors.size(); ++i)
    terms.push_back({tensors[i], read_labels(n, inputs[i], rank(tensors[i]))});
  const Labels output =
      arrow == std::string::npos ? implied_output(terms) : output_labels(n, equation.substr(arrow + 2), terms);
  for (Term& term : terms) term = without_repeats(ctx, n, term);
  Term result = terms[0];
  for (size_t i = 1; i < terms.size(); ++i) {
    Labels wanted = output;
    for (size_t j = i + 1; j < terms.size(); ++j)
      wanted.insert(wanted.end(), terms[j].labels.begin(), terms[j].labels.end());
    result = contract(ctx, result, terms[i], wanted);
  }
  result = without(ctx, result, output);
  std::vector<int32_t> order;
  for (const Label label : output) {
    TORCHTRT_CHECK(std::count(output.begin(), output.end(), label) == 1,
                   util::node_info(n) << ": the output of '" << equation << "' has a subscript twice");
    TORCHTRT_CHECK(has(result.labels, label), util::node_info(n)
                                                  << ": the output of '" << equation << "' has a subscript "
                                                  << "that no input has");
    order.push_back(place(result.labels, label));
  }
  auto* out = permuted(ctx, result.tensor, order);
  return finish(ctx, n, out == tensors[0] ? identity(ctx, out) : out);
}

// ---- vectors ------------------------------------------------------------------------------------------------------

bool mv(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, matrix_product(ctx, args[0].ITensorOrFreeze(ctx), args[1].ITensorOrFreeze(ctx)));
}

// a_i b_j
bool outer(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand a = read_operand(ctx, args[0]);
  const Operand b = read_operand(ctx, args[1]);
  TORCHTRT_CHECK(rank(a.tensor) == 1 && rank(b.tensor) == 1,
                 util::node_info(n) << ": ranks are " << rank(a.tensor) << " and " << rank(b.tensor) << ", must be 1");
  const auto type = result_type({a, b});
  auto* column = replace_dims(ctx, materialize(ctx, a, type), 1, 1, {1});
  return finish(ctx, n, apply(ctx, ElementWiseOperation::kPROD, column, materialize(ctx, b, type)));
}

// ---- matrices ----------------------------------------------------------------------------------------------------

ITensor* product(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* a, ITensor* b) {
  TORCHTRT_CHECK(rank(a) >= 1 && rank(b) >= 1, util::node_info(n) << ": a 0-d tensor cannot be multiplied");
  return matrix_product(ctx, a, b);
}

bool matmul(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, product(ctx, n, args[0].ITensorOrFreeze(ctx), args[1].ITensorOrFreeze(ctx)));
}

// Checks the operands of operators that PyTorch defines only for matrices, or for batches of matrices.
void check_ranks(const torch::jit::Node* n, ITensor* a, ITensor* b, int32_t wanted) {
  TORCHTRT_CHECK(rank(a) == wanted && rank(b) == wanted,
                 util::node_info(n) << ": the ranks are " << rank(a) << " and " << rank(b) << ", must be " << wanted);
  const int64_t batch_a = a->getDimensions().d[0];
  const int64_t batch_b = b->getDimensions().d[0];
  TORCHTRT_CHECK(wanted == 2 || batch_a < 0 || batch_b < 0 || batch_a == batch_b,
                 util::node_info(n) << ": the batches are " << batch_a << " and " << batch_b << ", must be equal");
}

OpConverter product_of_rank(int32_t wanted) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* a = args[0].ITensorOrFreeze(ctx);
    auto* b = args[1].ITensorOrFreeze(ctx);
    check_ranks(n, a, b, wanted);
    return finish(ctx, n, product(ctx, n, a, b));
  };
}

// input x weight^T + bias; the weight is out x in, or a vector.
bool linear(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  auto* weight = args[1].ITensorOrFreeze(ctx);
  // The layer adds a constant bias before it rounds. Others are added after it, in the wide type.
  const auto type = scalar_type(input);
  const bool is_fused = is_none(args[2]) || args[2].isTensor();
  const auto wide = is_fused ? type : wide_type(type);
  check_same_type(n, type, weight);
  auto* out = matrix_product(ctx, cast(ctx, input, wide), cast(ctx, weight, wide), /*transpose_b=*/true);
  out->producer()->setName(util::node_info(n).c_str());
  if (is_none(args[2])) return finish(ctx, n, out);
  auto* bias = args[2].ITensorOrFreeze(ctx);
  check_same_type(n, type, bias);
  bias = cast(ctx, bias, wide);
  out = ctx->net->addElementWise(*out, *bias, ElementWiseOperation::kSUM)->getOutput(0);
  return finish(ctx, n, cast(ctx, out, type));
}

ITensor* scaled(ConversionCtx* ctx, ITensor* x, const at::Scalar& factor) {
  if (factor.toDouble() == 1.0) return x;
  auto* constant = scalar_constant(ctx, factor, scalar_type(x));
  return ctx->net->addElementWise(*x, *constant, ElementWiseOperation::kPROD)->getOutput(0);
}

// beta * self + alpha * (a x b); with beta 0 the values of self are ignored, even NaN.
ITensor* add_product(ConversionCtx* ctx, args& args, ITensor* product) {
  const at::Scalar beta = args[3].unwrapToScalar();
  auto* out = scaled(ctx, product, args[4].unwrapToScalar());
  if (beta.toDouble() == 0.0) return out;
  auto* self = scaled(ctx, cast(ctx, args[0].ITensorOrFreeze(ctx), scalar_type(out)), beta);
  return ctx->net->addElementWise(*out, *self, ElementWiseOperation::kSUM)->getOutput(0);
}

void check_types(const torch::jit::Node* n, ITensor* self, ITensor* a) {
  TORCHTRT_CHECK(scalar_type(self) == scalar_type(a), util::node_info(n)
                                                          << ": self is " << scalar_type(self) << ", must be "
                                                          << scalar_type(a) << " like the matrices");
}

// Adds a product of matrices, or of batches of them, to self; `sums` also sums the products of the batch. Computes in
// the wide type, so that the result is rounded once, as in PyTorch; a product of matrices without factors is so anyway.
OpConverter added_product(int32_t wanted, bool sums = false) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* a = args[1].ITensorOrFreeze(ctx);
    auto* b = args[2].ITensorOrFreeze(ctx);
    check_types(n, args[0].ITensorOrFreeze(ctx), a);
    check_ranks(n, a, b, wanted);
    const auto type = scalar_type(a);
    const bool is_plain = args[3].unwrapToScalar().toDouble() == 1.0 && args[4].unwrapToScalar().toDouble() == 1.0;
    const auto wide = wanted == 2 && is_plain ? type : wide_type(type);
    auto* out = product(ctx, n, cast(ctx, a, wide), cast(ctx, b, wide));
    if (sums) out = reduce(ctx, nvinfer1::ReduceOperation::kSUM, out, 1U, /*keep=*/false);
    return finish(ctx, n, cast(ctx, add_product(ctx, args, out), type));
  };
}

}  // namespace

Family products_family() {
  return {
      {"aten::matmul", matmul},
      {"aten::mm", product_of_rank(2)},
      {"aten::bmm", product_of_rank(3)},
      {"aten::linear", linear},
      {"aten::addmm", added_product(2)},
      {"aten::baddbmm", added_product(3)},
      {"aten::addbmm", added_product(3, /*sums=*/true)},
      {"aten::einsum", einsum},
      {"aten::mv", mv},
      {"aten::dot", mv},
      {"aten::vdot", mv},
      {"aten::inner",
       [](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
         auto* a = args[0].ITensorOrFreeze(ctx);
         auto* b = args[1].ITensorOrFreeze(ctx);
         TORCHTRT_CHECK(rank(a) >= 1 && rank(b) >= 1 && rank(b) <= 2,
                        util::node_info(n)
                            << ": ranks are " << rank(a) << " and " << rank(b) << ", must be 1 or more and 1 or 2");
         return finish(ctx, n, matrix_product(ctx, a, b, /*transpose_b=*/true));
       }},
      {"aten::outer", outer},
      {"aten::ger", outer},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
