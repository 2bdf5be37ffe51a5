#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

using Maker = std::unique_ptr<ILayer> (*)();

struct Row {
  LayerType type;
  Maker make;
};

constexpr Row kMakers[] = {
    {LayerType::kINPUT, [] { return std::unique_ptr<ILayer>(new IInputLayer(TensorType{})); }},
    {LayerType::kCONSTANT, [] { return std::unique_ptr<ILayer>(new IConstantLayer({}, {})); }},
    {LayerType::kCONVOLUTION, [] { return std::unique_ptr<ILayer>(new IConvolutionLayer(0, {}, {}, {})); }},
    {LayerType::kDECONVOLUTION, [] { return std::unique_ptr<ILayer>(new IDeconvolutionLayer(0, {}, {}, {})); }},
    {LayerType::kPOOLING, [] { return std::unique_ptr<ILayer>(new IPoolingLayer(PoolingType::kMAX, {})); }},
    {LayerType::kACTIVATION, [] { return std::unique_ptr<ILayer>(new IActivationLayer(ActivationType::kRELU)); }},
    {LayerType::kELEMENTWISE,
     [] { return std::unique_ptr<ILayer>(new IElementWiseLayer(ElementWiseOperation::kSUM)); }},
    {LayerType::kUNARY, [] { return std::unique_ptr<ILayer>(new IUnaryLayer(UnaryOperation::kEXP)); }},
    {LayerType::kSCALE, [] { return std::unique_ptr<ILayer>(new IScaleLayer(ScaleMode::kUNIFORM, {}, {}, {})); }},
    {LayerType::kREDUCE, [] { return std::unique_ptr<ILayer>(new IReduceLayer(ReduceOperation::kSUM, 0, false)); }},
    {LayerType::kMATRIX_MULTIPLY,
     [] { return std::unique_ptr<ILayer>(new IMatrixMultiplyLayer(MatrixOperation::kNONE, MatrixOperation::kNONE)); }},
    {LayerType::kSOFTMAX, [] { return std::unique_ptr<ILayer>(new ISoftMaxLayer(1)); }},
    {LayerType::kSHUFFLE, [] { return std::unique_ptr<ILayer>(new IShuffleLayer()); }},
    {LayerType::kCONCATENATION, [] { return std::unique_ptr<ILayer>(new IConcatenationLayer()); }},
    {LayerType::kSLICE, [] { return std::unique_ptr<ILayer>(new ISliceLayer({}, {}, {})); }},
    {LayerType::kSHAPE, [] { return std::unique_ptr<ILayer>(new IShapeLayer()); }},
    {LayerType::kGATHER, [] { return std::unique_ptr<ILayer>(new IGatherLayer(GatherMode::kDEFAULT)); }},
    {LayerType::kSELECT, [] { return std::unique_ptr<ILayer>(new ISelectLayer()); }},
    {LayerType::kCAST, [] { return std::unique_ptr<ILayer>(new ICastLayer(DataType::kFLOAT)); }},
    {LayerType::kIDENTITY, [] { return std::unique_ptr<ILayer>(new IIdentityLayer()); }},
    {LayerType::kNORMALIZATION, [] { return std::unique_ptr<ILayer>(new INormalizationLayer(0)); }},
    {LayerType::kRESIZE, [] { return std::unique_ptr<ILayer>(new IResizeLayer()); }},
    {LayerType::kREFORMAT, [] { return std::unique_ptr<ILayer>(new IReformatLayer("")); }},
    {LayerType::kTOPK, [] { return std::unique_ptr<ILayer>(new ITopKLayer(TopKOperation::kMAX, 1, 1)); }},
    {LayerType::kCUMULATIVE,
     [] { return std::unique_ptr<ILayer>(new ICumulativeLayer(CumulativeOperation::kSUM, 0)); }},
    {LayerType::kSCATTER, [] { return std::unique_ptr<ILayer>(new IScatterLayer(ScatterMode::kELEMENT)); }},
    {LayerType::kGRID_SAMPLE, [] { return std::unique_ptr<ILayer>(new IGridSampleLayer()); }},
    {LayerType::kATTENTION, [] { return std::unique_ptr<ILayer>(new IAttentionLayer()); }},
    {LayerType::kNON_ZERO, [] { return std::unique_ptr<ILayer>(new INonZeroLayer()); }},
    {LayerType::kRECURRENT, [] { return std::unique_ptr<ILayer>(new IRecurrentLayer(RecurrentCell::kLSTM, 0)); }},
};
static_assert(sizeof(kMakers) / sizeof(Row) == kLayerTypeCount, "every layer kind has a row");

}  // namespace

std::unique_ptr<ILayer> make_layer(LayerType type) {
  for (const Row& row : kMakers) {
    if (row.type == type) {
      return row.make();
    }
  }
  TORCHTRT_THROW_ERROR("layer kind " << static_cast<int32_t>(type) << " does not exist");
}

}  // namespace torch_tensorrt::network
