#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "torch/csrc/jit/api/module.h"

#include "options.h"

// The line, or the JSON, at the end of a command that writes a file.
namespace torchtrtc {

// "2 engines, 3 nodes left to PyTorch", as numbers: {"engines": 2, "left_to_pytorch": 3}. Without the second number,
// the output is one engine.
nlohmann::json parts_of(const torch::jit::Module& compiled);

// The name of a file without its folders, for progress.
std::string name_of_file(const std::string& path);

// JSON as all commands print it.
std::string as_text(const nlohmann::json& json);

// Says on standard output that the output was written: its path, parts (parts_of), size and time; with --json
// also `more`. Says nothing with -w without --json, nor if the output is no file, for it may be standard output.
void report_output(const Options& options, const nlohmann::json& parts, std::chrono::steady_clock::time_point start,
                   const nlohmann::json& more = nlohmann::json::object());

}  // namespace torchtrtc
