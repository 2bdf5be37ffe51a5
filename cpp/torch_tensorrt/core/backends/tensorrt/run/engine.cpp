#include "torch_tensorrt/core/backends/tensorrt/run/engine.h"

#include <cstring>

#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using nvinfer1::OptProfileSelector;
using nvinfer1::TensorIOMode;

constexpr char kMagic[] = "ftrt";
constexpr const char* kHowToAllowCode =
    " It was built version_compatible, and brings code of its own, which runs where TORCHTRT_TENSORRT_ENGINE_CODE is 1 "
    "before the first engine is loaded";

network::Dims from_trt(const nvinfer1::Dims& dims) { return {std::max(dims.nbDims, 0), dims.d}; }

struct WeightsCheck {
  const std::string& name;
  const network::Weights& given;
  nvinfer1::Weights wanted;

  void run() const {
    if (wanted.count < 0) TORCHTRT_THROW_ERROR("the engine has no weights \"" << name << "\" that can be replaced");
    const auto type = static_cast<network::DataType>(wanted.type);
    if (given.count == wanted.count && given.type == type) return;
    TORCHTRT_THROW_ERROR("the weights \"" << name << "\" are " << given.count << " of "
                                          << network::enum_name(given.type) << ", must be " << wanted.count << " of "
                                          << network::enum_name(type));
  }
};

}  // namespace

bool is_serialized_engine(const void* bytes, size_t size) {
  return size > sizeof(kMagic) && std::memcmp(bytes, kMagic, sizeof(kMagic) - 1) == 0;
}

std::shared_ptr<VendorEngine> VendorEngine::load(const void* bytes, size_t size, int32_t device, int32_t dla_core) {
  const auto library = require_vendor_library();
  nvinfer1::IRuntime& runtime = vendor_runtime(device, dla_core);
  const engine::cuda::DeviceGuard guard(device);
  MessageGatherer messages;
  nvinfer1::ICudaEngine* engine = runtime.deserializeCudaEngine(bytes, size);
  if (engine == nullptr) {
    const std::string said = messages.take_errors();
    const bool forbidden = said.find("getEngineHostCodeAllowed") != std::string::npos;
    TORCHTRT_THROW_ERROR("TensorRT " << to_string(library->version()) << " does not load the engine (" << size
                                     << " bytes) on CUDA device " << device << ". " << said
                                     << (forbidden ? kHowToAllowCode : ""));
  }
  return std::shared_ptr<VendorEngine>(new VendorEngine(library, engine, device));
}

VendorEngine::VendorEngine(std::shared_ptr<const Library> library, nvinfer1::ICudaEngine* engine, int32_t device)
    : library_(std::move(library)), engine_(engine), device_(device) {
  name_ = engine_->getName() == nullptr ? "" : engine_->getName();
  profile_count_ = std::max(1, engine_->getNbOptimizationProfiles());
  for (int32_t i = 0; i < engine_->getNbIOTensors(); ++i) {
    const char* tensor = engine_->getIOTensorName(i);
    const bool input = engine_->getTensorIOMode(tensor) == TensorIOMode::kINPUT;
    (input ? inputs_ : outputs_).push_back(describe(tensor));
  }
}

VendorEngine::~VendorEngine() {
  try {
    const engine::cuda::DeviceGuard guard(device_);
    engine_.reset();
  } catch (const Error& error) {  // the process is ending, and the driver is gone
    LOG_DEBUG(error.msg());
  }
}

VendorTensor VendorEngine::describe(const char* name) const {
  VendorTensor tensor;
  tensor.name = name;
  tensor.dtype = static_cast<network::DataType>(engine_->getTensorDataType(name));
  tensor.dims = from_trt(engine_->getTensorShape(name));
  tensor.on_host = engine_->getTensorLocation(name) == nvinfer1::TensorLocation::kHOST;
  if (engine_->getTensorIOMode(name) != TensorIOMode::kINPUT) return tensor;
  for (int32_t profile = 0; profile < profile_count_; ++profile) {
    const auto end = [&](OptProfileSelector selector) {
      return from_trt(engine_->getProfileShape(name, profile, selector));
    };
    tensor.ranges.push_back(tensor.dims.is_static()
                                ? network::ProfileRange{tensor.dims, tensor.dims, tensor.dims}
                                : network::ProfileRange{end(OptProfileSelector::kMIN), end(OptProfileSelector::kOPT),
                                                        end(OptProfileSelector::kMAX)});
    if (tensor.on_host) add_values(tensor, profile);
  }
  return tensor;
}

