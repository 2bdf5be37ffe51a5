#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/backends/backend.h>

#include "torch_tensorrt/core/util/macros.h"

// The backend "tensorrt" of torch._C._jit_to_backend, as a saved module needs it. The library of the compiler registers
// the other part, which compiles.
namespace torch_tensorrt::core::runtime {
namespace {

using c10::IValue;

// The handle of a method is a compiled module and the name of its method.
class JitBackend : public torch::jit::PyTorchBackendInterface {
 public:
  bool is_available() override { return true; }

  // Loads the methods: `processed` has the handle of each.
  c10::impl::GenericDict compile(IValue processed, c10::impl::GenericDict method_compile_spec) override {
    c10::impl::GenericDict handles(c10::StringType::get(), c10::AnyType::get());
    const auto compiled = processed.toGenericDict();
    for (const auto& entry : method_compile_spec) {
      const auto& name = entry.key().toStringRef();
      TORCHTRT_CHECK(compiled.contains(entry.key()),
                     "the module has no compiled method " << name << ". The file is damaged: compile the module again");
      handles.insert(entry.key(), compiled.at(entry.key()));
    }
    return handles;
  }

  // PyTorch takes the elements of a tuple one by one.
  c10::impl::GenericList execute(IValue handle, c10::impl::GenericList inputs) override {
    const auto& parts = handle.toTupleRef().elements();
    torch::jit::Module module(parts.at(0).toObject());
    std::vector<IValue> arguments(inputs.begin(), inputs.end());
    const IValue result = module.get_method(parts.at(1).toStringRef())(std::move(arguments));
    c10::impl::GenericList outputs(c10::AnyType::get());
    if (!result.isTuple()) {
      outputs.push_back(result);
      return outputs;
    }
    for (const auto& element : result.toTupleRef().elements()) outputs.push_back(element);
    return outputs;
  }
};

const torch::jit::backend<JitBackend> kBackend("tensorrt");

}  // namespace
}  // namespace torch_tensorrt::core::runtime
