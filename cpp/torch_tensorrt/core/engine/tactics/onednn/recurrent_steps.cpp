#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <thread>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/instruction_set.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/packed_weights.h"
#include "torch_tensorrt/core/engine/tactics/onednn/recurrent_weights.h"
#include "torch_tensorrt/core/engine/tactics/onednn/step_kernels.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {
namespace {

using dnnl::memory;
using network::IRecurrentLayer;
using network::RecurrentCell;
using network::RecurrentWeights;

// Bytes of the input's share computed at a time, so that the steps read it from a cache.
constexpr int64_t kChunkBytes = int64_t{2} << 20;
// Operations of one step for each thread: with fewer, waiting at the end of the step costs more than a thread gains.
constexpr int64_t kOperationsPerThread = 100000;
constexpr int64_t kAlignedFloats = 16;

const StepKernels* find_step_kernels() {
#if defined(__x86_64__)
  return for_this_machine<StepKernels>(&kAvx2StepKernels, &kAvx512StepKernels, nullptr);
#elif defined(__aarch64__)
  return for_this_machine<StepKernels>(nullptr, nullptr, &kNeonStepKernels);
#else
  return nullptr;
#endif
}

// ---- the input's share ------------------------------------------------------------------------------------------

// rows x I times I x G * H, plus the biases.
dnnl::matmul::primitive_desc describe_product(const IRecurrentLayer& layer, int64_t rows, int64_t features,
                                              const memory::desc& weights) {
  const int64_t columns = layer.gate_count() * layer.getHiddenSize();
  return {cpu_engine(), plain_desc({rows, features}), weights, plain_desc({1, columns}), plain_desc({rows, columns}),
          attributes()};
}

memory::desc plain_input_weights(const IRecurrentLayer& layer, int64_t features) {
  const int64_t columns = layer.gate_count() * layer.getHiddenSize();
  return {{features, columns}, memory::data_type::f32, memory::dims{1, features}};
}

memory::desc any_input_weights(const IRecurrentLayer& layer, int64_t features) {
  const auto plain = plain_input_weights(layer, features);
  return {plain.get_dims(), memory::data_type::f32, memory::format_tag::any};
}

// Number of steps whose input share is computed at a time.
int64_t chunk_steps(const IRecurrentLayer& layer, int64_t steps, int64_t batch) {
  const int64_t bytes = batch * layer.gate_count() * layer.getHiddenSize() * static_cast<int64_t>(sizeof(float));
  const int64_t most = std::clamp<int64_t>(kChunkBytes / std::max<int64_t>(bytes, 1), 1, steps);
  const int64_t chunks = (steps + most - 1) / most;
  return (steps + chunks - 1) / chunks;
}

// ---- steps ------------------------------------------------------------------------------------------------------

// Threads wait for each other at the end of a step. They spin for as long as a step may take; after that another
// program must have the core of one of them, and they yield theirs.
class Barrier {
 public:
  // Call it before any thread waits.
  void set_threads(int64_t threads) { threads_ = threads; }
  // Waits for the `round`th time, counted from 1.
  void wait(int64_t round) {
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_ * round) return;
    for (int64_t i = 0; arrived_.load(std::memory_order_acquire) < threads_ * round; ++i) {
      if (i > kSpins) std::this_thread::yield();
      pause();
    }
  }

 private:
  static constexpr int64_t kSpins = 1000;
  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  alignas(64) std::atomic<int64_t> arrived_{0};
  int64_t threads_ = 1;
};

struct Geometry {
  int64_t steps;
  int64_t batch;
  int64_t features;
  int64_t gates;
  int64_t size;
  int64_t chunk;  // steps
  bool reverse;

  int64_t state() const { return batch * size; }
  int64_t step_share() const { return batch * gates * size; }
  int64_t time_of(int64_t i) const { return reverse ? steps - 1 - i : i; }
};

