#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::network {
namespace {

template <typename E>
constexpr EnumEntry entry(E value, const char* name) {
  return {static_cast<int32_t>(value), name};
}

template <size_t N>
constexpr EnumTable table_of(const char* type_name, const EnumEntry (&entries)[N]) {
  return {type_name, entries, entries + N};
}

constexpr EnumEntry kDataTypeEntries[] = {
    entry(DataType::kFLOAT, "f32"), entry(DataType::kHALF, "f16"),   entry(DataType::kINT8, "i8"),
    entry(DataType::kINT32, "i32"), entry(DataType::kBOOL, "bool"),  entry(DataType::kUINT8, "u8"),
    entry(DataType::kFP8, "f8"),    entry(DataType::kBF16, "bf16"),  entry(DataType::kINT64, "i64"),
    entry(DataType::kINT4, "i4"),   entry(DataType::kDOUBLE, "f64"), entry(DataType::kINT16, "i16"),
};
constexpr EnumTable kDataTypeTable = table_of("data type", kDataTypeEntries);

constexpr EnumEntry kTensorFormatEntries[] = {
    entry(TensorFormat::kLINEAR, "linear"),
    entry(TensorFormat::kHWC, "hwc"),
};
constexpr EnumTable kTensorFormatTable = table_of("tensor format", kTensorFormatEntries);

constexpr EnumEntry kLayerTypeEntries[] = {
    entry(LayerType::kINPUT, "input"),
    entry(LayerType::kCONSTANT, "constant"),
    entry(LayerType::kCONVOLUTION, "convolution"),
    entry(LayerType::kDECONVOLUTION, "deconvolution"),
    entry(LayerType::kPOOLING, "pooling"),
    entry(LayerType::kACTIVATION, "activation"),
    entry(LayerType::kELEMENTWISE, "elementwise"),
    entry(LayerType::kUNARY, "unary"),
    entry(LayerType::kSCALE, "scale"),
    entry(LayerType::kREDUCE, "reduce"),
    entry(LayerType::kMATRIX_MULTIPLY, "matrix_multiply"),
    entry(LayerType::kSOFTMAX, "softmax"),
    entry(LayerType::kSHUFFLE, "shuffle"),
    entry(LayerType::kCONCATENATION, "concatenation"),
    entry(LayerType::kSLICE, "slice"),
    entry(LayerType::kSHAPE, "shape"),
    entry(LayerType::kGATHER, "gather"),
    entry(LayerType::kSELECT, "select"),
    entry(LayerType::kCAST, "cast"),
    entry(LayerType::kIDENTITY, "identity"),
    entry(LayerType::kNORMALIZATION, "normalization"),
    entry(LayerType::kRESIZE, "resize"),
    entry(LayerType::kREFORMAT, "reformat"),
    entry(LayerType::kTOPK, "topk"),
    entry(LayerType::kCUMULATIVE, "cumulative"),
    entry(LayerType::kSCATTER, "scatter"),
    entry(LayerType::kGRID_SAMPLE, "grid_sample"),
    entry(LayerType::kATTENTION, "attention"),
    entry(LayerType::kNON_ZERO, "non_zero"),
    entry(LayerType::kRECURRENT, "recurrent"),
    entry(LayerType::kQUANTIZE, "quantize"),
    entry(LayerType::kDEQUANTIZE, "dequantize"),
};
constexpr EnumTable kLayerTypeTable = table_of("layer kind", kLayerTypeEntries);

constexpr EnumEntry kActivationTypeEntries[] = {
    entry(ActivationType::kRELU, "relu"),
    entry(ActivationType::kSIGMOID, "sigmoid"),
    entry(ActivationType::kTANH, "tanh"),
    entry(ActivationType::kLEAKY_RELU, "leaky_relu"),
    entry(ActivationType::kELU, "elu"),
    entry(ActivationType::kSELU, "selu"),
    entry(ActivationType::kSOFTSIGN, "softsign"),
    entry(ActivationType::kSOFTPLUS, "softplus"),
    entry(ActivationType::kCLIP, "clip"),
    entry(ActivationType::kHARD_SIGMOID, "hard_sigmoid"),
    entry(ActivationType::kSCALED_TANH, "scaled_tanh"),
    entry(ActivationType::kTHRESHOLDED_RELU, "thresholded_relu"),
    entry(ActivationType::kGELU_ERF, "gelu_erf"),
    entry(ActivationType::kGELU_TANH, "gelu_tanh"),
    entry(ActivationType::kSILU, "silu"),
    entry(ActivationType::kHARD_SWISH, "hard_swish"),
    entry(ActivationType::kMISH, "mish"),
};
constexpr EnumTable kActivationTypeTable = table_of("activation type", kActivationTypeEntries);

constexpr EnumEntry kElementWiseOperationEntries[] = {
    entry(ElementWiseOperation::kSUM, "sum"),
    entry(ElementWiseOperation::kPROD, "prod"),
    entry(ElementWiseOperation::kMAX, "max"),
    entry(ElementWiseOperation::kMIN, "min"),
    entry(ElementWiseOperation::kSUB, "sub"),
    entry(ElementWiseOperation::kDIV, "div"),
    entry(ElementWiseOperation::kPOW, "pow"),
    entry(ElementWiseOperation::kFLOOR_DIV, "floor_div"),
    entry(ElementWiseOperation::kAND, "and"),
    entry(ElementWiseOperation::kOR, "or"),
    entry(ElementWiseOperation::kXOR, "xor"),
    entry(ElementWiseOperation::kEQUAL, "equal"),
    entry(ElementWiseOperation::kGREATER, "greater"),
    entry(ElementWiseOperation::kLESS, "less"),
    entry(ElementWiseOperation::kATAN2, "atan2"),
    entry(ElementWiseOperation::kFMOD, "fmod"),
    entry(ElementWiseOperation::kREMAINDER, "remainder"),
    entry(ElementWiseOperation::kBIT_AND, "bit_and"),
    entry(ElementWiseOperation::kBIT_OR, "bit_or"),
    entry(ElementWiseOperation::kBIT_XOR, "bit_xor"),
};
constexpr EnumTable kElementWiseOperationTable = table_of("element-wise operation", kElementWiseOperationEntries);

constexpr EnumEntry kUnaryOperationEntries[] = {
    entry(UnaryOperation::kEXP, "exp"),     entry(UnaryOperation::kLOG, "log"),
    entry(UnaryOperation::kSQRT, "sqrt"),   entry(UnaryOperation::kRECIP, "recip"),
    entry(UnaryOperation::kABS, "abs"),     entry(UnaryOperation::kNEG, "neg"),
    entry(UnaryOperation::kSIN, "sin"),     entry(UnaryOperation::kCOS, "cos"),
    entry(UnaryOperation::kTAN, "tan"),     entry(UnaryOperation::kSINH, "sinh"),
    entry(UnaryOperation::kCOSH, "cosh"),   entry(UnaryOperation::kASIN, "asin"),
    entry(UnaryOperation::kACOS, "acos"),   entry(UnaryOperation::kATAN, "atan"),
    entry(UnaryOperation::kASINH, "asinh"), entry(UnaryOperation::kACOSH, "acosh"),
    entry(UnaryOperation::kATANH, "atanh"), entry(UnaryOperation::kCEIL, "ceil"),
    entry(UnaryOperation::kFLOOR, "floor"), entry(UnaryOperation::kERF, "erf"),
    entry(UnaryOperation::kNOT, "not"),     entry(UnaryOperation::kSIGN, "sign"),
    entry(UnaryOperation::kROUND, "round"), entry(UnaryOperation::kISINF, "isinf"),
    entry(UnaryOperation::kISNAN, "isnan"), entry(UnaryOperation::kLOG2, "log2"),
    entry(UnaryOperation::kLOG10, "log10"), entry(UnaryOperation::kLOG1P, "log1p"),
    entry(UnaryOperation::kEXPM1, "expm1"), entry(UnaryOperation::kEXP2, "exp2"),
    entry(UnaryOperation::kERFC, "erfc"),   entry(UnaryOperation::kTRUNC, "trunc"),
};
constexpr EnumTable kUnaryOperationTable = table_of("unary operation", kUnaryOperationEntries);

constexpr EnumEntry kReduceOperationEntries[] = {
    entry(ReduceOperation::kSUM, "sum"), entry(ReduceOperation::kPROD, "prod"), entry(ReduceOperation::kMAX, "max"),
    entry(ReduceOperation::kMIN, "min"), entry(ReduceOperation::kAVG, "avg"),   entry(ReduceOperation::kNONE, "none"),
};
constexpr EnumTable kReduceOperationTable = table_of("reduce operation", kReduceOperationEntries);

constexpr EnumEntry kMatrixOperationEntries[] = {
    entry(MatrixOperation::kNONE, "none"),
    entry(MatrixOperation::kTRANSPOSE, "transpose"),
    entry(MatrixOperation::kVECTOR, "vector"),
};
constexpr EnumTable kMatrixOperationTable = table_of("matrix operation", kMatrixOperationEntries);

constexpr EnumEntry kPoolingTypeEntries[] = {
    entry(PoolingType::kMAX, "max"),
    entry(PoolingType::kAVERAGE, "average"),
    entry(PoolingType::kMAX_AVERAGE_BLEND, "max_average_blend"),
};
constexpr EnumTable kPoolingTypeTable = table_of("pooling type", kPoolingTypeEntries);

constexpr EnumEntry kPaddingModeEntries[] = {
    entry(PaddingMode::kEXPLICIT_ROUND_DOWN, "explicit_round_down"),
    entry(PaddingMode::kEXPLICIT_ROUND_UP, "explicit_round_up"),
    entry(PaddingMode::kSAME_UPPER, "same_upper"),
    entry(PaddingMode::kSAME_LOWER, "same_lower"),
};
constexpr EnumTable kPaddingModeTable = table_of("padding mode", kPaddingModeEntries);

constexpr EnumEntry kScaleModeEntries[] = {
    entry(ScaleMode::kUNIFORM, "uniform"),
    entry(ScaleMode::kCHANNEL, "channel"),
    entry(ScaleMode::kELEMENTWISE, "elementwise"),
};
constexpr EnumTable kScaleModeTable = table_of("scale mode", kScaleModeEntries);

constexpr EnumEntry kSampleModeEntries[] = {
    entry(SampleMode::kSTRICT_BOUNDS, "strict_bounds"),
    entry(SampleMode::kWRAP, "wrap"),
    entry(SampleMode::kCLAMP, "clamp"),
    entry(SampleMode::kFILL, "fill"),
    entry(SampleMode::kREFLECT, "reflect"),
};
constexpr EnumTable kSampleModeTable = table_of("sample mode", kSampleModeEntries);

constexpr EnumEntry kGatherModeEntries[] = {
    entry(GatherMode::kDEFAULT, "default"),
    entry(GatherMode::kELEMENT, "element"),
    entry(GatherMode::kND, "nd"),
};
constexpr EnumTable kGatherModeTable = table_of("gather mode", kGatherModeEntries);

constexpr EnumEntry kRecurrentCellEntries[] = {
    entry(RecurrentCell::kRELU, "relu"),
    entry(RecurrentCell::kTANH, "tanh"),
    entry(RecurrentCell::kLSTM, "lstm"),
    entry(RecurrentCell::kGRU, "gru"),
};
constexpr EnumTable kRecurrentCellTable = table_of("recurrent cell", kRecurrentCellEntries);

constexpr EnumEntry kInterpolationModeEntries[] = {
    entry(InterpolationMode::kNEAREST, "nearest"),
    entry(InterpolationMode::kLINEAR, "linear"),
    entry(InterpolationMode::kCUBIC, "cubic"),
};
constexpr EnumTable kInterpolationModeTable = table_of("interpolation mode", kInterpolationModeEntries);

constexpr EnumEntry kResizeCoordinateTransformationEntries[] = {
    entry(ResizeCoordinateTransformation::kALIGN_CORNERS, "align_corners"),
    entry(ResizeCoordinateTransformation::kASYMMETRIC, "asymmetric"),
    entry(ResizeCoordinateTransformation::kHALF_PIXEL, "half_pixel"),
};
constexpr EnumTable kResizeCoordinateTransformationTable =
    table_of("resize coordinate transformation", kResizeCoordinateTransformationEntries);

constexpr EnumEntry kResizeSelectorEntries[] = {
    entry(ResizeSelector::kFORMULA, "formula"),
    entry(ResizeSelector::kUPPER, "upper"),
};
constexpr EnumTable kResizeSelectorTable = table_of("resize selector", kResizeSelectorEntries);

constexpr EnumEntry kTopKOperationEntries[] = {entry(TopKOperation::kMAX, "max"), entry(TopKOperation::kMIN, "min")};
constexpr EnumTable kTopKOperationTable = table_of("top-k operation", kTopKOperationEntries);

constexpr EnumEntry kCumulativeOperationEntries[] = {
    entry(CumulativeOperation::kSUM, "sum"),
    entry(CumulativeOperation::kPROD, "prod"),
    entry(CumulativeOperation::kMAX, "max"),
    entry(CumulativeOperation::kMIN, "min"),
};
constexpr EnumTable kCumulativeOperationTable = table_of("cumulative operation", kCumulativeOperationEntries);

constexpr EnumEntry kScatterModeEntries[] = {entry(ScatterMode::kELEMENT, "element"), entry(ScatterMode::kND, "nd")};
constexpr EnumTable kScatterModeTable = table_of("scatter mode", kScatterModeEntries);

constexpr EnumEntry kScatterReductionEntries[] = {
    entry(ScatterReduction::kNONE, "none"), entry(ScatterReduction::kSUM, "sum"),
    entry(ScatterReduction::kPROD, "prod"), entry(ScatterReduction::kMAX, "max"),
    entry(ScatterReduction::kMIN, "min"),   entry(ScatterReduction::kMEAN, "mean"),
};
constexpr EnumTable kScatterReductionTable = table_of("scatter reduction", kScatterReductionEntries);

constexpr EnumEntry kResizeRoundModeEntries[] = {
    entry(ResizeRoundMode::kHALF_UP, "half_up"),
    entry(ResizeRoundMode::kHALF_DOWN, "half_down"),
    entry(ResizeRoundMode::kFLOOR, "floor"),
    entry(ResizeRoundMode::kCEIL, "ceil"),
};
constexpr EnumTable kResizeRoundModeTable = table_of("resize round mode", kResizeRoundModeEntries);

}  // namespace

