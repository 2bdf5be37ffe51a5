#include "options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "input_spec.h"
#include "torch_tensorrt/core/util/Exception.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

using torch_tensorrt::SettingRow;
using torch_tensorrt::Settings;

const char* const kFooter =
    "Examples:\n"
    "  torchtrtc model.ts compiled.ts \"(1,3,224,224)\"\n"
    "  torchtrtc model.ts compiled.ts \"[(1,3,224,224);(8,3,224,224);(16,3,224,224)]@half\" -d gpu\n"
    "  torchtrtc --save-engine model.ts model.engine \"(1,3,224,224)\"\n"
    "\n"
    "Exit codes: 0 done; 1 an error, a method that cannot be compiled, or a self check that failed; 64 an unknown\n"
    "option, or an invalid value of an option. An existing output file is replaced only when the new one is "
    "complete.";

const char* const kInputSpecHelp =
    "One per input: \"(N,C,H,W)\" or \"[(MIN..);(OPT..);(MAX..)]\", then optionally @dtype (float, half, char, int, "
    "long, double, bool), then optionally %format (linear, nhwc)";

// Checks of the values of options, with messages for people.

std::optional<uint64_t> parse_whole(std::string_view text) {
  const bool is_hex = text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X";
  if (is_hex) text.remove_prefix(2);
  if (text.substr(0, 1) == "+") text.remove_prefix(1);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Accepts decimal, or hexadecimal after 0x. Used with transform(), which hands the option the number in decimal.
CLI::Validator whole_number(uint64_t low, uint64_t high = std::numeric_limits<int64_t>::max()) {
  const auto check = [low, high](std::string& text) -> std::string {
    const auto number = parse_whole(text);
    if (!number || *number < low || *number > high) {
      return torch_tensorrt::str("'", text, "' is not a whole number from ", low, " to ", high);
    }
    text = std::to_string(*number);
    return {};
  };
  return {check, /*description=*/""};
}

CLI::Validator number_not_below_zero() {
  const auto check = [](std::string& text) -> std::string {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const bool is_number = !text.empty() && *end == '\0';
    if (is_number && std::isfinite(number) && number >= 0) return {};
    return "'" + text + "' is not a number of 0 or more";
  };
  return {check, /*description=*/""};
}

CLI::Validator known_precision() {
  const auto check = [](std::string& text) -> std::string {
    try {
      parse_precision(text);
    } catch (const torch_tensorrt::Error& error) {
      return error.msg();
    }
    return {};
  };
  return {check, /*description=*/""};
}

void add_output_flags(CLI::App& app, Options& o) {
  auto* verbose = app.add_flag("-v,--verbose", o.verbose, "Print debugging messages");
  auto* info = app.add_flag("-i,--info,--i", o.info, "Print decisions and progress");
  auto* warnings = app.add_flag("-w,--warnings", o.warnings, "Print errors only, no warnings");
  verbose->excludes(info)->excludes(warnings);
  info->excludes(warnings);
}

void add_mode_flags(CLI::App& app, Options& o) {
  app.add_option("--check-method-support", o.check_method,
                 "Only report whether the method can be compiled; exit code 0 if it can, 1 if not")
      ->type_name("NAME");
  auto* embed = app.add_flag("--embed-engine", o.embed_engine, "The input is an engine; wrap it in a module");
  app.add_flag("--save-engine", o.save_engine, "Write the engine's bytes instead of a module")->excludes(embed);
}

// ---- settings, from their rows --------------------------------------------------------------------------------------

void add_setting(CLI::App& app, const SettingRow& row, bool& value) { app.add_flag(row.flags, value, row.help); }

void add_setting(CLI::App& app, const SettingRow& row, uint64_t& value) {
  app.add_option(row.flags, value, row.help)
      ->capture_default_str()
      ->transform(whole_number(static_cast<uint64_t>(row.low), static_cast<uint64_t>(row.high)));
}

void add_setting(CLI::App& app, const SettingRow& row, int64_t& value) {
  app.add_option(row.flags, value, row.help)
      ->capture_default_str()
      ->check(CLI::Range(row.may_be_open ? int64_t{-1} : row.low, row.high));
}

void add_setting(CLI::App& app, const SettingRow& row, std::string& value) {
  app.add_option(row.flags, value, row.help)->capture_default_str()->type_name(row.placeholder);
}

void add_setting(CLI::App& app, const SettingRow& row, std::vector<std::string>& value) {
  app.add_option(row.flags, value, std::string(row.help) + " Repeat the flag for several.")
      ->type_name(row.placeholder)
      ->allow_extra_args(false);
}

void add_engine_flags(CLI::App& app, Options& o) {
  app.add_option(
         "-p,--enable-precision,--enabled-precision", o.precisions,
         "Precision that layers may run in: float, half, bf16 or int8. Repeat the flag for several; default: float")
      ->type_name("P")
      ->check(known_precision())
      ->allow_extra_args(false);
  visit_settings(o.settings, [&app](const SettingRow& row, auto& value) { add_setting(app, row, value); });
  app.add_option("--engine-capability", o.capability, "standard, safety or dla_standalone")
      ->capture_default_str()
      ->check(CLI::IsMember({"standard", "safety", "dla_standalone"}));
  app.add_option("--calibration-cache-file", o.calibration_cache,
                 "With -p int8 on a CPU: file of a calibration, as torch_tensorrt.ptq.DataLoaderCalibrator writes it; "
                 "with --calibration-data, the file is written")
      ->type_name("PATH");
  app.add_option(
         "--calibration-data", o.calibration_data,
         "With -p int8 on a CPU: file with example inputs, as torch.save writes it: a tensor, or a tuple of the "
         "arguments of forward. Give it once for each batch")
      ->type_name("PATH")
      ->check(CLI::ExistingFile);
  app.add_option("--calibration-algo", o.calibration_algorithm, "legacy, entropy, entropy_2 or minmax")
      ->capture_default_str()
      ->check(CLI::IsMember({"legacy", "entropy", "entropy_2", "minmax"}));
}

void add_device_flags(CLI::App& app, Options& o) {
  app.add_option("-d,--device-type", o.device_type,
                 "cpu, gpu or dla; default: the current GPU, or the CPU if there is none")
      ->check(CLI::IsMember({"cpu", "gpu", "dla"}));
  app.add_option("--gpu-id", o.gpu_id, "Index of the GPU; implies -d gpu")
      ->transform(whole_number(0, std::numeric_limits<int32_t>::max()));
  app.add_option("--dla-core", o.dla_core, "Index of the DLA core, with -d dla; default: 0")
      ->transform(whole_number(0, std::numeric_limits<int32_t>::max()));
  app.add_flag("--allow-gpu-fallback", o.allow_gpu_fallback, "Run layers that the DLA cannot run on the GPU");
}

void add_library_flags(CLI::App& app, Options& o) {
  app.add_option("--custom-torch-ops", o.custom_ops,
                 "Library of PyTorch operations to load first: a path, or the name of a file that the system's loader "
                 "finds or that is in the current folder. Repeat the flag for several")
      ->allow_extra_args(false)
      ->type_name("LIB");
  app.add_option("--custom-converters", o.custom_converters,
                 "Library of converters to load first, given in the same way. Repeat the flag for several")
      ->allow_extra_args(false)
      ->type_name("LIB");
}

void add_check_flags(CLI::App& app, Options& o) {
  app.add_option("--atol", o.atol, "Self check: absolute difference allowed")
      ->capture_default_str()
      ->check(number_not_below_zero());
  app.add_option(
         "--rtol", o.rtol,
         "Self check: relative difference allowed; default: 1e-5, or 8 units in the last place for half and bf16")
      ->check(number_not_below_zero());
  app.add_flag("--no-threshold-check", o.no_threshold_check, "Do not compare the result with the input module");
  add_library_flags(app, o);
}

torch_tensorrt::EngineCapability capability(const std::string& name) {
  if (name == "safety") return torch_tensorrt::EngineCapability::kSAFETY;
  if (name == "dla_standalone") return torch_tensorrt::EngineCapability::kDLA_STANDALONE;
  return torch_tensorrt::EngineCapability::kSTANDARD;
}

int end(const CLI::App& app, const CLI::ParseError& error) {
  return app.exit(error) == 0 ? kDone : kUsage;  // 0: --help and --version
}

// Permissions and limits that have no effect only warn.
void warn_of_dla_options(const Options& options) {
  const Settings defaults;
  const std::pair<const char*, bool> given[] = {
      {"--allow-gpu-fallback", options.allow_gpu_fallback},
      {"--dla-sram-size", options.settings.dla_sram_size != defaults.dla_sram_size},
      {"--dla-local-dram-size", options.settings.dla_local_dram_size != defaults.dla_local_dram_size},
      {"--dla-global-dram-size", options.settings.dla_global_dram_size != defaults.dla_global_dram_size},
  };
  for (const auto& [flag, is_given] : given) {
    if (!is_given) continue;
    torch_tensorrt::logging::log(torch_tensorrt::logging::kWARNING,
                                 std::string(flag) + " has no effect without -d dla");
  }
}

// Shields "[a;b]" with a leading space, because CLI11 takes it for a list of its own. Input specs may have spaces.
std::vector<std::string> shielded_arguments(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  for (auto& argument : arguments) {
    if (!argument.empty() && argument.front() == '[') argument.insert(0, 1, ' ');
  }
  std::reverse(arguments.begin(), arguments.end());  // CLI11 expects reverse order
  return arguments;
}

// torchtrtc check INPUT [input specs]: parsed as a program of its own, with its own help.
int parse_check(int argc, char** argv, Options* options) {
  CLI::App app(
      "Reports how every operation of a TorchScript module would run. Exit codes: 0 the method would be one engine; 2 "
      "it would not; 1 an error; 64 an unknown option, or an invalid value of an option.",
      "torchtrtc check");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_output_flags(app, *options);
  options->check_method = "forward";
  app.add_option("--method", options->check_method, "The method to check")->capture_default_str();
  app.add_flag("--json", options->json, "Print JSON instead of a table");
  app.add_option("--backend", options->settings.backend,
                 "Backend that must take the method: native, tensorrt (or another backend's name, even if it cannot "
                 "run here), or auto")
      ->capture_default_str();
  add_library_flags(app, *options);
  app.add_option("input_file", options->input_path, "TorchScript module")->required();
  app.add_option("input_specs", options->input_specs, kInputSpecHelp);
  options->check = true;
  options->device_type = "cpu";
  try {
    app.parse(shielded_arguments(argc, argv));
  } catch (const CLI::ParseError& error) {
    return end(app, error);
  }
  return -1;
}

// torchtrtc inspect INPUT
int parse_inspect(int argc, char** argv, Options* options) {
  CLI::App app("Reports what a compiled module runs: its engines, and the operations that PyTorch runs.",
               "torchtrtc inspect");
  add_output_flags(app, *options);
  app.add_flag("--json", options->json, "Print JSON, with all layers of the engines, instead of a table");
  add_library_flags(app, *options);
  app.add_option("input_file", options->input_path, "Compiled TorchScript module")->required();
  options->inspect = true;
  try {
    app.parse(shielded_arguments(argc, argv));
  } catch (const CLI::ParseError& error) {
    return end(app, error);
  }
  return -1;
}

int parse_doctor(int argc, char** argv, Options* options) {
  CLI::App app("Shows the build, the devices of this machine, and the backends that can be used on them.",
               "torchtrtc doctor");
  options->doctor = true;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return end(app, error);
  }
  return -1;
}

}  // namespace

