#include "description.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

namespace torchtrtc {
namespace {

constexpr std::array kFiles = {"MODULE", "OUTPUT", "COMPILED", "ENGINE", "PATH", "FILE", "LIB", "SPEC"};

std::vector<std::string> choices_of(CLI::Option& option) {
  const std::string start = kChoices;
  std::vector<std::string> choices;
  for (int i = 0;; ++i) {
    std::string name;
    try {
      name = option.get_validator(i)->get_name();
    } catch (const CLI::OptionNotFound&) {
      return choices;
    }
    if (name.rfind(start, 0) != 0) continue;
    std::istringstream names(name.substr(start.size()));
    for (std::string choice; std::getline(names, choice, '|');) choices.push_back(choice);
  }
}

OptionText describe(CLI::Option& option) {
  OptionText text;
  for (const auto& name : option.get_snames()) text.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) text.names.push_back("--" + name);
  if (option.get_type_size() != 0) {
    const std::string type = option.get_type_name();  // "PATH:PATH(existing)" of a checked one
    text.value = type.substr(0, type.find(':'));
    text.default_value = option.get_default_str();
    text.is_repeated = option.get_expected_max() > 1;
  }
  text.help = option.get_description();
  text.group = option.get_group();
  text.choices = choices_of(option);
  text.is_file = std::find(kFiles.begin(), kFiles.end(), text.value) != kFiles.end();
  text.is_required = option.get_required();
  return text;
}

CommandText describe_command(CLI::App& app) {
  CommandText command;
  const std::string text = app.get_description();
  const size_t end = std::min(text.find('\n'), text.size());
  command.name = app.get_name();
  command.summary = text.substr(0, end);
  command.description = end < text.size() ? text.substr(end + 1) : "";
  command.footer = app.get_footer();
  for (CLI::Option* option : app.get_options()) {
    (option->get_positional() ? command.arguments : command.options).push_back(describe(*option));
  }
  return command;
}

nlohmann::json to_json(const std::vector<OptionText>& options) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& option : options) {
    rows.push_back({{"names", option.names},
                    {"value", option.value},
                    {"help", option.help},
                    {"default", option.default_value},
                    {"group", option.group},
                    {"choices", option.choices},
                    {"is_file", option.is_file},
                    {"is_repeated", option.is_repeated},
                    {"is_required", option.is_required}});
  }
  return rows;
}

}  // namespace

std::vector<CommandText> describe(CLI::App& line) {
  std::vector<CommandText> commands;
  for (CLI::App* app : line.get_subcommands(nullptr)) commands.push_back(describe_command(*app));
  return commands;
}

std::string to_json(const std::vector<CommandText>& commands) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& command : commands) {
    rows.push_back({{"name", command.name},
                    {"summary", command.summary},
                    {"description", command.description},
                    {"footer", command.footer},
                    {"arguments", to_json(command.arguments)},
                    {"options", to_json(command.options)}});
  }
  return nlohmann::json{{"commands", rows}}.dump(1) + "\n";
}

}  // namespace torchtrtc
