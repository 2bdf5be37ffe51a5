#include "torch_tensorrt/core/lowering/pipeline.h"

#include "torch/csrc/jit/passes/common_subexpression_elimination.h"
#include "torch/csrc/jit/passes/constant_pooling.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"
#include "torch/csrc/jit/passes/peephole_list_idioms.h"
#include "torch/csrc/jit/passes/peephole_non_tensor.h"
#include "torch/csrc/jit/passes/remove_mutation.h"

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/quantized_tensors.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::core::lowering {
namespace {

using Run = std::function<void(LoweredGraph&, const LowerInfo&)>;

// Adapts a pass that needs only the graph.
template <typename Result>
Run plain(Result (*pass)(const passes::GraphPtr&)) {
  return [pass](LoweredGraph& lowered, const LowerInfo&) { pass(lowered.first); };
}

void move_constants_to_cpu(LoweredGraph& lowered, const LowerInfo&) {
  passes::move_constants_to_cpu(lowered.first, lowered.second);
}

void fold_parameters(LoweredGraph& lowered, const LowerInfo& info) {
  if (!info.unfreeze_module) passes::fold_parameters(lowered.first, lowered.second);
}

void mark_forced_operators(LoweredGraph& lowered, const LowerInfo& info) {
  passes::mark_forced_operators(lowered.first, info.forced_fallback_operators);
}

// Runs the peepholes for lists and numbers only. Those for tensors replace x * 1 and x / 1 by x in any dtype, though a
// bool or int changes dtype there, and trust the shapes of one traced call; the optimizer does this correctly.
void peephole(LoweredGraph& lowered, const LowerInfo&) {
  torch::jit::PeepholeOptimizeListIdioms(lowered.first);
  torch::jit::PeepholeOptimizeNonTensor(lowered.first);
}

void eliminate_common_subexpressions(LoweredGraph& lowered, const LowerInfo& info) {
  const bool keeps = info.disable_cse || info.keep_parameters_apart;
  if (!keeps) torch::jit::EliminateCommonSubexpression(lowered.first);
}

void eliminate_dead_code(LoweredGraph& lowered, const LowerInfo&) { torch::jit::EliminateDeadCode(lowered.first); }

void flatten_outputs(LoweredGraph& lowered, const LowerInfo& info) {
  if (info.converting_to_trt_engine) passes::flatten_outputs(lowered.first);
}

}  // namespace

std::vector<PassEntry> lowering_pipeline() {
  return {
      {"inline-python-functions", plain(passes::inline_python_functions), "first: every other pass looks at operators"},
      {"mark-forced-operators", mark_forced_operators,
       "before operators are renamed: the user's list has the names of the module"},
      {"move-constants-to-cpu", move_constants_to_cpu,
       "before constants are combined: a trace may have them on another device than the weights"},
      {"fold-parameters", fold_parameters, "later passes look for constants"},
      {"remove-gradient-modes", plain(passes::remove_gradient_modes),
       "before passes that look for writes: setting a mode counts as one"},
      {"remove-list-mutation", plain(torch::jit::RemoveListMutation),
       "replaces appends by the construction of the whole list"},
      {"propagate-constants", plain(passes::propagate_constants),
       "makes conditions on attributes known to the next pass"},
      {"remove-exceptions", plain(passes::remove_exceptions),
       "a guard hides the tensors behind it from alias analysis"},
      {"remove-warnings", plain(passes::remove_warnings), "an engine cannot warn; branches that only warn go too"},
      {"remove-dropout", plain(passes::remove_dropout),
       "before writes are replaced: an inactive dropout_ writes nothing"},
      {"separate-chunks", plain(passes::separate_chunks),
       "before writes are replaced: a copy of a private part is no view"},
      {"write-through-views", plain(passes::write_through_views), "later rewrites expect operators that write nothing"},
      {"remove-dropout-again", plain(passes::remove_dropout), "dropouts whose p or train is known only now"},
      {"remove-no-ops", plain(passes::remove_no_ops),
       "after writes are replaced: only writes tell a copy from its source"},
      {"replace-aliases", plain(passes::replace_aliases), "later passes see one name per operator"},
      {"replace-type-as", plain(passes::replace_type_as), "converters know only to(x, other)"},
      {"replace-quantized-tensors", plain(passes::replace_quantized_tensors),
       "after writes are replaced, and before convolutions, which it makes"},
      {"replace-convolutions", plain(passes::replace_convolutions), "one convolution operator for the converters"},
      {"remove-number-round-trips", plain(passes::remove_number_round_trips),
       "makes traced arithmetic on sizes evaluable"},
      {"peephole", peephole, "cleans up list items and numbers that the rewrites leave"},
      {"eliminate-common-subexpressions", eliminate_common_subexpressions,
       "after the rewrites, which make equal nodes"},
      {"flatten-outputs", flatten_outputs, "before dead code elimination, which removes the collection"},
      {"pool-constants", plain(torch::jit::ConstantPooling), "each rewrite made constants of its own"},
      {"eliminate-dead-code", eliminate_dead_code, "last"},
  };
}

void run_pipeline(const std::vector<PassEntry>& pipeline, LoweredGraph& graph, const LowerInfo& info) {
  int64_t done = 0;
  for (const auto& entry : pipeline) {
    util::report("lowering", ++done, static_cast<int64_t>(pipeline.size()));
    try {
      entry.run(graph, info);
    } catch (const Refused&) {
      throw;  // the error concerns the module, not the pass
    } catch (...) {
      TORCHTRT_THROW_ERROR("lowering pass " << entry.name << " failed: " << util::current_error().msg());
    }
    LOG_DEBUG("after lowering pass " << entry.name << ":\n" << *graph.first);
  }
}

}  // namespace torch_tensorrt::core::lowering
