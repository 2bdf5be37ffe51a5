#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::network {

// The only way in which passes change a network. Keeps uses, order and output marks right, and remembers whether
// anything changed. Graph outputs keep their names through every replacement.
class Rewriter {
 public:
  explicit Rewriter(INetworkDefinition& network) : network_(network) {}

  bool changed() const { return changed_; }
  INetworkDefinition& network() { return network_; }

  // Makes a layer of kind L right before `position`, named and sourced after it. (An input that stands behind
  // `position` moves the new layer behind that input.)
  template <typename L, typename... Args>
  L* insert_before(ILayer& position, const std::vector<ITensor*>& inputs, Args&&... args) {
    return static_cast<L*>(insert(std::make_unique<L>(std::forward<Args>(args)...), inputs, position, &position));
  }
  // The same right behind `position`.
  template <typename L, typename... Args>
  L* insert_after(ILayer& position, const std::vector<ITensor*>& inputs, Args&&... args) {
    return static_cast<L*>(insert(std::make_unique<L>(std::forward<Args>(args)...), inputs, position, next(position)));
  }
  // A constant whose memory the network owns.
  IConstantLayer* insert_constant_before(ILayer& position, const Dims& dims, DataType type, const void* values);

  // Every reader of `from` (and the output mark with its name) reads `to` from now on. `to` must stand before all
  // readers and have the same dtype and dims (Error otherwise). The producer of `to` may itself read `from` and goes on
  // doing so. Layers are left where they are. Where `to` is a network input or an output already, an identity layer
  // takes over the output mark and the name, so that both survive.
  void replace_all_uses(ITensor& from, ITensor& to);
  // The one input of one layer, which is moved if it stands before the tensor (see ILayer::setInput).
  void set_input(ILayer& layer, int32_t index, ITensor& tensor);
  // Appends an input for an epilogue operation and returns its index; moves the layer as set_input does.
  int32_t append_input(ILayer& layer, ITensor& tensor);
  // Removes the inputs from `count` on.
  void truncate_inputs(ILayer& layer, int32_t count);
  // Moves a layer right before another. Its inputs must stand before that (Error otherwise).
  void move_before(ILayer& layer, ILayer& position);
  // Removes a layer nobody reads (Error otherwise). Network inputs cannot be removed.
  void erase(ILayer& layer);
  // Removes the layer if nobody reads it, then its producers as far as the same holds.
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
