#include "torch_tensorrt/core/conversion/network_inputs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include "ATen/core/Tensor.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/conversion/compile_time.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"

namespace torch_tensorrt::core::conversion {
namespace {

using Elements = std::map<at::ScalarType, int64_t>;

// Counts the elements of a tensor, or of a list of tensors as recurrent layers have.
void count_elements(const torch::jit::IValue& value, Elements& counts) {
  if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) count_elements(tensor, counts);
  }
  if (!value.isTensor() || !value.toTensor().defined() || value.toTensor().dim() == 0) return;
  if (at::isFloatingType(value.toTensor().scalar_type())) {
    counts[value.toTensor().scalar_type()] += value.toTensor().numel();
  }
}

void count_elements(const torch::jit::Block* b, Elements& counts) {
  for (const auto* n : b->nodes()) {
    for (const auto* inner : n->blocks()) count_elements(inner, counts);
    if (n->kind() != torch::jit::prim::Constant) continue;
    if (const auto value = torch::jit::toIValue(n->output())) count_elements(*value, counts);
  }
}

// The floating dtype of most elements of the weights.
std::optional<at::ScalarType> dtype_of_weights(const torch::jit::Block* b, const ir::StaticParams& static_params) {
  Elements counts;
  count_elements(b, counts);
  for (const auto& [value, ivalue] : static_params) count_elements(ivalue, counts);
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
  return most == counts.end() ? std::nullopt : std::optional(most->first);
}

using SpecsOfInputs = std::vector<std::pair<const torch::jit::Value*, std::vector<ir::Input>>>;

SpecsOfInputs specs_of_inputs(const torch::jit::Block* b, const ConversionInfo& info) {
  SpecsOfInputs found;
  for (const auto* value : b->inputs()) {
    const auto one = info.inputs.find(value);
    if (one != info.inputs.end()) found.push_back({value, {one->second}});
    const auto several = info.collection_input_spec_map.find(value);
    if (several != info.collection_input_spec_map.end()) found.emplace_back(*several);
  }
  return found;
}

bool has_other_float(const std::vector<ir::Input>& specs, at::ScalarType dtype) {
  return std::any_of(specs.begin(), specs.end(),
                     [&](const ir::Input& spec) { return at::isFloatingType(spec.dtype) && spec.dtype != dtype; });
}

// Casts each input to the dtype of the weights that it meets first, or to `otherwise` if it meets none.
InputCasts casts(const SpecsOfInputs& inputs, std::optional<at::ScalarType> otherwise) {
  InputCasts result;
  for (const auto& [value, specs] : inputs) {
    auto* in = const_cast<torch::jit::Value*>(value);
    auto dtype = ir::get_value_first_calc_dtype_opt(in->owningGraph()->block(), in);
    if (!dtype || !at::isFloatingType(*dtype)) dtype = otherwise;
    if (dtype && has_other_float(specs, *dtype)) result[value] = *dtype;
  }
  return result;
}

}  // namespace

std::vector<InputCasts> casts_to_try(const torch::jit::Block* b, const ConversionInfo& info,
                                     const ir::StaticParams& static_params) {
  const auto inputs = specs_of_inputs(b, info);
  std::vector<InputCasts> tries = {{}};
  for (const auto& otherwise : {std::optional<at::ScalarType>(), dtype_of_weights(b, static_params)}) {
    auto next = casts(inputs, otherwise);
    if (next != tries.back()) tries.push_back(std::move(next));
  }
  return tries;
}

