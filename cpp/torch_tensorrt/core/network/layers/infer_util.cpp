#include "torch_tensorrt/core/network/layers/infer_util.h"

#include <algorithm>

#include "torch_tensorrt/core/network/shapes/dim_origin.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

void expect_inputs(const std::vector<InferInput>& inputs, size_t minimum, size_t maximum) {
  if (inputs.size() < minimum || inputs.size() > maximum) {
    TORCHTRT_THROW_ERROR("has " << inputs.size() << " inputs, must have " << minimum
                                << (maximum > minimum ? " to " + std::to_string(maximum) : std::string()));
  }
  for (size_t i = 0; i < minimum; ++i) {
    if (!inputs[i].present) {
      TORCHTRT_THROW_ERROR("input " << i << " of " << inputs.size() << " is not given");
    }
  }
}

bool is_present(const std::vector<InferInput>& inputs, size_t index) {
  return index < inputs.size() && inputs[index].present;
}

void expect_number(DataType type) {
  if (!is_floating_point(type) && !is_integral(type)) {
    TORCHTRT_THROW_ERROR("input is " << enum_name(type) << ", must be a number; add a cast before it");
  }
}

void expect_floating_point(DataType type) {
  if (!is_floating_point(type)) {
    TORCHTRT_THROW_ERROR("input is " << enum_name(type) << ", must be a floating-point type; add a cast before it");
  }
}

void expect_same_type(DataType a, DataType b) {
  if (a != b) {
    TORCHTRT_THROW_ERROR("inputs are " << enum_name(a) << " and " << enum_name(b)
                                       << ", must be of one type; add a cast before one of them");
  }
}

void expect_axis(int64_t axis, const Dims& dims) {
  if (axis < 0 || axis >= dims.nbDims) {
    TORCHTRT_THROW_ERROR("axis is " << axis << ", must be in 0.." << dims.nbDims - 1 << " for the input "
                                    << to_string(dims));
  }
}

void expect_axes(uint32_t axes, const Dims& dims) {
  if ((axes >> dims.nbDims) != 0) {
    TORCHTRT_THROW_ERROR("axes mask is " << axes << ", must have bits below " << dims.nbDims << " for the input "
                                         << to_string(dims));
  }
}

int64_t merge_dim(int64_t a, int64_t b, const Dims& dims_a, const Dims& dims_b) {
  if (a != b && a != -1 && b != -1) {
    TORCHTRT_THROW_ERROR("inputs " << to_string(dims_a) << " and " << to_string(dims_b) << " do not fit: " << a
                                   << " and " << b << " must be equal");
  }
  return a == -1 ? b : a;
}

Dims filled(const Dims& dims, int32_t rank, int64_t fill) {
  if (dims.nbDims != 0) {
    return dims;
  }
  return Dims(std::vector<int64_t>(static_cast<size_t>(rank), fill));
}

bool all_are(const Dims& dims, int64_t value) {
  return std::all_of(dims.d, dims.d + dims.nbDims, [&](int64_t d) { return d == value; });
}

void expect_spatial(const char* name, const Dims& dims, int32_t rank, int64_t minimum) {
  const bool fits = dims.nbDims == rank && std::all_of(dims.d, dims.d + rank, [&](int64_t d) { return d >= minimum; });
  if (!fits) {
    TORCHTRT_THROW_ERROR(name << " is " << to_string(dims) << ", must have " << rank << " entries of at least "
                              << minimum);
  }
}

size_t own_inputs(const Epilogue& epilogue, size_t input_count) {
  size_t count = input_count;
  for (const EpilogueOp& op : epilogue) {
    if (!op.reads_input()) {
      continue;
    }
    if (op.input < 1 || static_cast<size_t>(op.input) >= input_count) {
      TORCHTRT_THROW_ERROR("the epilogue reads input " << op.input << ", must be in 1.." << input_count - 1);
    }
    count = std::min(count, static_cast<size_t>(op.input));
  }
  return count;
}

