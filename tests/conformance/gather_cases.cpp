#include "conformance/case.h"

namespace torch_tensorrt::conformance {
namespace {

using network::GatherMode;
using Oracle = std::function<at::Tensor(const at::Tensor& data, const at::Tensor& indices)>;

Case gather(const std::string& name, GatherMode mode, InputSpec data, InputSpec indices, int32_t axis, int32_t shared,
            const Oracle& oracle) {
  const DataType dtype = data.type;
  return {"gather_" + name,
          {std::move(data), std::move(indices)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer = network.addGatherV2(*in[0], *in[1], mode);
            layer->setGatherAxis(axis);
            layer->setNbElementWiseDims(shared);
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) { return oracle(in[0], in[1].to(at::kLong)); },
          dtype};
}

InputSpec indices(DataType type, std::vector<int64_t> dims, int64_t limit) {
  return {type, std::move(dims), Fill::kIndices, limit};
}

// Gathers along an axis with indices of any rank, one element at a time.
at::Tensor along(const at::Tensor& data, const at::Tensor& indices, int64_t axis) {
  const int64_t length = data.size(axis);
  const at::Tensor flat = at::remainder(indices.reshape({-1}), length);
  std::vector<int64_t> sizes = data.sizes().vec();
  sizes.erase(sizes.begin() + axis);
  sizes.insert(sizes.begin() + axis, indices.sizes().begin(), indices.sizes().end());
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < flat.numel(); ++i) parts.push_back(data.select(axis, flat[i].item<int64_t>()));
  return at::stack(parts, axis).reshape(sizes);
}

Case along_axis(const std::string& name, InputSpec data, InputSpec index, int32_t axis) {
  return gather(name, GatherMode::kDEFAULT, std::move(data), std::move(index), axis, 0,
                [=](const at::Tensor& d, const at::Tensor& i) { return along(d, i, axis); });
}

at::Tensor each_batch(const at::Tensor& data, const at::Tensor& indices,
                      const std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>& one) {
  std::vector<at::Tensor> parts;
  for (int64_t b = 0; b < data.size(0); ++b) parts.push_back(one(data[b], indices[b]));
  return at::stack(parts);
}

// The last dimension of the indices is an index tuple into the data.
at::Tensor at_places(const at::Tensor& data, const at::Tensor& indices) {
  const at::Tensor places = indices.reshape({-1, indices.size(-1)});
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < places.size(0); ++i) {
    at::Tensor part = data;
    for (int64_t k = 0; k < places.size(1); ++k) {
      part = part.select(0, at::remainder(places[i][k], part.size(0)).item<int64_t>());
    }
    parts.push_back(part);
  }
  std::vector<int64_t> sizes = indices.sizes().slice(0, static_cast<size_t>(indices.dim() - 1)).vec();
  sizes.insert(sizes.end(), data.sizes().begin() + indices.size(-1), data.sizes().end());
  return at::stack(parts).reshape(sizes);
}

}  // namespace

Cases gather_cases() {
  Cases cases;
  for (const DataType dtype : {DataType::kFLOAT, DataType::kHALF, DataType::kBF16, DataType::kDOUBLE, DataType::kINT8,
                               DataType::kINT32, DataType::kINT64, DataType::kBOOL}) {
    cases.push_back(along_axis(join("embedding", dtype), {dtype, {9, 4}}, indices(DataType::kINT64, {2, 3}, 9), 0));
  }
  cases.push_back(along_axis("i32_indices", f32({3, 7, 2}), indices(DataType::kINT32, {4}, 7), 1));
  cases.push_back(along_axis("last_axis", f32({2, 3, 4, 5}), indices(DataType::kINT64, {3, 2}, 5), 3));
  cases.push_back(along_axis("scalar_index", f32({2, 6, 3}), indices(DataType::kINT64, {}, 6), 1));
  InputSpec fixed = indices(DataType::kINT64, {5}, 6);
  fixed.constant = true;
  cases.push_back(along_axis("constant_indices", f32({2, 6, 3, 3}), fixed, 1));

  cases.push_back(gather("batched", GatherMode::kDEFAULT, f32({3, 5, 4}), indices(DataType::kINT64, {3, 2}, 5), 1, 1,
                         [](const at::Tensor& d, const at::Tensor& i) {
                           return each_batch(d, i, [](auto& data, auto& index) { return along(data, index, 0); });
                         }));
  cases.push_back(gather("batched_later_axis", GatherMode::kDEFAULT, f32({3, 2, 5, 4}),
                         indices(DataType::kINT32, {3, 2, 2}, 5), 2, 1, [](const at::Tensor& d, const at::Tensor& i) {
                           return each_batch(d, i, [](auto& data, auto& index) { return along(data, index, 1); });
                         }));
  cases.push_back(
      gather("element", GatherMode::kELEMENT, f32({4, 5, 6}), indices(DataType::kINT64, {4, 3, 6}, 5), 1, 0,
             [](const at::Tensor& d, const at::Tensor& i) { return at::gather(d, 1, at::remainder(i, 5)); }));
  cases.push_back(
      gather("element_smaller", GatherMode::kELEMENT, f32({4, 5}), indices(DataType::kINT32, {2, 3}, 4), 0, 0,
             [](const at::Tensor& d, const at::Tensor& i) { return at::gather(d, 0, at::remainder(i, 4)); }));
  cases.push_back(gather("nd", GatherMode::kND, f32({4, 4, 3}), indices(DataType::kINT64, {5, 2}, 4), 0, 0, at_places));
  cases.push_back(
      gather("nd_all", GatherMode::kND, f32({4, 4}), indices(DataType::kINT32, {2, 3, 2}, 4), 0, 0, at_places));
  cases.push_back(gather("nd_batched", GatherMode::kND, f32({2, 4, 4, 3}), indices(DataType::kINT64, {2, 5, 2}, 4), 0,
                         1, [](const at::Tensor& d, const at::Tensor& i) { return each_batch(d, i, at_places); }));
  return cases;
}

}  // namespace torch_tensorrt::conformance
