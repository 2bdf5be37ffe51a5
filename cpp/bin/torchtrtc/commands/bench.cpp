#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ATen/Parallel.h"
#include "ATen/detail/CUDAHooksInterface.h"
#include "c10/core/StreamGuard.h"
#include "c10/core/impl/VirtualGuardImpl.h"
#include "torch/csrc/jit/api/module.h"

#include "../calibration.h"
#include "../callers.h"
#include "../calls.h"
#include "../description.h"
#include "../error_line.h"
#include "../files.h"
#include "../layer_times.h"
#include "../options.h"
#include "../python_program.h"
#include "../results.h"
#include "../statistics.h"
#include "commands.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torchtrtc {
namespace {

namespace ts = torch_tensorrt::ts;
namespace util = torch_tensorrt::core::util;
using Clock = std::chrono::steady_clock;

const char* const kExamples =
    "  torchtrtc bench compiled.ts --input 1x3x224x224\n"
    "  torchtrtc bench model.ts compiled.ts --input 1x3x224x224 --threads 1 --batch 1 --batch 8 --json\n"
    "  torchtrtc bench model.ts --vs frozen,backend=native --input 1x3x224x224 --duration 10\n";

const char* const kTorchCompile = "torch.compile";
constexpr uint64_t kIterations = 100;

struct BenchOptions : Options {
  std::vector<std::string> module_paths;
  std::vector<std::string> rivals;
  uint64_t warmup = 10;
  std::optional<uint64_t> iterations;
  std::optional<double> duration;
  std::optional<uint64_t> threads;
  std::vector<uint64_t> batches;
  uint64_t streams = 1;
  bool shows_layers = false;
};

// A module that is measured.
struct Contestant {
  std::string name;
  torch::jit::Module module;
  at::Device device;
  std::vector<torch::jit::IValue> by_position = {};
  std::unordered_map<std::string, torch::jit::IValue> by_name = {};
  std::vector<double> times = {};         // in seconds
  std::vector<c10::Stream> streams = {};  // on a GPU: one for each of several callers
  std::vector<LayerTime> layers = {};
  bool by_torch_compile = false;

  void call() {
    module.forward(by_position, by_name);
    if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
  }

  // As one of several callers.
  void call_from(size_t caller) {
    const c10::InferenceMode inference;
    if (streams.empty()) {
      module.forward(by_position, by_name);
      return;
    }
    const c10::StreamGuard guard(streams[caller]);
    module.forward(by_position, by_name);
    streams[caller].synchronize();
  }
};

// The specs with another first size.
std::vector<InputSpec> with_batch(std::vector<InputSpec> specs, uint64_t batch) {
  for (auto& spec : specs) {
    TORCHTRT_CHECK(!spec.value.defined(),
                   "--batch was given with a file as an input; its tensors have their own sizes");
    auto shape = spec.input.opt_shape;
    TORCHTRT_CHECK(!shape.empty(), "--batch was given with a scalar as an input, which has no sizes");
    shape[0] = static_cast<int64_t>(batch);
    spec.input = torch_tensorrt::Input(shape, spec.input.dtype, spec.input.tensor_domain, spec.input.format);
  }
  return specs;
}

at::Device device_of(const torch_tensorrt::Device& device) {
  if (device.device_type == torch_tensorrt::Device::DeviceType::kCPU) return at::kCPU;
  return {at::kCUDA, static_cast<c10::DeviceIndex>(device.gpu_id)};
}

Contestant rival(const std::string& name, const torch::jit::Module& original, const BenchOptions& options,
                 const std::vector<InputSpec>& specs) {
  const std::string kBackend = "backend=";
  auto spec = make_spec(options, specs);
  if (name.rfind(kBackend, 0) == 0) {
    spec.backend = name.substr(kBackend.size());
    const auto calibrator = make_calibrator(options, specs, original);
    spec.ptq_calibrator = calibrator.get();
    auto compiled = ts::compile(original, spec);
    return {name, compiled, device_of_engines(compiled)};
  }
  const at::Device device = device_of(spec.device);
  auto module = original.deepcopy();
  module.to(device);
  if (name == kTorchCompile || name == "eager") {
    Contestant plain{name, module, device};
    plain.by_torch_compile = name == kTorchCompile;
    return plain;
  }
  return {name, torch::jit::freeze(module), device};
}

std::vector<Contestant> contestants(const BenchOptions& options, const std::vector<InputSpec>& specs) {
  std::vector<Contestant> found;
  for (const auto& path : options.module_paths) {
    auto module = load_module(path);
    found.push_back({path, module, device_of_engines(module)});
  }
  for (const auto& name : options.rivals)
    found.push_back(rival(name, load_module(options.module_paths[0]), options, specs));
  for (auto& contestant : found) {
    Arguments arguments =
        copied(sample_arguments(specs, &torch_tensorrt::Input::opt_shape, contestant.module), contestant.device);
    contestant.by_position = std::move(arguments.by_position);
    contestant.by_name = std::move(arguments.by_name);
  }
  return found;
}

// Makes calls, one or several at a time.
class Calls {
 public:
  explicit Calls(const BenchOptions& options) {
    if (options.streams == 1) return;
    callers_ = std::make_unique<Callers>(options.streams, [&options](size_t) {
      if (options.threads) at::set_num_threads(static_cast<int>(*options.threads));
    });
  }

