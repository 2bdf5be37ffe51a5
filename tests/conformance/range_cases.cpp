#include <cmath>

#include "conformance/bounds.h"
#include "conformance/case.h"

// Elements at the ends of the range of f16: results that overflow there and must be infinite, sums that would overflow
// in f16 although the result does not, and subnormal numbers. In f32 and bf16 nothing overflows.
namespace torch_tensorrt::conformance {
namespace {

using network::ElementWiseOperation;
using network::ReduceOperation;
using network::UnaryOperation;
using Build = std::function<ILayer*(INetworkDefinition&, const std::vector<ITensor*>&)>;
using Oracle = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

constexpr const char* kRelative = "a few roundings in f32";
constexpr double kLargest = 60000;  // of Fill::kLarge

// Tolerances are relative, or relative to the largest elements where sums may cancel.
Case row(const std::string& name, std::vector<InputSpec> inputs, const Build& build, const Oracle& oracle,
         double absolute = 0) {
  Case made{"range_" + name, std::move(inputs), build, oracle, DataType::kFLOAT};
  made.tolerance = rounding(DataType::kFLOAT, 64, kRelative);
  made.tolerance.scale_absolute(absolute);
  return made;
}

InputSpec large(std::vector<int64_t> dims) { return f32(std::move(dims), Fill::kLarge); }
InputSpec tiny(std::vector<int64_t> dims) { return f32(std::move(dims), Fill::kTiny); }

Case reduce(const std::string& name, ReduceOperation operation, uint32_t axes, const Oracle& oracle) {
  return row(
      name, {large({2, 3, 4, 5})},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addReduce(*in[0], operation, axes, /*keepDimensions=*/false);
      },
      oracle);
}

Case elementwise(const std::string& name, ElementWiseOperation operation, const InputSpec& a, const InputSpec& b,
                 const Oracle& oracle, double absolute = 0) {
  return row(
      name, {a, b},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addElementWise(*in[0], *in[1], operation);
      },
      oracle, absolute);
}

Case unary(const std::string& name, UnaryOperation operation, const InputSpec& x, const Oracle& oracle) {
  return row(
      name, {x},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addUnary(*in[0], operation);
      },
      oracle);
}

Case pool(const std::string& name, std::vector<int64_t> dims, std::vector<int64_t> window, const Oracle& oracle) {
  return row(
      name, {large(std::move(dims))},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addPoolingNd(*in[0], network::PoolingType::kAVERAGE, Dims(window));
      },
      oracle);
}

Case normalization(const std::string& name, bool rms) {
  return row(
      name, {large({3, 4, 24})},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        auto* layer = network.addNormalization(*in[0], nullptr, nullptr, uint32_t{1} << 2);
        layer->setRms(rms);
        return layer;
      },
      [=](const std::vector<at::Tensor>& in) {
        const at::Tensor x = rms ? in[0] : in[0] - in[0].mean({2}, true);
        return x / at::sqrt((x * x).mean({2}, true) + static_cast<double>(1e-5F));
      },
      /*absolute=*/8);  // the elements lie up to six deviations from 0
}

// The result is infinite in f16 for about half of the elements.
Case product_of_matrices(const std::string& name, const InputSpec& a, double absolute) {
  return row(
      name, {a, f32({7, 6})},
      [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addMatrixMultiply(*in[0], network::MatrixOperation::kNONE, *in[1],
                                         network::MatrixOperation::kNONE);
      },
      [](const std::vector<at::Tensor>& in) { return at::matmul(in[0], in[1]); }, absolute);
}

Case convolution(const std::string& name, Fill fill, double absolute, DataType dtype) {
  const at::Tensor kernel = random_tensor({dtype, {6, 3, 3, 3}}, 401);
  Case made = row(
      name, {f32({1, 3, 8, 8}, fill)},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addConvolutionNd(*in[0], 6, Dims{3, 3}, weights_of(network, kernel), network::Weights{});
      },
      [=](const std::vector<at::Tensor>& in) { return at::conv2d(in[0], kernel.to(at::kDouble)); }, absolute);
  made.in_format = [=](DataType type) {
    Case other = convolution(name, fill, absolute, type);
    other.inputs[0].type = other.output = type;
    other.tolerance = in_low_format(other.tolerance);
    return other;
  };
  return made;
}

Case softmax() {
  return row(
      "softmax", {large({4, 9})},
      [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        auto* layer = network.addSoftMax(*in[0]);
        layer->setAxes(2);
        return layer;
      },
      [](const std::vector<at::Tensor>& in) { return at::softmax(in[0], 1); }, /*absolute=*/1);
}

Case running_sum() {
  return row(
      "cumulative_sum", {large({3, 7})},
      [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addCumulative(*in[0], network::CumulativeOperation::kSUM, 1);
      },
      [](const std::vector<at::Tensor>& in) { return at::cumsum(in[0], 1); });
}

