#include <iostream>
#include <memory>
#include <string>

#include "../files.h"
#include "../options.h"
#include "commands.h"

namespace torchtrtc {
namespace {

const char* const kExamples =
    "  torchtrtc check model.ts \"(1,3,224,224)\"\n"
    "  torchtrtc check model.ts --backend tensorrt -p half --json\n";

struct CheckOptions : Options {
  std::string method = "forward";
  bool json = false;
};

int run(const CheckOptions& options) {
  namespace ts = torch_tensorrt::ts;
  begin(options);
  check_options(options);
  const auto report =
      ts::check(load_module(options.input_path), options.method, make_spec(options, read_input_specs(options)));
  std::cout << (options.json ? ts::to_json(report) + "\n" : ts::to_table(report));
  return report.is_whole ? kDone : kNo;
}

}  // namespace

Command add_check(CLI::App& line) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App& app =
      add_command(line, *options, "check",
                  "Reports how every operation of a module would run; compiles nothing\nWith inputs, the report also "
                  "finds problems of their shapes. Takes the settings of compile. The device need not be there.",
                  kExamples, "the method would not be one engine");
  app.add_option("input_file", options->input_path, "TorchScript module")->type_name("MODULE")->required();
  add_input_specs(app, *options);
  app.add_option("--method", options->method, "The method to check")->capture_default_str()->type_name("NAME");
  app.add_flag("--json", options->json, "Print JSON instead of a table");
  options->device_type = "cpu";
  add_engine_flags(app, *options);
  add_device_flags(app, *options);
  add_library_flags(app, *options);
  return {&app, [options] { return run(*options); }};
}

}  // namespace torchtrtc
