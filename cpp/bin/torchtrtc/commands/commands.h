#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "../options.h"

// One file for each command: its options, and what it does.
namespace torchtrtc {

struct Command {
  CLI::App* app;             // parses the options
  std::function<int()> run;  // once they are parsed; returns the exit code
};

// What `embed` and `compile --embed-engine` do.
int embed_engine(const Options& options);

Command add_compile(CLI::App& line);
Command add_check(CLI::App& line);
Command add_inspect(CLI::App& line);
Command add_verify(CLI::App& line);
Command add_bench(CLI::App& line);
Command add_embed(CLI::App& line);
Command add_refit(CLI::App& line);
Command add_doctor(CLI::App& line);
Command add_completion(CLI::App& line);
Command add_man(CLI::App& line);

}  // namespace torchtrtc
