#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
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
#include "torch_tensorrt/progress.h"
#include "torch_tensorrt/settings.h"

/// @file
/// The C++ API: compile a TorchScript module into one that runs engines.
///
/// @code
///   auto module = torch::jit::load("model.ts");
///   auto spec = torch_tensorrt::ts::CompileSpec({torch_tensorrt::Input({1, 3, 224, 224})});
///   spec.device = torch_tensorrt::Device::cpu();
///   auto compiled = torch_tensorrt::ts::compile(module, spec);
///   compiled.save("compiled.ts");
/// @endcode
///
/// Every function throws torch_tensorrt::Error, and changes nothing then. Functions may be called from several threads.

/// The C++ API of the compiler.
namespace torch_tensorrt {

/// Element type of an input, or a precision that the builder may use.
class TORCHTRT_API DataType {
 public:
  /// 64-bit integer, 64-bit and 32-bit float, half, signed byte, 32-bit integer, bool, not known, bfloat16, unsigned
  /// byte, 16-bit integer.
  enum Value : int8_t { kLong, kDouble, kFloat, kHalf, kChar, kInt, kBool, kUnknown, kBFloat16, kByte, kShort };

  DataType() = default;
  /// From a name.
  constexpr DataType(Value t) : value_(t) {}
  /// Throws Error for a scalar type that has no counterpart here.
  DataType(c10::ScalarType t);
  /// @{
  /// The name, and comparisons of names.
  operator Value() const { return value_; }
  explicit operator bool() = delete;
  constexpr bool operator==(DataType other) const { return value_ == other.value_; }
  constexpr bool operator==(DataType::Value other) const { return value_ == other; }
  constexpr bool operator!=(DataType other) const { return value_ != other.value_; }
  constexpr bool operator!=(DataType::Value other) const { return value_ != other; }
  /// @}

 private:
  TORCHTRT_API friend std::ostream& operator<<(std::ostream& os, const DataType& dtype);
  Value value_ = kUnknown;
};

/// Memory layout of an input.
class TORCHTRT_API TensorFormat {
 public:
  /// Row-major; N x H x W x C in memory for a shape N x C x H x W; not known.
  enum Value : int8_t { kContiguous, kChannelsLast, kUnknown };

  TensorFormat() = default;
  /// From a name.
  constexpr TensorFormat(Value t) : value_(t) {}
  /// Throws Error for a memory format other than contiguous and channels last.
  TensorFormat(at::MemoryFormat t);
  /// @{
  /// The name, and comparisons of names.
  operator Value() const { return value_; }
  explicit operator bool() = delete;
  constexpr bool operator==(TensorFormat other) const { return value_ == other.value_; }
  constexpr bool operator==(TensorFormat::Value other) const { return value_ == other; }
  constexpr bool operator!=(TensorFormat other) const { return value_ != other.value_; }
  constexpr bool operator!=(TensorFormat::Value other) const { return value_ != other; }
  /// @}

 private:
  TORCHTRT_API friend std::ostream& operator<<(std::ostream& os, const TensorFormat& format);
  Value value_ = kUnknown;
};

/// The device that engines run on. A requested device that is missing is an error; engines never move silently.
struct TORCHTRT_API Device {
  /// The kind of a device.
  class TORCHTRT_API DeviceType {
   public:
    /// An NVIDIA GPU, an accelerator core beside it, or the CPU.
    enum Value : int8_t { kGPU, kDLA, kCPU };

    DeviceType() = default;
    /// From a name.
    constexpr DeviceType(Value t) : value_(t) {}
    /// kCUDA or kCPU; throws Error otherwise.
    DeviceType(c10::DeviceType t);
    /// @{
    /// The name, and comparisons of names.
    operator Value() const { return value_; }
    explicit operator bool() = delete;
    constexpr bool operator==(DeviceType other) const { return value_ == other.value_; }
    constexpr bool operator==(DeviceType::Value other) const { return value_ == other; }
    constexpr bool operator!=(DeviceType other) const { return value_ != other.value_; }
    constexpr bool operator!=(DeviceType::Value other) const { return value_ != other; }
    /// @}

