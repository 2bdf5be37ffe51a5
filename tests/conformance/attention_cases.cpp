#include <cmath>
#include <limits>
#include <optional>

#include "conformance/case.h"

namespace torch_tensorrt::conformance {
namespace {

struct Attention {
  std::string name;
  DataType dtype = DataType::kFLOAT;
  std::vector<int64_t> query = {2, 4, 5, 8};
  std::vector<int64_t> key = {2, 4, 7, 8};
  std::vector<int64_t> mask = {};
  bool bool_mask = false;
  bool causal = false;
  std::optional<double> scale = {};
};

at::Tensor for_each_head(const at::Tensor& operand, const std::vector<at::Tensor>& in) {
  return operand.repeat_interleave(in[0].size(1) / in[1].size(1), 1);
}

// softmax(scale * Q K^T + mask) in float64, spelled out.
at::Tensor probabilities(const Attention& row, const std::vector<at::Tensor>& in) {
  const at::Tensor key = for_each_head(in[1], in);
  const double scale = row.scale.value_or(1.0 / std::sqrt(static_cast<double>(in[0].size(3))));
  at::Tensor scores = at::matmul(in[0], key.transpose(-1, -2)) * scale;
  const double hidden = -std::numeric_limits<double>::infinity();
  if (!row.mask.empty()) scores = row.bool_mask ? scores.masked_fill(in[3].logical_not(), hidden) : scores + in[3];
  if (row.causal) {
    const at::Tensor seen = at::ones({scores.size(2), scores.size(3)}, at::kBool).tril();
    scores = scores.masked_fill(seen.logical_not(), hidden);
  }
  return at::softmax(scores, -1);
}

Case attention(const Attention& row) {
  std::vector<InputSpec> inputs = {{row.dtype, row.query}, {row.dtype, row.key}, {row.dtype, row.key}};
  if (!row.mask.empty()) inputs.push_back({row.bool_mask ? DataType::kBOOL : row.dtype, row.mask});
  // Every query sees a key: the first row of each mask in the table is not all hidden.
  if (row.bool_mask) inputs.back().values = std::vector<int64_t>(c10::multiply_integers(row.mask), 1);
  if (row.bool_mask) {
    for (size_t i = 0; i < inputs.back().values.size(); i += 3) inputs.back().values[i] = 0;
  }
  Case made{
      "attention_" + row.name,
      std::move(inputs),
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        auto* layer = network.addAttention(*in[0], *in[1], *in[2]);
        if (in.size() > 3) layer->setMask(*in[3]);
        layer->setCausal(row.causal);
        if (row.scale) layer->setScale(*row.scale);
        return layer;
      },
      [=](const std::vector<at::Tensor>& in) { return at::matmul(probabilities(row, in), for_each_head(in[2], in)); },
      row.dtype,
      rounding(row.dtype, 64, "two products of matrices and a softmax between them", /*low_steps=*/8)};
  // PyTorch rounds the probabilities before it multiplies them with the values.
  made.stored = [=](const std::vector<at::Tensor>& in, double unit) -> std::vector<at::Tensor> {
    return {at::matmul(probabilities(row, in), at::abs(for_each_head(in[2], in))) * unit};
  };
  return made;
}

}  // namespace

Cases attention_cases() {
  Cases cases;
  for (const DataType dtype : {DataType::kFLOAT, DataType::kHALF, DataType::kBF16}) {
    cases.push_back(attention({join("plain", dtype), dtype}));
  }
  cases.push_back(attention({"causal", DataType::kFLOAT, {2, 4, 7, 8}, {2, 4, 7, 8}, {}, false, true}));
  cases.push_back(attention({"scale", DataType::kFLOAT, {2, 4, 5, 8}, {2, 4, 7, 8}, {}, false, false, 0.3}));
  cases.push_back(attention({"scale_of_zero", DataType::kFLOAT, {2, 4, 5, 8}, {2, 4, 7, 8}, {}, false, false, 0.0}));
  cases.push_back(attention({"added_mask", DataType::kFLOAT, {2, 4, 5, 8}, {2, 4, 7, 8}, {2, 1, 5, 7}}));
  cases.push_back(attention({"bool_mask", DataType::kFLOAT, {2, 4, 5, 8}, {2, 4, 7, 8}, {5, 7}, true}));
  cases.push_back(attention({"mask_and_causal", DataType::kFLOAT, {1, 2, 6, 4}, {1, 2, 6, 4}, {6, 6}, false, true}));
  cases.push_back(attention({"grouped", DataType::kFLOAT, {2, 6, 5, 8}, {2, 2, 7, 8}}));
  cases.push_back(attention({"one_batch_of_keys", DataType::kFLOAT, {3, 4, 5, 8}, {1, 4, 7, 8}}));
  cases.push_back(attention({"one_batch_of_queries", DataType::kFLOAT, {1, 4, 5, 8}, {3, 4, 7, 8}, {3, 1, 1, 7}}));
  return cases;
}

}  // namespace torch_tensorrt::conformance
