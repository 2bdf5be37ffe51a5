#include <iostream>
#include <memory>

#include "../files.h"
#include "../options.h"
#include "commands.h"

namespace torchtrtc {
namespace {

const char* const kExamples =
    "  torchtrtc inspect compiled.ts\n"
    "  torchtrtc inspect compiled.ts --json\n";

struct InspectOptions : Options {
  bool json = false;
};

int run(const InspectOptions& options) {
  namespace ts = torch_tensorrt::ts;
  begin(options);
  const auto methods = ts::inspect(load_module(options.input_path));
  std::cout << (options.json ? ts::to_json(methods) + "\n" : ts::to_table(methods));
  return kDone;
}

}  // namespace

Command add_inspect(CLI::App& line) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App& app = add_command(line, *options, "inspect",
                              "Reports what a compiled module runs: engines, and operations of PyTorch", kExamples);
  app.add_option("input_file", options->input_path, "Compiled TorchScript module")->type_name("MODULE")->required();
  app.add_flag("--json", options->json, "Print JSON, with all layers of the engines, instead of a table");
  add_library_flags(app, *options);
  return {&app, [options] { return run(*options); }};
}

}  // namespace torchtrtc