   private:
    Value value_ = kGPU;
  };

  DeviceType device_type = DeviceType::kGPU;  ///< the kind
  int64_t gpu_id = 0;                         ///< index of the GPU, from 0
  int64_t dla_core = 0;                       ///< index of the DLA core, from 0
  bool allow_gpu_fallback = false;            ///< DLA: layers that the core does not run may run on the GPU

  Device() = default;
  /// The CPU.
  static Device cpu();
  /// The current GPU, or the CPU if PyTorch sees no GPU.
  static Device current();

 private:
  TORCHTRT_API friend std::ostream& operator<<(std::ostream& os, const Device& device);
};

/// Restrictions that an engine must obey. Only kSTANDARD has none; the others need a backend for safety or DLA.
enum class TORCHTRT_API EngineCapability : int8_t { kSTANDARD, kSAFETY, kDLA_STANDALONE };

/// Shape (or range of shapes), dtype, layout and value range of one input.
///
/// Static: `shape`. Dynamic: `min_shape`, `opt_shape`, `max_shape` of one rank with min <= opt <= max in every
/// dimension (Error otherwise); `shape` then has -1 where they differ. dtype kUnknown: taken from the model's weights,
/// else float. tensor_domain [low, high): sample values for this input are drawn from this range.
struct TORCHTRT_API Input : torch::CustomClassHolder {
  std::vector<int64_t> min_shape;                   ///< the smallest sizes
  std::vector<int64_t> opt_shape;                   ///< the sizes at which the builder times
  std::vector<int64_t> max_shape;                   ///< the largest sizes
  std::vector<int64_t> shape;                       ///< the sizes, -1 where they vary
  DataType dtype = DataType::kUnknown;              ///< kUnknown: see above
  TensorFormat format = TensorFormat::kContiguous;  ///< how its elements lie in memory
  std::vector<double> tensor_domain = {0, 2};       ///< range of the values of samples
  bool input_is_dynamic = false;                    ///< whether a size varies
  /// More ranges for the shape, of the same rank. The engine then has a profile for each range, and the shapes of a
  /// call must fit one profile. All inputs with more ranges must have the same number of them; an input without uses
  /// its one range in every profile.
  struct Range {
    std::vector<int64_t> min_shape;  ///< the smallest sizes
    std::vector<int64_t> opt_shape;  ///< the sizes at which the builder times
    std::vector<int64_t> max_shape;  ///< the largest sizes
  };
  std::vector<Range> more_ranges;  ///< in the order of the profiles
  /// Element values of an integer input that the model uses as sizes (CompileSpec::allow_shape_tensors), one value per
  /// element, min <= opt <= max. Default of opt_values: the example's elements, else the ends of tensor_domain.
  std::vector<int64_t> min_values;
  std::vector<int64_t> opt_values;  ///< those at which the builder times
  std::vector<int64_t> max_values;  ///< the largest ones
  std::string name;                 ///< the input's name in messages; empty: the module's own name for it

  Input() = default;
  /// @{
  /// Static sizes (shape), or ranges. Sizes are not negative; min <= opt <= max, of one rank (Error otherwise).
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
  /// @}
  /// @{
  /// Overloads for braces, which are ambiguous with the others: Input({1, 3, 224, 224}), Input({1, 3}, {4, 3}, {8, 3}).
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
  /// @}
  /// Takes shape, dtype and layout from an example.
  Input(at::Tensor tensor);

