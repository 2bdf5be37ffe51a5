#pragma once

#include <cstdint>
#include <string>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// Writes the text of a network, as it is changed by one pass after the other, into numbered files of a directory.
class NetworkDump {
 public:
  // Empty: nothing is written. Throws Error when the directory cannot be made.
  explicit NetworkDump(std::string directory);
  bool enabled() const { return !directory_.empty(); }
  void write(const std::string& pass, const std::string& text);

 private:
  std::string directory_;
  int32_t count_ = 0;
};

// The text for people: long weights are left out.
std::string dump_text(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::engine
