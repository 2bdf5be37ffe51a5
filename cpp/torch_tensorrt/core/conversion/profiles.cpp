#include "torch_tensorrt/core/conversion/profiles.h"

#include <algorithm>

#include "torch_tensorrt/core/conversion/dynamic_sizes.h"

namespace torch_tensorrt::core::conversion {
namespace {

// How many ranges the inputs have that have several; 1 where none has.
size_t count_ranges(const ConversionCtx& ctx, const InputSpecs& specs) {
  const nvinfer1::ITensor* first = nullptr;
  size_t count = 1;
  for (const auto* input : ctx.net->inputs()) {
    const size_t own = specs.at(input).more_ranges.size() + 1;
    if (own == 1) continue;
    TORCHTRT_CHECK(first == nullptr || own == count,
                   "input " << input_name(*first) << " has " << count << " ranges of shapes and input "
                            << input_name(*input) << " has " << own
                            << "; each range is for one profile, so inputs that have several have the same number");
    first = input;
    count = own;
  }
  return count;
}

}  // namespace

nvinfer1::ProfileRange whole_range(const ir::Input& spec) {
  nvinfer1::ProfileRange range{spec.min, spec.opt, spec.max};
  for (const auto& more : spec.more_ranges) {
    for (int32_t i = 0; i < range.min.nbDims; ++i) {
      range.min.d[i] = std::min(range.min.d[i], more.min.d[i]);
      range.max.d[i] = std::max(range.max.d[i], more.max.d[i]);
    }
  }
  return range;
}

void split_profiles(ConversionCtx& ctx, const InputSpecs& specs) {
  const size_t count = count_ranges(ctx, specs);
  auto& profiles = ctx.net->profiles();
  if (count == 1 || profiles.empty()) return;  // ranges of one shape only
  const nvinfer1::Profile whole = profiles.front();
  profiles.assign(count, whole);
  for (const auto* input : ctx.net->inputs()) {
    const ir::Input& spec = specs.at(input);
    if (spec.more_ranges.empty()) continue;
    for (size_t i = 0; i < count; ++i) {
      nvinfer1::ProfileRange& range = profiles[i][input->getName()];
      range.min = i == 0 ? spec.min : spec.more_ranges[i - 1].min;
      range.opt = i == 0 ? spec.opt : spec.more_ranges[i - 1].opt;
      range.max = i == 0 ? spec.max : spec.more_ranges[i - 1].max;
    }
  }
}

}  // namespace torch_tensorrt::core::conversion
