#include <ATen/ATen.h>

#include <optional>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::InterpolationMode;
using network::IResizeLayer;
using network::ResizeCoordinateTransformation;
using network::ResizeRoundMode;

using Scale = std::optional<double>;

// PyTorch's operators for 1, 2 and 3 spatial dimensions; null if there is none.
struct Resampler {
  void (*out_1d)(at::Tensor& out, const at::Tensor& x, const Scale* scales);
  void (*out_2d)(at::Tensor& out, const at::Tensor& x, const Scale* scales);
  void (*out_3d)(at::Tensor& out, const at::Tensor& x, const Scale* scales);
};

at::IntArrayRef spatial(const at::Tensor& tensor) { return tensor.sizes().slice(2); }

constexpr Resampler kNearest = {
    [](auto& out, auto& x, auto* s) { at::upsample_nearest1d_out(out, x, spatial(out), s[0]); },
    [](auto& out, auto& x, auto* s) { at::upsample_nearest2d_out(out, x, spatial(out), s[0], s[1]); },
    [](auto& out, auto& x, auto* s) { at::upsample_nearest3d_out(out, x, spatial(out), s[0], s[1], s[2]); }};
constexpr Resampler kNearestExact = {
    [](auto& out, auto& x, auto* s) { at::_upsample_nearest_exact1d_out(out, x, spatial(out), s[0]); },
    [](auto& out, auto& x, auto* s) { at::_upsample_nearest_exact2d_out(out, x, spatial(out), s[0], s[1]); },
    [](auto& out, auto& x, auto* s) { at::_upsample_nearest_exact3d_out(out, x, spatial(out), s[0], s[1], s[2]); }};
constexpr Resampler kLinear = {
    [](auto& out, auto& x, auto* s) { at::upsample_linear1d_out(out, x, spatial(out), false, s[0]); },
    [](auto& out, auto& x, auto* s) { at::upsample_bilinear2d_out(out, x, spatial(out), false, s[0], s[1]); },
    [](auto& out, auto& x, auto* s) { at::upsample_trilinear3d_out(out, x, spatial(out), false, s[0], s[1], s[2]); }};
constexpr Resampler kLinearAligned = {
    [](auto& out, auto& x, auto*) { at::upsample_linear1d_out(out, x, spatial(out), true); },
    [](auto& out, auto& x, auto*) { at::upsample_bilinear2d_out(out, x, spatial(out), true); },
    [](auto& out, auto& x, auto*) { at::upsample_trilinear3d_out(out, x, spatial(out), true); }};
constexpr Resampler kLinearAntialias = {
    nullptr,
    [](auto& out, auto& x, auto* s) { at::_upsample_bilinear2d_aa_out(out, x, spatial(out), false, s[0], s[1]); },
    nullptr};
constexpr Resampler kLinearAlignedAntialias = {
    nullptr, [](auto& out, auto& x, auto*) { at::_upsample_bilinear2d_aa_out(out, x, spatial(out), true); }, nullptr};
constexpr Resampler kCubic = {
    nullptr, [](auto& out, auto& x, auto* s) { at::upsample_bicubic2d_out(out, x, spatial(out), false, s[0], s[1]); },
    nullptr};
constexpr Resampler kCubicAligned = {
    nullptr, [](auto& out, auto& x, auto*) { at::upsample_bicubic2d_out(out, x, spatial(out), true); }, nullptr};
constexpr Resampler kCubicAntialias = {
    nullptr,
    [](auto& out, auto& x, auto* s) { at::_upsample_bicubic2d_aa_out(out, x, spatial(out), false, s[0], s[1]); },
    nullptr};
constexpr Resampler kCubicAlignedAntialias = {
    nullptr, [](auto& out, auto& x, auto*) { at::_upsample_bicubic2d_aa_out(out, x, spatial(out), true); }, nullptr};

// The attributes of a resize that an operator computes.
struct ResizeRow {
  InterpolationMode mode;
  ResizeCoordinateTransformation transformation;
  std::optional<ResizeRoundMode> rounding;  // nearest only
  std::optional<double> cubic_coeff;        // cubic only
  bool antialias;
  const Resampler* resampler;
};

