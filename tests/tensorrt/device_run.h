#pragma once

#include <string>
#include <vector>

#include "tensorrt/case_file.h"
#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::tensorrt_test {

// Settings for tests: a quick build without TF32.
engine::BuildSettings test_settings();

// Memory on the device, filled by a copy in and read by a copy out.
class DeviceTensors {
 public:
  ~DeviceTensors();
  void* add(const std::string& bytes);
  void* add(int64_t bytes);
  std::string read(void* memory, int64_t bytes) const;

 private:
  std::vector<void*> blocks_;
};

// Builds the network, loads the engine, runs it once and returns the bytes of output 0.
std::string build_and_run(const FileCase& row, const engine::BuildSettings& settings);

}  // namespace torch_tensorrt::tensorrt_test
