#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"

#include <algorithm>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
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

  void run(const KernelCall& call) override {
    for (const auto& binding : bindings_) {
      void* data = call.workspace;
      if (binding.source == Source::kInput) data = const_cast<void*>(call.inputs[binding.index]);
      if (binding.source == Source::kOutput) data = call.outputs[binding.index];
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

namespace {

using network::EpilogueOp;

template <typename T>
void fix_number(KernelBuilder& kernel, int argument, dnnl::memory::data_type type, T value) {
  const auto memory = std::make_shared<T>(value);
  kernel.fixed(argument, plain_desc({1}, type), memory.get(), memory);
}

// One post-op.
struct PostOp {
  Eltwise eltwise{};  // if algorithm is undef: a binary one
  dnnl::algorithm binary = dnnl::algorithm::undef;
  int32_t input = -1;  // of a binary one
  // Of a sum with what the result's memory holds: its scale, its zero point and its type.
  float scale = 0;
  int32_t zero_point = 0;
  dnnl::memory::data_type summed = dnnl::memory::data_type::undef;

  bool is_sum() const { return summed != dnnl::memory::data_type::undef; }
};

PostOp linear(float alpha, float beta) { return {{dnnl::algorithm::eltwise_linear, alpha, beta}}; }

// A constant of one number.
float scale_of(const LayerInstance& instance, int32_t input) {
  const void* const values = instance.constants[static_cast<size_t>(input)];
  TORCHTRT_CHECK(values != nullptr && instance.inputs[static_cast<size_t>(input)].dims.volume() == 1,
                 "the scale is not a constant number");
  return *static_cast<const float*>(values);
}

// Where the scales of the epilogue's ends are.
enum class Scales { kAttributes, kPostOps };

PostOp sum_of(const LayerInstance& instance, const EpilogueOp& op) {
  PostOp sum;
  const bool has_scale = op.alpha != 0;
  sum.scale = has_scale ? static_cast<float>(op.alpha) : 1.F;
  sum.zero_point = has_scale ? static_cast<int32_t>(op.beta) : 0;
  sum.summed = to_type(instance.inputs[static_cast<size_t>(op.input)].dtype);
  return sum;
}

// oneDNN adds integers as they are. So the result is divided by their scale before, and multiplied by it afterwards.
// The result is written over input `summed`, if there is one.
std::vector<PostOp> post_ops(const LayerInstance& instance, size_t first, Scales scales, int32_t summed = -1) {
  std::vector<PostOp> list;
  const auto& epilogue = instance.layer->epilogue();
  for (size_t i = first; i < epilogue.size(); ++i) {
    const EpilogueOp& op = epilogue[i];
    if (op.kind == EpilogueOp::Kind::kActivation) {
      list.push_back({*to_eltwise(op.activation, op.alpha, op.beta)});
    } else if (op.kind == EpilogueOp::Kind::kElementWise && op.input == summed) {
      list.push_back(sum_of(instance, op));
    } else if (op.kind == EpilogueOp::Kind::kElementWise) {
      const auto scale = static_cast<float>(op.alpha);
      if (op.alpha != 0) list.push_back(linear(1.0F / scale, static_cast<float>(-op.beta)));
      list.push_back({{dnnl::algorithm::undef, 0, 0}, *to_binary(op.elementwise), op.input});
      if (op.alpha != 0) list.push_back(linear(scale, 0));
    } else if (scales == Scales::kPostOps) {
      const bool is_first = op.kind == EpilogueOp::Kind::kDequantize;
      const float factor = is_first ? scale_of(instance, op.input) : 1.0F / static_cast<float>(op.alpha);
      list.push_back(linear(factor, 0));
    }
  }
  return list;
}

const EpilogueOp* dequantization(const LayerInstance& instance) {
  const auto& epilogue = instance.layer->epilogue();
  return network::begins_with_dequantize(epilogue) ? &epilogue.front() : nullptr;
}

const EpilogueOp* quantization(const LayerInstance& instance) {
  const auto& epilogue = instance.layer->epilogue();
  return !epilogue.empty() && epilogue.back().kind == EpilogueOp::Kind::kQuantize ? &epilogue.back() : nullptr;
}

void set_scales(dnnl::primitive_attr& attr, const LayerInstance& instance, int scale_mask) {
  if (const auto* in = dequantization(instance)) {
    const bool is_single = instance.inputs[static_cast<size_t>(in->input)].dims.volume() == 1;
    attr.set_scales_mask(DNNL_ARG_WEIGHTS, is_single ? 0 : scale_mask);
    if (in->beta != 0) attr.set_zero_points_mask(DNNL_ARG_SRC, 0);
  }
  if (const auto* out = quantization(instance)) {
    attr.set_scales_mask(DNNL_ARG_DST, 0);
    if (out->beta != 0) attr.set_zero_points_mask(DNNL_ARG_DST, 0);
  }
}

void bind_scales(KernelBuilder& kernel, const LayerInstance& instance) {
  if (const auto* in = dequantization(instance)) {
    const auto count = instance.inputs[static_cast<size_t>(in->input)].dims.volume();
    kernel.input(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, plain_desc({count}), in->input);
    if (in->beta != 0) bind_number(kernel, DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, static_cast<int32_t>(in->beta));
  }
  if (const auto* out = quantization(instance)) {
    bind_number(kernel, DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, static_cast<float>(out->alpha));
    if (out->beta != 0) bind_number(kernel, DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_DST, static_cast<int32_t>(out->beta));
  }
}

}  // namespace

void bind_number(KernelBuilder& kernel, int argument, float value) {
  fix_number(kernel, argument, dnnl::memory::data_type::f32, value);
}

void bind_number(KernelBuilder& kernel, int argument, int32_t value) {
  fix_number(kernel, argument, dnnl::memory::data_type::s32, value);
}

namespace {

dnnl::primitive_attr attributes_with(const std::vector<PostOp>& list, const LayerInstance& instance, int32_t rank,
                                     const DescribeOperand& describe) {
  dnnl::post_ops ops;
  for (const PostOp& op : list) {
    if (op.is_sum()) {
      ops.append_sum(op.scale, op.zero_point, op.summed);
    } else if (op.input < 0) {
      ops.append_eltwise(op.eltwise.algorithm, op.eltwise.alpha, op.eltwise.beta);
    } else {
      ops.append_binary(op.binary, describe(instance.inputs[static_cast<size_t>(op.input)], rank));
    }
  }
  auto attr = attributes();
  attr.set_post_ops(ops);
  return attr;
}

void bind_operands(KernelBuilder& kernel, const std::vector<PostOp>& ops, const LayerInstance& instance, int32_t rank,
                   const DescribeOperand& describe) {
  for (size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].input < 0) continue;
    kernel.input(DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i)) | DNNL_ARG_SRC_1,
                 describe(instance.inputs[static_cast<size_t>(ops[i].input)], rank), ops[i].input);
  }
}

}  // namespace

