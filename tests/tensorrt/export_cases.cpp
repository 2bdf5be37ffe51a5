#include <iostream>
#include <optional>

#include "conformance/harness.h"
#include "tensorrt/case_file.h"
#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"
#include "torch_tensorrt/core/util/Exception.h"

// Writes every row of the conformance table, with its inputs and PyTorch's answer, to a file for trt_conformance.
namespace torch_tensorrt::tensorrt_test {
namespace {

CaseTensor tensor_of(const std::string& name, const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  CaseTensor result;
  result.name = name;
  result.dtype = engine::aten::find_data_type(dense.scalar_type()).value();
  result.dims = dense.sizes().vec();
  result.bytes.assign(static_cast<const char*>(dense.const_data_ptr()), dense.nbytes());
  return result;
}

at::Tensor rounded_to_half(const at::Tensor& tensor) {
  if (!tensor.defined() || !at::isFloatingType(tensor.scalar_type())) return tensor;
  return tensor.to(at::kHalf).to(at::kDouble);
}

// Larger rows test how our own kernels divide their work, and would make up most of the file.
constexpr int64_t kMostElements = 100'000;

// Empty if the row is too large.
std::optional<FileCase> exported(const conformance::Case& row) {
  const conformance::Example example(row);
  if (example.expected().numel() > kMostElements) return std::nullopt;
  FileCase result;
  result.name = row.name;
  result.relative = row.tolerance.relative;
  result.absolute = row.tolerance.absolute;
  result.network = example.reproducer();
  std::vector<at::Tensor> rounded;
  for (size_t i = 0; i < row.inputs.size(); ++i) {
    rounded.push_back(rounded_to_half(example.input(i)));
    if (row.inputs[i].constant || !example.input(i).defined()) continue;
    result.inputs.push_back(tensor_of("input_" + std::to_string(i), example.input(i)));
  }
  const at::ScalarType dtype = network::is_floating_point(row.output) ? at::kDouble : at::kLong;
  result.expected = tensor_of("output_0", example.expected().to(dtype));
  result.rounded = tensor_of("output_0", row.oracle(rounded).to(dtype));
  return result;
}

}  // namespace
}  // namespace torch_tensorrt::tensorrt_test

int main(int argc, char** argv) {
  using namespace torch_tensorrt;
  if (argc != 2) {
    std::cerr << "usage: export_cases FILE\n";
    return 2;
  }
  try {
    std::vector<tensorrt_test::FileCase> cases;
    size_t left_out = 0;
    for (const auto& row : conformance::all_cases()) {
      if (auto one = tensorrt_test::exported(row)) {
        cases.push_back(std::move(*one));
      } else {
        ++left_out;
      }
    }
    tensorrt_test::write_cases(argv[1], cases);
    std::cout << cases.size() << " cases, " << left_out << " left out as too large\n";
    return 0;
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