nvinfer1::ITensor* cast_input(ConversionCtx& ctx, const InputCasts& casts, const torch::jit::Value* value,
                              nvinfer1::ITensor* input) {
  const auto cast = casts.find(value);
  if (cast == casts.end() || !nvinfer1::is_floating_point(input->getType())) return input;
  const auto dtype = util::ScalarTypeToTRTDataType(cast->second);
  if (dtype == input->getType()) return input;
  LOG_INFO(ctx.logger, "Input " << input_name(*input) << " is given as " << input->getType()
                                << " but the module computes in " << dtype
                                << ": the engine casts it before the first operation");
  auto* layer = ctx.net->addCast(*input, dtype);
  layer->setName(("input " + input_name(*input) + " [cast to " + nvinfer1::enum_name(dtype) + "]").c_str());
  return layer->getOutput(0);
}

namespace {

const std::vector<double> kDefaultDomain = {0, 2};

std::string advice() {
  return "give them with Input(min_shape=, opt_shape=, max_shape=, is_shape_tensor=True), where the shapes are the "
         "elements, with torch_tensor=, or with tensor_domain= (in C++: Input::opt_values)";
}

void check_shape(const nvinfer1::ITensor& input) {
  const auto dims = input.getDimensions();
  const bool fits =
      dims.nbDims <= 1 && dims.is_static() && dims.volume() <= static_cast<int64_t>(nvinfer1::kMaxShapeInputElements);
  TORCHTRT_CHECK(fits, "input " << input_name(input) << " is used as sizes and has the shape " << dims
                                << "; such an input must have rank 0 or 1, a fixed shape, and at most "
                                << nvinfer1::kMaxShapeInputElements << " elements");
}

// Takes the values from the spec, else from the ends of the domain if the user gave one.
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
      "input " << input_name(input) << " is used as sizes, but the values of its elements are not given; " << advice());
  TORCHTRT_CHECK(range.opt_values.size() == count, "input " << input_name(input) << " has " << count
                                                            << " elements, but " << range.opt_values.size()
                                                            << " values are given for it");
}

// The profile, with an entry for each input, including inputs with a fixed shape.
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
                                            << " are used as sizes, which needs allow_shape_tensors=True; the engine "
                                            << "then specializes to each combination of their values");
    check_shape(input);
    fill_values(profile_of(ctx)[input.getName()], input, spec);
  }
}

namespace {

// The number of ranges of each input with several ranges; 1 if no input has several.
size_t count_ranges(const ConversionCtx& ctx, const InputSpecs& specs) {
  const nvinfer1::ITensor* first = nullptr;
  size_t count = 1;
  for (const auto* input : ctx.net->inputs()) {
    const size_t own = specs.at(input).more_ranges.size() + 1;
    if (own == 1) continue;
    TORCHTRT_CHECK(first == nullptr || own == count,
                   "input " << input_name(*first) << " has " << count << " ranges of shapes, but input "
                            << input_name(*input) << " has " << own
                            << "; all inputs with several ranges must have the same number, one range per profile");
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
  if (count == 1 || profiles.empty()) return;  // every input has one range
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

namespace {

using nvinfer1::ProfileRange;

struct Point {
  const char* name;
  nvinfer1::Dims ProfileRange::*dims;
};
constexpr Point kOpt = {"opt shapes", &ProfileRange::opt};
constexpr Point kEnds[] = {{"smallest of the declared shapes", &ProfileRange::min},
                           {"largest of the declared shapes", &ProfileRange::max}};

// "input x 1x3x8x8 (from 1x3x8x8 to 1x3x9x9)" for every input with a range.
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

// Why the model does not fit the point; unset if it fits.
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
    TORCHTRT_THROW_ERROR(*wrong << "\nGive an opt_shape that the model can run with");
  }
  for (const Point& end : kEnds) {
    const auto wrong = misfit(ctx, profile, end);
    if (!wrong) continue;
    LOG_WARNING(
        *wrong
        << "\nThe engine accepts the shapes of the range that fit the model; a call with other shapes is an error");
  }
}

}  // namespace

void check_ranges(const ConversionCtx& ctx) {
  for (const auto& profile : ctx.net->profiles()) check_profile(ctx, profile);
}

}  // namespace torch_tensorrt::core::conversion
