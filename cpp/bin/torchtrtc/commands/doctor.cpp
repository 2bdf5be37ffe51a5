#include <iostream>
#include <memory>

#include "../options.h"
#include "commands.h"

namespace torchtrtc {
namespace {

struct DoctorOptions : Options {
  bool json = false;
};

}  // namespace

Command add_doctor(CLI::App& line) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App& app =
      add_command(line, *options, "doctor",
                  "Shows the build, the libraries and devices of this machine, and the backends for them\nAt the end "
                  "comes advice: what is missing, and how to get it. Nothing that is missing makes an error.",
                  "  torchtrtc doctor\n  torchtrtc doctor --json\n");
  app.add_flag("--json", options->json, "Print JSON");
  return {&app, [options] {
            begin(*options);
            std::cout << (options->json ? torch_tensorrt::get_environment_json() + "\n"
                                        : torch_tensorrt::get_environment_report());
            return kDone;
          }};
}

}  // namespace torchtrtc
