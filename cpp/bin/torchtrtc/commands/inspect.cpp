#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "../calls.h"
#include "../files.h"
#include "../options.h"
#include "../python_page.h"
#include "../results.h"
#include "commands.h"
#include "torch_tensorrt/core/util/output_file.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torchtrtc {
namespace {

namespace util = torch_tensorrt::core::util;

const char* const kExamples =
    "  torchtrtc inspect compiled.ts\n"
    "  torchtrtc inspect compiled.ts --json\n"
    "  torchtrtc inspect compiled.ts --html report.html --input 1x3x224x224\n";

// The arguments of the inputs, on the device of the engines.
std::optional<Arguments> arguments_of(const Options& options, const torch::jit::Module& module) {
  const auto specs = read_input_specs(options);
  if (specs.empty()) return std::nullopt;
  auto arguments = sample_arguments(specs, &torch_tensorrt::Input::opt_shape, module);
  const at::Device device = device_of_engines(module);
  for (auto& value : arguments.by_position) value = value.toTensor().to(device);
  for (auto& [name, value] : arguments.by_name) value = value.toTensor().to(device);
  return arguments;
}

int write_page(const Options& options, const torch::jit::Module& module) {
  const auto start = std::chrono::steady_clock::now();
  const auto parts = parts_of(module);
  auto libraries = options.custom_ops;
  libraries.insert(libraries.end(), options.custom_converters.begin(), options.custom_converters.end());
  {
    const util::Watch watch("reporting on " + name_of_file(options.input_path));
    util::write_file(options.output_path, make_page(options.input_path, arguments_of(options, module), libraries));
  }
  report_output(options, parts, start);
  return kDone;
}

int run(const Options& options) {
  namespace ts = torch_tensorrt::ts;
  begin(options);
  check_preprocessing(options, {});
  if (!options.output_path.empty()) require_output(options);
  const auto module = load_module(options.input_path);
  if (!options.output_path.empty()) return write_page(options, module);
  const auto methods = ts::inspect(module);
  std::cout << (options.json ? ts::to_json(methods) + "\n" : ts::to_table(methods));
  return kDone;
}

}  // namespace

Command add_inspect(CLI::App& line) {
  auto options = std::make_shared<Options>();
  CLI::App& app = add_command(
      line, *options, "inspect",
      "Reports what a compiled module runs: engines, and operations of PyTorch\nThe page of --html has the program as "
      "a picture, layers, memory over time, and with inputs the times beside the limits of the machine. The Python "
      "package makes it (torch_tensorrt.report), so Python with the package must be there.",
      kExamples);
  app.add_option("input_file", options->input_path, "Compiled TorchScript module")->type_name("MODULE")->required();
  add_json_flag(app, *options, ", with all layers of the engines, instead of a table; with --html, about the page");
  auto* page = app.add_option("--html", options->output_path, "Write a page (one file, without the table)")
                   ->type_name("FILE")
                   ->group("Page");
  app.add_option("--input", options->input_specs,
                 std::string("For times in the page, an input of a call. ") + kInputSpecHelp)
      ->type_name("SPEC")
      ->allow_extra_args(false)
      ->group("Page")
      ->needs(page);
  add_preprocessing(app, *options);
  add_library_flags(app, *options);
  return {&app, [options] { return run(*options); }};
}

}  // namespace torchtrtc