namespace {

bool gives_other_type(ElementWiseOperation operation) {
  return operation == ElementWiseOperation::kEQUAL || operation == ElementWiseOperation::kGREATER ||
         operation == ElementWiseOperation::kLESS;
}

void check_epilogue_operand(const EpilogueOp& op, const std::vector<InferInput>& inputs, const TensorType& result) {
  if (!is_present(inputs, static_cast<size_t>(op.input))) {
    TORCHTRT_THROW_ERROR("the epilogue reads input " << op.input << ", which is not given");
  }
  const TensorType& operand = inputs[static_cast<size_t>(op.input)].type;
  const bool is_scaled = op.kind == EpilogueOp::Kind::kElementWise && op.alpha != 0;
  if (!is_scaled) {
    expect_same_type(result.dtype, operand.dtype);
  } else if (!is_byte(operand.dtype)) {
    TORCHTRT_THROW_ERROR("the epilogue scales input " << op.input << " of dtype " << enum_name(operand.dtype)
                                                      << ", must be i8 or u8");
  }
  const Dims dims = broadcast_dims(result.dims, operand.dims);
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const bool grows = dims.nbDims != result.dims.nbDims || (result.dims.d[i] == 1 && dims.d[i] != 1);
    if (grows) {
      TORCHTRT_THROW_ERROR("the epilogue's input " << to_string(operand.dims) << " must broadcast to the result "
                                                   << to_string(result.dims));
    }
  }
}

void check_quantize(const EpilogueOp& op, bool is_last) {
  if (!is_last) TORCHTRT_THROW_ERROR("the epilogue has an operation behind quantize, which must be the last");
  if (!is_byte(op.type))
    TORCHTRT_THROW_ERROR("the epilogue quantizes to " << enum_name(op.type) << ", must be i8 or u8");
  if (!(op.alpha > 0)) TORCHTRT_THROW_ERROR("the epilogue quantizes with scale " << op.alpha << ", must be positive");
}

}  // namespace

TensorType check_epilogue(const Epilogue& epilogue, const std::vector<InferInput>& inputs, const TensorType& own) {
  TensorType result = own;
  for (const EpilogueOp& op : epilogue) {
    switch (op.kind) {
      case EpilogueOp::Kind::kActivation:
        expect_floating_point(result.dtype);
        break;
      case EpilogueOp::Kind::kElementWise:
        if (gives_other_type(op.elementwise)) {
          TORCHTRT_THROW_ERROR("the epilogue has " << enum_name(op.elementwise) << ", which gives bool and not "
                                                   << enum_name(result.dtype));
        }
        check_epilogue_operand(op, inputs, result);
        break;
      case EpilogueOp::Kind::kDequantize:
        if (&op != &epilogue.front()) {
          TORCHTRT_THROW_ERROR("the epilogue has dequantize behind another operation, it must be the first");
        }
        if (!is_byte(result.dtype) && result.dtype != DataType::kFLOAT) {
          TORCHTRT_THROW_ERROR("the epilogue dequantizes sums of " << enum_name(result.dtype)
                                                                   << ", must be i8, u8 or f32");
        }
        result.dtype = DataType::kFLOAT;
        check_epilogue_operand(op, inputs, result);
        break;
      case EpilogueOp::Kind::kQuantize:
        expect_floating_point(result.dtype);
        check_quantize(op, &op == &epilogue.back());
        result.dtype = op.type;
        break;
    }
  }
  return result;
}

void expect_average_inputs(const Epilogue& epilogue, bool is_average, const std::vector<InferInput>& inputs) {
  const size_t own = own_inputs(epilogue, inputs.size());
  if (own != 1) TORCHTRT_THROW_ERROR("has " << own << " inputs, must have 1");
  expect_inputs(inputs, inputs.size());
  if (epilogue.empty()) return;
  const bool is_good = is_average && begins_with_dequantize(epilogue) && is_byte(inputs[0].type.dtype);
  if (!is_good) TORCHTRT_THROW_ERROR("has an epilogue, which only averages of i8 or u8 have");
}

bool may_be_shape(const TensorType& type) {
  return may_hold_shapes(type.dtype) && type.dims.is_static() && type.dims.volume() <= ShapeValue::kMaxElements;
}

int64_t element(const InferInput& input, size_t index) {
  return input.value != nullptr ? input.value->elements[index] : ShapeValue::kUnknown;
}

std::optional<ShapeValue> finish_value(std::vector<int64_t> elements, const std::vector<InferInput>& inputs) {
  const bool any_known =
      std::any_of(elements.begin(), elements.end(), [](int64_t value) { return value != ShapeValue::kUnknown; });
  const bool all_shapes = std::all_of(inputs.begin(), inputs.end(),
                                      [](const InferInput& input) { return !input.present || input.value != nullptr; });
  if (!any_known && !all_shapes) {
    return std::nullopt;
  }
  return ShapeValue{std::move(elements)};
}

