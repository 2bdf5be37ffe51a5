#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "../calls.h"
#include "../error_line.h"
#include "../files.h"
#include "../options.h"
#include "../results.h"
#include "commands.h"
#include "torch_tensorrt/core/build_settings.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"
#include "torch_tensorrt/core/verification.h"

namespace torchtrtc {
namespace {

namespace ts = torch_tensorrt::ts;
using torch_tensorrt::core::TensorError;

constexpr double kBadSqnr = 20;  // decibels: the error is a tenth of the signal

const char* const kExamples =
    "  torchtrtc verify model.ts compiled.ts --data inputs.npz\n"
    "  torchtrtc verify model.ts compiled.ts --data images/ --preprocess resize=256,crop=224 --min-cosine 0.99 "
    "--json\n";

struct VerifyOptions : Options {
  std::string compiled_path;
  std::vector<std::string> data;
  std::optional<double> atol;
  std::optional<double> rtol;
  std::optional<double> min_cosine;
  std::optional<double> min_sqnr;
  std::optional<uint64_t> batch_size;  // unset: 1
};

struct Report {
  std::vector<TensorError> outputs;
  std::vector<TensorError> layers;
  std::vector<std::string> failures;  // a line each
  size_t batches = 0;
  std::string reason;  // why there are no layers
  double bad_sqnr = kBadSqnr;

