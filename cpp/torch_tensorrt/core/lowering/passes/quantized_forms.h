#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

// What the operators of quantized tensors compute, in terms of operators on floats.
namespace torch_tensorrt::core::lowering::passes {

// A quantized operator as an operator on floats, whose result is quantized.
struct FloatForm {
  const char* op;
  std::vector<size_t> arguments;  // places of its arguments among those of the quantized operator
  size_t quantized;               // how many of them, from the first, are quantized tensors
  size_t scale;                   // place of the result's scale; its zero point follows
  bool relu = false;
};
const std::map<std::string, FloatForm>& float_forms();

// A convolution or a product with packed weights.
struct Packed {
  size_t rank;  // of the image; 0: linear
  bool relu = false;
};
const std::map<std::string, Packed>& packed_forms();

// A sum or a product of a quantized tensor and a number: the integers stay, their scale and zero point change.
struct NumberForm {
  bool adds;  // else it multiplies
  bool relu = false;
};
const std::map<std::string, NumberForm>& number_forms();

struct BatchNorm {
  bool relu;
};
std::optional<BatchNorm> batch_norm_form(const std::string& op);

// Operators whose results have only elements of the first argument, quantized as it is. Of a list too.
bool keeps_elements(const std::string& op);
// Operators whose results PyTorch rounds to the quantization of the first argument.
bool rounds(const std::string& op);
// Operators that read no elements.
bool reads_properties(const std::string& op);

}  // namespace torch_tensorrt::core::lowering::passes
