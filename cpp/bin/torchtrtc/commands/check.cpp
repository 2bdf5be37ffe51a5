#include <iostream>
#include <memory>
#include <string>

#include "../calibration.h"
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
};

int run(const CheckOptions& options) {
  namespace ts = torch_tensorrt::ts;
  begin(options);
  check_options(options);
  require_calibration_file(options);
  const auto module = load_module(options.input_path);
  const auto specs = read_input_specs(options);
  if (options.method == "forward") check_calibration(options, specs, module);
  const auto report = ts::check(module, options.method, make_spec(options, specs));
  std::cout << (options.json ? ts::to_json(report) + "\n" : ts::to_table(report));
  return report.is_whole ? kDone : kNo;
}

}  // namespace

Command add_check(CLI::App& line) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App& app = add_command(
      line, *options, "check",
      "Reports how every operation of a module would run; compiles nothing\nWith inputs, the report also "
      "finds problems of their shapes. Takes the settings of compile; a calibration is read, and its first batch must "
      "fit the module. The device need not be there.",
      kExamples, "the method would not be one engine");
  app.add_option("input_file", options->input_path, "TorchScript module")->type_name("MODULE")->required();
  add_input_specs(app, *options);
  app.add_option("--method", options->method, "The method to check")->capture_default_str()->type_name("NAME");
  add_json_flag(app, *options, " instead of a table");
  options->device_type = "cpu";
  add_engine_flags(app, *options);
  add_device_flags(app, *options);
  add_library_flags(app, *options);
  return {&app, [options] { return run(*options); }};
}

}  // namespace torchtrtc
