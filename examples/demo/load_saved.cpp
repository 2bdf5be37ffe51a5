// Loads a module that torch_tensorrt compiled, runs it on pictures, and saves the scores. The program links the runtime
// library, which the module's engine needs, and uses none of its symbols.
//
// Usage: load_saved MODEL.ts PICTURES.pt SCORES.pt        (each .pt file is a single tensor written by torch.save)

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "torch/script.h"

namespace {

torch::Tensor read_tensor(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return torch::jit::pickle_load(bytes).toTensor();
}

void write_tensor(const std::string& path, const torch::Tensor& tensor) {
  const std::vector<char> bytes = torch::jit::pickle_save(tensor);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: load_saved MODEL.ts PICTURES.pt SCORES.pt\n";
    return 2;
  }
  try {
    const c10::InferenceMode no_gradients;
    auto model = torch::jit::load(argv[1]);
    write_tensor(argv[3], model.forward({read_tensor(argv[2])}).toTensor());
  } catch (const std::exception& error) {
    std::cerr << "load_saved: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
