#include "torch_tensorrt/core/util/jit_quantization.h"

#include <set>

#include "torch_tensorrt/core/util/jit_util.h"

namespace torch_tensorrt::core::util {

bool is_quantization(const torch::jit::Node* n) {
  static const std::set<c10::Symbol> kDecomposed = [] {
    std::set<c10::Symbol> kinds;
    for (const char* name :
         {"quantize_per_tensor", "quantize_per_channel", "dequantize_per_tensor", "dequantize_per_channel"}) {
      kinds.insert(c10::Symbol::fromQualString(std::string("quantized_decomposed::") + name));
    }
    return kinds;
  }();
  return is_fake_quantize(n) || kDecomposed.count(n->kind()) != 0;
}

}  // namespace torch_tensorrt::core::util
