#include <algorithm>
#include <limits>

#include "ATen/ops/arange.h"
#include "ATen/ops/ones.h"
#include "ATen/ops/searchsorted.h"
#include "ATen/ops/zeros.h"

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Operators that sort elements into groups: bins of a histogram, bags of embeddings, experts of a mixture.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::ReduceOperation;
using nvinfer1::ScatterReduction;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ITensor* filled(ConversionCtx* ctx, const torch::jit::Node* n, const at::Scalar& value, at::ScalarType type,
                const SizeList& sizes) {
  return broadcast(ctx, n, scalar_constant(ctx, value, type), sizes);
}

ITensor* unsqueeze_last(ConversionCtx* ctx, ITensor* x) { return replace_dims(ctx, x, rank(x), rank(x), {1}); }

// Combines the rows of x (N x ...) that have the same place; the result has `count` rows. `places` has N elements.
ITensor* combined_rows(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, ITensor* places, const Size& count,
                       ScatterReduction reduction) {
  SizeList sizes;
  append(sizes, count);
  for (int32_t i = 1; i < rank(x); ++i) append(sizes, size_of(ctx, x, i));
  auto* start = filled(ctx, n, 0, scalar_type(x), sizes);
  if (rank(x) > 1) places = broadcast(ctx, n, along(ctx, places, 0, rank(x)), sizes_of(ctx, x));
  auto* layer = ctx->net->addScatter(*start, *places, *x, nvinfer1::ScatterMode::kELEMENT);
  layer->setAxis(0);
  layer->setReduction(reduction);
  layer->setIncludeSelf(reduction == ScatterReduction::kSUM);
  return layer->getOutput(0);
}

// ---- histograms -------------------------------------------------------------------------------------------------

struct Bounds {
  ITensor* low;
  ITensor* high;
};

// min and max if they differ, else the smallest and largest element; if these are equal too, moves each by 1.
Bounds bin_bounds(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* row, const at::Scalar& min,
                  const at::Scalar& max) {
  const auto type = scalar_type(row);
  TORCHTRT_CHECK(min.toDouble() <= max.toDouble(),
                 util::node_info(n) << ": min is " << min << " and max is " << max << ", max must not be smaller");
  auto* low = scalar_constant(ctx, min, type);
  auto* high = scalar_constant(ctx, max, type);
  if (min.toDouble() != max.toDouble()) return {low, high};
  if (row->getDimensions().d[0] != 0) {
    low = reduce(ctx, ReduceOperation::kMIN, row, 1U, /*keep=*/false);
    high = reduce(ctx, ReduceOperation::kMAX, row, 1U, /*keep=*/false);
  }
  auto* equal = apply(ctx, ElementWiseOperation::kEQUAL, low, high);
  return {choose(ctx, equal, apply(ctx, ElementWiseOperation::kSUB, low, at::Scalar(1)), low),
          choose(ctx, equal, apply(ctx, ElementWiseOperation::kSUM, high, at::Scalar(1)), high)};
}

// Counts the occurrences of each place from 0 up to `count`; ignores other places. Few places are compared with every
// element, which works in every backend; for many places the table would be large.
ITensor* occurrences(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* places, int64_t count) {
  constexpr int64_t kFew = 64;
  if (count <= kFew) {
    auto* all = tensor_constant(ctx, at::arange(count, at::TensorOptions().dtype(at::kLong)));
    auto* equal = apply(ctx, ElementWiseOperation::kEQUAL, unsqueeze_last(ctx, places), all);
    return reduce(ctx, ReduceOperation::kSUM, cast(ctx, equal, at::kInt), 1U, /*keep=*/false);
  }
  auto* ones = filled(ctx, n, 1, at::kInt, sizes_of(ctx, places));
  // Ignored elements go to the last place.
  auto* counts = combined_rows(ctx, n, ones, places, count + 1, ScatterReduction::kSUM);
  return slice_dim(ctx, counts, 0, 0, count);
}

