#include "torch_tensorrt/core/network/builder.h"

namespace torch_tensorrt::network {

// The flags (explicit batch, strong typing) are ignored: this library always has both.
std::unique_ptr<INetworkDefinition> IBuilder::createNetworkV2(uint32_t /*flags*/) const {
  return std::make_unique<INetworkDefinition>();
}

std::unique_ptr<IBuilderConfig> IBuilder::createBuilderConfig() const { return std::make_unique<IBuilderConfig>(); }

}  // namespace torch_tensorrt::network
