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
  network::Dims dims;                         // -1 where dynamic; of an output also where it depends on data
  std::vector<network::ProfileRange> ranges;  // inputs: one a profile
  bool on_host = false;                       // a shape tensor, whose elements TensorRT reads on the host
};

// Whether these are bytes that TensorRT serialized.
bool is_serialized_engine(const void* bytes, size_t size);

// A TensorRT engine on a device. Immutable but for refit(); any number of contexts may run it at once.
class VendorEngine {
 public:
  // Throws Error with TensorRT's message, when the bytes are damaged, or of another version, or for another GPU.
  static std::shared_ptr<VendorEngine> load(const void* bytes, size_t size, int32_t device, int32_t dla_core = -1);
  ~VendorEngine();

  const std::string& name() const { return name_; }
  int32_t device() const { return device_; }
  const std::vector<VendorTensor>& inputs() const { return inputs_; }
  const std::vector<VendorTensor>& outputs() const { return outputs_; }
  int32_t profile_count() const { return profile_count_; }
  nvinfer1::ICudaEngine& engine() const { return *engine_; }
  const Library& library() const { return *library_; }

  // Throws Error, naming the tensor, when an input or output is not dense in row-major order, or an output is on the
  // host: an engine that others built may ask for that.
  void check_plain_tensors() const;
  // What TensorRT's inspector says of the layers, as JSON.
  std::string inspect_json() const;
  bool is_refittable() const { return engine_->isRefittable(); }
  // Names of the weights that can be replaced.
  std::vector<std::string> weight_names() const;
  // Replaces weights by name, all or none. No context may run meanwhile. Throws Error on a name that the engine does
  // not know, and on weights of another dtype or number.
  void refit(const std::map<std::string, network::Weights>& weights);
  // As TensorRT's bytes, with the weights that it has now.
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
