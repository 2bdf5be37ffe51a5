#include <omp.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>

#include "torch_tensorrt/core/engine/run/thread_limit.h"
#include "torch_tensorrt/core/engine/tactics/onednn/convolution.h"
#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/instruction_set.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/engine/tactics/onednn/winograd_kernels.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {

// U = G g G^T.
void transform_kernel(const WinogradForm& form, const float* kernel, float* transformed) {
  const int64_t plane = form.padded_channels * form.padded_maps;
  std::fill_n(transformed, kWinogradPoints * plane, 0.F);
  const auto spread = [](double a, double b, double c, double* to, int64_t step) {
    to[0] = a;
    to[step] = (a + b + c) / 2;
    to[2 * step] = (a - b + c) / 2;
    to[3 * step] = c;
  };
  for (int64_t m = 0; m < form.maps; ++m) {
    for (int64_t c = 0; c < form.channels; ++c) {
      const float* taps = kernel + (m * form.channels + c) * 9;
      double columns[12];  // 4 x 3
      for (int64_t i = 0; i < 3; ++i) spread(taps[i], taps[3 + i], taps[6 + i], columns + i, 3);
      double points[kWinogradPoints];
      for (int64_t i = 0; i < 4; ++i) {
        spread(columns[3 * i], columns[3 * i + 1], columns[3 * i + 2], points + 4 * i, 1);
      }
      float* to = transformed + c * form.padded_maps + m;
      for (int64_t i = 0; i < kWinogradPoints; ++i) to[i * plane] = static_cast<float>(points[i]);
    }
  }
}