void VendorEngine::check_plain_tensors() const {
  for (const auto* tensors : {&inputs_, &outputs_}) {
    for (const VendorTensor& tensor : *tensors) {
      const char* name = tensor.name.c_str();
      for (int32_t profile = 0; profile < profile_count_; ++profile) {
        if (engine_->getTensorFormat(name, profile) == nvinfer1::TensorFormat::kLINEAR) continue;
        TORCHTRT_THROW_ERROR("the engine's tensor \"" << name << "\" has the format "
                                                      << engine_->getTensorFormatDesc(name, profile)
                                                      << "; build the engine with linear inputs and outputs");
      }
      if (tensors == &inputs_ || !tensor.on_host) continue;
      TORCHTRT_THROW_ERROR("the engine's output \"" << name << "\" is a shape on the host; build the engine with "
                                                    << "outputs on the device");
    }
  }
}

// Adds the range of values of an input that is read on the host.
void VendorEngine::add_values(VendorTensor& tensor, int32_t profile) const {
  network::ProfileRange& range = tensor.ranges.back();
  const struct {
    OptProfileSelector selector;
    std::vector<int64_t>& values;
  } ends[] = {{OptProfileSelector::kMIN, range.min_values},
              {OptProfileSelector::kOPT, range.opt_values},
              {OptProfileSelector::kMAX, range.max_values}};
  for (const auto& [selector, values] : ends) {
    const int32_t* found = engine_->getProfileTensorValues(tensor.name.c_str(), profile, selector);
    if (found != nullptr) values.assign(found, found + std::max<int64_t>(range.min.volume(), 0));
  }
}

std::string VendorEngine::inspect_json() const {
  const engine::cuda::DeviceGuard guard(device_);
  const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine_->createEngineInspector());
  const char* text =
      inspector == nullptr ? nullptr : inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
  return text == nullptr ? "{}" : text;
}

namespace {

std::unique_ptr<nvinfer1::IRefitter> make_refitter(const VendorEngine& engine, MessageGatherer& messages) {
  TORCHTRT_CHECK(engine.is_refittable(), "the engine was built without refit, its weights cannot be replaced");
  std::unique_ptr<nvinfer1::IRefitter> refitter(
      static_cast<nvinfer1::IRefitter*>(engine.library().create_refitter(&engine.engine(), vendor_logger())));
  if (refitter == nullptr) TORCHTRT_THROW_ERROR("TensorRT makes no refitter. " << messages.take_errors());
  return refitter;
}

template <typename F>
std::vector<std::string> names_from(F get) {
  std::vector<const char*> names(static_cast<size_t>(std::max(get(0, nullptr), 0)));
  get(static_cast<int32_t>(names.size()), names.data());
  return {names.begin(), names.end()};
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::vector<std::string> VendorEngine::weight_names() const {
  const engine::cuda::DeviceGuard guard(device_);
  MessageGatherer messages;
  const auto refitter = make_refitter(*this, messages);
  return names_from([&](int32_t size, const char** names) { return refitter->getAllWeights(size, names); });
}

void VendorEngine::refit(const std::map<std::string, network::Weights>& weights) {
  const engine::cuda::DeviceGuard guard(device_);
  MessageGatherer messages;
  const auto refitter = make_refitter(*this, messages);
  for (const auto& [name, given] : weights) {
    WeightsCheck{name, given, refitter->getWeightsPrototype(name.c_str())}.run();
    const nvinfer1::Weights theirs{static_cast<nvinfer1::DataType>(given.type), given.values, given.count};
    if (!refitter->setNamedWeights(name.c_str(), theirs)) {
      TORCHTRT_THROW_ERROR("TensorRT does not take the weights \"" << name << "\". " << messages.take_errors());
    }
  }
  const auto missing =
      names_from([&](int32_t size, const char** names) { return refitter->getMissingWeights(size, names); });
  TORCHTRT_CHECK(missing.empty(), "weights that were merged with those given must be given too: " << joined(missing));
  if (!refitter->refitCudaEngine())
    TORCHTRT_THROW_ERROR("TensorRT does not refit the engine. " << messages.take_errors());
}

std::string VendorEngine::serialize() const {
  const engine::cuda::DeviceGuard guard(device_);
  MessageGatherer messages;
  const std::unique_ptr<nvinfer1::IHostMemory> bytes(engine_->serialize());
  if (bytes == nullptr) TORCHTRT_THROW_ERROR("TensorRT does not serialize the engine. " << messages.take_errors());
  return {static_cast<const char*>(bytes->data()), bytes->size()};
}

}  // namespace torch_tensorrt::backends::tensorrt
