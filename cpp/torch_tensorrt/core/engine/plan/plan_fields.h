#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/engine/plan/plan_generated.h"
#include "torch_tensorrt/core/network/attributes.h"

namespace torch_tensorrt::engine {

// Kinds of a plan's target. A DLA core has the kind of its GPU, and a number.
constexpr int32_t kCpuTarget = 0;
constexpr int32_t kGpuTarget = 1;

// ---- reading what the FlatBuffers verifier has let pass: any field may still be missing --------------------------

inline std::string read_text(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

// Copies byte for byte: the verifier does not look at the alignment of a vector's elements.
template <typename T>
std::vector<T> read_list(const flatbuffers::Vector<T>* list) {
  static_assert(FLATBUFFERS_LITTLEENDIAN, "the file's numbers are little-endian");
  std::vector<T> values(list == nullptr ? 0 : list->size());
  if (!values.empty()) std::memcpy(values.data(), list->Data(), values.size() * sizeof(T));
  return values;
}

// Throws Error above Dims::MAX_DIMS.
network::Dims read_dims(const flatbuffers::Vector<int64_t>* list);

// Value of an enumerator from its name. Throws Error with the name of the type.
int32_t read_enum(const flatbuffers::String* name, const network::EnumTable& table);
template <typename E>
E read_enum(const flatbuffers::String* name) {
  return static_cast<E>(read_enum(name, network::enum_table<E>()));
}

// Throws Error for an integer attribute of a plan beyond 32 bits: within them, sums and products of two attributes
// never overflow while shapes are inferred.
void check_attribute(const char* name, int64_t value);
void check_attribute(const char* name, const network::Dims& dims);

// Assigns the attributes of one layer from the plan's table. Throws Error if one is missing or of another kind.
class AttributeReader final : public network::AttributeVisitor {
 public:
  // Finds the memory of some weights.
  using FindWeights = std::function<network::Weights(const fb::WeightsRef&)>;

  AttributeReader(const fb::Layer& layer, FindWeights find_weights);

  void visit(const char* name, bool& value) override;
  void visit(const char* name, int64_t& value) override;
  void visit(const char* name, double& value) override;
  void visit(const char* name, std::optional<double>& value) override;
  void visit(const char* name, std::string& value) override;
  void visit(const char* name, network::Dims& value) override;
  void visit(const char* name, std::vector<int64_t>& value) override;
  void visit(const char* name, std::vector<double>& value) override;
  void visit(const char* name, network::Weights& value) override;
  void visit(const char* name, network::Epilogue& value) override;
  void visit_enum(const char* name, int32_t& value, const network::EnumTable& table) override;

 private:
  template <typename T>
  const T& find(const char* name) const;
  // The attribute in the kind that files of format 2 used for it; null if it has another kind.
  template <typename T>
  const T* find_old(const char* name) const;

  std::unordered_map<std::string, const fb::Attribute*> attributes_;
  FindWeights find_weights_;
};

// The settings recorded in a plan. The name, the target and the number of specializations have fields of their own;
// paths and settings that only observe a build (dumps) are left out.
flatbuffers::Offset<fb::Settings> write_settings(flatbuffers::FlatBufferBuilder& buffer, const BuildSettings& settings);
// Throws Error on names that are unknown to this library.
BuildSettings read_settings(const fb::Settings& table);

}  // namespace torch_tensorrt::engine
