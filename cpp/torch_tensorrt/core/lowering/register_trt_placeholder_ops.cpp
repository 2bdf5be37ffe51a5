#include <limits>

#include "ATen/ATen.h"
#include "torch/library.h"

#include "torch_tensorrt/core/util/jit_in_place.h"

// Operators that occur in lowered graphs; PyTorch can run them with the same result.
namespace torch_tensorrt::core::lowering {
namespace {

at::Tensor trt_const(const at::Tensor& value) { return value; }

// Converts a bool mask to the bias added to attention scores: 0 where the mask is true, -inf where it is false. A mask
// of numbers is a bias already. Never writes to the caller's mask.
at::Tensor attn_bias_from_attn_mask(const at::Tensor& mask) {
  if (mask.scalar_type() != at::kBool) return mask;
  const auto bias = at::zeros_like(mask, mask.options().dtype(at::kFloat));
  return bias.masked_fill(mask.logical_not(), -std::numeric_limits<float>::infinity());
}

// The content of a tensor after an operator wrote it in place: the tensor keeps its dtype, and also its shape unless
// `out=` may replace it.
at::Tensor as_written(const at::Tensor& value, const at::Tensor& self, bool same_shape) {
  util::check_written_dtype(value.scalar_type(), self.scalar_type());
  if (same_shape) util::check_written_shape(value.sizes(), self.sizes());
  return value.to(self.scalar_type());
}

// The index of each element, in the tensor's shape.
at::Tensor places_of(const at::Tensor& base) {
  return at::arange(base.numel(), base.options().dtype(at::kLong)).view(base.sizes());
}

// `base` with the values at the places (element indices). No place may occur twice; this is checked unless it is
// certain.
at::Tensor write_at(const at::Tensor& base, const at::Tensor& places, const at::Tensor& value, bool is_certain) {
  if (!is_certain) util::check_places(places);
  const auto flat = base.reshape({-1}).scatter(0, places.reshape({-1}), value.reshape({-1}));
  return flat.view(base.sizes());
}

at::Tensor if_same_dtype(const at::Tensor& then, const at::Tensor& otherwise) {
  return then.scalar_type() == otherwise.scalar_type() ? then : otherwise;
}

// Returns the value; alias analysis assumes that it shares the memory of `memory`.
template <typename Memory, typename Shared>
Shared shares(const Memory& /*memory*/, const Shared& value) {
  return value;
}

// Stands for a tensor that PyTorch's passes must take for unknown: they ignore an operator that throws.
at::Tensor hidden(const at::Tensor& /*value*/) {
  TORCH_CHECK(false, "trt::hidden stands only in a graph being lowered");
}

}  // namespace

TORCH_LIBRARY(trt, m) {
  m.def("const(Tensor(a) val) -> Tensor(a)", trt_const);
  m.def("hidden(Tensor(a) value) -> Tensor(a)", hidden);
  m.def("as_written(Tensor value, Tensor self, bool same_shape) -> Tensor", as_written);
  m.def("places_of(Tensor base) -> Tensor", places_of);
  m.def("write_at(Tensor base, Tensor places, Tensor value, bool is_certain) -> Tensor", write_at);
  m.def("if_same_dtype(Tensor then, Tensor otherwise) -> Tensor", if_same_dtype);
  m.def("shares(Tensor(a) memory, Tensor(b) value) -> Tensor(a|b)", shares<at::Tensor, at::Tensor>);
  m.def("shares.parts(Tensor(a -> *) memory, Tensor(b)[] value) -> Tensor(a|b)[]",
        shares<at::Tensor, std::vector<at::Tensor>>);
  m.def("shares.of_any(Tensor[] memory, Tensor value) -> Tensor(*)", shares<std::vector<at::Tensor>, at::Tensor>);
  m.def("shares.parts_of_any(Tensor[] memory, Tensor[] value) -> Tensor(*)[]",
        shares<std::vector<at::Tensor>, std::vector<at::Tensor>>);
  m.def("attn_bias_from_attn_mask(Tensor attn_mask) -> Tensor", attn_bias_from_attn_mask);
}

}  // namespace torch_tensorrt::core::lowering
