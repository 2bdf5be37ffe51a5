#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "../options.h"

namespace torchtrtc {

struct CompileOptions : Options {
  std::string check_method;
  bool embed_engine = false;
  bool save_engine = false;
  double atol = 1e-8;
  std::optional<double> rtol;  // unset: default_rtol() of each output
  bool no_threshold_check = false;
};

// The options of `compile` but for those of add_output_flags.
void add_compile_options(CLI::App& app, CompileOptions& options);

}  // namespace torchtrtc
