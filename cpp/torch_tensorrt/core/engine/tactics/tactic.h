#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/build_settings.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::engine {

// Fills in unknown fields from this machine.
DeviceTarget describe_target(DeviceTarget target = DeviceTarget::cpu());

// One tensor at a concrete shape. Dims are always in the network's order (N, C, spatial...); the format says how they
// lie in memory, unless the tensor is a view with strides of its own.
struct TensorDesc {
  network::DataType dtype = network::DataType::kFLOAT;
  network::Dims dims;
  network::TensorFormat format = network::TensorFormat::kLINEAR;
  std::optional<network::Dims> view_strides = std::nullopt;  // in elements
  int64_t bytes() const;                                     // of all elements
  network::Dims strides() const;                             // in elements, in the order of dims
};

// Index of the layer in its network, as weight_key expects it.
int32_t layer_index(const network::ILayer& layer);

// One layer at concrete shapes, for which a kernel is made. Vectors have one entry for each input (output); an optional
// input that is not given has present[i] == false.
struct LayerInstance {
  const network::ILayer* layer = nullptr;
  std::vector<TensorDesc> inputs;
  std::vector<bool> present;
  // Elements of inputs that are constants (always kLINEAR), else null. The store has the plain elements of constant
  // input i under weight_key(layer_index(layer), "input<i>"). A tactic that asks the store for them must read neither
  // this pointer's memory nor run()'s input pointer: the plain elements are freed once they are packed.
  std::vector<const void*> constants;
  std::vector<std::optional<network::ShapeValue>> values;  // of inputs that are shape computations
  std::vector<TensorDesc> outputs;
};

// What a kernel works on in one run. Pointers are in the order of the instance, null for inputs that are not given.
struct KernelCall {
  const void* const* inputs = nullptr;
  void* const* outputs = nullptr;
  void* workspace = nullptr;  // 64-byte aligned, of workspace_bytes()
  void* stream = nullptr;     // the thread's current CUDA stream; null on a CPU
};

// A layer ready to run at the shapes that it was made for. Belongs to one context. One thread at a time calls run().
// On a CPU, run() allocates only where an operator of PyTorch does; on a GPU it only enqueues, on the call's stream.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // Bytes of scratch memory that run() needs. Constant after construction.
  virtual int64_t workspace_bytes() const { return 0; }
  // Outputs never overlap inputs, unless Implementation::in_place_input allowed it. Throws Error with the library's own
  // text.
  virtual void run(const KernelCall& call) = 0;

  // A kernel whose operator allocates its result can keep that as output 0, which saves a copy. After own_output(),
  // run() ignores outputs[0]; the result then lies at owned_output() until release_output() or the next run.
  virtual bool can_own_output() const { return false; }
  virtual void own_output() {}
  virtual void* owned_output() const { return nullptr; }
  virtual void release_output() noexcept {}
};

// One way in which a tactic runs an instance. The builder times each of them.
struct Implementation {
  // Tells it from the tactic's other implementations: an algorithm or a tile, in a word without spaces. Empty if the
  // tactic has one way only. Plans and timing caches record it.
  std::string config;
  // For devices that are not there to be timed.
  double estimate_microseconds = 0;
  // The input whose memory output 0 may take over, or -1.
  int32_t in_place_input = -1;
  // The strides in which it writes output 0 fastest, if these are not those of the output's format. The engine uses
  // them if all readers take views.
  std::optional<network::Dims> output_strides = std::nullopt;
};

// A tactic's answer for an instance: its implementations, likely the fastest first, or the reason why it has none.
class Implementations {
 public:
  Implementations(Implementation only) : all_({std::move(only)}) {}           // NOLINT(google-explicit-constructor)
  Implementations(std::vector<Implementation> all) : all_(std::move(all)) {}  // NOLINT(google-explicit-constructor)
  Implementations(Decision none) : reason_(none.reason()) {}                  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return !all_.empty(); }
  // Empty if there are implementations.
  const std::string& reason() const { return reason_; }
  const std::vector<Implementation>& all() const { return all_; }
  // The one with the config, else the first; null if there is none.
  const Implementation* find_or_first(const std::string& config) const;

 private:
  std::vector<Implementation> all_;
  std::string reason_;
};