// (self, bins, min, max): the last bin includes its upper bound. Elements outside, and NaN, are in no bin.
bool histogram(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto type = scalar_type(x);
  const int64_t bins = args[1].unwrapToInt();
  TORCHTRT_CHECK(bins > 0, util::node_info(n) << ": bins is " << bins << ", must be above 0");
  TORCHTRT_CHECK(type != at::kBool, util::node_info(n) << ": the input is Bool, must be a tensor of numbers");
  auto* row = flat(ctx, x);
  const Bounds bounds = bin_bounds(ctx, n, row, args[2].unwrapToScalar(), args[3].unwrapToScalar());
  auto* inside =
      apply(ctx, ElementWiseOperation::kAND,
            apply(ctx, nvinfer1::UnaryOperation::kNOT, apply(ctx, ElementWiseOperation::kLESS, row, bounds.low)),
            apply(ctx, nvinfer1::UnaryOperation::kNOT, apply(ctx, ElementWiseOperation::kGREATER, row, bounds.high)));
  if (at::isFloatingType(type)) {
    // x == x is false for NaN only.
    inside = apply(ctx, ElementWiseOperation::kAND, inside, apply(ctx, ElementWiseOperation::kEQUAL, row, row));
  }
  auto* place = apply(ctx, ElementWiseOperation::kPROD, apply(ctx, ElementWiseOperation::kSUB, row, bounds.low),
                      at::Scalar(bins));
  place =
      apply(ctx, ElementWiseOperation::kDIV, place, apply(ctx, ElementWiseOperation::kSUB, bounds.high, bounds.low));
  place = choose(ctx, inside, place, scalar_constant(ctx, 0, type));
  place = apply(ctx, ElementWiseOperation::kMIN, cast(ctx, place, at::kLong), at::Scalar(bins - 1));
  place = choose(ctx, inside, place, scalar_constant(ctx, bins, at::kLong));
  return finish(ctx, n, cast(ctx, occurrences(ctx, n, place, bins), type));
}

// ---- bags of embeddings -----------------------------------------------------------------------------------------

enum class BagMode { kSum = 0, kMean = 1, kMax = 2 };

struct Bags {
  ITensor* rows;                    // N x D
  ITensor* live;                    // N x 1: whether the row counts; null if all count
  ITensor* offsets;                 // the first row of each bag
  Size count;                       // number of bags
  int64_t every = 0;                // rows per bag if all bags have the same known number
  std::optional<at::Tensor> known;  // the offsets if they are constants
};

void check_offsets(const torch::jit::Node* n, const at::Tensor& offsets, const Size& rows) {
  if (offsets.numel() == 0) return;
  const auto first = offsets[0].item<int64_t>();
  const auto last = offsets.max().item<int64_t>();
  TORCHTRT_CHECK(first == 0, util::node_info(n) << ": offsets[0] is " << first << ", must be 0");
  TORCHTRT_CHECK(!rows.is_known() || last <= rows.value,
                 util::node_info(n) << ": the last offset is " << last << ", must be at most the number of indices, "
                                    << rows.value);
}

// The number of rows of each bag; 0 if the bags differ.
int64_t rows_of_each(const at::Tensor& offsets, const Size& rows) {
  const int64_t bags = offsets.numel();
  if (!rows.is_known() || bags == 0 || rows.value == 0 || rows.value % bags != 0) return 0;
  const int64_t each = rows.value / bags;
  return at::equal(offsets, at::arange(0, rows.value, each, offsets.options())) ? each : 0;
}

// (weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding_idx?)
Bags read_bags(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* weight = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(weight) == 2, util::node_info(n) << ": the weight has rank " << rank(weight) << ", must be 2");
  auto* indices = args[1].ITensorOrFreeze(ctx);
  auto* offsets = args[2].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(indices) == 1 && rank(offsets) == 1, util::node_info(n) << ": the indices have rank "
                                                                              << rank(indices) << " and the offsets "
                                                                              << rank(offsets) << ", must be 1");
  Bags bags{ctx->net->addGather(*weight, *indices, 0)->getOutput(0),
            nullptr,
            cast(ctx, offsets, at::kLong),
            size_of(ctx, offsets, 0),
            0,
            {}};
  if (args[2].isTensor()) bags.known = args[2].unwrapToTensor().to(at::kLong).contiguous();
  if (args[7].unwrapToBool()) {  // the last offset is the number of indices
    bags.count = minus(ctx, bags.count, 1);
    TORCHTRT_CHECK(!bags.count.is_known() || bags.count.value >= 0,
                   util::node_info(n) << ": offsets is empty, must not be empty with include_last_offset");
    bags.offsets = slice_sizes(ctx, bags.offsets, 0, 0, bags.count);
    if (bags.known) bags.known = bags.known->slice(0, 0, bags.known->numel() - 1);
  }
  bags.rows = cast(ctx, bags.rows, wide_type(scalar_type(bags.rows)));
  if (!is_none(args[6])) {
    auto* factors = args[6].ITensorOrFreeze(ctx);
    bags.rows = apply(ctx, ElementWiseOperation::kPROD, bags.rows,
                      unsqueeze_last(ctx, cast(ctx, factors, scalar_type(bags.rows))));
  }
  if (args.size() > 8 && !is_none(args[8])) {
    int64_t padding = args[8].unwrapToInt();
    const bool optional = n->schema().name() == "aten::embedding_bag";
    if (optional && padding < 0) padding += known_size(n, weight, 0, "padding_idx counts from its end");
    if (padding >= 0) {
      auto* hidden = apply(ctx, ElementWiseOperation::kEQUAL, indices, at::Scalar(padding));
      bags.live = unsqueeze_last(ctx, apply(ctx, nvinfer1::UnaryOperation::kNOT, hidden));
    }
  }
  const Size rows = size_of(ctx, indices, 0);
  if (bags.known) check_offsets(n, *bags.known, rows);
  if (bags.known) bags.every = rows_of_each(*bags.known, rows);
  return bags;
}

