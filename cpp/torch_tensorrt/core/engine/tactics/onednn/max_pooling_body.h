// Max pooling with vectors of kVectorBytes, for sources that are compiled once for each instruction set. They define
// kVectorBytes before they include this. Everything here has internal linkage, so that the linker never mixes the code
// of two instruction sets.

namespace torch_tensorrt::engine::onednn {
namespace {

template <typename T>
struct Lanes {
  typedef T Vector __attribute__((vector_size(kVectorBytes)));
  typedef T Unaligned __attribute__((vector_size(kVectorBytes), aligned(alignof(T)), may_alias));
  static constexpr int64_t kCount = kVectorBytes / static_cast<int64_t>(sizeof(T));
};

template <typename T>
typename Lanes<T>::Vector load(const T* from, int64_t count) {
  if (count >= Lanes<T>::kCount) return *reinterpret_cast<const typename Lanes<T>::Unaligned*>(from);
  typename Lanes<T>::Vector value = {};
  for (int64_t i = 0; i < count; ++i) value[i] = from[i];
  return value;
}

template <typename T>
void store(T* to, typename Lanes<T>::Vector value, int64_t count) {
  if (count >= Lanes<T>::kCount) {
    *reinterpret_cast<typename Lanes<T>::Unaligned*>(to) = value;
    return;
  }
  for (int64_t i = 0; i < count; ++i) to[i] = value[i];
}

// Integers in the order of the numbers with these bits; of all NaN, the largest integer.
template <typename T>
typename Lanes<T>::Vector rank_of(typename Lanes<T>::Vector bits, T infinity) {
  constexpr T kLargest = static_cast<T>(~(T{1} << (8 * sizeof(T) - 1)));
  const auto size = bits & kLargest;
  const auto sign = bits >> (8 * sizeof(T) - 1);  // 0 or -1
  const auto rank = (size ^ sign) - sign;
  return size > infinity ? typename Lanes<T>::Vector{} + kLargest : rank;
}

// The elements of a window along one axis that are not padding.
struct Taps {
  int64_t first;  // element of the input
  int64_t count;
};

inline Taps taps_of(const MaxPoolingForm& form, int axis, int64_t out) {
  const int64_t step = form.dilation[axis];
  const int64_t start = out * form.stride[axis] - form.pre[axis];
  const int64_t skipped = start < 0 ? (step - 1 - start) / step : 0;
  const int64_t behind = start < form.in[axis] ? (form.in[axis] - start + step - 1) / step : 0;
  const int64_t end = behind < form.window[axis] ? behind : form.window[axis];
  return {start + skipped * step, end > skipped ? end - skipped : 0};
}

// The maximum of one window, of `count` channels from `image` on.
template <typename T>
typename Lanes<T>::Vector maximum(const MaxPoolingForm& form, const Taps (&taps)[3], T infinity, const T* image,
                                  int64_t count) {
  constexpr T kSign = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
  auto bits = typename Lanes<T>::Vector{} + static_cast<T>(kSign | infinity);
  auto best = typename Lanes<T>::Vector{} + static_cast<T>(-infinity);  // the rank of the bits
  for (int64_t z = 0; z < taps[0].count; ++z) {
    const int64_t plane = (taps[0].first + z * form.dilation[0]) * form.in[1];
    for (int64_t y = 0; y < taps[1].count; ++y) {
      const int64_t row = (plane + taps[1].first + y * form.dilation[1]) * form.in[2];
      const T* from = image + (row + taps[2].first) * form.channels;
      for (int64_t x = 0; x < taps[2].count; ++x, from += form.dilation[2] * form.channels) {
        const auto value = load(from, count);
        const auto rank = rank_of<T>(value, infinity);
        bits = rank > best ? value : bits;
        best = rank > best ? rank : best;
      }
    }
  }
  return bits;
}

template <typename T>
void pool(const MaxPoolingForm& form, const PoolingRows& rows, T infinity, const T* input, T* output) {
  const int64_t image_elements = form.in[0] * form.in[1] * form.in[2] * form.channels;
  for (int64_t row = rows.first; row < rows.last; ++row) {
    const int64_t plane = row / form.out[1];
    const T* image = input + plane / form.out[0] * image_elements;
    Taps taps[3] = {taps_of(form, 0, plane % form.out[0]), taps_of(form, 1, row % form.out[1]), {}};
    T* to = output + row * form.out[2] * form.channels;
    for (int64_t x = 0; x < form.out[2]; ++x, to += form.channels) {
      taps[2] = taps_of(form, 2, x);
      for (int64_t c = 0; c < form.channels; c += Lanes<T>::kCount) {
        store(to + c, maximum<T>(form, taps, infinity, image + c, form.channels - c), form.channels - c);
      }
    }
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine::onednn
