// Compiles a TorchScript module, compares the results of both, and saves the compiled module.
//
// Usage: compile_module MODEL.ts COMPILED.ts 1 3 224 224          (the numbers are the shape of the single input)

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "torch/script.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace {

torch::Tensor run(torch::jit::Module& module, const torch::Tensor& x) { return module.forward({x}).toTensor(); }

void compile_module(const std::string& model_path, const std::string& compiled_path,
                    const std::vector<int64_t>& shape) {
  auto module = torch::jit::load(model_path);
  module.eval();

  auto spec = torch_tensorrt::ts::CompileSpec({torch_tensorrt::Input(shape)});
  spec.device = torch_tensorrt::Device::cpu();
  const auto start = std::chrono::steady_clock::now();
  auto compiled = torch_tensorrt::ts::compile(module, spec);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  torch::manual_seed(0);
  const auto x = torch::randn(shape);
  const auto expected = run(module, x);
  const auto error = (run(compiled, x) - expected).abs().max() / expected.abs().max();
  compiled.save(compiled_path);
  std::cout << "compiled in " << seconds.count() << " s, largest difference " << error.item<double>()
            << " of the largest output\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: compile_module MODEL.ts COMPILED.ts SIZE [SIZE ...]\n";
    return 2;
  }
  try {
    const c10::InferenceMode no_gradients;
    std::vector<int64_t> shape;
    for (int i = 3; i < argc; ++i) shape.push_back(std::stoll(argv[i]));
    compile_module(argv[1], argv[2], shape);
  } catch (const std::exception& error) {  // torch_tensorrt::Error derives from it
    std::cerr << "compile_module: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
