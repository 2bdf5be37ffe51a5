#include <algorithm>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/partitioning/probe.h"

// What holds for either of two values in the probe.
namespace torch_tensorrt::core::partitioning {

using c10::IValue;

namespace {

// What state is before the first call: None, or a tensor without elements.
bool is_empty(const IValue& value) {
  return value.isNone() || (value.isTensor() && value.toTensor().defined() && value.toTensor().numel() == 0);
}

}  // namespace

std::optional<IValue> GraphProbe::assume_at(const IValue& a, const IValue& b, bool grows, Probe& joined) const {
  const bool are_states = (a.isTensor() || a.isNone()) && (b.isTensor() || b.isNone());
  if (!are_states || is_empty(a) == is_empty(b)) {
    if (!grows || !a.isTensor() || !b.isTensor()) return std::nullopt;
    joined.is_assumed = true;
    return b;
  }
  joined.is_assumed = true;
  return is_empty(a) ? b : a;
}

std::optional<IValue> GraphProbe::join_at(size_t point, const IValue& a, const IValue& b, bool grows,
                                          Probe& joined) const {
  const auto size = [&](int64_t x, int64_t y) {
    if (x == y) return x;
    joined.varies = true;
    joined.is_sampled = joined.is_sampled || grows;
    if (points_[point] < 0) return std::min(x, y);
    if (points_[point] > 0) return grows ? std::max({x, y, kAnySize}) : std::max(x, y);
    return grows ? std::max(x, y) : x;
  };
  if (a.isTensor() && b.isTensor()) {
    const auto& x = a.toTensor();
    const auto& y = b.toTensor();
    if (!x.defined() || !y.defined()) return std::nullopt;
    if (x.dim() != y.dim() || x.scalar_type() != y.scalar_type()) return assume_at(a, b, grows, joined);
    std::vector<int64_t> sizes;
    for (int64_t i = 0; i < x.dim(); ++i) sizes.push_back(size(x.size(i), y.size(i)));
    if (x.sizes() == sizes) return a;
    return IValue(at::empty(sizes, at::dtype(x.scalar_type()).device(at::kMeta)));
  }
  if (a.isInt() && b.isInt()) return IValue(size(a.toInt(), b.toInt()));
  if (a.tagKind() != b.tagKind()) return assume_at(a, b, grows, joined);
  if (a.isBool() || a.isDouble()) {
    if (a == b) return a;
    joined.varies = true;
    joined.is_sampled = joined.is_sampled || grows;
    const auto value = [](const IValue& v) { return v.isBool() ? static_cast<double>(v.toBool()) : v.toDouble(); };
    if (points_[point] == 0) return a;
    return (value(a) < value(b)) == (points_[point] < 0) ? a : b;
  }
  if (a.isTuple() || a.isList()) {
    const auto parts = [](const IValue& v) {
      return v.isTuple() ? v.toTupleRef().elements().vec() : v.toListRef().vec();
    };
    const auto x = parts(a);
    const auto y = parts(b);
    if (x.size() != y.size()) return std::nullopt;
    std::vector<IValue> all;
    for (size_t i = 0; i < x.size(); ++i) {
      auto part = join_at(point, x[i], y[i], grows, joined);
      if (!part) return std::nullopt;
      all.push_back(std::move(*part));
    }
    if (a.isTuple()) return IValue(c10::ivalue::Tuple::create(std::move(all)));
    c10::impl::GenericList list(a.toList().elementType());
    for (auto& part : all) list.push_back(std::move(part));
    return IValue(std::move(list));
  }
  return a.isNone() || (a.isString() && a == b) || (a.isDevice() && a == b) ? std::optional<IValue>(a) : std::nullopt;
}

Probe GraphProbe::join(const Probe& a, const Probe& b, bool grows) const {
  Probe joined = unknown();
  joined.varies = a.varies || b.varies;
  joined.is_free = a.is_free || b.is_free;
  joined.is_sampled = a.is_sampled || b.is_sampled;
  joined.is_assumed = a.is_assumed || b.is_assumed;
  for (size_t p = 0; p < points_.size(); ++p) {
    if (!a.at[p] || !b.at[p]) continue;
    try {
      joined.at[p] = join_at(p, *a.at[p], *b.at[p], grows, joined);
    } catch (const std::exception&) {
      joined.at[p].reset();  // values that cannot be compared
    }
  }
  return joined;
}

}  // namespace torch_tensorrt::core::partitioning
