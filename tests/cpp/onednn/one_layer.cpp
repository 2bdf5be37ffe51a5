#include "onednn/one_layer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/run/schedule.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"
#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::testing {
namespace {

using network::Dims;
using network::EpilogueOp;
using network::ITensor;
using network::TensorFormat;

constexpr int32_t kFirstRankWithFormats = 3;
// Implementations add in different orders.
constexpr double kBetweenImplementations = 1e-4;

void for_each(const Dims& dims, const std::function<void(int64_t flat, const std::vector<int64_t>& index)>& visit) {
  std::vector<int64_t> index(static_cast<size_t>(dims.nbDims), 0);
  const int64_t count = dims.volume();
  for (int64_t flat = 0; flat < count; ++flat) {
    visit(flat, index);
    for (size_t i = index.size(); i-- > 0;) {
      if (++index[i] < dims.d[i]) break;
      index[i] = 0;
    }
  }
}

int64_t offset_of(const Dims& strides, const std::vector<int64_t>& index) {
  int64_t offset = 0;
  for (size_t i = 0; i < index.size(); ++i) offset += strides.d[i] * index[i];
  return offset;
}

void write(const Tensor& from, const TensorDesc& desc, void* to) {
  const Dims strides = desc.strides();
  for_each(from.dims, [&](int64_t flat, const auto& index) {
    static_cast<float*>(to)[offset_of(strides, index)] = from.values[static_cast<size_t>(flat)];
  });
}

Tensor read(const TensorDesc& desc, const void* from) {
  const Dims strides = desc.strides();
  Tensor tensor{desc.dims, std::vector<float>(static_cast<size_t>(desc.dims.volume()))};
  for_each(desc.dims, [&](int64_t flat, const auto& index) {
    tensor.values[static_cast<size_t>(flat)] = static_cast<const float*>(from)[offset_of(strides, index)];
  });
  return tensor;
}

// Memory full of NaN, so that elements that are not written, or scratch memory that is not, are seen.
std::shared_ptr<void> poisoned(int64_t bytes) {
  auto memory = allocate_aligned(bytes);
  std::memset(memory.get(), 0xff, static_cast<size_t>(bytes));
  return memory;
}

const Tactic& tactic_named(const char* name) {
  const Tactic* tactic = TacticRegistry::global().find(name);
  TORCHTRT_CHECK(tactic != nullptr, "no tactic is named " << name);
  return *tactic;
}

void expect_same(const Tensor& a, const Tensor& b, const char* what) {
  EXPECT_EQ(std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)), 0) << what;
}

}  // namespace

double Tensor::at(const std::vector<int64_t>& index) const {
  int64_t offset = 0;
  const auto rank = static_cast<size_t>(dims.nbDims);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t place = index[index.size() - rank + i];
    offset = offset * dims.d[i] + (dims.d[i] == 1 ? 0 : place);
  }
  return values[static_cast<size_t>(offset)];
}

Tensor random_tensor(const Dims& dims, uint32_t seed) {
  uint32_t state = seed * 2654435761U + 12345U;
  return make_tensor(dims, [&](const auto&) {
    state = state * 1664525U + 1013904223U;
    return static_cast<double>(static_cast<int32_t>(state)) / 2147483648.0;
  });
}

Tensor make_tensor(const Dims& dims, const std::function<double(const std::vector<int64_t>&)>& element) {
  Tensor tensor{dims, std::vector<float>(static_cast<size_t>(dims.volume()))};
  for_each(dims, [&](int64_t flat, const auto& index) {
    tensor.values[static_cast<size_t>(flat)] = static_cast<float>(element(index));
  });
  return tensor;
}

ITensor* OneLayer::input(Tensor value) {
  const std::string name = "x" + std::to_string(inputs_.size());
  ITensor* tensor = network_->addInput(name.c_str(), network::DataType::kFLOAT, value.dims);
  values_.push_back(std::move(value));
  inputs_.emplace_back(tensor, &values_.back());
  return tensor;
}

network::Weights OneLayer::weights(const Tensor& value) {
  values_.push_back(value);
  const auto& kept = values_.back().values;
  return {network::DataType::kFLOAT, kept.data(), static_cast<int64_t>(kept.size())};
}

ITensor* OneLayer::constant(Tensor value) {
  const Dims dims = value.dims;
  return network_->addConstant(dims, weights(value))->getOutput(0);
}

