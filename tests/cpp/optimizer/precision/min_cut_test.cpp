#include "torch_tensorrt/core/optimizer/precision/min_cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace torch_tensorrt::optimizer {
namespace {

struct Edge {
  int32_t from;
  int32_t to;
  int64_t capacity;
};

int64_t cost(const std::vector<Edge>& edges, const std::vector<bool>& on_sink_side) {
  int64_t sum = 0;
  for (const Edge& edge : edges) {
    const bool is_cut = !on_sink_side[static_cast<size_t>(edge.from)] && on_sink_side[static_cast<size_t>(edge.to)];
    if (is_cut) sum += edge.capacity;
  }
  return sum;
}

// Tries every split.
int64_t least_cost(const std::vector<Edge>& edges, int32_t nodes) {
  int64_t least = MinCut::kInfinite;
  for (uint32_t split = 0; split < (1U << nodes); ++split) {
    std::vector<bool> on_sink_side(static_cast<size_t>(nodes) + 2);
    on_sink_side[MinCut::kSink] = true;
    for (int32_t i = 0; i < nodes; ++i) on_sink_side[static_cast<size_t>(i) + 2] = ((split >> i) & 1U) != 0;
    least = std::min(least, cost(edges, on_sink_side));
  }
  return least;
}

TEST(MinCut, CostsAsLittleAsTheBestSplit) {
  std::mt19937 random(1);
  const auto pick = [&](int32_t count) { return static_cast<int32_t>(random() % static_cast<uint32_t>(count)); };
  for (int round = 0; round < 300; ++round) {
    const int32_t nodes = 1 + pick(7);
    MinCut cut;
    for (int32_t i = 0; i < nodes; ++i) EXPECT_EQ(cut.add_node(), i + 2);
    std::vector<Edge> edges;
    for (int32_t i = 0; i < 4 * nodes; ++i) {
      Edge edge{pick(nodes + 2), pick(nodes + 2), pick(20)};
      if (edge.from == edge.to || edge.from == MinCut::kSink || edge.to == MinCut::kSource) continue;
      edges.push_back(edge);
      cut.add_edge(edge.from, edge.to, edge.capacity);
    }
    const auto sides = cut.solve();
    EXPECT_FALSE(sides[MinCut::kSource]);
    EXPECT_TRUE(sides[MinCut::kSink]);
    EXPECT_EQ(cost(edges, sides), least_cost(edges, nodes)) << "round " << round;
  }
}

TEST(MinCut, InfiniteEdgesAreNeverCut) {
  MinCut cut;
  const int32_t a = cut.add_node();
  const int32_t b = cut.add_node();
  cut.add_edge(MinCut::kSource, a, MinCut::kInfinite);
  cut.add_edge(a, b, MinCut::kInfinite);
  cut.add_edge(b, MinCut::kSink, 5);
  const auto sides = cut.solve();
  EXPECT_FALSE(sides[static_cast<size_t>(a)]);
  EXPECT_FALSE(sides[static_cast<size_t>(b)]);
}

TEST(MinCut, ATieLeavesNodesWithTheSource) {
  MinCut cut;
  const int32_t a = cut.add_node();
  cut.add_edge(MinCut::kSource, a, 3);
  cut.add_edge(a, MinCut::kSink, 3);
  EXPECT_FALSE(cut.solve()[static_cast<size_t>(a)]);
}

}  // namespace
}  // namespace torch_tensorrt::optimizer
