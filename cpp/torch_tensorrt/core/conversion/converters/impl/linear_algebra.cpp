#include <algorithm>
#include <numeric>

#include "ATen/ops/arange.h"
#include "ATen/ops/eye.h"
#include "ATen/ops/zeros.h"

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Products of vectors and matrices that products.cpp does not have, and diagonals.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::ReduceOperation;

ITensor* multiply(ConversionCtx* ctx, ITensor* a, ITensor* b) { return apply(ctx, ElementWiseOperation::kPROD, a, b); }

// beta * self + alpha * product; with beta 0 the values of self are ignored, even NaN.
bool add_to(ConversionCtx* ctx, const torch::jit::Node* n, args& args, ITensor* product) {
  const at::Scalar beta = args[3].unwrapToScalar();
  const at::Scalar alpha = args[4].unwrapToScalar();
  auto* out = alpha.toDouble() == 1.0 ? product : apply(ctx, ElementWiseOperation::kPROD, product, alpha);
  if (beta.toDouble() == 0.0) return finish(ctx, n, out);
  auto* self = args[0].ITensorOrFreeze(ctx);
  if (beta.toDouble() != 1.0) self = apply(ctx, ElementWiseOperation::kPROD, self, beta);
  return finish(ctx, n, apply(ctx, ElementWiseOperation::kSUM, self, out));
}

// (self, mat, vec, *, beta, alpha)
bool addmv(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return add_to(ctx, n, args, matrix_product(ctx, args[1].ITensorOrFreeze(ctx), args[2].ITensorOrFreeze(ctx)));
}

// (self, vec1, vec2, *, beta, alpha)
bool addr(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* column = replace_dims(ctx, args[1].ITensorOrFreeze(ctx), 1, 1, {1});
  return add_to(ctx, n, args, multiply(ctx, column, args[2].ITensorOrFreeze(ctx)));
}

// Each element of a times all of b: a_0 x 1 x a_1 x 1 ... times 1 x b_0 x 1 x b_1 ..., with pairs of dims merged.
bool kron(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand left = read_operand(ctx, args[0]);
  const Operand right = read_operand(ctx, args[1]);
  const auto type = result_type({left, right});
  auto* a = materialize(ctx, left, type);
  auto* b = materialize(ctx, right, type);
  const int32_t width = std::max(rank(a), rank(b));
  if (rank(a) < width) a = replace_dims(ctx, a, 0, 0, std::vector<int64_t>(width - rank(a), 1));
  if (rank(b) < width) b = replace_dims(ctx, b, 0, 0, std::vector<int64_t>(width - rank(b), 1));
  for (int32_t i = width; i-- > 0;) {
    a = replace_dims(ctx, a, i + 1, i + 1, {1});
    b = replace_dims(ctx, b, i, i, {1});
  }
  auto* out = multiply(ctx, a, b);
  for (int32_t i = 0; i < width; ++i) out = replace_dims(ctx, out, i, i + 2, {-1});
  return finish(ctx, n, out);
}

// An order with the listed dims last (or first) and the other dims in order.
std::vector<int32_t> order_with(const std::vector<int32_t>& dims, int32_t rank, bool dims_first) {
  std::vector<int32_t> others;
  for (int32_t i = 0; i < rank; ++i) {
    if (std::find(dims.begin(), dims.end(), i) == dims.end()) others.push_back(i);
  }
  std::vector<int32_t> order = dims_first ? dims : others;
  const auto& rest = dims_first ? others : dims;
  order.insert(order.end(), rest.begin(), rest.end());
  return order;
}

// (self, other, dims_self, dims_other): one matrix product over the given dims.
bool tensordot(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* a = args[0].ITensorOrFreeze(ctx);
  auto* b = args[1].ITensorOrFreeze(ctx);
  const auto wrapped = [&](size_t arg, ITensor* x) {
    std::vector<int32_t> dims;
    for (const int64_t dim : int_vector(args[arg].unwrapToIntList())) dims.push_back(wrap_dim(n, dim, rank(x)));
    return dims;
  };
  const auto dims_a = wrapped(2, a);
  const auto dims_b = wrapped(3, b);
  TORCHTRT_CHECK(dims_a.size() == dims_b.size(), util::node_info(n)
                                                     << ": " << dims_a.size() << " dims of self and " << dims_b.size()
                                                     << " of other are given, must be equal");
  const auto summed = static_cast<int32_t>(dims_a.size());
  SizeList sizes;
  const auto append_free = [&](ITensor* x, const std::vector<int32_t>& dims) {
    const SizeList all = sizes_of(ctx, x);
    for (int32_t i = 0; i < rank(x); ++i) {
      if (std::find(dims.begin(), dims.end(), i) != dims.end()) continue;
      sizes.values.push_back(all.values[i]);
      sizes.computed.push_back(all.computed[i]);
    }
  };
  append_free(a, dims_a);
  append_free(b, dims_b);
  const int32_t free_a = rank(a) - summed;
  const int32_t free_b = rank(b) - summed;
  const auto merged = [&](ITensor* x, int32_t begin, int32_t end) {
    if (end - begin == 1) return x;
    return replace_dims(ctx, x, begin, end, {end == begin ? 1 : -1});
  };
  a = transpose(ctx, a, order_with(dims_a, rank(a), /*dims_first=*/false));
  b = transpose(ctx, b, order_with(dims_b, rank(b), /*dims_first=*/true));
  auto* left = merged(merged(a, free_a, free_a + summed), 0, free_a);
  auto* right = merged(merged(b, summed, summed + free_b), 0, summed);
  return finish(ctx, n, reshape(ctx, matrix_product(ctx, left, right), sizes));
}