// The bag of each row: the number of bags that begin at or before the row, minus one.
ITensor* bag_of_rows(ConversionCtx* ctx, const torch::jit::Node* n, const Bags& bags) {
  const Size rows = size_of(ctx, bags.rows, 0);
  if (bags.known && rows.is_known()) {
    const at::Tensor places = at::arange(rows.value, at::TensorOptions().dtype(at::kLong));
    return tensor_constant(ctx, at::searchsorted(*bags.known, places, /*out_int32=*/false, /*right=*/true) - 1);
  }
  auto* ones = filled(ctx, n, 1, at::kLong, sizes_of(ctx, bags.offsets));
  auto* begins = combined_rows(ctx, n, ones, bags.offsets, plus(ctx, rows, 1), ScatterReduction::kSUM);
  auto* begun = ctx->net->addCumulative(*begins, nvinfer1::CumulativeOperation::kSUM, 0)->getOutput(0);
  return apply(ctx, ElementWiseOperation::kSUB, slice_sizes(ctx, begun, 0, 0, rows), at::Scalar(1));
}

// Combines the rows of each bag. Bags of equal size: reshapes to bags x rows x D and reduces. Else: scatters by bag.
class BagReducer {
 public:
  BagReducer(ConversionCtx* ctx, const torch::jit::Node* n, const Bags& bags)
      : ctx_(ctx), n_(n), bags_(bags), bag_of_row_(bags.every > 0 ? nullptr : bag_of_rows(ctx, n, bags)) {}
  ITensor* sum(ITensor* x) const { return combine(x, ReduceOperation::kSUM, ScatterReduction::kSUM); }
  ITensor* max(ITensor* x) const { return combine(x, ReduceOperation::kMAX, ScatterReduction::kMAX); }

 private:
  ITensor* combine(ITensor* x, ReduceOperation by_dims, ScatterReduction by_bag) const {
    if (bag_of_row_ != nullptr) return combined_rows(ctx_, n_, x, bag_of_row_, bags_.count, by_bag);
    return reduce(ctx_, by_dims, replace_dims(ctx_, x, 0, 1, {bags_.count.value, bags_.every}), 2U, /*keep=*/false);
  }
  ConversionCtx* ctx_;
  const torch::jit::Node* n_;
  const Bags& bags_;
  ITensor* bag_of_row_;
};

bool embedding_bag(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto mode = static_cast<BagMode>(args[4].unwrapToInt());
  const Bags bags = read_bags(ctx, n, args);
  const auto type = scalar_type(bags.rows);
  const BagReducer reducer(ctx, n, bags);
  // Replaces rows that do not count by `neutral`.
  const auto counting = [&](double neutral) {
    if (bags.live == nullptr) return bags.rows;
    return choose(ctx, bags.live, bags.rows, scalar_constant(ctx, neutral, type));
  };
  // Bags x 1.
  const auto members = [&] {
    auto* ones =
        bags.live != nullptr ? cast(ctx, bags.live, type) : unsqueeze_last(ctx, filled(ctx, n, 1, type, [&] {
                                                                             SizeList sizes;
                                                                             append(sizes, size_of(ctx, bags.rows, 0));
                                                                             return sizes;
                                                                           }()));
    return reducer.sum(ones);
  };
  ITensor* out = nullptr;
  if (mode == BagMode::kMax) {
    out = reducer.max(counting(-kInfinity));
    if (bags.live != nullptr) {
      auto* any = apply(ctx, ElementWiseOperation::kGREATER, members(), at::Scalar(0));
      out = choose(ctx, any, out, scalar_constant(ctx, 0, type));
    }
  } else {
    out = reducer.sum(counting(0));
    if (mode == BagMode::kMean) {
      auto* count = apply(ctx, ElementWiseOperation::kMAX, members(), at::Scalar(1));
      out = apply(ctx, ElementWiseOperation::kDIV, out, count);
    }
  }
  return finish(ctx, n, cast(ctx, out, scalar_type(args[0].ITensorOrFreeze(ctx))));
}

Decision uses_bags_alone(const torch::jit::Node* n) {
  for (size_t i = 1; i < n->outputs().size(); ++i) {
    if (n->outputs()[i]->hasUses()) return Decision::no("its results after the first (the bags) are used");
  }
  return Decision::yes();
}