int parse_options(int argc, char** argv, Options* options) {
  if (argc > 1 && std::string(argv[1]) == "check") return parse_check(argc - 1, argv + 1, options);
  if (argc > 1 && std::string(argv[1]) == "inspect") return parse_inspect(argc - 1, argv + 1, options);
  if (argc > 1 && std::string(argv[1]) == "doctor") return parse_doctor(argc - 1, argv + 1, options);
  CLI::App app(
      "Compiles a TorchScript module ahead of time. `torchtrtc check` reports how its operations would run (see "
      "`torchtrtc check --help`). `torchtrtc inspect` reports what a compiled module runs. `torchtrtc doctor` shows "
      "the devices of this machine and the backends for them.",
      "torchtrtc");
  app.set_version_flag("--version", torch_tensorrt::get_build_info());
  app.footer(kFooter);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_output_flags(app, *options);
  add_mode_flags(app, *options);
  add_engine_flags(app, *options);
  add_device_flags(app, *options);
  add_check_flags(app, *options);
  app.add_option("input_file", options->input_path, "TorchScript module (or an engine, with --embed-engine)")
      ->required();
  app.add_option("output_file", options->output_path, "File for the result");
  app.add_option("input_specs", options->input_specs, kInputSpecHelp);
  try {
    app.parse(shielded_arguments(argc, argv));
  } catch (const CLI::ParseError& error) {
    return end(app, error);
  }
  return -1;
}

