#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "tensorrt/case_file.h"
#include "tensorrt/checks.h"
#include "tensorrt/comparison.h"
#include "tensorrt/device_run.h"
#include "torch_tensorrt/core/backends/tensorrt/run/build.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/network/layers/pooling.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/macros.h"

// Checks the TensorRT backend on a machine with a GPU and TensorRT. The program needs nothing else but the file of
// cases.
//
//   trt_conformance CASES [--jobs N] [--filter PART] [--out FILE]
//
// Every case of the file runs in its own dtypes ("typed") and, if it is f32, also with f16 allowed ("half"). Worker
// processes of this program do the work, so that a crash costs one case. Exits with 1 if anything failed.
namespace torch_tensorrt::tensorrt_test {
namespace {

constexpr int kCaseTimeoutMs = 60000;
struct Job {
  std::string mode;  // "check", "typed", "half"
  size_t index = 0;
  std::string name;
};

engine::BuildSettings settings_of(const std::string& mode) {
  engine::BuildSettings settings = test_settings();
  if (mode == "half") settings.enabled_precisions.insert(network::DataType::kHALF);
  return settings;
}

struct Options {
  std::string cases;
  std::string filter;
  std::string out;
  unsigned jobs = std::max(1U, std::min(12U, std::thread::hardware_concurrency()));
  long first = -1;  // for a worker
};

// Whether f16 may replace the network's f32.
bool may_be_lowered(const FileCase& row) {
  if (row.expected.dtype != network::DataType::kDOUBLE) return false;
  return !backends::tensorrt::is_strongly_typed(*network::parse_network(row.network), settings_of("half"));
}

// A half has 13 bits less than a float; rounding an input to f16 changes it by up to 2^-11.
FileCase for_half(FileCase row) {
  row.relative = std::clamp(row.relative * 8192, 2e-3, 2e-2);
  row.absolute = std::clamp(row.absolute * 8192, 2e-3, 2e-2);
  return row;
}

std::vector<Job> list_jobs(const std::vector<FileCase>& cases, const std::string& filter) {
  std::vector<Job> jobs;
  const auto add = [&](const char* mode, size_t index, const std::string& name) {
    if (filter.empty() || name.find(filter) != std::string::npos) jobs.push_back({mode, index, name});
  };
  for (size_t i = 0; i < all_checks().size(); ++i) add("check", i, all_checks()[i].name);
  for (size_t i = 0; i < cases.size(); ++i) add("typed", i, cases[i].name);
  for (size_t i = 0; i < cases.size(); ++i) {
    if (may_be_lowered(cases[i])) add("half", i, cases[i].name);
  }
  return jobs;
}

// ---- a worker ------------------------------------------------------------------------------------------------------

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// TensorRT was seen to differ for NaN and for empty windows in maxima only.
bool takes_maxima(const network::INetworkDefinition& network) {
  return std::any_of(network.layers().begin(), network.layers().end(), [](const auto& layer) {
    const auto* pooling = network::layer_cast<network::IPoolingLayer>(layer.get());
    return pooling != nullptr && pooling->getPoolingType() == network::PoolingType::kMAX;
  });
}

// "PASS", "DECLINED reason", "EXCLUDED reason" or "FAIL reason".
std::string run_case(const FileCase& row, const std::string& mode) {
  const auto network = network::parse_network(row.network);
  const std::string unsupported = backends::tensorrt::list_unsupported(*network);
  if (!unsupported.empty()) return "DECLINED" + unsupported;
  const FileCase held_to = mode == "half" ? for_half(row) : row;
  const std::string bytes = build_and_run(row, settings_of(mode));
  const std::string wrong = compare(held_to, network->getOutput(0)->getType(), bytes);
  if (wrong.empty()) return "PASS";
  std::string known;
  if (takes_maxima(*network)) known = known_difference(held_to, network->getOutput(0)->getType(), bytes);
  if (known.empty() && mode == "half") {
    known = rounding_difference(held_to, network->getOutput(0)->getType(), bytes);
  }
  return known.empty() ? "FAIL " + wrong : "EXCLUDED " + known;
}

std::string run_job(const Job& job, const std::vector<FileCase>& cases) {
  try {
    if (job.mode != "check") return run_case(cases[job.index], job.mode);
    all_checks()[job.index].run();
    return "PASS";
  } catch (const std::exception& e) {
    return std::string("FAIL ") + e.what();
  }
}

int work(const std::vector<FileCase>& cases, const std::vector<Job>& jobs, const Options& options) {
  for (auto i = static_cast<size_t>(options.first); i < jobs.size(); i += options.jobs) {
    std::printf("BEGIN %zu\n", i);
    std::fflush(stdout);
    const std::string result = one_line(run_job(jobs[i], cases));
    std::printf("END %zu %s\n", i, result.c_str());
    std::fflush(stdout);
  }
  std::fflush(stdout);
  _exit(0);  // a crash in the driver's own exit is not a case
}

// ---- the parent ----------------------------------------------------------------------------------------------------

class Worker {
 public:
  Worker(const Options& options, size_t first) {
    // Other workers must not keep this worker's pipe open, and nothing may be allocated between fork and exec.
    int ends[2];
    TORCHTRT_CHECK(pipe2(ends, O_CLOEXEC) == 0, "no pipe");
    const std::string jobs = std::to_string(options.jobs);
    const std::string start = std::to_string(first);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      execl("/proc/self/exe", "trt_conformance", options.cases.c_str(), "--jobs", jobs.c_str(), "--worker",
            start.c_str(), "--filter", options.filter.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    fd_ = ends[0];
  }
  ~Worker() {
    close(fd_);
    int status = 0;
    waitpid(pid_, &status, 0);
  }

  // False at the end, and after too long a silence.
  bool next_line(std::string* line) {
    while (true) {
      const size_t end = buffer_.find('\n');
      if (end != std::string::npos) {
        *line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return true;
      }
      pollfd waiting{fd_, POLLIN, 0};
      if (poll(&waiting, 1, kCaseTimeoutMs) <= 0) {
        kill(pid_, SIGKILL);
        return false;
      }
      char chunk[4096];
      const ssize_t count = read(fd_, chunk, sizeof(chunk));
      if (count <= 0) return false;
      buffer_.append(chunk, static_cast<size_t>(count));
    }
  }

 private:
  pid_t pid_ = -1;
  int fd_ = -1;
  std::string buffer_;
};

struct Results {
  std::mutex mutex;
  std::map<size_t, std::string> lines;
};

// Runs the jobs first, first + step, ...; if a worker dies, the next one continues behind the job that it died in.
void supervise(const Options& options, size_t first, size_t count, Results& results) {
  size_t next = first;
  while (next < count) {
    Worker worker(options, next);
    size_t open = count;
    std::string line;
    while (worker.next_line(&line)) {
      std::istringstream stream(line);
      std::string word;
      size_t index = 0;
      stream >> word >> index;
      if (word == "BEGIN") open = index;
      if (word != "END" || !stream) continue;
      std::string rest;
      std::getline(stream >> std::ws, rest);
      const std::lock_guard lock(results.mutex);
      results.lines[index] = rest;
      open = count;
      next = index + options.jobs;
    }
    if (open < count) {
      const std::lock_guard lock(results.mutex);
      results.lines[open] = "FAIL the process died or hung";
      next = open + options.jobs;
    } else if (next < count) {
      // The worker reported nothing, or stopped between two jobs.
      const std::lock_guard lock(results.mutex);
      results.lines[next] = "FAIL the process did not start this job";
      next += options.jobs;
    }
  }
}

int report(const std::vector<Job>& jobs, const Results& results, const Options& options, double seconds) {
  std::ofstream file;
  if (!options.out.empty()) file.open(options.out);
  std::map<std::string, std::map<std::string, int>> counts;
  std::map<std::string, int> reasons;
  int failed = 0;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const auto found = results.lines.find(i);
    const std::string line = found == results.lines.end() ? "FAIL it was not run" : found->second;
    const std::string verdict = line.substr(0, line.find(' '));
    ++counts[jobs[i].mode][verdict];
    if (verdict == "FAIL") ++failed;
    if (verdict == "FAIL") std::cout << jobs[i].mode << ' ' << jobs[i].name << ": " << line << '\n';
    if (file) file << jobs[i].mode << ' ' << jobs[i].name << ": " << line << '\n';
  }
  for (const auto& [mode, verdicts] : counts) {
    std::cout << mode << ':';
    for (const auto& [verdict, count] : verdicts) std::cout << ' ' << count << ' ' << verdict;
    std::cout << '\n';
  }
  std::cout << seconds << " s\n";
  return failed == 0 ? 0 : 1;
}

int lead(const std::vector<Job>& jobs, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto library = backends::tensorrt::vendor_library();
  std::cout << (library.library != nullptr ? "TensorRT " + backends::tensorrt::to_string(library.library->version())
                                           : library.decision.reason())
            << '\n';
  if (library.library == nullptr) return 1;
  // This process never touches the driver, so that it can start workers at any time.
  Results results;
  std::vector<std::thread> threads;
  for (size_t first = 0; first < options.jobs; ++first) {
    threads.emplace_back([&, first] { supervise(options, first, jobs.size(), results); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report(jobs, results, options, seconds);
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      TORCHTRT_CHECK(i + 1 < argc, word << " needs a value");
      return std::string(argv[++i]);
    };
    if (word == "--jobs") {
      options.jobs = static_cast<unsigned>(std::max(1, std::stoi(value())));
    } else if (word == "--filter") {
      options.filter = value();
    } else if (word == "--out") {
      options.out = value();
    } else if (word == "--worker") {
      options.first = std::stol(value());
    } else {
      options.cases = word;
    }
  }
  TORCHTRT_CHECK(!options.cases.empty(), "usage: trt_conformance CASES [--jobs N] [--filter PART] [--out FILE]");
  return options;
}

int run_main(int argc, char** argv) {
  try {
    const Options options = parse_options(argc, argv);
    const std::vector<FileCase> cases = read_cases(options.cases);
    const std::vector<Job> jobs = list_jobs(cases, options.filter);
    return options.first >= 0 ? work(cases, jobs, options) : lead(jobs, options);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 2;
  }
}

}  // namespace
}  // namespace torch_tensorrt::tensorrt_test

int main(int argc, char** argv) { return torch_tensorrt::tensorrt_test::run_main(argc, argv); }
