#pragma once

#include <string>
#include <vector>

#include "ATen/core/Tensor.h"

#include "image.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

// An input of the module.
struct InputSpec {
  std::string name;  // of the argument; empty: the next one by position
  torch_tensorrt::Input input;
  at::Tensor value;  // if the input came from a file
};

inline constexpr const char* kInputSpecHelp =
    "One for each input: a shape \"(N,C,H,W)\" or NxCxHxW, or a range \"[(MIN..);(OPT..);(MAX..)]\", then optionally "
    "@dtype (float, half, bf16, char, uint8, int, long, double, bool), then optionally %format (linear, nhwc). Or a "
    "file "
    "of tensors, which gives shapes, dtypes and values: .pt of torch.save, .npy, .npz, .png or .jpg. NAME:SPEC gives "
    "the "
    "argument of this name. @FILE reads a file of tensors, or of specs, one in each line";

// Reads the input specs of a command line (kInputSpecHelp); "()" is a scalar. A file may give several. Throws Error
// quoting the spec or the file, and what is wrong with it.
std::vector<InputSpec> read_input_specs(const std::vector<std::string>& arguments, const Preprocessing& preprocessing);

// The files that the specs name, and those that these name, as far as they can be read twice.
std::vector<std::string> files_of_specs(const std::vector<std::string>& arguments);

// Throws Error listing the accepted spellings.
torch_tensorrt::DataType parse_dtype(const std::string& text);
torch_tensorrt::DataType parse_precision(const std::string& text);

}  // namespace torchtrtc
