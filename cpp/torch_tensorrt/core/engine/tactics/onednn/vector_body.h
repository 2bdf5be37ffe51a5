// Vectors of kLanes floats, for sources that are compiled once for each instruction set. They define kLanes before they
// include this. Everything here has internal linkage, so that the linker never mixes the code of two instruction sets.

namespace torch_tensorrt::engine::onednn {
namespace {

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
typedef int32_t Bits __attribute__((vector_size(kLanes * sizeof(int32_t))));
// A float vector at any address.
typedef float Unaligned __attribute__((vector_size(kLanes * sizeof(float)), aligned(alignof(float)), may_alias));

inline Vector load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<Unaligned*>(to) = value; }
inline Vector all(float value) { return Vector{} + value; }

// Loads the first `count` elements, with zeros behind them.
inline Vector load(const float* from, int64_t count) {
  if (count >= kLanes) return load(from);
  float values[kLanes] = {};
  for (int64_t i = 0; i < count; ++i) values[i] = from[i];
  return load(values);
}

inline void store(float* to, Vector value, int64_t count) {
  if (count >= kLanes) {
    store(to, value);
    return;
  }
  float values[kLanes];
  store(values, value);
  for (int64_t i = 0; i < count; ++i) to[i] = values[i];
}

// exp(x) within 2 units in the last place: 2^n * exp(r) with |r| <= ln(2) / 2 and a polynomial (Cephes' expf).
inline Vector exponential(Vector x) {
  x = x < -87.0F ? all(-87.0F) : x;
  x = x > 88.0F ? all(88.0F) : x;
  constexpr float kRound = 12582912.0F;  // adding 1.5 * 2^23 rounds to a whole number
  const Vector shifted = x * 1.44269504088896341F + kRound;
  const Vector n = shifted - kRound;
  const Vector r = x - n * 0.693359375F - n * -2.12194440e-4F;
  Vector p = all(1.9875691500e-4F);
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const Bits exponent = (reinterpret_cast<Bits>(shifted) << 23) + 0x3f800000;
  return p * reinterpret_cast<Vector>(exponent);
}

inline Vector sigmoid(Vector x) { return 1.0F / (1.0F + exponential(-x)); }

// Near 0 by Cephes' polynomial, so that small values keep their relative precision.
inline Vector hyperbolic_tangent(Vector x) {
  const Vector size = reinterpret_cast<Vector>(reinterpret_cast<Bits>(x) & 0x7fffffff);
  const Vector large = 1.0F - 2.0F / (exponential(size + size) + 1.0F);
  const Bits sign = reinterpret_cast<Bits>(x) & static_cast<int32_t>(0x80000000);
  const Vector signed_large = reinterpret_cast<Vector>(reinterpret_cast<Bits>(large) | sign);
  const Vector z = x * x;
  Vector p = all(-5.70498872745e-3F);
  p = p * z + 2.06390887954e-2F;
  p = p * z + -5.37397155531e-2F;
  p = p * z + 1.33314422036e-1F;
  p = p * z + -3.33332819422e-1F;
  return size < 0.625F ? p * z * x + x : signed_large;
}

}  // namespace
}  // namespace torch_tensorrt::engine::onednn
