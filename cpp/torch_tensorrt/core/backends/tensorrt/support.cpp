#include "torch_tensorrt/core/backends/tensorrt/support.h"

#include "torch_tensorrt/core/backends/tensorrt/prepare/host_values.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {

using network::DataType;
using network::ILayer;

namespace {

using network::ITensor;
using network::LayerType;

Decision check_dtype(const ILayer& layer, DataType type, const char* what) {
  if (has_dtype(type)) return Decision::yes();
  const bool at_border = layer.getType() == LayerType::kINPUT || layer.getType() == LayerType::kCAST;
  if (type == DataType::kUINT8 && at_border) return Decision::yes();
  const bool quantizes = layer.getType() == LayerType::kQUANTIZE || layer.getType() == LayerType::kDEQUANTIZE;
  if (quantizes && (type == DataType::kINT8 || type == DataType::kUINT8)) return Decision::yes();
  std::string reason = "which is not translated";
  if (type == DataType::kUINT8) reason = "which TensorRT takes only as input or output of an engine; cast it";
  if (type == DataType::kINT8) reason = "which TensorRT reads as quantized values, not as numbers; cast it";
  if (type == DataType::kINT16) reason = "which TensorRT does not have; cast it to i32";
  if (type == DataType::kDOUBLE) reason = "which TensorRT does not have; compile in f32";
  return Decision::no(str("its ", what, " is ", network::enum_name(type), ", ", reason));
}

Decision check_tensor(const ILayer& layer, const ITensor& tensor, const char* what) {
  if (Decision decision = check_dtype(layer, tensor.getType(), what); !decision) return decision;
  const network::Dims dims = tensor.getDimensions();
  if (dims.nbDims > kMaxRank) {
    return Decision::no(str("its ", what, " ", network::to_string(dims), " has rank ", dims.nbDims,
                            ", TensorRT's tensors have at most ", kMaxRank, " dimensions"));
  }
  if (dims.volume() > kMaxVolume) {
    return Decision::no(str("its ", what, " ", network::to_string(dims), " has ", dims.volume(),
                            " elements, TensorRT's tensors have at most ", kMaxVolume));
  }
  return Decision::yes();
}

// TensorRT 10.6 was seen to find no format for such an output.
Decision check_output(const ITensor& tensor) {
  const bool is_16_bit = tensor.getType() == DataType::kHALF || tensor.getType() == DataType::kBF16;
  if (!tensor.isNetworkOutput() || !is_16_bit || tensor.getDimensions().volume() != 0) return Decision::yes();
  return Decision::no(str("its output ", network::to_string(tensor.getDimensions()),
                          " has no elements, and TensorRT has no engine outputs of ",
                          network::enum_name(tensor.getType()), " without elements"));
}

Decision check_tensors(const ILayer& layer) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* tensor = layer.getInput(i);
    if (tensor == nullptr) continue;
    if (Decision decision = check_tensor(layer, *tensor, "input"); !decision) return decision;
  }
  for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
    if (Decision decision = check_tensor(layer, *layer.getOutput(i), "output"); !decision) return decision;
    if (Decision decision = check_output(*layer.getOutput(i)); !decision) return decision;
  }
  return Decision::yes();
}

// A result computed beforehand is fine unless it must leave the engine in a dtype that TensorRT lacks.
Decision supports_computed(const ILayer& layer) {
  const ITensor& result = *layer.getOutput(0);
  if (has_dtype(result.getType()) || !result.isNetworkOutput()) return Decision::yes();
  return check_dtype(layer, result.getType(), "output");
}

}  // namespace

const std::vector<SupportRow>& support_table() {
  static const std::vector<SupportRow> table = {
      {LayerType::kINPUT, supports_input, "input; u8 with a cast behind it"},
      {LayerType::kCONSTANT, supports_constant, "constant, by reference"},
      {LayerType::kCONVOLUTION, supports_convolution, "convolution; in one dimension with another of size 1"},
      {LayerType::kDECONVOLUTION, supports_convolution, "deconvolution; output padding as a slice behind it"},
      {LayerType::kPOOLING, supports_pooling, "pooling; a divisor as a product behind it"},
      {LayerType::kACTIVATION, supports_activation,
       "activation; SiLU, hard swish and Mish as products, softplus composed"},
      {LayerType::kELEMENTWISE, supports_elementwise, "element-wise; remainders and atan2 composed"},
      {LayerType::kUNARY, supports_unary, "unary; other logarithms, log1p, expm1 and trunc composed"},
      {LayerType::kSCALE, supports_always, "element-wise layers with constants"},
      {LayerType::kREDUCE, supports_reduce, "reduce; sums of halves and bool through casts"},
      {LayerType::kMATRIX_MULTIPLY, supports_matrix_multiply, "matrix multiply"},
      {LayerType::kSOFTMAX, supports_always, "softmax; its logarithm composed"},
      {LayerType::kSHUFFLE, supports_always, "shuffle"},
      {LayerType::kCONCATENATION, supports_always, "concatenation"},
      {LayerType::kSLICE, supports_slice, "slice"},
      {LayerType::kSHAPE, supports_always, "shape"},
      {LayerType::kGATHER, supports_gather, "gather, behind a select that makes indices positive"},
      {LayerType::kSELECT, supports_always, "select"},
      {LayerType::kCAST, supports_cast, "cast; to bool as a comparison with 0"},
      {LayerType::kIDENTITY, supports_always, "nothing"},
      {LayerType::kNORMALIZATION, supports_normalization, "normalization; RMS and groups composed around it"},
      {LayerType::kRESIZE, supports_resize, "resize"},
      {LayerType::kREFORMAT, supports_always, "nothing: formats are TensorRT's own choice"},
      {LayerType::kTOPK, supports_topk, "top-k, indices cast; the one best integer by reductions"},
      {LayerType::kCUMULATIVE, supports_cumulative, "slices and element-wise layers, log2(size) of them"},
      {LayerType::kSCATTER, supports_scatter, "scatter, behind a select that makes indices positive"},
      {LayerType::kGRID_SAMPLE, supports_grid_sample, "grid sample"},
      {LayerType::kATTENTION, supports_attention,
       "scale, matrix multiply, mask, softmax, matrix multiply: TensorRT makes them one kernel"},
      {LayerType::kNON_ZERO, supports_always, "non-zero, of a comparison with 0"},
      {LayerType::kRECURRENT, supports_recurrent, "a product of all steps, and a loop over them"},
      {LayerType::kQUANTIZE, supports_always,
       "quantize, if int8 is enabled, for i8 with zero point 0; otherwise element-wise layers"},
      {LayerType::kDEQUANTIZE, supports_always, "dequantize, under the same conditions; otherwise element-wise layers"},
  };
  return table;
}

Decision supports(const ILayer& layer) {
  try {
    if (is_computed_here(layer)) return supports_computed(layer);
    if (Decision decision = check_tensors(layer); !decision) return decision;
    for (const SupportRow& row : support_table()) {
      if (row.type == layer.getType()) return row.supports(layer);
    }
  } catch (const Error& error) {
    return Decision::no(error.msg());
  }
  return Decision::no("kind " + network::enum_name(layer.getType()) + " is not translated");
}

}  // namespace torch_tensorrt::backends::tensorrt
