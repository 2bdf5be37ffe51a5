#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/backends/tensorrt/run/engine.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/cuda/memory.h"
#include "torch_tensorrt/core/engine/run/context.h"

namespace torch_tensorrt::backends::tensorrt {

// Positions of TensorRT's inputs (or outputs) among those of the network that was built, and the number of these.
// TensorRT drops inputs that no layer reads, and may order the others as it likes.
struct IoPlaces {
  std::vector<size_t> of;
  size_t count = 0;
  bool is_identity() const;
};
// TensorRT's own order.
IoPlaces identity_places(size_t count);

// Runs a TensorRT engine. All shapes share one block of memory for activations, sized for the largest of them. It only
// grows, and a used block keeps its address, so that recorded graphs stay valid.
class Execution final : public engine::Context {
 public:
  // Keeps recorded graphs for at most `max_slots` sets of dims. Inputs and outputs are in the order of the places.
  Execution(std::shared_ptr<const VendorEngine> engine, IoPlaces inputs, IoPlaces outputs, int32_t max_slots = 8);
  // In TensorRT's own order.
  explicit Execution(const std::shared_ptr<const VendorEngine>& engine);
  ~Execution() override;

  // Takes the current profile if it fits, else the first that does.
  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values = nullptr) override;
  // Does not wait, even on the default stream. Outputs whose dims depend on data are not recorded.
  void run(const void* const* inputs, void* const* outputs, const engine::RunOptions& options) override;
  // TensorRT's layers, each with its time.
  std::vector<engine::LayerTime> profile(const void* const* inputs, void* const* outputs,
                                         const engine::RunOptions& options) override;
  int64_t arena_bytes() const override;
  int64_t arena_lower_bound_bytes() const override { return 0; }
  int32_t specialization_count() const override { return static_cast<int32_t>(slots_.size()); }

 private:
  class Allocator;
  struct Slot;
  void read_values(const std::vector<network::Dims>& dims, const int64_t* const* shape_values);
  int32_t choose_profile(const std::vector<network::Dims>& dims) const;
  Slot& slot_for(const std::vector<network::Dims>& dims, int32_t profile);
  Slot& add_slot(int32_t profile);
  void set_shapes(Slot& slot, const std::vector<network::Dims>& dims);
  void set_values(Slot& slot, size_t input);
  const std::vector<network::Dims>& set_engine_dims(const std::vector<network::Dims>& dims,
                                                    const int64_t* const* shape_values);
  void run_in_order(const void* const* inputs, void* const* outputs, const engine::RunOptions& options);
  void set_addresses(const void* const* inputs, void* const* outputs, engine::OutputAllocator* memory);
  void enqueue(void* stream);
  void enqueue_at_the_side(void* stream);
  bool depends_on_data() const;
  void give_memory(Slot& slot);
  void* scratch();

  std::shared_ptr<const VendorEngine> engine_;
  IoPlaces inputs_;
  IoPlaces outputs_;
  bool is_in_order_;
  int32_t max_slots_;
  bool reads_host_ = false;                   // some inputs decide on shapes
  std::vector<std::vector<int64_t>> values_;  // the latest values of those inputs; empty if there are none
  std::vector<std::unique_ptr<Slot>> slots_;
  Slot* current_ = nullptr;
  std::vector<std::unique_ptr<Allocator>> allocators_;  // one for each output
  std::vector<network::Dims> output_dims_;              // in the order of the places
  std::vector<const void*> input_addresses_;            // of the current call, in TensorRT's order
  std::vector<void*> output_addresses_;
  std::vector<const void*> addresses_;  // all of them
  engine::cuda::DeviceBlocks blocks_;
  std::unique_ptr<engine::cuda::Stream> side_stream_;  // both made at the first call on the default stream
  std::unique_ptr<engine::cuda::Event> side_event_;
  void* scratch_ = nullptr;  // target of the pointers to empty tensors
  int64_t uses_ = 0;
};

}  // namespace torch_tensorrt::backends::tensorrt