int64_t if_fits(DataType type, int64_t value) {
  const auto fits = [value](int64_t low, int64_t high) {
    return value >= low && value <= high ? value : ShapeValue::kUnknown;
  };
  switch (type) {
    case DataType::kINT32:
      return fits(INT32_MIN, INT32_MAX);
    case DataType::kINT16:
      return fits(INT16_MIN, INT16_MAX);
    case DataType::kINT8:
      return fits(INT8_MIN, INT8_MAX);
    case DataType::kUINT8:
      return fits(0, UINT8_MAX);
    case DataType::kINT4:
      return fits(-8, 7);
    case DataType::kBOOL:
      return fits(0, 1);
    case DataType::kINT64:
      return value;
    case DataType::kFLOAT:
    case DataType::kHALF:
    case DataType::kFP8:
    case DataType::kBF16:
    case DataType::kDOUBLE:
      break;
  }
  return ShapeValue::kUnknown;
}

std::vector<int64_t> shape_input(const char* name, const InferInput& input, int32_t rank) {
  const TensorType& type = input.type;
  const bool is_index = type.dtype == DataType::kINT32 || type.dtype == DataType::kINT64;
  const bool fits = type.dims.nbDims == 1 && (type.dims.d[0] == rank || type.dims.d[0] == -1);
  if (!is_index || !fits) {
    TORCHTRT_THROW_ERROR("the " << name << " input is " << enum_name(type.dtype) << " " << to_string(type.dims)
                                << ", must be i32 or i64 and have one dimension of " << rank);
  }
  if (input.value == nullptr) {
    return std::vector<int64_t>(static_cast<size_t>(rank), ShapeValue::kUnknown);
  }
  return input.value->elements;
}

void check_weight_count(const char* what, int64_t count, int64_t expected, const std::string& why) {
  if (expected >= 0 && count != expected) {
    TORCHTRT_THROW_ERROR("the " << what << " has " << count << " elements, must have " << expected << " (" << why
                                << ")");
  }
}

void check_weight_input(const char* what, const InferInput& input, const Dims& expected) {
  bool fits = input.type.dims.nbDims == expected.nbDims;
  for (int32_t i = 0; fits && i < expected.nbDims; ++i) {
    fits = expected.d[i] == -1 || input.type.dims.d[i] == -1 || expected.d[i] == input.type.dims.d[i];
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("the " << what << " input is " << to_string(input.type.dims) << ", must be "
                                << to_string(expected));
  }
}

std::vector<int64_t> strides_of(const Dims& dims) {
  std::vector<int64_t> strides(static_cast<size_t>(dims.nbDims), 1);
  for (int32_t i = dims.nbDims - 2; i >= 0; --i) {
    strides[static_cast<size_t>(i)] = strides[static_cast<size_t>(i) + 1] * dims.d[i + 1];
  }
  return strides;
}

size_t broadcast_index(const Dims& dims, const std::vector<int64_t>& index) {
  const std::vector<int64_t> strides = strides_of(dims);
  const size_t skipped = index.size() - strides.size();
  int64_t flat = 0;
  for (size_t i = 0; i < strides.size(); ++i) {
    flat += dims.d[i] == 1 ? 0 : strides[i] * index[skipped + i];
  }
  return static_cast<size_t>(flat);
}

size_t flat_index(const Dims& dims, const std::vector<int64_t>& index) {
  int64_t flat = 0;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    flat = flat * dims.d[i] + index[static_cast<size_t>(i)];
  }
  return static_cast<size_t>(flat);
}

InputDim unrepeated_dim(const ILayer& layer, int32_t axis) {
  const int32_t rank = layer.getOutput(0)->getDimensions().nbDims;
  InputDim kept;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor& input = *layer.getInput(i);
    const Dims dims = input.getDimensions();
    const int32_t own = axis - (rank - dims.nbDims);
    if (own < 0 || dims.d[own] == 1) continue;
    if (kept.input < 0) {
      kept = {i, own};
    } else if (!is_same_size(*layer.getInput(kept.input), kept.axis, input, own)) {
      return {};
    }
  }
  return kept;
}

bool operands_line_up(const ILayer& layer) {
  const int32_t rank = layer.getOutput(0)->getDimensions().nbDims;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* input = layer.getInput(i);
    if (input == nullptr || !layer.carries_format(i)) continue;
    const bool is_constant = input->producer()->getType() == LayerType::kCONSTANT;
    if (!is_constant && input->getDimensions().nbDims != rank) return false;
  }
  return true;
}

}  // namespace torch_tensorrt::network
