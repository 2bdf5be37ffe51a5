#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

// One row of the table for every tactic: a layer, its inputs, and PyTorch's answer.
namespace torch_tensorrt::conformance {

using network::DataType;
using network::Dims;
using network::ILayer;
using network::INetworkDefinition;
using network::ITensor;

// Distribution of the elements of an input.
enum class Fill {
  kNormal,    // N(0, 1); small integers for integer dtypes
  kPositive,  // (0.1, 2); 1 to 5
  kUnit,      // (-0.95, 0.95)
  kAboveOne,  // (1.05, 3)
  kHalves,    // multiples of 0.5: ties of rounding
  kSpecial,   // with infinities and NaN
  kIndices,   // [-limit, limit)
  kBytes,     // all numbers of an 8-bit integer
  kDistinct,  // a permutation, so that maxima are unique
  kLarge,     // (30000, 60000): the largest number of f16 is 65504
  kTiny,      // (1e-7, 1e-4): below 6.1e-5, numbers of f16 are subnormal
};

struct InputSpec {
  DataType type = DataType::kFLOAT;
  std::vector<int64_t> dims;
  Fill fill = Fill::kNormal;
  int64_t limit = 0;                 // for kIndices
  bool constant = false;             // a constant layer instead of a network input
  std::vector<int64_t> values = {};  // integers given directly (shape tensors); constant
  double scale = 1;                  // multiplies the elements
};

struct Tolerance {
  double relative = 0;
  double absolute = 0;
  const char* reason = "values are moved or whole";
  // Of a result in f16 or bf16: what the computation in f32 may be off. The bound follows from it and from the format
  // (bounds.h); the numbers above are for kernels of GPUs, which tests/tensorrt holds to them.
  double relative_f32 = 0;
  double absolute_f32 = 0;

  void scale_absolute(double factor) {
    absolute *= factor;
    absolute_f32 *= factor;
  }
};

struct Case {
  std::string name;  // letters, digits, underscores
  std::vector<InputSpec> inputs;
  // Adds the layer under test.
  std::function<ILayer*(INetworkDefinition&, const std::vector<ITensor*>&)> build;
  // Computes the answer from the elements (floats as float64), with PyTorch's operators or the scalar formulas.
  std::function<at::Tensor(const std::vector<at::Tensor>&)> oracle;
  DataType output = DataType::kFLOAT;
  Tolerance tolerance = {};
  // Part of PyTorch's tactic's reason to decline; if empty, the tactic must take the row.
  std::string aten_declines = {};
  // For outputs 1 and 2, if the layer has them.
  std::function<at::Tensor(const std::vector<at::Tensor>&)> second_oracle = {};
  std::function<at::Tensor(const std::vector<at::Tensor>&)> third_oracle = {};
  Tolerance others_tolerance = {};
  // The bound of each element of output 0, in place of the tolerance.
  std::function<at::Tensor(const std::vector<at::Tensor>& inputs)> allowed = {};
  // What the roundings of intermediate results add to the bound of outputs 0, 1 and 2 if the row computes in a format
  // with this unit roundoff. Empty if only the result is rounded.
  std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs, double unit)> stored = {};
  // The row with its floats in another dtype, if that changes more than the inputs (weights that `build` adds).
  std::function<Case(DataType type)> in_format = {};
  bool f32_only = false;  // the row is about its dtypes, or about 8-bit integers
};

using Cases = std::vector<Case>;

Cases pointwise_cases();
Cases convolution_cases();
Cases pooling_cases();
Cases matrix_multiply_cases();
Cases reduction_cases();
Cases normalization_cases();
Cases movement_cases();
Cases slice_cases();
Cases gather_cases();
Cases resize_cases();
Cases ordering_cases();
Cases scatter_cases();
Cases attention_cases();
Cases recurrent_cases();
Cases quantization_cases();
// Elements at the ends of the range of f16. Not among all rows, which tests/tensorrt exports: there, layers may run in
// f16.
const Cases& range_cases();
// The rows of all files.
const Cases& all_cases();

// ---- helpers for rows ---------------------------------------------------------------------------------------------

at::ScalarType scalar_type(DataType type);
// `steps` times half a unit in the last place of the dtype; 0 for integers.
// In f16 and bf16, `low_steps` if given.
Tolerance rounding(DataType type, double steps, const char* reason, double low_steps = 0);
// Elements that are equal in every run and differ between seeds.
at::Tensor random_tensor(const InputSpec& spec, uint64_t seed);
// Weights of a layer: a copy owned by the network.
network::Weights weights_of(INetworkDefinition& network, const at::Tensor& tensor);
network::Permutation permutation(const std::vector<int32_t>& order);
// kFLOAT, kHALF, kBF16, kDOUBLE.
const std::vector<DataType>& float_types();
// "convolution_f16"
std::string join(const std::string& name, DataType type);

inline InputSpec f32(std::vector<int64_t> dims, Fill fill = Fill::kNormal) {
  return {DataType::kFLOAT, std::move(dims), fill};
}
inline InputSpec shape_of(std::vector<int64_t> values) {
  const auto count = static_cast<int64_t>(values.size());
  return {DataType::kINT64, {count}, Fill::kNormal, 0, /*constant=*/true, std::move(values)};
}

}  // namespace torch_tensorrt::conformance
