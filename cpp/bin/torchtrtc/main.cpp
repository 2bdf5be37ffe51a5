// torchtrtc: the compiler on the command line.

#include <csignal>

#include "command_line.h"
#include "torch_tensorrt/core/util/output_file.h"

int main(int argc, char** argv) {
  torch_tensorrt::core::util::remove_unfinished_files_on_signals();
  std::signal(SIGXFSZ, SIG_IGN);  // writing above the file size limit then fails instead of killing the process
  return torchtrtc::run_command_line({argv + 1, argv + argc});
}
