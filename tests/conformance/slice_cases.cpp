#include "conformance/case.h"
#include "torch_tensorrt/core/network/enum_names.h"

// Compares with explicit indexing, element by element.
namespace torch_tensorrt::conformance {
namespace {

using network::SampleMode;

struct Slice {
  std::vector<int64_t> start;
  std::vector<int64_t> size;
  std::vector<int64_t> stride;
  SampleMode mode = SampleMode::kSTRICT_BOUNDS;
  double fill = 0;
};

constexpr int64_t kOutside = -1;

// Walks inward one step at a time, so that it shares nothing with a closed formula.
int64_t sampled(int64_t index, int64_t length, SampleMode mode) {
  while (index < 0 || index >= length) {
    switch (mode) {
      case SampleMode::kSTRICT_BOUNDS:
      case SampleMode::kFILL:
        return kOutside;
      case SampleMode::kCLAMP:
        index += index < 0 ? 1 : -1;
        break;
      case SampleMode::kWRAP:
        index += index < 0 ? length : -length;
        break;
      case SampleMode::kREFLECT:
        index = length == 1 ? 0 : index < 0 ? -index : 2 * (length - 1) - index;
        break;
    }
  }
  return index;
}

at::Tensor reference(const at::Tensor& x, const Slice& slice, double fill) {
  at::Tensor result = x;
  for (size_t d = 0; d < slice.start.size(); ++d) {
    const auto dim = static_cast<int64_t>(d);
    std::vector<at::Tensor> parts;
    for (int64_t i = 0; i < slice.size[d]; ++i) {
      const int64_t index = sampled(slice.start[d] + i * slice.stride[d], x.size(dim), slice.mode);
      at::Tensor part =
          index == kOutside ? at::full_like(result.narrow(dim, 0, 1), fill) : result.narrow(dim, index, 1);
      parts.push_back(part);
    }
    if (parts.empty()) parts.push_back(result.narrow(dim, 0, 0));
    result = at::cat(parts, dim);
  }
  return result;
}

Case slice(const std::string& name, InputSpec input, const Slice& slice) {
  const DataType dtype = input.type;
  return {"slice_" + name,
          {std::move(input)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer = network.addSlice(*in[0], Dims(slice.start), Dims(slice.size), Dims(slice.stride));
            layer->setMode(slice.mode);
            layer->setFillValue(slice.fill);
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) { return reference(in[0], slice, slice.fill); },
          dtype};
}

Case with_shape_inputs() {
  const Slice wanted{{1, 0, 2}, {2, 3, 2}, {1, 1, 2}};
  Case row = slice("by_inputs", f32({4, 3, 7}), wanted);
  row.inputs.insert(row.inputs.end(), {shape_of(wanted.start), shape_of(wanted.size), shape_of(wanted.stride)});
  row.build = [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
    auto* layer = network.addSlice(*in[0], Dims{0, 0, 0}, Dims{1, 1, 1}, Dims{1, 1, 1});
    for (int32_t i = 1; i < 4; ++i) layer->setInput(i, *in[static_cast<size_t>(i)]);
    return layer;
  };
  return row;
}

Case with_fill_input() {
  const Slice wanted{{0, -1}, {2, 5}, {1, 1}, SampleMode::kFILL};
  Case row = slice("fill_by_input", f32({2, 3}), wanted);
  row.inputs.push_back(f32({}));
  const auto build = row.build;
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
    ILayer* layer = build(network, in);
    layer->setInput(4, *in[1]);
    return layer;
  };
  row.oracle = [=](const std::vector<at::Tensor>& in) { return reference(in[0], wanted, in[1].item<double>()); };
  return row;
}

}  // namespace

Cases slice_cases() {
  Cases cases;
  for (const DataType dtype : {DataType::kFLOAT, DataType::kHALF, DataType::kBF16, DataType::kDOUBLE, DataType::kINT8,
                               DataType::kINT32, DataType::kINT64, DataType::kBOOL}) {
    cases.push_back(slice(join("strided", dtype), {dtype, {2, 6, 5, 7}}, {{0, 1, 0, 6}, {2, 2, 5, 3}, {1, 2, 1, -2}}));
    cases.push_back(slice(join("padded", dtype), {dtype, {1, 3, 4, 4}},
                          {{0, 0, -1, -2}, {1, 3, 6, 7}, {1, 1, 1, 1}, SampleMode::kFILL, 1}));
  }
  const SampleMode modes[] = {SampleMode::kFILL, SampleMode::kCLAMP, SampleMode::kREFLECT, SampleMode::kWRAP};
  for (const SampleMode mode : modes) {
    const std::string name = network::enum_name(mode);
    cases.push_back(
        slice(name + "_both_sides", f32({1, 2, 4, 5}), {{0, 0, -3, -2}, {1, 2, 9, 8}, {1, 1, 1, 1}, mode, 2.5}));
    cases.push_back(slice(name + "_far", f32({3, 4}), {{-11, 7}, {20, 6}, {1, 3}, mode, -1}));
    cases.push_back(slice(name + "_backwards", f32({5}), {{7}, {10}, {-1}, mode, 3}));
    cases.push_back(slice(name + "_inside", f32({2, 5}), {{0, 1}, {2, 3}, {1, 1}, mode}));
    cases.push_back(slice(name + "_of_one", f32({1}), {{-2}, {5}, {1}, mode}));
    cases.push_back(slice(name + "_outside", f32({4}), {{9}, {3}, {1}, mode, 4}));
  }
  cases.push_back(slice("repeat", f32({3, 4}), {{0, 2}, {3, 5}, {1, 0}}));
  cases.push_back(slice("nothing", f32({3, 4}), {{1, 0}, {0, 4}, {1, 1}}));
  cases.push_back(with_shape_inputs());
  cases.push_back(with_fill_input());
  return cases;
}

}  // namespace torch_tensorrt::conformance
