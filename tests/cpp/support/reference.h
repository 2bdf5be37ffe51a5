#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate.h"

// Runs a network on the host, with one simple loop per layer kind: the oracle of tests that have no tensor library.
// Layouts do not matter here: every tensor is row-major.
namespace torch_tensorrt::tests {

using network::HostTensor;

// Results in the order of network.outputs(); inputs in the order of network.inputs(). Throws Error on unsupported
// layers (antialiased resize) and dtypes that evaluate_layer does not support.
std::vector<HostTensor> run_reference(const network::INetworkDefinition& network,
                                      const std::vector<HostTensor>& inputs);

// Elements between -1 and 1 (integers: -8 to 8); a seed gives the same elements on every machine.
HostTensor random_tensor(network::DataType type, const network::Dims& dims, uint32_t seed);
// One tensor per input of the network; dims of -1 become `unknown`.
std::vector<HostTensor> random_inputs(const network::INetworkDefinition& network, uint32_t seed, int64_t unknown = 2);

HostTensor make_tensor(network::DataType type, const network::Dims& dims, const std::vector<double>& elements);
std::vector<double> elements_of(const HostTensor& tensor);

// The largest difference of two elements; infinity if dtypes or dims differ. NaN equals NaN.
double max_difference(const HostTensor& a, const HostTensor& b);

}  // namespace torch_tensorrt::tests
