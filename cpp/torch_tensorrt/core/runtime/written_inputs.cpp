#include "torch_tensorrt/core/runtime/written_inputs.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::runtime {
namespace {

struct Memory {
  uintptr_t begin;
  uintptr_t end;
};

// The range of bytes from the first to the last element.
Memory memory_of(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage() || tensor.numel() == 0) return {0, 0};
  const auto begin = reinterpret_cast<uintptr_t>(tensor.const_data_ptr());
  const size_t bytes = at::detail::computeStorageNbytes(tensor.sizes(), tensor.strides(), tensor.itemsize());
  return {begin, begin + bytes};
}

// One byte per byte of the memory: 1 if it belongs to an element of the tensor.
at::Tensor used_bytes(const at::Tensor& tensor, const Memory& all) {
  const auto bytes = at::zeros({static_cast<int64_t>(all.end - all.begin)}, at::kByte);
  auto sizes = tensor.sizes().vec();
  auto strides = tensor.strides().vec();
  for (auto& stride : strides) stride *= static_cast<int64_t>(tensor.itemsize());
  sizes.push_back(static_cast<int64_t>(tensor.itemsize()));
  strides.push_back(1);
  bytes.as_strided(sizes, strides, static_cast<int64_t>(memory_of(tensor).begin - all.begin)).fill_(1);
  return bytes;
}

bool share_elements(const at::Tensor& a, const at::Tensor& b) {
  const Memory of_a = memory_of(a);
  const Memory of_b = memory_of(b);
  if (of_a.begin == of_a.end || of_b.begin == of_b.end) return false;
  if (of_a.end <= of_b.begin || of_b.end <= of_a.begin) return false;
  if (a.is_non_overlapping_and_dense() && b.is_non_overlapping_and_dense()) return true;
  // Ranges may overlap without shared elements: two columns of one matrix.
  const Memory all = {std::min(of_a.begin, of_b.begin), std::max(of_a.end, of_b.end)};
  return used_bytes(a, all).logical_and(used_bytes(b, all)).any().item<bool>();
}

std::string name_of(const Binding& input) { return input.argument.empty() ? input.name : input.argument; }

}  // namespace

void check_written_inputs(std::vector<at::Tensor> inputs, std::vector<int64_t> written,
                          c10::intrusive_ptr<TRTEngine> engine) {
  const auto& bindings = engine->inputs();
  if (inputs.size() != bindings.size()) return;  // the call itself reports the error
  for (const int64_t place : written) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto other = static_cast<int64_t>(i);
      if (other == place || !share_elements(inputs.at(place), inputs[i])) continue;
      TORCHTRT_THROW_ERROR("the module writes its argument " << name_of(bindings.at(place))
                                                             << " in place, and argument " << name_of(bindings[i])
                                                             << " of this call shares its memory; pass a copy of one "
                                                             << "of them (clone())");
    }
  }
}

}  // namespace torch_tensorrt::core::runtime
