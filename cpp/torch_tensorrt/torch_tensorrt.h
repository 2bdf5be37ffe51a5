#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"
#include "torch/custom_class.h"

#include "torch_tensorrt/core/util/Exception.h"
#include "torch_tensorrt/logging.h"
#include "torch_tensorrt/macros.h"
#include "torch_tensorrt/settings.h"

// The C++ API: compile a TorchScript module into one that runs engines.
//
//   auto module = torch::jit::load("model.ts");
//   auto spec = torch_tensorrt::ts::CompileSpec({torch_tensorrt::Input({1, 3, 224, 224})});
//   spec.device = torch_tensorrt::Device::cpu();
//   auto compiled = torch_tensorrt::ts::compile(module, spec);
//   compiled.save("compiled.ts");
//
// Every function throws torch_tensorrt::Error.
namespace torch_tensorrt {

// Element type of an input, or a precision that the builder may use.
class TORCHTRT_API DataType {
 public:
  enum Value : int8_t { kLong, kDouble, kFloat, kHalf, kChar, kInt, kBool, kUnknown, kBFloat16, kByte, kShort };

  DataType() = default;
  constexpr DataType(Value t) : value_(t) {}
  // Throws Error for a scalar type that has no counterpart here.
  DataType(c10::ScalarType t);
  operator Value() const { return value_; }
  explicit operator bool() = delete;
  constexpr bool operator==(DataType other) const { return value_ == other.value_; }
  constexpr bool operator==(DataType::Value other) const { return value_ == other; }
  constexpr bool operator!=(DataType other) const { return value_ != other.value_; }
  constexpr bool operator!=(DataType::Value other) const { return value_ != other; }

 private:
  TORCHTRT_API friend std::ostream& operator<<(std::ostream& os, const DataType& dtype);
  Value value_ = kUnknown;
};

// Memory layout of an input.
class TORCHTRT_API TensorFormat {
 public:
  enum Value : int8_t { kContiguous, kChannelsLast, kUnknown };

  TensorFormat() = default;
  constexpr TensorFormat(Value t) : value_(t) {}
  // Throws Error for a memory format other than contiguous and channels last.
  TensorFormat(at::MemoryFormat t);
  operator Value() const { return value_; }
  explicit operator bool() = delete;
  constexpr bool operator==(TensorFormat other) const { return value_ == other.value_; }
  constexpr bool operator==(TensorFormat::Value other) const { return value_ == other; }
  constexpr bool operator!=(TensorFormat other) const { return value_ != other.value_; }
  constexpr bool operator!=(TensorFormat::Value other) const { return value_ != other; }

 private:
  TORCHTRT_API friend std::ostream& operator<<(std::ostream& os, const TensorFormat& format);
  Value value_ = kUnknown;
};

// Where engines run. A requested device that is not there is an error, never a silent move to another.
struct TORCHTRT_API Device {
  class TORCHTRT_API DeviceType {
   public:
    enum Value : int8_t { kGPU, kDLA, kCPU };

    DeviceType() = default;
    constexpr DeviceType(Value t) : value_(t) {}
    // kCUDA or kCPU; throws Error otherwise.
    DeviceType(c10::DeviceType t);
    operator Value() const { return value_; }
    explicit operator bool() = delete;
    constexpr bool operator==(DeviceType other) const { return value_ == other.value_; }
    constexpr bool operator==(DeviceType::Value other) const { return value_ == other; }
    constexpr bool operator!=(DeviceType other) const { return value_ != other.value_; }
    constexpr bool operator!=(DeviceType::Value other) const { return value_ != other; }

   private:
    Value value_ = kGPU;
  };

  DeviceType device_type = DeviceType::kGPU;
  int64_t gpu_id = 0;
  int64_t dla_core = 0;
  bool allow_gpu_fallback = false;

  Device() = default;
  static Device cpu();
  // The current GPU, or the CPU where PyTorch has no GPU.
  static Device current();

