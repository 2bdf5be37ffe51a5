#pragma once

#include <string>
#include <vector>

#include "tensorrt/case_file.h"
#include "torch_tensorrt/core/engine/builder.h"

namespace torch_tensorrt::tensorrt_test {

// Settings for tests: a quick build, no TF32.
engine::BuildSettings test_settings();

// Memory on the device between a copy in and a copy out.
class DeviceTensors {
 public:
  ~DeviceTensors();
  void* add(const std::string& bytes);
  void* add(int64_t bytes);
  std::string read(void* memory, int64_t bytes) const;

 private:
  std::vector<void*> blocks_;
};

// Builds the network, loads the engine, runs it once and gives the bytes of output 0.
std::string build_and_run(const FileCase& row, const engine::BuildSettings& settings);

// The elements as doubles; for kINT64 only as exact as doubles are.
std::vector<double> to_doubles(network::DataType dtype, const std::string& bytes);

// Empty when the bytes are as expected; else what is wrong.
std::string compare(const FileCase& row, network::DataType dtype, const std::string& bytes);
// Why all that differs is what TensorRT is known to do, and nothing else does; empty when something else does, too.
std::string known_difference(const FileCase& row, network::DataType dtype, const std::string& bytes);

}  // namespace torch_tensorrt::tensorrt_test