// ---- mixtures of experts ----------------------------------------------------------------------------------------

// The group of each of `count` places. Group i ends before ends[i]; later places get the number of groups.
ITensor* group_of_places(ConversionCtx* ctx, ITensor* ends, const Size& count) {
  auto* places = unsqueeze_last(ctx, count_up_to(ctx, count));
  auto* behind = apply(ctx, nvinfer1::UnaryOperation::kNOT,
                       apply(ctx, ElementWiseOperation::kLESS, places, cast(ctx, ends, at::kLong)));
  return reduce(ctx, ReduceOperation::kSUM, cast(ctx, behind, at::kLong), 2U, /*keep=*/false);
}

// T x K with E x K x N: multiplies each row with its group's matrix. The ends of groups are known only at run time, so
// every row is multiplied with all matrices, and the right product is selected.
ITensor* grouped_rows(ConversionCtx* ctx, ITensor* rows, ITensor* matrices, ITensor* ends) {
  const Size count = size_of(ctx, rows, 0);
  auto* products = matrix_product(ctx, replace_dims(ctx, rows, 0, 0, {1}), matrices);
  auto* group = group_of_places(ctx, ends, count);
  // Results after the last group are undefined.
  group = apply(ctx, ElementWiseOperation::kMIN, group,
                apply(ctx, ElementWiseOperation::kSUB, size_tensor(ctx, size_of(ctx, matrices, 0)), at::Scalar(1)));
  auto* place = apply(ctx, ElementWiseOperation::kPROD, group, size_tensor(ctx, count));
  place = apply(ctx, ElementWiseOperation::kSUM, place, count_up_to(ctx, count));
  return ctx->net->addGather(*replace_dims(ctx, products, 0, 2, {-1}), *place, 0)->getOutput(0);
}

// M x K with K x N: one product for each group of columns and rows.
ITensor* grouped_inner(ConversionCtx* ctx, ITensor* a, ITensor* b, ITensor* ends) {
  auto* group = group_of_places(ctx, ends, size_of(ctx, b, 0));
  auto* groups = unsqueeze_last(ctx, count_up_to(ctx, size_of(ctx, ends, 0)));
  auto* inside = apply(ctx, ElementWiseOperation::kEQUAL, groups, group);  // E x K
  auto* zero = scalar_constant(ctx, 0, scalar_type(a));
  auto* left = choose(ctx, replace_dims(ctx, inside, 1, 1, {1}), replace_dims(ctx, a, 0, 0, {1}), zero);
  auto* right = choose(ctx, unsqueeze_last(ctx, inside), replace_dims(ctx, b, 0, 0, {1}), zero);
  return matrix_product(ctx, left, right);
}

// (self, mat2, offs, bias, out_dtype)
bool grouped_product(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* a = args[0].ITensorOrFreeze(ctx);
  auto* b = args[1].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(is_none(args[3]), util::node_info(n) << ": bias must be None");
  TORCHTRT_CHECK((rank(a) == 2 || rank(a) == 3) && (rank(b) == 2 || rank(b) == 3),
                 util::node_info(n) << ": the ranks are " << rank(a) << " and " << rank(b) << ", must be 2 or 3");
  TORCHTRT_CHECK(is_none(args[2]) == (rank(a) == 3 && rank(b) == 3),
                 util::node_info(n) << ": offs must be given unless both tensors have rank 3, the ranks are " << rank(a)
                                    << " and " << rank(b));
  const auto type = optional_dtype(args[4]).value_or(scalar_type(a));
  const auto result = [&](ITensor* out) { return finish(ctx, n, cast(ctx, out, type)); };
  if (is_none(args[2])) return result(matrix_product(ctx, a, b));
  auto* ends = args[2].ITensorOrFreeze(ctx);
  if (rank(a) == 2 && rank(b) == 3) return result(grouped_rows(ctx, a, b, ends));
  if (rank(a) == 2) return result(grouped_inner(ctx, a, b, ends));
  auto* turned = grouped_rows(ctx, transpose(ctx, b, {1, 0}), transpose(ctx, a, {0, 2, 1}), ends);
  return result(transpose(ctx, turned, {1, 0}));
}

}  // namespace

Family grouping_family() {
  const Declines bags_alone{"results after the first are used", uses_bags_alone};
  return {
      {"aten::histc", histogram},
      {"aten::embedding_bag", embedding_bag, bags_alone},
      {"aten::embedding_bag.padding_idx", embedding_bag, bags_alone},
      {"aten::_embedding_bag", embedding_bag, bags_alone},
      {"aten::_embedding_bag_forward_only", embedding_bag, bags_alone},
      {"aten::_grouped_mm", grouped_product},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