 private:
  TORCHTRT_API friend std::ostream& operator<<(std::ostream& os, const Input& input);
};

/// A flat list of inputs, or a nested signature, never both. A signature is a tuple with an entry for each argument in
/// order: an Input, a tuple, list or dict (with string or number keys) of such, or the value that the argument has in
/// every call: a number, a string or None. Arguments without tensors are skipped if the next entry is not a value.
struct TORCHTRT_API GraphInputs {
  torch::jit::IValue input_signature;  ///< a tuple with an entry for each argument, or None
  std::vector<Input> inputs;           ///< an entry for each tensor, in the order of the arguments
  /// Entries for arguments by their names, besides the others.
  std::map<std::string, torch::jit::IValue> inputs_by_name;
};

namespace ptq {
class Calibrator;
}  // namespace ptq

/// "Torch-TensorRT Version: ...", one line per component, with a newline at the end.
TORCHTRT_API std::string get_build_info();
/// Prints get_build_info() to stdout.
TORCHTRT_API void dump_build_info();
/// The build and the libraries found, then each device with the backends that can build and run engines on it: the
/// version of each backend, or the reason why it cannot be used. At the end, advice: what is missing, and how to get
/// it.
TORCHTRT_API std::string get_environment_report();
/// The same as JSON: {"version", "torch": {"built_with", "found"}, "compiler", "onednn", "cpu": {"isa", "threads",
/// "bf16", "int8"}, "driver": {"found", "cuda"}, "gpus": [{"device", "name", "architecture", "memory_bytes"}],
/// "backends": [{"name", "devices": [{"device", "available", "version", "reason"}]}], "advice"}; null for unknown
/// values.
TORCHTRT_API std::string get_environment_json();
/// Throws Error if the machine has no such GPU.
TORCHTRT_API void set_device(const int gpu_id);

/// The compiler for TorchScript modules; torch_tensorrt::ts is the same namespace.
namespace torchscript {

/// The arguments of compile: the settings of settings.h, and settings of other types.
struct TORCHTRT_API CompileSpec : Settings {
  /// @{
  /// Static shapes, one for each tensor; inputs, one for each tensor; or a nested signature (GraphInputs).
  CompileSpec(std::vector<std::vector<int64_t>> fixed_sizes);
  CompileSpec(std::vector<c10::ArrayRef<int64_t>> fixed_sizes);
  CompileSpec(std::vector<Input> inputs);
  CompileSpec(torch::jit::IValue input_signature);
  /// @}

