#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Which tensor of an engine is which argument of the PyTorch call.
namespace torch_tensorrt::core::runtime {

constexpr char kBindingNameDelimiter = '%';

// Names of the engine's tensors in the order of PyTorch's arguments and results.
struct TensorRTBindingNames {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

// "a%b%c"
std::string serialize_binding_names(const std::vector<std::string>& names);
// The inverse; the empty text is no name.
std::vector<std::string> split_serialized_binding_names(const std::string& text);

// The number behind the last '.' or '_' ("input_12" is 12); empty when there is none.
std::optional<int64_t> parse_binding_index(const std::string& name);
// Puts the name at the place that its number says. Throws Error when it has none, or the place is taken.
void append_binding_name(std::vector<std::string>& names, const std::string& name);
// No place was left out.
bool all_binding_names_present(const std::vector<std::string>& names);
// The order that the numbers in the names give; one alone needs none. Throws Error when they give none; `direction` is
// "input" or "output".
std::vector<std::string> infer_binding_order(const std::vector<std::string>& names, const char* direction);
// Both directions of an engine.
TensorRTBindingNames infer_engine_binding_names(const std::vector<std::string>& engine_inputs,
                                                const std::vector<std::string>& engine_outputs);

}  // namespace torch_tensorrt::core::runtime
