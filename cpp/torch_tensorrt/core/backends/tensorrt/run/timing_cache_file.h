#pragma once

#include <NvInfer.h>

#include <memory>
#include <string>

namespace torch_tensorrt::backends::tensorrt {

// TensorRT's timing cache in a file shared by builds, even by builds that run at the same time: times that others have
// written meanwhile are kept. Lies beside our own cache, with ".tensorrt" behind its name.
class TimingCacheFile {
 public:
  // With an empty path there is no file, only a cache of this build. A file that TensorRT does not take (damaged, or of
  // another version) is replaced, with a warning. Throws Error on a file that cannot be read.
  TimingCacheFile(const std::string& path, nvinfer1::IBuilderConfig& config);
  // Call it after the build. Only warns if it cannot write.
  void save();

 private:
  void add_to_file(const nvinfer1::ITimingCache& used);

  std::string path_;
  nvinfer1::IBuilderConfig& config_;
  std::unique_ptr<nvinfer1::ITimingCache> cache_;
};

}  // namespace torch_tensorrt::backends::tensorrt
