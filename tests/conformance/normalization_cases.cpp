#include "conformance/case.h"

// Compares with the formula, step by step in float64, and in one row each with PyTorch's own operators.
namespace torch_tensorrt::conformance {
namespace {

struct Norm {
  std::vector<int64_t> axes;
  int64_t groups = 1;
  bool rms = false;
  bool scale = true;
  bool bias = true;
  float epsilon = 1e-5F;
};

at::Tensor normalize(const at::Tensor& x, const Norm& norm, const std::vector<int64_t>& axes) {
  const at::Tensor centered = norm.rms ? x : x - x.mean(axes, true);
  return centered / at::sqrt((centered * centered).mean(axes, true) + static_cast<double>(norm.epsilon));
}

at::Tensor reference(const std::vector<at::Tensor>& in, const Norm& norm) {
  at::Tensor y;
  if (norm.groups == 1) {
    y = normalize(in[0], norm, norm.axes);
  } else {
    const at::Tensor grouped = in[0].reshape({in[0].size(0), norm.groups, -1});
    y = normalize(grouped, norm, {2}).reshape(in[0].sizes());
  }
  if (norm.scale) y = y * in[1];
  return norm.bias ? y + in.back() : y;
}

Case normalization(const std::string& name, InputSpec input, const Norm& norm, std::vector<int64_t> weights,
                   DataType weight_type) {
  const DataType dtype = input.type;
  uint32_t mask = 0;
  for (const int64_t axis : norm.axes) mask |= uint32_t{1} << axis;
  std::vector<InputSpec> inputs{std::move(input)};
  for (const bool present : {norm.scale, norm.bias}) {
    if (present) inputs.push_back({weight_type, weights, Fill::kPositive, 0, /*constant=*/true});
  }
  return {"normalization_" + name,
          std::move(inputs),
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer =
                network.addNormalization(*in[0], norm.scale ? in[1] : nullptr, norm.bias ? in.back() : nullptr, mask);
            layer->setNbGroups(norm.groups);
            layer->setRms(norm.rms);
            layer->setEpsilon(norm.epsilon);
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) { return reference(in, norm); },
          dtype,
          rounding(dtype, 64, "mean and variance, added up in another order", /*low_steps=*/8)};
}

Case normalization(const std::string& name, std::vector<int64_t> input, const Norm& norm,
                   std::vector<int64_t> weights) {
  return normalization(name, f32(std::move(input)), norm, std::move(weights), DataType::kFLOAT);
}

}  // namespace

Cases normalization_cases() {
  Cases cases;
  for (const DataType dtype : float_types()) {
    cases.push_back(normalization(join("layer", dtype), {dtype, {2, 5, 24}}, {{2}}, {24}, dtype));
    cases.push_back(normalization(join("rms", dtype), {dtype, {2, 5, 24}}, {{2}, 1, true, true, false}, {24}, dtype));
  }
  cases.push_back(normalization("half_with_f32_weights", {DataType::kHALF, {3, 16}}, {{1}}, {16}, DataType::kFLOAT));
  cases.push_back(normalization("two_axes", {4, 3, 8}, {{1, 2}}, {3, 8}));
  cases.push_back(normalization("instance", {2, 6, 5, 4}, {{2, 3}}, {6, 1, 1}));
  cases.push_back(normalization("group", {2, 6, 5, 4}, {{2, 3}, 3}, {1, 6, 1, 1}));
  cases.push_back(normalization("group_1d", {2, 8, 9}, {{2}, 2}, {8, 1}));
  cases.push_back(normalization("no_weights", {4, 16}, {{1}, 1, false, false, false}, {}));
  cases.push_back(normalization("scale_only", {4, 16}, {{1}, 1, false, true, false}, {16}));
  cases.push_back(normalization("bias_only", {4, 16}, {{1}, 1, false, false, true}, {16}));
  cases.push_back(normalization("channel_axis", {2, 6, 3, 3}, {{1}}, {6, 1, 1}));
  cases.push_back(normalization("large_epsilon", {4, 16}, {{1}, 1, false, true, true, 0.5F}, {16}));
  cases.push_back(normalization("rms_bias", {2, 3, 16}, {{2}, 1, true, true, true}, {16}));
  Case torch_layer_norm = normalization("as_layer_norm", {3, 10}, {{1}}, {10});
  torch_layer_norm.oracle = [](const std::vector<at::Tensor>& in) {
    return at::layer_norm(in[0], {10}, in[1], in[2], static_cast<double>(1e-5F));
  };
  cases.push_back(torch_layer_norm);
  Case torch_group_norm = normalization("as_group_norm", {2, 8, 3, 3}, {{2, 3}, 4}, {8, 1, 1});
  torch_group_norm.oracle = [](const std::vector<at::Tensor>& in) {
    return at::group_norm(in[0], 4, in[1].reshape({8}), in[2].reshape({8}), static_cast<double>(1e-5F));
  };
  cases.push_back(torch_group_norm);
  return cases;
}

}  // namespace torch_tensorrt::conformance