class StepsKernel final : public Kernel {
 public:
  struct Parts {
    RecurrentStep form;  // common to all steps
    Geometry geometry;
    std::optional<network::DataType> lengths_type;
    bool has_hidden;
    bool has_cell;
    std::unique_ptr<Kernel> product;
    std::unique_ptr<Kernel> last_product;  // for a shorter last chunk, or null
    std::shared_ptr<const void> new_gate_bias;
  };
  StepsKernel(const StepKernels& kernels, Parts parts)
      : kernels_(kernels), parts_(std::move(parts)), geometry_(parts_.geometry) {}

  int64_t workspace_bytes() const override {
    const int64_t last = parts_.last_product ? parts_.last_product->workspace_bytes() : 0;
    return lengths_bytes() + 2 * state_bytes() + share_bytes() + std::max(parts_.product->workspace_bytes(), last);
  }

  void run(const KernelCall& kernel_call) override {
    const void* const* inputs = kernel_call.inputs;
    void* const* outputs = kernel_call.outputs;
    auto* block = static_cast<char*>(kernel_call.workspace);
    RecurrentStep step = parts_.form;
    if (parts_.lengths_type) step.lengths = read_lengths(inputs[IRecurrentLayer::kLengths], block);
    Call call{step, static_cast<float*>(outputs[0]), reinterpret_cast<float*>(block + lengths_bytes()), nullptr};
    call.step.hidden = start_of(inputs, outputs, call.states);
    call.step.cell_state = static_cast<float*>(outputs[2]);
    call.share = reinterpret_cast<float*>(block + lengths_bytes() + 2 * state_bytes());
    char* scratch = reinterpret_cast<char*>(call.share) + share_bytes();
    for (int64_t first = 0; first < geometry_.steps; first += geometry_.chunk) {
      const int64_t count = std::min(geometry_.chunk, geometry_.steps - first);
      const int64_t time = geometry_.reverse ? geometry_.steps - first - count : first;
      const void* input = static_cast<const float*>(inputs[0]) + time * geometry_.batch * geometry_.features;
      void* share = call.share;
      (count == geometry_.chunk ? *parts_.product : *parts_.last_product).run({&input, &share, scratch});
      run_steps(call, first, count, time);
    }
    const auto bytes = static_cast<size_t>(geometry_.state()) * sizeof(float);
    std::memcpy(outputs[1], call.step.hidden, bytes);
    if (parts_.form.cell != RecurrentCell::kLSTM) std::memcpy(outputs[2], call.step.hidden, bytes);
  }

 private:
  struct Call {
    RecurrentStep step;
    float* output;
    float* states;  // room for two hidden states
    float* share;
  };

  int64_t lengths_bytes() const { return rounded_up(geometry_.batch * static_cast<int64_t>(sizeof(int64_t)), 64); }
  int64_t state_floats() const { return rounded_up(geometry_.state(), kAlignedFloats); }
  int64_t state_bytes() const { return state_floats() * static_cast<int64_t>(sizeof(float)); }
  int64_t share_bytes() const {
    return rounded_up(geometry_.chunk * geometry_.step_share() * static_cast<int64_t>(sizeof(float)), 64);
  }

  const int64_t* read_lengths(const void* from, void* to) const {
    auto* lengths = static_cast<int64_t*>(to);
    for (int64_t i = 0; i < geometry_.batch; ++i) {
      lengths[i] = parts_.lengths_type == network::DataType::kINT64 ? static_cast<const int64_t*>(from)[i]
                                                                    : static_cast<const int32_t*>(from)[i];
    }
    return lengths;
  }

