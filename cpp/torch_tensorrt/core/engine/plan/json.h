#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::engine {

// Writes JSON text: begin and end must pair, and a key comes before each value of an object.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return begin('{'); }
  JsonWriter& end_object() { return end('}'); }
  JsonWriter& begin_array() { return begin('['); }
  JsonWriter& end_array() { return end(']'); }
  JsonWriter& key(const std::string& name);
  JsonWriter& value(const std::string& text);
  JsonWriter& value(const char* text) { return value(std::string(text)); }
  JsonWriter& value(int64_t number);
  JsonWriter& value(int32_t number) { return value(static_cast<int64_t>(number)); }
  JsonWriter& value(double number);  // null when not finite
  JsonWriter& value(bool truth);
  template <typename T>
  JsonWriter& field(const std::string& name, const T& content) {
    return key(name).value(content);
  }

  const std::string& text() const { return text_; }

 private:
  JsonWriter& begin(char bracket);
  JsonWriter& end(char bracket);
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

// The text in quotes, escaped; bytes that are not UTF-8 are replaced.
std::string json_quoted(const std::string& text);

// "name": [1, 3, 224, 224]
inline void write_dims(JsonWriter& json, const char* name, const network::Dims& dims) {
  json.key(name).begin_array();
  for (int32_t i = 0; i < dims.nbDims; ++i) json.value(dims.d[i]);
  json.end_array();
}

}  // namespace torch_tensorrt::engine
