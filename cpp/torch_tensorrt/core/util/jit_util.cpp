#include "torch_tensorrt/core/util/jit_util.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <typeinfo>

#include "c10/util/Exception.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/util/encodings.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::util {

std::string node_info(const torch::jit::Node* n) {
  std::ostringstream stream;
  n->print(stream, 0, nullptr, /*print_source_locations=*/true, /*print_attributes=*/true, /*print_scopes=*/false,
           /*print_body=*/false);
  std::string text = stream.str();
  text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
  return escape_invalid_utf8(text);
}

namespace {

// The constant argument of that name; none if there is none, or if it is computed.
std::optional<torch::jit::IValue> constant_argument(const torch::jit::Node* n, const char* name) {
  return n->hasNamedInput(name) ? torch::jit::toIValue(n->namedInput(name)) : std::nullopt;
}

}  // namespace

bool is_random(const torch::jit::Node* n) {
  if (!n->isNondeterministic()) return false;
  for (const char* name : {"train", "training"}) {
    const auto trains = constant_argument(n, name);
    if (trains && trains->isBool() && !trains->toBool()) return false;
  }
  for (const char* name : {"dropout", "dropout_p"}) {
    const auto part = constant_argument(n, name);
    if (part && part->isScalar() && part->toScalar().toDouble() == 0) return false;
  }
  return true;
}

std::string value_info(const torch::jit::Value* v) {
  std::ostringstream stream;
  stream << '%' << v->debugName() << " : " << *v->type();
  return escape_invalid_utf8(stream.str());
}

std::string schema_info(const torch::jit::FunctionSchema* schema) {
  std::ostringstream stream;
  stream << *schema;
  return stream.str();
}

std::vector<int64_t> toVec(c10::IntArrayRef a) { return a.vec(); }

c10::FunctionSchema GenerateGraphSchema(std::string method_name, std::shared_ptr<torch::jit::Graph>& g) {
  std::vector<c10::Argument> arguments;
  for (auto* input : g->inputs()) arguments.emplace_back(input->debugName(), input->type());
  std::vector<c10::Argument> returns;
  for (auto* output : g->outputs()) returns.emplace_back("", output->type());
  return c10::FunctionSchema(std::move(method_name), "", std::move(arguments), std::move(returns));
}

std::string source_location(const torch::jit::Node* n) {
  const auto place = n->sourceRange().file_line_col();
  if (!place) return {};
  const auto& [file, line, column] = *place;
  return escape_invalid_utf8(file) + ":" + std::to_string(line);
}

std::string GetPyTorchSourceCode(const torch::jit::Node* n) {
  const std::string location = source_location(n);
  if (location.empty()) return {};
  const auto& range = n->sourceRange();
  const auto line_number = range.source()->lineno_for_offset(range.start());
  const auto begin = range.source()->offset_for_line(line_number);
  const std::string text = range.source()->text_str().str();
  std::string line = text.substr(begin, text.find('\n', begin) - begin);
  line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
  return location + ": " + escape_invalid_utf8(line);
}

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

namespace {

// Without the Python traceback that an error from Python ends in.
std::string without_traceback(std::string text) {
  const size_t end = text.find("\n\nAt:\n");
  if (end != std::string::npos) text.resize(end);
  return text;
}

}  // namespace

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const c10::Error& error) {
    return Error(without_traceback(error.what_without_backtrace()));
  } catch (const std::exception& error) {
    return Error(without_traceback(GetExceptionString(error)));
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
  } catch (const abi::__forced_unwind&) {  // the thread is being canceled
    throw;
  } catch (...) {
    return Error("an exception of type " + current_type() + " was thrown");
  }
}

}  // namespace torch_tensorrt::core::util