 private:
  TORCHTRT_API friend std::ostream& operator<<(std::ostream& os, const Device& device);
};

enum class TORCHTRT_API EngineCapability : int8_t { kSTANDARD, kSAFETY, kDLA_STANDALONE };

// Shape (or range of shapes), dtype, layout and value range of one input.
//
// Static: `shape`. Dynamic: `min_shape`, `opt_shape`, `max_shape` of one rank with min <= opt <= max in every dimension
// (Error otherwise); `shape` then has -1 where they differ. dtype kUnknown: taken from the model's weights, else float.
// tensor_domain [low, high): where sample values for this input may be drawn from.
struct TORCHTRT_API Input : torch::CustomClassHolder {
  std::vector<int64_t> min_shape;
  std::vector<int64_t> opt_shape;
  std::vector<int64_t> max_shape;
  std::vector<int64_t> shape;
  DataType dtype = DataType::kUnknown;
  TensorFormat format = TensorFormat::kContiguous;
  std::vector<double> tensor_domain = {0, 2};
  bool input_is_dynamic = false;
  // Other ranges that the shape may be in, of the same rank: the engine then has a profile for each, and takes shapes
  // of one profile only. All inputs that have some have the same number; the others have their one range in every
  // profile.
  struct Range {
    std::vector<int64_t> min_shape;
    std::vector<int64_t> opt_shape;
    std::vector<int64_t> max_shape;
  };
  std::vector<Range> more_ranges;
  // Elements of an integer input that the model uses as sizes (CompileSpec::allow_shape_tensors), one an element, with
  // min <= opt <= max. Without opt_values those of the example are taken, or else the ends of tensor_domain.
  std::vector<int64_t> min_values;
  std::vector<int64_t> opt_values;
  std::vector<int64_t> max_values;
  std::string name;  // what messages call it; empty: as the module does

  Input() = default;
  // S below is std::vector<int64_t> or c10::ArrayRef<int64_t>.
  Input(std::vector<int64_t> shape, TensorFormat format = TensorFormat::kContiguous);
  Input(std::vector<int64_t> shape, std::vector<double> tensor_domain, TensorFormat format = TensorFormat::kContiguous);
  Input(std::vector<int64_t> shape, DataType dtype, TensorFormat format = TensorFormat::kContiguous);
  Input(std::vector<int64_t> shape, DataType dtype, std::vector<double> tensor_domain,
        TensorFormat format = TensorFormat::kContiguous);
  Input(c10::ArrayRef<int64_t> shape, TensorFormat format = TensorFormat::kContiguous);
  Input(c10::ArrayRef<int64_t> shape, std::vector<double> tensor_domain,
        TensorFormat format = TensorFormat::kContiguous);
  Input(c10::ArrayRef<int64_t> shape, DataType dtype, TensorFormat format = TensorFormat::kContiguous);
  Input(c10::ArrayRef<int64_t> shape, DataType dtype, std::vector<double> tensor_domain,
        TensorFormat format = TensorFormat::kContiguous);
  Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
        TensorFormat format = TensorFormat::kContiguous);
  Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
        std::vector<double> tensor_domain, TensorFormat format = TensorFormat::kContiguous);
  Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape, DataType dtype,
        TensorFormat format = TensorFormat::kContiguous);
  Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape, DataType dtype,
        std::vector<double> tensor_domain, TensorFormat format = TensorFormat::kContiguous);
  Input(c10::ArrayRef<int64_t> min_shape, c10::ArrayRef<int64_t> opt_shape, c10::ArrayRef<int64_t> max_shape,
        TensorFormat format = TensorFormat::kContiguous);
  Input(c10::ArrayRef<int64_t> min_shape, c10::ArrayRef<int64_t> opt_shape, c10::ArrayRef<int64_t> max_shape,
        std::vector<double> tensor_domain, TensorFormat format = TensorFormat::kContiguous);
  Input(c10::ArrayRef<int64_t> min_shape, c10::ArrayRef<int64_t> opt_shape, c10::ArrayRef<int64_t> max_shape,
        DataType dtype, TensorFormat format = TensorFormat::kContiguous);
  Input(c10::ArrayRef<int64_t> min_shape, c10::ArrayRef<int64_t> opt_shape, c10::ArrayRef<int64_t> max_shape,
        DataType dtype, std::vector<double> tensor_domain, TensorFormat format = TensorFormat::kContiguous);
  // Sizes in braces, which S alone would leave ambiguous: Input({1, 3, 224, 224}), Input({1, 3}, {4, 3}, {8, 3}).
  using Sizes = std::initializer_list<int64_t>;
  Input(Sizes shape, TensorFormat format = TensorFormat::kContiguous) : Input(std::vector<int64_t>(shape), format) {}
  Input(Sizes shape, std::vector<double> tensor_domain, TensorFormat format = TensorFormat::kContiguous)
      : Input(std::vector<int64_t>(shape), std::move(tensor_domain), format) {}
  Input(Sizes shape, DataType dtype, TensorFormat format = TensorFormat::kContiguous)
      : Input(std::vector<int64_t>(shape), dtype, format) {}
  Input(Sizes shape, DataType dtype, std::vector<double> tensor_domain, TensorFormat format = TensorFormat::kContiguous)
      : Input(std::vector<int64_t>(shape), dtype, std::move(tensor_domain), format) {}
  Input(Sizes min_shape, Sizes opt_shape, Sizes max_shape, TensorFormat format = TensorFormat::kContiguous)
      : Input(std::vector<int64_t>(min_shape), std::vector<int64_t>(opt_shape), std::vector<int64_t>(max_shape),
              format) {}
  Input(Sizes min_shape, Sizes opt_shape, Sizes max_shape, DataType dtype,
        TensorFormat format = TensorFormat::kContiguous)
      : Input(std::vector<int64_t>(min_shape), std::vector<int64_t>(opt_shape), std::vector<int64_t>(max_shape), dtype,
              format) {}
  // Shape, dtype and layout of an example.
  Input(at::Tensor tensor);

 private:
  TORCHTRT_API friend std::ostream& operator<<(std::ostream& os, const Input& input);
};

