// The ops through which the Python package calls the compiler. Modules pass as Any, engines as uint8 tensors, settings
// as JSON, so nothing here depends on the version of Python.
#include "torch/library.h"
#include "torch/script.h"

#include "torch_tensorrt/api/compile_spec.h"
#include "torch_tensorrt/api/support_report.h"
#include "torch_tensorrt/core/engine/build/calibration.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/encodings.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/logging/kept_messages.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"
#include "torch_tensorrt/core/verification.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt {
namespace {

// Drops the C++ source location from errors: the user's mistake is in Python, not there.
template <typename F>
auto for_python(F&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const Error& error) {
    throw std::runtime_error(error.what());
  }
}

torch::jit::Module as_module(const torch::jit::IValue& value) {
  TORCHTRT_CHECK(value.isModule(), "expected a ScriptModule, found " << value.tagKind());
  return value.toModule();
}

torch::jit::IValue compile_module(const torch::jit::IValue& module, const std::string& spec) {
  return for_python([&] { return torch::jit::IValue(ts::compile(as_module(module), parse_spec(spec))._ivalue()); });
}

torch::jit::IValue refit_module(const torch::jit::IValue& compiled, const torch::jit::IValue& module) {
  return for_python(
      [&] { return torch::jit::IValue(ts::refit_module_weights(as_module(compiled), as_module(module))._ivalue()); });
}

at::Tensor as_tensor(std::string bytes) {
  auto* owner = new std::string(std::move(bytes));
  return at::from_blob(
      owner->data(), {static_cast<int64_t>(owner->size())}, [owner](void*) { delete owner; },
      at::TensorOptions().dtype(at::kByte));
}

at::Tensor convert_method(const torch::jit::IValue& module, const std::string& method, const std::string& spec) {
  return for_python(
      [&] { return as_tensor(ts::convert_method_to_trt_engine(as_module(module), method, parse_spec(spec))); });
}

std::string as_bytes(const at::Tensor& engine) {
  TORCHTRT_CHECK(engine.scalar_type() == at::kByte && engine.device().is_cpu(),
                 "an engine must be a uint8 tensor on the CPU");
  TORCHTRT_CHECK(engine.numel() > 0, "the engine is empty, it has 0 bytes");
  const auto dense = engine.contiguous();
  return {static_cast<const char*>(dense.const_data_ptr()), static_cast<size_t>(dense.numel())};
}

torch::jit::IValue embed_engine(const at::Tensor& engine, const std::string& device,
                                const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  return for_python([&] {
    const auto module = ts::embed_engine_in_new_module(as_bytes(engine), parse_device(device), inputs, outputs);
    return torch::jit::IValue(module._ivalue());
  });
}

torch::jit::IValue load_engine(const at::Tensor& engine, const std::string& name, const std::string& device,
                               const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  return for_python([&] {
    const core::runtime::RTDevice runs_on(ts::to_internal(parse_device(device)));
    return torch::jit::IValue(
        c10::make_intrusive<core::runtime::TRTEngine>(name, as_bytes(engine), runs_on, inputs, outputs));
  });
}

std::string as_string(const at::Tensor& bytes) { return bytes.numel() == 0 ? std::string() : as_bytes(bytes); }

void save_module(const torch::jit::IValue& module, const at::Tensor& path, const std::vector<std::string>& names,
                 const std::vector<at::Tensor>& contents) {
  for_python([&] {
    torch::jit::ExtraFilesMap extra_files;
    for (size_t i = 0; i < names.size(); ++i) extra_files[names[i]] = as_string(contents.at(i));
    core::save_module(as_module(module), as_string(path), extra_files);
  });
}

bool check_support(const torch::jit::IValue& module, const std::string& method) {
  return for_python([&] { return ts::check_method_operator_support(as_module(module), method); });
}

// The report as JSON and as a table.
std::tuple<std::string, std::string> check_operators(const torch::jit::IValue& module, const std::string& method,
                                                     const std::string& spec) {
  return for_python([&] {
    const auto report = ts::check(as_module(module), method, parse_spec(spec));
    return std::make_tuple(core::util::escape_invalid_utf8(ts::to_json(report)),
                           core::util::escape_invalid_utf8(ts::to_table(report)));
  });
}

