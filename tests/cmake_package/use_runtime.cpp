#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/custom_class.h>

#include <cstdio>

// Uses no symbol of the runtime: linking it must be enough to have its op and its class.
int main() {
  const auto op = c10::Dispatcher::singleton().findSchema({"tensorrt::execute_engine", ""});
  const auto type = torch::getCustomClass("__torch__.torch.classes.tensorrt.Engine");
  std::printf("op %s, class %s\n", op ? "found" : "missing", type ? "found" : "missing");
  return op && type ? 0 : 1;
}
