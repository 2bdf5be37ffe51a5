#include "torch_tensorrt/core/engine/run/native_context.h"

#include <algorithm>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/plan/input_range.h"
#include "torch_tensorrt/core/engine/run/thread_limit.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

// 0 on GPUs, and for engines of older libraries, which do not record it.
uint64_t threads_of(const Plan& plan) {
  const bool is_cpu = plan.target.is_cpu();
  return is_cpu && plan.settings ? plan.settings->num_threads : 0;
}

}  // namespace

NativeContext::NativeContext(std::shared_ptr<const NativeExecutable> executable, int32_t max_specializations)
    : executable_(std::move(executable)), max_entries_(static_cast<size_t>(std::max(max_specializations, 1))) {}

NativeContext::Entry& NativeContext::current_or_throw() const {
  if (current_ == nullptr) {
    TORCHTRT_THROW_ERROR("the dims of the inputs are not set; call set_input_dims before run");
  }
  return *current_;
}

void NativeContext::read_values(const std::vector<network::Dims>& dims, const int64_t* const* shape_values) {
  if (shape_values == nullptr) {
    values_.clear();
    return;
  }
  values_.resize(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    if (shape_values[i] == nullptr) {
      values_[i].reset();
      continue;
    }
    const int64_t count = dims[i].volume();
    if (count < 0 || count > network::ShapeValue::kMaxElements) {
      TORCHTRT_THROW_ERROR("input \"" << executable_->inputs()[i].name << "\" has " << count
                                      << " elements, a shape has at most " << network::ShapeValue::kMaxElements);
    }
    if (!values_[i]) values_[i].emplace();
    values_[i]->elements.assign(shape_values[i], shape_values[i] + count);
  }
}

NativeContext::Entry* NativeContext::find(const std::vector<network::Dims>& dims) {
  for (const auto& entry : entries_) {
    if (!entry->specialization->is_for(dims, values_)) continue;
    entry->last_used = ++clock_;
    return entry.get();
  }
  return nullptr;
}

NativeContext::Entry* NativeContext::make(const std::vector<network::Dims>& dims) {
  const ThreadLimit limit(threads_of(executable_->plan()));
  auto made = std::make_unique<Entry>();
  made->specialization = std::make_unique<Specialization>(executable_->plan(), executable_->tactics(), dims, values_);
  ensure_arena(made->specialization->arena_bytes());
  made->last_used = ++clock_;
  make_room();
  entries_.push_back(std::move(made));
  return entries_.back().get();
}

// Drops the entry that was not used for the longest time. Graphs of callers keep what they launch.
void NativeContext::make_room() {
  if (entries_.size() < max_entries_) return;
  auto oldest = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if ((*entry)->is_recorded) continue;
    if (oldest == entries_.end() || (*entry)->last_used < (*oldest)->last_used) oldest = entry;
  }
  if (oldest != entries_.end()) entries_.erase(oldest);
}

// Frees the old arena before it allocates the new one, so that both never exist together; our own graphs read the old
// one and go as well. If the allocation fails there is no arena, and the next call tries again. An arena that a
// caller's graph uses stays.
void NativeContext::ensure_arena(int64_t bytes) {
  if (arena_ != nullptr && bytes <= arena_bytes_) return;
  for (const auto& entry : entries_) {
    if (entry->graphs != nullptr) entry->graphs->clear();
  }
  if (arena_is_recorded_) recorded_arenas_.push_back(arena_);
  arena_is_recorded_ = false;
  arena_.reset();
  arena_bytes_ = 0;
  arena_ = allocate_on(target(), bytes);
  arena_bytes_ = bytes;
}

const std::vector<network::Dims>& NativeContext::set_input_dims(const std::vector<network::Dims>& dims,
                                                                const int64_t* const* shape_values) {
  current_ = nullptr;  // leaves nothing stale to run when this throws
  if (dims.size() == executable_->inputs().size()) {
    read_values(dims, shape_values);
    if (Entry* known = find(dims)) {
      ensure_arena(known->specialization->arena_bytes());
      current_ = known;
      return known->specialization->output_dims();
    }
  }
  const Plan& plan = executable_->plan();
  check_input_dims(plan.name, executable_->inputs(), plan.network->profiles(), dims);
  check_input_values(executable_->inputs(), values_);
  current_ = make(dims);
  return current_->specialization->output_dims();
}

void NativeContext::run(const void* const* inputs, void* const* outputs, const RunOptions& options) {
  Entry& entry = current_or_throw();
  if (!target().is_cpu()) return run_on_gpu(entry, inputs, outputs, options);
  const ThreadLimit limit(threads_of(executable_->plan()));
  if (TensorObserver* observer = tensor_observer()) {
    return entry.specialization->run_observed(executable_->plan(), *observer, arena(), inputs, outputs);
  }
  entry.specialization->run(arena(), inputs, outputs);
}

namespace {

// PyTorch's operators work on this stream until the result is destroyed. Null if they do already.
std::shared_ptr<void> use_stream(const DeviceTarget& target, void* stream) {
  const DeviceAccess& access = require_cuda_access();
  if (access.current_stream(target.gpu_id) == stream) return nullptr;
  return access.use_stream(target.gpu_id, stream);
}

}  // namespace

void NativeContext::run_on_gpu(Entry& entry, const void* const* inputs, void* const* outputs,
                               const RunOptions& options) {
  if (options.is_recorded) entry.is_recorded = arena_is_recorded_ = true;
  if (options.use_graph && can_record(entry)) return run_as_graph(entry, inputs, outputs, options.stream);
  const auto on_stream = use_stream(target(), options.stream);
  entry.specialization->run(arena(), inputs, outputs);
}

bool NativeContext::can_record(Entry& entry) const {
  if (entry.graphs != nullptr) return entry.graph_memory != nullptr;
  entry.graph_memory = require_cuda_access().make_graph_memory(target().gpu_id);
  entry.graphs = std::make_unique<cuda::GraphCache>(target().gpu_id);
  return entry.graph_memory != nullptr;
}

void NativeContext::run_as_graph(Entry& entry, const void* const* inputs, void* const* outputs, void* stream) {
  addresses_.assign(inputs, inputs + executable_->inputs().size());
  addresses_.insert(addresses_.end(), outputs, outputs + executable_->outputs().size());
  entry.graphs->run(addresses_, stream, [&](void* on) {
    // Memory that operators allocate in a recording belongs to the graph.
    const auto memory = on == stream ? nullptr : entry.graph_memory->serve(on);
    const auto on_stream = use_stream(target(), on);
    entry.specialization->run(arena(), inputs, outputs);
  });
}

std::vector<LayerTime> NativeContext::profile(const void* const* inputs, void* const* outputs,
                                              const RunOptions& options) {
  const ThreadLimit limit(threads_of(executable_->plan()));
  const bool on_gpu = !target().is_cpu();
  const auto on_stream = on_gpu ? use_stream(target(), options.stream) : nullptr;
  const auto microseconds = current_or_throw().specialization->profile(arena(), inputs, outputs);
  std::vector<LayerTime> times;
  for (size_t i = 0; i < microseconds.size(); ++i) {
    if (microseconds[i] == 0) continue;
    const auto layer = static_cast<int32_t>(i);
    times.push_back({executable_->plan().network->getLayer(layer)->getName(), microseconds[i], layer});
  }
  return times;
}

}  // namespace torch_tensorrt::engine
