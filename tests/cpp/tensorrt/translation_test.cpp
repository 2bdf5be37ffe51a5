#include <gtest/gtest.h>

#include "torch_tensorrt/core/backends/tensorrt/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/translator.h"
#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

TEST(TensorRTTranslation, HasARowForEveryKindInTheirOrder) {
  const auto& table = translation_table();
  ASSERT_EQ(table.size(), static_cast<size_t>(network::kLayerTypeCount));
  for (int32_t i = 0; i < network::kLayerTypeCount; ++i) {
    const TranslationRow& row = table[static_cast<size_t>(i)];
    EXPECT_EQ(row.type, static_cast<network::LayerType>(i)) << network::enum_name(row.type);
    EXPECT_NE(row.translate, nullptr);
  }
}

TEST(TensorRTTranslation, KeepsDimsAndPermutations) {
  const trt::Dims dims = to_trt(network::Dims{2, -1, 7});
  EXPECT_EQ(dims.nbDims, 3);
  EXPECT_EQ(dims.d[1], -1);
  EXPECT_EQ(dims.d[2], 7);
  EXPECT_FALSE(is_static(dims));
  network::Permutation swap;
  std::swap(swap.order[0], swap.order[2]);
  EXPECT_EQ(to_trt(swap).order[0], 2);
  EXPECT_EQ(to_trt(swap).order[1], 1);
  EXPECT_EQ(to_trt(swap).order[2], 0);
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
