#include "torch_tensorrt/core/lowering/pipeline.h"

#include "torch/csrc/jit/passes/common_subexpression_elimination.h"
#include "torch/csrc/jit/passes/constant_pooling.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"
#include "torch/csrc/jit/passes/peephole_list_idioms.h"
#include "torch/csrc/jit/passes/peephole_non_tensor.h"
#include "torch/csrc/jit/passes/remove_mutation.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/refused.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

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

void mark_forced_modules(LoweredGraph& lowered, const LowerInfo& info) {
  passes::mark_forced_modules(lowered.first, info.forced_fallback_modules);
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
      {"mark-forced-modules", mark_forced_modules,
       "early: later passes leave what is marked, and may drop call stacks"},
      {"mark-forced-operators", mark_forced_operators,
       "before any is renamed: the user's names are those of the module"},
      {"move-constants-to-cpu", move_constants_to_cpu,
       "before constants meet: those of a trace may lie on another device than the weights"},
      {"fold-parameters", fold_parameters, "what follows looks for constants"},
      {"remove-gradient-modes", plain(passes::remove_gradient_modes), "before passes that look for writes: they set"},
      {"remove-list-mutation", plain(torch::jit::RemoveListMutation),
       "lists that are appended to become constructions"},
      {"propagate-constants", plain(passes::propagate_constants),
       "conditions on attributes become known, for the next line"},
      {"remove-exceptions", plain(passes::remove_exceptions),
       "a guard hides the tensors behind it from alias analysis"},
      {"remove-warnings", plain(passes::remove_warnings), "an engine cannot warn; a guard of a warning is no branch"},
      {"remove-dropout", plain(passes::remove_dropout), "before mutation: dropout_ is nothing, not a write"},
      {"separate-chunks", plain(passes::separate_chunks), "before writes: what is private is no view"},
      {"write-through-views", plain(passes::write_through_views), "rewrites below are of functional operators"},
      {"remove-dropout-again", plain(passes::remove_dropout), "those whose p or train is known by now"},
      {"remove-no-ops", plain(passes::remove_no_ops), "after mutation: a copy only matters to writes"},
      {"replace-aliases", plain(passes::replace_aliases), "one name an operator for all that follows"},
      {"replace-type-as", plain(passes::replace_type_as), "converters know to(x, other) alone"},
      {"replace-convolutions", plain(passes::replace_convolutions), "one convolution for converters"},
      {"remove-number-round-trips", plain(passes::remove_number_round_trips),
       "traced size arithmetic becomes evaluable"},
      {"peephole", peephole, "what the rewrites leave behind: items of lists, numbers"},
      {"eliminate-common-subexpressions", eliminate_common_subexpressions, "after rewrites, which make equal nodes"},
      {"flatten-outputs", flatten_outputs, "before dead code, which takes the collection away"},
      {"pool-constants", plain(torch::jit::ConstantPooling), "the rewrites made a constant each"},
      {"eliminate-dead-code", eliminate_dead_code, "last"},
  };
}

void run_pipeline(const std::vector<PassEntry>& pipeline, LoweredGraph& graph, const LowerInfo& info) {
  for (const auto& entry : pipeline) {
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
