#include <chrono>

#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::optimizer {
namespace {

// A dump leaves out larger constants, which would tell nothing.
constexpr int64_t kDumpedWeightElements = 16;

void dump(const network::INetworkDefinition& network, const char* pass, const PassContext& context) {
  if (!context.dump) return;
  network::TextOptions options;
  options.max_weight_elements = kDumpedWeightElements;
  context.dump(pass, network::print_network(network, options));
}

void verify_after(const network::INetworkDefinition& network, const char* pass) {
  try {
    network::verify_network(network);
  } catch (Error& error) {
    error.AppendMessage(str("the network is broken after pass ", pass));
    throw;
  }
}

PassReport run_pass(network::INetworkDefinition& network, const PassContext& context, const Pass& pass) {
  PassReport report;
  report.name = pass.name();
  report.layers_before = network.getNbLayers();
  const auto begin = std::chrono::steady_clock::now();
  report.changed = pass.run(network, context);
  report.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  report.layers_after = network.getNbLayers();
  if (!report.changed) return report;
  verify_after(network, pass.name());
  dump(network, pass.name(), context);
  LOG_DEBUG("pass " << report.name << ": " << report.layers_before << " layers became " << report.layers_after << " in "
                    << report.milliseconds << " ms");
  return report;
}

}  // namespace

// THE order. Cleanup stands before every group of fusions, so that their patterns meet no identities or dead readers.
std::vector<PipelineEntry> default_pipeline() {
  std::vector<PipelineEntry> pipeline;
  const auto add = [&](std::unique_ptr<Pass> pass, const char* reason) {
    pipeline.push_back({std::move(pass), reason});
  };
  add(make_remove_identities(), "the patterns below do not look through identities");
  add(make_form_quantization(), "before constants are folded: a build for int8 looks for the quantization of weights");
  add(make_absorb_shape_inputs(),
      "sizes as attributes make shape arithmetic unread, and reshapes known to the passes below");
  add(make_fuse_channel_shuffle(), "before shuffles are merged: its three steps are still separate layers");
  add(make_merge_shuffles(), "chains of reshapes and transposes become one");
  add(make_fold_transpose_into_matmul(), "before constants are folded: a weight need not be transposed in memory");
  add(make_constant_folding(), "removes the rest of the shape arithmetic and computed constants");
  add(make_resolve_selects(), "after folding, which makes conditions of numbers constant");
  add(make_remove_identities(), "merging, absorbing and folding leave layers without effect");
  add(make_common_subexpressions(), "after folding, which makes equal constants");
  add(make_share_transposed_constants(), "after equal constants have become one: fewer to compare");
  add(make_remove_dead_layers(), "the passes below look for single readers; dead layers must not count");
  add(make_absorb_constant_weights(), "after folding: the passes below see kernels that became constants as weights");
  add(make_fold_padding_into_convolution(), "the convolution pads for free");
  add(make_form_activations(), "before activations are fused: x * sigmoid(x) is one activation");
  add(make_merge_scales(), "before the convolutions: their weights are computed once");
  add(make_fold_scale_into_convolution(), "before epilogues: a batch norm goes into the weights for free");
  add(make_lower_scales(), "scales that no convolution took can take an activation as element-wise layers");
  add(make_fuse_convolution_epilogue(), "residual additions and activations cost no pass over memory of their own");
  add(make_fuse_matmul_epilogue(), "bias, residual and activation of linear layers, as above");
  add(make_fuse_elementwise_activation(), "activations that no convolution or product took");
  add(make_remove_dead_layers(), "operands that were folded away");
  add(make_assign_layouts(), "last: reorders are only placed where the final layers need them");
  return pipeline;
}

std::vector<PassReport> run_pipeline(network::INetworkDefinition& network, const PassContext& context,
                                     const std::vector<PipelineEntry>& pipeline) {
  std::vector<PassReport> reports;
  for (const auto& entry : pipeline) {
    core::util::report(str("optimizing ", network.getName()), static_cast<int64_t>(reports.size()) + 1,
                       static_cast<int64_t>(pipeline.size()));
    reports.push_back(run_pass(network, context, *entry.pass));
  }
  return reports;
}

std::vector<PassReport> optimize(network::INetworkDefinition& network, const PassContext& context) {
  return run_pipeline(network, context, default_pipeline());
}

}  // namespace torch_tensorrt::optimizer
