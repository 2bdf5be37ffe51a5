#include "torch_tensorrt/core/util/jit_tensor_copies.h"

#include <gtest/gtest.h>

#include "ATen/ATen.h"

namespace torch_tensorrt::core::util {
namespace {

TEST(TensorCopies, SharedMemoryStaysSharedAmongCopies) {
  const auto whole = at::arange(12, at::kFloat).view({3, 4});
  const auto column = whole.select(1, 2);
  TensorCopies copies;
  const auto a = copies.copy(whole).toTensor();
  const auto b = copies.copy(column).toTensor();
  EXPECT_TRUE(at::equal(a, whole));
  EXPECT_TRUE(at::equal(b, column));
  EXPECT_EQ(b.strides(), column.strides());
  EXPECT_NE(storage_of(a), storage_of(whole));
  b.fill_(-1);
  EXPECT_TRUE(at::equal(a.select(1, 2), b));
  EXPECT_EQ(column[0].item<float>(), 2);
  EXPECT_TRUE(copies.copy(whole).toTensor().is_same(a));
}

// A later tensor may have the address of one that is gone.
TEST(TensorCopies, EachTensorHasACopyOfItsOwn) {
  TensorCopies copies;
  for (int i = 0; i < 50; ++i) {
    const auto copy = copies.copy(at::full({4}, i, at::kFloat)).toTensor();
    EXPECT_EQ(copy[0].item<float>(), i);
  }
}

TEST(TensorCopies, OtherValuesAreCopiedToo) {
  TensorCopies copies;
  const c10::IValue list(std::vector<int64_t>{1, 2});
  const auto copy = copies.copy(list);
  EXPECT_EQ(copy.toIntVector(), list.toIntVector());
  EXPECT_FALSE(copy.is(list));
  EXPECT_FALSE(copies.copy(at::Tensor()).toTensor().defined());
  EXPECT_EQ(copies.copy(3).toInt(), 3);
}

}  // namespace
}  // namespace torch_tensorrt::core::util
