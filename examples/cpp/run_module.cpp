// Runs a compiled module on random input. It links only torchtrt::runtime and uses none of its symbols: loading the
// library registers the engine class with PyTorch.
//
// Usage: run_module COMPILED.ts 1 3 224 224          (the numbers are the shape of the single input)

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "torch/script.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: run_module COMPILED.ts SIZE [SIZE ...]\n";
    return 2;
  }
  try {
    const c10::InferenceMode no_gradients;
    std::vector<int64_t> shape;
    for (int i = 2; i < argc; ++i) shape.push_back(std::stoll(argv[i]));
    auto module = torch::jit::load(argv[1]);
    torch::manual_seed(0);
    const auto y = module.forward({torch::randn(shape)}).toTensor();
    std::cout << "output " << y.sizes() << ", sum " << y.sum().item<double>() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "run_module: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
