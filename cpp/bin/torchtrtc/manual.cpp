#include <map>
#include <sstream>

#include "description.h"

// The manual page in the language of man(7).
namespace torchtrtc {
namespace {

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  const bool is_request = !result.empty() && (result.front() == '.' || result.front() == '\'');
  return is_request ? "\\&" + result : result;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

// A sentence may break, and each stands in a line of its own, as man(7) wants.
std::string sentences(const std::string& text) {
  std::string result;
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) {
    line += (line.empty() ? "" : " ") + word;
    if (word.back() != '.') continue;
    result += escaped(line) + "\n";
    line.clear();
  }
  return line.empty() ? result : result + escaped(line) + "\n";
}

std::string entry(const OptionText& option) {
  std::string names;
  for (const auto& name : option.names) names += (names.empty() ? "" : ", ") + bold(name);
  if (!option.value.empty()) names += (names.empty() ? "" : " ") + italic(option.value);
  std::string text = ".TP\n" + names + "\n" + sentences(option.help);
  if (!option.default_value.empty()) text += "Default: " + escaped(option.default_value) + ".\n";
  return text;
}

std::string synopsis(const CommandText& command) {
  std::string text = bold("torchtrtc") + " ";
  text += command.name == "compile" ? "[" + bold(command.name) + "]" : bold(command.name);
  for (const auto& argument : command.arguments) {
    const std::string name = italic(argument.value) + (argument.is_repeated ? " ..." : "");
    text += argument.is_required ? " " + name : " [" + name + "]";
  }
  return text + " [" + italic("options") + "]\n";
}

// Examples, which start with blanks, and other paragraphs.
std::string footer(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  bool is_example = false;
  for (std::string line; std::getline(lines, line);) {
    const bool was_example = is_example;
    is_example = line.rfind("  ", 0) == 0;
    if (is_example != was_example) result += is_example ? ".PP\n.nf\n.RS 4\n" : ".RE\n.fi\n";
    if (is_example) result += escaped(line.substr(2)) + "\n";
    if (!is_example && !line.empty()) result += ".PP\n" + sentences(line);
  }
  return is_example ? result + ".RE\n.fi\n" : result;
}

using Groups = std::vector<std::pair<std::string, std::string>>;  // titles, and entries

Groups groups_of(const CommandText& command) {
  Groups groups;
  for (const auto& option : command.options) {
    if (groups.empty() || groups.back().first != option.group) groups.emplace_back(option.group, "");
    groups.back().second += entry(option);
  }
  return groups;
}

const char* const kHead =
    ".\\\" Made by: torchtrtc man\n"
    ".TH TORCHTRTC 1 2026-11-30 torch_tensorrt \"User Commands\"\n"
    ".SH NAME\n"
    "torchtrtc \\- compiles TorchScript modules ahead of time\n";

const char* const kDescription =
    ".SH DESCRIPTION\n"
    "The program compiles TorchScript modules into modules that run engines, checks, inspects and measures them.\n"
    "Without a command, it compiles.\n"
    "While a command takes longer than a second, it shows its progress on standard error, if that is a terminal.\n";

const char* const kEnd =
    ".SH EXIT STATUS\n"
    ".TP\n0\nSuccess.\n"
    ".TP\n1\nAn error, which is one line on standard error.\n"
    ".TP\n2\nThe command worked, and its answer is no.\n"
    ".TP\n3\nAn unknown option, a missing argument, or a value that an option does not take.\n"
    ".TP\n130, 143\nAn interrupt (Ctrl\\-C) or a request to end, as shells report these signals.\n"
    "The output file is not there, or has its old content.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBTORCHTRT_TIMING_CACHE\\fR\nFile of measured times, if \\fB\\-\\-timing\\-cache\\fR is not given.\n"
    ".TP\n\\fBTORCHTRT_DUMP_DIRECTORY\\fR\nFolder for the networks as text, before and after each pass.\n"
    ".TP\n\\fBTORCHTRT_TACTIC_SOURCES\\fR\nTactics that builds may use: onednn, aten, joined by commas.\n"
    ".TP\n\\fBTORCHTRT_LOAD_CUDA\\fR\n0: do not load the GPU library of PyTorch.\n"
    ".TP\n\\fBTORCHTRTC_PYTHON\\fR\nThe Python with the package torch_tensorrt, for \\fBinspect \\-\\-html\\fR.\n";

}  // namespace

std::string manual_page(const std::vector<CommandText>& commands) {
  std::string text = std::string(kHead) + ".SH SYNOPSIS\n";
  for (size_t i = 0; i < commands.size(); ++i) text += (i == 0 ? "" : ".br\n") + synopsis(commands[i]);
  text += kDescription;
  text += ".SH COMMANDS\n";
  std::map<std::pair<std::string, std::string>, std::string> told;  // group -> the command that lists it
  for (const auto& command : commands) {
    text += ".SS " + escaped(command.name) + "\n" + synopsis(command) + ".PP\n" + escaped(command.summary) + ".\n";
    text += sentences(command.description);
    for (const auto& argument : command.arguments) text += entry(argument);
    for (const auto& group : groups_of(command)) {
      const auto [place, is_new] = told.emplace(group, command.name);
      text += ".PP\n" + escaped(group.first) + ":\n";
      text += is_new ? group.second : "those of \\fB" + escaped(place->second) + "\\fR.\n";
    }
    text += footer(command.footer);
  }
  return text + kEnd;
}

}  // namespace torchtrtc
