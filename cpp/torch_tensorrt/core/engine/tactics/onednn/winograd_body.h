// Shared source of winograd_avx2.cpp, winograd_avx512.cpp and winograd_neon.cpp, each compiled for its instruction set.

#include "torch_tensorrt/core/engine/tactics/onednn/vector_body.h"

namespace torch_tensorrt::engine::onednn {
namespace {

static_assert(kWinogradLanes % kLanes == 0);

struct TilePlace {
  int64_t image;
  int64_t row;     // of the first result
  int64_t column;  // of the first result
};

inline TilePlace place_of(const WinogradForm& form, int64_t tile) {
  const int64_t columns = form.tile_columns();
  const int64_t row = tile / columns;
  return {row / form.tile_rows(), row % form.tile_rows() * 2, tile % columns * 2};
}

// The 4 x 4 pixels that a tile reads.
inline void find_pixels(const WinogradForm& form, const TilePlace& at, const float* input, const float* zeros,
                        const float** pixels) {
  for (int64_t i = 0; i < kWinogradPoints; ++i) {
    const int64_t row = at.row - form.top + i / 4;
    const int64_t column = at.column - form.left + i % 4;
    const bool inside = row >= 0 && row < form.height && column >= 0 && column < form.width;
    pixels[i] = inside ? input + ((at.image * form.height + row) * form.width + column) * form.channels : zeros;
  }
}

// B^T d B of one vector of channels; `load_pixel` gives d.
template <typename LoadPixel>
inline void transform_tile(LoadPixel load_pixel, float* to, int64_t plane) {
  Vector rows[kWinogradPoints];
#pragma GCC unroll 4
  for (int64_t i = 0; i < 4; ++i) {
    const Vector d0 = load_pixel(i);
    const Vector d1 = load_pixel(4 + i);
    const Vector d2 = load_pixel(8 + i);
    const Vector d3 = load_pixel(12 + i);
    rows[i] = d0 - d2;
    rows[4 + i] = d1 + d2;
    rows[8 + i] = d2 - d1;
    rows[12 + i] = d1 - d3;
  }
#pragma GCC unroll 4
  for (int64_t i = 0; i < 4; ++i) {
    const Vector* row = rows + 4 * i;
    store(to + 4 * i * plane, row[0] - row[2]);
    store(to + (4 * i + 1) * plane, row[1] + row[2]);
    store(to + (4 * i + 2) * plane, row[2] - row[1]);
    store(to + (4 * i + 3) * plane, row[1] - row[3]);
  }
}

void transform_input(const WinogradForm& form, const WinogradTiles& tiles, const float* input, const float* zeros,
                     float* transformed) {
  const int64_t plane = tiles.stride * form.padded_channels;
  const int64_t whole = form.channels / kLanes * kLanes;
  for (int64_t t = 0; t < tiles.count; ++t) {
    const float* pixels[kWinogradPoints];
    find_pixels(form, place_of(form, tiles.first + t), input, zeros, pixels);
    float* to = transformed + t * form.padded_channels;
    for (int64_t c = 0; c < whole; c += kLanes) {
      transform_tile([&](int64_t i) { return load(pixels[i] + c); }, to + c, plane);
    }
    for (int64_t c = whole; c < form.padded_channels; c += kLanes) {
      const int64_t left = form.channels > c ? form.channels - c : 0;
      transform_tile([&](int64_t i) { return load(pixels[i] + c, left); }, to + c, plane);
    }
  }
}

// Comparisons are false for NaN, which stays NaN.
inline Vector at_least(Vector x, float bound) { return x < bound ? all(bound) : x; }
inline Vector at_most(Vector x, float bound) { return x > bound ? all(bound) : x; }

inline Vector apply(const WinogradStep& step, Vector x, int64_t offset, int64_t count) {
  using Kind = WinogradStep::Kind;
  switch (step.kind) {
    case Kind::kRelu:
      return at_least(x, 0.F);
    case Kind::kLeakyRelu:
      return x < 0.F ? x * step.alpha : x;
    case Kind::kClip:
      return at_most(at_least(x, step.alpha), step.beta);
    case Kind::kSigmoid:
      return sigmoid(x);
    case Kind::kTanh:
      return hyperbolic_tangent(x);
    case Kind::kSilu:
      return x * sigmoid(x);
    case Kind::kHardSwish:
      return x * at_least(at_most(x * step.alpha + step.beta, 1.F), 0.F);
    case Kind::kAdd:
      return x + load(step.operand + offset, count);
    case Kind::kSubtract:
      return x - load(step.operand + offset, count);
    case Kind::kMultiply:
      return x * load(step.operand + offset, count);
  }
  return x;
}

void transform_output(const WinogradForm& form, const WinogradTiles& tiles, const float* products, const float* bias,
                      const std::vector<WinogradStep>& steps, float* output) {
  const int64_t plane = tiles.stride * form.padded_maps;
  for (int64_t t = 0; t < tiles.count; ++t) {
    const TilePlace at = place_of(form, tiles.first + t);
    const int64_t rows = form.out_height - at.row < 2 ? 1 : 2;
    const int64_t columns = form.out_width - at.column < 2 ? 1 : 2;
    const int64_t corner = ((at.image * form.out_height + at.row) * form.out_width + at.column) * form.maps;
    const float* from = products + t * form.padded_maps;
    for (int64_t m = 0; m < form.maps; m += kLanes) {
      // A^T p A of one vector of maps.
      Vector halves[8];
#pragma GCC unroll 4
      for (int64_t i = 0; i < 4; ++i) {
        const Vector p0 = load(from + i * plane + m);
        const Vector p1 = load(from + (4 + i) * plane + m);
        const Vector p2 = load(from + (8 + i) * plane + m);
        const Vector p3 = load(from + (12 + i) * plane + m);
        halves[i] = p0 + p1 + p2;
        halves[4 + i] = p1 - p2 - p3;
      }
      const Vector added = load(bias + m);
      for (int64_t row = 0; row < rows; ++row) {
        const Vector* half = halves + 4 * row;
        const Vector results[2] = {half[0] + half[1] + half[2] + added, half[1] - half[2] - half[3] + added};
        for (int64_t column = 0; column < columns; ++column) {
          const int64_t offset = corner + (row * form.out_width + column) * form.maps + m;
          Vector value = results[column];
          for (const WinogradStep& step : steps) value = apply(step, value, offset, form.maps - m);
          store(output + offset, value, form.maps - m);
        }
      }
    }
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine::onednn
