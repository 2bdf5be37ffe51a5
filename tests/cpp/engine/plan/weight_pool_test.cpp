#include "torch_tensorrt/core/engine/plan/weight_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "torch_tensorrt/core/engine/plan/engine_bytes.h"

namespace torch_tensorrt::engine {
namespace {

WeightPool::Block share(WeightPool& pool, const std::string& bytes) {
  return pool.share(bytes.data(), static_cast<int64_t>(bytes.size()));
}

std::string text_of(const std::shared_ptr<const void>& data, size_t size) {
  return {static_cast<const char*>(data.get()), size};
}

TEST(WeightPool, EqualBlocksAreOneBlock) {
  WeightPool pool;
  const auto first = share(pool, "weights");
  const auto other = share(pool, "weightS");
  const auto longer = share(pool, "weights!");
  const auto again = share(pool, "weights");
  EXPECT_FALSE(first.was_known);
  EXPECT_FALSE(other.was_known);
  EXPECT_FALSE(longer.was_known);
  EXPECT_TRUE(again.was_known);
  EXPECT_EQ(first.data, again.data);
  EXPECT_NE(first.data, other.data);
  EXPECT_EQ(text_of(first.data, 7), "weights");
  EXPECT_EQ(text_of(other.data, 7), "weightS");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first.data.get()) % 64, 0U);
  EXPECT_EQ(pool.usage().blocks, 3);
  EXPECT_EQ(pool.usage().bytes, 7 + 7 + 8);
}

TEST(WeightPool, ABlockLivesAsLongAsItsUsers) {
  WeightPool pool;
  auto first = share(pool, "weights");
  auto second = share(pool, "weights");
  first.data.reset();
  EXPECT_EQ(pool.usage().blocks, 1);
  EXPECT_TRUE(share(pool, "weights").was_known);
  second.data.reset();
  EXPECT_EQ(pool.usage().blocks, 0);
  EXPECT_FALSE(share(pool, "weights").was_known);
}

TEST(WeightPool, ManyUnusedBlocksDoNotHideTheUsedOne) {
  WeightPool pool;
  const auto kept = share(pool, "kept");
  for (int i = 0; i < 1000; ++i) share(pool, std::to_string(i));
  EXPECT_EQ(pool.usage().blocks, 1);
  EXPECT_EQ(share(pool, "kept").data, kept.data);
}

TEST(WeightPool, ThreadsGetTheSameBlocks) {
  WeightPool pool;
  constexpr size_t kThreads = 8;
  constexpr size_t kBlocks = 50;
  std::vector<std::vector<std::shared_ptr<const void>>> blocks(kThreads);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kBlocks; ++i) {
        share(pool, "gone " + std::to_string(i * kThreads + t));
        blocks[t].push_back(share(pool, "kept " + std::to_string(i)).data);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& of_thread : blocks) EXPECT_EQ(of_thread, blocks[0]);
  EXPECT_EQ(pool.usage().blocks, static_cast<int64_t>(kBlocks));
}

TEST(EngineBytes, RangesAreSharedAndTheRestIsCopied) {
  WeightPool pool;
  std::shared_ptr<const void> block;
  {
    const std::string whole = "head AAAA middle BBBBtail";
    const EngineBytes bytes(whole, {{5, 4}, {17, 4}}, pool);
    EXPECT_EQ(bytes.join(), whole);
    EXPECT_EQ(bytes.shared_bytes(), 0);
    EXPECT_EQ(text_of(bytes.at(0), 5), "head ");
    EXPECT_EQ(text_of(bytes.at(7), 2), "AA");
    EXPECT_EQ(text_of(bytes.at(9), 8), " middle ");
    EXPECT_EQ(text_of(bytes.at(22), 3), "ail");
    const EngineBytes other("BBBB", {{0, 4}}, pool);
    EXPECT_EQ(other.shared_bytes(), 4);
    EXPECT_EQ(other.at(0), bytes.at(17));
    block = other.at(1);
  }
  EXPECT_EQ(text_of(block, 3), "BBB");
  EXPECT_EQ(pool.usage().blocks, 1);
}

TEST(EngineBytes, OnePieceIsUsedInPlace) {
  const auto whole = std::make_shared<const std::string>("bytes");
  const EngineBytes bytes(whole);
  EXPECT_EQ(bytes.at(2).get(), whole->data() + 2);
  EXPECT_EQ(bytes.join(), *whole);
}

}  // namespace
}  // namespace torch_tensorrt::engine