dnnl::primitive_attr with_epilogue(const LayerInstance& instance, size_t first, int32_t rank,
                                   const DescribeOperand& describe, int scale_mask, int32_t summed) {
  auto attr = attributes_with(post_ops(instance, first, Scales::kAttributes, summed), instance, rank, describe);
  set_scales(attr, instance, scale_mask);
  return attr;
}

void bind_epilogue(KernelBuilder& kernel, const LayerInstance& instance, size_t first, int32_t rank,
                   const DescribeOperand& describe, int32_t summed) {
  bind_operands(kernel, post_ops(instance, first, Scales::kAttributes, summed), instance, rank, describe);
  bind_scales(kernel, instance);
}

namespace {

bool is_read_once(const std::vector<EpilogueOp>& epilogue, int32_t input) {
  return std::count_if(epilogue.begin(), epilogue.end(), [&](const EpilogueOp& op) { return op.input == input; }) == 1;
}

}  // namespace

int32_t summed_input(const LayerInstance& instance, size_t first) {
  const auto& epilogue = instance.layer->epilogue();
  const TensorDesc& output = instance.outputs[0];
  for (size_t i = first; i < epilogue.size(); ++i) {
    const EpilogueOp& op = epilogue[i];
    if (op.kind != EpilogueOp::Kind::kElementWise) continue;
    const auto input = static_cast<size_t>(op.input);
    const TensorDesc& operand = instance.inputs[input];
    // Numbers of one size; 8-bit integers may have a sign in one of them only.
    const bool has_type = operand.dtype == output.dtype || (is_byte(operand.dtype) && is_byte(output.dtype));
    const bool has_form = operand.dims == output.dims && operand.format == output.format && !operand.view_strides;
    if (op.elementwise == network::ElementWiseOperation::kSUM && has_type && has_form &&
        instance.constants[input] == nullptr && !output.view_strides && is_read_once(epilogue, op.input)) {
      return op.input;
    }
  }
  return -1;
}

