#include "torch_tensorrt/core/runtime/roi_align.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "runtime/small_engines.h"

namespace torch_tensorrt::core::runtime {
namespace {

using ::testing::HasSubstr;
using tests::error_of;

// One pixel of a map between four, by the definition of bilinear interpolation.
double value_between(const at::TensorAccessor<double, 2>& map, double y, double x) {
  const auto height = static_cast<double>(map.size(0));
  const auto width = static_cast<double>(map.size(1));
  if (y < -1 || y > height || x < -1 || x > width) return 0;
  y = std::min(std::max(y, 0.0), height - 1);
  x = std::min(std::max(x, 0.0), width - 1);
  double sum = 0;
  for (int64_t r = 0; r < map.size(0); ++r) {
    for (int64_t c = 0; c < map.size(1); ++c) {
      const double down = std::max(0.0, 1 - std::abs(y - static_cast<double>(r)));
      const double across = std::max(0.0, 1 - std::abs(x - static_cast<double>(c)));
      sum += map[r][c] * down * across;
    }
  }
  return sum;
}

int64_t samples_of(double length, int64_t elements, int64_t ratio) {
  return ratio > 0 ? ratio : static_cast<int64_t>(std::ceil(length / static_cast<double>(elements)));
}

at::Tensor expected(const at::Tensor& input, const at::Tensor& rois, double scale, int64_t height, int64_t width,
                    int64_t ratio, bool aligned) {
  const at::Tensor maps = input.to(at::kDouble).contiguous();
  const at::Tensor boxes = rois.to(at::kDouble).contiguous();
  at::Tensor results = at::zeros({rois.size(0), input.size(1), height, width}, at::kDouble);
  const auto from = maps.accessor<double, 4>();
  const auto box = boxes.accessor<double, 2>();
  auto to = results.accessor<double, 4>();
  for (int64_t k = 0; k < rois.size(0); ++k) {
    const double offset = aligned ? 0.5 : 0;
    const double left = box[k][1] * scale - offset;
    const double top = box[k][2] * scale - offset;
    double across = box[k][3] * scale - offset - left;
    double down = box[k][4] * scale - offset - top;
    if (!aligned) across = std::max(across, 1.0);
    if (!aligned) down = std::max(down, 1.0);
    const int64_t rows = samples_of(down, height, ratio);
    const int64_t columns = samples_of(across, width, ratio);
    const auto at = [](double start, double length, int64_t elements, int64_t element, int64_t samples, int64_t i) {
      const double step = length / static_cast<double>(elements);
      return start + static_cast<double>(element) * step +
             (static_cast<double>(i) + 0.5) * step / static_cast<double>(samples);
    };
    for (int64_t c = 0; c < input.size(1); ++c) {
      for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          double sum = 0;
          for (int64_t i = 0; i < rows; ++i) {
            for (int64_t j = 0; j < columns; ++j) {
              sum += value_between(from[static_cast<int64_t>(box[k][0])][c], at(top, down, height, y, rows, i),
                                   at(left, across, width, x, columns, j));
            }
          }
          to[k][c][y][x] = sum / static_cast<double>(std::max<int64_t>(rows * columns, 1));
        }
      }
    }
  }
  return results.to(at::kFloat);
}

at::Tensor some_boxes(int64_t count, int64_t maps, double size) {
  const at::Tensor corners = at::rand({count, 2}) * size - 2;
  const at::Tensor sizes = at::rand({count, 2}) * size;
  const at::Tensor numbers = at::randint(maps, {count, 1}, at::kFloat);
  return at::cat({numbers, corners, corners + sizes}, 1);
}

struct Case {
  const char* name;
  int64_t channels;
  int64_t height;
  int64_t width;
  double scale;
  int64_t ratio;
  bool aligned;
  at::MemoryFormat format;
};

class RoiAlign : public ::testing::TestWithParam<Case> {};

