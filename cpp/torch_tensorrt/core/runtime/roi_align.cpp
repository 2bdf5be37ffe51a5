#include "torch_tensorrt/core/runtime/roi_align.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "torch_tensorrt/core/util/macros.h"

#if defined(__x86_64__)
// Compiled for several instruction sets; the loader picks one.
#define TORCHTRT_FOR_EACH_ISA __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define TORCHTRT_FOR_EACH_ISA
#endif

namespace torch_tensorrt::core::runtime {
namespace {

// Elements of a row of torchvision's boxes: the map's number, left, top, right, bottom.
constexpr int64_t kBoxSize = 5;

struct Pooling {
  float scale;
  int64_t height;
  int64_t width;
  int64_t sampling_ratio;
  bool aligned;
};

// Where a sample reads in one direction: two neighbouring pixels and their weights, which are 0 outside of the map.
struct Pixels {
  int64_t low = 0;
  int64_t high = 0;
  float low_weight = 0;
  float high_weight = 0;
};

Pixels pixels_at(float place, int64_t size) {
  if (place < -1.0F || place > static_cast<float>(size)) return {};
  place = std::max(place, 0.0F);
  const auto low = static_cast<int64_t>(place);
  if (low >= size - 1) return {size - 1, size - 1, 1.0F, 0.0F};
  const float share = place - static_cast<float>(low);
  return {low, low + 1, 1.0F - share, share};
}

// The samples of a box in one direction, those of a result's element in a row.
struct Samples {
  int64_t of_element = 0;
  std::vector<Pixels> pixels;

  void find(float start, float end, int64_t elements, int64_t size, const Pooling& pooling) {
    constexpr float kMost = 1e6F;
    const float length = pooling.aligned ? end - start : std::max(end - start, 1.0F);
    const float step = length / static_cast<float>(elements);
    TORCHTRT_CHECK(std::abs(start) < kMost && std::abs(step) < kMost,
                   "roi_align: a box from " << start << " to " << end << " is too large");
    const auto covered = static_cast<int64_t>(std::ceil(step));
    of_element = pooling.sampling_ratio > 0 ? pooling.sampling_ratio : std::max<int64_t>(covered, 0);
    pixels.clear();
    for (int64_t element = 0; element < elements; ++element) {
      for (int64_t i = 0; i < of_element; ++i) {
        const float inside = (static_cast<float>(i) + 0.5F) * step / static_cast<float>(of_element);
        pixels.push_back(pixels_at(start + static_cast<float>(element) * step + inside, size));
      }
    }
  }
};

// A box on its map.
struct Box {
  const float* map;  // rows x columns x channels
  int64_t columns;
  int64_t channels;
  Samples down;
  Samples across;
};

// Channels that are pooled together, so that their sums stay in registers and a tile in the cache.
constexpr int64_t kBlock = 64;

// Adds the samples of the element (y, x) for `count` channels from `first` on, and divides by their number.
template <typename Count>
inline __attribute__((always_inline)) void pool_element(const Box& box, int64_t y, int64_t x, int64_t first,
                                                        Count count, float* result) {
  float sums[kBlock] = {};
  const int64_t height = box.down.of_element;
  const int64_t width = box.across.of_element;
  for (int64_t i = y * height; i < (y + 1) * height; ++i) {
    const Pixels& row = box.down.pixels[static_cast<size_t>(i)];
    const float* low = box.map + row.low * box.columns * box.channels + first;
    const float* high = box.map + row.high * box.columns * box.channels + first;
    for (int64_t j = x * width; j < (x + 1) * width; ++j) {
      const Pixels& column = box.across.pixels[static_cast<size_t>(j)];
      const float* corners[] = {low + column.low * box.channels, low + column.high * box.channels,
                                high + column.low * box.channels, high + column.high * box.channels};
      const float weights[] = {row.low_weight * column.low_weight, row.low_weight * column.high_weight,
                               row.high_weight * column.low_weight, row.high_weight * column.high_weight};
      for (int64_t c = 0; c < count; ++c) {
        sums[c] += weights[0] * corners[0][c] + weights[1] * corners[1][c] + weights[2] * corners[2][c] +
                   weights[3] * corners[3][c];
      }
    }
  }
  const auto samples = static_cast<float>(std::max<int64_t>(height * width, 1));
  for (int64_t c = 0; c < count; ++c) result[c] = sums[c] / samples;
}

// Writes channels x elements. `tile` has space for elements x kBlock.
TORCHTRT_FOR_EACH_ISA void pool_box(const Box& box, const Pooling& pooling, float* tile, float* result) {
  const int64_t elements = pooling.height * pooling.width;
  for (int64_t first = 0; first < box.channels; first += kBlock) {
    const int64_t count = std::min(kBlock, box.channels - first);
    for (int64_t i = 0; i < elements; ++i) {
      const int64_t y = i / pooling.width;
      const int64_t x = i % pooling.width;
      if (count == kBlock) {
        pool_element(box, y, x, first, std::integral_constant<int64_t, kBlock>(), tile + i * kBlock);
      } else {
        pool_element(box, y, x, first, count, tile + i * kBlock);
      }
    }
    for (int64_t c = 0; c < count; ++c) {
      for (int64_t i = 0; i < elements; ++i) result[(first + c) * elements + i] = tile[i * kBlock + c];
    }
  }
}

// Pools boxes of channels_last maps. One thread uses it.
class BoxPooler {
 public:
  BoxPooler(const at::Tensor& maps, const Pooling& pooling)
      : maps_(maps), pooling_(pooling), tile_(static_cast<size_t>(pooling.height * pooling.width * kBlock)) {
    box_.columns = maps.size(3);
    box_.channels = maps.size(1);
  }

