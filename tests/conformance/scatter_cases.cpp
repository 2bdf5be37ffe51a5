#include "conformance/case.h"

namespace torch_tensorrt::conformance {
namespace {

using network::ScatterMode;
using network::ScatterReduction;

struct Row {
  std::string name;
  InputSpec data;
  InputSpec indices;
  int32_t axis = 0;
  ScatterReduction reduction = ScatterReduction::kNONE;
  bool include_self = true;
};

// Scatters element by element, in order.
at::Tensor scattered(const Row& row, const at::Tensor& data, const at::Tensor& indices, const at::Tensor& updates) {
  at::Tensor out = data.to(at::kDouble).clone();
  at::Tensor counts = at::zeros_like(out);
  const at::Tensor places = at::remainder(indices.to(at::kLong), data.size(row.axis));
  const at::Tensor flat_places = places.reshape({-1});
  const at::Tensor flat_updates = updates.to(at::kDouble).reshape({-1});
  const at::Tensor at_all = at::ones_like(places).nonzero().contiguous();
  for (int64_t i = 0; i < flat_places.numel(); ++i) {
    std::vector<int64_t> index(at_all[i].const_data_ptr<int64_t>(),
                               at_all[i].const_data_ptr<int64_t>() + at_all.size(1));
    index[row.axis] = flat_places[i].item<int64_t>();
    at::Tensor target = out;
    at::Tensor count = counts;
    for (const int64_t k : index) {
      target = target.select(0, k);
      count = count.select(0, k);
    }
    const double update = flat_updates[i].item<double>();
    const double old = target.item<double>();
    const bool fresh = !row.include_self && count.item<double>() == 0;
    double value = update;
    if (!fresh && (row.reduction == ScatterReduction::kSUM || row.reduction == ScatterReduction::kMEAN))
      value = old + update;
    if (!fresh && row.reduction == ScatterReduction::kPROD) value = old * update;
    if (!fresh && row.reduction == ScatterReduction::kMAX) value = std::max(old, update);
    if (!fresh && row.reduction == ScatterReduction::kMIN) value = std::min(old, update);
    target.fill_(value);
    count.add_(1);
  }
  if (row.reduction == ScatterReduction::kMEAN) out = out / at::clamp_min(counts + (row.include_self ? 1 : 0), 1);
  return out;
}

Case element(const Row& row) {
  InputSpec updates{row.data.type, row.indices.dims};
  const DataType dtype = row.data.type;
  return {
      "scatter_" + row.name,
      {row.data, row.indices, std::move(updates)},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        auto* layer = network.addScatter(*in[0], *in[1], *in[2], ScatterMode::kELEMENT);
        layer->setAxis(row.axis);
        layer->setReduction(row.reduction);
        layer->setIncludeSelf(row.include_self);
        return layer;
      },
      [=](const std::vector<at::Tensor>& in) { return scattered(row, in[0], in[1], in[2]).to(scalar_type(dtype)); },
      dtype,
      row.reduction == ScatterReduction::kNONE ? Tolerance{} : rounding(dtype, 16, "updates combined in any order")};
}

// Scatters by tuples of indices.
Case by_tuples(const std::string& name, bool add) {
  const InputSpec places{DataType::kINT64, {3, 2}, Fill::kNormal, 0, true, {0, 1, 3, 4, -1, 0}};
  return {"scatter_nd_" + name,
          {f32({4, 5, 6}), places, f32({3, 6})},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer = network.addScatter(*in[0], *in[1], *in[2], ScatterMode::kND);
            if (add) layer->setReduction(ScatterReduction::kSUM);
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) {
            at::Tensor out = in[0].clone();
            const int64_t rows[][2] = {{0, 1}, {3, 4}, {3, 0}};
            for (int64_t i = 0; i < 3; ++i) {
              at::Tensor target = out[rows[i][0]][rows[i][1]];
              target.copy_(add ? target + in[2][i] : in[2][i]);
            }
            return out;
          },
          DataType::kFLOAT,
          add ? rounding(DataType::kFLOAT, 2, "one sum") : Tolerance{}};
}

Case grid_sample(const std::string& name, std::vector<int64_t> input, std::vector<int64_t> grid, int64_t interpolation,
                 int64_t padding, bool align) {
  using network::InterpolationMode;
  using network::SampleMode;
  const InterpolationMode modes[] = {InterpolationMode::kLINEAR, InterpolationMode::kNEAREST,
                                     InterpolationMode::kCUBIC};
  const SampleMode outside[] = {SampleMode::kFILL, SampleMode::kCLAMP, SampleMode::kREFLECT};
  return {
      "grid_sample_" + name,
      {f32(std::move(input)), f32(std::move(grid))},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        auto* layer = network.addGridSample(*in[0], *in[1]);
        layer->setInterpolationMode(modes[interpolation]);
        layer->setSampleMode(outside[padding]);
        layer->setAlignCorners(align);
        return layer;
      },
      [=](const std::vector<at::Tensor>& in) { return at::grid_sampler(in[0], in[1], interpolation, padding, align); },
      DataType::kFLOAT,
      // Coordinates are computed in fp32: an error of a few units times the image's size, times the local slope.
      {1e-4, 1e-4, "places rounded to fp32, times the slope of noise"}};
}

}  // namespace

Cases scatter_cases() {
  Cases cases;
  const InputSpec distinct{DataType::kINT64, {2, 3}, Fill::kNormal, 0, true, {0, 1, 2, -1, 2, 0}};
  for (const DataType dtype : {DataType::kFLOAT, DataType::kHALF, DataType::kINT64, DataType::kBOOL}) {
    cases.push_back(element({join("write", dtype), {dtype, {4, 3}}, distinct, 0}));
  }
  for (const auto reduction : {ScatterReduction::kSUM, ScatterReduction::kPROD, ScatterReduction::kMAX,
                               ScatterReduction::kMIN, ScatterReduction::kMEAN}) {
    const std::string name = "reduce_" + std::to_string(static_cast<int>(reduction));
    const InputSpec many{DataType::kINT32, {3, 8}, Fill::kIndices, 5};
    cases.push_back(element({name, f32({3, 5}), many, 1, reduction}));
    cases.push_back(element({name + "_without_self", f32({3, 5}), many, 1, reduction, false}));
  }
  cases.push_back(by_tuples("write", /*add=*/false));
  cases.push_back(by_tuples("add", /*add=*/true));
  for (int64_t interpolation = 0; interpolation < 3; ++interpolation) {
    for (int64_t padding = 0; padding < 3; ++padding) {
      const std::string name = std::to_string(interpolation) + "_" + std::to_string(padding);
      // In a tie, the last bit of the coordinate decides which element is nearest.
      cases.push_back(grid_sample(name, {2, 3, 6, 7}, {2, 4, 5, 2}, interpolation, padding, false));
    }
  }
  cases.push_back(grid_sample("corners", {1, 2, 6, 7}, {1, 4, 5, 2}, 0, 0, true));
  cases.push_back(grid_sample("3d", {1, 2, 4, 5, 6}, {1, 3, 3, 2, 3}, 0, 1, false));
  return cases;
}

}  // namespace torch_tensorrt::conformance
