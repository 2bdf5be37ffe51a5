// torchtrtc: the compiler on the command line. Its exit codes are described in options.h.

#include <csignal>
#include <iostream>

#include "calibration.h"
#include "files.h"
#include "options.h"
#include "self_check.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {
namespace {

namespace logging = torch_tensorrt::logging;

void set_log_level(const Options& options) {
  auto level = logging::kWARNING;
  if (options.verbose) level = logging::kDEBUG;
  if (options.info) level = logging::kINFO;
  if (options.warnings) level = logging::kERROR;
  logging::set_reportable_log_level(level);
}

int check_method(const Options& options) {
  const auto module = load_module(options.input_path);
  const bool supported = torch_tensorrt::ts::check_method_operator_support(module, options.check_method);
  std::cout << "The method " << options.check_method
            << (supported ? " can be compiled.\n" : " cannot be compiled whole: see the errors above.\n");
  return supported ? kDone : kFailed;
}

int check(const Options& options) {
  const auto report =
      torch_tensorrt::ts::check(load_module(options.input_path), options.check_method, make_spec(options));
  std::cout << (options.json ? torch_tensorrt::ts::to_json(report) + "\n" : torch_tensorrt::ts::to_table(report));
  return report.is_whole ? kDone : kNotWhole;
}

int inspect(const Options& options) {
  const auto methods = torch_tensorrt::ts::inspect(load_module(options.input_path));
  std::cout << (options.json ? torch_tensorrt::ts::to_json(methods) + "\n" : torch_tensorrt::ts::to_table(methods));
  return kDone;
}

int embed_engine(const Options& options) {
  require_output(options);
  const auto engine = read_engine(options.input_path);
  const auto module = [&] {
    try {
      return torch_tensorrt::ts::embed_engine_in_new_module(engine, make_device(options));
    } catch (const torch_tensorrt::Error& error) {
      TORCHTRT_THROW_ERROR("cannot make a module of the engine " << options.input_path << ": " << error.msg());
    }
  }();
  torch_tensorrt::core::save_module(module, options.output_path);
  return kDone;
}

int report_self_check(torch::jit::Module& module, torch::jit::Module& compiled, const Options& options,
                      const torch_tensorrt::ts::CompileSpec& spec) {
  if (options.no_threshold_check) return 0;
  const auto differences = self_check(module, compiled, spec.graph_inputs.inputs, options.atol, options.rtol);
  for (const auto& line : differences) logging::log(logging::kERROR, "self check: " + line);
  if (differences.empty()) {
    logging::log(logging::kINFO, "self check passed");
    return 0;
  }
  logging::log(logging::kERROR,
               "the results of the compiled module differ from those of the input module; the output was written "
               "nevertheless. Set --atol and --rtol to fit the precision, or give --no-threshold-check");
  return 1;
}

int compile(const Options& options) {
  require_output(options);
  auto spec = make_spec(options);
  const auto calibrator = make_calibrator(options);
  spec.ptq_calibrator = calibrator.get();
  auto module = load_module(options.input_path);
  if (options.settings.require_full_compilation) {
    TORCHTRT_CHECK(torch_tensorrt::ts::check_method_operator_support(module, "forward"),
                   "Not all operations in graph are supported by the compiler; see the errors above");
  }
  if (options.save_engine) {
    const auto engine = torch_tensorrt::ts::convert_method_to_trt_engine(module, "forward", spec);
    torch_tensorrt::core::util::write_file(options.output_path, engine);
    if (options.no_threshold_check) return 0;
    auto embedded = torch_tensorrt::ts::embed_engine_in_new_module(engine, spec.device);
    return report_self_check(module, embedded, options, spec);
  }
  auto compiled = torch_tensorrt::ts::compile(module, spec);
  torch_tensorrt::core::save_module(compiled, options.output_path);
  return report_self_check(module, compiled, options, spec);
}

int doctor() {
  std::cout << torch_tensorrt::get_environment_report();
  return 0;
}

int run(const Options& options) {
  set_log_level(options);
  if (options.doctor) return doctor();
  check_options(options);
  for (const auto& path : options.custom_ops) load_library(path);
  for (const auto& path : options.custom_converters) load_library(path);
  if (options.check) return check(options);
  if (options.inspect) return inspect(options);
  if (!options.check_method.empty()) return check_method(options);
  return options.embed_engine ? embed_engine(options) : compile(options);
}

}  // namespace
}  // namespace torchtrtc

int main(int argc, char** argv) {
  torchtrtc::Options options;
  const int exit_code = torchtrtc::parse_options(argc, argv, &options);
  if (exit_code >= 0) return exit_code;
  torch_tensorrt::core::util::remove_unfinished_files_on_signals();
  std::signal(SIGXFSZ, SIG_IGN);  // writing above the file size limit then fails instead of killing the process
  try {
    return torchtrtc::run(options);
  } catch (const torch_tensorrt::Error& error) {
    std::cerr << "torchtrtc: " << error.msg() << '\n';
  } catch (const c10::Error& error) {
    std::cerr << "torchtrtc: " << error.what_without_backtrace() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "torchtrtc: " << error.what() << '\n';
  }
  return torchtrtc::kFailed;
}
