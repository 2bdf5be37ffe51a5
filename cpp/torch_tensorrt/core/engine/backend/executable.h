#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

class Context;
class JsonWriter;

// An input or output of an engine.
struct IoTensor {
  std::string name;
  network::DataType dtype;
  network::Dims dims;  // -1 where dynamic
  network::Dims min;   // inputs; equal to dims where static
  network::Dims opt;
  network::Dims max;
  network::TensorFormat format;
  std::string argument = {};  // the input's name in the user's program; empty when not known
  // For an input that is used as a shape: the range of each of its elements; empty where no range is known.
  bool is_shape = false;
  std::vector<int64_t> min_values = {};
  std::vector<int64_t> max_values = {};
};

// "input x", or "input \"input_0\"" where the argument is not known.
std::string describe_input(const IoTensor& input);

// A plan loaded by a backend: ready to run, immutable, shared by any number of threads, each with a context of its own.
// Belongs to an Engine, which adds the pool of contexts.
class Executable : public std::enable_shared_from_this<Executable> {
 public:
  virtual ~Executable() = default;
  virtual const std::vector<IoTensor>& inputs() const = 0;
  virtual const std::vector<IoTensor>& outputs() const = 0;
  // Addresses of inputs must be multiples of this many bytes.
  virtual int64_t input_alignment() const { return 1; }
  // The context keeps the executable alive.
  virtual std::unique_ptr<Context> create_context(int32_t max_specializations) const = 0;
  // Writes fields of the object that Engine::inspect_json makes, "layers" among them.
  virtual void inspect(JsonWriter& json) const = 0;
};

}  // namespace torch_tensorrt::engine
