#include "torch_tensorrt/core/engine/network_dump.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "torch_tensorrt/core/network/text.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr int64_t kShownWeights = 16;

}  // namespace

NetworkDump::NetworkDump(std::string directory) : directory_(std::move(directory)) {
  if (!enabled()) return;
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) TORCHTRT_THROW_ERROR("cannot make the dump directory " << directory_ << ": " << error.message());
}

void NetworkDump::write(const std::string& pass, const std::string& text) {
  const std::string path = fmt::format("{}/{:03}_{}.txt", directory_, count_++, pass);
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) TORCHTRT_THROW_ERROR("cannot write " << path);
}

std::string dump_text(const network::INetworkDefinition& network) {
  network::TextOptions options;
  options.max_weight_elements = kShownWeights;
  return network::print_network(network, options);
}

}  // namespace torch_tensorrt::engine
