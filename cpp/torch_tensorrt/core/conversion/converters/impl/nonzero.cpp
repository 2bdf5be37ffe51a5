#include "torch_tensorrt/core/conversion/converters/impl/nonzero.h"

#include "torch_tensorrt/core/conversion/converters/declines.h"
#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

bool nonzero(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, as_rows(ctx, find_places(ctx, n, args[0].ITensorOrFreeze(ctx))));
}

// Treats a number as a tensor of one element.
bool nonzero_numpy(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (rank(x) == 0) x = replace_dims(ctx, x, 0, 0, {1});
  return finish_list(ctx, n, as_indices(ctx, find_places(ctx, n, x)));
}

// Flat places of the elements that the mask selects; the mask is usually known.
ITensor* picked_places(ConversionCtx* ctx, const torch::jit::Node* n, Var& mask, const SizeList& sizes) {
  if (mask.isTensor() && sizes.is_known()) {
    const auto spread = mask.unwrapToTensor().to(at::kBool).expand(sizes.values).reshape({-1});
    return tensor_to_const(ctx, spread.nonzero().reshape({-1}).cpu());
  }
  auto* spread = broadcast(ctx, n, mask.ITensorOrFreeze(ctx), sizes);
  return as_indices(ctx, find_places(ctx, n, replace_dims(ctx, spread, 0, rank(spread), {-1})))[0];
}

bool masked_select(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* mask = args[1].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(scalar_type(mask) == at::kBool, util::node_info(n)
                                                     << ": the mask is " << scalar_type(mask) << ", must be bool");
  const SizeList sizes = broadcast_sizes(ctx, n, {x, mask});
  auto* places = picked_places(ctx, n, args[1], sizes);
  auto* spread = broadcast(ctx, n, x, sizes);
  auto* flat = replace_dims(ctx, spread, 0, rank(spread), {-1});
  return finish(ctx, n, ctx->net->addGather(*flat, *places, 0)->getOutput(0));
}

const MakesLateSizes kLateSizes{"the backend is `native`: the shape of the result depends on the values of the input"};

}  // namespace

ITensor* find_places(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x) {
  TORCHTRT_CHECK(rank(x) > 0, util::node_info(n) << ": the places in a tensor of rank 0 have no indices, which an "
                                                 << "engine cannot count");
  return cast(ctx, ctx->net->addNonZero(*cast(ctx, x, at::kBool))->getOutput(0), at::kLong);
}

ITensor* as_rows(ConversionCtx* ctx, ITensor* places) { return transpose(ctx, places, {1, 0}); }

std::vector<ITensor*> as_indices(ConversionCtx* ctx, ITensor* places) {
  std::vector<ITensor*> indices;
  const auto count = static_cast<int32_t>(places->getDimensions().d[0]);
  for (int32_t i = 0; i < count; ++i) {
    indices.push_back(replace_dims(ctx, count == 1 ? places : slice_dim(ctx, places, 0, i, 1), 0, 1, {}));
  }
  return indices;
}

ITensor* fitted_mask(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* mask, ITensor* x, int32_t first) {
  TORCHTRT_CHECK(rank(mask) > 0, util::node_info(n) << ": a mask of rank 0 is not converted");
  TORCHTRT_CHECK(first + rank(mask) <= rank(x), util::node_info(n)
                                                    << ": a mask of rank " << rank(mask) << " for dimensions from "
                                                    << first << " on of a tensor of rank " << rank(x));
  bool fits = true;
  SizeList sizes;
  const SizeList all = sizes_of(ctx, x);
  for (int32_t i = 0; i < rank(mask); ++i) {
    const int64_t own = mask->getDimensions().d[i];
    const int64_t wanted = x->getDimensions().d[first + i];
    TORCHTRT_CHECK(own < 0 || wanted < 0 || own == wanted,
                   util::node_info(n) << ": dimension " << i << " of the mask has size " << own << ", must have "
                                      << wanted << " as dimension " << first + i << " of what it picks from");
    const bool is_same = nvinfer1::origin_of_dim(*mask, i) == nvinfer1::origin_of_dim(*x, first + i);
    fits = fits && (own >= 0 ? own == wanted : is_same);
    sizes.values.push_back(all.values[first + i]);
    sizes.computed.push_back(all.computed[first + i]);
  }
  return fits ? mask : reshape(ctx, mask, sizes);
}

Family nonzero_family() {
  return {
      {"aten::nonzero", nonzero, kLateSizes},
      {"aten::argwhere", nonzero, kLateSizes},
      {"aten::nonzero_numpy", nonzero_numpy, kLateSizes},
      {"aten::where", nonzero_numpy, kLateSizes},
      {"aten::masked_select", masked_select, kLateSizes},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
