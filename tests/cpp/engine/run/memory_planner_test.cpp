#include "torch_tensorrt/core/engine/run/memory_planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

constexpr int64_t kAlignment = 64;

void expect_sound(const std::vector<BufferRequest>& requests, const MemoryPlan& plan) {
  ASSERT_EQ(plan.offsets.size(), requests.size());
  EXPECT_GE(plan.arena_bytes, plan.lower_bound_bytes);
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % kAlignment, 0);
    EXPECT_GE(plan.offsets[i], 0);
    EXPECT_LE(plan.offsets[i] + requests[i].bytes, plan.arena_bytes);
    for (size_t j = 0; j < i; ++j) {
      const bool together = requests[i].first <= requests[j].last && requests[j].first <= requests[i].last;
      const bool apart = plan.offsets[i] + requests[i].bytes <= plan.offsets[j] ||
                         plan.offsets[j] + requests[j].bytes <= plan.offsets[i];
      EXPECT_TRUE(!together || apart || requests[i].bytes == 0 || requests[j].bytes == 0)
          << "buffers " << j << " and " << i << " overlap";
    }
  }
}

// Computes the bound by its definition.
int64_t slow_lower_bound(const std::vector<BufferRequest>& requests) {
  int64_t bound = 0;
  for (const BufferRequest& at : requests) {
    int64_t live = 0;
    for (const BufferRequest& request : requests) {
      if (request.first <= at.first && at.first <= request.last) live += (request.bytes + 63) / 64 * 64;
    }
    bound = std::max(bound, live);
  }
  return bound;
}

// Lifetimes of the activations of well-known networks at 224 x 224, f32. One step per layer; `reads` are producers.
class Graph {
 public:
  int32_t layer(int64_t elements, const std::vector<int32_t>& reads, int64_t workspace = 0) {
    const auto step = static_cast<int32_t>(steps_++);
    for (const int32_t read : reads) requests_[read].last = step;
    if (workspace > 0) requests_.push_back({workspace, step, step});
    requests_.push_back({elements * 4, step, step});
    return static_cast<int32_t>(requests_.size()) - 1;
  }
  const std::vector<BufferRequest>& requests() const { return requests_; }

 private:
  int64_t steps_ = 0;
  std::vector<BufferRequest> requests_;
};

Graph resnet50() {
  Graph graph;
  int32_t x = graph.layer(64 * 112 * 112, {}, 100000);
  x = graph.layer(64 * 56 * 56, {x});
  const int64_t widths[] = {64, 128, 256, 512};
  const int32_t blocks[] = {3, 4, 6, 3};
  for (int32_t stage = 0; stage < 4; ++stage) {
    const int64_t size = 56 >> stage;
    for (int32_t block = 0; block < blocks[stage]; ++block) {
      const bool downsamples = block == 0 && stage > 0;
      const int64_t in_size = downsamples ? size * 2 : size;
      const int32_t a = graph.layer(widths[stage] * in_size * in_size, {x}, 4096);
      const int32_t b = graph.layer(widths[stage] * size * size, {a}, 65536);
      const int32_t shortcut = block == 0 ? graph.layer(widths[stage] * 4 * size * size, {x}) : x;
      x = graph.layer(widths[stage] * 4 * size * size, {b, shortcut});
    }
  }
  graph.layer(2048, {x});
  return graph;
}

Graph mobilenet() {
  Graph graph;
  int32_t x = graph.layer(16 * 112 * 112, {});
  const int64_t rows[][3] = {{64, 24, 56},  {72, 24, 56},  {72, 40, 28},   {120, 40, 28}, {120, 40, 28},
                             {240, 80, 14}, {200, 80, 14}, {480, 112, 14}, {672, 160, 7}, {960, 160, 7}};
  int64_t size = 112;
  for (const auto& row : rows) {
    const int32_t expanded = graph.layer(row[0] * size * size, {x});
    const int32_t depthwise = graph.layer(row[0] * row[2] * row[2], {expanded});
    const int32_t pooled = graph.layer(row[0], {depthwise});
    const int32_t squeezed = graph.layer(row[0] / 4, {pooled});
    const int32_t scale = graph.layer(row[0], {squeezed});
    const int32_t scaled = graph.layer(row[0] * row[2] * row[2], {depthwise, scale});
    x = graph.layer(row[1] * row[2] * row[2],
                    size == row[2] ? std::vector<int32_t>{scaled, x} : std::vector<int32_t>{scaled});
    size = row[2];
  }
  return graph;
}

