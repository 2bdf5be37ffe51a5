#include "torch_tensorrt/core/save_module.h"

#include "torch/csrc/jit/serialization/export.h"

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"

namespace torch_tensorrt::core {

// Does not let PyTorch see a failed write, because PyTorch would end the process.
void save_module(const torch::jit::Module& module, const std::string& path,
                 const torch::jit::ExtraFilesMap& extra_files) {
  util::OutputFile file(path);
  const auto write = [&](const void* bytes, size_t count) {
    file.write(bytes, count);
    return count;
  };
  torch::jit::ExportModule(module, write, extra_files);
  const Decision written = file.commit();
  if (!written) TORCHTRT_THROW_ERROR("cannot write " << path << ": " << written.reason());
}

}  // namespace torch_tensorrt::core
