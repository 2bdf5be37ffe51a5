#include <cstdio>

#include "torch_tensorrt/logging.h"
#include "torch_tensorrt/torch_tensorrt.h"

int main() {
  torch_tensorrt::logging::set_logging_prefix("consumer");
  const torch_tensorrt::Input input(std::vector<int64_t>{1, 3, 8, 8});
  std::printf("prefix %s, rank %zu\n", torch_tensorrt::logging::get_logging_prefix().c_str(), input.shape.size());
  return 0;
}
