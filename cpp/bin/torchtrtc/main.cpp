// torchtrtc: the compiler on the command line. Exit codes: 0 done; 1 an error, a method that cannot be compiled, or a
// self check that failed; others are mistakes in the command line.

#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>

#include "torch/csrc/jit/serialization/export.h"
#include "torch/script.h"

#include "options.h"
#include "self_check.h"
#include "torch_tensorrt/core/util/macros.h"
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

// Loaded libraries stay: what they registered is used until the process ends.
void load_library(const std::string& path) {
  TORCHTRT_CHECK(dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr, "cannot load " << path << ": " << dlerror());
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  TORCHTRT_CHECK(file, "cannot read " << path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

using Write = std::function<void(const void* bytes, size_t count)>;

void write_file(const std::string& path, const std::function<void(const Write&)>& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  content([&](const void* bytes, size_t count) {
    file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
  });
  file.close();
  TORCHTRT_CHECK(file, "cannot write " << path << ": is there space left?");
}

// PyTorch is not told of a write that failed: it would end the process.
void save_module(const torch::jit::Module& module, const std::string& path) {
  write_file(path, [&](const Write& write) {
    torch::jit::ExportModule(module, [&](const void* bytes, size_t count) {
      write(bytes, count);
      return count;
    });
  });
}

torch::jit::Module load_module(const std::string& path) {
  try {
    auto module = torch::jit::load(path, torch::kCPU);
    module.eval();
    return module;
  } catch (const c10::Error& error) {
    TORCHTRT_THROW_ERROR("cannot load the TorchScript module " << path << ": " << error.what_without_backtrace());
  }
}

// Before anything is built: a build may take minutes.
void require_output(const Options& options) {
  TORCHTRT_CHECK(!options.output_path.empty(), "no output file was given: torchtrtc INPUT OUTPUT [input specs]");
  const std::filesystem::path path(options.output_path);
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::error_code ignored;  // what cannot be looked at is not there
  TORCHTRT_CHECK(std::filesystem::is_directory(folder, ignored),
                 "cannot write " << options.output_path << ": there is no folder " << folder.string());
  TORCHTRT_CHECK(!std::filesystem::is_directory(path, ignored),
                 "cannot write " << options.output_path << ": it is a folder");
  const bool is_there = std::filesystem::exists(path, ignored);
  TORCHTRT_CHECK(access(is_there ? path.c_str() : folder.c_str(), W_OK) == 0,
                 "cannot write " << options.output_path << ": permission denied");
}

int check_method(const Options& options) {
  const auto module = load_module(options.input_path);
  const bool supported = torch_tensorrt::ts::check_method_operator_support(module, options.check_method);
  std::cout << "The method " << options.check_method
            << (supported ? " can be compiled.\n" : " cannot be compiled whole: see the errors above.\n");
  return supported ? 0 : 1;
}

constexpr int kNotWhole = 2;

int check(const Options& options) {
  const auto report =
      torch_tensorrt::ts::check(load_module(options.input_path), options.check_method, make_spec(options));
  std::cout << (options.json ? torch_tensorrt::ts::to_json(report) + "\n" : torch_tensorrt::ts::to_table(report));
  return report.is_whole ? 0 : kNotWhole;
}

int embed_engine(const Options& options) {
  require_output(options);
  const auto engine = read_file(options.input_path);
  save_module(torch_tensorrt::ts::embed_engine_in_new_module(engine, make_device(options)), options.output_path);
  return 0;
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
               "the result differs from the input module; it was written all the same. Choose --atol "
               "and --rtol that fit the precision, or --no-threshold-check");
  return 1;
}

int compile(const Options& options) {
  require_output(options);
  const auto spec = make_spec(options);
  auto module = load_module(options.input_path);
  if (options.require_full_compilation) {
    TORCHTRT_CHECK(torch_tensorrt::ts::check_method_operator_support(module, "forward"),
                   "Not all operations in graph are supported by the compiler; see the errors above");
  }
  if (options.save_engine) {
    const auto engine = torch_tensorrt::ts::convert_method_to_trt_engine(module, "forward", spec);
    write_file(options.output_path, [&](const Write& write) { write(engine.data(), engine.size()); });
    if (options.no_threshold_check) return 0;
    auto embedded = torch_tensorrt::ts::embed_engine_in_new_module(engine, spec.device);
    return report_self_check(module, embedded, options, spec);
  }
  auto compiled = torch_tensorrt::ts::compile(module, spec);
  save_module(compiled, options.output_path);
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
  if (!options.check_method.empty()) return check_method(options);
  return options.embed_engine ? embed_engine(options) : compile(options);
}

}  // namespace
}  // namespace torchtrtc

int main(int argc, char** argv) {
  torchtrtc::Options options;
  const int exit_code = torchtrtc::parse_options(argc, argv, &options);
  if (exit_code >= 0) return exit_code;
  try {
    return torchtrtc::run(options);
  } catch (const torch_tensorrt::Error& error) {
    std::cerr << "torchtrtc: " << error.what();
  } catch (const c10::Error& error) {
    std::cerr << "torchtrtc: " << error.what_without_backtrace() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "torchtrtc: " << error.what() << '\n';
  }
  return 1;
}
