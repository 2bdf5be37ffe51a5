#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "onednn/one_layer.h"
#include "torch_tensorrt/core/engine/run/thread_limit.h"
#include "torch_tensorrt/core/engine/tactics/onednn/instruction_set.h"
#include "torch_tensorrt/core/engine/tactics/onednn/max_pooling_kernels.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::Dims;
using network::PoolingType;
using network::TensorFormat;
using onednn::MaxPoolingForm;
using onednn::MaxPoolingKernels;
using testing::OneLayer;
using testing::random_tensor;
using testing::Tensor;

constexpr const char* kTactic = "onednn.max_pooling";

std::vector<const MaxPoolingKernels*> kernels_of_this_machine() {
  const auto set = onednn::instruction_set();
  std::vector<const MaxPoolingKernels*> all;
#if defined(__x86_64__)
  if (set == onednn::InstructionSet::kAvx512) all.push_back(&onednn::kAvx512MaxPoolingKernels);
  if (set != onednn::InstructionSet::kNone) all.push_back(&onednn::kAvx2MaxPoolingKernels);
#elif defined(__aarch64__)
  if (set == onednn::InstructionSet::kNeon) all.push_back(&onednn::kNeonMaxPoolingKernels);
#endif
  return all;
}

// Bits that are likely to be mixed up: zeros of both signs, NaN of both signs, infinities, the smallest numbers.
template <typename T>
T random_bits(T infinity, std::mt19937& random) {
  constexpr T kSign = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
  const T special[] = {0, 1, infinity, static_cast<T>(infinity + 1), static_cast<T>(infinity - 1)};
  const bool is_special = random() % 2 == 0;
  const T size = is_special ? special[random() % 5] : static_cast<T>(random() % (static_cast<uint32_t>(infinity) + 1));
  return random() % 2 == 0 ? size : static_cast<T>(size | kSign);
}

MaxPoolingForm random_form(std::mt19937& random) {
  const auto any = [&](int64_t first, int64_t last) {
    return first + static_cast<int64_t>(random() % static_cast<uint32_t>(last - first + 1));
  };
  MaxPoolingForm form{};
  form.channels = any(1, 70);
  for (int axis = 0; axis < 3; ++axis) {
    form.in[axis] = any(1, 6);
    form.window[axis] = any(1, 4);
    form.stride[axis] = any(1, 3);
    form.dilation[axis] = any(1, 3);
    form.pre[axis] = any(-1, 3);
    form.out[axis] = any(1, 4);  // windows may lie in the padding
  }
  return form;
}

// PyTorch's loop: a larger number or NaN replaces what there is.
template <typename T>
T first_maximum(const MaxPoolingForm& form, DataType type, T infinity, const std::vector<T>& input, int64_t image,
                const int64_t (&place)[3], int64_t channel) {
  T best = static_cast<T>(infinity | static_cast<T>(T{1} << (8 * sizeof(T) - 1)));
  int64_t tap[3];
  for (tap[0] = 0; tap[0] < form.window[0]; ++tap[0]) {
    for (tap[1] = 0; tap[1] < form.window[1]; ++tap[1]) {
      for (tap[2] = 0; tap[2] < form.window[2]; ++tap[2]) {
        int64_t element = image;
        bool is_inside = true;
        for (int axis = 0; axis < 3; ++axis) {
          const int64_t at = place[axis] * form.stride[axis] - form.pre[axis] + tap[axis] * form.dilation[axis];
          is_inside = is_inside && at >= 0 && at < form.in[axis];
          element = element * form.in[axis] + at;
        }
        if (!is_inside) continue;
        const T bits = input[static_cast<size_t>(element * form.channels + channel)];
        const double value = network::load_double(type, &bits, 0);
        if (value > network::load_double(type, &best, 0) || std::isnan(value)) best = bits;
      }
    }
  }
  return best;
}

template <typename T>
void expect_maxima(void (*run)(const MaxPoolingForm&, const onednn::PoolingRows&, T, const T*, T*), DataType type,
                   T infinity, uint32_t seed) {
  std::mt19937 random(seed);
  const MaxPoolingForm form = random_form(random);
  constexpr int64_t kImages = 2;
  std::vector<T> input(static_cast<size_t>(kImages * form.in[0] * form.in[1] * form.in[2] * form.channels));
  for (T& bits : input) bits = random_bits(infinity, random);
  const int64_t rows = kImages * form.out[0] * form.out[1];
  std::vector<T> output(static_cast<size_t>(rows * form.out[2] * form.channels));
  const int64_t cut = rows / 2;
  run(form, {0, cut}, infinity, input.data(), output.data());
  run(form, {cut, rows}, infinity, input.data(), output.data());
  for (size_t i = 0; i < output.size(); ++i) {
    const auto flat = static_cast<int64_t>(i);
    const int64_t column = flat / form.channels;
    const int64_t row = column / form.out[2];
    const int64_t place[3] = {row / form.out[1] % form.out[0], row % form.out[1], column % form.out[2]};
    const int64_t image = row / (form.out[0] * form.out[1]);
    const T expected = first_maximum(form, type, infinity, input, image, place, flat % form.channels);
    const double a = network::load_double(type, &output[i], 0);
    const double e = network::load_double(type, &expected, 0);
    const bool is_same = std::isnan(e) ? std::isnan(a) : output[i] == expected;  // NaN of any kind
    ASSERT_TRUE(is_same) << "seed " << seed << ", element " << i << " is " << a << ", expected " << e;
  }
}

