#include "torch_tensorrt/core/optimizer/precision/min_cut.h"

#include <algorithm>
#include <deque>

namespace torch_tensorrt::optimizer {

int32_t MinCut::add_node() {
  edges_of_.emplace_back();
  return static_cast<int32_t>(edges_of_.size()) - 1;
}

void MinCut::add_edge(int32_t from, int32_t to, int64_t capacity) {
  const auto add = [&](int32_t start, int32_t end, int64_t left) {
    edges_of_[static_cast<size_t>(start)].push_back(static_cast<int32_t>(edges_.size()));
    edges_.push_back({end, left});
  };
  add(from, to, capacity);
  add(to, from, 0);
}

// Walks back from the sink along edges that can take more.
bool MinCut::find_levels() {
  levels_.assign(edges_of_.size(), -1);
  next_edge_.assign(edges_of_.size(), 0);
  levels_[kSink] = 0;
  std::deque<int32_t> queue = {kSink};
  while (!queue.empty()) {
    const int32_t node = queue.front();
    queue.pop_front();
    for (const int32_t edge : edges_of_[static_cast<size_t>(node)]) {
      const int32_t from = edges_[static_cast<size_t>(edge)].to;
      if (levels_[static_cast<size_t>(from)] != -1 || edges_[static_cast<size_t>(edge ^ 1)].left == 0) continue;
      levels_[static_cast<size_t>(from)] = levels_[static_cast<size_t>(node)] + 1;
      queue.push_back(from);
    }
  }
  return levels_[kSource] != -1;
}

// Sends up to `limit` from the node to the sink, along edges that come closer to it.
int64_t MinCut::push(int32_t node, int64_t limit) {
  if (node == kSink) return limit;
  const auto& edges = edges_of_[static_cast<size_t>(node)];
  for (size_t& i = next_edge_[static_cast<size_t>(node)]; i < edges.size(); ++i) {
    Edge& edge = edges_[static_cast<size_t>(edges[i])];
    if (edge.left == 0 || levels_[static_cast<size_t>(edge.to)] != levels_[static_cast<size_t>(node)] - 1) continue;
    const int64_t sent = push(edge.to, std::min(limit, edge.left));
    if (sent == 0) continue;
    edge.left -= sent;
    edges_[static_cast<size_t>(edges[i] ^ 1)].left += sent;
    return sent;
  }
  return 0;
}

std::vector<bool> MinCut::solve() {
  while (find_levels()) {
    while (push(kSource, kInfinite) > 0) {
    }
  }
  // The last search found every node from which more could reach the sink.
  std::vector<bool> on_sink_side(levels_.size());
  for (size_t i = 0; i < levels_.size(); ++i) on_sink_side[i] = levels_[i] != -1;
  return on_sink_side;
}

}  // namespace torch_tensorrt::optimizer
