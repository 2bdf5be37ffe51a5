#pragma once

#include <cstdint>
#include <string>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// Writes the text of a network, as one pass after the other changes it, into numbered files of a directory.
class NetworkDump {
 public:
  // With an empty directory nothing is written. Throws Error when the directory cannot be made.
  explicit NetworkDump(std::string directory);
  bool enabled() const { return !directory_.empty(); }
  void write(const std::string& pass, const std::string& text);

 private:
  std::string directory_;
  int32_t count_ = 0;
};

// Text for people, without the elements of long weights.
std::string dump_text(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::engine
