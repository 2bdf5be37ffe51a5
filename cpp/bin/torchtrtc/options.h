#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "input_spec.h"
#include "torch_tensorrt/torch_tensorrt.h"

// The options that several commands share. Each add_... function adds those of one group.
namespace torchtrtc {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,  // an error
  kNo = 2,      // the command worked, and its answer is no
  kUsage = 3,   // an unknown option, a missing argument, or a value that the option does not take
                // A signal ends the process as signals do: a shell reports 130 for Ctrl-C.
};

inline constexpr const char* kCalibrationAlgorithm = "entropy_2";

struct Options {
  std::string input_path;
  std::string output_path;
  std::vector<std::string> input_specs;
  bool json = false;
  std::string preprocessing;  // of images

  bool verbose = false;
  bool info = false;
  bool warnings = false;

  torch_tensorrt::Settings settings;
  bool allow_gpu_fallback = false;
  std::vector<std::string> precisions;
  std::string device_type;
  std::optional<int64_t> gpu_id;
  std::optional<int64_t> dla_core;
  std::string capability = "standard";
  std::string calibration_cache;
  std::vector<std::string> calibration_data;
  std::optional<std::string> calibration_algorithm;  // unset: kCalibrationAlgorithm
  std::vector<std::string> custom_ops;
  std::vector<std::string> custom_converters;
};

// -v, -i, -w.
void add_output_flags(CLI::App& app, Options& options);
// --json, with the rest of its help text.
void add_json_flag(CLI::App& app, Options& options, const std::string& help);
// Every setting (settings.h), the precisions, the capability and the calibration.
void add_engine_flags(CLI::App& app, Options& options);
void add_device_flags(CLI::App& app, Options& options);
void add_library_flags(CLI::App& app, Options& options);
// The input specs, and --preprocess.
void add_input_specs(CLI::App& app, Options& options);
void add_preprocessing(CLI::App& app, Options& options);
// A subcommand with these options: those of add_output_flags, a footer of examples (a line each) and exit codes, whose
// code 2 means `no`.
CLI::App& add_command(CLI::App& line, Options& options, const std::string& name, const std::string& description,
                      const std::string& examples, const std::string& no = {});

// Checks of values, with messages for people. whole_number goes to Option::transform, for it takes hexadecimal numbers
// after 0x too.
CLI::Validator whole_number(uint64_t low, uint64_t high = std::numeric_limits<int64_t>::max());
CLI::Validator one_of(const std::vector<std::string>& names);
CLI::Validator number_in(double low, double high);  // both included
CLI::Validator number_not_below_zero();

// The level of the log, and the libraries to load first. Every command begins with this.
void begin(const Options& options);

// Throws Error for options that contradict each other or lack what they are for, and for options that no device can
// obey.
void check_options(const Options& options);
// The part of it for images: throws Error for --preprocess without an image among the inputs and the `data`.
void check_preprocessing(const Options& options, const std::vector<std::string>& data);
// Whether there are images among the files and in the folders.
bool has_images(const std::vector<std::string>& paths);

std::vector<InputSpec> read_input_specs(const Options& options);

// Both take options that check_options has accepted.
torch_tensorrt::Device make_device(const Options& options);
torch_tensorrt::ts::CompileSpec make_spec(const Options& options, const std::vector<InputSpec>& specs);

}  // namespace torchtrtc
