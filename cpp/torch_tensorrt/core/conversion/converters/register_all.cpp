#include "torch_tensorrt/core/conversion/converters/register_all.h"

#include "torch/csrc/jit/runtime/operator.h"

#include "torch_tensorrt/core/conversion/converters/impl/core_aten.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/nested.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

std::vector<Family> families() {
  return {
      activation_family(),     cast_family(),         concat_family(),
      convolution_family(),    element_wise_family(), expand_family(),
      index_family(),          interpolate_family(),  matmul_family(),
      normalization_family(),  pad_family(),          pooling_family(),
      norms_family(),          reduce_family(),       shape_family(),
      softmax_family(),        split_family(),        unary_family(),
      attention_family(),      einsum_family(),       grid_family(),
      ordering_family(),       quantize_family(),     rearrange_family(),
      recurrent_family(),      scatter_family(),      special_family(),
      joining_family(),        lookup_family(),       statistics_family(),
      linear_algebra_family(), loss_family(),         nonzero_family(),
      core_aten_family(),      nested_family(),       grouping_family(),
      declined_family(),
  };
}

// All schemas of the operator: two schemas can share name and overload if one exists only for TorchScript. The overload
// "*" selects all overloads.
std::vector<std::string> schemas_of(const std::string& name, const std::string& overload) {
  std::vector<std::string> schemas;
  for (const auto& op : torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name))) {
    if (overload == "*" || op->schema().overload_name() == overload)
      schemas.push_back(torch_tensorrt::str(op->schema()));
  }
  return schemas;
}

void append(const BuiltinConverter& row, const std::string& name, const std::string& overload,
            std::vector<ConversionPattern>& patterns) {
  for (auto& schema : schemas_of(name, overload)) patterns.push_back({std::move(schema), row.convert, row.supports});
}

}  // namespace

std::vector<ConversionPattern> builtin_patterns() {
  std::vector<ConversionPattern> patterns;
  for (const auto& family : families()) {
    for (const auto& row : family) {
      const std::string op = row.op;
      const size_t dot = op.find('.');
      const std::string name = op.substr(0, dot);
      const std::string overload = dot == std::string::npos ? "" : op.substr(dot + 1);
      append(row, name, overload, patterns);
      append(row, name + "_", overload, patterns);  // the in-place variant
    }
  }
  return patterns;
}

}  // namespace torch_tensorrt::core::conversion::converters
