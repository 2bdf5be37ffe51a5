#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::engine {

// The machine that an engine is built for.
struct DeviceTarget {
  enum class Kind : int32_t { kCPU = 0, kCUDA = 1 };
  Kind kind = Kind::kCPU;
  int32_t index = 0;
  int32_t threads = 0;              // CPU: threads of one call; 0 is what the OpenMP runtime gives
  std::string isa;                  // "avx512_core", "sm_90"; empty until describe_target fills it
  int32_t dla_core = -1;            // of the GPU's deep learning accelerators; -1: the GPU itself
  bool allow_gpu_fallback = false;  // layers that the DLA core does not take run on the GPU
};
// Fills what is unknown from this machine.
DeviceTarget describe_target(DeviceTarget target);

// One tensor at a concrete shape. Dims are always in the network's order (N, C, spatial...); the format says how they
// lie in memory.
struct TensorDesc {
  network::DataType dtype = network::DataType::kFLOAT;
  network::Dims dims;
  network::TensorFormat format = network::TensorFormat::kLINEAR;
  int64_t bytes() const;          // with the padding of blocked formats
  network::Dims strides() const;  // in elements, in the order of dims; kLINEAR and kHWC only (Error otherwise)
};

// Place of the layer in its network: what weight_key wants.
int32_t layer_index(const network::ILayer& layer);

// One layer at concrete shapes: what a kernel is made for. Vectors have one entry an input (output); an optional input
// that is not given has present[i] == false.
struct LayerInstance {
  const network::ILayer* layer = nullptr;
  std::vector<TensorDesc> inputs;
  std::vector<bool> present;
  // Elements of inputs that are constants (always kLINEAR), else null. The store knows the plain elements of constant
  // input i as weight_key(layer_index(layer), "input<i>"). A tactic that asks the store for them must read neither this
  // pointer's memory nor the input pointer of run(): once packed, the plain elements are let go.
  std::vector<const void*> constants;
  std::vector<std::optional<network::ShapeValue>> values;  // of inputs that are shape computations
  std::vector<TensorDesc> outputs;
};

// A layer ready to run at the shapes it was made for. Belongs to one context; run() is called by one thread at a time,
// and neither allocates, nor locks, nor compiles.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // Bytes of scratch memory that run() needs, 64-byte aligned. Does not change after construction.
  virtual int64_t workspace_bytes() const { return 0; }
  // Pointers in the order of the instance; null for inputs that are not given. Outputs never overlap inputs, unless
  // the tactic's in_place_input said so. Throws Error with the library's own text.
  virtual void run(const void* const* inputs, void* const* outputs, void* workspace) = 0;
};

// A way of running layers of some kind on some device. Immutable and shared.
class Tactic {
 public:
  virtual ~Tactic() = default;
  // "SOURCE.WHAT", for instance "onednn.convolution"; recorded in plans and timing caches, so it never changes meaning.
  virtual const char* name() const = 0;
  // Whether it runs the layer as it stands (kind, attributes, epilogue, dtypes) whatever the concrete dims are.
  virtual Decision supports(const network::ILayer& layer, const DeviceTarget& device) const = 0;
  // Whether it runs the layer with its activations (all tensors of rank >= 3 but constants) in the format.
  virtual bool takes_format(const network::ILayer& layer, network::TensorFormat format) const = 0;
  // Whether it can be prepared for the instance.
  virtual Decision takes(const LayerInstance& instance) const;
  // A guess for when the device is not there to be timed on.
  virtual double estimate_microseconds(const LayerInstance& instance) const = 0;
  // The input whose memory output 0 may take over, or -1.
  virtual int32_t in_place_input(const LayerInstance& instance) const;
  // Packs weights (through the store), creates the primitive, compiles the kernel. Throws Error.
  virtual std::unique_ptr<Kernel> prepare(const LayerInstance& instance, WeightStore& weights,
                                          const DeviceTarget& device) const = 0;
};

// All tactics of the process, in the order of preference: a tactic listed earlier wins a tie. Thread-safe.
class TacticRegistry {
 public:
  static TacticRegistry& global();  // holds oneDNN's tactics where built with it; ATen's come with the runtime library
  // Throws Error when the name is taken.
  void add(std::unique_ptr<Tactic> tactic);
  // Tactics that support the layer. `sources` ("onednn", "aten"), when not empty, restricts them.
  std::vector<const Tactic*> candidates(const network::ILayer& layer, const DeviceTarget& device,
                                        const std::vector<std::string>& sources = {}) const;
  const Tactic* find(const std::string& name) const;  // null when unknown
  std::vector<const Tactic*> all() const;
  // Why no tactic takes the layer, one line a tactic asked.
  std::string explain(const network::ILayer& layer, const DeviceTarget& device) const;

 private:
  TacticRegistry();
  ~TacticRegistry();
  struct State;
  std::unique_ptr<State> state_;
};

// A tactic that asks the store for weights in layouts that other tactics cannot read. It must give the plain elements
// back, so that another tactic can step in where this one does not take an instance.
class PackingTactic : public Tactic {
 public:
  // Whether prepare() packs weights of the instance.
  virtual bool packs_weights(const LayerInstance& instance) const = 0;
  // Writes the plain elements of the layer's weights under `role`, which `from` holds in a layout of this tactic's.
  // Throws Error for another layout.
  virtual void unpack_weights(const network::ILayer& layer, const std::string& role, const WeightBlock& from,
                              void* to) const = 0;
};

// Null where the tactic packs nothing, whatever the instance is.
inline const PackingTactic* as_packing(const Tactic& tactic) { return dynamic_cast<const PackingTactic*>(&tactic); }

}  // namespace torch_tensorrt::engine
