#include "torch_tensorrt/core/engine/plan/engine_bytes.h"

#include <algorithm>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {

EngineBytes::EngineBytes(std::shared_ptr<const std::string> whole) {
  const std::shared_ptr<const void> data(whole, whole->data());
  pieces_.push_back({0, whole->size(), data});
}

EngineBytes::EngineBytes(std::string_view whole, const std::vector<Range>& ranges, WeightPool& pool) {
  size_t end = 0;
  const auto copy_up_to = [&](size_t offset) {
    if (offset == end) return;
    const auto rest = std::make_shared<const std::string>(whole.substr(end, offset - end));
    pieces_.push_back({end, rest->size(), std::shared_ptr<const void>(rest, rest->data())});
  };
  for (const Range& range : ranges) {
    copy_up_to(range.offset);
    auto block = pool.share(whole.data() + range.offset, static_cast<int64_t>(range.size));
    if (block.was_known) shared_bytes_ += static_cast<int64_t>(range.size);
    pieces_.push_back({range.offset, range.size, std::move(block.data)});
    end = range.offset + range.size;
  }
  copy_up_to(whole.size());
}

std::shared_ptr<const void> EngineBytes::at(size_t offset) const {
  const auto is_behind = [](size_t place, const Piece& piece) { return place < piece.offset; };
  const auto next = std::upper_bound(pieces_.begin(), pieces_.end(), offset, is_behind);
  TORCHTRT_ASSERT(next != pieces_.begin(), << "there is no byte " << offset);
  const Piece& piece = *std::prev(next);
  return {piece.data, static_cast<const char*>(piece.data.get()) + (offset - piece.offset)};
}

int64_t EngineBytes::size() const {
  int64_t size = 0;
  for (const Piece& piece : pieces_) size += static_cast<int64_t>(piece.size);
  return size;
}

std::string EngineBytes::join() const {
  std::string bytes;
  if (!pieces_.empty()) bytes.reserve(pieces_.back().offset + pieces_.back().size);
  for (const Piece& piece : pieces_) bytes.append(static_cast<const char*>(piece.data.get()), piece.size);
  return bytes;
}

}  // namespace torch_tensorrt::engine
