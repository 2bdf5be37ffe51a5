#include "torch_tensorrt/core/conversion/size_inputs.h"

#include <cmath>

#include "torch_tensorrt/core/conversion/dynamic_sizes.h"
#include "torch_tensorrt/core/network/shape_inputs.h"

namespace torch_tensorrt::core::conversion {
namespace {

const std::vector<double> kDefaultDomain = {0, 2};

std::string advice() {
  return "say them with Input(min_shape=, opt_shape=, max_shape=, is_shape_tensor=True), whose shapes are the "
         "elements, "
         "with torch_tensor=, or with tensor_domain= (in C++: Input::opt_values)";
}

void check_shape(const nvinfer1::ITensor& input) {
  const auto dims = input.getDimensions();
  const bool fits =
      dims.nbDims <= 1 && dims.is_static() && dims.volume() <= static_cast<int64_t>(nvinfer1::kMaxShapeInputElements);
  TORCHTRT_CHECK(fits, "input " << input_name(input) << " is used as sizes and has the dims " << dims
                                << "; such an input has no or one dimension, of one size, and at most "
                                << nvinfer1::kMaxShapeInputElements << " elements");
}

// What the spec says, else the ends of the domain, if one was given.
void fill_values(nvinfer1::ProfileRange& range, const nvinfer1::ITensor& input, const ir::Input& spec) {
  const auto count = static_cast<size_t>(input.getDimensions().volume());
  range.min_values = spec.min_values;
  range.opt_values = spec.opt_values;
  range.max_values = spec.max_values;
  if (range.opt_values.empty() && spec.tensor_domain != kDefaultDomain) {
    const auto low = static_cast<int64_t>(std::ceil(spec.tensor_domain[0]));
    const auto high = static_cast<int64_t>(std::ceil(spec.tensor_domain[1])) - 1;
    range.min_values.assign(count, low);
    range.opt_values.assign(count, high);
    range.max_values.assign(count, high);
  }
  TORCHTRT_CHECK(
      !range.opt_values.empty() || count == 0,
      "input " << input_name(input) << " is used as sizes, and nothing says which elements it has; " << advice());
  TORCHTRT_CHECK(range.opt_values.size() == count, "input " << input_name(input) << " has " << count
                                                            << " elements, and " << range.opt_values.size()
                                                            << " are given for it");
}

// One entry an input, also where all shapes are fixed.
nvinfer1::Profile& profile_of(ConversionCtx& ctx) {
  auto& profiles = ctx.net->profiles();
  if (profiles.empty()) profiles.emplace_back();
  for (const auto* input : ctx.net->inputs()) {
    const auto dims = input->getDimensions();
    if (dims.is_static()) profiles.front().try_emplace(input->getName(), nvinfer1::ProfileRange{dims, dims, dims});
  }
  return profiles.front();
}

}  // namespace

void settle_size_inputs(ConversionCtx& ctx, const InputSpecs& specs) {
  const auto is_used = nvinfer1::find_shape_inputs(*ctx.net);
  for (size_t i = 0; i < is_used.size(); ++i) {
    const auto& input = *ctx.net->inputs()[i];
    const auto& spec = specs.at(&input);
    if (!is_used[i] && spec.min_values.empty()) continue;
    TORCHTRT_CHECK(ctx.settings.allow_shape_tensors,
                   "the elements of input " << input_name(input)
                                            << " are used as sizes, which allow_shape_tensors=True allows; the engine "
                                            << "then prepares itself for each combination of them that it meets");
    check_shape(input);
    fill_values(profile_of(ctx)[input.getName()], input, spec);
  }
}

}  // namespace torch_tensorrt::core::conversion
