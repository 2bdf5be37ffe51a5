// Runs TensorRT alone on an ONNX file, for benchmarks/gpu.py. It is a shared library with a few C functions, so that
// the same Python loop times both in one process. Failures print to stderr and return null or a status other than 0;
// returned strings live as long as the engine.

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

// TensorRT's own calibration is deprecated; it is the alternative to our quantize layers.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

using nvinfer1::TensorIOMode;

class StderrLogger final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kERROR) std::fprintf(stderr, "TensorRT: %s\n", message);
  }
};

StderrLogger& logger() {
  static StderrLogger instance;
  return instance;
}

std::vector<char> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool write_file(const char* path, const nvinfer1::IHostMemory& memory) {
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(memory.data()), static_cast<std::streamsize>(memory.size()));
  return static_cast<bool>(file);
}

int64_t bytes_of(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kINT64:
      return 8;
    case nvinfer1::DataType::kFLOAT:
    case nvinfer1::DataType::kINT32:
      return 4;
    case nvinfer1::DataType::kHALF:
    case nvinfer1::DataType::kBF16:
      return 2;
    case nvinfer1::DataType::kINT8:
    case nvinfer1::DataType::kUINT8:
    case nvinfer1::DataType::kBOOL:
    case nvinfer1::DataType::kFP8:
    case nvinfer1::DataType::kINT4:
      break;
  }
  return 1;
}

struct Alone {
  std::unique_ptr<nvinfer1::IRuntime> runtime;
  std::unique_ptr<nvinfer1::ICudaEngine> engine;
  std::unique_ptr<nvinfer1::IExecutionContext> context;
  std::string layers;
};

// The timing cache of a file, which need not exist yet.
std::unique_ptr<nvinfer1::ITimingCache> use_cache(nvinfer1::IBuilderConfig& config, const char* path) {
  const std::vector<char> bytes = read_file(path);
  std::unique_ptr<nvinfer1::ITimingCache> cache(config.createTimingCache(bytes.data(), bytes.size()));
  if (cache != nullptr) config.setTimingCache(*cache, /*ignoreMismatch=*/false);
  return cache;
}

// Feeds TensorRT's own calibration with batches that lie on the GPU.
class Batches final : public nvinfer1::IInt8EntropyCalibrator2 {
 public:
  Batches(const void* const* batches, int count, int batch_size)
      : batches_(batches), count_(count), batch_size_(batch_size) {}
  int32_t getBatchSize() const noexcept override { return batch_size_; }
  bool getBatch(void* bindings[], const char* /*names*/[], int32_t inputs) noexcept override {
    if (inputs != 1 || next_ == count_) return false;
    bindings[0] = const_cast<void*>(batches_[next_++]);
    return true;
  }
  const void* readCalibrationCache(std::size_t& length) noexcept override {
    length = 0;
    return nullptr;
  }
  void writeCalibrationCache(const void* /*cache*/, std::size_t /*length*/) noexcept override {}

 private:
  const void* const* batches_;
  int count_;
  int batch_size_;
  int next_ = 0;
};

}  // namespace

extern "C" {

// Returns the seconds of the build, without making the builder; below 0 on failure. fp16 != 0 allows fp16 beside fp32;
// batches of the only input allow int8 too, calibrated with them (entropy 2). The time of a kernel is the average of
// timing_iterations runs.
double alone_build(const char* onnx, int fp16, const void* const* batches, int batch_count, int batch_size,
                   int timing_iterations, const char* timing_cache, const char* plan) {
  const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger()));
  if (builder == nullptr) return -1;
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
  const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger()));
  if (parser == nullptr || !parser->parseFromFile(onnx, static_cast<int>(nvinfer1::ILogger::Severity::kERROR))) {
    return -1;
  }
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  if (fp16 != 0) config->setFlag(nvinfer1::BuilderFlag::kFP16);
  config->setAvgTimingIterations(timing_iterations);
  Batches calibration(batches, batch_count, batch_size);
  if (batch_count > 0) {
    config->setFlag(nvinfer1::BuilderFlag::kINT8);
    config->setInt8Calibrator(&calibration);
  }
  const auto cache = use_cache(*config, timing_cache);
  const auto start = std::chrono::steady_clock::now();
  const std::unique_ptr<nvinfer1::IHostMemory> built(builder->buildSerializedNetwork(*network, *config));
  if (built == nullptr || !write_file(plan, *built)) return -1;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (cache != nullptr) {
    const std::unique_ptr<nvinfer1::IHostMemory> times(cache->serialize());
    if (times == nullptr || !write_file(timing_cache, *times)) return -1;
  }
  return seconds;
}

void* alone_open(const char* plan) {
  const std::vector<char> bytes = read_file(plan);
  auto alone = std::make_unique<Alone>();
  alone->runtime.reset(nvinfer1::createInferRuntime(logger()));
  if (alone->runtime == nullptr) return nullptr;
  alone->engine.reset(alone->runtime->deserializeCudaEngine(bytes.data(), bytes.size()));
  if (alone->engine == nullptr) return nullptr;
  alone->context.reset(alone->engine->createExecutionContext());
  if (alone->context == nullptr) return nullptr;
  return alone.release();
}

int alone_tensor_count(void* alone) { return static_cast<Alone*>(alone)->engine->getNbIOTensors(); }
const char* alone_tensor(void* alone, int index) { return static_cast<Alone*>(alone)->engine->getIOTensorName(index); }
int alone_is_input(void* alone, const char* tensor) {
  return static_cast<Alone*>(alone)->engine->getTensorIOMode(tensor) == TensorIOMode::kINPUT ? 1 : 0;
}

// The bytes of a tensor with a fixed shape.
int64_t alone_tensor_bytes(void* alone, const char* tensor) {
  const nvinfer1::ICudaEngine& engine = *static_cast<Alone*>(alone)->engine;
  const nvinfer1::Dims dims = engine.getTensorShape(tensor);
  int64_t bytes = bytes_of(engine.getTensorDataType(tensor));
  for (int i = 0; i < dims.nbDims; ++i) bytes *= dims.d[i];
  return bytes;
}

int alone_bind(void* alone, const char* tensor, void* memory) {
  return static_cast<Alone*>(alone)->context->setTensorAddress(tensor, memory) ? 0 : 1;
}
int alone_enqueue(void* alone, void* stream) {
  return static_cast<Alone*>(alone)->context->enqueueV3(static_cast<cudaStream_t>(stream)) ? 0 : 1;
}

// The layers of the engine as JSON text.
const char* alone_layers(void* alone) {
  Alone& own = *static_cast<Alone*>(alone);
  const std::unique_ptr<nvinfer1::IEngineInspector> inspector(own.engine->createEngineInspector());
  if (inspector == nullptr) return "{}";
  own.layers = inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
  return own.layers.c_str();
}

void alone_close(void* alone) { delete static_cast<Alone*>(alone); }

}  // extern "C"
