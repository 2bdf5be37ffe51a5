#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "ATen/core/List.h"
#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/compat/nvinfer1.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::conversion {

struct ConversionCtx;

// One argument of a converter: a network tensor, a value known while converting, or nothing. Borrows the value, which
// the conversion context owns. Every unwrap throws Error naming the expected and the found type; the forms with a
// default return it for None.
class Var {
 public:
  enum Type { kITensor, kIValue, kNone };

  Var() = default;
  Var(const torch::jit::IValue* p)
      : type_(p != nullptr ? kIValue : kNone), ivalue_(const_cast<torch::jit::IValue*>(p)) {}
  Var(torch::jit::IValue* p) : type_(p != nullptr ? kIValue : kNone), ivalue_(p) {}
  Var(nvinfer1::ITensor* p) : type_(p != nullptr ? kITensor : kNone), itensor_(p) {}
  Var(const Var&) = default;
  Var& operator=(const Var&) = default;
  Var& operator=(torch::jit::IValue* in) { return *this = Var(in); }
  Var& operator=(nvinfer1::ITensor* in) { return *this = Var(in); }

  const torch::jit::IValue* IValue() const;
  torch::jit::IValue* IValueMut() const;
  nvinfer1::ITensor* ITensor() const;
  // The network tensor; a known tensor (or number) is made a constant of the network.
  nvinfer1::ITensor* ITensorOrFreeze(ConversionCtx* ctx);

  at::Tensor unwrapToTensor(at::Tensor default_val);
  at::Tensor unwrapToTensor();
  int64_t unwrapToInt(int64_t default_val);
  int64_t unwrapToInt();
  double unwrapToDouble(double default_val);
  double unwrapToDouble();
  bool unwrapToBool(bool default_val);
  bool unwrapToBool();
  std::string unwrapToString(std::string default_val);
  std::string unwrapToString();
  c10::Scalar unwrapToScalar(c10::Scalar default_val);
  c10::Scalar unwrapToScalar();
  c10::List<int64_t> unwrapToIntList(c10::List<int64_t> default_val);
  c10::List<int64_t> unwrapToIntList();
  c10::List<double> unwrapToDoubleList(c10::List<double> default_val);
  c10::List<double> unwrapToDoubleList();
  c10::List<bool> unwrapToBoolList(c10::List<bool> default_val);
  c10::List<bool> unwrapToBoolList();
  c10::List<at::Tensor> unwrapToTensorList(c10::List<at::Tensor> default_val);
  c10::List<at::Tensor> unwrapToTensorList();
  std::vector<nvinfer1::ITensor*> unwrapToITensorList();

  // T: at::Tensor, int64_t, double, bool, std::string, c10::Scalar, c10::List<int64_t|double|bool|at::Tensor>.
  template <typename T>
  T unwrapTo();
  template <typename T>
  T unwrapTo(T default_val) {
    return is_none_value() ? default_val : unwrapTo<T>();
  }

  bool isIValue() const { return type_ == kIValue; }
  bool isITensor() const { return type_ == kITensor; }
  bool isNone() const { return type_ == kNone; }
  bool isTensor() const;
  bool isInt() const;
  bool isDouble() const;
  bool isBool() const;
  bool isString() const;
  bool isScalar() const;
  bool isIntList() const;
  bool isDoubleList() const;
  bool isBoolList() const;
  bool isTensorList() const;
  bool isITensorList() const;
  bool isList() const;

  Type type() const { return type_; }
  std::string type_name() const;

 private:
  bool is_none_value() const;
  [[noreturn]] void throw_wrong_type(const char* wanted) const;

  Type type_ = kNone;
  torch::jit::IValue* ivalue_ = nullptr;
  nvinfer1::ITensor* itensor_ = nullptr;
};

template <>
at::Tensor Var::unwrapTo<at::Tensor>();
template <>
int64_t Var::unwrapTo<int64_t>();
template <>
double Var::unwrapTo<double>();
template <>
bool Var::unwrapTo<bool>();
template <>
std::string Var::unwrapTo<std::string>();
template <>
c10::Scalar Var::unwrapTo<c10::Scalar>();
template <>
c10::List<int64_t> Var::unwrapTo<c10::List<int64_t>>();
template <>
c10::List<double> Var::unwrapTo<c10::List<double>>();
template <>
c10::List<bool> Var::unwrapTo<c10::List<bool>>();
template <>
c10::List<at::Tensor> Var::unwrapTo<c10::List<at::Tensor>>();

}  // namespace torch_tensorrt::core::conversion
