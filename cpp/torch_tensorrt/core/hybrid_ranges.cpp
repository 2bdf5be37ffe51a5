#include "torch_tensorrt/core/hybrid_ranges.h"

#include <algorithm>
#include <optional>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

ir::Input with_range(const ir::Input& spec, const ir::ShapeRange& range) {
  ir::Input result(range.min.to_vector(), range.opt.to_vector(), range.max.to_vector(), spec.dtype, spec.format,
                   spec.dtype_is_user_defined, spec.tensor_domain);
  result.min_values = spec.min_values;
  result.opt_values = spec.opt_values;
  result.max_values = spec.max_values;
  result.name = spec.name;
  return result;
}

ir::ShapeRange first_range(const ir::Input& spec) { return {spec.min, spec.opt, spec.max}; }

ir::Input widest(const ir::Input& spec) {
  auto range = first_range(spec);
  for (const auto& more : spec.more_ranges) {
    for (int32_t i = 0; i < range.min.nbDims; ++i) {
      range.min.d[i] = std::min(range.min.d[i], more.min.d[i]);
      range.max.d[i] = std::max(range.max.d[i], more.max.d[i]);
    }
  }
  return with_range(spec, range);
}

// The specs of the values in each range; unset if a range does not tell them.
std::optional<std::vector<std::vector<ir::Input>>> specs_by_range(const std::vector<torch::jit::Value*>& values,
                                                                  const RangeProbes& probes) {
  std::vector<std::vector<ir::Input>> by_range;
  for (const auto& probe : probes) {
    auto& specs = by_range.emplace_back();
    for (const auto* value : values) {
      const auto spec = probe->input_spec(value);
      if (!spec) return std::nullopt;
      specs.push_back(*spec);
    }
  }
  return by_range;
}

bool is_same(const ir::Input& a, const ir::Input& b) { return a.min == b.min && a.opt == b.opt && a.max == b.max; }

// Whether one range has other sizes than another.
bool differ(const std::vector<std::vector<ir::Input>>& by_range) {
  const auto& first = by_range.front();
  return std::any_of(by_range.begin(), by_range.end(), [&](const std::vector<ir::Input>& specs) {
    return !std::equal(first.begin(), first.end(), specs.begin(), is_same);
  });
}

}  // namespace

BoundArguments with_widest_ranges(BoundArguments arguments) {
  for (auto& argument : arguments) {
    ir::for_each_input(argument.tree, [](ir::Input& spec) {
      if (!spec.more_ranges.empty()) spec = widest(spec);
    });
  }
  return arguments;
}

std::vector<BoundArguments> by_range(const BoundArguments& arguments) {
  size_t most = 0;
  for (const auto& argument : arguments) {
    for (const auto& spec : ir::inputs_of(argument.tree)) {
      const size_t more = spec.more_ranges.size();
      TORCHTRT_CHECK(more == 0 || most == 0 || more == most, "an input has " << more + 1 << " ranges of shapes, and "
                                                                             << "another has " << most + 1
                                                                             << "; give as many for each");
      most = std::max(most, more);
    }
  }
  std::vector<BoundArguments> ranges;
  for (size_t i = 0; most > 0 && i <= most; ++i) {
    ranges.push_back(arguments);
    for (auto& argument : ranges.back()) {
      ir::for_each_input(argument.tree, [&](ir::Input& spec) {
        const bool is_first = i == 0 || spec.more_ranges.empty();
        spec = with_range(spec, is_first ? first_range(spec) : spec.more_ranges.at(i - 1));
      });
    }
  }
  return ranges;
}

std::vector<ir::Input> input_specs(const std::vector<torch::jit::Value*>& values,
                                   const partitioning::GraphProbe& widest, const RangeProbes& probes) {
  std::vector<ir::Input> specs;
  for (const auto* value : values) specs.push_back(*widest.input_spec(value));
  const auto each = specs_by_range(values, probes);
  if (probes.empty() || !each) return specs;
  if (!differ(*each)) return specs;
  for (size_t i = 0; i < specs.size(); ++i) {
    specs[i] = with_range(specs[i], first_range(each->front()[i]));
    for (size_t range = 1; range < each->size(); ++range) specs[i].add_range(first_range((*each)[range][i]));
  }
  return specs;
}

}  // namespace torch_tensorrt::core