namespace {

using dnnl::memory;
using network::ActivationType;
using network::ElementWiseOperation;
using network::EpilogueOp;
using network::IConvolutionLayer;

constexpr int64_t kFloatBytes = sizeof(float);
// With fewer channels, the transforms cost more than the products save.
constexpr int64_t kLeastChannels = 16;
// Tiles of a block: enough to use each element of the transformed kernel often while it is in a cache, and few enough
// that the block's transformed data stay in a cache. Measured with 64 to 512 channels and 1 MiB of L2 cache for a core.
constexpr int64_t kLeastTiles = 64;
constexpr int64_t kMostTiles = 256;
constexpr int64_t kBlockFloats = kWinogradPoints * 32768;

const WinogradKernels* find_kernels() {
#if defined(__x86_64__)
  return for_this_machine<WinogradKernels>(&kAvx2WinogradKernels, &kAvx512WinogradKernels, nullptr);
#elif defined(__aarch64__)
  return for_this_machine<WinogradKernels>(nullptr, nullptr, &kNeonWinogradKernels);
#else
  return nullptr;
#endif
}

int64_t quotient_up(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

const IConvolutionLayer& convolution(const LayerInstance& instance) {
  return static_cast<const IConvolutionLayer&>(*instance.layer);
}

WinogradForm form_of(const LayerInstance& instance) {
  const auto& in = instance.inputs[0].dims;
  const auto& out = instance.outputs[0].dims;
  network::Dims pre;
  network::Dims post;
  convolution(instance).resolved_padding(network::Dims(2, in.d + 2), &pre, &post);
  return {in.d[2],
          in.d[3],
          in.d[1],
          out.d[2],
          out.d[3],
          out.d[1],
          pre.d[0],
          pre.d[1],
          rounded_up(in.d[1], kWinogradLanes),
          rounded_up(out.d[1], kWinogradLanes)};
}

// ---- the epilogue -----------------------------------------------------------------------------------------------

std::optional<WinogradStep::Kind> step_kind(ActivationType type) {
  using Kind = WinogradStep::Kind;
  static constexpr std::pair<ActivationType, Kind> kRows[] = {
      {ActivationType::kRELU, Kind::kRelu},
      {ActivationType::kLEAKY_RELU, Kind::kLeakyRelu},
      {ActivationType::kCLIP, Kind::kClip},
      {ActivationType::kSIGMOID, Kind::kSigmoid},
      {ActivationType::kTANH, Kind::kTanh},
      {ActivationType::kSILU, Kind::kSilu},
      {ActivationType::kHARD_SWISH, Kind::kHardSwish},
  };
  for (const auto& [known, kind] : kRows) {
    if (known == type) return kind;
  }
  return std::nullopt;
}

std::optional<WinogradStep::Kind> step_kind(const EpilogueOp& op) {
  using Kind = WinogradStep::Kind;
  if (op.kind == EpilogueOp::Kind::kActivation) {
    const bool is_empty = op.activation == ActivationType::kCLIP && op.alpha > op.beta;
    return is_empty ? std::nullopt : step_kind(op.activation);
  }
  const bool commutes = op.elementwise == ElementWiseOperation::kSUM || op.elementwise == ElementWiseOperation::kPROD;
  if (op.swapped && !commutes) return std::nullopt;
  if (op.elementwise == ElementWiseOperation::kSUM) return Kind::kAdd;
  if (op.elementwise == ElementWiseOperation::kPROD) return Kind::kMultiply;
  if (op.elementwise == ElementWiseOperation::kSUB) return Kind::kSubtract;
  return std::nullopt;
}

Decision check_steps(const network::ILayer& layer) {
  for (const EpilogueOp& op : layer.epilogue()) {
    if (!step_kind(op)) return Decision::no("an operation of the epilogue has no vector code");
  }
  return Decision::yes();
}

// Operands are read like the output: same sizes, same format.
Decision check_operands(const LayerInstance& instance) {
  for (const EpilogueOp& op : instance.layer->epilogue()) {
    if (op.kind != EpilogueOp::Kind::kElementWise) continue;
    const auto& operand = instance.inputs[static_cast<size_t>(op.input)];
    const auto& output = instance.outputs[0];
    if (operand.dims == output.dims && operand.format == output.format) continue;
    return Decision::no("an operand of the epilogue differs from the output in its shape or format");
  }
  return Decision::yes();
}

// ---- the products -----------------------------------------------------------------------------------------------

// points x tiles x channels times points x channels x maps, of the first `count` tiles of `stride`.
dnnl::matmul::primitive_desc describe_products(const WinogradForm& form, int64_t count, int64_t stride,
                                               const memory::desc& kernel) {
  constexpr auto kFloat = memory::data_type::f32;
  const auto rows = [&](int64_t columns) {
    return memory::desc({kWinogradPoints, count, columns}, kFloat, memory::dims{stride * columns, columns, 1});
  };
  // Each thread runs products of its own.
  const ThreadLimit one(1);
  return {cpu_engine(), rows(form.padded_channels), kernel, rows(form.padded_maps), attributes()};
}

memory::dims kernel_dims(const WinogradForm& form) { return {kWinogradPoints, form.padded_channels, form.padded_maps}; }

memory::desc any_kernel(const WinogradForm& form) {
  return {kernel_dims(form), memory::data_type::f32, memory::format_tag::any};
}

std::unique_ptr<Kernel> make_products(const dnnl::matmul::primitive_desc& desc, const void* kernel) {
  const ThreadLimit one(1);
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
  builder.fixed(DNNL_ARG_WEIGHTS, desc.weights_desc(), kernel);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  return builder.build(dnnl::matmul(desc), desc.scratchpad_desc());
}

// A name for the layout.
std::string layout_text(const memory::desc& desc) {
  std::string text = "winograd";
  const auto append = [&](const memory::dims& values) {
    text += ':';
    for (const auto value : values) text += std::to_string(value) + ',';
  };
  append(desc.get_dims());
  append(desc.get_padded_dims());
  append(desc.get_strides());
  append(desc.get_inner_blks());
  append(desc.get_inner_idxs());
  return text;
}

std::shared_ptr<void> packed_kernel(const WinogradForm& form, const float* kernel, const memory::desc& wanted) {
  const memory::desc plain = plain_desc(kernel_dims(form));
  const auto transformed = allocate_aligned(static_cast<int64_t>(plain.get_size()));
  transform_kernel(form, kernel, static_cast<float*>(transformed.get()));
  if (wanted == plain) return transformed;
  auto packed = allocate_aligned(static_cast<int64_t>(wanted.get_size()));
  memory from(plain, cpu_engine(), transformed.get());
  memory to(wanted, cpu_engine(), packed.get());
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return packed;
}

// ---- the kernel -------------------------------------------------------------------------------------------------

// How the tiles are divided among threads.
struct Blocks {
  int64_t threads;
  int64_t tiles;  // of all images
  int64_t size;   // tiles of a block
  int64_t count;
  int64_t last;  // tiles of the last block
};

Blocks divide(const WinogradForm& form, int64_t images, int64_t threads) {
  const int64_t tiles = images * form.tiles();
  const int64_t fitting = kBlockFloats / (kWinogradPoints * (form.padded_channels + form.padded_maps));
  const int64_t most = std::clamp(fitting, kLeastTiles, kMostTiles);
  const int64_t share = quotient_up(tiles, threads);
  const int64_t size = quotient_up(share, quotient_up(share, most));
  const int64_t count = quotient_up(tiles, size);
  return {std::min(threads, count), tiles, size, count, tiles - (count - 1) * size};
}

class WinogradKernel final : public Kernel {
 public:
  struct Worker {  // what one thread runs
    std::unique_ptr<Kernel> products;
    std::unique_ptr<Kernel> last_products;
  };
  struct Parts {
    WinogradForm form;
    Blocks blocks;
    std::vector<float> bias;
    std::vector<WinogradStep> steps;
    std::vector<int32_t> operands;  // input of each step, or -1
    std::vector<Worker> workers;
  };
  WinogradKernel(const WinogradKernels& kernels, Parts parts)
      : kernels_(kernels), parts_(std::move(parts)), zeros_(static_cast<size_t>(parts_.form.padded_channels), 0.F) {}

  int64_t workspace_bytes() const override { return parts_.blocks.threads * worker_bytes(); }

  void run(const KernelCall& call) override {
    std::vector<WinogradStep>& steps = parts_.steps;
    for (size_t i = 0; i < steps.size(); ++i) {
      if (parts_.operands[i] >= 0) steps[i].operand = static_cast<const float*>(call.inputs[parts_.operands[i]]);
    }
    const auto* input = static_cast<const float*>(call.inputs[0]);
    auto* output = static_cast<float*>(call.outputs[0]);
    auto* memory = static_cast<char*>(call.workspace);
    const auto threads = static_cast<int32_t>(std::min<int64_t>(parts_.blocks.threads, omp_get_max_threads()));
    std::exception_ptr failure;  // an exception must not leave a parallel region
#pragma omp parallel num_threads(threads)
    {
      const auto own = static_cast<int64_t>(omp_get_thread_num());
#pragma omp for schedule(dynamic, 1)
      for (int64_t block = 0; block < parts_.blocks.count; ++block) {
        try {
          run_block(block, static_cast<size_t>(own), input, output, memory + own * worker_bytes());
        } catch (...) {
#pragma omp critical
          failure = std::current_exception();
        }
      }
    }
    if (failure) std::rethrow_exception(failure);
  }

 private:
  int64_t input_bytes() const {
    return kWinogradPoints * parts_.blocks.size * parts_.form.padded_channels * kFloatBytes;
  }
  int64_t product_bytes() const { return kWinogradPoints * parts_.blocks.size * parts_.form.padded_maps * kFloatBytes; }
  int64_t worker_bytes() const {
    const Worker& worker = parts_.workers.front();
    const int64_t scratch = std::max(worker.products->workspace_bytes(), worker.last_products->workspace_bytes());
    return input_bytes() + product_bytes() + rounded_up(scratch, 64);
  }

  void run_block(int64_t block, size_t thread, const float* input, float* output, char* memory) const {
    const bool is_last = block + 1 == parts_.blocks.count;
    const int64_t count = is_last ? parts_.blocks.last : parts_.blocks.size;
    const WinogradTiles tiles{block * parts_.blocks.size, count, parts_.blocks.size};
    void* products = memory + input_bytes();
    const void* transformed = memory;
    kernels_.transform_input(parts_.form, tiles, input, zeros_.data(), reinterpret_cast<float*>(memory));
    const Worker& worker = parts_.workers[thread];
    (is_last ? *worker.last_products : *worker.products)
        .run({&transformed, &products, memory + input_bytes() + product_bytes()});
    kernels_.transform_output(parts_.form, tiles, static_cast<const float*>(products), parts_.bias.data(), parts_.steps,
                              output);
  }

  const WinogradKernels& kernels_;
  Parts parts_;
  std::vector<float> zeros_;  // pixels of the padding
};

// ---- the tactic -------------------------------------------------------------------------------------------------

bool all_ones(const network::Dims& dims) {
  return std::all_of(dims.d, dims.d + dims.nbDims, [](int64_t value) { return value == 1; });
}

Decision check_shape(const IConvolutionLayer& layer) {
  if (!(layer.getKernelSizeNd() == network::Dims{3, 3})) return Decision::no("the kernel is not 3 x 3");
  if (!all_ones(layer.full_stride())) return Decision::no("the stride is not 1");
  if (!all_ones(layer.full_dilation())) return Decision::no("the kernel is dilated");
  if (layer.getNbGroups() != 1) return Decision::no("the channels are in groups");
  const int64_t channels = layer.getKernelWeights().count / (layer.getNbOutputMaps() * 9);
  if (channels >= kLeastChannels && layer.getNbOutputMaps() >= kLeastChannels) return Decision::yes();
  return Decision::no(
      str("there are ", channels, " channels and ", layer.getNbOutputMaps(), " maps, fewer than ", kLeastChannels));
}

// The plan keeps the plain kernel, as the transform rounds. The engine transforms it when it is loaded.
class WinogradTactic final : public Tactic {
 public:
  const char* name() const override { return "onednn.winograd_convolution"; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    if (layer.getType() != network::LayerType::kCONVOLUTION) return Decision::no("another kind of layer");
    const auto& convolution = static_cast<const IConvolutionLayer&>(layer);
    if (const auto weights = check_constant_weights(convolution); !weights) return weights;
    if (const auto basics = check_f32(layer, device); !basics) return basics;
    if (const auto shape = check_shape(convolution); !shape) return shape;
    return check_steps(layer);
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return format == network::TensorFormat::kHWC;
  }

  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    // A plan may come from another machine.
    if (find_kernels() == nullptr) return Decision::no("there are no kernels for this processor");
    const auto& output = instance.outputs[0];
    const bool is_hwc =
        instance.inputs[0].format == network::TensorFormat::kHWC && output.format == network::TensorFormat::kHWC;
    if (!is_hwc) return Decision::no("a tensor is not channels last");
    if (output.dims.volume() == 0 || instance.inputs[0].dims.volume() == 0) {
      return Decision::no("a tensor has no elements");
    }
    if (const auto operands = check_operands(instance); !operands) return operands;
    try {
      const WinogradForm form = form_of(instance);
      const auto products = describe_products(form, kLeastTiles, kLeastTiles, any_kernel(form));
      if (auto optimized = check_implementation(products.impl_info_str()); !optimized) return optimized;
    } catch (const dnnl::error& error) {
      return declined(error);
    }
    return Implementation{"", roofline_microseconds(instance, direct_operations(instance) * 16.0 / 36.0)};
  }

  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore& weights,
                                  const DeviceTarget&) const override {
    return with_own_errors([&] { return make_kernel(instance, weights); });
  }

