#pragma once

#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::network {

class ILayer;
class INetworkDefinition;

// dtype and dims of a tensor; a dim of -1 is known only at run time.
struct TensorType {
  DataType dtype = DataType::kFLOAT;
  Dims dims;
};
bool operator==(const TensorType& a, const TensorType& b);

// Elements of a small integer tensor, row-major, as far as they are known before the engine runs.
// An element is a number or kUnknown.
struct ShapeValue {
  static constexpr int64_t kUnknown = INT64_MIN;
  // Larger tensors are data, not shapes.
  static constexpr int64_t kMaxElements = 64;
  std::vector<int64_t> elements;
  bool is_known() const;  // no element is kUnknown
};

// Formats need a batch, channels and at least one more dimension.
constexpr int32_t kFirstRankWithChannels = 3;

// An edge of the network: the output of exactly one layer. That layer owns it, and the address stays valid while the
// layer lives. dtype and dims are inferred from the producer on demand, so they are right after any setter.
class ITensor {
 public:
  ITensor(ILayer* producer, int32_t index) : producer_(producer), index_(index) {}
  ITensor(const ITensor&) = delete;
  ITensor& operator=(const ITensor&) = delete;

  // Names are unique within a network unless empty.
  void setName(const char* name);
  const char* getName() const { return name_.c_str(); }

  // Throws Error, naming the layer, if the producer's inputs or attributes do not fit together.
  DataType getType() const;
  Dims getDimensions() const;
  // The known elements if this is a shape computation; empty otherwise.
  const std::optional<ShapeValue>& shape_value() const;

  // Inputs only (Error otherwise).
  void setDimensions(const Dims& dims);
  void setType(DataType type);

  bool isNetworkInput() const;
  bool isNetworkOutput() const { return is_output_; }
  bool isShapeTensor() const { return shape_value().has_value(); }

  // The memory layout chosen by the layout pass.
  TensorFormat format() const { return format_; }
  void set_format(TensorFormat format) { format_ = format; }

  ILayer* producer() const { return producer_; }
  int32_t producer_output() const { return index_; }
  // One entry for each use: a layer that reads the tensor twice occurs twice.
  const std::vector<ILayer*>& consumers() const { return consumers_; }

 private:
  friend class ILayer;
  friend class INetworkDefinition;
  friend class Rewriter;
  void infer() const;
  static void infer_outputs(const ILayer& layer);

  ILayer* producer_;
  int32_t index_;
  std::string name_;
  TensorFormat format_ = TensorFormat::kLINEAR;
  bool is_output_ = false;
  std::vector<ILayer*> consumers_;
  mutable bool inferred_ = false;
  mutable TensorType type_;
  mutable std::optional<ShapeValue> shape_value_;
};

bool has_channels(const ITensor& tensor);

}  // namespace torch_tensorrt::network
