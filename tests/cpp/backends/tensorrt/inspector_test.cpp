#include "torch_tensorrt/core/backends/tensorrt/run/inspector.h"

#include <gtest/gtest.h>

namespace torch_tensorrt::backends::tensorrt {
namespace {

std::string layers(const std::string& inspection) {
  engine::JsonWriter json;
  json.begin_object();
  write_layers(inspection, json);
  return json.end_object().text();
}

TEST(TensorRTInspector, TakesNames) {
  EXPECT_EQ(layers(R"({"Layers": ["conv1 + relu", "fc"], "Bindings": ["x", "y"]})"),
            R"({"layers":[{"name":"conv1 + relu"},{"name":"fc"}],"Layers":["conv1 + relu","fc"]})");
}

TEST(TensorRTInspector, TakesDetails) {
  EXPECT_EQ(
      layers(R"({"Layers": [{"Name": "fc", "LayerType": "gemm", "TacticName": "sm90_gemm", "Metadata": "m.py:3",
                       "Outputs": [{"Name": "y", "Format/Datatype": "Row major linear FP16"}]}, {"Name": 3}]})"),
      R"({"layers":[{"name":"fc","kind":"gemm","tactic":"sm90_gemm","format":"Row major linear FP16",)"
      R"("source":"m.py:3"},{"name":"","kind":"","tactic":"","format":"","source":""}],)"
      R"("Layers":[{"LayerType":"gemm","Metadata":"m.py:3","Name":"fc",)"
      R"("Outputs":[{"Format/Datatype":"Row major linear FP16","Name":"y"}],"TacticName":"sm90_gemm"},{"Name":3}]})");
}

TEST(TensorRTInspector, GivesNoLayersForOtherText) {
  for (const char* text : {"", "no json", "[1, 2]", "{}", R"({"Layers": 3})"}) {
    EXPECT_EQ(layers(text), R"({"layers":[],"Layers":[]})") << text;
  }
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