void check_options(const Options& options) {
  const bool is_dla = options.device_type == "dla";
  if (!is_dla) warn_of_dla_options(options);
  TORCHTRT_CHECK(options.device_type != "cpu" || !options.gpu_id,
                 "--gpu-id " << *options.gpu_id << " was given with -d cpu; leave one of the two out");
  TORCHTRT_CHECK(is_dla || !options.dla_core,
                 "--dla-core " << *options.dla_core << " was given without -d dla; give -d dla, or leave it out");
}

torch_tensorrt::Device make_device(const Options& options) {
  using torch_tensorrt::Device;
  Device device = Device::current();
  if (options.device_type == "cpu") device = Device::cpu();
  // A GPU number implies the device kind gpu.
  if (options.device_type == "gpu" || options.gpu_id) device.device_type = Device::DeviceType::kGPU;
  if (options.device_type == "dla") device.device_type = Device::DeviceType::kDLA;
  device.gpu_id = options.gpu_id.value_or(device.gpu_id);
  device.dla_core = options.dla_core.value_or(device.dla_core);
  device.allow_gpu_fallback = options.allow_gpu_fallback;
  return device;
}

torch_tensorrt::ts::CompileSpec make_spec(const Options& options) {
  std::vector<torch_tensorrt::Input> inputs;
  for (const auto& spec : options.input_specs) inputs.push_back(parse_input_spec(spec));
  torch_tensorrt::ts::CompileSpec spec(std::move(inputs));
  if (!options.precisions.empty()) spec.enabled_precisions.clear();
  for (const auto& precision : options.precisions) spec.enabled_precisions.insert(parse_precision(precision));
  static_cast<Settings&>(spec) = options.settings;
  spec.device = make_device(options);
  spec.capability = capability(options.capability);
  return spec;
}

}  // namespace torchtrtc