Graph densenet() {
  Graph graph;
  int32_t x = graph.layer(64 * 56 * 56, {});
  int64_t channels = 64;
  int64_t size = 56;
  for (const int32_t layers : {6, 12, 24, 16}) {
    std::vector<int32_t> features{x};
    for (int32_t i = 0; i < layers; ++i) {
      const int32_t joined = graph.layer(channels * size * size, features);
      const int32_t normed = graph.layer(channels * size * size, {joined});
      const int32_t bottleneck = graph.layer(128 * size * size, {normed}, 20000);
      features.push_back(graph.layer(32 * size * size, {bottleneck}, 20000));
      channels += 32;
    }
    const int32_t joined = graph.layer(channels * size * size, features);
    channels /= 2;
    const int32_t narrow = graph.layer(channels * size * size, {joined});
    size /= 2;
    x = graph.layer(channels * size * size, {narrow});
  }
  return graph;
}

// An encoder and a decoder with long-lived skips.
Graph unet() {
  Graph graph;
  std::vector<int32_t> skips;
  int32_t x = graph.layer(64 * 256 * 256, {});
  for (int32_t level = 0; level < 4; ++level) {
    const int64_t size = 256 >> level;
    x = graph.layer((64 << level) * size * size, {x});
    skips.push_back(x = graph.layer((64 << level) * size * size, {x}));
    x = graph.layer((64 << level) * size * size / 4, {x});
  }
  for (int32_t level = 3; level >= 0; --level) {
    const int64_t size = 256 >> level;
    const int32_t up = graph.layer((64 << level) * size * size, {x});
    x = graph.layer((64 << level) * size * size, {graph.layer((128 << level) * size * size, {up, skips[level]})});
  }
  return graph;
}

struct NamedGraph {
  const char* name;
  Graph (*make)();
};
class KnownGraphs : public ::testing::TestWithParam<NamedGraph> {};

TEST_P(KnownGraphs, ArenaIsWithinTenPercentOfTheBound) {
  const auto requests = GetParam().make().requests();
  const MemoryPlan plan = plan_memory(requests);
  expect_sound(requests, plan);
  EXPECT_EQ(plan.lower_bound_bytes, slow_lower_bound(requests));
  EXPECT_LE(static_cast<double>(plan.arena_bytes), 1.1 * static_cast<double>(plan.lower_bound_bytes));
  RecordProperty("ratio_permille", static_cast<int>(1000 * plan.arena_bytes / plan.lower_bound_bytes));
}

INSTANTIATE_TEST_SUITE_P(MemoryPlanner, KnownGraphs,
                         ::testing::Values(NamedGraph{"resnet50", resnet50}, NamedGraph{"mobilenet", mobilenet},
                                           NamedGraph{"densenet", densenet}, NamedGraph{"unet", unet}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(MemoryPlanner, RandomBuffersNeverOverlap) {
  std::mt19937 random(7);
  for (int32_t round = 0; round < 200; ++round) {
    std::vector<BufferRequest> requests;
    const auto steps = static_cast<int32_t>(1 + random() % 40);
    for (uint32_t i = 0; i < random() % 60; ++i) {
      const auto first = static_cast<int32_t>(random() % steps);
      const auto last = std::min(steps - 1, first + static_cast<int32_t>(random() % 10));
      requests.push_back({static_cast<int64_t>(random() % 5000), first, last});
    }
    const MemoryPlan plan = plan_memory(requests);
    expect_sound(requests, plan);
    EXPECT_EQ(plan.lower_bound_bytes, slow_lower_bound(requests)) << "round " << round;
    EXPECT_LE(static_cast<double>(plan.arena_bytes), 1.5 * static_cast<double>(plan.lower_bound_bytes) + 64);
    EXPECT_EQ(plan_memory(requests).offsets, plan.offsets);
  }
}

TEST(MemoryPlanner, BuffersThatNeverMeetShareMemory) {
  const MemoryPlan plan = plan_memory({{100, 0, 1}, {100, 2, 3}, {100, 4, 4}});
  EXPECT_EQ(plan.arena_bytes, 128);
  EXPECT_EQ(plan.offsets, (std::vector<int64_t>{0, 0, 0}));
}

TEST(MemoryPlanner, BuffersOfNeighboringStepsDoNotShare) {
  const MemoryPlan plan = plan_memory({{64, 0, 1}, {64, 1, 2}});
  EXPECT_EQ(plan.arena_bytes, 128);
}

TEST(MemoryPlanner, NothingNeedsNothing) {
  EXPECT_EQ(plan_memory({}).arena_bytes, 0);
  EXPECT_EQ(plan_memory({{0, 0, 5}}).arena_bytes, 0);
}

TEST(MemoryPlanner, RefusesWhatHasNoSize) {
  EXPECT_THROW(plan_memory({{-1, 0, 0}}), Error);
  EXPECT_THROW(plan_memory({{1, 1, 0}}), Error);
  EXPECT_THROW(plan_memory({{INT64_MAX, 0, 0}}), Error);
  EXPECT_THROW(plan_memory({{INT64_MAX / 2 - 63, 0, 0}, {INT64_MAX / 2, 0, 0}, {1000, 0, 0}}), Error);
}

}  // namespace
}  // namespace torch_tensorrt::engine
