#include "torch_tensorrt/core/network/shapes/dim_origin.h"

#include <algorithm>
#include <map>
#include <utility>

namespace torch_tensorrt::network {
namespace {

// ---- memory during one question ------------------------------------------------------------------------------------

using Key = std::pair<const ITensor*, int32_t>;

// Answers found on the way to one answer. Residual connections ask for the same dimension at every sum, which without a
// memory would double the questions each time. The memory ends with the outermost question, as passes may then change
// the network.
struct Memory {
  int32_t depth = 0;
  std::map<Key, DimOrigin> origins;
  std::map<Key, SizeFactors> factors;
};
thread_local Memory memory;

class Question {
 public:
  Question() { ++memory.depth; }
  ~Question() {
    if (--memory.depth > 0) return;
    memory.origins.clear();
    memory.factors.clear();
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
};

// ---- factors -------------------------------------------------------------------------------------------------------

SizeFactors number(int64_t known) { return {known, {}}; }

SizeFactors find_factors(const DimOrigin& origin) {
  const int64_t size = origin.tensor->getDimensions().d[origin.axis];
  if (size >= 0) return number(size);
  const auto factors = origin.tensor->producer()->dim_factors(origin.axis);
  return factors ? *factors : SizeFactors{1, {origin}};
}

bool is_same_origin(DimOrigin a, DimOrigin b) {
  for (;;) {
    a = origin_of_dim(*a.tensor, a.axis);
    b = origin_of_dim(*b.tensor, b.axis);
    if (a == b) return true;
    const int64_t size_a = a.tensor->getDimensions().d[a.axis];
    const int64_t size_b = b.tensor->getDimensions().d[b.axis];
    if (size_a >= 0 || size_b >= 0) return size_a == size_b;
    const auto effect_a = a.tensor->producer()->window_effect(a.axis);
    const auto effect_b = b.tensor->producer()->window_effect(b.axis);
    if (!effect_a || !effect_b || !(*effect_a == *effect_b)) return false;
    a.tensor = a.tensor->producer()->getInput(0);
    b.tensor = b.tensor->producer()->getInput(0);
  }
}

}  // namespace

bool operator==(const DimOrigin& a, const DimOrigin& b) { return a.tensor == b.tensor && a.axis == b.axis; }

DimOrigin origin_of_dim(const ITensor& tensor, int32_t axis) {
  const Question question;
  DimOrigin origin{&tensor, axis};
  std::vector<Key> way;
  for (;;) {
    const Key key{origin.tensor, origin.axis};
    const auto known = memory.origins.find(key);
    if (known != memory.origins.end()) {
      origin = known->second;
      break;
    }
    way.push_back(key);
    const ILayer& layer = *origin.tensor->producer();
    // If the sizes of a reshape or a slice are an input, its elements name the dimension.
    if (const ITensor* sizes = layer.size_input()) {
      const auto said = origin_of_element(*sizes, origin.axis);
      if (said) {
        origin = *said;
        break;
      }
    }
    if (layer.getNbInputs() == 0) break;
    const InputDim kept = layer.kept_dim(origin.tensor->producer_output(), origin.axis);
    if (kept.input < 0) break;
    origin = {layer.getInput(kept.input), kept.axis};
  }
  for (const Key& key : way) memory.origins[key] = origin;
  return origin;
}

SizeFactors factors_of_dim(const ITensor& tensor, int32_t axis) {
  const Question question;
  const DimOrigin origin = origin_of_dim(tensor, axis);
  const Key key{origin.tensor, origin.axis};
  const auto known = memory.factors.find(key);
  if (known != memory.factors.end()) return known->second;
  SizeFactors factors = find_factors(origin);
  memory.factors[key] = factors;
  return factors;
}

std::optional<SizeFactors> factors_of_element(const ITensor& shape, int64_t element) {
  const Question question;
  const auto& value = shape.shape_value();
  if (value && value->elements[static_cast<size_t>(element)] != ShapeValue::kUnknown) {
    const int64_t known = value->elements[static_cast<size_t>(element)];
    return known < 0 ? std::nullopt : std::optional<SizeFactors>(number(known));
  }
  const ILayer& layer = *shape.producer();
  const InputDim measured = layer.measured_dim(element);
  if (measured.input >= 0) return factors_of_dim(*layer.getInput(measured.input), measured.axis);
  const std::vector<ElementSource> parts = layer.element_factors(element);
  if (parts.empty()) return std::nullopt;
  SizeFactors product;
  for (const ElementSource& part : parts) {
    const auto factor = factors_of_element(*part.tensor, part.element);
    if (!factor) return std::nullopt;
    multiply(product, *factor);
  }
  return product;
}

void multiply(SizeFactors& product, const SizeFactors& factor) {
  product.known *= factor.known;
  product.unknown.insert(product.unknown.end(), factor.unknown.begin(), factor.unknown.end());
}

bool divide(SizeFactors& factors, const SizeFactors& divisor) {
  const Question question;
  if (divisor.known == 0 || factors.known % divisor.known != 0) return false;
  factors.known /= divisor.known;
  for (const DimOrigin& part : divisor.unknown) {
    const auto same = [&](const DimOrigin& other) { return is_same_origin(part, other); };
    const auto found = std::find_if(factors.unknown.begin(), factors.unknown.end(), same);
    if (found == factors.unknown.end()) return false;
    factors.unknown.erase(found);
  }
  return true;
}

namespace {

bool is_same(SizeFactors a, const SizeFactors& b) { return divide(a, b) && a.known == 1 && a.unknown.empty(); }

}  // namespace

bool is_same_size(const ITensor& a, int32_t axis_a, const ITensor& b, int32_t axis_b) {
  const Question question;
  if (is_same_origin({&a, axis_a}, {&b, axis_b})) return true;
  return is_same(factors_of_dim(a, axis_a), factors_of_dim(b, axis_b));
}

bool have_same_dims(const ITensor& a, const ITensor& b) {
  const int32_t rank = a.getDimensions().nbDims;
  if (a.getDimensions() != b.getDimensions()) return false;
  for (int32_t i = 0; i < rank; ++i) {
    if (!is_same_size(a, i, b, i)) return false;
  }
  return true;
}

std::optional<DimOrigin> origin_of_element(const ITensor& shape, int64_t element) {
  ElementSource source{&shape, element};
  while (source.tensor != nullptr) {
    const ILayer& layer = *source.tensor->producer();
    const InputDim measured = layer.measured_dim(source.element);
    if (measured.input >= 0) return origin_of_dim(*layer.getInput(measured.input), measured.axis);
    source = layer.element_source(source.element);
  }
  return std::nullopt;
}

bool is_size_of(const ITensor& shape, int64_t element, const ITensor& tensor, int32_t axis) {
  const Question question;
  const auto factors = factors_of_element(shape, element);
  return factors && is_same(*factors, factors_of_dim(tensor, axis));
}

}  // namespace torch_tensorrt::network
