#include "torch_tensorrt/core/engine/tactics/onednn/post_ops.h"

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"

namespace torch_tensorrt::engine::onednn {

using network::EpilogueOp;

dnnl::primitive_attr with_epilogue(const LayerInstance& instance, size_t first, int32_t rank,
                                   const DescribeOperand& describe) {
  dnnl::post_ops ops;
  const auto& epilogue = instance.layer->epilogue();
  for (size_t i = first; i < epilogue.size(); ++i) {
    const EpilogueOp& op = epilogue[i];
    if (op.kind == EpilogueOp::Kind::kActivation) {
      const auto eltwise = *to_eltwise(op.activation, op.alpha, op.beta);
      ops.append_eltwise(eltwise.algorithm, eltwise.alpha, eltwise.beta);
    } else {
      ops.append_binary(*to_binary(op.elementwise), describe(instance.inputs[op.input], rank));
    }
  }
  auto attr = attributes();
  attr.set_post_ops(ops);
  return attr;
}

void bind_epilogue(KernelBuilder& kernel, const LayerInstance& instance, size_t first, int32_t rank,
                   const DescribeOperand& describe) {
  const auto& epilogue = instance.layer->epilogue();
  for (size_t i = first; i < epilogue.size(); ++i) {
    if (epilogue[i].kind != EpilogueOp::Kind::kElementWise) continue;
    const auto place = static_cast<int>(i - first);
    kernel.input(DNNL_ARG_ATTR_MULTIPLE_POST_OP(place) | DNNL_ARG_SRC_1,
                 describe(instance.inputs[epilogue[i].input], rank), epilogue[i].input);
  }
}

}  // namespace torch_tensorrt::engine::onednn
