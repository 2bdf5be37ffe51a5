#pragma once

#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/ir/ir.h"
#include "torch_tensorrt/core/network/nvinfer1.h"
#include "torch_tensorrt/core/util/decision.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/trt_util.h"

namespace torch_tensorrt::core::conversion {

// How an engine is built.
struct BuilderSettings : Settings {
  std::set<nvinfer1::DataType> enabled_precisions;  // empty: float
  ir::Device device;
  nvinfer1::EngineCapability capability = nvinfer1::EngineCapability::kSTANDARD;
  std::string name;  // of the engine
  friend std::ostream& operator<<(std::ostream& os, const BuilderSettings& settings);
};
// The same for the engine library.
engine::BuildSettings build_settings(const BuilderSettings& settings);

// The state of one conversion: the network as it grows, and what each value of the graph stands for in it.
struct ConversionCtx {
  // Throws Error for a device that is not there or a setting that the device does not have.
  explicit ConversionCtx(BuilderSettings settings);
  ~ConversionCtx();
  ConversionCtx(const ConversionCtx&) = delete;
  ConversionCtx& operator=(const ConversionCtx&) = delete;

  // Builds the network and gives the engine's bytes. The network is used up.
  std::string SerializeEngine();
  // Whether the backend that is asked for takes every layer of the network as it is now.
  Decision decide_backend() const;
  // The same for one layer, without its name.
  Decision decide_backend(const nvinfer1::ILayer& layer) const;
  // From now on the value stands for the tensor, which is named after it unless it has a name. Returns the tensor.
  nvinfer1::ITensor* AssociateValueAndTensor(const torch::jit::Value* value, nvinfer1::ITensor* tensor);
  void RecordNewITensor(const torch::jit::Value* value, nvinfer1::ITensor* tensor);
  // From now on the value stands for what is known. The pointer is good as long as the context.
  torch::jit::IValue* AssociateValueAndIValue(const torch::jit::Value* value, torch::jit::IValue ivalue);
  // Whether every output of the node stands for something.
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
  // Freed with malloc's free when the context dies, for converters that allocate weights themselves.
  std::vector<void*> builder_resources;
  std::unordered_map<const torch::jit::Value*, nvinfer1::ITensor*> value_tensor_map;
  std::unordered_map<const torch::jit::Value*, torch::jit::IValue> evaluated_value_map;
  std::unordered_set<nvinfer1::ITensor*> seen_itensors;

  // The node that is being converted: every layer that is added is named after it and given its Python line.
  const torch::jit::Node* current_node = nullptr;

 private:
  std::string unused_name(const std::string& wanted);

  std::unordered_map<std::string, int64_t> name_uses_;  // of names given to tensors
};

}  // namespace torch_tensorrt::core::conversion