 private:
  static std::vector<float> padded_bias(const LayerInstance& instance, const WinogradForm& form, WeightStore& store) {
    std::vector<float> bias(static_cast<size_t>(form.padded_maps), 0.F);
    const auto& weights = convolution(instance).getBiasWeights();
    if (weights.count == 0) return bias;
    const void* elements = store.get(weight_key(layer_index(*instance.layer), "bias"), "plain", weights.bytes(), {});
    std::memcpy(bias.data(), elements, static_cast<size_t>(weights.bytes()));
    return bias;
  }

  static std::unique_ptr<Kernel> make_kernel(const LayerInstance& instance, WeightStore& weights) {
    const WinogradForm form = form_of(instance);
    const auto& layer = convolution(instance);
    WinogradKernel::Parts parts{};
    parts.form = form;
    parts.blocks = divide(form, instance.inputs[0].dims.d[0], omp_get_max_threads());
    parts.bias = padded_bias(instance, form, weights);
    for (const EpilogueOp& op : layer.epilogue()) {
      parts.steps.push_back({*step_kind(op), static_cast<float>(op.alpha), static_cast<float>(op.beta), nullptr});
      parts.operands.push_back(op.kind == EpilogueOp::Kind::kElementWise ? op.input : -1);
    }
    const Blocks& blocks = parts.blocks;
    const auto products = describe_products(form, blocks.size, blocks.size, any_kernel(form));
    const auto last = describe_products(form, blocks.last, blocks.size, products.weights_desc());
    const void* plain =
        weights.get(weight_key(layer_index(layer), "kernel"), "plain", layer.getKernelWeights().bytes(), {});
    const auto pack = [&] { return packed_kernel(form, static_cast<const float*>(plain), products.weights_desc()); };
    const void* kernel = weights.derived(plain, layout_text(products.weights_desc()), pack);
    for (int64_t i = 0; i < blocks.threads; ++i) {
      parts.workers.push_back({make_products(products, kernel), make_products(last, kernel)});
    }
    return std::make_unique<WinogradKernel>(*find_kernels(), std::move(parts));
  }
};

}  // namespace

std::unique_ptr<Tactic> make_winograd_convolution() { return std::make_unique<WinogradTactic>(); }

}  // namespace torch_tensorrt::engine::onednn
