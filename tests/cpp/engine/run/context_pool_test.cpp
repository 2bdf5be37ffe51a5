
#include <gtest/gtest.h>

#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/run/engine.h"

namespace torch_tensorrt::engine {
namespace {

class Pool : public ::testing::Test {
 protected:
  // Puts a new context and returns its address.
  const Context* put(void* stream, uint64_t recording) {
    auto context = engine_->create_context();
    const Context* address = context.get();
    pool_.put(std::move(context), stream, recording);
    return address;
  }
  // Takes a context and puts it back for the same stream and recording.
  const Context* use(void* stream, uint64_t recording) {
    auto context = pool_.take(stream, recording);
    if (context == nullptr) return nullptr;
    const Context* address = context.get();
    pool_.put(std::move(context), stream, recording);
    return address;
  }

  int streams_[2] = {};
  void* const a_ = &streams_[0];
  void* const b_ = &streams_[1];
  std::shared_ptr<Engine> engine_ = testing::build_engine(testing::make_small_network());
  ContextPool pool_;
};

TEST_F(Pool, AContextStaysWithItsStream) {
  EXPECT_EQ(pool_.take(a_, 0), nullptr);
  const Context* first = put(a_, 0);
  EXPECT_EQ(pool_.take(b_, 0), nullptr);
  const Context* last = put(a_, 0);
  EXPECT_EQ(pool_.take(a_, 0).get(), last);
  EXPECT_EQ(use(a_, 0), first);
}

TEST_F(Pool, ClearDropsAllButThoseOfRecordings) {
  const Context* recorded = put(a_, 7);
  put(a_, 0);
  put(b_, 0);
  pool_.clear();
  EXPECT_EQ(pool_.take(a_, 0), nullptr);
  EXPECT_EQ(pool_.take(b_, 0), nullptr);
  EXPECT_EQ(use(a_, 7), recorded);
  const Context* fresh = put(a_, 0);
  EXPECT_EQ(pool_.take(a_, 0).get(), fresh);
}

TEST_F(Pool, ARecordingKeepsTheContextThatItTook) {
  const Context* warm = put(a_, 0);
  EXPECT_EQ(use(a_, 7), warm);
  EXPECT_EQ(use(a_, 7), warm);
  EXPECT_EQ(pool_.take(a_, 0), nullptr);
  EXPECT_EQ(pool_.take(a_, 8), nullptr);
}

TEST_F(Pool, ARecordingTakesOneOfItsStreamBeforeOneOfAnother) {
  const Context* own = put(a_, 0);
  const Context* other = put(b_, 0);
  EXPECT_EQ(use(a_, 7), own);
  EXPECT_EQ(use(a_, 8), other);
  EXPECT_EQ(pool_.take(b_, 0), nullptr);
}

TEST_F(Pool, TwoStreamsOfARecordingShareNone) {
  put(a_, 7);
  EXPECT_EQ(pool_.take(b_, 7), nullptr);
}

TEST_F(Pool, IsBoundedButForRecordings) {
  const Context* recorded = put(a_, 7);
  const Context* oldest = put(a_, 0);
  for (size_t i = 0; i < ContextPool::kLimit; ++i) put(b_, 0);
  EXPECT_NE(oldest, nullptr);
  EXPECT_EQ(pool_.take(a_, 0), nullptr);
  EXPECT_EQ(use(a_, 7), recorded);
  for (size_t i = 0; i < ContextPool::kLimit; ++i) EXPECT_NE(pool_.take(b_, 0), nullptr) << i;
  EXPECT_EQ(pool_.take(b_, 0), nullptr);
}

}  // namespace
}  // namespace torch_tensorrt::engine
