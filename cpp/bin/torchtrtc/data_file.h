#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ATen/core/function_schema.h"
#include "torch/script.h"

#include "image.h"

// Files of example data: .pt (torch.save), .npy, .npz (NumPy), .png and .jpg.
namespace torchtrtc {

inline constexpr const char* kDataHelp =
    "a file of torch.save (.pt, .pth: a tensor, a tuple or list of the arguments, or a dict by their names), of NumPy "
    "(.npy; .npz with the arguments in order, or with their names), or an image (.png, .jpg). Values behind the "
    "arguments, such as labels, are left out";

// The arguments of a call: by position, and by name.
struct Arguments {
  std::vector<torch::jit::IValue> by_position;
  std::unordered_map<std::string, torch::jit::IValue> by_name;
};

bool is_data_file(const std::string& path);

// Throws Error naming the file and what is wrong with it.
Arguments read_data_file(const std::string& path, const Preprocessing& preprocessing);

// The arguments of the method by position alone. Throws Error naming `place` if they do not fit the method.
std::vector<torch::jit::IValue> by_position(const std::string& place, Arguments arguments,
                                            const torch::jit::Method& method);

// Batches for a method, from files and folders of them (all data files in them and below, sorted by name). A file is a
// batch, without what stands behind the arguments; images are stacked to batches of `batch_size`, and images that do
// not fill a batch are left out.
class Batches {
 public:
  Batches(const std::vector<std::string>& paths, Preprocessing preprocessing, size_t batch_size, const char* flag);

  size_t size() const { return batches_.size(); }
  std::vector<torch::jit::IValue> read(size_t number, const torch::jit::Method& method) const;

 private:
  std::vector<std::vector<std::string>> batches_;  // the files of each
  Preprocessing preprocessing_;
};

}  // namespace torchtrtc
