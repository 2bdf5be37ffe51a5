#include "torch_tensorrt/core/network/layers/reshape.h"

#include <algorithm>
#include <string>

#include "torch_tensorrt/core/network/tensor.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

constexpr int64_t kInferred = -1;

// A product with some unknown factors.
struct Product {
  int64_t known = 1;
  int32_t unknown = 0;

  void add(int64_t dim) {
    if (dim < 0) {
      ++unknown;
      return;
    }
    if (__builtin_mul_overflow(known, dim, &known)) {
      TORCHTRT_THROW_ERROR("a reshape has more elements than 64 bits can count");
    }
  }
};

std::string text_of(const std::vector<int64_t>& spec) {
  std::string text;
  for (int64_t value : spec) {
    text += (text.empty() ? "" : "x") + (value == ShapeValue::kUnknown ? "?" : std::to_string(value));
  }
  return text.empty() ? "scalar" : text;
}

[[noreturn]] void fail(const Dims& input, const std::vector<int64_t>& spec, const std::string& why) {
  TORCHTRT_THROW_ERROR("cannot reshape " << to_string(input) << " to " << text_of(spec) << ": " << why);
}

class Resolver {
 public:
  Resolver(const Dims& input, const std::vector<int64_t>& spec, bool zero_is_placeholder)
      : input_(input), spec_(spec), zero_is_placeholder_(zero_is_placeholder), output_(spec) {}

  Dims run() {
    for (size_t i = 0; i < spec_.size(); ++i) {
      place(static_cast<int32_t>(i));
    }
    count_input();
    if (open_ >= 0) {
      output_.d[open_] = open_dimension();
    } else {
      check_volumes();
    }
    return output_;
  }

 private:
  // Fills one dimension and counts it. A copied dimension is on both sides, so that its size does not count.
  void place(int32_t i) {
    const int64_t value = spec_[static_cast<size_t>(i)];
    if (value == 0 && zero_is_placeholder_) {
      if (i >= input_.nbDims) {
        fail(input_, spec_, "there is no input dimension " + std::to_string(i) + " for the 0 to copy");
      }
      output_.d[i] = input_.d[i];
      copied_[i] = true;
    } else if (value == kInferred) {
      if (inferred_) {
        fail(input_, spec_, "only one dimension can be -1");
      }
      inferred_ = true;
      open_ = i;
    } else if (value == ShapeValue::kUnknown) {
      output_.d[i] = -1;
      ++unknown_;
      if (!inferred_) {
        open_ = i;
      }
    } else if (value < 0) {
      fail(input_, spec_, "a dimension is " + std::to_string(value) + ", must be at least -1");
    } else {
      wanted_.add(value);
    }
  }

  void count_input() {
    for (int32_t i = 0; i < input_.nbDims; ++i) {
      if (!copied_[i]) {
        given_.add(input_.d[i]);
      }
    }
    // Volumes can decide only one dimension.
    if (unknown_ + (inferred_ ? 1 : 0) > 1) {
      open_ = -1;
    }
  }

  // Both sides are then empty, regardless of the other dims.
  bool copies_empty_dimension() const {
    for (int32_t i = 0; i < input_.nbDims; ++i) {
      if (copied_[i] && input_.d[i] == 0) {
        return true;
      }
    }
    return false;
  }

  // The one dimension that the volumes decide; -1 if they are unknown.
  int64_t open_dimension() const {
    if (given_.unknown > 0) {
      return -1;
    }
    const bool ambiguous = wanted_.known == 0 || copies_empty_dimension();
    if (ambiguous && !inferred_) {
      return -1;
    }
    if (wanted_.known == 0) {
      fail(input_, spec_, "any size would do for the -1, because another dimension is 0");
    }
    if (given_.known % wanted_.known != 0) {
      fail(input_, spec_, std::to_string(given_.known) + " is not a multiple of " + std::to_string(wanted_.known));
    }
    return given_.known / wanted_.known;
  }

  void check_volumes() const {
    const bool open_input = given_.unknown > 0;
    const bool open_output = unknown_ > 0 || inferred_;
    if (copies_empty_dimension() || (open_input && open_output)) {
      return;
    }
    bool fits = given_.known == wanted_.known;
    if (open_input) {
      fits = given_.known == 0 ? wanted_.known == 0 : wanted_.known % given_.known == 0;
    } else if (open_output) {
      fits = wanted_.known == 0 ? given_.known == 0 : given_.known % wanted_.known == 0;
    }
    if (!fits) {
      fail(input_, spec_, std::to_string(given_.known) + " elements do not become " + std::to_string(wanted_.known));
    }
  }

  const Dims& input_;
  const std::vector<int64_t>& spec_;
  bool zero_is_placeholder_;
  Dims output_;
  bool copied_[Dims::MAX_DIMS] = {};
  bool inferred_ = false;
  int32_t unknown_ = 0;  // entries known only at run time
  int32_t open_ = -1;    // the dimension decided by the volumes
  Product given_;        // of the input, without copied dims
  Product wanted_;
};

}  // namespace

Dims resolve_reshape(const Dims& input, const std::vector<int64_t>& spec, bool zero_is_placeholder) {
  return Resolver(input, spec, zero_is_placeholder).run();
}

bool same_dims_always(const Dims& a, const Dims& b) {
  if (a != b) return false;
  // The volume decides one unknown dimension, unless the volume is 0.
  const auto unknown = std::count(a.d, a.d + a.nbDims, -1);
  return unknown == 0 || (unknown == 1 && std::count(a.d, a.d + a.nbDims, 0) == 0);
}

}  // namespace torch_tensorrt::network