TEST(OnednnMaxPoolingKernels, GiveThePyTorchLoopsBits) {
  const auto all = kernels_of_this_machine();
  if (all.empty()) GTEST_SKIP() << "no kernels for this processor";
  for (const MaxPoolingKernels* kernels : all) {
    for (uint32_t seed = 0; seed < 200; ++seed) {
      expect_maxima<int32_t>(kernels->of_32_bits, DataType::kFLOAT, 0x7f800000, seed);
      expect_maxima<int16_t>(kernels->of_16_bits, DataType::kHALF, 0x7c00, seed);
      expect_maxima<int16_t>(kernels->of_16_bits, DataType::kBF16, 0x7f80, seed);
    }
  }
}

struct Row {
  const char* name;
  Dims input;
  Dims window;
  Dims stride;
  Dims padding;
};

const Row kRows[] = {
    {"Usual", Dims{2, 64, 17, 16}, Dims{3, 3}, Dims{2, 2}, Dims{1, 1}},
    {"OneDimension", Dims{3, 20, 33}, Dims{4}, Dims{3}, Dims{2}},
    {"ThreeDimensions", Dims{1, 9, 5, 6, 7}, Dims{2, 3, 2}, Dims{2, 1, 2}, Dims{1, 1, 0}},
    {"OfAll", Dims{2, 40, 7, 7}, Dims{7, 7}, Dims{1, 1}, Dims{0, 0}},
};

Tensor maxima(const Row& row, const Tensor& x, const Dims& output) {
  return testing::make_tensor(output, [&](const std::vector<int64_t>& out) {
    double best = -std::numeric_limits<double>::infinity();
    for (int64_t flat = 0; flat < row.window.volume(); ++flat) {
      std::vector<int64_t> in = out;
      int64_t rest = flat;
      bool is_inside = true;
      for (int32_t i = row.window.nbDims; i-- > 0; rest /= row.window.d[i]) {
        const auto axis = static_cast<size_t>(i) + 2;
        in[axis] = out[axis] * row.stride.d[i] - row.padding.d[i] + rest % row.window.d[i];
        is_inside = is_inside && in[axis] >= 0 && in[axis] < row.input.d[axis];
      }
      if (is_inside) best = std::max(best, x.at(in));
    }
    return best;
  });
}

class OnednnMaxPooling : public ::testing::TestWithParam<Row> {};

TEST_P(OnednnMaxPooling, GivesWhatTheLoopsGive) {
  const Row& row = GetParam();
  if (kernels_of_this_machine().empty()) GTEST_SKIP() << "no kernels for this processor";
  for (const int64_t threads : {1, 2, 5}) {
    const ThreadLimit limit(threads);
    OneLayer net;
    const Tensor x = random_tensor(row.input, 1);
    auto* layer = net.network().addPoolingNd(*net.input(x), PoolingType::kMAX, row.window);
    net.set(layer);
    layer->setStrideNd(row.stride);
    layer->setPrePadding(row.padding);
    layer->setPostPadding(row.padding);
    ASSERT_EQ(net.declined(kTactic, TensorFormat::kHWC), "");
    expect_near(net.run(kTactic, TensorFormat::kHWC), maxima(row, x, layer->getOutput(0)->getDimensions()), 0,
                row.name);
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, OnednnMaxPooling, ::testing::ValuesIn(kRows),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(OnednnMaxPoolingDeclines, WhatItHasNoKernelsFor) {
  const auto reason = [](const Dims& input, PoolingType type, TensorFormat format) {
    OneLayer net;
    net.set(net.network().addPoolingNd(*net.input(random_tensor(input, 1)), type, Dims{2, 2}));
    return net.declined(kTactic, format);
  };
  EXPECT_EQ(reason(Dims{1, 4, 8, 8}, PoolingType::kMAX, TensorFormat::kLINEAR), "format");
  EXPECT_NE(reason(Dims{1, 4, 8, 8}, PoolingType::kAVERAGE, TensorFormat::kHWC).find("maximum"), std::string::npos);
  EXPECT_NE(reason(Dims{4, 8, 8}, PoolingType::kMAX, TensorFormat::kHWC).find("batch"), std::string::npos);
}

}  // namespace
}  // namespace torch_tensorrt::engine
