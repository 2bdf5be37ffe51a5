#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/ir/value_tree.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"

// Modules whose forward runs an engine, and the files of such modules.
namespace torch_tensorrt::core {

// The tree of the argument's type; a list takes all remaining specs as its elements. Error for other types.
ir::ValueTree argument_tree(const torch::jit::Value* value, size_t spec_count);

// An output of the engine that is copied into one of the caller's input tensors after each call.
struct WrittenInput {
  size_t input = 0;
  size_t output = 0;
};

// Inserts a call of the engine at the graph's insertion point. Returns the engine's outputs.
std::vector<torch::jit::Value*> insert_engine_call(torch::jit::Graph& graph, torch::jit::Value* engine,
                                                   const std::vector<torch::jit::Value*>& tensors, size_t output_count);
// The same, but returns the results. Where the engine does not take the tensors of a call, PyTorch runs `fallback`, if
// there is one: a graph that gives the results for the tensors.
std::vector<torch::jit::Value*> insert_engine_call(torch::jit::Graph& graph, torch::jit::Value* engine,
                                                   const std::vector<torch::jit::Value*>& tensors, size_t output_count,
                                                   const std::vector<ir::ValueTree>& results,
                                                   const std::shared_ptr<torch::jit::Graph>& fallback);
// Inserts the nodes that assemble a result from the outputs, starting at number `next`, which moves behind them.
torch::jit::Value* insert_result(torch::jit::Graph& graph, const ir::ValueTree& tree,
                                 c10::ArrayRef<torch::jit::Value*> outputs, size_t& next);

// An attribute before the first engine of a module. A process that does not know the class of engines cannot load the
// file, and PyTorch's error quotes the line before the class, so it quotes this name.
inline constexpr const char* kImportHint = "import_torch_tensorrt_first";

// Adds the attribute, and kImportHint before the module's first engine.
void register_engine(torch::jit::Module& module, const std::string& attribute,
                     const c10::intrusive_ptr<runtime::TRTEngine>& engine);

// `name` is the class name of the module. The trees list tensors in the order of the call. A result that is copied
// into an input is returned as this input. Outputs after the results are only for `writes`.
torch::jit::Module make_engine_module(const std::string& name, c10::intrusive_ptr<runtime::TRTEngine> engine,
                                      const std::vector<ir::ValueTree>& arguments,
                                      const std::vector<ir::ValueTree>& results,
                                      const std::vector<WrittenInput>& writes = {});

// Writes the module and extra files through an OutputFile: an existing file is replaced once the new one is complete.
// Throws Error naming the file and the reason.
void save_module(const torch::jit::Module& module, const std::string& path,
                 const torch::jit::ExtraFilesMap& extra_files = {});

}  // namespace torch_tensorrt::core