TEST_P(RoiAlign, GivesTheAveragesOfTheSamples) {
  const Case& row = GetParam();
  at::manual_seed(1);
  const at::Tensor maps = at::randn({2, row.channels, 9, 11}).contiguous(row.format);
  const at::Tensor boxes = some_boxes(12, 2, 11 / row.scale);
  const at::Tensor found = roi_align(maps, boxes, row.scale, row.height, row.width, row.ratio, row.aligned);
  const at::Tensor wanted = expected(maps, boxes, row.scale, row.height, row.width, row.ratio, row.aligned);
  EXPECT_TRUE(found.is_contiguous());
  // fp32 places of samples: an error of 1e-6 of 11 pixels times a slope of up to 6.
  EXPECT_TRUE(at::allclose(found, wanted, 1e-4, 1e-4)) << (found - wanted).abs().max();
}

constexpr auto kPlain = at::MemoryFormat::Contiguous;
constexpr auto kLast = at::MemoryFormat::ChannelsLast;
INSTANTIATE_TEST_SUITE_P(Boxes, RoiAlign,
                         ::testing::Values(Case{"plain", 5, 7, 7, 1.0, 2, false, kPlain},
                                           Case{"channels_last", 37, 7, 7, 0.25, 2, false, kLast},
                                           Case{"aligned", 16, 3, 5, 0.5, 2, true, kLast},
                                           Case{"adaptive", 4, 2, 3, 1.0, 0, false, kPlain},
                                           Case{"adaptive_aligned", 33, 2, 3, 0.25, -1, true, kLast},
                                           Case{"one", 1, 1, 1, 1.0, 1, false, kPlain}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(RoiAlignEdges, NoBoxesAndNoChannels) {
  EXPECT_EQ(roi_align(at::randn({1, 3, 4, 4}), at::zeros({0, 5}), 1.0, 7, 6, 2, false).sizes(),
            (at::IntArrayRef{0, 3, 7, 6}));
  EXPECT_EQ(roi_align(at::randn({1, 0, 4, 4}), at::zeros({2, 5}), 1.0, 7, 6, 2, false).numel(), 0);
}

TEST(RoiAlignEdges, StridedArguments) {
  const at::Tensor maps = at::randn({2, 3, 8, 6}).transpose(2, 3);
  const at::Tensor boxes = some_boxes(4, 2, 6).t().contiguous().t();
  EXPECT_TRUE(at::equal(roi_align(maps, boxes, 1.0, 3, 3, 2, false),
                        roi_align(maps.contiguous(), boxes.contiguous(), 1.0, 3, 3, 2, false)));
}

TEST(RoiAlignEdges, WrongArgumentsAreErrors) {
  const at::Tensor maps = at::randn({2, 3, 8, 8});
  const auto with_box = [&](std::vector<float> box) {
    const at::Tensor boxes = at::tensor(box).reshape({1, 5});
    return error_of([&] { roi_align(maps, boxes, 1.0, 2, 2, 0, true); });
  };
  EXPECT_THAT(with_box({2, 0, 0, 1, 1}), HasSubstr("a box is in map 2, but there are 2 maps"));
  EXPECT_THAT(with_box({-1, 0, 0, 1, 1}), HasSubstr("a box is in map -1"));
  EXPECT_THAT(with_box({0, std::numeric_limits<float>::quiet_NaN(), 0, 1, 1}), HasSubstr("is too large"));
  EXPECT_THAT(with_box({0, 0, 0, std::numeric_limits<float>::infinity(), 1}), HasSubstr("is too large"));
  EXPECT_THAT(with_box({0, 0, 0, 1e30F, 1}), HasSubstr("is too large"));
  EXPECT_THAT(error_of([&] { roi_align(maps, at::zeros({1, 4}), 1.0, 2, 2, 2, false); }), HasSubstr("must be K x 5"));
  EXPECT_THAT(error_of([&] {
                roi_align(maps[0], at::zeros({1, 5}), 1.0, 2, 2, 2, false);
              }),
              HasSubstr("must be N x C x H x W"));
  EXPECT_THAT(error_of([&] {
                roi_align(maps, at::zeros({1, 5}), 1.0, 0, 2, 2, false);
              }),
              HasSubstr("must be positive"));
  EXPECT_THAT(error_of([&] {
                roi_align(maps.to(at::kDouble), at::zeros({1, 5}, at::kDouble), 1.0, 2, 2, 2, false);
              }),
              HasSubstr("needs torchvision"));
}

}  // namespace
}  // namespace torch_tensorrt::core::runtime
