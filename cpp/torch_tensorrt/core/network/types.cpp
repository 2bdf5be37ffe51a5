#include "torch_tensorrt/core/network/types.h"

#include <algorithm>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

int64_t element_size(DataType type) {
  switch (type) {
    case DataType::kDOUBLE:
    case DataType::kINT64:
      return 8;
    case DataType::kFLOAT:
    case DataType::kINT32:
      return 4;
    case DataType::kHALF:
    case DataType::kBF16:
    case DataType::kINT16:
      return 2;
    case DataType::kINT8:
    case DataType::kBOOL:
    case DataType::kUINT8:
    case DataType::kFP8:
    case DataType::kINT4:
      return 1;
  }
  TORCHTRT_THROW_ERROR("data type " << static_cast<int32_t>(type) << " does not exist");
}

bool is_floating_point(DataType type) {
  return type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16 || type == DataType::kDOUBLE ||
         type == DataType::kFP8;
}

bool is_integral(DataType type) {
  return type == DataType::kINT8 || type == DataType::kINT32 || type == DataType::kUINT8 || type == DataType::kINT64 ||
         type == DataType::kINT16 || type == DataType::kINT4;
}

Dims::Dims(std::initializer_list<int64_t> values) : Dims(static_cast<int32_t>(values.size()), values.begin()) {}

Dims::Dims(const std::vector<int64_t>& values) : Dims(static_cast<int32_t>(values.size()), values.data()) {}

Dims::Dims(int32_t count, const int64_t* values) {
  if (count < 0 || count > MAX_DIMS) {
    TORCHTRT_THROW_ERROR("dims have " << count << " dimensions, must have 0 to " << MAX_DIMS);
  }
  nbDims = count;
  std::copy(values, values + count, d);
}

bool Dims::is_static() const {
  return std::all_of(d, d + nbDims, [](int64_t value) { return value >= 0; });
}

int64_t Dims::volume() const {
  if (!is_static()) {
    return -1;
  }
  if (std::find(d, d + nbDims, 0) != d + nbDims) {
    return 0;
  }
  int64_t product = 1;
  for (int32_t i = 0; i < nbDims; ++i) {
    if (__builtin_mul_overflow(product, d[i], &product)) {
      TORCHTRT_THROW_ERROR("a tensor of " << to_string(*this) << " has more elements than 64 bits can count");
    }
  }
  return product;
}

bool operator==(const Dims& a, const Dims& b) { return a.nbDims == b.nbDims && std::equal(a.d, a.d + a.nbDims, b.d); }
bool operator!=(const Dims& a, const Dims& b) { return !(a == b); }

bool is_identity(const Permutation& p, int32_t rank) {
  for (int32_t i = 0; i < rank; ++i) {
    if (p.order[i] != i) {
      return false;
    }
  }
  return true;
}

Permutation compose(const Permutation& p, const Permutation& q, int32_t rank) {
  Permutation both;
  for (int32_t i = 0; i < rank; ++i) both.order[i] = p.order[q.order[i]];
  return both;
}

Permutation inverse(const Permutation& permutation, int32_t rank) {
  Permutation result;
  for (int32_t i = 0; i < rank; ++i) result.order[permutation.order[i]] = i;
  return result;
}

std::string to_string(const Dims& dims) {
  if (dims.nbDims == 0) {
    return "scalar";
  }
  std::string text;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    text += (i == 0 ? "" : "x") + std::to_string(dims.d[i]);
  }
  return text;
}

}  // namespace torch_tensorrt::network
