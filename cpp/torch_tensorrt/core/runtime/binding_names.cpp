#include "torch_tensorrt/core/runtime/binding_names.h"

#include <algorithm>
#include <charconv>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::runtime {
namespace {

// An engine has fewer tensors than this, so a larger number is part of a name, not a place.
constexpr int64_t kMaxBindings = 1 << 16;

}  // namespace

std::string serialize_binding_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += kBindingNameDelimiter;
    text += name;
  }
  return text;
}

std::vector<std::string> split_serialized_binding_names(const std::string& text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  size_t begin = 0;
  while (true) {
    const size_t end = text.find(kBindingNameDelimiter, begin);
    names.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return names;
    begin = end + 1;
  }
}

std::optional<int64_t> parse_binding_index(const std::string& name) {
  const size_t separator = name.find_last_of("._");
  if (separator == std::string::npos) return std::nullopt;
  const char* begin = name.data() + separator + 1;
  const char* end = name.data() + name.size();
  int64_t index = 0;
  const auto [stop, error] = std::from_chars(begin, end, index);
  if (begin == end || stop != end || error != std::errc() || index < 0 || index >= kMaxBindings) return std::nullopt;
  return index;
}

void append_binding_name(std::vector<std::string>& names, const std::string& name) {
  const auto index = parse_binding_index(name);
  TORCHTRT_CHECK(index, "Unable to determine binding indices from TensorRT engine binding names: \""
                            << name
                            << "\" does not end in a number after '.' or '_'. Give the binding names explicitly");
  const auto place = static_cast<size_t>(*index);
  if (names.size() <= place) names.resize(place + 1);
  TORCHTRT_CHECK(names[place].empty(), "Unable to determine binding indices from TensorRT engine binding names: \""
                                           << names[place] << "\" and \"" << name
                                           << "\" have the same number. Give the binding names explicitly");
  names[place] = name;
}

bool all_binding_names_present(const std::vector<std::string>& names) {
  return std::none_of(names.begin(), names.end(), [](const std::string& name) { return name.empty(); });
}

std::vector<std::string> infer_binding_order(const std::vector<std::string>& names, const char* direction) {
  if (names.size() == 1) return names;
  std::vector<std::string> ordered;
  for (const std::string& name : names) append_binding_name(ordered, name);
  TORCHTRT_CHECK(all_binding_names_present(ordered),
                 "Unable to determine binding indices from TensorRT engine binding names: the numbers of the "
                     << direction << "s " << serialize_binding_names(names)
                     << " have gaps. Give the binding names explicitly");
  return ordered;
}

}  // namespace torch_tensorrt::core::runtime