// A way of running layers of some kind on some device. Immutable and shared.
class Tactic {
 public:
  virtual ~Tactic() = default;
  // "SOURCE.WHAT", for instance "onednn.convolution". Plans and timing caches record it, so its meaning never changes.
  virtual const char* name() const = 0;
  // Whether it runs the layer (kind, attributes, epilogue, dtypes) at any concrete dims.
  virtual Decision supports(const network::ILayer& layer, const DeviceTarget& device) const = 0;
  // Whether it runs the layer with its activations (tensors of rank >= 3 that are not constants) in the format. Formats
  // are assigned to a network before the dims of its tensors are known.
  virtual bool takes_format(const network::ILayer& layer, network::TensorFormat format) const = 0;
  // Whether its kernels read inputs with any strides and at any address (TensorDesc::view_strides).
  virtual bool takes_views(const DeviceTarget& device) const;
  // How it can run the instance of a layer that it supports.
  virtual Implementations implementations(const LayerInstance& instance, const DeviceTarget& device) const = 0;
  // Packs weights (through the store), creates the primitive, compiles the kernel. Throws Error.
  virtual std::unique_ptr<Kernel> prepare(const Implementation& implementation, const LayerInstance& instance,
                                          WeightStore& weights, const DeviceTarget& device) const = 0;
};

// All tactics of the process, in order of preference: the earlier tactic wins a tie. Thread-safe.
class TacticRegistry {
 public:
  static TacticRegistry& global();  // holds oneDNN's tactics if built with them; the runtime library adds ATen's
  // Throws Error when the name is taken.
  void add(std::unique_ptr<Tactic> tactic);
  // Tactics that support the layer. `sources` ("onednn", "aten"), when not empty, restricts them.
  std::vector<const Tactic*> candidates(const network::ILayer& layer, const DeviceTarget& device,
                                        const std::vector<std::string>& sources = {}) const;
  const Tactic* find(const std::string& name) const;  // null when unknown
  std::vector<const Tactic*> all() const;
  // Why no tactic takes the layer: one line for each tactic asked.
  std::string explain(const network::ILayer& layer, const DeviceTarget& device) const;

 private:
  TacticRegistry();
  ~TacticRegistry();
  struct State;
  std::unique_ptr<State> state_;
};

// A tactic that asks the store for weights in layouts that other tactics cannot read. It must be able to restore the
// plain elements, so that another tactic can run instances that this one does not take.
class PackingTactic : public Tactic {
 public:
  // Whether prepare() packs weights of the instance.
  virtual bool packs_weights(const LayerInstance& instance) const = 0;
  // Restores the plain elements of the layer's weights under `role` from `from`, a layout of this tactic's. Throws
  // Error for any other layout.
  virtual void unpack_weights(const network::ILayer& layer, const std::string& role, const WeightBlock& from,
                              void* to) const = 0;
};

// Null if the tactic packs nothing for any instance.
inline const PackingTactic* as_packing(const Tactic& tactic) { return dynamic_cast<const PackingTactic*>(&tactic); }

// The layer and its inputs, for error texts: `convolution "conv1" (model.py:42) with inputs f32[1x3x8x8]@hwc`.
std::string describe_instance(const LayerInstance& instance);

// An implementation and its tactic.
struct Candidate {
  const Tactic* tactic = nullptr;
  Implementation implementation;
};

// The tactic that a plan has for a layer, and the config of its implementation. Null if none was chosen.
struct ChosenTactic {
  const Tactic* tactic = nullptr;
  std::string config;
};

// "onednn.convolution jit:avx2"; the name alone without a config.
std::string candidate_text(const std::string& tactic, const std::string& config);

// All ways to run the instance, those of the best tactic first. `sources` ("onednn", "aten"), when not empty, restricts
// them.
std::vector<Candidate> usable_candidates(const LayerInstance& instance, const DeviceTarget& target,
                                         const std::vector<std::string>& sources);

// Throws the Error for an instance that no tactic runs: the instance, and every tactic's reason.
[[noreturn]] void throw_unusable(const LayerInstance& instance, const DeviceTarget& target,
                                 const std::vector<std::string>& sources);

// The chosen implementation if it runs the instance, else another of its tactic, else the first of all. Throws Error
// when there is none.
Candidate candidate_for(const LayerInstance& instance, const ChosenTactic& chosen, const DeviceTarget& target);

// Prepares the kernel; errors name the layer and the tactic.
std::unique_ptr<Kernel> prepare_kernel(const Candidate& candidate, const LayerInstance& instance, WeightStore& weights,
                                       const DeviceTarget& target);

}  // namespace torch_tensorrt::engine
