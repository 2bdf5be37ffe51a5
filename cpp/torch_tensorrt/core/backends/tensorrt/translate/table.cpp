#include "torch_tensorrt/core/backends/tensorrt/translate/table.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {

const std::vector<TranslationRow>& translation_table() {
  using network::LayerType;
  static const std::vector<TranslationRow> table = {
      {LayerType::kINPUT, translate_input},
      {LayerType::kCONSTANT, translate_constant},
      {LayerType::kCONVOLUTION, translate_convolution},
      {LayerType::kDECONVOLUTION, translate_deconvolution},
      {LayerType::kPOOLING, translate_pooling},
      {LayerType::kACTIVATION, translate_activation},
      {LayerType::kELEMENTWISE, translate_elementwise},
      {LayerType::kUNARY, translate_unary},
      {LayerType::kSCALE, translate_scale},
      {LayerType::kREDUCE, translate_reduce},
      {LayerType::kMATRIX_MULTIPLY, translate_matrix_multiply},
      {LayerType::kSOFTMAX, translate_softmax},
      {LayerType::kSHUFFLE, translate_shuffle},
      {LayerType::kCONCATENATION, translate_concatenation},
      {LayerType::kSLICE, translate_slice},
      {LayerType::kSHAPE, translate_shape},
      {LayerType::kGATHER, translate_gather},
      {LayerType::kSELECT, translate_select},
      {LayerType::kCAST, translate_cast},
      {LayerType::kIDENTITY, translate_same},
      {LayerType::kNORMALIZATION, translate_normalization},
      {LayerType::kRESIZE, translate_resize},
      {LayerType::kREFORMAT, translate_same},
      {LayerType::kTOPK, translate_topk},
      {LayerType::kCUMULATIVE, translate_cumulative},
      {LayerType::kSCATTER, translate_scatter},
      {LayerType::kGRID_SAMPLE, translate_grid_sample},
      {LayerType::kATTENTION, translate_attention},
      {LayerType::kNON_ZERO, translate_non_zero},
      {LayerType::kRECURRENT, translate_recurrent},
  };
  return table;
}

}  // namespace torch_tensorrt::backends::tensorrt
