#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::network {

inline void PrintTo(const Dims& dims, std::ostream* stream) { *stream << to_string(dims); }
inline void PrintTo(DataType type, std::ostream* stream) { *stream << enum_name(type); }

// Passes if the statement throws Error with a matching message.
#define EXPECT_ERROR(statement, matcher)                                   \
  do {                                                                     \
    try {                                                                  \
      (void)(statement);                                                   \
      ADD_FAILURE() << "no error from " #statement;                        \
    } catch (const ::torch_tensorrt::Error& error_) {                      \
      EXPECT_THAT(error_.msg(), ::torch_tensorrt::network::says(matcher)); \
    }                                                                      \
  } while (0)

inline ::testing::Matcher<const std::string&> says(const char* part) { return ::testing::HasSubstr(part); }

// The network owns the memory of the weights.
template <typename T>
Weights own(INetworkDefinition& network, DataType type, const std::vector<T>& values) {
  return network.own(type, values.data(), static_cast<int64_t>(values.size()));
}
inline Weights floats(INetworkDefinition& network, int64_t count) {
  return own(network, DataType::kFLOAT, std::vector<float>(static_cast<size_t>(count), 1.F));
}
inline ITensor& constant(INetworkDefinition& network, const std::vector<int64_t>& values,
                         DataType type = DataType::kINT64) {
  const Dims dims{static_cast<int64_t>(values.size())};
  if (type == DataType::kINT32) {
    return *network.addConstant(dims, own(network, type, std::vector<int32_t>(values.begin(), values.end())))
                ->getOutput(0);
  }
  return *network.addConstant(dims, own(network, type, values))->getOutput(0);
}

constexpr int64_t kUnknown = ShapeValue::kUnknown;

// The known elements of the tensor; fails the test if none is known.
inline std::vector<int64_t> value_of(const ITensor& tensor) {
  EXPECT_TRUE(tensor.shape_value().has_value());
  return tensor.shape_value() ? tensor.shape_value()->elements : std::vector<int64_t>{};
}

// A network with one f32 input.
class LayerTest : public ::testing::Test {
 protected:
  ITensor& input(const Dims& dims, DataType type = DataType::kFLOAT) {
    return *network_.addInput(("in" + std::to_string(network_.getNbInputs())).c_str(), type, dims);
  }
  static Dims dims_of(const ILayer* layer) { return layer->getOutput(0)->getDimensions(); }
  static DataType type_of(const ILayer* layer) { return layer->getOutput(0)->getType(); }

  INetworkDefinition network_;
};

}  // namespace torch_tensorrt::network
