#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tensorrt/comparison.h"
#include "tensorrt/device_run.h"
#include "torch_tensorrt/core/backends/tensorrt/run/build.h"
#include "torch_tensorrt/core/backends/tensorrt/run/execution.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/macros.h"

// Helpers for the checks.
namespace torch_tensorrt::tensorrt_test {

using namespace backends::tensorrt;
using network::Dims;
using network::INetworkDefinition;

using Floats = std::vector<float>;

inline std::string bytes_of(const Floats& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

inline Floats floats_of(const std::string& bytes) {
  Floats values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

inline std::unique_ptr<INetworkDefinition> parse(const std::string& body) {
  return network::parse_network("network \"check\" {\n" + body + "\n}\n");
}

inline std::shared_ptr<VendorEngine> build(const INetworkDefinition& network,
                                           const engine::BuildSettings& settings = test_settings()) {
  const std::string plan = build_serialized(network, settings, {}, nullptr);
  TORCHTRT_CHECK(is_serialized_engine(plan.data(), plan.size()), "the plan has not TensorRT's magic");
  return VendorEngine::load(plan.data(), plan.size(), 0);
}

// One f32 input, one f32 output.
inline Floats run(Execution& execution, const Floats& input, const Dims& dims) {
  const engine::cuda::DeviceGuard guard(0);
  DeviceTensors memory;
  const int64_t bytes = execution.set_input_dims({dims}, nullptr)[0].volume() * 4;
  const void* in = memory.add(bytes_of(input));
  void* out = memory.add(bytes);
  engine::cuda::Driver::get().synchronize(nullptr);
  execution.run(&in, &out, {});
  engine::cuda::Driver::get().synchronize(nullptr);
  return floats_of(memory.read(out, bytes));
}

inline Floats ramp(int64_t count) {
  Floats values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i) * 0.25F - 1.F);
  return values;
}

inline void expect_close(const Floats& got, const Floats& expected, float relative = 1e-5F) {
  TORCHTRT_CHECK(got.size() == expected.size(), "got " << got.size() << " elements, expected " << expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(expected[i]) && std::isnan(got[i])) continue;
    const float bound = relative * std::abs(expected[i]) + 1e-30F;
    TORCHTRT_CHECK(got[i] == expected[i] || std::abs(got[i] - expected[i]) <= bound,
                   "element " << i << " is " << got[i] << ", expected " << expected[i]);
  }
}

template <typename F>
void expect_error(F action, const std::string& part) {
  try {
    action();
  } catch (const Error& error) {
    TORCHTRT_CHECK(std::string(error.what()).find(part) != std::string::npos,
                   "the error says not \"" << part << "\" but: " << error.what());
    return;
  }
  TORCHTRT_THROW_ERROR("there is no error with \"" << part << "\"");
}

}  // namespace torch_tensorrt::tensorrt_test
