#include "torch_tensorrt/core/engine/plan/input_range.h"

#include <algorithm>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

bool is_between(const network::Dims& low, const network::Dims& dims, const network::Dims& high) {
  if (dims.nbDims != low.nbDims || dims.nbDims != high.nbDims) return false;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] < low.d[i] || dims.d[i] > high.d[i]) return false;
  }
  return true;
}

bool fits(const network::Profile& profile, const std::vector<IoTensor>& inputs,
          const std::vector<network::Dims>& dims) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto range = profile.find(inputs[i].name);
    const network::Dims& low = range == profile.end() ? inputs[i].min : range->second.min;
    const network::Dims& high = range == profile.end() ? inputs[i].max : range->second.max;
    if (!is_between(low, dims[i], high)) return false;
  }
  return true;
}

// "1x4 to 8x4 or 16x4 to 32x4": the range of each profile.
std::string ranges_of(const IoTensor& input, const std::vector<network::Profile>& profiles) {
  std::string text;
  for (const network::Profile& profile : profiles) {
    const auto range = profile.find(input.name);
    const network::Dims& low = range == profile.end() ? input.min : range->second.min;
    const network::Dims& high = range == profile.end() ? input.max : range->second.max;
    text += (text.empty() ? "" : " or ") + network::to_string(low) + " to " + network::to_string(high);
  }
  return text;
}

bool is_between(const std::vector<int64_t>& low, const std::vector<int64_t>& values, const std::vector<int64_t>& high) {
  for (size_t i = 0; i < values.size() && i < low.size(); ++i) {
    if (values[i] < low[i] || values[i] > high[i]) return false;
  }
  return true;
}

std::string text_of(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "[" + text + "]";
}

// "input x 2x3, input y 4x3".
std::string text_of_call(const network::INetworkDefinition& network, const std::vector<network::Dims>& dims,
                         const std::vector<std::optional<network::ShapeValue>>& values) {
  std::string text;
  for (size_t i = 0; i < dims.size(); ++i) {
    const network::ITensor& input = *network.inputs()[i];
    const std::string argument = input.producer()->getName();
    text += str(i == 0 ? "" : ", ", "input ", argument.empty() ? input.getName() : argument, " ",
                network::to_string(dims[i]));
    if (i < values.size() && values[i]) text += " of " + text_of(values[i]->elements);
  }
  return text;
}

[[noreturn]] void throw_misfit(const IoTensor& input, const network::Dims& dims) {
  if (dims.nbDims != input.dims.nbDims) {
    TORCHTRT_THROW_ERROR(describe_input(input) << " has dims " << network::to_string(dims) << " of rank " << dims.nbDims
                                               << ", the engine was built for rank " << input.dims.nbDims << " ("
                                               << network::to_string(input.dims) << ")");
  }
  if (input.dims.is_static()) {
    TORCHTRT_THROW_ERROR(describe_input(input)
                         << " has dims " << network::to_string(dims) << ", the engine was built for "
                         << network::to_string(input.dims)
                         << "; build it with min_shape, opt_shape and max_shape to run other shapes");
  }
  TORCHTRT_THROW_ERROR(describe_input(input)
                       << " has dims " << network::to_string(dims) << ", the engine was built for "
                       << network::to_string(input.min) << " to " << network::to_string(input.max)
                       << "; build it for a range that includes them");
}

}  // namespace

void check_input_dims(const std::string& engine, const std::vector<IoTensor>& inputs,
                      const std::vector<network::Profile>& profiles, const std::vector<network::Dims>& dims) {
  if (dims.size() != inputs.size()) {
    TORCHTRT_THROW_ERROR("got " << dims.size() << " inputs, engine \"" << engine << "\" has " << inputs.size());
  }
  const auto fits_it = [&](const network::Profile& profile) { return fits(profile, inputs, dims); };
  if (profiles.empty() ? fits({}, inputs, dims) : std::any_of(profiles.begin(), profiles.end(), fits_it)) return;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!is_between(inputs[i].min, dims[i], inputs[i].max)) throw_misfit(inputs[i], dims[i]);
  }
  std::string text;
  for (size_t i = 0; i < inputs.size(); ++i) {
    text += "\n  " + describe_input(inputs[i]) + " has dims " + network::to_string(dims[i]) + ", may have " +
            ranges_of(inputs[i], profiles);
  }
  TORCHTRT_THROW_ERROR("the dims of the inputs fit none of the " << profiles.size() << " profiles of engine \""
                                                                 << engine << "\":" << text);
}

void check_input_values(const std::vector<IoTensor>& inputs,
                        const std::vector<std::optional<network::ShapeValue>>& values) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool is_given = i < values.size() && values[i].has_value();
    if (inputs[i].is_shape && !is_given) {
      TORCHTRT_THROW_ERROR(describe_input(inputs[i]) << " is used as a shape, and its elements are not given");
    }
    if (!is_given || is_between(inputs[i].min_values, values[i]->elements, inputs[i].max_values)) continue;
    TORCHTRT_THROW_ERROR(describe_input(inputs[i])
                         << " is used as a shape and has the elements " << text_of(values[i]->elements)
                         << ", the engine was built for " << text_of(inputs[i].min_values) << " to "
                         << text_of(inputs[i].max_values) << "; build it for a range that includes them");
  }
}

network::InferredTensors infer_for_call(const network::INetworkDefinition& network,
                                        const std::vector<network::Dims>& dims,
                                        const std::vector<std::optional<network::ShapeValue>>& values) {
  try {
    return network::infer_all(network, dims, values);
  } catch (const Error& error) {
    TORCHTRT_THROW_ERROR("the model does not fit the shapes of this call, " << text_of_call(network, dims, values)
                                                                            << ": " << error.msg());
  }
}

std::string describe_input(const IoTensor& input) {
  if (input.argument.empty() || input.argument == input.name) return "input \"" + input.name + "\"";
  return "input " + input.argument + " (" + input.name + ")";
}

}  // namespace torch_tensorrt::engine
