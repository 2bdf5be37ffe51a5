#include <iostream>
#include <memory>

#include "../options.h"
#include "commands.h"

namespace torchtrtc {
Command add_doctor(CLI::App& line) {
  auto options = std::make_shared<Options>();
  CLI::App& app =
      add_command(line, *options, "doctor",
                  "Shows the build, the libraries and devices of this machine, and the backends for them\nAt the end "
                  "comes advice: what is missing, and how to get it. Nothing that is missing makes an error.",
                  "  torchtrtc doctor\n  torchtrtc doctor --json\n");
  add_json_flag(app, *options, " instead of a text");
  return {&app, [options] {
            begin(*options);
            std::cout << (options->json ? torch_tensorrt::get_environment_json() + "\n"
                                        : torch_tensorrt::get_environment_report());
            return kDone;
          }};
}

}  // namespace torchtrtc
