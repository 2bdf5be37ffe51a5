#include "torch_tensorrt/core/util/build_info.h"

#include <sstream>

#include "torch/version.h"

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/macros.h"

namespace torch_tensorrt::core::util {

std::string get_build_info() {
  std::ostringstream text;
  text << "Torch-TensorRT Version: " << TORCH_TENSORRT_VERSION << "\nPyTorch Version (built with): " << TORCH_VERSION
       << "\nCompiler: " << __VERSION__ << "\nTactic sources:";
  std::string last;
  for (const auto* tactic : engine::TacticRegistry::global().all()) {
    const std::string name = tactic->name();
    const std::string source = name.substr(0, name.find('.'));
    if (source != last) text << ' ' << source;
    last = source;
  }
  text << "\nCPU: " << engine::describe_target({}).isa << '\n';
  return text.str();
}

}  // namespace torch_tensorrt::core::util
