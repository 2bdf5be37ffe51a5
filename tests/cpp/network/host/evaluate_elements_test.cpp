#include "torch_tensorrt/core/network/host/evaluate_elements.h"

#include <cmath>
#include <limits>

#include "network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// The number after a store and a load.
double stored(DataType type, double value) {
  char memory[8] = {};
  store_double(type, memory, 0, value);
  return load_double(type, memory, 0);
}
int64_t stored(DataType type, int64_t value) {
  char memory[8] = {};
  store_integer(type, memory, 0, value);
  return load_integer(type, memory, 0);
}

TEST(EvaluateElements, EveryHalfIsItself) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = half_to_float(static_cast<uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(half_to_float(float_to_half(value))));
    } else {
      EXPECT_EQ(float_to_half(value), bits);
    }
  }
}

// Between any two neighbors, the middle rounds to the even one, and numbers beside it to the nearer one.
TEST(EvaluateElements, HalvesRoundToNearestEven) {
  for (uint32_t bits = 0; bits < 0x7BFF; ++bits) {
    const float low = half_to_float(static_cast<uint16_t>(bits));
    const float middle = (low + half_to_float(static_cast<uint16_t>(bits + 1))) / 2;
    EXPECT_EQ(float_to_half(middle), bits % 2 == 0 ? bits : bits + 1);
    EXPECT_EQ(float_to_half(std::nextafter(middle, 0.F)), bits);
    EXPECT_EQ(float_to_half(std::nextafter(middle, 1e9F)), bits + 1);
    EXPECT_EQ(float_to_half(-middle), (bits % 2 == 0 ? bits : bits + 1) | 0x8000U);
  }
  EXPECT_EQ(stored(DataType::kHALF, 65519.0), 65504);
  EXPECT_EQ(stored(DataType::kHALF, 65520.0), kInf);
  EXPECT_EQ(stored(DataType::kHALF, -kInf), -kInf);
}

TEST(EvaluateElements, Bfloat16RoundsToNearestEven) {
  for (uint32_t bits = 0; bits < 0x7F7F; ++bits) {
    const float low = bfloat16_to_float(static_cast<uint16_t>(bits));
    EXPECT_EQ(float_to_bfloat16(low), bits);
    const float middle = low / 2 + bfloat16_to_float(static_cast<uint16_t>(bits + 1)) / 2;
    // Halving a nearly subnormal number loses bits by itself.
    if (bits <= 0x0100) continue;
    EXPECT_EQ(float_to_bfloat16(middle), bits % 2 == 0 ? bits : bits + 1);
  }
  EXPECT_TRUE(std::isnan(stored(DataType::kBF16, std::nan(""))));
  EXPECT_EQ(stored(DataType::kBF16, 1e39), kInf);
}

TEST(EvaluateElements, NumbersBecomeIntegersAsInPyTorch) {
  EXPECT_EQ(stored(DataType::kINT32, -2.9), -2);
  EXPECT_EQ(stored(DataType::kUINT8, 300.7), 44);
  EXPECT_EQ(stored(DataType::kINT8, 130.0), -126);
  EXPECT_EQ(stored(DataType::kBOOL, 0.3), 1);
  EXPECT_EQ(stored(DataType::kBOOL, std::nan("")), 1);
  EXPECT_EQ(stored(DataType::kBOOL, 0.0), 0);
  // No answer is right, but the behavior must not be undefined.
  EXPECT_EQ(stored(DataType::kINT64, 1e30), static_cast<double>(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(stored(DataType::kINT64, std::nan("")), static_cast<double>(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(stored(DataType::kUINT8, int64_t{-1}), 255);
  EXPECT_EQ(stored(DataType::kINT32, int64_t{1} << 32), 0);
  EXPECT_EQ(stored(DataType::kINT64, std::numeric_limits<int64_t>::max()), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(stored(DataType::kBOOL, int64_t{256}), 1);
  EXPECT_EQ(stored(DataType::kFLOAT, int64_t{16777217}), 16777216);
  EXPECT_EQ(stored(DataType::kDOUBLE, 0.1), 0.1);
}

TEST(EvaluateElements, SaysWhatItDoesNotKnow) {
  EXPECT_FALSE(has_elements(DataType::kFP8));
  EXPECT_FALSE(has_elements(DataType::kINT4));
  char byte = 0;
  EXPECT_ERROR(load_double(DataType::kFP8, &byte, 0), "elements of f8 cannot be read");
  EXPECT_ERROR(store_integer(DataType::kINT4, &byte, 0, 1), "elements of i4 cannot be read");
}

}  // namespace
}  // namespace torch_tensorrt::network