  // The states before the first step; the cell's state is copied to its output.
  const float* start_of(const void* const* inputs, void* const* outputs, float* zeros) const {
    const auto bytes = static_cast<size_t>(geometry_.state()) * sizeof(float);
    const void* hidden = parts_.has_hidden ? inputs[IRecurrentLayer::kHiddenState] : nullptr;
    const void* cell = parts_.has_cell ? inputs[IRecurrentLayer::kCellState] : nullptr;
    if (parts_.form.cell == RecurrentCell::kLSTM) {
      if (cell == nullptr) std::memset(outputs[2], 0, bytes);
      if (cell != nullptr) std::memcpy(outputs[2], cell, bytes);
    }
    if (hidden != nullptr) return static_cast<const float*>(hidden);
    std::memset(zeros, 0, bytes);
    return zeros;
  }

  // Memory for the hidden state of step i: the output, or a buffer if sequences end early.
  float* next_hidden(const Call& call, int64_t i) const {
    if (call.step.lengths != nullptr) return call.states + (i + 1) % 2 * state_floats();
    return call.output + geometry_.time_of(i) * geometry_.state();
  }

  RecurrentStep step_at(const Call& call, int64_t first, int64_t i, int64_t chunk_time) const {
    RecurrentStep step = call.step;
    step.step = geometry_.time_of(i);
    step.from_input = call.share + (step.step - chunk_time) * geometry_.step_share();
    if (i > first) step.hidden = next_hidden(call, i - 1);
    step.next_hidden = next_hidden(call, i);
    step.output = step.lengths == nullptr ? nullptr : call.output + step.step * geometry_.state();
    return step;
  }

  int32_t thread_count() const {
    const int64_t most = omp_get_max_threads();
    const int64_t operations = 2 * geometry_.step_share() * geometry_.size;
    return static_cast<int32_t>(std::clamp<int64_t>(operations / kOperationsPerThread, 1, std::min(most, groups())));
  }

  int64_t groups() const { return (geometry_.size + kernels_.lanes - 1) / kernels_.lanes; }

  // Runs steps [first, first + count); `time` is where their share of the input begins.
  void run_steps(Call& call, int64_t first, int64_t count, int64_t time) const {
    const int32_t threads = thread_count();
    if (threads == 1) {
      for (int64_t i = first; i < first + count; ++i) kernels_.run(step_at(call, first, i, time), 0, groups());
    } else {
      run_in_threads(call, first, count, time, threads);
    }
    call.step.hidden = next_hidden(call, first + count - 1);
  }

  void run_in_threads(const Call& call, int64_t first, int64_t count, int64_t time, int32_t threads) const {
    Barrier barrier;
#pragma omp parallel num_threads(threads)
    {
      const int64_t team = omp_get_num_threads();
      const int64_t own = omp_get_thread_num();
#pragma omp single
      barrier.set_threads(team);
      for (int64_t i = first; i < first + count; ++i) {
        kernels_.run(step_at(call, first, i, time), groups() * own / team, groups() * (own + 1) / team);
        barrier.wait(i - first + 1);
      }
    }
  }

  const StepKernels& kernels_;
  Parts parts_;
  const Geometry& geometry_;
};

// ---- the tactic -------------------------------------------------------------------------------------------------

const IRecurrentLayer& recurrent(const LayerInstance& instance) {
  return static_cast<const IRecurrentLayer&>(*instance.layer);
}

bool is_given(const LayerInstance& instance, int32_t input) {
  const auto index = static_cast<size_t>(input);
  return index < instance.present.size() && instance.present[index];
}

Geometry geometry_of(const LayerInstance& instance) {
  const auto& layer = recurrent(instance);
  const auto& x = instance.inputs[0].dims;
  return {x.d[0],
          x.d[1],
          x.d[2],
          layer.gate_count(),
          layer.getHiddenSize(),
          chunk_steps(layer, x.d[0], x.d[1]),
          layer.getReverse()};
}

std::unique_ptr<Kernel> make_product(const dnnl::matmul::primitive_desc& desc, const PackedWeights& matrix,
                                     const std::shared_ptr<float>& bias) {
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
  builder.fixed(DNNL_ARG_WEIGHTS, desc.weights_desc(), matrix.data, matrix.owner);
  builder.fixed(DNNL_ARG_BIAS, desc.bias_desc(), bias.get(), bias);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  return builder.build(dnnl::matmul(desc), desc.scratchpad_desc());
}