// Multiplies from left to right; vectors at the ends stay vectors.
bool chain(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto tensors = tensor_list(ctx, args[0]);
  TORCHTRT_CHECK(!tensors.empty(), util::node_info(n) << ": the list of tensors is empty");
  auto* out = tensors[0];
  for (size_t i = 1; i < tensors.size(); ++i) out = matrix_product(ctx, out, tensors[i]);
  return finish(ctx, n, out == tensors[0] ? identity(ctx, out) : out);
}

// The n-th power by repeated squaring; negative powers would need the inverse.
bool matrix_power(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  int64_t power = args[1].unwrapToInt();
  TORCHTRT_CHECK(power >= 0, util::node_info(n) << ": n is " << power
                                                << ", must be 0 or more, because a negative power needs the inverse");
  if (power == 0) {
    const int64_t size = known_size(n, x, rank(x) - 1, "it is the size of the identity");
    auto* one = tensor_constant(ctx, at::eye(size, at::TensorOptions().dtype(scalar_type(x))));
    return finish(ctx, n, broadcast(ctx, n, one, sizes_of(ctx, x)));
  }
  ITensor* out = nullptr;
  for (auto* square = x;; square = matrix_product(ctx, square, square)) {
    if ((power & 1) != 0) out = out == nullptr ? square : matrix_product(ctx, out, square);
    power >>= 1;
    if (power == 0) break;
  }
  return finish(ctx, n, out == x ? identity(ctx, x) : out);
}

// a x b for vectors of three elements along the dimension: a_(1,2,0) b_(2,0,1) - a_(2,0,1) b_(1,2,0)
bool cross_along(ConversionCtx* ctx, const torch::jit::Node* n, args& args, int32_t dim) {
  const Operand left = read_operand(ctx, args[0]);
  const Operand right = read_operand(ctx, args[1]);
  const auto type = result_type({left, right});
  auto* a = materialize(ctx, left, type);
  auto* b = materialize(ctx, right, type);
  TORCHTRT_CHECK(a->getDimensions().d[dim] == 3 && b->getDimensions().d[dim] == 3,
                 util::node_info(n) << ": dimension " << dim << " must have 3 elements");
  const auto turned = [&](ITensor* x, int64_t by) {
    return join(ctx, {slice_dim(ctx, x, dim, by, 3 - by), slice_dim(ctx, x, dim, 0, by)}, dim);
  };
  auto* plus = multiply(ctx, turned(a, 1), turned(b, 2));
  return finish(ctx, n, apply(ctx, ElementWiseOperation::kSUB, plus, multiply(ctx, turned(a, 2), turned(b, 1))));
}

bool linalg_cross(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return cross_along(ctx, n, args, wrap_dim(n, args[2].unwrapToInt(), rank(args[0].ITensorOrFreeze(ctx))));
}

// Without a dim, uses the first dimension with three elements.
bool cross(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  if (!is_none(args[2])) return linalg_cross(ctx, n, args);
  const auto dims = args[0].ITensorOrFreeze(ctx)->getDimensions();
  const auto* found = std::find(dims.d, dims.d + dims.nbDims, 3);
  TORCHTRT_CHECK(found != dims.d + dims.nbDims, util::node_info(n) << ": no dimension of " << nvinfer1::to_string(dims)
                                                                   << " is known to have 3 elements");
  return cross_along(ctx, n, args, static_cast<int32_t>(found - dims.d));
}

