#include <torch/csrc/jit/backends/backend_preprocess.h>

#include "torch_tensorrt/api/compile_spec.h"
#include "torch_tensorrt/core/util/macros.h"

// The compiling part of the backend "tensorrt" of torch._C._jit_to_backend. The runtime library has the other part.
namespace torch_tensorrt {
namespace {

using c10::IValue;
using Specs = c10::Dict<IValue, IValue>;

// The text that TensorRTCompileSpec is, or Torch-TensorRT's form, a dict with this text under the method's name.
std::string spec_text(const std::string& method, const IValue& spec) {
  if (spec.isString()) return spec.toStringRef();
  if (spec.isGenericDict()) {
    const auto found = spec.toGenericDict().find(method);
    if (found != spec.toGenericDict().end() && found->value().isString()) return found->value().toStringRef();
  }
  TORCHTRT_THROW_ERROR("the specification of the method " << method << " is a " << spec.tagKind()
                                                          << ", must be a torch_tensorrt.ts.TensorRTCompileSpec");
}

ts::CompileSpec spec_of(const std::string& method, const IValue& spec) {
  const std::string text = spec_text(method, spec);
  try {
    return parse_spec(text);
  } catch (const Error& error) {
    TORCHTRT_THROW_ERROR("the specification of the method "
                         << method << " is no torch_tensorrt.ts.TensorRTCompileSpec: " << error.msg());
  }
}

torch::jit::Module compile_method(const torch::jit::Module& module, const std::string& name, ts::CompileSpec spec) {
  spec.require_full_compilation = true;
  if (name != "forward") {
    spec.methods[name] = spec.graph_inputs;
    spec.graph_inputs = {};
  }
  return ts::compile(module, spec);
}

IValue preprocess(const torch::jit::Module& module, const Specs& specs,
                  const torch::jit::BackendDebugHandleGenerator& /*debug_handles*/) {
  c10::impl::GenericDict compiled(c10::StringType::get(), c10::AnyType::get());
  try {
    for (const auto& entry : specs) {
      const auto& name = entry.key().toStringRef();
      const auto method = compile_method(module, name, spec_of(name, entry.value()));
      compiled.insert(entry.key(), c10::ivalue::Tuple::create({IValue(method._ivalue()), IValue(name)}));
    }
  } catch (const Error& error) {
    throw std::runtime_error(error.msg());  // without the place in this library: the mistake is in the caller's program
  }
  return compiled;
}

const torch::jit::backend_preprocess_register kPreprocess("tensorrt", preprocess);

}  // namespace
}  // namespace torch_tensorrt