// The report as JSON and as a table.
std::tuple<std::string, std::string> inspect_module(const torch::jit::IValue& module) {
  return for_python([&] {
    const auto methods = ts::inspect(as_module(module));
    return std::make_tuple(ts::to_json(methods), ts::to_table(methods));
  });
}

// PyTorch reads call stacks when an operator fails. They point to functions of the original module, which may be
// destroyed before the graph; point them to the new function instead.
void rename_call_stacks(torch::jit::Block* block, torch::jit::Function* function) {
  for (auto* node : block->nodes()) {
    if (node->callstack()) {
      node->setCallStack(c10::make_intrusive<torch::jit::InlinedCallStack>(function, node->sourceRange()));
    }
    for (auto* inner : node->blocks()) rename_call_stacks(inner, function);
  }
}

// A module whose forward is the lowered graph of the method: the engine's computation in PyTorch's operators.
torch::jit::IValue lower(const torch::jit::IValue& module, const std::string& method) {
  return for_python([&] {
    core::lowering::LowerInfo info;
    info.keep_argument_copies = true;
    auto graph = core::lowering::Lower(as_module(module), method, info).first;
    torch::jit::Module lowered{c10::QualifiedName("__torch__.lowered")};
    graph->insertInput(0, "self")->setType(lowered._ivalue()->type());
    if (graph->outputs().size() != 1) {
      auto* results = graph->insertNode(graph->createTuple(graph->outputs()))->output();
      while (!graph->outputs().empty()) graph->eraseOutput(graph->outputs().size() - 1);
      graph->registerOutput(results);
    }
    auto* function = lowered._ivalue()->compilation_unit()->create_function(
        c10::QualifiedName(*lowered.type()->name(), "forward"), graph);
    function->setSchema(core::util::GenerateGraphSchema(function->name(), graph));
    rename_call_stacks(graph->block(), function);
    lowered.type()->addMethod(function);
    return torch::jit::IValue(lowered._ivalue());
  });
}

void set_log_level(int64_t level) {
  TORCHTRT_CHECK(level >= logging::kINTERNAL_ERROR && level <= logging::kGRAPH,
                 "log level " << level << " is not one of 0 to " << logging::kGRAPH);
  logging::set_reportable_log_level(static_cast<logging::Level>(level));
}

// Addresses of functions of Python: nothing here may link Python's library.
void start_keeping_messages(int64_t schedule, int64_t callback) {
  using Kept = core::util::logging::KeptMessages;
  core::util::logging::kept_messages().start(reinterpret_cast<Kept::Schedule>(schedule),
                                             reinterpret_cast<Kept::Callback>(callback));
}

// Levels, texts, times, threads, and whether stderr has them.
std::tuple<std::vector<int64_t>, std::vector<std::string>, std::vector<double>, std::vector<int64_t>, c10::List<bool>>
take_messages() {
  decltype(take_messages()) lists;
  auto& [levels, texts, times, threads, are_printed] = lists;
  for (const auto& message : core::util::logging::kept_messages().take()) {
    levels.push_back(static_cast<int64_t>(message.level));
    texts.push_back(core::util::escape_invalid_utf8(message.text));
    times.push_back(message.seconds);
    threads.push_back(static_cast<int64_t>(message.thread));
    are_printed.push_back(message.is_printed);
  }
  return lists;
}

// A function of Python: activity, step, done, total, seconds, seconds left. Ends the call if it returns anything but 0.
using Follow = int (*)(const char*, const char*, int64_t, int64_t, double, double);

// Of the calling thread, from now on: `follow` is the address of a Follow, or 0. `display`: whether calls show their
// progress on a terminal.
void follow_progress(int64_t follow, bool display) {
  using Display = core::util::Followers::Display;
  core::util::Followers followers;
  followers.display = display ? Display::kAlways : Display::kNever;
  if (follow != 0) {
    followers.listener = [function = reinterpret_cast<Follow>(follow)](const Progress& progress) {
      const int ends = function(progress.activity.c_str(), progress.step.c_str(), progress.done, progress.total,
                                progress.seconds, progress.seconds_left);
      if (ends != 0) throw core::util::Cancelled();
    };
  }
  core::util::set_followers(std::move(followers));
}

