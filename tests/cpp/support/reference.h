#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate.h"

// A network run on the host, one straightforward loop a layer kind: the oracle of tests that know no tensor library.
// Layouts have no meaning here: every tensor is row-major.
namespace torch_tensorrt::tests {

using network::HostTensor;

// Results in the order of network.outputs(); inputs in the order of network.inputs(). Throws Error on what it does not
// know (antialiased resize, dtypes that evaluate_layer does not take).
std::vector<HostTensor> run_reference(const network::INetworkDefinition& network,
                                      const std::vector<HostTensor>& inputs);

// Elements between -1 and 1 (integers: -8 to 8), the same for the same seed on every machine.
HostTensor random_tensor(network::DataType type, const network::Dims& dims, uint32_t seed);
// A tensor an input of the network, dims of -1 taken as `unknown`.
std::vector<HostTensor> random_inputs(const network::INetworkDefinition& network, uint32_t seed, int64_t unknown = 2);

HostTensor make_tensor(network::DataType type, const network::Dims& dims, const std::vector<double>& elements);
std::vector<double> elements_of(const HostTensor& tensor);

// Largest difference of two elements; infinity when dtypes or dims differ. NaN equals NaN.
double max_difference(const HostTensor& a, const HostTensor& b);

}  // namespace torch_tensorrt::tests
