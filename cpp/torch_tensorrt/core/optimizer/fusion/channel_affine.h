#pragma once

#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

// Layers that multiply each channel by a constant and add another: batch norms, and sums and products with constants.
namespace torch_tensorrt::optimizer {

// x * scale + shift, with one element for each channel (dimension 1), or one for all.
struct ChannelAffine {
  std::vector<double> scale;
  std::vector<double> shift;

  double scale_at(int64_t channel) const { return scale[scale.size() == 1 ? 0 : static_cast<size_t>(channel)]; }
  double shift_at(int64_t channel) const { return shift[shift.size() == 1 ? 0 : static_cast<size_t>(channel)]; }
  bool is_uniform() const { return scale.size() == 1 && shift.size() == 1; }
};

// Reads scales (per channel or uniform, no power), and ElementWise sums, differences, products and quotients with a
// constant, as a function of the input tensor. Empty for other layers, and if a constant is not finite.
std::optional<ChannelAffine> read_channel_affine(const network::ILayer& layer, const network::ITensor& input);

// The function that applies first a, then b.
ChannelAffine compose(const ChannelAffine& a, const ChannelAffine& b);

}  // namespace torch_tensorrt::optimizer