// (input1: ... I, input2: ... J, weight: O x I x J, bias?): x1 W_o x2, as one product and a sum.
bool bilinear(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto type = scalar_type(args[0].ITensorOrFreeze(ctx));
  const auto wide = [&](size_t i) {
    auto* x = args[i].ITensorOrFreeze(ctx);
    check_same_type(n, type, x);
    return cast(ctx, x, wide_type(type));
  };
  auto* a = wide(0);
  auto* b = wide(1);
  auto* weight = wide(2);
  const auto dims = weight->getDimensions();
  TORCHTRT_CHECK(dims.nbDims == 3 && dims.is_static(), util::node_info(n)
                                                           << ": the weight is " << nvinfer1::to_string(dims)
                                                           << ", must have rank 3 and known dims");
  auto* flat = replace_dims(ctx, transpose(ctx, weight, {1, 0, 2}), 1, 3, {-1});
  auto* half = matrix_product(ctx, a, flat);
  half = replace_dims(ctx, half, rank(half) - 1, rank(half), {dims.d[0], dims.d[2]});
  b = replace_dims(ctx, b, rank(b) - 1, rank(b) - 1, {1});
  auto* out = reduce(ctx, ReduceOperation::kSUM, multiply(ctx, half, b), 1U << (rank(half) - 1), /*keep=*/false);
  // PyTorch rounds the product before it adds the bias.
  out = cast(ctx, out, type);
  if (!is_none(args[3])) out = apply(ctx, ElementWiseOperation::kSUM, out, args[3].ITensorOrFreeze(ctx));
  return finish(ctx, n, out);
}

// (i1, i2, i3, expand1, expand2, expand3, sumdim, unroll_dim): the sum of products over some dimensions. Each tensor
// first gets dimensions of size 1 at the positions in its list.
bool trilinear(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto type = scalar_type(args[0].ITensorOrFreeze(ctx));
  ITensor* product = nullptr;
  for (size_t i = 0; i < 3; ++i) {
    auto* x = args[i].ITensorOrFreeze(ctx);
    check_same_type(n, type, x);
    x = cast(ctx, x, wide_type(type));
    auto places = optional_ints(args[i + 3]);
    std::sort(places.begin(), places.end());
    for (const int64_t place : places) x = replace_dims(ctx, x, place, place, {1});
    product = product == nullptr ? x : multiply(ctx, product, x);
  }
  const auto summed = optional_ints(args[6]);
  if (!summed.empty()) {
    product = reduce(ctx, ReduceOperation::kSUM, product, axes_mask(n, summed, rank(product)), /*keep=*/false);
  }
  return finish(ctx, n, cast(ctx, product, type));
}

// ---- diagonals --------------------------------------------------------------------------------------------------

// Puts the last dimension on the diagonal of two new last dimensions, zeros elsewhere.
ITensor* embedded(ConversionCtx* ctx, ITensor* x, int64_t size, int64_t offset) {
  const int64_t count = std::abs(offset);
  const auto type = at::TensorOptions().dtype(at::kBool);
  // Row r of the result holds element r (above: offset >= 0) or r + offset, in the column c = r + offset.
  const at::Tensor rows = at::arange(size + count).unsqueeze(1);
  const at::Tensor columns = at::arange(size + count).unsqueeze(0);
  auto* mask = tensor_constant(ctx, columns.sub(rows).eq(offset).to(type));
  const int32_t last = rank(x) - 1;
  if (count > 0) {
    auto sizes = sizes_of(ctx, x);
    sizes.values[last] = count;
    auto* zeros = broadcast(ctx, nullptr, scalar_constant(ctx, 0, scalar_type(x)), sizes);
    x = offset > 0 ? join(ctx, {x, zeros}, last) : join(ctx, {zeros, x}, last);
  }
  auto* column = replace_dims(ctx, x, last + 1, last + 1, {1});
  return choose(ctx, mask, column, scalar_constant(ctx, 0, scalar_type(x)));
}

// (self, offset, dim1, dim2)
bool diag_embed(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t out_rank = rank(x) + 1;
  const int32_t a = wrap_dim(n, args[2].unwrapToInt(), out_rank);
  const int32_t b = wrap_dim(n, args[3].unwrapToInt(), out_rank);
  TORCHTRT_CHECK(a != b, util::node_info(n) << ": both dims are " << a << ", must differ");
  const int64_t size = known_size(n, x, rank(x) - 1, "it is put on a diagonal");
  auto* matrix = embedded(ctx, x, size, args[1].unwrapToInt());
  std::vector<int32_t> order(out_rank, -1);
  order[a] = out_rank - 2;
  order[b] = out_rank - 1;
  int32_t next = 0;
  for (auto& place : order) {
    if (place < 0) place = next++;
  }
  return finish(ctx, n, transpose(ctx, matrix, order));
}

