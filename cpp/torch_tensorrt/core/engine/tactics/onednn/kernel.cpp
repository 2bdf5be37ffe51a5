#include "torch_tensorrt/core/engine/tactics/onednn/kernel.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {
namespace {

using Source = KernelBuilder::Source;

void check(dnnl_status_t status, const char* what) {
  TORCHTRT_CHECK(status == dnnl_success, "oneDNN: " << what << " failed with status " << static_cast<int>(status));
}

// Uses the C interface: the C++ interface builds a map of the arguments at every call.
class DnnlKernel final : public Kernel {
 public:
  DnnlKernel(dnnl::primitive primitive, std::vector<std::pair<int, dnnl::memory>> memories,
             std::vector<KernelBuilder::Binding> bindings, std::vector<std::shared_ptr<const void>> owners,
             int64_t workspace_bytes)
      : primitive_(std::move(primitive)),
        stream_(cpu_engine()),
        memories_(std::move(memories)),
        bindings_(std::move(bindings)),
        owners_(std::move(owners)),
        workspace_bytes_(workspace_bytes) {
    for (auto& [argument, memory] : memories_) arguments_.push_back({argument, memory.get()});
  }

  int64_t workspace_bytes() const override { return workspace_bytes_; }

  void run(const void* const* inputs, void* const* outputs, void* workspace) override {
    for (const auto& binding : bindings_) {
      void* data = workspace;
      if (binding.source == Source::kInput) data = const_cast<void*>(inputs[binding.index]);
      if (binding.source == Source::kOutput) data = outputs[binding.index];
      check(dnnl_memory_set_data_handle(arguments_[binding.memory].memory, data), "binding memory");
    }
    check(
        dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()), arguments_.data()),
        "running a primitive");
  }

 private:
  dnnl::primitive primitive_;
  dnnl::stream stream_;
  std::vector<std::pair<int, dnnl::memory>> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
  std::vector<KernelBuilder::Binding> bindings_;
  std::vector<std::shared_ptr<const void>> owners_;
  int64_t workspace_bytes_;
};

}  // namespace

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

size_t KernelBuilder::add(int argument, const dnnl::memory::desc& desc, void* data) {
  memories_.emplace_back(argument, dnnl::memory(desc, cpu_engine(), data));
  return memories_.size() - 1;
}

void KernelBuilder::input(int argument, const dnnl::memory::desc& desc, int32_t index) {
  bindings_.push_back({Source::kInput, index, add(argument, desc, DNNL_MEMORY_NONE)});
}

void KernelBuilder::output(int argument, const dnnl::memory::desc& desc, int32_t index) {
  bindings_.push_back({Source::kOutput, index, add(argument, desc, DNNL_MEMORY_NONE)});
}

void KernelBuilder::fixed(int argument, const dnnl::memory::desc& desc, const void* data,
                          std::shared_ptr<const void> owner) {
  add(argument, desc, const_cast<void*>(data));
  if (owner) owners_.push_back(std::move(owner));
}

std::unique_ptr<Kernel> KernelBuilder::build(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad) {
  const auto bytes = static_cast<int64_t>(scratchpad.get_size());
  if (bytes > 0) {
    bindings_.push_back({Source::kWorkspace, 0, add(DNNL_ARG_SCRATCHPAD, scratchpad, DNNL_MEMORY_NONE)});
  }
  return std::make_unique<DnnlKernel>(primitive, std::move(memories_), std::move(bindings_), std::move(owners_), bytes);
}

}  // namespace torch_tensorrt::engine::onednn
