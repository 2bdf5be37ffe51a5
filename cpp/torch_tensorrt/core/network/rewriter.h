#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::network {

// The only way for passes to change a network. Keeps uses, order and output marks right, and remembers whether anything
// changed. Outputs of the network keep their names through every replacement.
class Rewriter {
 public:
  explicit Rewriter(INetworkDefinition& network) : network_(network) {}

  bool changed() const { return changed_; }
  INetworkDefinition& network() { return network_; }

  // Makes a layer of kind L right before `position`, with its name and source. (An input that stands behind `position`
  // moves the new layer behind that input.)
  template <typename L, typename... Args>
  L* insert_before(ILayer& position, const std::vector<ITensor*>& inputs, Args&&... args) {
    return static_cast<L*>(insert(std::make_unique<L>(std::forward<Args>(args)...), inputs, position, &position));
  }
  // The same, right behind `position`.
  template <typename L, typename... Args>
  L* insert_after(ILayer& position, const std::vector<ITensor*>& inputs, Args&&... args) {
    return static_cast<L*>(insert(std::make_unique<L>(std::forward<Args>(args)...), inputs, position, next(position)));
  }
  // A constant whose memory the network owns.
  IConstantLayer* insert_constant_before(ILayer& position, const Dims& dims, DataType type, const void* values);

  // Makes every reader of `from`, and its output mark with the name, use `to`. `to` must stand before all readers and
  // have the same dtype and dims (Error otherwise). If the producer of `to` reads `from`, it keeps doing so. No layer
  // moves. If `to` is already a network input or output, an identity layer takes over the output mark and the name, so
  // that both survive.
  void replace_all_uses(ITensor& from, ITensor& to);
  // Sets one input of one layer, and moves the layer if it stands before the tensor (see ILayer::setInput).
  void set_input(ILayer& layer, int32_t index, ITensor& tensor);
  // Appends an input for an epilogue operation and returns its index; moves the layer as set_input does.
  int32_t append_input(ILayer& layer, ITensor& tensor);
  // Removes all inputs from index `count` on.
  void truncate_inputs(ILayer& layer, int32_t count);
  // Moves a layer right before another, which must stand behind all inputs of the layer (Error otherwise).
  void move_before(ILayer& layer, ILayer& position);
  // Removes a layer without readers (Error otherwise). Network inputs cannot be removed.
  void erase(ILayer& layer);
  // Removes the layer if it has no readers, then its producers as far as they have none left.
  void erase_if_dead(ILayer& layer);
  // Marks the network as changed by an attribute setter.
  void note_change() { changed_ = true; }

 private:
  ILayer* insert(std::unique_ptr<ILayer> layer, const std::vector<ITensor*>& inputs, const ILayer& like,
                 ILayer* position);
  void check_replacement(const ITensor& from, const ITensor& to) const;
  void move_output_mark(ITensor& from, ITensor& to);
  ILayer* next(ILayer& layer) const;  // null at the end

  INetworkDefinition& network_;
  bool changed_ = false;
};

}  // namespace torch_tensorrt::network