  GraphInputs graph_inputs;  ///< of forward
  /// compile only: the inputs of further methods of the module, by name. If there are any, forward is compiled if
  /// graph_inputs are given or `methods` names it. The module then keeps its methods and attributes, and each of these
  /// methods runs engines of its own.
  std::map<std::string, GraphInputs> methods;
  /// Precisions that layers may run in. The builder never uses another precision.
  std::set<DataType> enabled_precisions = {DataType::kFloat};
  /// For int8 in a module without quantization, on a CPU: gives the ranges of the network's tensors (ptq.h).
  ptq::Calibrator* ptq_calibrator = nullptr;
  std::string calibration;                                    ///< the same as text: the content of a calibration file
  Device device = Device::current();                          ///< where the engines are built and run
  EngineCapability capability = EngineCapability::kSTANDARD;  ///< restrictions of the engines
};

/// Whether every operation of the method has a converter or an evaluator. Logs the other operations as errors.
TORCHTRT_API bool check_method_operator_support(const torch::jit::Module& module, std::string method_name);

/// How the uses of one operator would run: as layers, computed while compiling, or by PyTorch, with the reason why they
/// are left to PyTorch.
struct TORCHTRT_API OperatorSupport {
  std::string op;      ///< the schema
  std::string how;     ///< "converted", "evaluated" or "pytorch"
  std::string reason;  ///< why PyTorch runs it
  std::string source;  ///< the Python line of the first use
  int64_t uses = 0;    ///< nodes
};
/// How a method would run.
struct TORCHTRT_API SupportReport {
  std::vector<OperatorSupport> operators;  ///< one entry for each operator and reason
  std::string problem;    ///< why these inputs cannot be compiled although every operator can be; empty if they can
  bool is_whole = false;  ///< the method would be one engine
};
/// Reports how every operator of the method would run. With inputs in the specification, also finds problems that
/// depend on their shapes. Builds nothing.
TORCHTRT_API SupportReport check(const torch::jit::Module& module, std::string method_name, CompileSpec info);
/// @{
/// The report as a table for people, and as JSON ({"whole", "problem", "operators": [{"op", "how", "uses", "reason",
/// "source"}]}).
TORCHTRT_API std::string to_table(const SupportReport& report);
TORCHTRT_API std::string to_json(const SupportReport& report);
/// @}
/// @{
/// The currently registered schemas with a converter, and the kinds of node with an evaluator.
TORCHTRT_API std::vector<std::string> converted_operators();
TORCHTRT_API std::vector<std::string> evaluated_operators();
/// @}

/// An engine of a compiled module.
struct TORCHTRT_API EngineInformation {
  std::string attribute;    ///< of the module
  int64_t operations = 0;   ///< of the method; 0 if one engine runs the whole method
  std::string information;  ///< the JSON that the engine's get_engine_layer_info gives
};
/// A compiled method of a module or of a submodule: what engines run, and what PyTorch runs.
struct TORCHTRT_API CompiledMethod {
  std::string path;    ///< of the submodule; empty for the module itself
  std::string method;  ///< "forward"
  std::string reason;  ///< why one engine would not do all that the method does; empty if operators alone prevent it
  std::vector<EngineInformation> engines;  ///< in the order of the calls
  std::vector<OperatorSupport> pytorch;    ///< the operators that PyTorch runs; op is a name without a schema
};
/// Reports what a compiled module runs, one entry for each compiled method of it and its submodules. Throws Error if
/// there is none.
TORCHTRT_API std::vector<CompiledMethod> inspect(const torch::jit::Module& module);
/// @{
/// The report as a table for people, and as JSON ({"methods": [{"path", "method", "reason", "engines": [{"attribute",
/// "operations", "information"}], "pytorch": [{"op", "uses", "reason", "source"}]}]}).
TORCHTRT_API std::string to_table(const std::vector<CompiledMethod>& methods);
TORCHTRT_API std::string to_json(const std::vector<CompiledMethod>& methods);
/// @}

/// A module whose forward (and the methods that CompileSpec::methods names) run engines, and in PyTorch what no engine
/// can run; with require_full_compilation, such is an Error. It has a state of its own. Does not change the given
/// module.
TORCHTRT_API torch::jit::Module compile(const torch::jit::Module& module, CompileSpec info);
/// A module like `compiled`, returned by compile or embed_engine_in_new_module, with the weights of
/// `new_weight_module`. Times nothing again. The new module must have the code of the compiled one; its method of the
/// same name is used. Its parameters and buffers must have the same names, shapes and dtypes (Error naming those that
/// differ). A hybrid module also takes the floats in its part for PyTorch, the state and the other methods from the new
/// module. TensorRT engines must have been built with CompileSpec::refit. Does not change the given modules, which may
/// run at the same time.
TORCHTRT_API torch::jit::Module refit_module_weights(const torch::jit::Module& compiled,
                                                     const torch::jit::Module& new_weight_module);
/// The bytes of one engine for the whole method.
TORCHTRT_API std::string convert_method_to_trt_engine(const torch::jit::Module& module, std::string method_name,
                                                      CompileSpec info);
/// A module around engine bytes. An empty name list means the engine's own order of inputs or outputs.
TORCHTRT_API torch::jit::Module embed_engine_in_new_module(
    const std::string& engine, Device device,
    const std::vector<std::string>& input_binding_names = std::vector<std::string>(),
    const std::vector<std::string>& output_binding_names = std::vector<std::string>());

}  // namespace torchscript
}  // namespace torch_tensorrt
