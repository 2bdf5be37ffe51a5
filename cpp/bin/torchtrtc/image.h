#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"

// Images (PNG and JPEG) as tensors.
namespace torchtrtc {

// How an image becomes a tensor. The steps come in the order of the members.
struct Preprocessing {
  // Rows and columns; one number: those of the shorter side, and the other side in proportion.
  std::vector<int64_t> resize;
  std::vector<int64_t> crop;  // rows and columns of the center; one number: both
  bool is_bgr = false;        // blue first
  double scale = 1.0 / 255;   // of the numbers from 0 to 255
  std::array<double, 3> mean = {0, 0, 0};
  std::array<double, 3> std = {1, 1, 1};
  bool is_channels_last = false;  // shape (1, rows, columns, 3)
  bool is_uint8 = false;          // without scale, mean and std
};

inline constexpr const char* kPreprocessingHelp =
    "How images become tensors of shape (1,3,rows,columns): steps as KEY=VALUE, joined by commas. resize=256 (the "
    "shorter side) or resize=HxW; crop=224 or crop=HxW (the center); color=rgb or bgr; scale=X (multiplies the numbers "
    "0 "
    "to 255; default: 1/255); mean=R:G:B and std=R:G:B (after the scale, in the order of color); layout=nchw or nhwc "
    "(which gives (1,rows,columns,3)); dtype=float or uint8 (without scale, mean and std). The steps come in this "
    "order, and compute as those of torchvision.transforms. Example: "
    "\"resize=256,crop=224,mean=0.485:0.456:0.406,std=0.229:0.224:0.225\"";

// Reads the text of the flag --preprocess (kPreprocessingHelp). Throws Error quoting the step that is wrong.
Preprocessing parse_preprocessing(const std::string& text);

// Whether the file's name ends like that of an image.
bool is_image(const std::string& path);

// Throws Error naming the file and what is wrong with it.
at::Tensor read_image(const std::string& path, const Preprocessing& preprocessing);

}  // namespace torchtrtc
