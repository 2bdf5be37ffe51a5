#include "torch_tensorrt/core/network/attributes.h"

#include <xxhash.h>

#include <any>
#include <cstring>
#include <string>

#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

bool operator==(const EpilogueOp& a, const EpilogueOp& b) {
  if (a.kind != b.kind) {
    return false;
  }
  switch (a.kind) {
    case EpilogueOp::Kind::kActivation:
      return a.activation == b.activation && a.alpha == b.alpha && a.beta == b.beta;
    case EpilogueOp::Kind::kElementWise:
      return a.elementwise == b.elementwise && a.input == b.input && a.swapped == b.swapped && a.alpha == b.alpha &&
             a.beta == b.beta;
    case EpilogueOp::Kind::kDequantize:
      return a.input == b.input && a.beta == b.beta;
    case EpilogueOp::Kind::kQuantize:
      return a.type == b.type && a.alpha == b.alpha && a.beta == b.beta;
  }
  return false;
}

std::string op_name(const EpilogueOp& op) {
  switch (op.kind) {
    case EpilogueOp::Kind::kActivation:
      return enum_name(op.activation);
    case EpilogueOp::Kind::kElementWise:
      return enum_name(op.elementwise);
    case EpilogueOp::Kind::kDequantize:
      return "dequantize";
    case EpilogueOp::Kind::kQuantize:
      return "quantize";
  }
  return "unknown";
}

void AttributeVisitor::check_range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) {
    TORCHTRT_THROW_ERROR("attribute " << name << " is " << value << ", must be in " << low << ".." << high);
  }
}

namespace {

// Records every value in order.
class Recorder final : public AttributeVisitor {
 public:
  void visit(const char* /*name*/, bool& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, int64_t& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, double& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, std::optional<double>& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, std::string& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, Dims& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, std::vector<int64_t>& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, std::vector<double>& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, Weights& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, Epilogue& value) override { values_.emplace_back(value); }
  void visit_enum(const char* /*name*/, int32_t& value, const EnumTable& /*table*/) override {
    values_.emplace_back(value);
  }

  const std::vector<std::any>& values() const { return values_; }

 private:
  std::vector<std::any> values_;
};

// Plays the recorded values back in the same order.
class Player final : public AttributeVisitor {
 public:
  explicit Player(const std::vector<std::any>& values) : values_(values) {}

  void visit(const char* /*name*/, bool& value) override { play(value); }
  void visit(const char* /*name*/, int64_t& value) override { play(value); }
  void visit(const char* /*name*/, double& value) override { play(value); }
  void visit(const char* /*name*/, std::optional<double>& value) override { play(value); }
  void visit(const char* /*name*/, std::string& value) override { play(value); }
  void visit(const char* /*name*/, Dims& value) override { play(value); }
  void visit(const char* /*name*/, std::vector<int64_t>& value) override { play(value); }
  void visit(const char* /*name*/, std::vector<double>& value) override { play(value); }
  void visit(const char* /*name*/, Weights& value) override { play(value); }
  void visit(const char* /*name*/, Epilogue& value) override { play(value); }
  void visit_enum(const char* /*name*/, int32_t& value, const EnumTable& /*table*/) override { play(value); }

 private:
  template <typename T>
  void play(T& value) {
    const T* next = next_ < values_.size() ? std::any_cast<T>(&values_[next_]) : nullptr;
    TORCHTRT_ASSERT(next != nullptr, "layers of one kind state the same attributes in the same order");
    value = *next;
    ++next_;
  }

  const std::vector<std::any>& values_;
  size_t next_ = 0;
};

}  // namespace

void copy_attributes(const ILayer& from, ILayer& to) {
  TORCHTRT_ASSERT(from.getType() == to.getType(), "attributes are copied between layers of one kind");
  Recorder recorder;
  read_attributes(from, recorder);
  Player player(recorder.values());
  write_attributes(to, player);
}

namespace {

// Writes every attribute as bytes behind its name and its length, so that different layers give different bytes.
class Serializer final : public AttributeVisitor {
 public:
  explicit Serializer(LayerType type) { put_plain(static_cast<int32_t>(type)); }

