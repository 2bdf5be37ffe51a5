#include "torch/script.h"
#include "torch_tensorrt/torch_tensorrt.h"

int main() {
  auto module = torch::jit::load("model.ts");
  module.eval();

  auto spec = torch_tensorrt::ts::CompileSpec({torch_tensorrt::Input({1, 3, 224, 224})});
  auto compiled = torch_tensorrt::ts::compile(module, spec);

  auto result = compiled.forward({torch::randn({1, 3, 224, 224})});
  compiled.save("compiled.ts");
}
