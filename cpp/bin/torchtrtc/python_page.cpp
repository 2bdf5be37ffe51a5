#include "python_page.h"

#include "python_program.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torchtrtc {

namespace util = torch_tensorrt::core::util;

std::string make_page(const std::string& path, const std::optional<Arguments>& arguments,
                      const std::vector<std::string>& libraries) {
  util::report("looking for Python");
  std::vector<std::string> command = {find_python("the page"), "-m", "torch_tensorrt", "report", path};
  const MemoryFile page("page");
  command.insert(command.end(), {"--called-by", "torchtrtc", "--html", "--out", page.path()});
  MemoryFile values("arguments");
  if (arguments) {
    write_arguments(*arguments, values);
    command.insert(command.end(), {"--inputs", values.path()});
  }
  for (const auto& library : libraries) command.insert(command.end(), {"--library", library});
  util::report("making the page");
  TORCHTRT_CHECK(run_program(command, /*is_quiet=*/false) == 0,
                 "the package torch_tensorrt of " << command[0] << " could not make the page; see above");
  return page.read();
}

}  // namespace torchtrtc
