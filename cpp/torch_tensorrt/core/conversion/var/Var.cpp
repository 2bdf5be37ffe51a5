#include "torch_tensorrt/core/conversion/var/Var.h"

#include <algorithm>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"

namespace torch_tensorrt::core::conversion {
namespace {

// Whether the value is computed in the engine, or is a list with a computed element.
bool is_computed(const torch::jit::IValue& value) {
  if (TensorContainer::is_in(value)) return true;
  if (!value.isList()) return false;
  const auto elements = value.toListRef();
  return std::any_of(elements.begin(), elements.end(), is_computed);
}

}  // namespace

std::string Var::type_name() const {
  if (type_ == kITensor) return "nvinfer1::ITensor";
  return type_ == kIValue ? "c10::IValue" : "None";
}

bool Var::is_none_value() const { return type_ == kNone || (type_ == kIValue && ivalue_->isNone()); }

void Var::throw_wrong_type(const char* wanted) const {
  const bool computed = type_ == kITensor || (type_ == kIValue && is_computed(*ivalue_));
  if (computed && std::string(wanted).find("Tensor") == std::string::npos) {
    TORCHTRT_THROW_ERROR("an argument of the type " << wanted << " is computed in the engine (from dynamic sizes or "
                                                    << "from tensors), but must be known while compiling");
  }
  const std::string found = type_ == kIValue ? ivalue_->tagKind() : type_name();
  TORCHTRT_THROW_ERROR("Requested unwrapping of arg assuming it was " << wanted << " however arg type is " << found);
}

const torch::jit::IValue* Var::IValue() const { return IValueMut(); }

torch::jit::IValue* Var::IValueMut() const {
  if (type_ == kNone) return nullptr;
  if (type_ != kIValue) throw_wrong_type("c10::IValue");
  return ivalue_;
}

nvinfer1::ITensor* Var::ITensor() const {
  if (type_ == kITensor) return itensor_;
  if (type_ == kIValue && TensorContainer::is_in(*ivalue_)) return ivalue_->toCustomClass<TensorContainer>()->tensor();
  throw_wrong_type("nvinfer1::ITensor");
}

nvinfer1::ITensor* Var::ITensorOrFreeze(ConversionCtx* ctx) {
  if (type_ == kITensor) return itensor_;
  if (type_ != kIValue) throw_wrong_type("nvinfer1::ITensor or at::Tensor");
  if (TensorContainer::is_in(*ivalue_)) return ivalue_->toCustomClass<TensorContainer>()->tensor();
  if (ivalue_->isTensor()) return converters::tensor_constant(ctx, ivalue_->toTensor());
  if (ivalue_->isScalar()) {
    const auto number = ivalue_->toScalar();
    const auto type = number.isFloatingPoint() ? at::kFloat : number.type();
    return converters::tensor_constant(ctx, at::scalar_tensor(number, at::TensorOptions().dtype(type)));
  }
  throw_wrong_type("nvinfer1::ITensor or at::Tensor");
}

std::vector<nvinfer1::ITensor*> Var::unwrapToITensorList() {
  if (!isITensorList()) throw_wrong_type("a list of nvinfer1::ITensor");
  std::vector<nvinfer1::ITensor*> tensors;
  for (const auto& element : ivalue_->toListRef()) {
    tensors.push_back(element.toCustomClass<TensorContainer>()->tensor());
  }
  return tensors;
}

bool Var::isTensor() const { return type_ == kIValue && ivalue_->isTensor(); }
bool Var::isInt() const { return type_ == kIValue && ivalue_->isInt(); }
bool Var::isDouble() const { return type_ == kIValue && ivalue_->isDouble(); }
bool Var::isBool() const { return type_ == kIValue && ivalue_->isBool(); }
bool Var::isString() const { return type_ == kIValue && ivalue_->isString(); }
bool Var::isScalar() const { return type_ == kIValue && ivalue_->isScalar(); }
bool Var::isIntList() const { return type_ == kIValue && ivalue_->isIntList(); }
bool Var::isDoubleList() const { return type_ == kIValue && ivalue_->isDoubleList(); }
bool Var::isBoolList() const { return type_ == kIValue && ivalue_->isBoolList(); }
bool Var::isTensorList() const { return type_ == kIValue && ivalue_->isTensorList(); }
bool Var::isList() const { return type_ == kIValue && ivalue_->isList(); }

bool Var::isITensorList() const {
  if (!isList()) return false;
  for (const auto& element : ivalue_->toListRef()) {
    if (!TensorContainer::is_in(element)) return false;
  }
  return true;
}

namespace {

// PyTorch accepts a 0-d tensor in place of its number.
bool is_number_tensor(const torch::jit::IValue& value) { return value.isTensor() && value.toTensor().dim() == 0; }

// Reads a generic list, as evaluators make it; an empty list may have any element type.
template <typename T>
bool read_list(const torch::jit::IValue& value, c10::List<T>& list) {
  if (!value.isList()) return false;
  for (const auto& element : value.toListRef()) {
    if constexpr (std::is_same_v<T, at::Tensor>) {
      if (!element.isTensor()) return false;
    } else if constexpr (std::is_same_v<T, double>) {
      if (!element.isDouble() && !element.isInt()) return false;
      list.push_back(element.toScalar().toDouble());
      continue;
    } else if constexpr (std::is_same_v<T, int64_t>) {
      if (is_number_tensor(element)) {
        list.push_back(element.toTensor().item<int64_t>());
        continue;
      }
      if (!element.isInt()) return false;
    } else if (!element.isBool()) {
      return false;
    }
    list.push_back(element.to<T>());
  }
  return true;
}

}  // namespace

template <>
at::Tensor Var::unwrapTo<at::Tensor>() {
  if (!isTensor()) throw_wrong_type("at::Tensor");
  return ivalue_->toTensor();
}
template <>
int64_t Var::unwrapTo<int64_t>() {
  if (isInt()) return ivalue_->toInt();
  if (isBool()) return ivalue_->toBool() ? 1 : 0;
  if (type_ == kIValue && is_number_tensor(*ivalue_)) return ivalue_->toTensor().item<int64_t>();
  throw_wrong_type("int");
}
template <>
double Var::unwrapTo<double>() {
  if (isDouble() || isInt()) return ivalue_->toScalar().toDouble();
  if (type_ == kIValue && is_number_tensor(*ivalue_)) return ivalue_->toTensor().item<double>();
  throw_wrong_type("float");
}
template <>
bool Var::unwrapTo<bool>() {
  if (!isBool()) throw_wrong_type("bool");
  return ivalue_->toBool();
}
template <>
std::string Var::unwrapTo<std::string>() {
  if (!isString()) throw_wrong_type("str");
  return ivalue_->toStringRef();
}
template <>
c10::Scalar Var::unwrapTo<c10::Scalar>() {
  if (isScalar()) return ivalue_->toScalar();
  if (type_ == kIValue && is_number_tensor(*ivalue_)) return ivalue_->toTensor().item();
  throw_wrong_type("Scalar");
}
template <>
c10::List<int64_t> Var::unwrapTo<c10::List<int64_t>>() {
  c10::List<int64_t> list;
  if (isInt()) {
    list.push_back(ivalue_->toInt());
    return list;
  }
  if (type_ != kIValue || !read_list(*ivalue_, list)) throw_wrong_type("int[]");
  return list;
}
template <>
c10::List<double> Var::unwrapTo<c10::List<double>>() {
  c10::List<double> list;
  if (type_ != kIValue || !read_list(*ivalue_, list)) throw_wrong_type("float[]");
  return list;
}
template <>
c10::List<bool> Var::unwrapTo<c10::List<bool>>() {
  c10::List<bool> list;
  if (type_ != kIValue || !read_list(*ivalue_, list)) throw_wrong_type("bool[]");
  return list;
}
template <>
c10::List<at::Tensor> Var::unwrapTo<c10::List<at::Tensor>>() {
  c10::List<at::Tensor> list;
  if (type_ != kIValue || !read_list(*ivalue_, list)) throw_wrong_type("Tensor[]");
  return list;
}

at::Tensor Var::unwrapToTensor(at::Tensor default_val) { return unwrapTo<at::Tensor>(std::move(default_val)); }
at::Tensor Var::unwrapToTensor() { return unwrapTo<at::Tensor>(); }
int64_t Var::unwrapToInt(int64_t default_val) { return unwrapTo<int64_t>(default_val); }
int64_t Var::unwrapToInt() { return unwrapTo<int64_t>(); }
double Var::unwrapToDouble(double default_val) { return unwrapTo<double>(default_val); }
double Var::unwrapToDouble() { return unwrapTo<double>(); }
bool Var::unwrapToBool(bool default_val) { return unwrapTo<bool>(default_val); }
bool Var::unwrapToBool() { return unwrapTo<bool>(); }
std::string Var::unwrapToString(std::string default_val) { return unwrapTo<std::string>(std::move(default_val)); }
std::string Var::unwrapToString() { return unwrapTo<std::string>(); }
c10::Scalar Var::unwrapToScalar(c10::Scalar default_val) { return unwrapTo<c10::Scalar>(std::move(default_val)); }
c10::Scalar Var::unwrapToScalar() { return unwrapTo<c10::Scalar>(); }
c10::List<int64_t> Var::unwrapToIntList(c10::List<int64_t> default_val) {
  return unwrapTo<c10::List<int64_t>>(std::move(default_val));
}
c10::List<int64_t> Var::unwrapToIntList() { return unwrapTo<c10::List<int64_t>>(); }
c10::List<double> Var::unwrapToDoubleList(c10::List<double> default_val) {
  return unwrapTo<c10::List<double>>(std::move(default_val));
}
c10::List<double> Var::unwrapToDoubleList() { return unwrapTo<c10::List<double>>(); }
c10::List<bool> Var::unwrapToBoolList(c10::List<bool> default_val) {
  return unwrapTo<c10::List<bool>>(std::move(default_val));
}
c10::List<bool> Var::unwrapToBoolList() { return unwrapTo<c10::List<bool>>(); }
c10::List<at::Tensor> Var::unwrapToTensorList(c10::List<at::Tensor> default_val) {
  return unwrapTo<c10::List<at::Tensor>>(std::move(default_val));
}
c10::List<at::Tensor> Var::unwrapToTensorList() { return unwrapTo<c10::List<at::Tensor>>(); }

}  // namespace torch_tensorrt::core::conversion
