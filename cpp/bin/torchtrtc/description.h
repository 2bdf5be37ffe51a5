#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

// The command line as data, for its manual page and the completions of shells.
namespace torchtrtc {

// Names in a validator's name, for values with a fixed set or with usual ones.
inline constexpr const char* kChoices = "one of ";

struct OptionText {
  std::vector<std::string> names;  // "-d", "--device-type"; none of an argument by position
  std::string value;               // the placeholder of its value: "KIND"; empty for a flag
  std::string help;
  std::string default_value;         // or empty
  std::string group;                 // the title in --help
  std::vector<std::string> choices;  // its values, or the usual ones; empty: any
  bool is_file = false;              // the value is, or may be, the path of a file
  bool is_repeated = false;          // may come several times
  bool is_required = false;
};

struct CommandText {
  std::string name;
  std::string summary;
  std::string description;  // without the summary
  std::string footer;       // examples and exit codes
  std::vector<OptionText> arguments;
  std::vector<OptionText> options;
};

std::vector<CommandText> describe(CLI::App& line);

// For man: the page torchtrtc.1.
std::string manual_page(const std::vector<CommandText>& commands);
std::string to_json(const std::vector<CommandText>& commands);

// Scripts that a shell reads once; they do not run torchtrtc.
std::string bash_completion(const std::vector<CommandText>& commands);
std::string zsh_completion(const std::vector<CommandText>& commands);
std::string fish_completion(const std::vector<CommandText>& commands);

}  // namespace torchtrtc
