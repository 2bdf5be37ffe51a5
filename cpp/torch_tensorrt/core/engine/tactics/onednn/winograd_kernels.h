#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/types.h"

// The transforms of Winograd's convolution F(2 x 2, 3 x 3): 16 products instead of 36 for each tile of 2 x 2 results
// and each pair of channels (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016). A tile reads 4
// x 4 elements of its input. Tensors are channels last.
namespace torch_tensorrt::engine::onednn {

constexpr int64_t kWinogradPoints = 16;  // of a transformed tile

// Sizes of one convolution with stride 1.
struct WinogradForm {
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t out_height;
  int64_t out_width;
  int64_t maps;
  int64_t top;   // padding
  int64_t left;  // padding
  // Channels and maps of the products: rounded up to a multiple of kWinogradLanes, with zeros.
  int64_t padded_channels;
  int64_t padded_maps;

  int64_t tile_rows() const { return (out_height + 1) / 2; }
  int64_t tile_columns() const { return (out_width + 1) / 2; }
  int64_t tiles() const { return tile_rows() * tile_columns(); }  // of one image
};
constexpr int64_t kWinogradLanes = 16;

// An operation of the epilogue. Operands have the sizes and the format of the output.
struct WinogradStep {
  enum class Kind { kRelu, kLeakyRelu, kClip, kSigmoid, kTanh, kSilu, kHardSwish, kAdd, kSubtract, kMultiply };
  Kind kind;
  float alpha = 0.F;
  float beta = 0.F;
  const float* operand = nullptr;
};

// Tiles [first, first + count) of a batch, in the order of images, rows and columns.
struct WinogradTiles {
  int64_t first;
  int64_t count;
  int64_t stride;  // tiles between two points in the transformed data
};

struct WinogradKernels {
  // From N x H x W x C to points x tiles.stride x padded channels. `zeros` has padded_channels elements.
  void (*transform_input)(const WinogradForm& form, const WinogradTiles& tiles, const float* input, const float* zeros,
                          float* transformed);
  // From points x tiles.stride x padded maps to the output. `bias` has padded_maps elements.
  void (*transform_output)(const WinogradForm& form, const WinogradTiles& tiles, const float* products,
                           const float* bias, const std::vector<WinogradStep>& steps, float* output);
};

extern const WinogradKernels kAvx2WinogradKernels;
extern const WinogradKernels kAvx512WinogradKernels;
extern const WinogradKernels kNeonWinogradKernels;

// Transforms the kernel M x C x 3 x 3 to points x padded channels x padded maps.
void transform_kernel(const WinogradForm& form, const float* kernel, float* transformed);

}  // namespace torch_tensorrt::engine::onednn