// The diagonal of a matrix: every (columns + 1)-th element.
ITensor* diagonal_of(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int64_t offset) {
  const int64_t rows = known_size(n, x, 0, "its diagonal is taken");
  const int64_t columns = known_size(n, x, 1, "its diagonal is taken");
  const int64_t wide = offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns);
  const int64_t length = std::max<int64_t>(wide, 0);
  const int64_t start = length == 0 ? 0 : (offset >= 0 ? offset : -offset * columns);
  return slice_dim(ctx, replace_dims(ctx, x, 0, 2, {rows * columns}), 0, start, length, columns + 1);
}

// Makes a diagonal matrix from a vector; takes the diagonal of a matrix.
bool diag(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t offset = args[1].unwrapToInt();
  TORCHTRT_CHECK(rank(x) == 1 || rank(x) == 2, util::node_info(n) << ": rank is " << rank(x) << ", must be 1 or 2");
  if (rank(x) == 2) return finish(ctx, n, diagonal_of(ctx, n, x, offset));
  return finish(ctx, n, embedded(ctx, x, known_size(n, x, 0, "it is put on a diagonal"), offset));
}

bool diagflat(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  x = flat(ctx, x);
  return finish(ctx, n, embedded(ctx, x, known_size(n, x, 0, "it is put on a diagonal"), args[1].unwrapToInt()));
}

bool trace(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(x) == 2, util::node_info(n) << ": rank is " << rank(x) << ", must be 2");
  if (!at::isFloatingType(scalar_type(x))) x = cast(ctx, x, at::kLong);
  return finish(ctx, n, reduce(ctx, ReduceOperation::kSUM, diagonal_of(ctx, n, x, 0), 1U, /*keep=*/false));
}

// (self, fill_value, wrap): in place, for tensors of two dims; wrap goes on below the square part of a tall matrix.
bool fill_diagonal(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(x) == 2 && !args[2].unwrapToBool(),
                 util::node_info(n) << ": only matrices are converted, and only with wrap=False");
  auto* row = replace_dims(ctx, positions(ctx, x, 0), 1, 1, {1});
  auto* mask = apply(ctx, ElementWiseOperation::kEQUAL, row, positions(ctx, x, 1));
  return finish(ctx, n, choose(ctx, mask, scalar_constant(ctx, args[1].unwrapToScalar(), scalar_type(x)), x));
}

// Places matrices one after another along the diagonal; vectors are rows.
bool block_diag(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = tensor_list(ctx, args[0]);
  TORCHTRT_CHECK(!tensors.empty(), util::node_info(n) << ": the list of tensors is empty");
  std::vector<Operand> operands;  // a tensor without dimensions does not widen the dtype
  for (auto* tensor : tensors) operands.push_back({tensor, {}});
  const auto type = result_type(operands);
  int64_t width = 0;
  for (auto*& tensor : tensors) {
    TORCHTRT_CHECK(rank(tensor) <= 2, util::node_info(n)
                                          << ": a tensor has rank " << rank(tensor) << ", must be 2 or less");
    if (rank(tensor) < 2) tensor = replace_dims(ctx, tensor, 0, 0, std::vector<int64_t>(2 - rank(tensor), 1));
    tensor = cast(ctx, tensor, type);
    width += known_size(n, tensor, 1, "it is placed beside others");
  }
  std::vector<ITensor*> rows;
  int64_t left = 0;
  for (auto* tensor : tensors) {
    const int64_t own = tensor->getDimensions().d[1];
    const auto zeros = [&](int64_t columns) {
      auto sizes = sizes_of(ctx, tensor);
      sizes.values[1] = columns;
      return broadcast(ctx, n, scalar_constant(ctx, 0, type), sizes);
    };
    std::vector<ITensor*> parts;
    if (left > 0) parts.push_back(zeros(left));
    parts.push_back(tensor);
    if (width - left - own > 0) parts.push_back(zeros(width - left - own));
    rows.push_back(join(ctx, parts, 1));
    left += own;
  }
  auto* out = join(ctx, rows, 0);
  return finish(ctx, n, out == tensors[0] ? identity(ctx, out) : out);
}

}  // namespace

Family linear_algebra_family() {
  return {
      {"aten::addmv", addmv},
      {"aten::addr", addr},
      {"aten::kron", kron},
      {"aten::tensordot", tensordot},
      {"aten::chain_matmul", chain},
      {"aten::linalg_multi_dot", chain},
      {"aten::linalg_matrix_power", matrix_power},
      {"aten::cross", cross},
      {"aten::linalg_cross", linalg_cross},
      {"aten::bilinear", bilinear},
      {"aten::_trilinear", trilinear},
      {"aten::diag_embed", diag_embed},
      {"aten::diag", diag},
      {"aten::diagflat", diagflat},
      {"aten::trace", trace},
      {"aten::fill_diagonal", fill_diagonal},
      {"aten::block_diag", block_diag},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