  // The seconds of each.
  std::vector<double> make(Contestant& contestant) {
    if (callers_ != nullptr) return callers_->run([&](size_t caller) { contestant.call_from(caller); });
    const auto begin = Clock::now();
    contestant.call();
    return {std::chrono::duration<double>(Clock::now() - begin).count()};
  }

 private:
  std::unique_ptr<Callers> callers_;
};

void add_streams(std::vector<Contestant>& found, uint64_t count) {
  for (auto& contestant : found) {
    if (!contestant.device.is_cuda() || count == 1) continue;
    const c10::impl::VirtualGuardImpl gpu(contestant.device.type());
    for (uint64_t i = 0; i < count; ++i) {
      contestant.streams.push_back(gpu.getStreamFromGlobalPool(contestant.device, /*isHighPriority=*/false));
    }
  }
}

// Rounds in which each contestant runs once; each round begins with another one.
void measure(std::vector<Contestant>& found, const BenchOptions& options) {
  constexpr size_t kLeastRounds = 2;
  Calls calls(options);
  add_streams(found, options.streams);
  for (auto& contestant : found) {
    util::report("warming up " + contestant.name);
    try {
      for (uint64_t i = 0; i < options.warmup + 1; ++i) calls.make(contestant);
    } catch (const std::exception& error) {
      TORCHTRT_THROW_ERROR(contestant.name << " does not run: " << line_of(error));
    }
  }
  const auto start = Clock::now();
  const auto goes_on = [&](size_t round) {
    const uint64_t rounds = options.iterations.value_or(kIterations);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (!options.duration) {
      util::report("measuring calls", static_cast<int64_t>(round), static_cast<int64_t>(rounds));
      return round < rounds;
    }
    util::report("measuring, seconds", static_cast<int64_t>(seconds),
                 static_cast<int64_t>(std::ceil(*options.duration)));
    return round < kLeastRounds || seconds < *options.duration;
  };
  for (size_t round = 0; goes_on(round); ++round) {
    for (size_t i = 0; i < found.size(); ++i) {
      Contestant& contestant = found[(round + i) % found.size()];
      for (const double seconds : calls.make(contestant)) contestant.times.push_back(seconds);
    }
  }
}

// The same in a process of Python, which has torch.compile.
void measure_in_python(std::vector<Contestant>& found, const BenchOptions& options) {
  TORCHTRT_CHECK(options.streams == 1, "--streams makes its calls in C++, and torch.compile runs in Python; omit one");
  util::report("looking for Python");
  const std::string python = find_python("torch.compile");
  std::vector<std::unique_ptr<MemoryFile>> files;
  const auto file = [&files]() -> MemoryFile& { return *files.emplace_back(std::make_unique<MemoryFile>("bench")); };
  nlohmann::json modules = nlohmann::json::array();
  for (const auto& contestant : found) {
    const std::string path = file().path();
    contestant.module.save(path);
    modules.push_back({{"name", contestant.name},
                       {"path", path},
                       {"device", contestant.device.str()},
                       {"by_torch_compile", contestant.by_torch_compile}});
  }
  MemoryFile& arguments = file();
  write_arguments({found[0].by_position, found[0].by_name}, arguments);
  nlohmann::json given = {{"modules", modules},
                          {"arguments", arguments.path()},
                          {"libraries", options.custom_ops},
                          {"warmup", options.warmup},
                          {"iterations", options.iterations.value_or(kIterations)},
                          {"duration", nullptr},
                          {"threads", nullptr}};
  if (options.duration) given["duration"] = *options.duration;
  if (options.threads) given["threads"] = *options.threads;
  MemoryFile& specification = file();
  const std::string text = given.dump();
  specification.write({text.begin(), text.end()});
  const MemoryFile& times = file();
  util::report("measuring in Python");
  const int status = run_program({python, "-m", "torch_tensorrt", "bench", specification.path(), times.path()}, false);
  TORCHTRT_CHECK(status == 0, "the modules could not be measured in " << python << "; see above");
  const auto rows = nlohmann::json::parse(times.read());
  for (size_t i = 0; i < found.size(); ++i) found[i].times = rows.at(i).get<std::vector<double>>();
}

void measure_layers(std::vector<Contestant>& found) {
  constexpr int kProfiledCalls = 10;
  util::report("measuring layers");
  for (auto& contestant : found) {
    if (contestant.by_torch_compile) continue;
    contestant.layers = layer_times(
        contestant.module, [&] { contestant.call(); }, kProfiledCalls);
  }
}

int64_t batch_of(const std::vector<InputSpec>& specs) {
  if (specs.empty() || specs[0].input.opt_shape.empty()) return 1;
  return specs[0].input.opt_shape[0];
}

nlohmann::json rows_of(const std::vector<LayerTime>& layers) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& layer : layers) {
    rows.push_back({{"engine", layer.engine}, {"layer", layer.layer}, {"ms", layer.milliseconds}});
  }
  return rows;
}