const char* EnumTable::find_name(int32_t value) const {
  for (const EnumEntry* entry = begin; entry != end; ++entry) {
    if (entry->value == value) {
      return entry->name;
    }
  }
  return nullptr;
}

bool EnumTable::find_value(std::string_view name, int32_t* value) const {
  for (const EnumEntry* entry = begin; entry != end; ++entry) {
    if (name == entry->name) {
      *value = entry->value;
      return true;
    }
  }
  return false;
}

template <>
const EnumTable& enum_table<DataType>() {
  return kDataTypeTable;
}
template <>
const EnumTable& enum_table<TensorFormat>() {
  return kTensorFormatTable;
}
template <>
const EnumTable& enum_table<LayerType>() {
  return kLayerTypeTable;
}
template <>
const EnumTable& enum_table<ActivationType>() {
  return kActivationTypeTable;
}
template <>
const EnumTable& enum_table<ElementWiseOperation>() {
  return kElementWiseOperationTable;
}
template <>
const EnumTable& enum_table<UnaryOperation>() {
  return kUnaryOperationTable;
}
template <>
const EnumTable& enum_table<ReduceOperation>() {
  return kReduceOperationTable;
}
template <>
const EnumTable& enum_table<MatrixOperation>() {
  return kMatrixOperationTable;
}
template <>
const EnumTable& enum_table<PoolingType>() {
  return kPoolingTypeTable;
}
template <>
const EnumTable& enum_table<PaddingMode>() {
  return kPaddingModeTable;
}
template <>
const EnumTable& enum_table<ScaleMode>() {
  return kScaleModeTable;
}
template <>
const EnumTable& enum_table<SampleMode>() {
  return kSampleModeTable;
}
template <>
const EnumTable& enum_table<GatherMode>() {
  return kGatherModeTable;
}
template <>
const EnumTable& enum_table<TopKOperation>() {
  return kTopKOperationTable;
}
template <>
const EnumTable& enum_table<CumulativeOperation>() {
  return kCumulativeOperationTable;
}
template <>
const EnumTable& enum_table<ScatterMode>() {
  return kScatterModeTable;
}
template <>
const EnumTable& enum_table<ScatterReduction>() {
  return kScatterReductionTable;
}
template <>
const EnumTable& enum_table<RecurrentCell>() {
  return kRecurrentCellTable;
}
template <>
const EnumTable& enum_table<InterpolationMode>() {
  return kInterpolationModeTable;
}
template <>
const EnumTable& enum_table<ResizeCoordinateTransformation>() {
  return kResizeCoordinateTransformationTable;
}
template <>
const EnumTable& enum_table<ResizeSelector>() {
  return kResizeSelectorTable;
}
template <>
const EnumTable& enum_table<ResizeRoundMode>() {
  return kResizeRoundModeTable;
}

}  // namespace torch_tensorrt::network
