#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/types.h"

// Rows of the conformance table as data, to check the backend on a machine with TensorRT and without PyTorch.
namespace torch_tensorrt::tensorrt_test {

struct CaseTensor {
  std::string name;
  network::DataType dtype = network::DataType::kFLOAT;
  std::vector<int64_t> dims;
  std::string bytes;  // row-major
};

struct FileCase {
  std::string name;
  double relative = 0;
  double absolute = 0;
  std::string network;  // in the form of print_network
  std::vector<CaseTensor> inputs;
  CaseTensor expected;  // kDOUBLE, or kINT64 for integer outputs
  CaseTensor rounded;   // the same for inputs rounded to f16
};

void write_cases(const std::string& path, const std::vector<FileCase>& cases);
// Throws Error on a file that is not a case file.
std::vector<FileCase> read_cases(const std::string& path);

}  // namespace torch_tensorrt::tensorrt_test
