#include <omp.h>

#include <algorithm>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/instruction_set.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/max_pooling_kernels.h"
#include "torch_tensorrt/core/util/macros.h"

// Max pooling of floating-point numbers: oneDNN's own loses NaN, and PyTorch's also writes where each maximum is.
namespace torch_tensorrt::engine::onednn {
namespace {

using network::DataType;
using network::Dims;
using network::IPoolingLayer;

// Smaller outputs take less time than waking threads.
constexpr int64_t kLeastParallelBytes = 1 << 15;

const MaxPoolingKernels* find_kernels() {
#if defined(__x86_64__)
  return for_this_machine<MaxPoolingKernels>(&kAvx2MaxPoolingKernels, &kAvx512MaxPoolingKernels, nullptr);
#elif defined(__aarch64__)
  return for_this_machine<MaxPoolingKernels>(nullptr, nullptr, &kNeonMaxPoolingKernels);
#else
  return nullptr;
#endif
}

const IPoolingLayer& pooling(const network::ILayer& layer) { return static_cast<const IPoolingLayer&>(layer); }

// Writes the last three numbers; `missing` in place of dimensions that are not there.
void write_spatial(const Dims& dims, int32_t first, int64_t missing, int64_t (&to)[3]) {
  for (int32_t axis = 0; axis < 3; ++axis) {
    const int32_t i = dims.nbDims - 3 + axis;
    to[axis] = i >= first ? dims.d[i] : missing;
  }
}

MaxPoolingForm form_of(const LayerInstance& instance) {
  const auto& layer = pooling(*instance.layer);
  const Dims& in = instance.inputs[0].dims;
  Dims pre;
  Dims post;
  layer.resolved_padding(Dims(in.nbDims - 2, in.d + 2), &pre, &post);
  MaxPoolingForm form{};
  form.channels = in.d[1];
  write_spatial(in, 2, 1, form.in);
  write_spatial(instance.outputs[0].dims, 2, 1, form.out);
  write_spatial(layer.getWindowSizeNd(), 0, 1, form.window);
  write_spatial(layer.full_stride(), 0, 1, form.stride);
  write_spatial(layer.full_dilation(), 0, 1, form.dilation);
  write_spatial(pre, 0, 0, form.pre);
  return form;
}

class MaxPoolingKernel final : public Kernel {
 public:
  MaxPoolingKernel(const MaxPoolingKernels& kernels, const LayerInstance& instance)
      : kernels_(kernels), form_(form_of(instance)), type_(instance.inputs[0].dtype) {
    rows_ = instance.outputs[0].dims.d[0] * form_.out[0] * form_.out[1];
    is_parallel_ = instance.outputs[0].bytes() >= kLeastParallelBytes;
  }

  void run(const KernelCall& call) override {
    const int64_t threads = is_parallel_ ? std::min<int64_t>(omp_get_max_threads(), rows_) : 1;
#pragma omp parallel for num_threads(static_cast <int32_t>(threads)) schedule(static, 1)
    for (int64_t i = 0; i < threads; ++i) {
      run_rows({rows_ * i / threads, rows_ * (i + 1) / threads}, call.inputs[0], call.outputs[0]);
    }
  }

 private:
  void run_rows(const PoolingRows& rows, const void* input, void* output) const {
    if (type_ == DataType::kFLOAT) {
      kernels_.of_32_bits(form_, rows, 0x7f800000, static_cast<const int32_t*>(input), static_cast<int32_t*>(output));
    } else {
      const int16_t infinity = type_ == DataType::kHALF ? 0x7c00 : 0x7f80;
      kernels_.of_16_bits(form_, rows, infinity, static_cast<const int16_t*>(input), static_cast<int16_t*>(output));
    }
  }

  const MaxPoolingKernels& kernels_;
  MaxPoolingForm form_;
  DataType type_;
  int64_t rows_;
  bool is_parallel_;
};

class MaxPoolingTactic final : public Tactic {
 public:
  const char* name() const override { return "onednn.max_pooling"; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    if (layer.getType() != network::LayerType::kPOOLING) return Decision::no("another kind of layer");
    if (!device.is_cpu()) return Decision::no("the device is not a CPU");
    if (pooling(layer).getPoolingType() != network::PoolingType::kMAX) return Decision::no("it is not a maximum");
    const DataType type = layer.getInput(0)->getType();
    const bool is_known = type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16;
    if (!is_known || layer.getOutput(0)->getType() != type) {
      return Decision::no("the tensors are not f32, f16 or bf16");
    }
    return layer.epilogue().empty() ? Decision::yes() : Decision::no("the layer has an epilogue");
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return format == network::TensorFormat::kHWC;
  }

  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    // A plan may come from another machine.
    if (find_kernels() == nullptr) return Decision::no("there are no kernels for this processor");
    const auto& in = instance.inputs[0];
    const auto& out = instance.outputs[0];
    if (in.format != network::TensorFormat::kHWC || out.format != network::TensorFormat::kHWC) {
      return Decision::no("a tensor is not channels last");
    }
    const auto& window = pooling(*instance.layer).getWindowSizeNd();
    if (in.dims.nbDims != window.nbDims + 2 || window.nbDims > 3) {
      return Decision::no("the tensor has no batch dimension, or more than three dimensions behind the channels");
    }
    const double comparisons = static_cast<double>(out.dims.volume()) * static_cast<double>(window.volume());
    return Implementation{"", roofline_microseconds(instance, comparisons)};
  }

  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore&,
                                  const DeviceTarget&) const override {
    return std::make_unique<MaxPoolingKernel>(*find_kernels(), instance);
  }
};

}  // namespace

std::unique_ptr<Tactic> make_max_pooling() { return std::make_unique<MaxPoolingTactic>(); }

}  // namespace torch_tensorrt::engine::onednn
