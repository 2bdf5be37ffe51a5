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
  const bool is_cpu = plan.target.kind == DeviceTarget::Kind::kCPU;
  return is_cpu && plan.settings ? plan.settings->num_threads : 0;
}

}  // namespace

NativeContext::NativeContext(std::shared_ptr<const NativeExecutable> executable, int32_t max_specialisations)
    : executable_(std::move(executable)), max_entries_(static_cast<size_t>(std::max(max_specialisations, 1))) {}

Specialisation& NativeContext::current_or_throw() const {
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

Specialisation* NativeContext::find(const std::vector<network::Dims>& dims) {
  for (Entry& entry : entries_) {
    if (!entry.specialisation->is_for(dims, values_)) continue;
    entry.last_used = ++clock_;
    return entry.specialisation.get();
  }
  return nullptr;
}

Specialisation* NativeContext::make(const std::vector<network::Dims>& dims) {
  const ThreadLimit limit(threads_of(executable_->plan()));
  auto made = std::make_unique<Specialisation>(executable_->plan(), executable_->tactics(), dims, values_);
  ensure_arena(made->arena_bytes());
  if (entries_.size() >= max_entries_) {
    const auto older = [](const Entry& a, const Entry& b) { return a.last_used < b.last_used; };
    entries_.erase(std::min_element(entries_.begin(), entries_.end(), older));
  }
  entries_.push_back({std::move(made), ++clock_});
  return entries_.back().specialisation.get();
}

// Frees the old arena before it allocates the new one, so that both never exist together. If the allocation fails there
// is no arena, and the next call tries again.
void NativeContext::ensure_arena(int64_t bytes) {
  if (arena_ != nullptr && bytes <= arena_bytes_) return;
  arena_.reset();
  arena_bytes_ = 0;
  arena_ = allocate_on(executable_->plan().target, bytes);
  arena_bytes_ = bytes;
}

const std::vector<network::Dims>& NativeContext::set_input_dims(const std::vector<network::Dims>& dims,
                                                                const int64_t* const* shape_values) {
  current_ = nullptr;  // leaves nothing stale to run when this throws
  if (dims.size() == executable_->inputs().size()) {
    read_values(dims, shape_values);
    if (Specialisation* known = find(dims)) {
      ensure_arena(known->arena_bytes());
      current_ = known;
      return known->output_dims();
    }
  }
  const Plan& plan = executable_->plan();
  check_input_dims(plan.name, executable_->inputs(), plan.network->profiles(), dims);
  check_input_values(executable_->inputs(), values_);
  current_ = make(dims);
  return current_->output_dims();
}

void NativeContext::run(const void* const* inputs, void* const* outputs, const RunOptions&) {
  const ThreadLimit limit(threads_of(executable_->plan()));
  current_or_throw().run(static_cast<char*>(arena_.get()), inputs, outputs);
}

std::vector<LayerTime> NativeContext::profile(const void* const* inputs, void* const* outputs, const RunOptions&) {
  const ThreadLimit limit(threads_of(executable_->plan()));
  const auto microseconds = current_or_throw().profile(static_cast<char*>(arena_.get()), inputs, outputs);
  std::vector<LayerTime> times;
  for (size_t i = 0; i < microseconds.size(); ++i) {
    if (microseconds[i] == 0) continue;
    times.push_back({executable_->plan().network->getLayer(static_cast<int32_t>(i))->getName(), microseconds[i]});
  }
  return times;
}

}  // namespace torch_tensorrt::engine
