#include "command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>

#include "c10/util/Exception.h"

#include "commands/commands.h"
#include "help.h"
#include "options.h"
#include "torch_tensorrt/core/util/Exception.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {
namespace {

const char* const kDescription =
    "Compiles TorchScript modules ahead of time.\n"
    "`torchtrtc COMMAND --help` describes a command. Without a command, torchtrtc compiles: `torchtrtc model.ts "
    "compiled.ts \"(1,3,224,224)\"`.";

bool is_verbose() { return torch_tensorrt::logging::get_reportable_log_level() >= torch_tensorrt::logging::kDEBUG; }

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
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

// The message without its context, and with the user's line from there.
std::string line_of(const torch_tensorrt::Error& error) {
  const std::string kSource = "Source: ";
  const auto& stack = error.msg_stack();
  if (stack.empty()) return joined(lines_of(error.msg()));
  std::string text = joined(lines_of(stack.front()));
  for (size_t i = 1; i < stack.size(); ++i) {
    for (const auto& line : lines_of(stack[i])) {
      if (line.rfind(kSource, 0) == 0) text += " (at " + line.substr(kSource.size()) + ")";
    }
  }
  return text;
}

// Of an error in TorchScript, PyTorch quotes the code line by line; the last line is the message.
std::string line_of(const std::string& text) {
  const auto lines = lines_of(text);
  const bool is_traceback = text.find("Traceback of TorchScript") != std::string::npos;
  return is_traceback ? lines.back() : joined(lines);
}

// Shields "[a;b]" with a leading space, because CLI11 takes it for a list of its own. Input specs may have spaces.
std::vector<std::string> shielded(std::vector<std::string> arguments) {
  for (auto& argument : arguments) {
    if (!argument.empty() && argument.front() == '[') argument.insert(0, 1, ' ');
  }
  return arguments;
}

int explain(const CLI::App& line, const CLI::App* command, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return line.exit(error) == 0 ? kDone : kFailed;  // --help and --version
  std::string name = line.get_name();
  if (command != nullptr) name += " " + command->get_name();
  std::cerr << "torchtrtc: " << joined(lines_of(error.what())) << "; see " << name << " --help\n";
  return kUsage;
}

int run_command(const Command& command) {
  try {
    return command.run();
  } catch (const torch_tensorrt::Error& error) {
    std::cerr << "torchtrtc: " << (is_verbose() ? error.what() : line_of(error)) << '\n';
  } catch (const c10::Error& error) {
    std::cerr << "torchtrtc: " << (is_verbose() ? error.what() : line_of(error.what_without_backtrace())) << '\n';
  } catch (const std::exception& error) {
    std::cerr << "torchtrtc: " << (is_verbose() ? error.what() : line_of(error.what())) << '\n';
  }
  return kFailed;
}

}  // namespace

int run_command_line(const std::vector<std::string>& given) {
  CLI::App line(kDescription, "torchtrtc");
  line.formatter(std::make_shared<HelpFormatter>(help_columns()));
  line.set_version_flag("--version", torch_tensorrt::get_build_info());
  line.require_subcommand(1);  // so that CLI11 takes the name of another command for a file
  const Command commands[] = {add_compile(line), add_check(line), add_inspect(line),
                              add_embed(line),   add_refit(line), add_doctor(line)};
  const auto is_named = [&](const Command& command) { return !given.empty() && command.app->get_name() == given[0]; };
  const bool has_command = std::any_of(std::begin(commands), std::end(commands), is_named);
  const bool asks = given.size() == 1 && (given[0] == "-h" || given[0] == "--help" || given[0] == "--version");
  auto arguments = shielded(given);
  if (!has_command && !asks) arguments.insert(arguments.begin(), commands[0].app->get_name());
  std::reverse(arguments.begin(), arguments.end());  // CLI11 expects reverse order
  const Command* chosen = std::find_if(std::begin(commands), std::end(commands), is_named);
  if (chosen == std::end(commands)) chosen = commands;
  try {
    line.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const int code = explain(line, asks ? nullptr : chosen->app, error);
    if (asks && given[0] != "--version") std::cout << '\n' << commands[0].app->help(line.get_name());
    return code;
  }
  return run_command(*chosen);
}

}  // namespace torchtrtc
