#include "torch_tensorrt/core/engine/plan/weight_store.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using testing::error_of;

WeightBlock block(const std::string& layout, const std::string& content) {
  auto memory = allocate_aligned(static_cast<int64_t>(content.size()));
  std::memcpy(memory.get(), content.data(), content.size());
  return {layout, static_cast<int64_t>(content.size()), memory};
}

std::string content(const WeightBlock& block) {
  return {static_cast<const char*>(block.data.get()), static_cast<size_t>(block.bytes)};
}

// Doubles every byte, so that the packed block is larger.
void repeat(const WeightBlock& from, void* to) {
  const std::string text = content(from) + content(from);
  std::memcpy(to, text.data(), text.size());
}

TEST(WeightStore, PacksOnFirstAskAndKeepsTheResult) {
  WeightStore store;
  store.put("3/kernel", block("plain", "abc"));
  int32_t repacked = 0;
  const auto repack = [&](const WeightBlock& from, void* to) {
    EXPECT_EQ(from.layout, "plain");
    ++repacked;
    repeat(from, to);
  };
  const void* packed = store.get("3/kernel", "twice", 6, repack);
  EXPECT_EQ(std::memcmp(packed, "abcabc", 6), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(packed) % 64, 0U);
  EXPECT_EQ(store.get("3/kernel", "twice", 6, repack), packed);
  EXPECT_EQ(repacked, 1);
  EXPECT_EQ(store.asked_layout("3/kernel"), "twice");
}

TEST(WeightStore, EqualWeightsArePackedIntoOneBlock) {
  WeightStore store;
  for (const char* key : {"a", "b"}) store.put(key, block("plain", "abc"));
  store.put("c", block("plain", "abd"));
  const void* packed = store.get("a", "twice", 6, repeat);
  EXPECT_EQ(store.get("b", "twice", 6, repeat), packed);
  EXPECT_NE(store.get("c", "twice", 6, repeat), packed);
  store.drop_unused();
  EXPECT_EQ(store.total_bytes(), 12);
}

TEST(WeightStore, DropsTheLayoutsThatNobodyAskedFor) {
  WeightStore store;
  store.put("a", block("plain", "abc"));
  store.put("b", block("plain", "xyz"));
  std::weak_ptr<const void> plain = store.find("a").data;
  store.get("a", "twice", 6, repeat);
  store.drop_unused();
  EXPECT_TRUE(plain.expired());
  const auto blocks = store.blocks();
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].first, "a");
  EXPECT_EQ(blocks[0].second.layout, "twice");
  EXPECT_EQ(content(blocks[0].second), "abcabc");
  EXPECT_EQ(blocks[1].second.layout, "plain");
  EXPECT_EQ(store.total_bytes(), 9);
}

TEST(WeightStore, KeepsEveryLayoutThatWasAskedForAndSavesTheLast) {
  WeightStore store;
  store.put("a", block("plain", "abc"));
  const void* twice = store.get("a", "twice", 6, repeat);
  store.get("a", "plain", 3, nullptr);
  store.drop_unused();
  EXPECT_EQ(store.find("a").layout, "plain");
  EXPECT_EQ(store.get("a", "twice", 6, nullptr), twice);
}

TEST(WeightStore, AlignsPackedBlocksOfAFile) {
  WeightStore store;
  const auto memory = allocate_aligned(128);
  std::memcpy(static_cast<char*>(memory.get()) + 16, "abcabc", 6);
  store.put("a", {"twice", 6, std::shared_ptr<const void>(memory, static_cast<char*>(memory.get()) + 16)});
  const void* packed = store.get("a", "twice", 6, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(packed) % 64, 0U);
  EXPECT_EQ(std::memcmp(packed, "abcabc", 6), 0);
}

TEST(WeightStore, SaysWhatItDoesNotHave) {
  WeightStore store;
  store.put("a", block("twice", "abcabc"));
  EXPECT_NE(error_of([&] { store.get("b", "plain", 3, nullptr); }).find("no weights b"), std::string::npos);
  EXPECT_NE(error_of([&] { store.get("a", "plain", 3, nullptr); }).find("kept as twice, not as plain"),
            std::string::npos);
  EXPECT_NE(error_of([&] { store.get("a", "twice", 8, nullptr); }).find("6 bytes as twice, expected 8"),
            std::string::npos);
}

}  // namespace
}  // namespace torch_tensorrt::engine
