// torchtrtc: the compiler on the command line.

#include <csignal>
#include <string>

#include "command_line.h"
#include "torch_tensorrt/core/util/output_file.h"
#include "torch_tensorrt/core/util/progress.h"

int main(int argc, char** argv) {
  namespace util = torch_tensorrt::core::util;
  const std::string clear = util::terminal_columns() == 0 ? "" : "\r\033[K";  // the line of the progress
  util::remove_unfinished_files_on_signals(clear + "torchtrtc: interrupted\n");
  std::signal(SIGXFSZ, SIG_IGN);  // writing above the file size limit then fails instead of killing the process
  return torchtrtc::run_command_line({argv + 1, argv + argc});
}
