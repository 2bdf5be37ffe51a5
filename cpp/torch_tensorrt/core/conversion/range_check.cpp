#include "torch_tensorrt/core/conversion/range_check.h"

#include <sstream>

#include "torch_tensorrt/core/conversion/dynamic_sizes.h"
#include "torch_tensorrt/core/network/shape_inference.h"

namespace torch_tensorrt::core::conversion {
namespace {

struct End {
  const char* name;
  nvinfer1::Dims nvinfer1::ProfileRange::*dims;
};
constexpr End kEnds[] = {{"smallest", &nvinfer1::ProfileRange::min}, {"largest", &nvinfer1::ProfileRange::max}};

// "input x 1x3x8x8" of every input that has a range.
std::string describe_inputs(const ConversionCtx& ctx, const nvinfer1::Profile& profile, const End& end) {
  std::ostringstream text;
  for (const auto* input : ctx.net->inputs()) {
    const auto& range = profile.at(input->getName());
    if (range.min == range.max) continue;
    text << (text.str().empty() ? "" : ", ") << "input " << input_name(*input) << " "
         << nvinfer1::to_string(range.*end.dims) << " (from " << nvinfer1::to_string(range.min) << " to "
         << nvinfer1::to_string(range.max) << ")";
  }
  return text.str();
}

void check_end(const ConversionCtx& ctx, const nvinfer1::Profile& profile, const End& end) {
  std::vector<nvinfer1::Dims> dims;
  for (const auto* input : ctx.net->inputs()) {
    dims.push_back(profile.at(input->getName()).*end.dims);
  }
  try {
    nvinfer1::infer_all(*ctx.net, dims);
  } catch (const Error& error) {
    TORCHTRT_THROW_ERROR("the model does not fit the " << end.name << " of the declared shapes, "
                                                       << describe_inputs(ctx, profile, end) << ": " << error.msg()
                                                       << "\nGive min_shape and max_shape for which the model runs");
  }
}

}  // namespace

void check_range_ends(const ConversionCtx& ctx) {
  for (const auto& profile : ctx.net->profiles()) {
    for (const End& end : kEnds) check_end(ctx, profile, end);
  }
}

}  // namespace torch_tensorrt::core::conversion