namespace {

class SummingKernel final : public Kernel {
 public:
  SummingKernel(std::unique_ptr<Kernel> apart, std::unique_ptr<Kernel> over, int32_t summed)
      : apart_(std::move(apart)), over_(std::move(over)), summed_(summed) {}

  int64_t workspace_bytes() const override { return std::max(apart_->workspace_bytes(), over_->workspace_bytes()); }
  void run(const KernelCall& call) override { (call.inputs[summed_] == call.outputs[0] ? *over_ : *apart_).run(call); }

 private:
  std::unique_ptr<Kernel> apart_;
  std::unique_ptr<Kernel> over_;
  int32_t summed_;
};

}  // namespace

std::unique_ptr<Kernel> make_summing_kernel(std::unique_ptr<Kernel> apart, std::unique_ptr<Kernel> over,
                                            int32_t summed) {
  return std::make_unique<SummingKernel>(std::move(apart), std::move(over), summed);
}

dnnl::primitive_attr with_scaled_epilogue(const LayerInstance& instance, size_t first, int32_t rank,
                                          const DescribeOperand& describe) {
  return attributes_with(post_ops(instance, first, Scales::kPostOps), instance, rank, describe);
}

void bind_scaled_epilogue(KernelBuilder& kernel, const LayerInstance& instance, size_t first, int32_t rank,
                          const DescribeOperand& describe) {
  bind_operands(kernel, post_ops(instance, first, Scales::kPostOps), instance, rank, describe);
}

namespace {

bool same(const TensorDesc& a, const TensorDesc& b) {
  return a.dtype == b.dtype && a.dims == b.dims && a.format == b.format;
}

class RowTactic final : public Tactic {
 public:
  explicit RowTactic(const Row& row) : row_(row) {}

  const char* name() const override { return row_.name; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    if (layer.getType() != row_.kind) return Decision::no("another kind of layer");
    const auto basics = row_.basics(layer, device);
    if (!basics) return basics;
    const auto epilogue = check_epilogue(layer);
    return epilogue && row_.supports != nullptr ? row_.supports(layer) : epilogue;
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return format == network::TensorFormat::kLINEAR || (!row_.only_linear && is_plain_or_hwc(format));
  }

  // Tries to make the primitive: for these kinds that takes microseconds, and oneDNN caches it.
  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    try {
      row_.prepare(instance);
    } catch (const dnnl::error& error) {
      return declined(error);
    } catch (const Error& error) {
      return Decision::no(error.msg());
    }
    const auto operations = static_cast<double>(instance.outputs[0].dims.volume());
    return Implementation{"", roofline_microseconds(instance, operations), in_place_input(instance)};
  }

  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore&,
                                  const DeviceTarget&) const override {
    return with_own_errors([&] { return row_.prepare(instance); });
  }

 private:
  int32_t in_place_input(const LayerInstance& instance) const {
    const bool free = row_.in_place && instance.constants[0] == nullptr;
    return free && same(instance.inputs[0], instance.outputs[0]) ? 0 : -1;
  }

  Row row_;
};

}  // namespace

std::unique_ptr<Tactic> make_row_tactic(const Row& row) { return std::make_unique<RowTactic>(row); }

namespace {

// Each costs time to prepare and to run; oneDNN lists the likely fast ones first.
constexpr size_t kMostImplementations = 4;

}  // namespace

bool is_worth_timing(const char* implementation, size_t found) {
  if (!check_implementation(implementation) || found == kMostImplementations) return false;
  // Vectors of four numbers, where oneDNN has an implementation with longer ones.
  return found == 0 || std::string_view(implementation).find(":sse41") == std::string_view::npos;
}

bool may_saturate(const char* implementation, const network::ILayer& layer) {
  if (!network::begins_with_dequantize(layer.epilogue())) return false;
  const std::string_view name = implementation;
  const std::string_view isa = name.substr(name.rfind(':') + 1);
  return isa == "avx512_core" || isa == "avx2" || isa == "sse41";
}

void require_optimized(const char* implementation) {
  const auto decision = check_implementation(implementation);
  TORCHTRT_CHECK(decision, decision.reason());
}

}  // namespace torch_tensorrt::engine::onednn
