#pragma once

#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/build_settings.h"
#include "torch_tensorrt/core/compat/ir.h"
#include "torch_tensorrt/core/compat/prelude.h"
#include "torch_tensorrt/core/util/jit_types.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::conversion {

// BuildSettings with the defaults of Torch-TensorRT: a GPU, and no precisions, which stands for float.
struct BuilderSettings : engine::BuildSettings {
  BuilderSettings() {
    device = ir::Device();
    enabled_precisions.clear();
  }
  friend std::ostream& operator<<(std::ostream& os, const BuilderSettings& settings);
};

// The state of one conversion: the growing network, and the tensor or known value of each graph value.
struct ConversionCtx {
  // Throws Error if the device is missing or does not support a setting.
  explicit ConversionCtx(BuilderSettings settings);
  ~ConversionCtx();
  ConversionCtx(const ConversionCtx&) = delete;
  ConversionCtx& operator=(const ConversionCtx&) = delete;

  // Builds the network and returns the engine's bytes. Consumes the network.
  std::string SerializeEngine();
  // Makes the tensor the result of the value, and names an unnamed tensor after the value. Returns the tensor.
  nvinfer1::ITensor* AssociateValueAndTensor(const torch::jit::Value* value, nvinfer1::ITensor* tensor);
  void RecordNewITensor(const torch::jit::Value* value, nvinfer1::ITensor* tensor);
  // Makes the known value the result of the graph value. The pointer is valid as long as the context lives.
  torch::jit::IValue* AssociateValueAndIValue(const torch::jit::Value* value, torch::jit::IValue ivalue);
  // Whether every used output of the node has a tensor or a known value.
  bool CheckLayerAddition(const torch::jit::Node* n);

  uint64_t num_inputs = 0;
  uint64_t num_outputs = 0;
  bool input_is_dynamic = false;
  std::shared_ptr<nvinfer1::IBuilder> builder;
  std::shared_ptr<nvinfer1::INetworkDefinition> net;
  std::shared_ptr<nvinfer1::IBuilderConfig> cfg;
  std::set<nvinfer1::DataType> enabled_precisions;
  BuilderSettings settings;
  util::logging::TorchTRTLogger logger;
  // For converters that allocate weights themselves: the context releases these with free() at the end of its life.
  std::vector<void*> builder_resources;
  std::unordered_map<const torch::jit::Value*, nvinfer1::ITensor*> value_tensor_map;
  std::unordered_map<const torch::jit::Value*, torch::jit::IValue> evaluated_value_map;
  std::unordered_set<nvinfer1::ITensor*> seen_itensors;

  // The node being converted. Every added layer is named after this node and gets its Python line.
  const torch::jit::Node* current_node = nullptr;

 private:
  std::string unused_name(const std::string& wanted);

  std::unordered_map<std::string, int64_t> name_uses_;  // how often each tensor name was used
};

}  // namespace torch_tensorrt::core::conversion
