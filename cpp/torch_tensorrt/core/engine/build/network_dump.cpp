#include "torch_tensorrt/core/engine/build/network_dump.h"

#include <fmt/format.h>

#include <filesystem>

#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"

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
  core::util::write_file(path, text);
}

std::string dump_text(const network::INetworkDefinition& network) {
  network::TextOptions options;
  options.max_weight_elements = kShownWeights;
  return network::print_network(network, options);
}

}  // namespace torch_tensorrt::engine
