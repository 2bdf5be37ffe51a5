#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Maps the tensors of an engine to the arguments and results of the PyTorch call.
namespace torch_tensorrt::core::runtime {

constexpr char kBindingNameDelimiter = '%';

// "a%b%c"
std::string serialize_binding_names(const std::vector<std::string>& names);
// The inverse; the empty text gives no names.
std::vector<std::string> split_serialized_binding_names(const std::string& text);

// The number after the last '.' or '_' ("input_12" is 12); empty if there is none.
std::optional<int64_t> parse_binding_index(const std::string& name);
// Puts the name at the place given by its number. Throws Error if the name has no number, or the place is taken.
void append_binding_name(std::vector<std::string>& names, const std::string& name);
// Whether every place has a name.
bool all_binding_names_present(const std::vector<std::string>& names);
// Orders the names by their numbers; a single name needs no number. Throws Error if the numbers give no order;
// `direction` is "input" or "output".
std::vector<std::string> infer_binding_order(const std::vector<std::string>& names, const char* direction);

}  // namespace torch_tensorrt::core::runtime
