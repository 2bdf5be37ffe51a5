#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

// Kernels of one oneDNN primitive, and what the tactics that make them have in common.
namespace torch_tensorrt::engine::onednn {

// The CPU engine of the process; immutable.
const dnnl::engine& cpu_engine();

// Collects the memory that a primitive reads and writes, then makes the kernel. The primitive needs a user scratchpad.
class KernelBuilder {
 public:
  // The layer's input (output) of that index; bound at each run.
  void input(int argument, const dnnl::memory::desc& desc, int32_t index);
  void output(int argument, const dnnl::memory::desc& desc, int32_t index = 0);
  // Memory at a fixed address. `owner` keeps it alive; empty if something else does.
  void fixed(int argument, const dnnl::memory::desc& desc, const void* data, std::shared_ptr<const void> owner = {});
  std::unique_ptr<Kernel> build(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad);

  enum class Source { kInput, kOutput, kWorkspace };
  struct Binding {
    Source source;
    int32_t index;
    size_t memory;  // index in the memories
  };

 private:
  size_t add(int argument, const dnnl::memory::desc& desc, void* data);

  std::vector<std::pair<int, dnnl::memory>> memories_;
  std::vector<Binding> bindings_;
  std::vector<std::shared_ptr<const void>> owners_;
};

// Attributes common to all primitives here: the scratchpad is the engine's workspace.
dnnl::primitive_attr attributes();

// Describes an operand of the epilogue (a layer input) in the form of the primitive's result.
using DescribeOperand = std::function<dnnl::memory::desc(const TensorDesc& operand, int32_t rank)>;

// The epilogue from operation `first` on, as attributes of a primitive whose result has the rank. A layer that computes
// with 8-bit integers has its scales and zero points there, too; `scale_mask` has the dimensions of its weights with a
// scale for each index. The primitive writes its result over input `summed`, if there is one; see summed_input().
dnnl::primitive_attr with_epilogue(const LayerInstance& instance, size_t first, int32_t rank,
                                   const DescribeOperand& describe, int scale_mask = 0, int32_t summed = -1);
// The same for primitives that have no scales: those are post-ops, behind the primitive's own result. Throws Error for
// a scale that is computed.
dnnl::primitive_attr with_scaled_epilogue(const LayerInstance& instance, size_t first, int32_t rank,
                                          const DescribeOperand& describe);
void bind_scaled_epilogue(KernelBuilder& kernel, const LayerInstance& instance, size_t first, int32_t rank,
                          const DescribeOperand& describe);
// A number of the attributes that the kernel reads.
void bind_number(KernelBuilder& kernel, int argument, float value);
void bind_number(KernelBuilder& kernel, int argument, int32_t value);
// Binds the operands of the epilogue, and scales and zero points.
void bind_epilogue(KernelBuilder& kernel, const LayerInstance& instance, size_t first, int32_t rank,
                   const DescribeOperand& describe, int32_t summed = -1);

// The input that the epilogue adds to the whole result, if the result has the form to take over its memory: oneDNN can
// add what lies there. That reads and writes less memory. -1 if there is none.
int32_t summed_input(const LayerInstance& instance, size_t first);
// Runs `over` where the output has the memory of input `summed`, and `apart` where it has its own.
std::unique_ptr<Kernel> make_summing_kernel(std::unique_ptr<Kernel> apart, std::unique_ptr<Kernel> over,
                                            int32_t summed);

// A tactic of one primitive without weights.
struct Row {
  const char* name;
  network::LayerType kind;
  bool only_linear;  // only kLINEAR; else kLINEAR and kHWC
  bool in_place;     // the output may take over input 0 if their descs agree
  // Checks beyond check_basics and check_epilogue.
  Decision (*supports)(const network::ILayer& layer);
  // Makes the kernel. Throws dnnl::error or Error if the instance cannot run; implementations() relies on that.
  std::unique_ptr<Kernel> (*prepare)(const LayerInstance& instance);
  // Checks the device and the dtypes.
  Decision (*basics)(const network::ILayer& layer, const DeviceTarget& device) = check_basics;
};

std::unique_ptr<Tactic> make_row_tactic(const Row& row);

// Calls the function; an error of oneDNN becomes an Error.
template <typename Make>
std::unique_ptr<Kernel> with_own_errors(Make make) {
  try {
    return make();
  } catch (const dnnl::error& error) {
    TORCHTRT_THROW_ERROR("oneDNN: " << error.what());
  }
}

// Throws Error for a reference implementation.
void require_optimized(const char* implementation);

// Whether the implementation, behind `found` others, may be the fastest.
bool is_worth_timing(const char* implementation, size_t found);
// Whether the layer computes with 8-bit integers, and the implementation may saturate the sums of two products. Those
// for processors without VNNI do.
bool may_saturate(const char* implementation, const network::ILayer& layer);

// The optimized implementations of the layer's primitive, in oneDNN's order; a no if there are none. Their configs are
// oneDNN's names for them. It lists an implementation again once its primitive is in its cache (seen in 3.2).
template <typename Desc>
Implementations implementations_of(Desc desc, const network::ILayer& layer, double estimate_microseconds) {
  std::vector<Implementation> all;
  std::set<std::string> seen;
  const std::string first = desc.impl_info_str();
  do {
    const char* name = desc.impl_info_str();
    const bool is_new = seen.insert(name).second;
    const bool is_good = is_new && is_worth_timing(name, all.size()) && !may_saturate(name, layer);
    if (is_good) all.push_back({name, estimate_microseconds});
  } while (desc.next_impl());
  if (all.empty() && may_saturate(first.c_str(), layer)) return Decision::no(first + " may saturate sums");
  if (all.empty()) return check_implementation(first.c_str());
  return all;
}

// The primitive in the implementation of that config. In the first one if there is no such implementation: the plan
// comes from another version of oneDNN or another processor.
template <typename Desc>
Desc in_implementation(const std::function<Desc()>& describe, const std::string& config) {
  Desc desc = describe();
  while (!config.empty() && desc.impl_info_str() != config) {
    if (!desc.next_impl()) return describe();
  }
  return desc;
}

}  // namespace torch_tensorrt::engine::onednn
