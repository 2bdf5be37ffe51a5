#include "torch_tensorrt/core/util/Exception.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <typeinfo>

#include "torch_tensorrt/core/util/encodings.h"

namespace torch_tensorrt {
namespace {

std::string demangled(const char* name) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 && text != nullptr ? text.get() : name;
}

// The path as in an #include, without the folder where this library was built.
std::string_view without_root(std::string_view file) {
  const size_t root = file.rfind("/torch_tensorrt/");
  return root == std::string_view::npos ? file : file.substr(root + 1);
}

}  // namespace

Error::Error(const std::string& msg, const void* caller) : msg_stack_{msg}, caller_(caller) { rebuild_text(); }

Error::Error(const char* file, uint32_t line, const std::string& msg, const void* caller)
    : msg_stack_{msg}, place_(str("[Error thrown at ", without_root(file), ":", line, "] ")), caller_(caller) {
  rebuild_text();
}

void Error::AppendMessage(const std::string& msg) {
  msg_stack_.push_back(msg);
  rebuild_text();
}

void Error::rebuild_text() {
  msg_.clear();
  for (const auto& line : msg_stack_) {
    if (!msg_.empty()) {
      msg_ += '\n';
    }
    msg_ += line;
  }
  msg_ = core::util::escape_invalid_utf8(msg_);  // Python shows no other text
  text_ = place_ + msg_ + '\n';
}

std::string GetExceptionString(const std::exception& e) {
  if (dynamic_cast<const Error*>(&e) != nullptr) {
    return e.what();
  }
  return demangled(typeid(e).name()) + ": " + e.what();
}

namespace detail {

void throw_error(const char* file, uint32_t line, const std::string& msg) { throw Error(file, line, msg); }

}  // namespace detail
}  // namespace torch_tensorrt
