#pragma once

#include <NvInfer.h>

#include <memory>
#include <string>

namespace torch_tensorrt::backends::tensorrt {

// TensorRT's timing cache in a file that builds share, also builds that run at the same time: what another has written
// meanwhile is kept. Lies beside our own cache, with ".tensorrt" behind its name.
class TimingCacheFile {
 public:
  // Empty path: no file, a cache of this build alone. A file that TensorRT does not take (of another version, or
  // damaged) is replaced, with a warning. Throws Error on one that cannot be read.
  TimingCacheFile(const std::string& path, nvinfer1::IBuilderConfig& config);
  // After the build. Failing to write is a warning.
  void save();

 private:
  void add_to_file(const nvinfer1::ITimingCache& used);

  std::string path_;
  nvinfer1::IBuilderConfig& config_;
  std::unique_ptr<nvinfer1::ITimingCache> cache_;
};

}  // namespace torch_tensorrt::backends::tensorrt
