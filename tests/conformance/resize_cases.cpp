#include "conformance/case.h"

// Compares with the operators of torch.nn.functional.interpolate in float64.
namespace torch_tensorrt::conformance {
namespace {

using network::InterpolationMode;
using network::ResizeCoordinateTransformation;
using network::ResizeRoundMode;

constexpr auto kAlign = ResizeCoordinateTransformation::kALIGN_CORNERS;
constexpr auto kAsymmetric = ResizeCoordinateTransformation::kASYMMETRIC;
constexpr auto kHalfPixel = ResizeCoordinateTransformation::kHALF_PIXEL;

struct Resize {
  InterpolationMode mode = InterpolationMode::kNEAREST;
  ResizeCoordinateTransformation transformation = kAsymmetric;
  std::vector<int64_t> output = {};
  std::vector<float> scales = {};
  ResizeRoundMode rounding = ResizeRoundMode::kFLOOR;
  float cubic_coeff = -0.75F;
  bool antialias = false;
};

using Oracle = std::function<at::Tensor(const at::Tensor&)>;

Case resize(const std::string& name, InputSpec input, const Resize& resize, const Oracle& oracle) {
  const DataType dtype = input.type;
  const bool moves = resize.mode == InterpolationMode::kNEAREST;
  return {"resize_" + name,
          {std::move(input)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer = network.addResize(*in[0]);
            layer->setResizeMode(resize.mode);
            layer->setCoordinateTransformation(resize.transformation);
            layer->setNearestRounding(resize.rounding);
            layer->setCubicCoeff(resize.cubic_coeff);
            layer->setAntialias(resize.antialias);
            if (!resize.output.empty()) layer->setOutputDimensions(Dims(resize.output));
            if (!resize.scales.empty())
              layer->setScales(resize.scales.data(), static_cast<int32_t>(resize.scales.size()));
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) { return oracle(in[0]); },
          dtype,
          // A coordinate is off by some units in the last place of the image's size.
          moves ? Tolerance{} : rounding(dtype, 512, "coordinates in fp32, and weighted means")};
}

void add_nearest(Cases& cases) {
  const auto twice = [](const at::Tensor& x) { return at::upsample_nearest2d(x, {8, 10}); };
  const Resize to{InterpolationMode::kNEAREST, kAsymmetric, {2, 3, 8, 10}};
  for (const DataType dtype : float_types())
    cases.push_back(resize(join("nearest", dtype), {dtype, {2, 3, 4, 5}}, to, twice));
  for (const DataType dtype : {DataType::kUINT8, DataType::kINT32, DataType::kINT64}) {
    cases.push_back(resize(join("nearest", dtype), {dtype, {2, 3, 4, 5}}, to,
                           [=](const at::Tensor& x) { return twice(x.to(at::kDouble)).to(x.scalar_type()); }));
  }
  cases.push_back(resize("nearest_scales", f32({1, 2, 5, 7}),
                         {InterpolationMode::kNEAREST, kAsymmetric, {}, {1, 1, 1.5F, 2.3F}}, [](const at::Tensor& x) {
                           return at::upsample_nearest2d(x, {7, 16}, 1.5, static_cast<double>(2.3F));
                         }));
  cases.push_back(resize("nearest_down", f32({1, 2, 9, 7}), {InterpolationMode::kNEAREST, kAsymmetric, {1, 2, 4, 3}},
                         [](const at::Tensor& x) {
                           return at::upsample_nearest2d(x, {4, 3});
                         }));
  cases.push_back(resize("nearest_1d", f32({2, 3, 5}), {InterpolationMode::kNEAREST, kAsymmetric, {2, 3, 12}},
                         [](const at::Tensor& x) { return at::upsample_nearest1d(x, {12}); }));
  cases.push_back(resize("nearest_3d", f32({1, 2, 3, 4, 5}),
                         {InterpolationMode::kNEAREST, kAsymmetric, {1, 2, 6, 5, 7}}, [](const at::Tensor& x) {
                           return at::upsample_nearest3d(x, {6, 5, 7});
                         }));
  cases.push_back(resize("nearest_exact", f32({1, 2, 5, 7}),
                         {InterpolationMode::kNEAREST, kHalfPixel, {1, 2, 8, 4}, {}, ResizeRoundMode::kHALF_UP},
                         [](const at::Tensor& x) {
                           return at::_upsample_nearest_exact2d(x, {8, 4});
                         }));
  cases.push_back(resize("nearest_matrix", f32({4, 5}), {InterpolationMode::kNEAREST, kAsymmetric, {8, 5}},
                         [](const at::Tensor& x) { return x.repeat_interleave(2, 0); }));
  cases.push_back(resize("nearest_channels", f32({1, 2, 4, 5}),
                         {InterpolationMode::kNEAREST, kAsymmetric, {1, 4, 4, 5}},
                         [](const at::Tensor& x) { return x.repeat_interleave(2, 1); }));
}

void add_linear(Cases& cases) {
  for (const DataType dtype : float_types()) {
    cases.push_back(resize(join("linear", dtype), {dtype, {2, 3, 4, 5}},
                           {InterpolationMode::kLINEAR, kHalfPixel, {2, 3, 9, 7}}, [](const at::Tensor& x) {
                             return at::upsample_bilinear2d(x, {9, 7}, false);
                           }));
  }
  cases.push_back(resize("linear_aligned", f32({1, 3, 4, 5}), {InterpolationMode::kLINEAR, kAlign, {1, 3, 9, 7}},
                         [](const at::Tensor& x) {
                           return at::upsample_bilinear2d(x, {9, 7}, true);
                         }));
  cases.push_back(resize("linear_down", f32({1, 3, 9, 8}), {InterpolationMode::kLINEAR, kHalfPixel, {1, 3, 4, 3}},
                         [](const at::Tensor& x) {
                           return at::upsample_bilinear2d(x, {4, 3}, false);
                         }));
  cases.push_back(
      resize("linear_scales", f32({1, 3, 5, 6}), {InterpolationMode::kLINEAR, kHalfPixel, {}, {1, 1, 1.7F, 2.3F}},
             [](const at::Tensor& x) {
               return at::upsample_bilinear2d(x, {8, 13}, false, static_cast<double>(1.7F), static_cast<double>(2.3F));
             }));
  cases.push_back(resize("linear_1d", f32({2, 3, 5}), {InterpolationMode::kLINEAR, kHalfPixel, {2, 3, 12}},
                         [](const at::Tensor& x) { return at::upsample_linear1d(x, {12}, false); }));
  cases.push_back(resize("linear_3d", f32({1, 2, 3, 4, 5}), {InterpolationMode::kLINEAR, kHalfPixel, {1, 2, 6, 5, 7}},
                         [](const at::Tensor& x) {
                           return at::upsample_trilinear3d(x, {6, 5, 7}, false);
                         }));
  cases.push_back(
      resize("linear_antialias", f32({1, 3, 9, 8}),
             {InterpolationMode::kLINEAR, kHalfPixel, {1, 3, 4, 3}, {}, ResizeRoundMode::kFLOOR, -0.75F, true},
             [](const at::Tensor& x) {
               return at::_upsample_bilinear2d_aa(x, {4, 3}, false);
             }));
}

void add_cubic(Cases& cases) {
  cases.push_back(resize("cubic", f32({1, 3, 4, 5}), {InterpolationMode::kCUBIC, kHalfPixel, {1, 3, 9, 7}},
                         [](const at::Tensor& x) {
                           return at::upsample_bicubic2d(x, {9, 7}, false);
                         }));
  cases.push_back(resize("cubic_aligned", f32({1, 3, 4, 5}), {InterpolationMode::kCUBIC, kAlign, {1, 3, 9, 7}},
                         [](const at::Tensor& x) {
                           return at::upsample_bicubic2d(x, {9, 7}, true);
                         }));
  cases.push_back(
      resize("cubic_antialias", f32({1, 3, 9, 8}),
             {InterpolationMode::kCUBIC, kHalfPixel, {1, 3, 4, 3}, {}, ResizeRoundMode::kFLOOR, -0.5F, true},
             [](const at::Tensor& x) {
               return at::_upsample_bicubic2d_aa(x, {4, 3}, false);
             }));
}

Case by_shape_input() {
  Case row = resize("nearest_by_input", f32({1, 2, 3, 4}), {}, [](const at::Tensor& x) {
    return at::upsample_nearest2d(x, {6, 6});
  });
  row.inputs.push_back(shape_of({1, 2, 6, 6}));
  row.build = [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
    auto* layer = network.addResize(*in[0]);
    layer->setInput(1, *in[1]);
    return layer;
  };
  return row;
}

}  // namespace

Cases resize_cases() {
  Cases cases;
  add_nearest(cases);
  add_linear(cases);
  add_cubic(cases);
  cases.push_back(by_shape_input());
  // PyTorch has no operator for this and no answer; the row only checks that the tactic declines.
  const auto nothing = [](const at::Tensor& x) { return at::upsample_bilinear2d(x, {8, 8}, false); };
  Case asymmetric =
      resize("linear_asymmetric", f32({1, 1, 4, 4}), {InterpolationMode::kLINEAR, kAsymmetric, {1, 1, 8, 8}}, nothing);
  asymmetric.aten_declines = "PyTorch does not interpolate";
  cases.push_back(asymmetric);
  return cases;
}

}  // namespace torch_tensorrt::conformance