// PyTorch's cubic kernel has a = -0.75, the antialiased one -0.5.
const ResizeRow kRows[] = {
    {InterpolationMode::kNEAREST,
     ResizeCoordinateTransformation::kASYMMETRIC,
     ResizeRoundMode::kFLOOR,
     {},
     false,
     &kNearest},
    {InterpolationMode::kNEAREST,
     ResizeCoordinateTransformation::kHALF_PIXEL,
     ResizeRoundMode::kHALF_UP,
     {},
     false,
     &kNearestExact},
    {InterpolationMode::kLINEAR, ResizeCoordinateTransformation::kHALF_PIXEL, {}, {}, false, &kLinear},
    {InterpolationMode::kLINEAR, ResizeCoordinateTransformation::kALIGN_CORNERS, {}, {}, false, &kLinearAligned},
    {InterpolationMode::kLINEAR, ResizeCoordinateTransformation::kHALF_PIXEL, {}, {}, true, &kLinearAntialias},
    {InterpolationMode::kLINEAR,
     ResizeCoordinateTransformation::kALIGN_CORNERS,
     {},
     {},
     true,
     &kLinearAlignedAntialias},
    {InterpolationMode::kCUBIC, ResizeCoordinateTransformation::kHALF_PIXEL, {}, -0.75, false, &kCubic},
    {InterpolationMode::kCUBIC, ResizeCoordinateTransformation::kALIGN_CORNERS, {}, -0.75, false, &kCubicAligned},
    {InterpolationMode::kCUBIC, ResizeCoordinateTransformation::kHALF_PIXEL, {}, -0.5, true, &kCubicAntialias},
    {InterpolationMode::kCUBIC,
     ResizeCoordinateTransformation::kALIGN_CORNERS,
     {},
     -0.5,
     true,
     &kCubicAlignedAntialias},
};

const Resampler* find_resampler(const IResizeLayer& layer) {
  for (const ResizeRow& row : kRows) {
    if (row.mode != layer.getResizeMode() || row.transformation != layer.getCoordinateTransformation()) continue;
    if (row.rounding && *row.rounding != layer.getNearestRounding()) continue;
    if (row.cubic_coeff && *row.cubic_coeff != layer.getCubicCoeff()) continue;
    if (row.antialias == layer.getAntialias()) return row.resampler;
  }
  return nullptr;
}

std::string describe(const IResizeLayer& layer) {
  std::string text = network::enum_name(layer.getResizeMode()) + " at " +
                     network::enum_name(layer.getCoordinateTransformation()) + " coordinates";
  if (layer.getResizeMode() == InterpolationMode::kNEAREST) {
    text += " rounding " + network::enum_name(layer.getNearestRounding());
  }
  if (layer.getResizeMode() == InterpolationMode::kCUBIC) {
    text += " with coefficient " + std::to_string(layer.getCubicCoeff());
  }
  return text + (layer.getAntialias() ? ", antialiased" : "");
}

// Number of last dimensions to interpolate over: at least those that change, and at least the fewest that an operator
// takes. Empty if no operator fits.
std::optional<int64_t> spatial_rank(const Resampler& resampler, at::IntArrayRef from, at::IntArrayRef to) {
  const auto rank = static_cast<int64_t>(from.size());
  int64_t changed = 0;
  for (int64_t i = 0; i < rank; ++i) {
    if (from[i] != to[i]) {
      changed = rank - i;
      break;
    }
  }
  // Networks usually have N, C and spatial dimensions; these need no reshape.
  const bool has_operator[] = {false, resampler.out_1d != nullptr, resampler.out_2d != nullptr,
                               resampler.out_3d != nullptr};
  if (rank - 2 >= changed && rank >= 3 && rank <= 5 && has_operator[rank - 2]) return rank - 2;
  for (int64_t count = std::max<int64_t>(changed, 1); count <= std::min<int64_t>(3, rank); ++count) {
    if (has_operator[count]) return count;
  }
  return std::nullopt;
}

Decision supports(const network::ILayer& layer) {
  const auto& resize = static_cast<const IResizeLayer&>(layer);
  if (find_resampler(resize) == nullptr) return Decision::no("PyTorch does not interpolate " + describe(resize));
  if (resize.getSelectorForSinglePixel() != network::ResizeSelector::kFORMULA) {
    return Decision::no("PyTorch always uses the formula for a single pixel");
  }
  if (resize.getExcludeOutside() && !resize.getAntialias()) {
    return Decision::no("PyTorch clamps at the edges instead of leaving them out");
  }
  if (resize.getResizeMode() == InterpolationMode::kNEAREST) return any_dtype(layer);
  // PyTorch can interpolate images of bytes.
  const bool bytes = layer.getInput(0)->getType() == network::DataType::kUINT8;
  return bytes && layer.getInput(0)->getDimensions().nbDims == 4 ? Decision::yes() : float_input(layer);
}

// Nearest only moves elements: any dtype is seen as one of the same size that PyTorch has a kernel for.
at::Tensor as_movable(const at::Tensor& tensor) {
  switch (tensor.element_size()) {
    case 1:
      return tensor.view(at::kByte);
    case 2:
      return tensor.view(at::kBFloat16);
    case 4:
      return tensor.view(at::kFloat);
    default:
      return tensor.view(at::kDouble);
  }
}

