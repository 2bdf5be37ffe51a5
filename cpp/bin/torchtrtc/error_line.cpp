#include "error_line.h"

#include <regex>
#include <sstream>
#include <vector>

#include "c10/util/Exception.h"

#include "torch_tensorrt/core/util/Exception.h"

namespace torchtrtc {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("Exception raised from ", 0) == 0) break;  // C++ frames follow
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin != std::string::npos) lines.push_back(line.substr(begin));
  }
  return lines;
}

// "a: b; c" from the lines "a:", "b" and "c".
std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    if (!text.empty()) text += text.back() == ':' ? " " : "; ";
    text += line;
  }
  return text;
}

// The text without C++ places, and without the C++ types of exceptions that another message quotes.
std::string without_places(const std::string& text) {
  static const std::regex kPlaces(
      "\\[Error thrown at [^\\]\\s]*\\] |\\b(c10::\\w*Error|std::\\w+_error|torch_tensorrt::Error): ");
  return std::regex_replace(text, kPlaces, "");
}

// Of an error in TorchScript, PyTorch quotes the code line by line; the last line is the message. Another message may
// come before it.
std::string line_of_text(const std::string& text) {
  const auto lines = lines_of(text);
  if (text.find("Traceback of TorchScript") == std::string::npos) return without_places(joined(lines));
  const size_t quoted = text.find("The following operation failed");
  const std::string before = quoted == std::string::npos ? "" : joined(lines_of(text.substr(0, quoted)));
  return without_places(before + lines.back());
}

// The message without its context, and with the user's line from there.
std::string line_of_ours(const torch_tensorrt::Error& error) {
  const std::string kSource = "Source: ";
  const auto& stack = error.msg_stack();
  if (stack.empty()) return line_of_text(error.msg());
  std::string text = line_of_text(stack.front());
  for (size_t i = 1; i < stack.size(); ++i) {
    for (const auto& line : lines_of(stack[i])) {
      if (line.rfind(kSource, 0) == 0) text += " (at " + line.substr(kSource.size()) + ")";
    }
  }
  return text;
}

}  // namespace

std::string line_of(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const torch_tensorrt::Error*>(&error)) return line_of_ours(*ours);
  if (const auto* of_torch = dynamic_cast<const c10::Error*>(&error)) {
    return line_of_text(of_torch->what_without_backtrace());
  }
  return line_of_text(error.what());
}

}  // namespace torchtrtc
