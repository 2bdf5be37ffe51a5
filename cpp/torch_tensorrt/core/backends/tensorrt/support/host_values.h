#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::backends::tensorrt {

// Whether the layer is computed here, before TensorRT sees the network: it reads constants alone, and it reads or gives
// a dtype that TensorRT does not have. Python's numbers come so, as f64 that is cast to the dtype of what they meet.
bool is_computed_here(const network::ILayer& layer);

// Values of tensors that constants alone decide on, each computed once.
class HostValues {
 public:
  // The tensor's producer must be computed from constants. The reference is good as long as this.
  const network::HostTensor& of(const network::ITensor& tensor);

 private:
  std::unordered_map<const network::ITensor*, network::HostTensor> values_;
};

// Of the dtypes that TensorRT computes with.
bool has_dtype(network::DataType type);

// Inputs whose values decide on the shapes of other tensors.

// "input n (input_1)", as the user and the engine know it.
std::string describe_argument(const network::ITensor& input);
// "[1, 4]".
std::string text_of(const std::vector<int64_t>& values);
// Values of the input at one point of a profile as TensorRT's profiles hold them. Throws Error naming the argument
// where nothing is said of them, and where one does not fit 32 bits.
std::vector<int32_t> profile_values(const network::ITensor& input, const std::vector<int64_t>& values);
// Whether each value is in the range; a range that is not said takes all.
bool values_fit(const std::vector<int64_t>& values, const network::ProfileRange& range);

// The layers whose float results integers alone decide on: casts of integers, and what is computed from them and
// constants. Half precision would not keep the integers apart: above 2048 f16 has even ones only. Positions in a
// sequence and their angles are such.
std::unordered_set<const network::ILayer*> layers_on_whole_numbers(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::backends::tensorrt