void OneLayer::fuse(network::Epilogue& epilogue, EpilogueOp op, const Tensor* operand, bool is_constant,
                    Tensor& expected) {
  if (operand != nullptr) {
    ITensor* tensor = is_constant ? constant(*operand) : input(*operand);
    op.kind = EpilogueOp::Kind::kElementWise;
    op.input = network::Rewriter(*network_).append_input(*layer_, *tensor);
  }
  epilogue.push_back(op);
  expected = make_tensor(expected.dims, [&](const auto& index) {
    const double x = expected.at(index);
    if (operand == nullptr) return network::apply_activation(op.activation, x, op.alpha, op.beta);
    const double y = operand->at(index);
    return op.swapped ? network::apply_elementwise(op.elementwise, y, x)
                      : network::apply_elementwise(op.elementwise, x, y);
  });
}

LayerInstance OneLayer::instance(TensorFormat in, TensorFormat out) {
  ITensor& output = *layer_->getOutput(0);
  if (!output.isNetworkOutput()) network_->markOutput(output);
  std::vector<Dims> dims;
  for (const auto& [tensor, value] : inputs_) {
    auto* mutable_tensor = const_cast<ITensor*>(tensor);
    mutable_tensor->set_format(value->dims.nbDims >= kFirstRankWithFormats ? in : TensorFormat::kLINEAR);
    dims.push_back(value->dims);
  }
  output.set_format(output.getDimensions().nbDims >= kFirstRankWithFormats ? out : TensorFormat::kLINEAR);
  const Schedule schedule(*network_, network::infer_all(*network_, dims));
  for (const Step& step : schedule.steps()) {
    if (step.instance.layer == layer_) return step.instance;
  }
  TORCHTRT_THROW_ERROR("the layer does no work");
}

std::string OneLayer::declined(const char* name, TensorFormat format) {
  const Tactic& tactic = tactic_named(name);
  const Decision supported = tactic.supports(*layer_, describe_target());
  if (!supported) return supported.reason();
  if (!tactic.takes_format(*layer_, format)) return "format";
  return tactic.implementations(instance(format, format), describe_target()).reason();
}

void OneLayer::put_weights(WeightStore& store) {
  WeightPutter putter(network_, store);
  putter.put_attributes();
  putter.put_constant_inputs();
}

std::vector<Candidate> OneLayer::candidates(const char* name, const LayerInstance& instance) {
  const Tactic& tactic = tactic_named(name);
  const DeviceTarget target = describe_target();
  const Decision supported = tactic.supports(*layer_, target);
  TORCHTRT_CHECK(supported, "declined: " << supported.reason());
  const Implementations offered = tactic.implementations(instance, target);
  TORCHTRT_CHECK(offered, "declined: " << offered.reason());
  std::vector<Candidate> candidates;
  for (const Implementation& one : offered.all()) candidates.push_back({&tactic, one});
  return candidates;
}

std::unique_ptr<Kernel> OneLayer::prepare(const char* name, const LayerInstance& instance, WeightStore& store) {
  const Candidate first = candidates(name, instance).front();
  return first.tactic->prepare(first.implementation, instance, store, describe_target());
}

std::vector<const void*> OneLayer::bind_inputs(const LayerInstance& instance, const WeightStore& store,
                                               std::vector<std::shared_ptr<void>>& memory) const {
  std::vector<const void*> pointers;
  for (size_t i = 0; i < instance.inputs.size(); ++i) {
    const ITensor* tensor = layer_->getInput(static_cast<int32_t>(i));
    if (instance.constants[i] != nullptr) {
      // What a tactic has packed it must not read any more.
      const std::string layout = store.asked_layout(input_key(layer_index(*layer_), static_cast<int32_t>(i)));
      pointers.push_back(layout.empty() || layout == "plain" ? instance.constants[i] : nullptr);
      continue;
    }
    for (const auto& [known, value] : inputs_) {
      if (known != tensor) continue;
      memory.push_back(poisoned(instance.inputs[i].bytes()));
      write(*value, instance.inputs[i], memory.back().get());
      pointers.push_back(memory.back().get());
      break;
    }
  }
  return pointers;
}

Tensor OneLayer::run_kernel(Kernel& kernel, const LayerInstance& instance, const WeightStore& store, int32_t in_place) {
  std::vector<std::shared_ptr<void>> memory;
  const auto inputs = bind_inputs(instance, store, memory);
  const auto workspace = poisoned(kernel.workspace_bytes());
  const auto result = poisoned(instance.outputs[0].bytes());
  std::vector<void*> outputs{in_place < 0 ? result.get() : const_cast<void*>(inputs[static_cast<size_t>(in_place)])};
  std::vector<std::shared_ptr<void>> others;
  for (size_t i = 1; i < instance.outputs.size(); ++i) {
    others.push_back(poisoned(instance.outputs[i].bytes()));
    outputs.push_back(others.back().get());
  }
  kernel.run({inputs.data(), outputs.data(), workspace.get()});
  return read(instance.outputs[0], outputs[0]);
}

