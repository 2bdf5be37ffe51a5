#include <algorithm>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/backends/tensorrt/translate/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/translator.h"

// Uses the pattern that TensorRT fuses into one kernel: product, mask, softmax, product. The queries are scaled first,
// so that f16 scores do not overflow if no kernel takes the whole pattern.
namespace torch_tensorrt::backends::tensorrt {
namespace {

using Binary = trt::ElementWiseOperation;
using network::IAttentionLayer;
using trt::DataType;

constexpr double kHidden = -std::numeric_limits<double>::infinity();

// Repeats each head of the keys for the heads of the queries that it serves.
trt::ITensor& repeat_heads(Translator& t, trt::ITensor& x, int64_t heads) {
  const int64_t own = x.getDimensions().d[1];
  if (own == heads) return x;
  std::vector<int64_t> sources;
  for (int64_t i = 0; i < heads; ++i) sources.push_back(i / (heads / own));
  return t.output_of(t.target().addGather(x, integers(t, sources), /*axis=*/1));
}

// L x S: query i sees keys 0 to i.
trt::ITensor& causal_mask(Translator& t, trt::ITensor& query, trt::ITensor& key) {
  trt::ITensor& rows = unsqueeze(t, places(t, query, 2), {1});
  trt::ITensor& columns = unsqueeze(t, places(t, key, 2), {0});
  trt::ITensor& hidden = binary(t, Binary::kGREATER, columns, rows);
  return unary(t, hidden, trt::UnaryOperation::kNOT);
}

// The mask to add to the scores: 0 where the query sees the key, else minus infinity.
trt::ITensor& added_mask(Translator& t, trt::ITensor& seen, DataType type) {
  const int32_t rank = seen.getDimensions().nbDims;
  return select(t, seen, number(t, 0, type, rank), number(t, kHidden, type, rank));
}

// Gives zeros for queries that see no key, whose softmax is NaN.
trt::ITensor& without_blind(Translator& t, trt::ITensor& result, trt::ITensor& seen) {
  trt::ITensor& wide = with_rank(t, cast(t, seen, DataType::kINT32), 4);
  trt::ITensor& any = reduce(t, trt::ReduceOperation::kMAX, wide, /*axes=*/8U, /*keep=*/true);
  return select(t, binary(t, Binary::kGREATER, any, 0.0), result, number(t, 0, result));
}

}  // namespace

void translate_attention(Translator& t) {
  const auto& layer = t.layer<IAttentionLayer>();
  trt::ITensor& query = t.input(0);
  const trt::Dims dims = query.getDimensions();
  const DataType type = query.getType();
  trt::ITensor& key = repeat_heads(t, t.input(1), dims.d[1]);
  trt::ITensor& value = repeat_heads(t, t.input(2), dims.d[1]);

  const int64_t width = std::max(dims.d[3], t.input(1).getDimensions().d[3]);  // either dim may be unknown
  const double scale = layer.getScale().value_or(1.0 / std::sqrt(static_cast<double>(width)));
  trt::ITensor& scaled = binary(t, Binary::kPROD, query, scale);
  trt::ITensor* scores = &t.output_of(
      t.target().addMatrixMultiply(scaled, trt::MatrixOperation::kNONE, key, trt::MatrixOperation::kTRANSPOSE));
  const bool masked = layer.getNbInputs() > 3 && t.has_input(3);
  const bool by_bool = masked && t.input(3).getType() == DataType::kBOOL;
  trt::ITensor* seen = layer.getCausal() ? &causal_mask(t, query, key) : nullptr;
  if (by_bool) seen = seen == nullptr ? &t.input(3) : &binary(t, Binary::kAND, *seen, t.input(3));
  if (masked && !by_bool) scores = &binary(t, Binary::kSUM, *scores, t.input(3));
  if (seen != nullptr) scores = &binary(t, Binary::kSUM, *scores, added_mask(t, *seen, type));

  auto* softmax = t.target().addSoftMax(*scores);
  if (softmax != nullptr) softmax->setAxes(8U);
  trt::ITensor& result = t.output_of(t.target().addMatrixMultiply(t.output_of(softmax), trt::MatrixOperation::kNONE,
                                                                  value, trt::MatrixOperation::kNONE));
  t.give(by_bool ? without_blind(t, result, *seen) : result);
}

}  // namespace torch_tensorrt::backends::tensorrt
