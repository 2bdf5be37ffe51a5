#include "torch_tensorrt/core/runtime/TRTEngine.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <sstream>

#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"
#include "torch_tensorrt/core/runtime/runtime.h"
#include "torch_tensorrt/core/util/encodings.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"

namespace torch_tensorrt::core::runtime {
namespace {

using engine::IoTensor;

EngineInfo make_info(const std::string& name, const std::string& engine, const RTDevice& device,
                     const std::vector<std::string>& in_names, const std::vector<std::string>& out_names,
                     const Platform& platform, bool hardware_compatible, bool requires_output_allocator,
                     const std::string& metadata) {
  EngineInfo info;
  info.name = name;
  info.device = device;
  info.engine = std::make_shared<const std::string>(engine);
  info.in_binding_names = in_names;
  info.out_binding_names = out_names;
  info.platform = platform;
  info.hardware_compatible = hardware_compatible;
  info.requires_output_allocator = requires_output_allocator;
  info.metadata = metadata;
  return info;
}

// The name becomes part of file names and of module attributes.
std::string slugify(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name.empty() ? "deserialized_trt" : name;
}

// Python reads every field as text.
void check_text(const EngineInfo& info) {
  const std::vector<std::string> fields = serialize_info(info);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (util::is_utf8(fields[i])) continue;
    TORCHTRT_THROW_ERROR("field " << kSerializedInfoNames[i] << " of the engine is \"" << fields[i]
                                  << "\", which is not UTF-8 text. The file is damaged, or the name is in another "
                                     "encoding");
  }
}

void check_platform(const EngineInfo& info) {
  TORCHTRT_CHECK(is_supported_on_current_platform(info.platform),
                 "engine " << info.name << " was not built to run on this platform (built for: " << info.platform
                           << ", current platform: " << get_current_platform() << "). Compile the model again here");
}

RTDevice choose_device(const EngineInfo& info) {
  const auto device = get_most_compatible_device(info.device, RTDevice(), info.hardware_compatible);
  TORCHTRT_CHECK(device, "No compatible device was found for instantiating TensorRT engine "
                             << info.name << ": it targets " << info.device << ", available are "
                             << get_available_device_list().dump_list()
                             << ". Compile the model again for one of the available devices");
  return *device;
}

std::vector<std::string> names_of(const std::vector<IoTensor>& tensors) {
  std::vector<std::string> names;
  for (const IoTensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

bool contains(const std::vector<IoTensor>& tensors, const std::string& name) {
  return std::any_of(tensors.begin(), tensors.end(), [&](const IoTensor& tensor) { return tensor.name == name; });
}

Binding make_binding(const std::string& name, const std::vector<IoTensor>& tensors,
                     const std::vector<IoTensor>& other_direction, const char* direction, const char* other) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    const IoTensor& tensor = tensors[i];
    if (tensor.name != name) continue;
    return {name,           i, engine::aten::scalar_type(tensor.dtype), tensor.dims, tensor.format, tensor.is_shape,
            tensor.argument};
  }
  TORCHTRT_CHECK(!contains(other_direction, name),
                 "Binding " << name << " specified as " << direction << " but found as " << other << " in the engine");
  TORCHTRT_THROW_ERROR("Could not find a TensorRT engine binding for " << direction << " named " << name
                                                                       << ". The engine has "
                                                                       << serialize_binding_names(names_of(tensors)));
}

std::vector<Binding> make_bindings(const std::vector<std::string>& names, const std::vector<IoTensor>& tensors,
                                   const std::vector<IoTensor>& other_direction, const char* direction,
                                   const char* other) {
  TORCHTRT_CHECK(names.size() == tensors.size(), "the engine has " << tensors.size() << " " << direction << "s ("
                                                                   << serialize_binding_names(names_of(tensors))
                                                                   << "), but " << names.size() << " names are given ("
                                                                   << serialize_binding_names(names) << ")");
  std::vector<Binding> bindings;
  std::vector<bool> taken(tensors.size(), false);
  for (const std::string& name : names) {
    bindings.push_back(make_binding(name, tensors, other_direction, direction, other));
    TORCHTRT_CHECK(!taken[bindings.back().engine_index], "binding name " << name << " is given twice");
    taken[bindings.back().engine_index] = true;
  }
  return bindings;
}

void check_delimiter(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    TORCHTRT_CHECK(name.find(kBindingNameDelimiter) == std::string::npos,
                   "binding name \"" << name << "\" contains '" << kBindingNameDelimiter
                                     << "', which separates names in the saved engine; give another name");
  }
}

// Infers the names of each direction for which no names were given.
void infer_names(EngineInfo& info, const engine::Engine& engine) {
  auto& inputs = info.in_binding_names;
  auto& outputs = info.out_binding_names;
  if (inputs.empty()) inputs = infer_binding_order(names_of(engine.inputs()), "input");
  if (outputs.empty()) outputs = infer_binding_order(names_of(engine.outputs()), "output");
}

// Takes the bytes out of `info`.
std::shared_ptr<const engine::Engine> load(EngineInfo& info, const RTDevice& device) {
  try {
    engine::LoadOptions options;
    options.rebuild = get_rebuild_engines();
    if (device.device_type == network::DeviceType::kGPU) options.gpu = static_cast<int32_t>(device.id);
    return engine::Engine::load(std::move(info.engine), options);
  } catch (Error& error) {
    error.AppendMessage("Unable to deserialize the TensorRT engine " + info.name);
    throw;
  }
}