Tensor OneLayer::run_repeatedly(const Candidate& candidate, const LayerInstance& instance) {
  const auto prepare = [&](WeightStore& store) {
    return candidate.tactic->prepare(candidate.implementation, instance, store, describe_target());
  };
  WeightStore store;
  put_weights(store);
  const auto kernel = prepare(store);
  store.drop_unused();
  const Tensor first = run_kernel(*kernel, instance, store, /*in_place=*/-1);
  expect_same(first, run_kernel(*kernel, instance, store, /*in_place=*/-1), "the second run differs");
  // As an engine does that is loaded from a plan: from the blocks that the plan keeps.
  WeightStore loaded;
  for (auto& [key, block] : store.blocks()) loaded.put(key, block);
  const auto again = prepare(loaded);
  expect_same(first, run_kernel(*again, instance, loaded, /*in_place=*/-1), "from packed weights it differs");
  const int32_t in_place = candidate.implementation.in_place_input;
  if (in_place >= 0) {
    const std::string what = candidate.implementation.config + " in place";
    expect_near(run_kernel(*again, instance, loaded, in_place), first, kBetweenImplementations, what);
  }
  return first;
}

Tensor OneLayer::run(const char* tactic, TensorFormat in, TensorFormat out) {
  const LayerInstance instance = this->instance(in, out);
  const std::vector<Candidate> all = candidates(tactic, instance);
  const Tensor first = run_repeatedly(all.front(), instance);
  for (size_t i = 1; i < all.size(); ++i) {
    expect_near(run_repeatedly(all[i], instance), first, kBetweenImplementations, all[i].implementation.config);
  }
  return first;
}

std::vector<std::string> OneLayer::configs(const char* tactic, TensorFormat format) {
  std::vector<std::string> configs;
  for (const Candidate& one : candidates(tactic, instance(format, format)))
    configs.push_back(one.implementation.config);
  return configs;
}

Tensor OneLayer::run_config(const char* tactic, TensorFormat format, const std::string& config) {
  const LayerInstance instance = this->instance(format, format);
  WeightStore store;
  put_weights(store);
  const auto kernel = tactic_named(tactic).prepare(Implementation{config}, instance, store, describe_target());
  return run_kernel(*kernel, instance, store, /*in_place=*/-1);
}

int32_t OneLayer::in_place_input(const char* tactic, TensorFormat format) {
  return candidates(tactic, instance(format, format)).front().implementation.in_place_input;
}

Tensor OneLayer::run_in_place(const char* tactic, TensorFormat format) {
  const LayerInstance instance = this->instance(format, format);
  EXPECT_EQ(candidates(tactic, instance).front().implementation.in_place_input, 0);
  WeightStore store;
  put_weights(store);
  return run_kernel(*prepare(tactic, instance, store), instance, store, /*in_place=*/0);
}

Tensor OneLayer::run_from(WeightStore& store, const char* tactic, TensorFormat format) {
  const LayerInstance instance = this->instance(format, format);
  return run_kernel(*prepare(tactic, instance, store), instance, store, /*in_place=*/-1);
}

std::string OneLayer::stored_layout(const char* tactic, TensorFormat format, const char* role) {
  WeightStore store;
  put_weights(store);
  run_from(store, tactic, format);
  return store.asked_layout(key(role));
}

void expect_near(const Tensor& actual, const Tensor& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(actual.dims, expected.dims) << what;
  double worst = 0;
  size_t place = 0;
  for (size_t i = 0; i < expected.values.size(); ++i) {
    const double a = actual.values[i];
    const double e = expected.values[i];
    if (a == e || (std::isnan(a) && std::isnan(e))) continue;
    const double error = std::abs(a - e) / std::max(1.0, std::abs(e));
    if (!(error <= worst)) {  // NaN counts
      worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
      place = i;
    }
  }
  EXPECT_LE(worst, tolerance) << what << ": element " << place << " is " << actual.values[place] << ", expected "
                              << expected.values[place];
}

std::string format_name(TensorFormat format) { return format == TensorFormat::kHWC ? "Hwc" : "Linear"; }

}  // namespace torch_tensorrt::engine::testing
