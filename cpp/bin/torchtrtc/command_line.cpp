#include "command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>

#include "commands/commands.h"
#include "error_line.h"
#include "help.h"
#include "options.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {
namespace {

const char* const kDescription =
    "Compiles TorchScript modules ahead of time.\n"
    "`torchtrtc COMMAND --help` describes a command. Without a command, torchtrtc compiles: `torchtrtc model.ts "
    "compiled.ts \"(1,3,224,224)\"`.";

bool is_verbose() { return torch_tensorrt::logging::get_reportable_log_level() >= torch_tensorrt::logging::kDEBUG; }

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
  std::cerr << "torchtrtc: " << line_of(error) << "; see " << name << " --help\n";
  return kUsage;
}

int run_command(const Command& command) {
  try {
    return command.run();
  } catch (const std::exception& error) {
    std::cerr << "torchtrtc: " << (is_verbose() ? error.what() : line_of(error)) << '\n';
  }
  return kFailed;
}

}  // namespace

int run_command_line(const std::vector<std::string>& given) {
  CLI::App line(kDescription, "torchtrtc");
  line.formatter(std::make_shared<HelpFormatter>(help_columns()));
  line.set_version_flag("--version", torch_tensorrt::get_build_info());
  line.require_subcommand(1);  // so that CLI11 takes the name of another command for a file
  const Command commands[] = {add_compile(line),    add_check(line), add_inspect(line), add_verify(line),
                              add_bench(line),      add_embed(line), add_refit(line),   add_doctor(line),
                              add_completion(line), add_man(line)};
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
