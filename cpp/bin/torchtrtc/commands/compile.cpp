#include "compile.h"

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>

#include "../calibration.h"
#include "../files.h"
#include "../results.h"
#include "../self_check.h"
#include "commands.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torchtrtc {
namespace {

namespace logging = torch_tensorrt::logging;
namespace ts = torch_tensorrt::ts;
namespace util = torch_tensorrt::core::util;
using Clock = std::chrono::steady_clock;

const char* const kExamples =
    "  torchtrtc compile model.ts compiled.ts \"(1,3,224,224)\"\n"
    "  torchtrtc model.ts compiled.ts \"[(1,3,224,224);(8,3,224,224);(16,3,224,224)]@half\" -d gpu\n"
    "  torchtrtc compile model.ts compiled.ts input:8x3x224x224@half\n"
    "  torchtrtc compile model.ts compiled.ts 8x3x224x224 -p float -p int8 --calibration-data images/ --preprocess "
    "resize=256,crop=224\n"
    "  torchtrtc compile --save-engine model.ts model.engine \"(1,3,224,224)\"\n"
    "An existing output file is replaced only when the new one is complete. A self check that fails, and a method that "
    "--check-method-support finds impossible to compile, count as errors.\n";

int check_method(const CompileOptions& options) {
  const auto module = load_module(options.input_path);
  const bool supported = ts::check_method_operator_support(module, options.check_method);
  if (options.json) {
    std::cout << as_text({{"method", options.check_method}, {"supported", supported}});
    return supported ? kDone : kFailed;
  }
  std::cout << "The method " << options.check_method
            << (supported ? " can be compiled.\n" : " cannot be compiled whole: see the errors above.\n");
  return supported ? kDone : kFailed;
}

int log_differences(const std::vector<std::string>& differences) {
  for (const auto& line : differences) logging::log(logging::kERROR, "self check: " + line);
  if (differences.empty()) {
    logging::log(logging::kINFO, "self check passed");
    return kDone;
  }
  logging::log(logging::kERROR,
               "the results of the compiled module differ from those of the input module; the output was written "
               "nevertheless. Set --atol and --rtol to fit the precision, or give --no-threshold-check");
  return kFailed;
}

int compile(const CompileOptions& options) {
  const auto start = Clock::now();
  require_output(options);
  require_calibration_file(options);
  std::optional<util::Watch> watch("compiling " + name_of_file(options.input_path));
  const auto specs = read_input_specs(options);
  auto spec = make_spec(options, specs);
  util::report("loading");
  auto module = load_module(options.input_path);
  const auto calibrator = make_calibrator(options, specs, module);
  spec.ptq_calibrator = calibrator.get();
  if (options.settings.require_full_compilation) {
    TORCHTRT_CHECK(ts::check_method_operator_support(module, "forward"),
                   "Not all operations in graph are supported by the compiler; see the errors above");
  }
  torch::jit::Module compiled;
  if (options.save_engine) {
    const auto engine = ts::convert_method_to_trt_engine(module, "forward", spec);
    util::write_file(options.output_path, engine);
    if (!options.no_threshold_check) compiled = ts::embed_engine_in_new_module(engine, spec.device);
  } else {
    compiled = ts::compile(module, spec);
    util::report("writing");
    torch_tensorrt::core::save_module(compiled, options.output_path);
  }
  const auto parts = options.save_engine ? nlohmann::json{{"engines", 1}} : parts_of(compiled);
  util::report("checking the result");
  std::vector<std::string> differences;
  if (!options.no_threshold_check) differences = self_check(module, compiled, specs, options.atol, options.rtol);
  watch.reset();
  const int code = options.no_threshold_check ? kDone : log_differences(differences);
  if (code != kDone && !options.json) return code;
  report_output(options, parts, start,
                {{"self_check", options.no_threshold_check ? "left out"
                                : differences.empty()      ? "passed"
                                                           : "failed"},
                 {"differences", differences}});
  return code;
}

int run(const CompileOptions& options) {
  begin(options);
  check_options(options);
  if (!options.check_method.empty()) return check_method(options);
  return options.embed_engine ? embed_engine(options) : compile(options);
}

}  // namespace

void add_compile_options(CLI::App& app, CompileOptions& o) {
  app.add_option("input_file", o.input_path, "TorchScript module (or an engine, with --embed-engine)")
      ->type_name("MODULE")
      ->required();
  app.add_option("output_file", o.output_path, "File for the result")->type_name("OUTPUT");
  add_input_specs(app, o);
  app.add_option("--check-method-support", o.check_method,
                 "Only report whether the method can be compiled; exit code 0 if it can, 1 if not")
      ->type_name("NAME");
  auto* embed = app.add_flag("--embed-engine", o.embed_engine, "The input is an engine; wrap it in a module");
  app.add_flag("--save-engine", o.save_engine, "Write the engine's bytes instead of a module")->excludes(embed);
  add_json_flag(app, o, " about the output instead of a line");
  add_engine_flags(app, o);
  add_device_flags(app, o);
  app.add_option("--atol", o.atol, "Absolute difference allowed")
      ->capture_default_str()
      ->type_name("X")
      ->check(number_not_below_zero())
      ->group("Self check");
  app.add_option("--rtol", o.rtol,
                 "Relative difference allowed; default: 1e-5, or 8 units in the last place for half and bf16")
      ->type_name("X")
      ->check(number_not_below_zero())
      ->group("Self check");
  app.add_flag("--no-threshold-check", o.no_threshold_check, "Do not compare the result with the input module")
      ->group("Self check");
  add_library_flags(app, o);
}

Command add_compile(CLI::App& line) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App& app = add_command(line, *options, "compile", "Compiles a module, and checks the result", kExamples);
  add_compile_options(app, *options);
  return {&app, [options] { return run(*options); }};
}

}  // namespace torchtrtc