void unfollow_progress() { core::util::set_followers({}); }

// Of the calling thread: calls of Python that take time.
thread_local std::vector<std::unique_ptr<core::util::Watch>> watches;

void begin_watch(const std::string& activity, bool is_frame) {
  watches.push_back(std::make_unique<core::util::Watch>(activity, is_frame));
}

void end_watch() {
  if (!watches.empty()) watches.pop_back();
}

// Of the calling thread.
thread_local std::unique_ptr<engine::Calibration> calibration;

void start_calibration() {
  calibration = std::make_unique<engine::Calibration>();
  engine::set_tensor_observer(calibration.get());
}

void stop_calibration() {
  engine::set_tensor_observer(nullptr);
  calibration.reset();
}

std::string calibration_table(int64_t algorithm) {
  return for_python([&] {
    TORCHTRT_CHECK(calibration != nullptr, "this thread has not started a calibration");
    TORCHTRT_CHECK(algorithm >= 0 && algorithm < engine::kCalibrationAlgorithmCount,
                   "there is no calibration algorithm " << algorithm);
    return calibration->table(static_cast<engine::CalibrationAlgorithm>(algorithm));
  });
}

// Of the calling thread: a comparison of two modules (verify).
struct VerificationState {
  core::Verification verification;
  std::unique_ptr<core::Recording> recording;
  core::Verification::Records expected;
  core::Verification::Records found;
};
thread_local std::unique_ptr<VerificationState> verifying;

VerificationState& verification() {
  TORCHTRT_CHECK(verifying != nullptr, "this thread has not started a verification");
  return *verifying;
}

void start_verification() { verifying = std::make_unique<VerificationState>(); }
void stop_verification() { verifying.reset(); }

bool needs_observed_reference(const torch::jit::IValue& compiled) {
  return for_python([&] { return core::needs_observed_reference(as_module(compiled)); });
}

void start_recording() {
  for_python([] {
    verification().recording = nullptr;  // before another one observes
    verification().recording = std::make_unique<core::Recording>();
  });
}

void stop_recording(bool is_reference) {
  for_python([&] {
    VerificationState& state = verification();
    TORCHTRT_CHECK(state.recording != nullptr, "this thread does not record");
    (is_reference ? state.expected : state.found) = state.recording->take();
    state.recording = nullptr;
  });
}

void compare_outputs(const std::vector<at::Tensor>& expected, const std::vector<at::Tensor>& found) {
  for_python([&] { verification().verification.add_outputs(expected, found); });
}

void compare_recorded() {
  for_python([] { verification().verification.add_layers(verification().expected, verification().found); });
}

// Names, layers, sources; max_abs, relative, cosine and sqnr of each; elements.
std::tuple<std::vector<std::string>, std::vector<std::string>, std::vector<std::string>, std::vector<double>,
           std::vector<int64_t>>
tensor_errors(bool of_layers) {
  return for_python([&] {
    std::tuple<std::vector<std::string>, std::vector<std::string>, std::vector<std::string>, std::vector<double>,
               std::vector<int64_t>>
        lists;
    auto& [names, layers, sources, numbers, elements] = lists;
    const auto& result = verification().verification;
    for (const auto& error : of_layers ? result.layers() : result.outputs()) {
      names.push_back(core::util::escape_invalid_utf8(error.name));
      layers.push_back(error.layer);
      sources.push_back(core::util::escape_invalid_utf8(error.source));
      numbers.insert(numbers.end(), {error.max_abs, error.relative, error.cosine, error.sqnr});
      elements.push_back(error.elements);
    }
    return lists;
  });
}

}  // namespace

