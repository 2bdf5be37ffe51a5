#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "torch_tensorrt/core/engine/plan/weight_pool.h"

namespace torch_tensorrt::engine {

// The bytes of an engine, in one piece, or with large parts in memory that engines share. Immutable.
class EngineBytes {
 public:
  struct Range {
    size_t offset = 0;
    size_t size = 0;
  };

  explicit EngineBytes(std::shared_ptr<const std::string> whole);
  // Moves the ranges, which are in order and do not overlap, to the pool, and copies the rest.
  EngineBytes(std::string_view whole, const std::vector<Range>& ranges, WeightPool& pool);

  // The byte at the offset. Those behind it follow up to the end of its range, or up to the next range.
  std::shared_ptr<const void> at(size_t offset) const;
  // All bytes in one piece.
  std::string join() const;
  int64_t size() const;
  // Of the ranges, those that another engine had already.
  int64_t shared_bytes() const { return shared_bytes_; }

 private:
  struct Piece {
    size_t offset = 0;
    size_t size = 0;
    std::shared_ptr<const void> data;
  };
  std::vector<Piece> pieces_;  // in order
  int64_t shared_bytes_ = 0;
};

}  // namespace torch_tensorrt::engine
