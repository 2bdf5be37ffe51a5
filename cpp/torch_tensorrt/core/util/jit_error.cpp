#include "torch_tensorrt/core/util/jit_error.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>

#include "c10/util/Exception.h"

namespace torch_tensorrt::core::util {
namespace {

std::string current_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "unknown type";
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 ? text.get() : type->name();
}

template <typename T>
Error thrown_value(const T& value) {
  return Error(str("an exception of type ", current_type(), " was thrown: ", value));
}

}  // namespace

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const c10::Error& error) {
    return Error(error.what_without_backtrace());
  } catch (const std::exception& error) {
    return Error(GetExceptionString(error));
  } catch (const std::string& text) {
    return Error(text);
  } catch (const char* text) {
    return Error(text == nullptr ? "a null text was thrown" : text);
  } catch (int number) {
    return thrown_value(number);
  } catch (long number) {
    return thrown_value(number);
  } catch (unsigned number) {
    return thrown_value(number);
  } catch (double number) {
    return thrown_value(number);
  } catch (const abi::__forced_unwind&) {  // the thread is being cancelled
    throw;
  } catch (...) {
    return Error("an exception of type " + current_type() + " was thrown");
  }
}

}  // namespace torch_tensorrt::core::util
