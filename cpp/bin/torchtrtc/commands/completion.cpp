#include <iostream>
#include <memory>
#include <string>

#include "../description.h"
#include "../options.h"
#include "commands.h"

namespace torchtrtc {
namespace {

struct CompletionOptions : Options {
  std::string shell;
};

}  // namespace

Command add_completion(CLI::App& line) {
  auto options = std::make_shared<CompletionOptions>();
  CLI::App& app = add_command(
      line, *options, "completion",
      "Prints the completion of command lines for a shell\nThe installed package has these scripts in share/, "
      "where shells look for them. Elsewhere, the shell reads the output.",
      "  source <(torchtrtc completion bash)\n"
      "  torchtrtc completion zsh > ~/.zfunc/_torchtrtc\n"
      "  torchtrtc completion fish > ~/.config/fish/completions/torchtrtc.fish\n");
  app.add_option("shell", options->shell, "bash, zsh or fish")
      ->type_name("SHELL")
      ->required()
      ->check(one_of({"bash", "zsh", "fish"}));
  return {&app, [options, &line] {
            begin(*options);
            const auto commands = describe(line);
            if (options->shell == "bash") std::cout << bash_completion(commands);
            if (options->shell == "zsh") std::cout << zsh_completion(commands);
            if (options->shell == "fish") std::cout << fish_completion(commands);
            return kDone;
          }};
}

Command add_man(CLI::App& line) {
  auto options = std::make_shared<Options>();
  CLI::App& app = add_command(line, *options, "man",
                              "Prints the manual page\nThe installed package has it in share/man, where `man "
                              "torchtrtc` looks for it.",
                              "  torchtrtc man | man -l -\n  torchtrtc man --json\n");
  add_json_flag(app, *options, ": the commands and their options");
  return {&app, [options, &line] {
            begin(*options);
            const auto commands = describe(line);
            std::cout << (options->json ? to_json(commands) : manual_page(commands));
            return kDone;
          }};
}

}  // namespace torchtrtc