  void visit(const char* name, bool& value) override { put(name, value); }
  void visit(const char* name, int64_t& value) override { put(name, value); }
  void visit(const char* name, double& value) override { put(name, value); }
  void visit(const char* name, std::optional<double>& value) override {
    put_bytes(name, value ? &*value : nullptr, value ? sizeof(double) : 0);
  }
  void visit(const char* name, std::string& value) override { put_bytes(name, value.data(), value.size()); }
  void visit(const char* name, Dims& value) override {
    put_bytes(name, value.d, sizeof(int64_t) * static_cast<size_t>(value.nbDims));
  }
  void visit(const char* name, std::vector<int64_t>& value) override {
    put_bytes(name, value.data(), sizeof(int64_t) * value.size());
  }
  void visit(const char* name, std::vector<double>& value) override {
    put_bytes(name, value.data(), sizeof(double) * value.size());
  }
  void visit(const char* name, Weights& value) override {
    put(name, static_cast<int32_t>(value.type));
    put_plain(value.count);
    weights_.push_back(value);
  }
  void visit(const char* name, Epilogue& value) override {
    put(name, static_cast<int64_t>(value.size()));
    for (const EpilogueOp& op : value) {
      put_op(op);
    }
  }
  void visit_enum(const char* name, int32_t& value, const EnumTable& /*table*/) override { put(name, value); }

  const std::string& bytes() const { return bytes_; }
  const std::vector<Weights>& weights() const { return weights_; }

 private:
  void put_op(const EpilogueOp& op) {
    put_plain(static_cast<int32_t>(op.kind));
    switch (op.kind) {
      case EpilogueOp::Kind::kActivation:
        put_plain(static_cast<int32_t>(op.activation));
        put_plain(op.alpha);
        put_plain(op.beta);
        break;
      case EpilogueOp::Kind::kElementWise:
        put_plain(static_cast<int32_t>(op.elementwise));
        put_plain(op.input);
        put_plain(op.swapped);
        if (op.alpha != 0) {
          put_plain(op.alpha);
          put_plain(op.beta);
        }
        break;
      case EpilogueOp::Kind::kDequantize:
        put_plain(op.input);
        put_plain(op.beta);
        break;
      case EpilogueOp::Kind::kQuantize:
        put_plain(static_cast<int32_t>(op.type));
        put_plain(op.alpha);
        put_plain(op.beta);
        break;
    }
  }

  template <typename T>
  void put_plain(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  template <typename T>
  void put(const char* name, T value) {
    put_bytes(name, &value, sizeof(value));
  }
  void put_bytes(const char* name, const void* data, size_t size) {
    bytes_.append(name, std::strlen(name) + 1);
    put_plain(static_cast<uint64_t>(size));
    bytes_.append(static_cast<const char*>(data), size);
  }

  std::string bytes_;
  std::vector<Weights> weights_;
};

Serializer serialized(const ILayer& layer) {
  Serializer serializer(layer.getType());
  read_attributes(layer, serializer);
  return serializer;
}

bool same_weights(const Weights& a, const Weights& b) {
  if (a.type != b.type || a.count != b.count) {
    return false;
  }
  return a.values == b.values || a.count == 0 || std::memcmp(a.values, b.values, static_cast<size_t>(a.bytes())) == 0;
}

}  // namespace

uint64_t hash_layer(const ILayer& layer, bool with_weight_values) {
  const Serializer serializer = serialized(layer);
  uint64_t hash = XXH3_64bits(serializer.bytes().data(), serializer.bytes().size());
  if (!with_weight_values) {
    return hash;
  }
  for (const Weights& weights : serializer.weights()) {
    if (weights.count > 0) {
      hash = XXH3_64bits_withSeed(weights.values, static_cast<size_t>(weights.bytes()), hash);
    }
  }
  return hash;
}

bool same_attributes(const ILayer& a, const ILayer& b) {
  if (a.getType() != b.getType()) {
    return false;
  }
  const Serializer left = serialized(a);
  const Serializer right = serialized(b);
  if (left.bytes() != right.bytes()) {
    return false;
  }
  for (size_t i = 0; i < left.weights().size(); ++i) {
    if (!same_weights(left.weights()[i], right.weights()[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace torch_tensorrt::network
