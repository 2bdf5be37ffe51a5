#pragma once

#include <cstdint>
#include <exception>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

namespace torch_tensorrt {

// The project's only exception type. Input from a user never terminates the process: it ends in one of these.
class Error : public std::exception {
 public:
  explicit Error(const std::string& msg, const void* caller = nullptr);
  Error(const char* file, uint32_t line, const std::string& msg, const void* caller = nullptr);

  // Adds a line of context, for instance the node being converted.
  void AppendMessage(const std::string& msg);

  // The message and the added lines, one line each, without the place.
  const std::string& msg() const { return msg_; }
  const std::vector<std::string>& msg_stack() const { return msg_stack_; }
  // "[Error thrown at FILE:LINE] MSG" followed by a newline; without the bracket if the place is unknown.
  const char* what() const noexcept override { return text_.c_str(); }
  const void* caller() const noexcept { return caller_; }

 private:
  void rebuild_text();

  std::vector<std::string> msg_stack_;
  std::string msg_;
  std::string place_;
  std::string text_;
  const void* caller_;
};

// Text of any exception, with its type if it is not ours.
std::string GetExceptionString(const std::exception& e);

namespace detail {
template <typename... Args>
std::string str(const Args&... args) {
  std::ostringstream stream;
  (void)std::initializer_list<int>{((void)(stream << args), 0)...};
  return stream.str();
}
[[noreturn]] void throw_error(const char* file, uint32_t line, const std::string& msg);
}  // namespace detail

// Concatenates anything printable with operator<<.
template <typename... Args>
std::string str(const Args&... args) {
  return detail::str(args...);
}

}  // namespace torch_tensorrt
