#include "torch_tensorrt/core/conversion/range_check.h"

#include <optional>
#include <sstream>

#include "torch_tensorrt/core/conversion/dynamic_sizes.h"
#include "torch_tensorrt/core/network/shape_inference.h"

namespace torch_tensorrt::core::conversion {
namespace {

using nvinfer1::ProfileRange;

struct Point {
  const char* name;
  nvinfer1::Dims ProfileRange::*dims;
};
constexpr Point kOpt = {"opt shapes", &ProfileRange::opt};
constexpr Point kEnds[] = {{"smallest of the declared shapes", &ProfileRange::min},
                           {"largest of the declared shapes", &ProfileRange::max}};

// "input x 1x3x8x8 (from 1x3x8x8 to 1x3x9x9)" of every input that has a range.
std::string describe_inputs(const ConversionCtx& ctx, const nvinfer1::Profile& profile, const Point& point) {
  std::ostringstream text;
  for (const auto* input : ctx.net->inputs()) {
    const auto& range = profile.at(input->getName());
    if (range.min == range.max) continue;
    text << (text.str().empty() ? "" : ", ") << "input " << input_name(*input) << " "
         << nvinfer1::to_string(range.*point.dims) << " (from " << nvinfer1::to_string(range.min) << " to "
         << nvinfer1::to_string(range.max) << ")";
  }
  return text.str();
}

// Why the model does not fit the point, if it does not.
std::optional<std::string> misfit(const ConversionCtx& ctx, const nvinfer1::Profile& profile, const Point& point) {
  std::vector<nvinfer1::Dims> dims;
  for (const auto* input : ctx.net->inputs()) dims.push_back(profile.at(input->getName()).*point.dims);
  // The ends of elements need not fit together: a view may take [1, 24] and [24, 1] but neither [1, 1] nor [24, 24].
  std::vector<std::optional<nvinfer1::ShapeValue>> values;
  if (point.dims == kOpt.dims) values = nvinfer1::profile_values(*ctx.net, &ProfileRange::opt_values);
  try {
    nvinfer1::infer_all(*ctx.net, dims, values);
  } catch (const Error& error) {
    return str("the model does not fit the ", point.name, ", ", describe_inputs(ctx, profile, point), ": ",
               error.msg());
  }
  return std::nullopt;
}

void check_profile(const ConversionCtx& ctx, const nvinfer1::Profile& profile) {
  if (const auto wrong = misfit(ctx, profile, kOpt)) {
    TORCHTRT_THROW_ERROR(*wrong << "\nGive opt_shape for which the model runs");
  }
  for (const Point& end : kEnds) {
    const auto wrong = misfit(ctx, profile, end);
    if (!wrong) continue;
    LOG_WARNING(
        *wrong << "\nThe engine takes the shapes of the range that fit together; a call with others is an error");
  }
}

}  // namespace

void check_ranges(const ConversionCtx& ctx) {
  for (const auto& profile : ctx.net->profiles()) check_profile(ctx, profile);
}

}  // namespace torch_tensorrt::core::conversion