TORCH_LIBRARY(torch_tensorrt, m) {
  m.def("_compile(Any module, str spec) -> Any", compile_module);
  m.def("_refit_module(Any compiled, Any module) -> Any", refit_module);
  m.def("_convert_method_to_engine(Any module, str method, str spec) -> Tensor", convert_method);
  m.def("_lower(Any module, str method) -> Any", lower);
  m.def("_embed_engine(Tensor engine, str device, str[] inputs, str[] outputs) -> Any", embed_engine);
  m.def("_load_engine(Tensor engine, str name, str device, str[] inputs, str[] outputs) -> Any", load_engine);
  // File names are bytes and need not be UTF-8, so the op takes a tensor.
  m.def("_save_module(Any module, Tensor path, str[] extra_names, Tensor[] extra_contents) -> ()", save_module);
  m.def("_check_method_op_support(Any module, str method) -> bool", check_support);
  m.def("_check(Any module, str method, str spec) -> (str, str)", check_operators);
  m.def("_inspect(Any module) -> (str, str)", inspect_module);
  m.def("_follow_progress(int follow, bool display) -> ()", follow_progress);
  m.def("_unfollow_progress() -> ()", unfollow_progress);
  m.def("_begin_watch(str activity, bool is_frame) -> ()", begin_watch);
  m.def("_end_watch() -> ()", end_watch);
  m.def("_report_progress(str step, int done, int total) -> ()",
        [](const std::string& step, int64_t done, int64_t total) { core::util::report(step, done, total); });
  m.def("_start_calibration() -> ()", start_calibration);
  m.def("_stop_calibration() -> ()", stop_calibration);
  m.def("_calibration_table(int algorithm) -> str", calibration_table);
  m.def("_start_verification() -> ()", start_verification);
  m.def("_stop_verification() -> ()", stop_verification);
  m.def("_needs_observed_reference(Any compiled) -> bool", needs_observed_reference);
  m.def("_start_recording() -> ()", start_recording);
  m.def("_stop_recording(bool is_reference) -> ()", stop_recording);
  m.def("_compare_outputs(Tensor[] expected, Tensor[] found) -> ()", compare_outputs);
  m.def("_compare_recorded() -> ()", compare_recorded);
  m.def("_tensor_errors(bool of_layers) -> (str[], str[], str[], float[], int[])", tensor_errors);
  m.def("_converted_operators() -> str[]", ts::converted_operators);
  m.def("_evaluated_operators() -> str[]", ts::evaluated_operators);
  m.def("_operator_table() -> str", [] { return for_python(ts::operator_table_json); });
  m.def("_settings() -> str", [] { return for_python(settings_json); });
  m.def("_get_build_info() -> str", get_build_info);
  m.def("_get_environment_report() -> str",
        [] { return for_python([] { return core::util::escape_invalid_utf8(get_environment_report()); }); });
  m.def("_set_device(int gpu_id) -> ()", [](int64_t id) { for_python([&] { set_device(static_cast<int>(id)); }); });
  m.def("_set_log_level(int level) -> ()", [](int64_t level) { for_python([&] { set_log_level(level); }); });
  m.def("_get_log_level() -> int", []() -> int64_t { return logging::get_reportable_log_level(); });
  m.def("_set_logging_prefix(str prefix) -> ()", [](std::string prefix) { logging::set_logging_prefix(prefix); });
  m.def("_get_logging_prefix() -> str", []() -> std::string { return logging::get_logging_prefix(); });
  m.def("_set_colored_output(bool on) -> ()", [](bool on) { logging::set_is_colored_output_on(on); });
  m.def("_get_colored_output() -> bool", []() -> bool { return logging::get_is_colored_output_on(); });
  m.def("_log(int level, str msg) -> ()",
        [](int64_t level, std::string msg) { logging::log(static_cast<logging::Level>(level), msg); });
  m.def("_start_keeping_messages(int schedule, int callback) -> ()", start_keeping_messages);
  m.def("_stop_keeping_messages() -> ()", [] { core::util::logging::kept_messages().stop(); });
  m.def("_take_messages() -> (int[], str[], float[], int[], bool[])", take_messages);
  m.def("_add_taker_of_messages(int count) -> ()",
        [](int64_t count) { core::util::logging::kept_messages().add_taker(count); });
  m.def("_set_prints_messages(bool prints) -> ()",
        [](bool prints) { core::util::logging::kept_messages().set_prints(prints); });
  m.def("_print_line(str text) -> ()", [](const std::string& text) { core::util::logging::get_logger().print(text); });
  m.def("_print_message(int level, str text) -> ()", [](int64_t level, std::string text) {
    core::util::logging::print_only(static_cast<core::util::logging::LogLevel>(level), text);
  });
}

}  // namespace torch_tensorrt
