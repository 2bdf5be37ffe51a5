#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "torch_tensorrt/core/network/types.h"

// One table of names for each enum. The printer, the parser, the plan, error texts and reports all read it.
namespace torch_tensorrt::network {

struct EnumEntry {
  int32_t value;
  const char* name;  // lower case, as printed: "relu", "f32", "hwc"
};
struct EnumTable {
  const char* type_name;  // for errors: "activation type"
  const EnumEntry* begin;
  const EnumEntry* end;

  // Null if the value is not in the table.
  const char* find_name(int32_t value) const;
  // False if the name is not in the table.
  bool find_value(std::string_view name, int32_t* value) const;
};

template <typename E>
const EnumTable& enum_table();
template <>
const EnumTable& enum_table<DataType>();
template <>
const EnumTable& enum_table<TensorFormat>();
template <>
const EnumTable& enum_table<LayerType>();
template <>
const EnumTable& enum_table<ActivationType>();
template <>
const EnumTable& enum_table<ElementWiseOperation>();
template <>
const EnumTable& enum_table<UnaryOperation>();
template <>
const EnumTable& enum_table<ReduceOperation>();
template <>
const EnumTable& enum_table<MatrixOperation>();
template <>
const EnumTable& enum_table<PoolingType>();
template <>
const EnumTable& enum_table<PaddingMode>();
template <>
const EnumTable& enum_table<ScaleMode>();
template <>
const EnumTable& enum_table<SampleMode>();
template <>
const EnumTable& enum_table<GatherMode>();
template <>
const EnumTable& enum_table<TopKOperation>();
template <>
const EnumTable& enum_table<CumulativeOperation>();
template <>
const EnumTable& enum_table<ScatterMode>();
template <>
const EnumTable& enum_table<ScatterReduction>();
template <>
const EnumTable& enum_table<RecurrentCell>();
template <>
const EnumTable& enum_table<InterpolationMode>();
template <>
const EnumTable& enum_table<ResizeCoordinateTransformation>();
template <>
const EnumTable& enum_table<ResizeSelector>();
template <>
const EnumTable& enum_table<ResizeRoundMode>();

// "unknown(17)" for a value outside the table.
template <typename E>
std::string enum_name(E value) {
  const char* name = enum_table<E>().find_name(static_cast<int32_t>(value));
  return name != nullptr ? name : "unknown(" + std::to_string(static_cast<int32_t>(value)) + ")";
}

}  // namespace torch_tensorrt::network
