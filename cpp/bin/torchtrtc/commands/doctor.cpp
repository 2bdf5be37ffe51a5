#include <iostream>
#include <memory>

#include "../options.h"
#include "commands.h"

namespace torchtrtc {

Command add_doctor(CLI::App& line) {
  auto options = std::make_shared<Options>();
  CLI::App& app =
      add_command(line, *options, "doctor", "Shows the build, the devices of this machine, and the backends for them",
                  "  torchtrtc doctor\n");
  return {&app, [options] {
            begin(*options);
            std::cout << torch_tensorrt::get_environment_report();
            return kDone;
          }};
}

}  // namespace torchtrtc
