#include <chrono>
#include <memory>

#include "../files.h"
#include "../options.h"
#include "../results.h"
#include "commands.h"
#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

const char* const kExamples = "  torchtrtc embed model.engine compiled.ts -d cpu\n";

}  // namespace

int embed_engine(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
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
  report_output(options, parts_of(module), start);
  return kDone;
}

Command add_embed(CLI::App& line) {
  auto options = std::make_shared<Options>();
  CLI::App& app = add_command(line, *options, "embed", "Wraps an engine in a module", kExamples);
  app.add_option("input_file", options->input_path, "Engine, as compile --save-engine writes it")
      ->type_name("ENGINE")
      ->required();
  app.add_option("output_file", options->output_path, "File for the module")->type_name("OUTPUT")->required();
  add_json_flag(app, *options, " about the output instead of a line");
  add_device_flags(app, *options);
  add_library_flags(app, *options);
  return {&app, [options] {
            begin(*options);
            check_options(*options);
            return embed_engine(*options);
          }};
}

}  // namespace torchtrtc
