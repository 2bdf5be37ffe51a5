#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,    // an error, a method that cannot be compiled, or a failed self check
  kNotWhole = 2,  // `torchtrtc check` of a method that cannot be one engine
  kUsage = 64,    // an unknown option, or an invalid value of an option
};

// The command line.
struct Options {
  std::string input_path;
  std::string output_path;
  std::vector<std::string> input_specs;

  bool verbose = false;
  bool info = false;
  bool warnings = false;

  std::string check_method;
  bool check = false;    // torchtrtc check INPUT [input specs]
  bool inspect = false;  // torchtrtc inspect INPUT
  bool json = false;
  bool doctor = false;  // torchtrtc doctor
  torch_tensorrt::Settings settings;
  bool allow_gpu_fallback = false;
  std::vector<std::string> precisions;
  std::string device_type;
  std::optional<int64_t> gpu_id;
  std::optional<int64_t> dla_core;
  std::string capability = "standard";
  std::string calibration_cache;
  std::vector<std::string> calibration_data;
  std::string calibration_algorithm = "entropy_2";
  bool embed_engine = false;
  bool save_engine = false;
  double atol = 1e-8;
  std::optional<double> rtol;  // unset: default_rtol() of each output
  bool no_threshold_check = false;
  std::vector<std::string> custom_ops;
  std::vector<std::string> custom_converters;
};

// Reads the command line. Returns -1 to go on, else the exit code: after --help, or after explaining a mistake.
int parse_options(int argc, char** argv, Options* options);

// Throws Error for options that contradict each other, and for options that no device can obey.
void check_options(const Options& options);

// Both take options that check_options has accepted.
torch_tensorrt::Device make_device(const Options& options);
torch_tensorrt::ts::CompileSpec make_spec(const Options& options);

}  // namespace torchtrtc