nlohmann::json rows_of(const std::vector<Contestant>& found, const std::vector<InputSpec>& specs,
                       const BenchOptions& options) {
  constexpr double kMilliseconds = 1e3;
  const int64_t batch = batch_of(specs);
  const double first = statistics_of(found[0].times).p50;
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& contestant : found) {
    const Statistics times = statistics_of(contestant.times);
    rows.push_back({{"name", contestant.name},
                    {"device", contestant.device.str()},
                    {"batch", batch},
                    {"iterations", contestant.times.size()},
                    {"min_ms", times.min * kMilliseconds},
                    {"mean_ms", times.mean * kMilliseconds},
                    {"p50_ms", times.p50 * kMilliseconds},
                    {"p90_ms", times.p90 * kMilliseconds},
                    {"p99_ms", times.p99 * kMilliseconds},
                    {"items_per_s", static_cast<double>(batch) * static_cast<double>(options.streams) / times.mean},
                    {"speedup", first / times.p50}});
    if (options.shows_layers) rows.back()["layers"] = rows_of(contestant.layers);
  }
  return rows;
}

std::string to_table(const nlohmann::json& rows) {
  size_t width = 6;
  for (const auto& row : rows) width = std::max(width, row["name"].get_ref<const std::string&>().size());
  std::string text = fmt::format("{:<{}}  {:>5}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>10}  {:>7}\n", "module", width,
                                 "batch", "min ms", "mean ms", "p50 ms", "p90 ms", "p99 ms", "items/s", "speedup");
  for (const auto& row : rows) {
    text += fmt::format("{:<{}}  {:>5}  {:>9.3f}  {:>9.3f}  {:>9.3f}  {:>9.3f}  {:>9.3f}  {:>10.1f}  {:>7.2f}\n",
                        row["name"].get<std::string>(), width, row["batch"].get<int64_t>(), row["min_ms"].get<double>(),
                        row["mean_ms"].get<double>(), row["p50_ms"].get<double>(), row["p90_ms"].get<double>(),
                        row["p99_ms"].get<double>(), row["items_per_s"].get<double>(), row["speedup"].get<double>());
  }
  return text;
}

// The slowest layers of each row.
std::string to_layer_tables(const nlohmann::json& rows) {
  constexpr size_t kMostLayers = 20;
  std::string text;
  for (const auto& row : rows) {
    auto layers = row["layers"].get<std::vector<nlohmann::json>>();
    if (layers.empty()) continue;
    double total = 0;
    for (const auto& layer : layers) total += layer["ms"].get<double>();
    std::stable_sort(layers.begin(), layers.end(), [](const auto& a, const auto& b) {
      return a["ms"].template get<double>() > b["ms"].template get<double>();
    });
    const size_t shown = std::min(layers.size(), kMostLayers);
    text += fmt::format("\n{}: {} of {} layers, {:.3f} ms in all\n{:>9}  {:>6}  layer\n",
                        row["name"].get<std::string>(), shown, layers.size(), total, "ms", "%");
    for (size_t i = 0; i < shown; ++i) {
      const double milliseconds = layers[i]["ms"].get<double>();
      text += fmt::format("{:>9.4f}  {:>6.1f}  {}\n", milliseconds, 100 * milliseconds / total,
                          layers[i]["layer"].get<std::string>());
    }
  }
  return text;
}