Case linear_resize() {
  return row(
      "resize", {large({1, 2, 4, 5})},
      [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        auto* layer = network.addResize(*in[0]);
        layer->setResizeMode(network::InterpolationMode::kLINEAR);
        layer->setCoordinateTransformation(network::ResizeCoordinateTransformation::kHALF_PIXEL);
        layer->setOutputDimensions(Dims{1, 2, 9, 7});
        return layer;
      },
      [](const std::vector<at::Tensor>& in) {
        return at::upsample_bilinear2d(in[0], {9, 7}, false);
      });
}

Case activation(const std::string& name, network::ActivationType type, const Oracle& oracle) {
  return row(
      name, {large({37})},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addActivation(*in[0], type);
      },
      oracle);
}

Case cast_to_half() {
  Case made = row(
      "cast", {f32({40}, Fill::kLarge)},
      [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        return network.addCast(*in[0], DataType::kHALF);
      },
      [](const std::vector<at::Tensor>& in) { return in[0].to(at::kHalf); });
  made.inputs[0].scale = 2;
  made.output = DataType::kHALF;
  made.tolerance = {};
  made.f32_only = true;
  return made;
}

void add_sums(Cases& cases) {
  cases.push_back(reduce("sum", ReduceOperation::kSUM, 0b1100, [](auto& in) { return in[0].sum({2, 3}); }));
  cases.push_back(reduce("mean", ReduceOperation::kAVG, 0b1100, [](auto& in) { return in[0].mean({2, 3}); }));
  cases.push_back(reduce("mean_channels", ReduceOperation::kAVG, 0b0010, [](auto& in) { return in[0].mean({1}); }));
  cases.push_back(
      reduce("product", ReduceOperation::kPROD, 0b0100, [](auto& in) { return at::prod(in[0], 2, false); }));
  cases.push_back(pool("average_pool", {1, 3, 6, 6}, {3, 3}, [](auto& in) { return at::avg_pool2d(in[0], 3); }));
  cases.push_back(
      pool("average_pool_3d", {1, 3, 4, 4, 4}, {2, 2, 2}, [](auto& in) { return at::avg_pool3d(in[0], 2); }));
  cases.push_back(running_sum());
  cases.push_back(normalization("layer_norm", /*rms=*/false));
  cases.push_back(normalization("rms_norm", /*rms=*/true));
  cases.push_back(product_of_matrices("matrix_multiply", large({5, 7}), kLargest));
  cases.push_back(product_of_matrices("matrix_multiply_tiny", tiny({5, 7}), 1e-4));
  cases.push_back(convolution("convolution", Fill::kLarge, kLargest, DataType::kFLOAT));
  cases.push_back(convolution("convolution_tiny", Fill::kTiny, 1e-4, DataType::kFLOAT));
}

void add_pointwise(Cases& cases) {
  const InputSpec x = large({2, 3, 4, 5});
  const InputSpec small = tiny({2, 3, 4, 5});
  const InputSpec normal = f32({2, 3, 4, 5}, Fill::kPositive);
  cases.push_back(elementwise("add", ElementWiseOperation::kSUM, x, x, [](auto& in) { return in[0] + in[1]; }));
  cases.push_back(elementwise(
      "subtract", ElementWiseOperation::kSUB, x, x, [](auto& in) { return in[0] - in[1]; }, kLargest));
  cases.push_back(elementwise("multiply", ElementWiseOperation::kPROD, x, x, [](auto& in) { return in[0] * in[1]; }));
  cases.push_back(elementwise("divide", ElementWiseOperation::kDIV, x, normal, [](auto& in) { return in[0] / in[1]; }));
  cases.push_back(
      elementwise("add_tiny", ElementWiseOperation::kSUM, small, small, [](auto& in) { return in[0] + in[1]; }));
  cases.push_back(
      elementwise("multiply_tiny", ElementWiseOperation::kPROD, small, normal, [](auto& in) { return in[0] * in[1]; }));
  cases.push_back(
      elementwise("multiply_to_0", ElementWiseOperation::kPROD, small, small, [](auto& in) { return in[0] * in[1]; }));
  cases.push_back(
      elementwise("divide_by_tiny", ElementWiseOperation::kDIV, normal, small, [](auto& in) { return in[0] / in[1]; }));
  cases.push_back(unary("square_root", UnaryOperation::kSQRT, small, [](auto& in) { return at::sqrt(in[0]); }));
  cases.push_back(unary("reciprocal", UnaryOperation::kRECIP, small, [](auto& in) { return at::reciprocal(in[0]); }));
  cases.push_back(unary("logarithm", UnaryOperation::kLOG, small, [](auto& in) { return at::log(in[0]); }));
  cases.push_back(activation("silu", network::ActivationType::kSILU, [](auto& in) { return at::silu(in[0]); }));
  cases.push_back(activation("gelu", network::ActivationType::kGELU_ERF, [](auto& in) { return at::gelu(in[0]); }));
  cases.push_back(softmax());
  cases.push_back(linear_resize());
  cases.push_back(cast_to_half());
}

}  // namespace

const Cases& range_cases() {
  static const Cases cases = [] {
    Cases all;
    add_sums(all);
    add_pointwise(all);
    return all;
  }();
  return cases;
}

}  // namespace torch_tensorrt::conformance
