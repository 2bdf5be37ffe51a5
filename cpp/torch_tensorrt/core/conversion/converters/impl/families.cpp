#include "torch_tensorrt/core/conversion/converters/impl/families.h"

#include "torch/csrc/jit/runtime/operator.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

std::vector<Family> families() {
  return {
      activation_family(),     attention_family(),    cast_family(),     convolution_family(),   core_aten_family(),
      declined_family(),       element_wise_family(), grouping_family(), index_family(),         joining_family(),
      linear_algebra_family(), lookup_family(),       loss_family(),     normalization_family(), norms_family(),
      ordering_family(),       pad_family(),          pooling_family(),  products_family(),      rearrange_family(),
      recurrent_family(),      reduce_family(),       sampling_family(), scatter_family(),       shape_family(),
      special_family(),        unary_family(),
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