  void pool(const float* box, float* result) {
    const int64_t rows = maps_.size(2);
    const auto number = static_cast<int64_t>(box[0]);
    TORCHTRT_CHECK(number >= 0 && number < maps_.size(0),
                   "roi_align: a box is in map " << box[0] << ", but there are " << maps_.size(0) << " maps");
    const float offset = pooling_.aligned ? 0.5F : 0.0F;
    const auto place = [&](int64_t i) { return box[i] * pooling_.scale - offset; };
    box_.across.find(place(1), place(3), pooling_.width, box_.columns, pooling_);
    box_.down.find(place(2), place(4), pooling_.height, rows, pooling_);
    box_.map = maps_.const_data_ptr<float>() + number * rows * box_.columns * box_.channels;
    pool_box(box_, pooling_, tile_.data(), result);
  }

 private:
  const at::Tensor& maps_;
  const Pooling& pooling_;
  Box box_{};
  std::vector<float> tile_;
};

bool has_kernel(const at::Tensor& input, const at::Tensor& rois) {
  const auto is_plain = [](const at::Tensor& tensor) {
    return tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && tensor.layout() == at::kStrided &&
           !(at::GradMode::is_enabled() && tensor.requires_grad());
  };
  return is_plain(input) && is_plain(rois);
}

at::Tensor by_torchvision(const at::Tensor& input, const at::Tensor& rois, double spatial_scale, int64_t pooled_height,
                          int64_t pooled_width, int64_t sampling_ratio, bool aligned) {
  const auto found = c10::Dispatcher::singleton().findSchema({"torchvision::roi_align", ""});
  TORCHTRT_CHECK(found.has_value(), "roi_align of " << input.scalar_type() << " on " << input.device()
                                                    << ", or with gradients, needs torchvision: import torchvision");
  torch::jit::Stack stack;
  torch::jit::push(stack, input, rois, spatial_scale, pooled_height, pooled_width, sampling_ratio, aligned);
  found->callBoxed(&stack);
  return stack.back().toTensor();
}

}  // namespace

at::Tensor roi_align(const at::Tensor& input, const at::Tensor& rois, double spatial_scale, int64_t pooled_height,
                     int64_t pooled_width, int64_t sampling_ratio, bool aligned) {
  TORCHTRT_CHECK(input.dim() == 4, "roi_align: the maps have the shape " << input.sizes() << ", must be N x C x H x W");
  TORCHTRT_CHECK(rois.dim() == 2 && rois.size(1) == kBoxSize,
                 "roi_align: the boxes have the shape " << rois.sizes() << ", must be K x 5");
  TORCHTRT_CHECK(pooled_height > 0 && pooled_width > 0, "roi_align: the size of the results is "
                                                            << pooled_height << " x " << pooled_width
                                                            << ", must be positive");
  if (!has_kernel(input, rois)) {
    return by_torchvision(input, rois, spatial_scale, pooled_height, pooled_width, sampling_ratio, aligned);
  }
  const at::NoGradGuard no_grad;
  const Pooling pooling{static_cast<float>(spatial_scale), pooled_height, pooled_width, sampling_ratio, aligned};
  const at::Tensor maps = input.contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor boxes = rois.contiguous();
  at::Tensor results = at::empty({boxes.size(0), maps.size(1), pooled_height, pooled_width}, maps.options(),
                                 at::MemoryFormat::Contiguous);
  if (results.numel() == 0) return results;
  TORCHTRT_CHECK(maps.numel() > 0, "roi_align: the maps have the shape " << input.sizes() << ", which has no pixels");
  const auto* box = boxes.const_data_ptr<float>();
  auto* result = results.mutable_data_ptr<float>();
  const int64_t size = results.numel() / boxes.size(0);
  at::parallel_for(0, boxes.size(0), 1, [&](int64_t first, int64_t last) {
    BoxPooler pooler(maps, pooling);
    for (int64_t i = first; i < last; ++i) pooler.pool(box + i * kBoxSize, result + i * size);
  });
  return results;
}

}  // namespace torch_tensorrt::core::runtime