// A flat list of inputs, or a nested signature (tuples and lists of Inputs in an IValue), never both.
struct TORCHTRT_API GraphInputs {
  torch::jit::IValue input_signature;
  std::vector<Input> inputs;
};

// "Torch-TensorRT Version: ...", one line a component, with a newline at the end.
TORCHTRT_API std::string get_build_info();
// Prints it to stdout.
TORCHTRT_API void dump_build_info();
// The build, then what engines can be built for and run on here: each device, and each backend with its version, or the
// reason why it cannot be used on a device.
TORCHTRT_API std::string get_environment_report();
// Throws Error when there is no such GPU.
TORCHTRT_API void set_device(const int gpu_id);

namespace torchscript {

// Everything that compile may be told: the settings (settings.h), and those of types of their own.
struct TORCHTRT_API CompileSpec : Settings {
  CompileSpec(std::vector<std::vector<int64_t>> fixed_sizes);
  CompileSpec(std::vector<c10::ArrayRef<int64_t>> fixed_sizes);
  CompileSpec(std::vector<Input> inputs);
  CompileSpec(torch::jit::IValue input_signature);

  GraphInputs graph_inputs;
  // Precisions that layers may run in. The builder never uses another.
  std::set<DataType> enabled_precisions = {DataType::kFloat};
  Device device = Device::current();
  EngineCapability capability = EngineCapability::kSTANDARD;
};

// Whether every operation of the method has a converter or an evaluator; those that have none are logged as errors.
TORCHTRT_API bool check_method_operator_support(const torch::jit::Module& module, std::string method_name);

// How the uses of one operator would run: as layers, computed while compiling, or by PyTorch for the reason that is
// given.
struct TORCHTRT_API OperatorSupport {
  std::string op;      // the schema
  std::string how;     // "converted", "evaluated" or "pytorch"
  std::string reason;  // of "pytorch"
  std::string source;  // the Python line of the first use
  int64_t uses = 0;
};
struct TORCHTRT_API SupportReport {
  std::vector<OperatorSupport> operators;
  std::string problem;    // why these inputs cannot be compiled although every operator could be; empty if they can
  bool is_whole = false;  // the method would be one engine
};
// What would become of every operator of the method. With inputs in the specification, what depends on their shapes is
// looked at, too. Nothing is built.
TORCHTRT_API SupportReport check(const torch::jit::Module& module, std::string method_name, CompileSpec info);
// The report as a table for people and as JSON ({"whole", "problem", "operators": [{"op", "how", "uses", "reason",
// "source"}]}).
TORCHTRT_API std::string to_table(const SupportReport& report);
TORCHTRT_API std::string to_json(const SupportReport& report);
// What is registered now: the schemas that have a converter, and the kinds of node that an evaluator computes.
TORCHTRT_API std::vector<std::string> converted_operators();
TORCHTRT_API std::vector<std::string> evaluated_operators();

// A module whose forward runs engines. The module that is given is not changed.
TORCHTRT_API torch::jit::Module compile(const torch::jit::Module& module, CompileSpec info);
// A module like `compiled`, which compile or embed_engine_in_new_module returned, with the weights of
// `new_weight_module`: a module with the code of the one that was compiled (its method of the same name), whose
// parameters and buffers have the same names, shapes and dtypes (Error otherwise, naming them). Nothing is timed again.
// An engine of TensorRT must have been built with CompileSpec::refit. The modules that are given are not changed, and
// may run meanwhile.
TORCHTRT_API torch::jit::Module refit_module_weights(const torch::jit::Module& compiled,
                                                     const torch::jit::Module& new_weight_module);
// The bytes of one engine for the whole method.
TORCHTRT_API std::string convert_method_to_trt_engine(const torch::jit::Module& module, std::string method_name,
                                                      CompileSpec info);
// A module around engine bytes. An empty name list: the engine's own order in that direction.
TORCHTRT_API torch::jit::Module embed_engine_in_new_module(
    const std::string& engine, Device device,
    const std::vector<std::string>& input_binding_names = std::vector<std::string>(),
    const std::vector<std::string>& output_binding_names = std::vector<std::string>());

}  // namespace torchscript
}  // namespace torch_tensorrt
