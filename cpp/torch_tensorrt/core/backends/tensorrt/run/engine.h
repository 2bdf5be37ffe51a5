#pragma once

#include <NvInferRuntime.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/backends/tensorrt/loader.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::backends::tensorrt {

// An input or output of a TensorRT engine.
struct VendorTensor {
  std::string name;
  network::DataType dtype = network::DataType::kFLOAT;
  network::Dims dims;                         // -1 where dynamic; for outputs also where data decides
  std::vector<network::ProfileRange> ranges;  // inputs: one for each profile
  bool on_host = false;                       // a shape tensor: TensorRT reads its elements on the host
};

// Whether TensorRT serialized these bytes.
bool is_serialized_engine(const void* bytes, size_t size);

// A TensorRT engine on a device. Immutable except for refit(); any number of contexts may run it at once.
class VendorEngine {
 public:
  // Throws Error with TensorRT's message if the bytes are damaged, of another version, or for another GPU.
  static std::shared_ptr<VendorEngine> load(const void* bytes, size_t size, int32_t device, int32_t dla_core = -1);
  ~VendorEngine();

  const std::string& name() const { return name_; }
  int32_t device() const { return device_; }
  const std::vector<VendorTensor>& inputs() const { return inputs_; }
  const std::vector<VendorTensor>& outputs() const { return outputs_; }
  int32_t profile_count() const { return profile_count_; }
  nvinfer1::ICudaEngine& engine() const { return *engine_; }
  const Library& library() const { return *library_; }

  // Throws Error, naming the tensor, if an input or output is not dense in row-major order, or an output is on the
  // host. Engines built by others may have these.
  void check_plain_tensors() const;
  // The report of TensorRT's inspector on the layers, as JSON.
  std::string inspect_json() const;
  bool is_refittable() const { return engine_->isRefittable(); }
  // Names of the weights that can be replaced.
  std::vector<std::string> weight_names() const;
  // Replaces weights by name, all or none. No context may run meanwhile. Throws Error on a name that the engine does
  // not have, and on weights of another dtype or count.
  void refit(const std::map<std::string, network::Weights>& weights);
  // TensorRT's bytes of the engine with its current weights.
  std::string serialize() const;

 private:
  VendorEngine(std::shared_ptr<const Library> library, nvinfer1::ICudaEngine* engine, int32_t device);
  VendorTensor describe(const char* name) const;
  void add_values(VendorTensor& tensor, int32_t profile) const;

  std::shared_ptr<const Library> library_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  int32_t device_;
  std::string name_;
  int32_t profile_count_ = 1;
  std::vector<VendorTensor> inputs_;
  std::vector<VendorTensor> outputs_;
};

}  // namespace torch_tensorrt::backends::tensorrt
