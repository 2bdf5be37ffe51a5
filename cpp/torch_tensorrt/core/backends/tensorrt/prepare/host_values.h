#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::backends::tensorrt {

// Whether the layer is computed here, before TensorRT sees the network: it reads only constants, and its input or
// output has a dtype that TensorRT lacks. Python's numbers are like that: f64, cast to the dtype of the other operand.
bool is_computed_here(const network::ILayer& layer);

// Values of tensors that are computed from constants alone, each computed once.
class HostValues {
 public:
  // The tensor's producer must be computed from constants. The reference is valid as long as this object.
  const network::HostTensor& of(const network::ITensor& tensor);

 private:
  std::unordered_map<const network::ITensor*, network::HostTensor> values_;
};

// Whether TensorRT computes with the dtype.
bool has_dtype(network::DataType type);

// Inputs whose values decide on the shapes of other tensors.

// "input n (input_1)": the names known to the user and to the engine.
std::string describe_argument(const network::ITensor& input);
// "[1, 4]".
std::string text_of(const std::vector<int64_t>& values);
// Values of the input at one point of a profile, in the form of TensorRT's profiles. Throws Error naming the argument
// if the profile has no values for it, or if one does not fit 32 bits.
std::vector<int32_t> profile_values(const network::ITensor& input, const std::vector<int64_t>& values);
// Whether each value is in the range; an empty range takes all values.
bool values_fit(const std::vector<int64_t>& values, const network::ProfileRange& range);

}  // namespace torch_tensorrt::backends::tensorrt