int run(const BenchOptions& options) {
  begin(options);
  check_options(options);
  std::vector<NamedFile> modules;
  for (const auto& path : options.module_paths) modules.push_back({path, "module"});
  require_distinct_files(options, modules);
  require_calibration_file(options);
  if (options.threads) at::set_num_threads(static_cast<int>(*options.threads));
  const c10::InferenceMode inference;
  const auto given = read_input_specs(options);
  TORCHTRT_CHECK(!given.empty(), "no inputs were given; give --input SPEC for each input of the module");
  std::vector<std::vector<InputSpec>> variants;
  for (const uint64_t batch : options.batches) variants.push_back(with_batch(given, batch));
  if (options.batches.empty()) variants.push_back(given);
  nlohmann::json rows = nlohmann::json::array();
  std::optional<util::Watch> watch("measuring " + name_of_file(options.module_paths[0]));
  for (const auto& specs : variants) {
    auto found = contestants(options, specs);
    const bool needs_python =
        std::any_of(found.begin(), found.end(), [](const auto& one) { return one.by_torch_compile; });
    if (needs_python) {
      measure_in_python(found, options);
    } else {
      measure(found, options);
    }
    if (options.shows_layers) measure_layers(found);
    for (auto& row : rows_of(found, specs, options)) rows.push_back(std::move(row));
  }
  watch.reset();
  const nlohmann::json json = {
      {"threads", at::get_num_threads()}, {"streams", options.streams}, {"warmup", options.warmup}, {"rows", rows}};
  const std::string layers = options.shows_layers ? to_layer_tables(rows) : "";
  std::cout << (options.json ? json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                             : to_table(rows) + layers);
  return kDone;
}

CLI::Validator known_rival() {
  const auto check = [](std::string& text) -> std::string {
    const bool is_backend = text.rfind("backend=", 0) == 0 && text.size() > std::string("backend=").size();
    if (text == "eager" || text == "frozen" || text == kTorchCompile || is_backend) return {};
    return "'" + text + "' is none of eager, frozen, torch.compile, backend=NAME";
  };
  return {check, /*description=*/"", std::string(kChoices) + "eager|frozen|torch.compile|backend="};
}

}  // namespace

Command add_bench(CLI::App& line) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App& app = add_command(
      line, *options, "bench",
      "Measures the time of calls of one or more modules\nThe modules run by turns in one process, a call each, so "
      "that "
      "they share the state of the machine. The column speedup is the median time of the first module beside that of "
      "the "
      "row. Inputs of files have their values, others are random. The settings below hold for --vs backend=NAME.",
      kExamples);
  app.add_option("modules", options->module_paths, "TorchScript modules, compiled or not")
      ->type_name("MODULE")
      ->required();
  app.add_option("--input", options->input_specs, kInputSpecHelp)->type_name("SPEC")->allow_extra_args(false);
  add_preprocessing(app, *options);
  app.add_option("--batch", options->batches,
                 "First size of all inputs, instead of that of the specs. Repeat the flag for several")
      ->type_name("N")
      ->allow_extra_args(false)
      ->transform(whole_number(1));
  app.add_option(
         "--vs", options->rivals,
         "Forms of the first module to measure too, joined by commas: eager (as it is), frozen (by "
         "torch.jit.freeze), torch.compile (of the program that PyTorch converts it to; all modules then run in "
         "a process of Python with the package), backend=NAME (compiled)")
      ->type_name("FORMS")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(known_rival());
  app.add_option("--warmup", options->warmup, "Calls before the measurement, besides the first one")
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(0));
  auto* iterations = app.add_option("--iterations", options->iterations, "Measured calls of each module; default: 100")
                         ->type_name("N")
                         ->transform(whole_number(1));
  app.add_option("--duration", options->duration,
                 "Seconds of measurement for all modules together, instead of --iterations")
      ->type_name("X")
      ->check(number_not_below_zero())
      ->excludes(iterations);
  app.add_option("--threads", options->threads, "Threads of PyTorch and of engines; default: those of PyTorch")
      ->type_name("N")
      ->transform(whole_number(1, 1024));
  app.add_option("--streams", options->streams,
                 "Calls at one time, each from a thread of its own with --threads threads, on a GPU in a stream of its "
                 "own; the times are those of single calls, items/s counts all")
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(1, 1024));
  app.add_flag("--layers", options->shows_layers,
               "Measure the layers of the engines too, in ten more calls: the 20 slowest, or all with --json");
  add_json_flag(app, *options, " instead of a table");
  add_engine_flags(app, *options);
  add_device_flags(app, *options);
  add_library_flags(app, *options);
  return {&app, [options] { return run(*options); }};
}

}  // namespace torchtrtc
