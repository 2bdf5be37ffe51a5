#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::network {

class ILayer;

// One operation applied to a layer's result before it is stored, in order. Only the optimizer's fusions make these.
// kActivation: type, alpha, beta. kElementWise: op, with the layer input `input` (broadcast to the result) as the other
// operand: result = op(result, inputs[input]), or op(inputs[input], result) when `swapped`. An operand q of 8-bit
// integers counts as (q - beta) * alpha.
// kDequantize, only as the first operation: the layer computes with 8-bit integers, and adds them or their products
// without rounding; `beta` is the zero point of its input 0. The result (the sums; averages, not rounded) becomes f32
// and is multiplied by inputs[input] (f32).
// kQuantize, only as the last operation: result = clamp(round(result / alpha) + beta), in the range of `type` (kINT8 or
// kUINT8). See IQuantizeLayer.
struct EpilogueOp {
  enum class Kind : int32_t { kActivation = 0, kElementWise = 1, kDequantize = 2, kQuantize = 3 };
  Kind kind = Kind::kActivation;
  ActivationType activation = ActivationType::kRELU;
  double alpha = 0;
  double beta = 0;
  ElementWiseOperation elementwise = ElementWiseOperation::kSUM;
  int32_t input = -1;
  bool swapped = false;
  DataType type = DataType::kINT8;
  bool reads_input() const { return kind == Kind::kElementWise || kind == Kind::kDequantize; }
};
bool operator==(const EpilogueOp& a, const EpilogueOp& b);
using Epilogue = std::vector<EpilogueOp>;
// Whether a layer with the epilogue computes with 8-bit integers: those of its weights, or of its input too.
inline bool begins_with_dequantize(const Epilogue& epilogue) {
  return !epilogue.empty() && epilogue.front().kind == EpilogueOp::Kind::kDequantize;
}

// Whether the output has another dtype than the layer's own result.
inline bool changes_type(const Epilogue& epilogue) {
  return begins_with_dequantize(epilogue) || (!epilogue.empty() && epilogue.back().kind == EpilogueOp::Kind::kQuantize);
}
// The operation's name in the text form: "relu", "sum", "dequantize", "quantize".
std::string op_name(const EpilogueOp& op);

// Many threads may read a layer at once, so a visitor that only reads must not even store the old value.
template <typename T>
void assign_if_changed(T& value, const T& next) {
  if (!(value == next)) {
    value = next;
  }
}

// Every layer states its attributes once, in ILayer::visit_attributes; printing, parsing, saving, loading, comparing
// and hashing are visitors. Names are those of the text form. A reading visitor leaves the value unchanged (see
// read_attributes in layer.h); a writing visitor assigns it, and throws Error on a value of the wrong kind (see
// write_attributes).
class AttributeVisitor {
 public:
  virtual ~AttributeVisitor() = default;
  virtual void visit(const char* name, bool& value) = 0;
  virtual void visit(const char* name, int64_t& value) = 0;
  virtual void visit(const char* name, double& value) = 0;
  virtual void visit(const char* name, std::optional<double>& value) = 0;
  virtual void visit(const char* name, std::string& value) = 0;
  virtual void visit(const char* name, Dims& value) = 0;
  virtual void visit(const char* name, std::vector<int64_t>& value) = 0;
  virtual void visit(const char* name, std::vector<double>& value) = 0;
  virtual void visit(const char* name, Weights& value) = 0;
  virtual void visit(const char* name, Epilogue& value) = 0;
  virtual void visit_enum(const char* name, int32_t& value, const EnumTable& table) = 0;

  template <typename E>
  void visit_as_enum(const char* name, E& value) {
    auto raw = static_cast<int32_t>(value);
    visit_enum(name, raw, enum_table<E>());
    assign_if_changed(value, static_cast<E>(raw));
  }
  // An integer narrower than 64 bits.
  template <typename T>
  void visit_as_integer(const char* name, T& value) {
    auto raw = static_cast<int64_t>(value);
    visit(name, raw);
    check_range(name, raw, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    assign_if_changed(value, static_cast<T>(raw));
  }

 private:
  static void check_range(const char* name, int64_t value, int64_t low, int64_t high);
};

// Copies every attribute to a layer of the same kind (Error otherwise). Weights are shared, not copied: a caller that
// copies into another network must keep their memory alive there.
void copy_attributes(const ILayer& from, ILayer& to);

// Layers are compared by kind and attributes, without their names, sources and inputs. The hash is the same in every
// process on every machine of one byte order. Without the values, only the dtype and the number of weights count, as
// for a timing.
uint64_t hash_layer(const ILayer& layer, bool with_weight_values);

// Compares weights byte for byte.
bool same_attributes(const ILayer& a, const ILayer& b);

}  // namespace torch_tensorrt::network
