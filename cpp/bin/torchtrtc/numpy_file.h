#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"

// Files of NumPy. Both functions throw Error naming the file and what is wrong with it.
namespace torchtrtc {

// numpy.save: numbers and booleans in the byte order of this machine, in row-major or column-major order.
at::Tensor read_npy(const std::string& path);

// numpy.savez and savez_compressed: the arrays with their names, in the order of the file.
std::vector<std::pair<std::string, at::Tensor>> read_npz(const std::string& path);

}  // namespace torchtrtc
