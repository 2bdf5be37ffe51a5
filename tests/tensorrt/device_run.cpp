#include "tensorrt/device_run.h"

#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/run/build.h"
#include "torch_tensorrt/core/backends/tensorrt/run/execution.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::tensorrt_test {

using engine::cuda::Driver;
using network::DataType;

engine::BuildSettings test_settings() {
  engine::BuildSettings settings;
  settings.device.device_type = network::DeviceType::kGPU;
  settings.disable_tf32 = true;
  settings.optimization_level = 0;
  return settings;
}

DeviceTensors::~DeviceTensors() {
  for (void* block : blocks_) Driver::get().release(block);
}

void* DeviceTensors::add(int64_t bytes) {
  blocks_.push_back(Driver::get().allocate(std::max<int64_t>(bytes, 1)));
  return blocks_.back();
}

void* DeviceTensors::add(const std::string& bytes) {
  void* block = add(static_cast<int64_t>(bytes.size()));
  Driver::get().copy_to_device(block, bytes.data(), static_cast<int64_t>(bytes.size()), nullptr);
  return block;
}

std::string DeviceTensors::read(void* memory, int64_t bytes) const {
  std::string result(static_cast<size_t>(bytes), '\0');
  Driver::get().copy_to_host(result.data(), memory, bytes, nullptr);
  Driver::get().synchronize(nullptr);
  return result;
}

std::string build_and_run(const FileCase& row, const engine::BuildSettings& settings) {
  using namespace backends::tensorrt;
  const auto network = network::parse_network(row.network);
  const std::string plan = build_serialized(*network, settings, {}, nullptr);
  const auto engine = VendorEngine::load(plan.data(), plan.size(), 0);
  const engine::cuda::DeviceGuard guard(0);
  Execution execution(engine);
  DeviceTensors memory;
  std::vector<network::Dims> dims;
  std::vector<const void*> inputs;
  for (const VendorTensor& input : engine->inputs()) {
    for (const CaseTensor& given : row.inputs) {
      if (given.name != input.name) continue;
      dims.emplace_back(given.dims);
      inputs.push_back(memory.add(given.bytes));
    }
  }
  const auto& output_dims = execution.set_input_dims(dims, nullptr);
  const network::DataType dtype = engine->outputs()[0].dtype;
  const int64_t bytes = output_dims[0].volume() * network::element_size(dtype);
  void* output = memory.add(bytes);
  Driver::get().synchronize(nullptr);
  const engine::cuda::Stream stream;
  execution.run(inputs.data(), &output, {stream.handle()});
  Driver::get().synchronize(stream.handle());
  if (output_dims[0].to_vector() != row.expected.dims) {
    TORCHTRT_THROW_ERROR("the output has the dims " << network::to_string(output_dims[0]) << ", expected "
                                                    << network::to_string(network::Dims(row.expected.dims)));
  }
  return memory.read(output, bytes);
}

}  // namespace torch_tensorrt::tensorrt_test
