// A converter for an operator that already has one. After this library is loaded, this converter takes precedence.
#include "torch/script.h"
#include "torch_tensorrt/core/conversion/converters/converters.h"
#include "torch_tensorrt/torch_tensorrt.h"

static auto flatten_converter = torch_tensorrt::core::conversion::converters::RegisterNodeConversionPatterns().pattern(
    {"aten::flatten.using_ints(Tensor self, int start_dim=0, int end_dim=-1) -> (Tensor)",
     [](torch_tensorrt::core::conversion::ConversionCtx* ctx, const torch::jit::Node* n,
        torch_tensorrt::core::conversion::converters::args& args) -> bool {
       auto in = args[0].ITensor();
       auto start_dim = args[1].unwrapToInt();
       auto end_dim = args[2].unwrapToInt();
       auto in_shape = torch_tensorrt::core::util::toVec(in->getDimensions());
       auto out_shape = torch::flatten(torch::rand(in_shape), start_dim, end_dim).sizes();

       auto shuffle = ctx->net->addShuffle(*in);
       shuffle->setReshapeDimensions(torch_tensorrt::core::util::toDims(out_shape));
       shuffle->setName(torch_tensorrt::core::util::node_info(n).c_str());

       auto out_tensor = ctx->AssociateValueAndTensor(n->outputs()[0], shuffle->getOutput(0));
       return true;
     }});