class RecurrentStepsTactic final : public PackingTactic {
 public:
  const char* name() const override { return "onednn.recurrent_steps"; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    const auto basics = check_recurrent(layer, device);
    if (!basics) return basics;
    const bool projects = static_cast<const IRecurrentLayer&>(layer).getProjectionSize() > 0;
    return projects ? Decision::no("the hidden state is projected") : Decision::yes();
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return format == network::TensorFormat::kLINEAR;
  }

  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    // A plan may come from another machine.
    if (find_step_kernels() == nullptr) return Decision::no("there are no kernels for this processor");
    if (instance.inputs[0].dims.volume() == 0) return Decision::no("a tensor has no elements");
    const Geometry g = geometry_of(instance);
    const double operations = 2.0 * static_cast<double>(g.step_share() * g.steps * (g.features + g.size));
    return Implementation{"", roofline_microseconds(instance, operations)};
  }

  bool packs_weights(const LayerInstance&) const override { return true; }

  void unpack_weights(const network::ILayer& layer, const std::string& attribute, const WeightBlock& from,
                      void* to) const override {
    const auto& recurrent = static_cast<const IRecurrentLayer&>(layer);
    const auto role = role_of(attribute);
    if (role == RecurrentWeights::kHIDDEN) return ungroup_hidden_weights(recurrent, from, to);
    const int64_t count = recurrent.getWeights(role).count;
    const int64_t features = count / (recurrent.gate_count() * recurrent.getHiddenSize());
    const auto plain =
        role == RecurrentWeights::kINPUT ? plain_input_weights(recurrent, features) : plain_desc({count});
    unpack(from, key_of(recurrent, role), plain, to);
  }

  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore& weights,
                                  const DeviceTarget&) const override {
    return with_own_errors([&] { return make_kernel(instance, weights); });
  }

 private:
  static std::unique_ptr<Kernel> make_kernel(const LayerInstance& instance, WeightStore& weights) {
    const auto& layer = recurrent(instance);
    const StepKernels& kernels = *find_step_kernels();
    const Geometry g = geometry_of(instance);
    StepsKernel::Parts parts{};
    parts.geometry = g;
    if (is_given(instance, IRecurrentLayer::kLengths)) {
      parts.lengths_type = instance.inputs[IRecurrentLayer::kLengths].dtype;
    }
    parts.has_hidden = is_given(instance, IRecurrentLayer::kHiddenState);
    parts.has_cell = is_given(instance, IRecurrentLayer::kCellState);
    auto bias = new_gate_bias(weights, layer, kernels.lanes);
    parts.form = {};
    parts.form.cell = layer.getCell();
    parts.form.batch = g.batch;
    parts.form.hidden_size = g.size;
    parts.form.weights = group_hidden_weights(weights, layer, kernels.lanes);
    parts.form.new_gate_bias = bias.get();
    parts.new_gate_bias = std::move(bias);

    const auto product = describe_product(layer, g.chunk * g.batch, g.features, any_input_weights(layer, g.features));
    const auto matrix = pack(weights, key_of(layer, RecurrentWeights::kINPUT), plain_input_weights(layer, g.features),
                             product.weights_desc());
    const auto joined = joined_biases(weights, layer);
    parts.product = make_product(product, matrix, joined);
    if (const int64_t last = g.steps % g.chunk; last != 0) {
      parts.last_product =
          make_product(describe_product(layer, last * g.batch, g.features, product.weights_desc()), matrix, joined);
    }
    return std::make_unique<StepsKernel>(kernels, std::move(parts));
  }
};

}  // namespace

std::unique_ptr<Tactic> make_recurrent_steps() { return std::make_unique<RecurrentStepsTactic>(); }

}  // namespace torch_tensorrt::engine::onednn
