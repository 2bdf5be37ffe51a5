#include "layer_times.h"

#include <stdlib.h>  // mkdtemp

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

namespace fs = std::filesystem;
using torch_tensorrt::core::runtime::TRTEngine;

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((fs::temp_directory_path() / "torchtrtc-XXXXXX").string()) {
    TORCHTRT_CHECK(mkdtemp(path_.data()) != nullptr, "cannot make a folder in " << fs::temp_directory_path());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The profiler of an engine, on while the object lives. It writes a file for each call.
class Profiling {
 public:
  Profiling(c10::intrusive_ptr<TRTEngine> engine, const std::string& folder)
      : engine_(std::move(engine)), prefix_(engine_->get_profile_path_prefix()) {
    engine_->set_profile_path_prefix(folder);
    engine_->set_profile_format("perfetto");
    engine_->enable_profiling();
    path_ = folder + "/" + engine_->name + "_engine_execution_profile.trace";
  }
  ~Profiling() {
    if (engine_ == nullptr) return;
    engine_->disable_profiling();
    engine_->set_profile_path_prefix(prefix_);
  }
  Profiling(Profiling&&) = default;
  Profiling& operator=(Profiling&&) = delete;
  Profiling(const Profiling&) = delete;
  Profiling& operator=(const Profiling&) = delete;

  void read() {
    std::ifstream file(path_);
    if (!file) return;
    size_t place = 0;
    for (const auto& event : nlohmann::json::parse(file)) {
      if (place == rows_.size()) rows_.push_back({event.at("name").get<std::string>(), {}});
      rows_[place++].second.push_back(event.at("dur").get<double>());
    }
  }

  void append_medians(std::vector<LayerTime>& times) {
    constexpr double kMicroseconds = 1e3;  // of a millisecond
    for (auto& [layer, values] : rows_) {
      const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
      std::nth_element(values.begin(), middle, values.end());
      times.push_back({engine_->name, layer, *middle / kMicroseconds});
    }
  }

 private:
  c10::intrusive_ptr<TRTEngine> engine_;
  std::string prefix_;
  std::string path_;
  std::vector<std::pair<std::string, std::vector<double>>> rows_;
};

}  // namespace

std::vector<LayerTime> layer_times(const torch::jit::Module& module, const std::function<void()>& call, int calls) {
  const TemporaryFolder folder;
  std::vector<Profiling> engines;
  for (const auto& attribute : module.named_attributes(/*recurse=*/true)) {
    if (attribute.value.type() != c10::getCustomClassType<c10::intrusive_ptr<TRTEngine>>()) continue;
    engines.emplace_back(attribute.value.toCustomClass<TRTEngine>(), folder.path());
  }
  std::vector<LayerTime> times;
  if (engines.empty()) return times;
  for (int i = 0; i < calls; ++i) {
    call();
    for (auto& engine : engines) engine.read();
  }
  for (auto& engine : engines) engine.append_medians(times);
  return times;
}

}  // namespace torchtrtc
