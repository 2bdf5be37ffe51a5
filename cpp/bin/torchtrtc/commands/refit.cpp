#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "../files.h"
#include "../options.h"
#include "../results.h"
#include "commands.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torchtrtc {
namespace {

namespace util = torch_tensorrt::core::util;

const char* const kExamples = "  torchtrtc refit compiled.ts trained.ts refitted.ts\n";

struct RefitOptions : Options {
  std::string weights_path;
};

int run(const RefitOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  begin(options);
  require_output(options, {{options.weights_path, "module with the weights"}});
  std::optional<util::Watch> watch("refitting " + name_of_file(options.input_path));
  util::report("loading");
  const auto compiled = load_module(options.input_path);
  const auto refitted = torch_tensorrt::ts::refit_module_weights(compiled, load_module(options.weights_path));
  util::report("writing");
  torch_tensorrt::core::save_module(refitted, options.output_path);
  watch.reset();
  report_output(options, parts_of(refitted), start);
  return kDone;
}

}  // namespace

Command add_refit(CLI::App& line) {
  auto options = std::make_shared<RefitOptions>();
  CLI::App& app = add_command(line, *options, "refit",
                              "Gives a compiled module the weights of another module\nTimes nothing again. The module "
                              "with the weights must have the code of the module that was compiled.",
                              kExamples);
  app.add_option("input_file", options->input_path, "Compiled TorchScript module")->type_name("COMPILED")->required();
  app.add_option("weights_file", options->weights_path, "TorchScript module with the new weights")
      ->type_name("MODULE")
      ->required();
  app.add_option("output_file", options->output_path, "File for the result")->type_name("OUTPUT")->required();
  add_json_flag(app, *options, " about the output instead of a line");
  add_library_flags(app, *options);
  return {&app, [options] { return run(*options); }};
}

}  // namespace torchtrtc