void print_bindings(std::ostream& stream, const char* title, const std::vector<Binding>& bindings,
                    const std::vector<IoTensor>& tensors) {
  stream << "  " << title << ": [\n";
  for (size_t i = 0; i < bindings.size(); ++i) {
    const IoTensor& tensor = tensors[bindings[i].engine_index];
    stream << "    id: " << i << "\n      name: " << bindings[i].name
           << "\n      shape: " << network::to_string(tensor.dims);
    if (!tensor.dims.is_static() && tensor.max.nbDims != 0) {
      stream << " (" << network::to_string(tensor.min) << " to " << network::to_string(tensor.max) << ")";
    }
    stream << "\n      dtype: " << c10::toString(bindings[i].dtype) << "\n";
  }
  stream << "  ]\n";
}

}  // namespace

TRTEngine::TRTEngine(const std::string& serialized_engine, const RTDevice& device,
                     const std::vector<std::string>& in_names, const std::vector<std::string>& out_names,
                     const Platform& target_platform, bool hardware_compatible, bool requires_output_allocator,
                     const std::string& serialized_metadata)
    : TRTEngine(std::string(), serialized_engine, device, in_names, out_names, target_platform, hardware_compatible,
                requires_output_allocator, serialized_metadata) {}

TRTEngine::TRTEngine(const std::string& engine_name, const std::string& serialized_engine, const RTDevice& device,
                     const std::vector<std::string>& in_names, const std::vector<std::string>& out_names,
                     const Platform& target_platform, bool hardware_compatible, bool requires_output_allocator,
                     const std::string& serialized_metadata)
    : TRTEngine(make_info(engine_name, serialized_engine, device, in_names, out_names, target_platform,
                          hardware_compatible, requires_output_allocator, serialized_metadata)) {}

TRTEngine::TRTEngine(const std::vector<std::string>& serialized_info) : TRTEngine(parse_info(serialized_info)) {}

TRTEngine::TRTEngine(EngineInfo info) : info_(std::move(info)) {
  check_text(info_);
  info_.name = slugify(info_.name);
  check_platform(info_);
  device_info = choose_device(info_);
  engine_ = load(info_, device_info);
  device_ = engine::aten::device_of(engine_->target());
  input_alignment_ = engine_->executable().input_alignment();
  disable_tf32_ = engine_->plan().settings && engine_->plan().settings->disable_tf32;
  info_.engine = nullptr;
  infer_names(info_, *engine_);
  check_delimiter(info_.in_binding_names);
  check_delimiter(info_.out_binding_names);
  inputs_ = make_bindings(info_.in_binding_names, engine_->inputs(), engine_->outputs(), "input", "output");
  outputs_ = make_bindings(info_.out_binding_names, engine_->outputs(), engine_->inputs(), "output", "input");
  name = info_.name;
  num_io = {inputs_.size(), outputs_.size()};
  in_binding_names = info_.in_binding_names;
  out_binding_names = info_.out_binding_names;
}

TRTEngine::~TRTEngine() = default;

std::vector<std::string> TRTEngine::serialize(bool with_engine) const {
  std::vector<std::string> strings = serialize_info(info_);
  if (with_engine) strings[ENGINE_IDX] = base64_encode(engine_->bytes());
  return strings;
}

at::Tensor TRTEngine::serialized_engine_tensor() const {
  auto* bytes = new std::string(engine_->bytes());
  return at::from_blob(
      bytes->data(), {static_cast<int64_t>(bytes->size())}, [bytes](void*) { delete bytes; },
      at::TensorOptions().dtype(at::kByte));
}

std::vector<at::Tensor> TRTEngine::infer_outputs(const std::vector<std::vector<int64_t>>& input_sizes) const {
  TORCHTRT_CHECK(input_sizes.size() == inputs_.size(), "engine " << name << " has " << inputs_.size()
                                                                 << " inputs, but the sizes of " << input_sizes.size()
                                                                 << " are given");
  std::vector<network::Dims> dims(inputs_.size());
  for (size_t i = 0; i < inputs_.size(); ++i) dims[inputs_[i].engine_index] = network::Dims(input_sizes[i]);
  auto context = engine_->acquire_context();
  const std::vector<network::Dims>& found = context->set_input_dims(dims);
  std::vector<at::Tensor> results;
  for (const Binding& output : outputs_) {
    results.push_back(at::empty(engine::aten::sizes_of(found[output.engine_index]),
                                at::TensorOptions().dtype(output.dtype).device(at::kMeta)));
  }
  return results;
}

std::string TRTEngine::to_str() const {
  std::ostringstream stream;
  stream << "Torch-TensorRT TensorRT Engine:\n  Name: " << name << "\n";
  print_bindings(stream, "Inputs", inputs_, engine_->inputs());
  print_bindings(stream, "Outputs", outputs_, engine_->outputs());
  stream << "  Device: " << device_info
         << "\n  Hardware Compatibility: " << (info_.hardware_compatible ? "Enabled" : "Disabled")
         << "\n  Target Platform: " << info_.platform << "\n";
  return stream.str();
}

std::string TRTEngine::get_engine_layer_info() const { return engine_->inspect_json(); }

void TRTEngine::dump_engine_layer_info_to_file(const std::string& path) const {
  util::write_file(path, get_engine_layer_info());
}

void TRTEngine::dump_engine_layer_info() const {
  dump_engine_layer_info_to_file(profiler_.file_path(name, "_layer_information.json"));
}

}  // namespace torch_tensorrt::core::runtime
