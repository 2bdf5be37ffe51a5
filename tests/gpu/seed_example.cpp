// The C++ example as users write it, for the GPU: no device and no backend is named.
//
//   seed_example MODEL.ts COMPILED.ts SIZE...    compiles for a half-precision input, runs, compares, saves
//   seed_example DATA.ts COMPILED.ts             loads and runs; DATA.ts has the tensors x and y, of which y is
//   expected
//
// Prints the largest difference over the largest expected value. Status 1 with the message on an error.

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "torch/script.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace {

void print_difference(const torch::Tensor& found, const torch::Tensor& expected) {
  const auto difference = (found - expected).abs().max() / expected.abs().max();
  std::cout << difference.item<double>() << '\n';
}

void compile_and_save(const std::string& model, const std::string& compiled, const std::vector<int64_t>& dims) {
  auto ts_mod = torch::jit::load(model);
  auto input = torch_tensorrt::Input(dims, torch::kHalf);
  auto compile_settings = torch_tensorrt::ts::CompileSpec({input});
  compile_settings.enabled_precisions = {torch::kHalf};
  auto trt_mod = torch_tensorrt::ts::compile(ts_mod, compile_settings);

  auto in_tensor = torch::randn(dims, torch::device(torch::kCUDA).dtype(torch::kHalf));
  auto results = trt_mod.forward({in_tensor});
  trt_mod.save(compiled);
  print_difference(results.toTensor(), ts_mod.forward({in_tensor}).toTensor());
}

void load_and_run(const std::string& data, const std::string& compiled) {
  auto tensors = torch::jit::load(data);
  auto trt_mod = torch::jit::load(compiled);
  print_difference(trt_mod.forward({tensors.attr("x")}).toTensor(), tensors.attr("y").toTensor());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: seed_example MODEL.ts COMPILED.ts SIZE... | DATA.ts COMPILED.ts\n";
    return 2;
  }
  try {
    const c10::InferenceMode no_gradients;
    std::vector<int64_t> dims;
    for (int i = 3; i < argc; ++i) dims.push_back(std::stoll(argv[i]));
    if (dims.empty()) {
      load_and_run(argv[1], argv[2]);
    } else {
      compile_and_save(argv[1], argv[2], dims);
    }
  } catch (const std::exception& error) {
    std::cerr << "seed_example: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
