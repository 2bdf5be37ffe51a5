#include "image.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <set>
#include <sstream>

#include "ATen/ATen.h"

#include "files.h"
#include "torch_tensorrt/core/util/macros.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

namespace torchtrtc {
namespace {

constexpr int kChannels = 3;

[[noreturn]] void refuse(const std::string& step, const std::string& expected) {
  TORCHTRT_THROW_ERROR("--preprocess: '" << step << "' must be " << expected);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

double number(const std::string& text, const std::string& step, const std::string& expected) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) refuse(step, expected);
  return value;
}

std::vector<int64_t> sizes(const std::string& text, const std::string& step) {
  constexpr int64_t kMost = 65535;
  const std::string expected = "KEY=N or KEY=HxW, with whole numbers from 1 to " + std::to_string(kMost);
  std::vector<int64_t> values;
  for (const auto& part : split(text, 'x')) {
    const bool is_whole = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos && part.size() < 9;
    if (!is_whole || std::stoll(part) < 1 || std::stoll(part) > kMost) refuse(step, expected);
    values.push_back(std::stoll(part));
  }
  if (values.empty() || values.size() > 2 || text.back() == 'x') refuse(step, expected);
  return values;
}

std::array<double, kChannels> channels(const std::string& text, const std::string& step, bool may_be_zero) {
  const char* expected = may_be_zero ? "three numbers R:G:B" : "three numbers R:G:B, none of which is 0";
  const auto parts = split(text, ':');
  if (parts.size() != kChannels) refuse(step, expected);
  std::array<double, kChannels> values{};
  for (size_t i = 0; i < kChannels; ++i) {
    values[i] = number(parts[i], step, expected);
    if (values[i] == 0 && !may_be_zero) refuse(step, expected);
  }
  return values;
}

bool second_of(const std::string& value, const std::string& step, const char* first, const char* second) {
  if (value != first && value != second) refuse(step, torch_tensorrt::str(first, " or ", second));
  return value == second;
}

void read_step(Preprocessing& result, const std::string& step) {
  const size_t at = step.find('=');
  const std::string key = step.substr(0, at);
  const std::string value = at == std::string::npos ? "" : step.substr(at + 1);
  if (key == "resize") {
    result.resize = sizes(value, step);
  } else if (key == "crop") {
    result.crop = sizes(value, step);
  } else if (key == "color") {
    result.is_bgr = second_of(value, step, "rgb", "bgr");
  } else if (key == "scale") {
    result.scale = number(value, step, "scale=X, with a number X");
  } else if (key == "mean") {
    result.mean = channels(value, step, /*may_be_zero=*/true);
  } else if (key == "std") {
    result.std = channels(value, step, /*may_be_zero=*/false);
  } else if (key == "layout") {
    result.is_channels_last = second_of(value, step, "nchw", "nhwc");
  } else if (key == "dtype") {
    result.is_uint8 = second_of(value, step, "float", "uint8");
  } else {
    refuse(step, "one of resize, crop, color, scale, mean, std, layout and dtype, with =VALUE");
  }
}

// Shape (rows, columns, 3), red first.
at::Tensor decode(const std::string& path) {
  const std::string bytes = read_file(path);
  int columns = 0;
  int rows = 0;
  int channels = 0;
  const auto* data = reinterpret_cast<const stbi_uc*>(bytes.data());
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(data, static_cast<int>(bytes.size()), &columns, &rows, &channels, kChannels),
      stbi_image_free);
  TORCHTRT_CHECK(pixels != nullptr, "cannot read the image " << path << ": " << stbi_failure_reason());
  return at::from_blob(pixels.get(), {rows, columns, kChannels}, at::kByte).clone();
}

// The sizes of torchvision.transforms.Resize.
std::vector<int64_t> resized(const std::vector<int64_t>& resize, int64_t rows, int64_t columns) {
  if (resize.size() == 2) return resize;
  const int64_t side = resize[0];
  if (rows <= columns) return {side, side * columns / rows};
  return {side * rows / columns, side};
}

int64_t start_of_center(int64_t size, int64_t cut) { return std::llrint(static_cast<double>(size - cut) / 2); }

}  // namespace

Preprocessing parse_preprocessing(const std::string& text) {
  Preprocessing result;
  std::set<std::string> keys;
  for (const auto& step : split(text, ',')) {
    read_step(result, step);
    TORCHTRT_CHECK(keys.insert(step.substr(0, step.find('='))).second,
                   "--preprocess: '" << step << "' is a second value");
  }
  TORCHTRT_CHECK(result.scale != 0, "--preprocess: scale is 0, which makes all images black");
  const bool has_numbers = keys.count("scale") + keys.count("mean") + keys.count("std") != 0;
  TORCHTRT_CHECK(!result.is_uint8 || !has_numbers, "--preprocess: dtype=uint8 excludes scale, mean and std");
  return result;
}

bool is_image(const std::string& path) {
  const std::string ending = lower_ending(path);
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

at::Tensor read_image(const std::string& path, const Preprocessing& steps) {
  at::Tensor image = decode(path).permute({2, 0, 1}).unsqueeze(0).to(at::kFloat);
  if (!steps.resize.empty()) {
    const auto size = resized(steps.resize, image.size(2), image.size(3));
    TORCHTRT_CHECK(size[0] > 0 && size[1] > 0, "cannot resize the image " << path << ": one side would have no pixels");
    image = at::_upsample_bilinear2d_aa(image, size, /*align_corners=*/false).round().clamp(0, 255);
  }
  if (!steps.crop.empty()) {
    const int64_t rows = steps.crop.front();
    const int64_t columns = steps.crop.back();
    TORCHTRT_CHECK(rows <= image.size(2) && columns <= image.size(3),
                   "cannot crop the image " << path << " of " << image.size(2) << "x" << image.size(3) << " pixels to "
                                            << rows << "x" << columns
                                            << "; resize it first (--preprocess resize=N,crop=N)");
    image = image.narrow(2, start_of_center(image.size(2), rows), rows);
    image = image.narrow(3, start_of_center(image.size(3), columns), columns);
  }
  if (steps.is_bgr) image = image.flip(1);
  if (steps.is_uint8) {
    image = image.to(at::kByte);
  } else {
    const auto plane = [](const std::array<double, kChannels>& values) {
      return at::tensor(at::ArrayRef<double>(values), at::kFloat).view({1, kChannels, 1, 1});
    };
    image = (image * steps.scale - plane(steps.mean)) / plane(steps.std);
  }
  if (steps.is_channels_last) image = image.permute({0, 2, 3, 1});
  return image.contiguous();
}

}  // namespace torchtrtc
