#pragma once

#include <string>
#include <vector>

namespace torchtrtc {

// Runs a command line, given without the name of the program, and returns its exit code (options.h). Without the name
// of a command, the command is `compile`. Errors become a line on standard error.
int run_command_line(const std::vector<std::string>& arguments);

}  // namespace torchtrtc
