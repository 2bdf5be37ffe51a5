#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace torch_tensorrt::optimizer {

// A cut of least capacity between a source and a sink (Dinic's algorithm): it splits the nodes into two sides so that
// the edges from the source's side to the sink's cost least.
class MinCut {
 public:
  static constexpr int64_t kInfinite = std::numeric_limits<int64_t>::max() / 4;
  static constexpr int32_t kSource = 0;
  static constexpr int32_t kSink = 1;

  MinCut() : edges_of_(2) {}

  int32_t add_node();
  // The capacity is at least 0.
  void add_edge(int32_t from, int32_t to, int64_t capacity);
  // Returns for each node whether it is on the sink's side. Nodes that could be on either side are on the source's.
  // Call it once, after the last edge.
  std::vector<bool> solve();

 private:
  struct Edge {
    int32_t to;
    int64_t left;  // capacity
  };

  bool find_levels();
  int64_t push(int32_t node, int64_t limit);

  std::vector<Edge> edges_;  // each is followed by its reverse
  std::vector<std::vector<int32_t>> edges_of_;
  std::vector<int32_t> levels_;  // distance to the sink; -1: no way
  std::vector<size_t> next_edge_;
};

}  // namespace torch_tensorrt::optimizer