Decision takes(const LayerInstance& instance) {
  const auto& layer = static_cast<const IResizeLayer&>(*instance.layer);
  const network::Dims& from = instance.inputs[0].dims;
  const network::Dims& to = instance.outputs[0].dims;
  if (spatial_rank(*find_resampler(layer), sizes_of(from), sizes_of(to))) return Decision::yes();
  return Decision::no("PyTorch does not interpolate " + describe(layer) + " from " + to_string(from) + " to " +
                      to_string(to));
}

// Sizes as [N, C, spatial...].
at::DimVector operator_sizes(at::IntArrayRef sizes, int64_t spatial) {
  const auto rank = static_cast<int64_t>(sizes.size());
  if (rank == spatial + 2) return at::DimVector(sizes);
  at::DimVector result{1, 1};
  for (int64_t i = 0; i < rank - spatial; ++i) result[1] *= sizes[i];
  result.append(sizes.begin() + (rank - spatial), sizes.end());
  return result;
}

std::vector<Scale> scales_of(const IResizeLayer& layer, int64_t spatial) {
  std::vector<Scale> scales(static_cast<size_t>(spatial));
  const auto& given = layer.scales();
  for (int64_t i = 0; i < spatial && static_cast<int64_t>(given.size()) >= spatial; ++i) {
    scales[static_cast<size_t>(i)] = given[given.size() - static_cast<size_t>(spatial - i)];
  }
  return scales;
}

Compute make_resize(Request& request) {
  const auto& layer = request.layer<IResizeLayer>();
  const bool nearest = layer.getResizeMode() == InterpolationMode::kNEAREST;
  const at::Tensor x = nearest ? as_movable(request.input(0)) : request.input(0);
  at::Tensor out = nearest ? as_movable(request.output()) : request.output();
  const Resampler& resampler = *find_resampler(layer);
  const auto spatial = spatial_rank(resampler, x.sizes(), out.sizes());
  TORCHTRT_ASSERT(spatial, "resize " << layer.getName() << " was declined");
  const auto run = *spatial == 1 ? resampler.out_1d : *spatial == 2 ? resampler.out_2d : resampler.out_3d;
  const at::DimVector from = operator_sizes(x.sizes(), *spatial);
  const at::DimVector to = operator_sizes(out.sizes(), *spatial);
  const auto scales = scales_of(layer, *spatial);
  // In f16 and bf16, PyTorch's kernels for CPUs round after each dimension, and some are missing (seen in 2.11).
  if (!nearest && is_reduced_float(x.scalar_type()) && request.device().is_cpu()) {
    return [x, out, from, to, run, scales]() mutable {
      at::Tensor result = at::empty(to, out.options().dtype(at::kFloat));
      run(result, x.to(at::kFloat).reshape(from), scales.data());
      out.copy_(result.reshape(out.sizes()));
    };
  }
  const auto x_view = try_view(x, from);
  const auto out_view = try_view(out, to);
  if (x_view && out_view) {
    return [x = *x_view, out = *out_view, run, scales]() mutable { run(out, x, scales.data()); };
  }
  return [x, out, from, to, run, scales]() mutable {
    at::Tensor result = at::empty(to, out.options());
    run(result, x.reshape(from), scales.data());
    out.copy_(result.reshape(out.sizes()));
  };
}

}  // namespace

const Row kResizeRow = {"aten.resize", network::LayerType::kRESIZE, supports, make_resize, /*in_place=*/false, takes};

namespace {

using network::IGridSampleLayer;
using network::InterpolationMode;
using network::SampleMode;

// PyTorch's numbers of the modes.
int64_t interpolation_of(InterpolationMode mode) {
  if (mode == InterpolationMode::kLINEAR) return 0;
  return mode == InterpolationMode::kNEAREST ? 1 : 2;
}

int64_t padding_of(SampleMode mode) {
  if (mode == SampleMode::kFILL) return 0;
  return mode == SampleMode::kCLAMP ? 1 : 2;
}

Compute make_grid_sample(Request& request) {
  const auto& layer = request.layer<IGridSampleLayer>();
  // In f16 and bf16, PyTorch's kernels for CPUs round the places in the image (seen in 2.11).
  const at::ScalarType own = request.input(0).scalar_type();
  const at::ScalarType type = request.device().is_cpu() && is_reduced_float(own) ? at::kFloat : own;
  return [type, x = request.input(0), grid = request.input(1), out = request.output(),
          interpolation = interpolation_of(layer.getInterpolationMode()), padding = padding_of(layer.getSampleMode()),
          align = layer.getAlignCorners()]() mutable {
    out.copy_(at::grid_sampler(x.to(type), grid.to(type), interpolation, padding, align));
  };
}

}  // namespace

const Row kGridSampleRow = {"aten.grid_sample", network::LayerType::kGRID_SAMPLE, float_input, make_grid_sample};

}  // namespace torch_tensorrt::engine::aten
