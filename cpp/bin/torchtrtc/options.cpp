#include "options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data_file.h"
#include "description.h"
#include "files.h"
#include "input_spec.h"
#include "torch_tensorrt/core/util/Exception.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

using torch_tensorrt::SettingRow;
using torch_tensorrt::Settings;

std::optional<uint64_t> parse_whole(std::string_view text) {
  const bool is_hex = text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X";
  if (is_hex) text.remove_prefix(2);
  if (text.substr(0, 1) == "+") text.remove_prefix(1);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

CLI::Validator whole_number(uint64_t low, uint64_t high) {
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

CLI::Validator number_in(double low, double high) {
  const auto check = [low, high](std::string& text) -> std::string {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const bool is_number = !text.empty() && *end == '\0';
    if (is_number && std::isfinite(number) && number >= low && number <= high) return {};
    constexpr double kAny = std::numeric_limits<double>::max();
    if (high < kAny) return torch_tensorrt::str("'", text, "' is not a number from ", low, " to ", high);
    if (low > -kAny) return torch_tensorrt::str("'", text, "' is not a number of ", low, " or more");
    return "'" + text + "' is not a number";
  };
  return {check, /*description=*/""};
}

namespace {

std::string name_of_choices(const std::vector<std::string>& names) {
  std::string text = kChoices;
  for (const auto& name : names) text += (&name == &names.front() ? "" : "|") + name;
  return text;
}

// Takes any text; completions offer these.
CLI::Validator usually(const std::vector<std::string>& names) {
  return {[](std::string&) { return std::string(); }, /*description=*/"", name_of_choices(names)};
}

}  // namespace

CLI::Validator one_of(const std::vector<std::string>& names) {
  const auto check = [names](std::string& text) -> std::string {
    std::string known;
    for (const auto& name : names) {
      if (name == text) return {};
      known += (known.empty() ? "" : ", ") + name;
    }
    return "'" + text + "' is none of " + known;
  };
  return {check, /*description=*/"", name_of_choices(names)};
}

CLI::Validator number_not_below_zero() { return number_in(0, std::numeric_limits<double>::max()); }

namespace {

CLI::Validator known_precision() {
  const auto check = [](std::string& text) -> std::string {
    try {
      parse_precision(text);
    } catch (const torch_tensorrt::Error& error) {
      return error.msg();
    }
    return {};
  };
  return {check, /*description=*/"", name_of_choices({"float", "half", "bf16", "int8"})};
}

CLI::Validator known_preprocessing() {
  const auto check = [](std::string& text) -> std::string {
    if (text.empty()) return "it has no steps; leave it out for none";
    try {
      parse_preprocessing(text);
    } catch (const torch_tensorrt::Error& error) {
      return error.msg();
    }
    return {};
  };
  return {check, /*description=*/""};
}

// ---- settings, from their rows --------------------------------------------------------------------------------------

constexpr const char* kSettings = "Settings";

void add_setting(CLI::App& app, const SettingRow& row, bool& value) {
  app.add_flag(row.flags, value, row.help)->group(kSettings);
}

void add_setting(CLI::App& app, const SettingRow& row, uint64_t& value) {
  app.add_option(row.flags, value, row.help)
      ->capture_default_str()
      ->type_name("N")
      ->transform(whole_number(static_cast<uint64_t>(row.low), static_cast<uint64_t>(row.high)))
      ->group(kSettings);
}

void add_setting(CLI::App& app, const SettingRow& row, int64_t& value) {
  auto* option = app.add_option(row.flags, value, row.help)->type_name("N")->group(kSettings);
  if (!row.may_be_open) option->capture_default_str();
  option->transform(whole_number(static_cast<uint64_t>(row.low), static_cast<uint64_t>(row.high)));
}

void add_setting(CLI::App& app, const SettingRow& row, std::string& value) {
  auto* option =
      app.add_option(row.flags, value, row.help)->capture_default_str()->type_name(row.placeholder)->group(kSettings);
  const std::string name = row.name;
  if (name == "backend") option->check(usually({"auto", "fastest", "native", "tensorrt"}));
  if (name == "weight_only") option->check(usually({"int8"}));
}

void add_setting(CLI::App& app, const SettingRow& row, std::vector<std::string>& value) {
  app.add_option(row.flags, value, std::string(row.help) + " Repeat the flag for several.")
      ->type_name(row.placeholder)
      ->allow_extra_args(false)
      ->group(kSettings);
}

torch_tensorrt::EngineCapability capability(const std::string& name) {
  if (name == "safety") return torch_tensorrt::EngineCapability::kSAFETY;
  if (name == "dla_standalone") return torch_tensorrt::EngineCapability::kDLA_STANDALONE;
  return torch_tensorrt::EngineCapability::kSTANDARD;
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

}  // namespace

CLI::App& add_command(CLI::App& line, Options& options, const std::string& name, const std::string& description,
                      const std::string& examples, const std::string& no) {
  CLI::App& app = *line.add_subcommand(name, description);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  app.footer("Examples:\n" + examples + "\nExit codes: 0 success; 1 an error; " + (no.empty() ? "" : "2 " + no + "; ") +
             "3 an unknown option, a missing argument, or a value that an option does not take; 130 an interrupt "
             "(Ctrl-C).");
  add_output_flags(app, options);
  return app;
}

void add_output_flags(CLI::App& app, Options& o) {
  auto* verbose = app.add_flag("-v,--verbose", o.verbose, "Print debugging messages, and where an error was found");
  auto* info = app.add_flag("-i,--info,--i", o.info, "Print decisions and progress");
  auto* warnings = app.add_flag("-w,--warnings", o.warnings, "Print errors only, no warnings");
  verbose->excludes(info)->excludes(warnings);
  info->excludes(warnings);
}

void add_json_flag(CLI::App& app, Options& o, const std::string& help) {
  app.add_flag("--json", o.json, "Print JSON" + help);
}

void add_engine_flags(CLI::App& app, Options& o) {
  app.add_option(
         "-p,--enable-precision,--enabled-precision", o.precisions,
         "Precision that layers may run in: float, half, bf16 or int8. Repeat the flag for several; default: float")
      ->type_name("P")
      ->check(known_precision())
      ->allow_extra_args(false)
      ->group("Engines");
  app.add_option("--engine-capability", o.capability, "standard, safety or dla_standalone")
      ->capture_default_str()
      ->type_name("NAME")
      ->check(one_of({"standard", "safety", "dla_standalone"}))
      ->group("Engines");
  visit_settings(o.settings, [&app](const SettingRow& row, auto& value) { add_setting(app, row, value); });
  app.add_option(
         "--calibration-cache-file", o.calibration_cache,
         "With -p int8 or -p half: file of a calibration, as torch_tensorrt.ptq.DataLoaderCalibrator writes it; "
         "with --calibration-data, the file is written")
      ->type_name("PATH")
      ->group("Calibration");
  app.add_option("--calibration-data", o.calibration_data,
                 "With -p int8 or -p half: example inputs, a batch in each file, or a folder of such files: " +
                     std::string(kDataHelp) +
                     ". Images are stacked to batches of the input's size. Repeat the flag for several")
      ->type_name("PATH")
      ->check(CLI::ExistingPath)
      ->allow_extra_args(false)
      ->group("Calibration");
  app.add_option("--calibration-algo", o.calibration_algorithm,
                 "How ranges follow from --calibration-data: legacy, entropy, entropy_2 or minmax")
      ->default_str(kCalibrationAlgorithm)
      ->type_name("NAME")
      ->check(one_of({"legacy", "entropy", "entropy_2", "minmax"}))
      ->group("Calibration");
}

void add_device_flags(CLI::App& app, Options& o) {
  constexpr uint64_t kMostIndex = std::numeric_limits<int32_t>::max();
  app.add_option("-d,--device-type", o.device_type,
                 "cpu, gpu or dla; default: the current GPU, or the CPU if there is none")
      ->type_name("KIND")
      ->check(one_of({"cpu", "gpu", "dla"}))
      ->group("Device");
  app.add_option("--gpu-id", o.gpu_id, "Index of the GPU; implies -d gpu")
      ->type_name("N")
      ->transform(whole_number(0, kMostIndex))
      ->group("Device");
  app.add_option("--dla-core", o.dla_core, "Index of the DLA core, with -d dla; default: 0")
      ->type_name("N")
      ->transform(whole_number(0, kMostIndex))
      ->group("Device");
  app.add_flag("--allow-gpu-fallback", o.allow_gpu_fallback, "Run layers that the DLA cannot run on the GPU")
      ->group("Device");
}

void add_library_flags(CLI::App& app, Options& o) {
  app.add_option("--custom-torch-ops", o.custom_ops,
                 "Library of PyTorch operations to load first: a path, or the name of a file that the system's loader "
                 "finds or that is in the current folder. Repeat the flag for several")
      ->allow_extra_args(false)
      ->type_name("LIB")
      ->group("Libraries");
  app.add_option("--custom-converters", o.custom_converters,
                 "Library of converters to load first, given in the same way. Repeat the flag for several")
      ->allow_extra_args(false)
      ->type_name("LIB")
      ->group("Libraries");
}

void add_input_specs(CLI::App& app, Options& o) {
  app.add_option("input_specs", o.input_specs, kInputSpecHelp)->type_name("SPEC");
  add_preprocessing(app, o);
}

void add_preprocessing(CLI::App& app, Options& o) {
  app.add_option("--preprocess", o.preprocessing, kPreprocessingHelp)->type_name("STEPS")->check(known_preprocessing());
}

void begin(const Options& options) {
  namespace logging = torch_tensorrt::logging;
  auto level = logging::kWARNING;
  if (options.verbose) level = logging::kDEBUG;
  if (options.info) level = logging::kINFO;
  if (options.warnings) level = logging::kERROR;
  logging::set_reportable_log_level(level);
  for (const auto& path : options.custom_ops) load_library(path);
  for (const auto& path : options.custom_converters) load_library(path);
}

void check_options(const Options& options) {
  const bool is_dla = options.device_type == "dla";
  if (!is_dla) warn_of_dla_options(options);
  TORCHTRT_CHECK(options.device_type != "cpu" || !options.gpu_id,
                 "--gpu-id " << *options.gpu_id << " was given with -d cpu; leave one of the two out");
  const bool has_use = std::any_of(options.precisions.begin(), options.precisions.end(), [](const std::string& name) {
    const auto precision = parse_precision(name);
    return precision == torch_tensorrt::DataType::kChar || precision == torch_tensorrt::DataType::kHalf;
  });
  const char* calibrates = !options.calibration_data.empty()    ? "--calibration-data"
                           : !options.calibration_cache.empty() ? "--calibration-cache-file"
                                                                : nullptr;
  TORCHTRT_CHECK(calibrates == nullptr || has_use,
                 calibrates << " was given without -p int8 or -p half; give one of them too");
  TORCHTRT_CHECK(!options.calibration_algorithm || !options.calibration_data.empty(),
                 "--calibration-algo was given without --calibration-data, the examples that it is for");
  TORCHTRT_CHECK(is_dla || !options.dla_core,
                 "--dla-core " << *options.dla_core << " was given without -d dla; give -d dla, or leave it out");
  check_preprocessing(options, options.calibration_data);
}

bool has_images(const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    const auto files = files_in(path);
    return std::any_of(files.begin(), files.end(), is_image);
  });
}

void check_preprocessing(const Options& options, const std::vector<std::string>& data) {
  if (options.preprocessing.empty() || has_images(files_of_specs(options.input_specs)) || has_images(data)) return;
  TORCHTRT_THROW_ERROR(
      "--preprocess was given without images (.png, .jpg, .jpeg); leave it out, because it is for images only");
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

std::vector<InputSpec> read_input_specs(const Options& options) {
  return read_input_specs(options.input_specs, parse_preprocessing(options.preprocessing));
}

torch_tensorrt::ts::CompileSpec make_spec(const Options& options, const std::vector<InputSpec>& specs) {
  std::vector<torch_tensorrt::Input> inputs;
  std::map<std::string, torch::jit::IValue> by_name;
  for (const auto& spec : specs) {
    if (spec.name.empty()) inputs.push_back(spec.input);
    if (!spec.name.empty()) by_name[spec.name] = c10::make_intrusive<torch_tensorrt::Input>(spec.input);
  }
  torch_tensorrt::ts::CompileSpec spec(std::move(inputs));
  spec.graph_inputs.inputs_by_name = std::move(by_name);
  if (!options.precisions.empty()) spec.enabled_precisions.clear();
  for (const auto& precision : options.precisions) spec.enabled_precisions.insert(parse_precision(precision));
  static_cast<Settings&>(spec) = options.settings;
  spec.device = make_device(options);
  spec.capability = capability(options.capability);
  return spec;
}

}  // namespace torchtrtc
