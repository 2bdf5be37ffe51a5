#include "torch_tensorrt/core/lowering/passes/quantized_forms.h"

#include <set>

namespace torch_tensorrt::core::lowering::passes {

const std::map<std::string, FloatForm>& float_forms() {
  static const std::map<std::string, FloatForm> kForms = {
      {"quantized::add", {"aten::add", {0, 1}, 2, 2}},
      {"quantized::add_relu", {"aten::add", {0, 1}, 2, 2, true}},
      {"quantized::mul", {"aten::mul", {0, 1}, 2, 2}},
      {"quantized::mul_relu", {"aten::mul", {0, 1}, 2, 2, true}},
      {"quantized::matmul", {"aten::matmul", {0, 1}, 2, 2}},
      {"quantized::celu", {"aten::celu", {0, 3}, 1, 1}},
      {"quantized::elu", {"aten::elu", {0, 3, 4, 5}, 1, 1}},
      {"quantized::hardswish", {"aten::hardswish", {0}, 1, 1}},
      {"quantized::leaky_relu", {"aten::leaky_relu", {0, 1}, 1, 3}},
      {"quantized::sigmoid", {"aten::sigmoid", {0}, 1, 1}},
      {"quantized::softmax", {"aten::softmax", {0, 1}, 1, 2}},
      {"quantized::layer_norm", {"aten::layer_norm", {0, 1, 2, 3, 4}, 1, 5}},
      {"quantized::group_norm", {"aten::group_norm", {0, 1, 2, 3, 4}, 1, 5}},
  };
  return kForms;
}

const std::map<std::string, Packed>& packed_forms() {
  static const std::map<std::string, Packed> kForms = {
      {"quantized::linear", {0}},           {"quantized::linear_relu", {0, true}},
      {"quantized::conv1d", {1}},           {"quantized::conv1d_relu", {1, true}},
      {"quantized::conv2d", {2}},           {"quantized::conv2d_relu", {2, true}},
      {"quantized::conv3d", {3}},           {"quantized::conv3d_relu", {3, true}},
      {"quantized::conv_transpose1d", {1}}, {"quantized::conv_transpose2d", {2}},
      {"quantized::conv_transpose3d", {3}},
  };
  return kForms;
}

const std::map<std::string, NumberForm>& number_forms() {
  static const std::map<std::string, NumberForm> kForms = {
      {"quantized::add", {true}},         {"quantized::add_relu", {true, true}},
      {"quantized::add_scalar", {true}},  {"quantized::add_scalar_relu", {true, true}},
      {"quantized::mul", {false}},        {"quantized::mul_relu", {false, true}},
      {"quantized::mul_scalar", {false}}, {"quantized::mul_scalar_relu", {false, true}},
  };
  return kForms;
}

std::optional<BatchNorm> batch_norm_form(const std::string& op) {
  std::string rest = op;
  const auto take = [&](const std::string& part) {
    const bool ends = rest.size() >= part.size() && rest.compare(rest.size() - part.size(), part.size(), part) == 0;
    if (ends) rest.resize(rest.size() - part.size());
    return ends;
  };
  const bool relu = take("_relu");
  if (!take("1d") && !take("2d")) take("3d");
  return rest == "quantized::batch_norm" ? std::optional<BatchNorm>({relu}) : std::nullopt;
}

bool keeps_elements(const std::string& op) {
  static const std::set<std::string> kOps = {
      "aten::__getitem__",
      "aten::channel_shuffle",
      "aten::chunk",
      "aten::clone",
      "aten::contiguous",
      "aten::detach",
      "aten::dropout",
      "aten::expand",
      "aten::flatten",
      "aten::flip",
      "aten::index_select",
      "aten::max_pool1d",
      "aten::max_pool2d",
      "aten::max_pool3d",
      "aten::movedim",
      "aten::permute",
      "aten::pixel_shuffle",
      "aten::pixel_unshuffle",
      "aten::relu",
      "aten::relu_",
      "aten::reshape",
      "aten::select",
      "aten::slice",
      "aten::split",
      "aten::split_with_sizes",
      "aten::squeeze",
      "aten::swapaxes",
      "aten::t",
      "aten::transpose",
      "aten::unbind",
      "aten::unflatten",
      "aten::unsqueeze",
      "aten::upsample_nearest1d",
      "aten::upsample_nearest2d",
      "aten::upsample_nearest3d",
      "aten::view",
      "prim::ListUnpack",
  };
  return kOps.count(op) != 0;
}

bool rounds(const std::string& op) {
  static const std::set<std::string> kOps = {
      "aten::adaptive_avg_pool1d",
      "aten::adaptive_avg_pool2d",
      "aten::adaptive_avg_pool3d",
      "aten::avg_pool1d",
      "aten::avg_pool2d",
      "aten::avg_pool3d",
      "aten::clamp",
      "aten::hardtanh",
      "aten::mean",
      "aten::relu6",
      "aten::threshold",
      "aten::upsample_bilinear2d",
  };
  return kOps.count(op) != 0;
}

bool reads_properties(const std::string& op) {
  static const std::set<std::string> kOps = {"aten::size",   "aten::dim",       "aten::len",
                                             "aten::numel",  "prim::shape",     "prim::device",
                                             "aten::__is__", "aten::__isnot__", "prim::is_cuda"};
  return kOps.count(op) != 0;
}

}  // namespace torch_tensorrt::core::lowering::passes
