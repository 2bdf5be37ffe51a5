#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// The user's choice of a precision for some layers (setting precision_overrides).
class PrecisionOverrides {
 public:
  // Each entry is PATTERN=PRECISION. Throws Error for another text, and for a precision that is none.
  explicit PrecisionOverrides(const std::vector<std::string>& entries);

  // Throws Error for a precision other than f32 that is not enabled.
  void require_enabled(const std::set<network::DataType>& enabled) const;
  // The precision of the first pattern that matches the layer's name, in full, as a shell pattern (*, ?, [...]).
  std::optional<network::DataType> find(const network::ILayer& layer) const;
  // Whether no pattern wants the layer in another precision.
  bool allow(const network::ILayer& layer, network::DataType precision) const;
  // The patterns that match no layer of the network.
  std::vector<std::string> unmatched(const network::INetworkDefinition& network) const;

 private:
  struct Entry {
    std::string pattern;
    network::DataType precision;
  };
  std::vector<Entry> entries_;
};

}  // namespace torch_tensorrt::engine
