#include "results.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {
namespace {

std::string text_of_parts(const nlohmann::json& parts) {
  if (!parts.contains("left_to_pytorch")) return "one engine";
  const auto engines = parts["engines"].get<int64_t>();
  const auto left = parts["left_to_pytorch"].get<int64_t>();
  return fmt::format("{} engine{}, {} node{} left to PyTorch", engines, engines == 1 ? "" : "s",
                     left == 0 ? "no" : std::to_string(left), left == 1 ? "" : "s");
}

std::string text_of_size(double bytes) {
  return bytes < 1e6 ? fmt::format("{:.1f} kB", bytes / 1e3) : fmt::format("{:.1f} MB", bytes / 1e6);
}

}  // namespace

nlohmann::json parts_of(const torch::jit::Module& compiled) {
  size_t engines = 0;
  int64_t left = 0;
  for (const auto& method : torch_tensorrt::ts::inspect(compiled)) {
    engines += method.engines.size();
    for (const auto& row : method.pytorch) left += row.uses;
  }
  return {{"engines", engines}, {"left_to_pytorch", left}};
}

std::string name_of_file(const std::string& path) { return std::filesystem::path(path).filename().string(); }

std::string as_text(const nlohmann::json& json) {
  return json.dump(1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace) + "\n";
}

void report_output(const Options& options, const nlohmann::json& parts, std::chrono::steady_clock::time_point start,
                   const nlohmann::json& more) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(options.output_path, ignored)) return;
  const auto bytes = std::filesystem::file_size(options.output_path);
  if (options.json) {
    nlohmann::json json = {{"output", options.output_path}, {"bytes", bytes}, {"seconds", elapsed.count()}};
    json.update(parts);
    json.update(more);
    std::cout << as_text(json);
    return;
  }
  if (options.warnings) return;
  std::cout << fmt::format("wrote {}: {}, {}, {:.1f} s\n", options.output_path, text_of_parts(parts),
                           text_of_size(static_cast<double>(bytes)), elapsed.count());
}

}  // namespace torchtrtc