  const TensorError* first_bad() const {
    const auto found =
        std::find_if(layers.begin(), layers.end(), [&](const TensorError& e) { return !(e.sqnr >= bad_sqnr); });
    return found == layers.end() ? nullptr : &*found;
  }
};

// The entry of an argument for the compiler: an input for each tensor, other values as they are.
torch::jit::IValue entry_of(const torch::jit::IValue& value) {
  if (value.isTensor()) return c10::make_intrusive<torch_tensorrt::Input>(torch_tensorrt::Input(value.toTensor()));
  if (!value.isTuple()) return value;
  std::vector<torch::jit::IValue> entries;
  for (const auto& element : value.toTupleRef().elements()) entries.push_back(entry_of(element));
  return c10::ivalue::Tuple::create(std::move(entries));
}

// The module compiled in float32 for the arguments; nothing, and the reason, if it cannot be.
std::optional<torch::jit::Module> in_float(const torch::jit::Module& module, bool is_observed,
                                           const std::vector<torch::jit::IValue>& arguments, std::string& reason) {
  std::vector<torch::jit::IValue> entries;
  try {
    for (const auto& argument : arguments) entries.push_back(entry_of(argument));
    ts::CompileSpec spec(torch::jit::IValue(c10::ivalue::Tuple::create(std::move(entries))));
    spec.device = torch_tensorrt::Device::cpu();
    if (is_observed) spec.calibration = torch_tensorrt::engine::BuildSettings::kObserved;
    return ts::compile(module, spec);
  } catch (const std::exception& error) {
    reason = "the module does not compile in float32: " + line_of(error);
  }
  return std::nullopt;
}

// What each engine takes and gives, and its number of operators; empty for a module without engines. Engines that are
// alike have the same tensors.
std::vector<std::string> cuts_of(const torch::jit::Module& module) {
  std::vector<std::string> cuts;
  std::vector<ts::CompiledMethod> methods;
  try {
    methods = ts::inspect(module);
  } catch (const std::exception&) {  // it is not compiled
  }
  for (const auto& method : methods) {
    for (const auto& engine : method.engines) {
      const auto information = nlohmann::json::parse(engine.information);
      std::string ranks;
      for (const char* side : {"inputs", "outputs"}) {
        for (const auto& tensor : information.at(side)) ranks += fmt::format(" {}", tensor.at("dims").size());
        ranks += ";";
      }
      cuts.push_back(
          fmt::format("{}.{}.{} {}{}", method.path, method.method, engine.attribute, engine.operations, ranks));
    }
  }
  return cuts;
}

std::vector<std::vector<int64_t>> shapes_of(const std::vector<torch::jit::IValue>& arguments) {
  std::vector<std::vector<int64_t>> shapes;
  for (const auto& argument : arguments) {
    shapes.push_back(argument.isTensor() ? argument.toTensor().sizes().vec() : std::vector<int64_t>());
  }
  return shapes;
}

// Compares shapes and dtypes too.
void add_outputs(const std::vector<at::Tensor>& expected, const std::vector<at::Tensor>& found,
                 torch_tensorrt::core::Verification& verification, std::vector<std::string>& failures) {
  if (expected.size() == found.size()) {
    for (size_t i = 0; i < expected.size(); ++i) {
      if (expected[i].sizes() == found[i].sizes() && expected[i].scalar_type() == found[i].scalar_type()) continue;
      failures.push_back(torch_tensorrt::str("output ", i, " is ", found[i].scalar_type(), found[i].sizes(),
                                             ", must be ", expected[i].scalar_type(), expected[i].sizes()));
    }
  } else {
    failures.push_back(
        torch_tensorrt::str("the compiled module returns ", found.size(), " tensors, must return ", expected.size()));
  }
  if (failures.empty()) verification.add_outputs(expected, found);
}

void apply_limits(const VerifyOptions& options, Report& report) {
  const bool has_limit = options.atol || options.rtol || options.min_cosine || options.min_sqnr;
  const std::optional<double> min_sqnr = has_limit ? options.min_sqnr : std::optional(kBadSqnr);
  report.bad_sqnr = min_sqnr.value_or(kBadSqnr);
  for (const TensorError& output : report.outputs) {
    const double bound = options.atol.value_or(0) + options.rtol.value_or(0) * output.largest;
    if ((options.atol || options.rtol) && !(output.max_abs <= bound)) {
      report.failures.push_back(fmt::format("{}: the largest difference is {:.4g}, must be at most {:.4g}", output.name,
                                            output.max_abs, bound));
    }
    if (options.min_cosine && !(output.cosine >= *options.min_cosine)) {
      report.failures.push_back(fmt::format("{}: the cosine is {:.6g}, must be at least {:.6g}", output.name,
                                            output.cosine, *options.min_cosine));
    }
    if (min_sqnr && !(output.sqnr >= *min_sqnr)) {
      report.failures.push_back(
          fmt::format("{}: the SQNR is {:.1f} dB, must be at least {:.1f} dB", output.name, output.sqnr, *min_sqnr));
    }
  }
}

Report verify(const VerifyOptions& options) {
  namespace util = torch_tensorrt::core::util;
  const util::Watch watch("verifying " + name_of_file(options.compiled_path));
  at::NoGradGuard no_grad;
  util::report("loading");
  auto module = load_module(options.input_path);
  auto compiled = load_module(options.compiled_path);
  const auto method = module.get_method("forward");
  const bool is_observed = torch_tensorrt::core::needs_observed_reference(compiled);
  const auto cuts = cuts_of(compiled);
  const Batches batches(options.data, parse_preprocessing(options.preprocessing), options.batch_size.value_or(1),
                        "--data");
  torch_tensorrt::core::Verification verification;
  std::optional<torch::jit::Module> reference;  // compiled for the shapes of the last batch
  std::vector<std::vector<int64_t>> last_shapes;
  Report report;
  report.batches = batches.size();
  for (size_t i = 0; i < batches.size() && report.failures.empty(); ++i) {
    util::report("comparing batches", static_cast<int64_t>(i), static_cast<int64_t>(batches.size()));
    const Arguments arguments{batches.read(i, method), {}};
    const auto shapes = shapes_of(arguments.by_position);
    if (i == 0 || shapes != last_shapes) {
      reference = in_float(module, is_observed, arguments.by_position, report.reason);
      if (reference && cuts_of(*reference) != cuts) {
        reference.reset();
        report.reason =
            cuts.empty()
                ? "the compiled module has no engines"
                : "the engines of the module in float32 have other operators than those of the compiled module";
      }
    }
    last_shapes = shapes;
    torch_tensorrt::core::Verification::Records records;
    const auto expected = run_original(module, arguments);
    {
      torch_tensorrt::core::Recording recording;
      add_outputs(expected, run(compiled, arguments, device_of_engines(compiled)), verification, report.failures);
      records = recording.take();
    }
    if (!reference) continue;
    torch_tensorrt::core::Recording recording;
    run(*reference, arguments, at::kCPU);
    verification.add_layers(recording.take(), records);
  }
  report.outputs = verification.outputs();
  report.layers = verification.layers();
  if (report.layers.empty() && report.reason.empty()) {
    report.reason = "the engines show no tensors of the same names (they run on the CPU in the native backend)";
  }
  apply_limits(options, report);
  return report;
}

// "aten::linear" from the name of its layer.
std::string operator_of(const TensorError& error) {
  static const std::regex kOperator("= (\\w+::\\w+)");
  std::smatch found;
  return std::regex_search(error.layer, found, kOperator) ? found[1].str() : "";
}

// JSON has no numbers that are not finite.
nlohmann::json number(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

nlohmann::json to_json(const std::vector<TensorError>& errors) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& error : errors) {
    rows.push_back({{"name", error.name},
                    {"layer", error.layer},
                    {"operator", operator_of(error)},
                    {"source", error.source},
                    {"max_abs", number(error.max_abs)},
                    {"relative", number(error.relative)},
                    {"cosine", number(error.cosine)},
                    {"sqnr", number(error.sqnr)},
                    {"elements", error.elements}});
  }
  return rows;
}

std::string to_json(const Report& report) {
  const TensorError* bad = report.first_bad();
  const nlohmann::json json = {{"passed", report.failures.empty()},
                               {"failures", report.failures},
                               {"batches", report.batches},
                               {"reason", report.reason},
                               {"first_bad", bad == nullptr ? nlohmann::json() : nlohmann::json(bad->name)},
                               {"outputs", to_json(report.outputs)},
                               {"layers", to_json(report.layers)}};
  return json.dump(1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

// "model.py:12" from the whole line.
std::string place_of(const TensorError& error) {
  const size_t slash = error.source.substr(0, error.source.find(": ")).rfind('/');
  return slash == std::string::npos ? error.source : error.source.substr(slash + 1);
}

std::string to_table(const Report& report) {
  std::vector<std::vector<std::string>> rows = {
      {"tensor", "operator", "max abs", "relative", "cosine", "SQNR dB", "line"}};
  for (const auto* errors : {&report.layers, &report.outputs}) {
    for (const auto& error : *errors) {
      rows.push_back({error.name, operator_of(error), fmt::format("{:.3g}", error.max_abs),
                      fmt::format("{:.2f}%", 100 * error.relative), fmt::format("{:.6f}", error.cosine),
                      fmt::format("{:.1f}", error.sqnr), place_of(error)});
    }
  }
  std::vector<size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  if (report.layers.empty()) text += "no layers are compared: " + report.reason + '\n';
  const TensorError* bad = report.first_bad();
  if (!report.layers.empty()) {
    text += fmt::format("first layer below {:.0f} dB: {}\n", report.bad_sqnr,
                        bad == nullptr ? "none" : bad->name + " " + place_of(*bad));
  }
  for (const auto& failure : report.failures) text += "FAILED " + failure + '\n';
  if (report.failures.empty())
    text += fmt::format("PASSED, {} batch{}\n", report.batches, report.batches == 1 ? "" : "es");
  return text;
}

int run(const VerifyOptions& options) {
  begin(options);
  check_preprocessing(options, options.data);
  TORCHTRT_CHECK(!options.batch_size || has_images(options.data),
                 "--batch-size " << *options.batch_size << " was given without images (.png, .jpg, .jpeg); leave it "
                                 << "out, because each other file is a batch");
  std::vector<NamedFile> files = {{options.compiled_path, "compiled module"}};
  for (const auto& path : options.data) {
    for (auto& file : files_in(path)) files.push_back({std::move(file), "example data"});
  }
  require_distinct_files(options, files);
  const Report report = verify(options);
  std::cout << (options.json ? to_json(report) + "\n" : to_table(report));
  return report.failures.empty() ? kDone : kNo;
}

}  // namespace

Command add_verify(CLI::App& line) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App& app = add_command(
      line, *options, "verify",
      "Compares a compiled module with its original on example data, per output and per layer\nThe outputs are "
      "compared "
      "with those of the original. The tensors inside the engines are compared with those of the original compiled in "
      "float32; engines of the native backend on the CPU show them. The limits hold for the outputs. Without a limit, "
      "--min-sqnr is 20. The report names the first layer below --min-sqnr (20 if it is not given).",
      kExamples, "an output is beyond a limit");
  app.add_option("input_file", options->input_path, "The original TorchScript module")->type_name("MODULE")->required();
  app.add_option("compiled_file", options->compiled_path, "The compiled module")->type_name("COMPILED")->required();
  app.add_option("--data", options->data,
                 "Example inputs, a batch in each file, or a folder of such files: " + std::string(kDataHelp) +
                     ". Repeat the flag for several")
      ->type_name("PATH")
      ->check(CLI::ExistingPath)
      ->allow_extra_args(false)
      ->required();
  app.add_option("--batch-size", options->batch_size, "Number of images that are stacked to a batch")
      ->type_name("N")
      ->default_str("1")
      ->transform(whole_number(1));
  add_preprocessing(app, *options);
  add_json_flag(app, *options, " instead of a table; numbers that are not finite are texts");
  app.add_option("--atol", options->atol, "Largest difference of an element, besides --rtol")
      ->type_name("X")
      ->check(number_not_below_zero())
      ->group("Limits");
  app.add_option("--rtol", options->rtol, "The same, as a part of the largest magnitude of the output")
      ->type_name("X")
      ->check(number_not_below_zero())
      ->group("Limits");
  app.add_option("--min-cosine", options->min_cosine, "Least cosine of the angle between the outputs, -1 to 1")
      ->type_name("X")
      ->check(number_in(-1, 1))
      ->group("Limits");
  app.add_option("--min-sqnr", options->min_sqnr, "Least ratio of signal to noise in decibels")
      ->type_name("X")
      ->check(number_in(std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()))
      ->group("Limits");
  add_library_flags(app, *options);
  return {&app, [options] { return run(*options); }};
}

}  // namespace torchtrtc
