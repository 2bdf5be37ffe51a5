#include <algorithm>

#include "description.h"

// Scripts of completions. They hold all names and values, because torchtrtc takes seconds to start.
namespace torchtrtc {
namespace {

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::vector<std::string> names_of(const std::vector<CommandText>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  return names;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The first sentence, or the part before ": ", for a line beside the name.
std::string brief(const std::string& help) {
  const size_t end = std::min({help.find(". "), help.find("; "), help.find(" ("), help.size()});
  std::string text = help.substr(0, end);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

std::vector<std::string> patterns(const CommandText& command, const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const auto& name : names) result.push_back(command.name + ":" + name);
  return result;
}

// ---- bash -----------------------------------------------------------------------------------------------------------

const char* const kBashHead =
    "# Completion of torchtrtc in bash; made by: torchtrtc completion bash\n\n"
    "_torchtrtc_files() {\n"
    "  compopt -o filenames 2>/dev/null\n"
    "  mapfile -t COMPREPLY < <(compgen -f -- \"$1\")\n"
    "}\n\n"
    "_torchtrtc() {\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=compile flags\n"
    "  COMPREPLY=()\n"
    "  # bash cuts --name=value into three words\n"
    "  if [[ $cur == '=' ]]; then\n"
    "    cur=\n"
    "  elif [[ $prev == '=' ]]; then\n"
    "    prev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "  fi\n"
    "  if ((COMP_CWORD > 1)); then\n"
    "    case ${COMP_WORDS[1]} in\n";

// ---- zsh ------------------------------------------------------------------------------------------------------------

std::string zsh_quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

std::string zsh_help(const std::string& text) {
  return replaced(replaced(replaced(replaced(text, "\\", "\\\\"), "[", "\\["), "]", "\\]"), ":", "\\:");
}

// ":KIND:(cpu gpu dla)", ":PATH:_files" or ":N: "
std::string zsh_action(const OptionText& option) {
  if (option.value.empty()) return {};
  std::string action = " ";
  if (option.is_file) action = "_files";
  if (!option.choices.empty()) action = "(" + joined(option.choices, " ") + ")";
  return ":" + zsh_help(option.value) + ":" + action;
}

std::string zsh_option(const OptionText& option) {
  const std::string help = "[" + zsh_help(brief(option.help)) + "]" + zsh_action(option);
  std::string text;
  for (const auto& name : option.names) {
    const bool is_long = name.rfind("--", 0) == 0;
    const std::string mark = option.value.empty() ? "" : is_long ? "=" : "+";
    const std::string before = option.is_repeated        ? "*"
                               : option.names.size() > 1 ? "(" + joined(option.names, " ") + ")"
                                                         : "";
    text += " \\\n    " + zsh_quoted(before + name + mark + help);
  }
  return text;
}

// ---- fish -----------------------------------------------------------------------------------------------------------

std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string fish_values(const OptionText& option) {
  if (option.value.empty()) return {};
  if (!option.choices.empty()) return " -x -a " + fish_quoted(joined(option.choices, " "));
  return option.is_file ? " -r -F" : " -x";
}

std::string fish_option(const CommandText& command, const OptionText& option) {
  std::string text = "complete -c torchtrtc -n '__torchtrtc_is " + command.name + "'";
  for (const auto& name : option.names) {
    const bool is_long = name.rfind("--", 0) == 0;
    text += is_long ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return text + fish_values(option) + " -d " + fish_quoted(brief(option.help)) + "\n";
}

}  // namespace

std::string bash_completion(const std::vector<CommandText>& commands) {
  std::string text = kBashHead;
  text += "      " + joined(names_of(commands), " | ") + ") command=${COMP_WORDS[1]} ;;\n    esac\n  fi\n";
  text += "  case $command:$prev in\n";
  for (const auto& command : commands) {
    for (const auto& option : command.options) {
      if (option.value.empty()) continue;
      std::string action = "return";
      if (option.is_file) action = "_torchtrtc_files \"$cur\" && return";
      if (!option.choices.empty()) {
        action = "mapfile -t COMPREPLY < <(compgen -W '" + joined(option.choices, " ") + "' -- \"$cur\") && return";
      }
      text += "    " + joined(patterns(command, option.names), " | ") + ") " + action + " ;;\n";
    }
  }
  text += "  esac\n  case $command in\n";
  for (const auto& command : commands) {
    std::vector<std::string> names;
    for (const auto& option : command.options) names.insert(names.end(), option.names.begin(), option.names.end());
    text += "    " + command.name + ") flags='" + joined(names, " ") + "' ;;\n";
  }
  text +=
      "  esac\n  if [[ $cur == -* ]]; then\n    mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$cur\")\n    "
      "return\n  fi\n";
  text += "  case $command in\n";
  for (const auto& command : commands) {
    for (const auto& argument : command.arguments) {
      if (argument.choices.empty()) continue;
      text += "    " + command.name + ") mapfile -t COMPREPLY < <(compgen -W '" + joined(argument.choices, " ") +
              "' -- \"$cur\") && return ;;\n";
    }
  }
  text += "  esac\n  _torchtrtc_files \"$cur\"\n";
  text += "  ((COMP_CWORD > 1)) || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W '" +
          joined(names_of(commands), " ") + "' -- \"$cur\")\n}\n\ncomplete -F _torchtrtc torchtrtc\n";
  return text;
}

std::string zsh_completion(const std::vector<CommandText>& commands) {
  std::string text = "#compdef torchtrtc\n# Completion of torchtrtc in zsh; made by: torchtrtc completion zsh\n\n";
  for (const auto& command : commands) {
    text += "_torchtrtc_" + command.name + "() {\n  _arguments -s -S";
    for (const auto& option : command.options) text += zsh_option(option);
    for (const auto& argument : command.arguments) {
      const std::string place = argument.is_repeated ? "*" : argument.is_required ? "" : ":";
      text += " \\\n    " + zsh_quoted(place + zsh_action(argument));
    }
    text += "\n}\n\n";
  }
  text += "_torchtrtc() {\n  local -a commands\n  commands=(\n";
  for (const auto& command : commands) {
    text += "    " + zsh_quoted(command.name + ":" + zsh_help(command.summary)) + "\n";
  }
  text +=
      "  )\n"
      "  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
      "    _alternative 'commands:command:(($commands))' 'files:module:_files'\n"
      "    return\n"
      "  fi\n"
      "  case $words[2] in\n    (" +
      joined(names_of(commands), "|") +
      ")\n"
      "      local command=$words[2]\n"
      "      shift words\n"
      "      (( CURRENT-- ))\n"
      "      _torchtrtc_$command\n"
      "      ;;\n"
      "    (*) _torchtrtc_compile ;;\n"
      "  esac\n}\n\n"
      "# autoload runs the file as the function; after source, it is defined\n"
      "if [[ $funcstack[1] == _torchtrtc ]]; then\n  _torchtrtc \"$@\"\nelse\n  compdef _torchtrtc torchtrtc\nfi\n";
  return text;
}

std::string fish_completion(const std::vector<CommandText>& commands) {
  std::string text = "# Completion of torchtrtc in fish; made by: torchtrtc completion fish\n\n";
  text += "function __torchtrtc_is\n    set -l words (commandline -opc)\n    set -l command compile\n";
  text += "    if set -q words[2]; and contains -- $words[2] " + joined(names_of(commands), " ") +
          "\n        set command $words[2]\n    end\n    test $command = $argv[1]\nend\n\n";
  text += "function __torchtrtc_is_first\n    test (count (commandline -opc)) -eq 1\nend\n\n";
  for (const auto& command : commands) {
    text += "complete -c torchtrtc -n __torchtrtc_is_first -a " + command.name + " -d " + fish_quoted(command.summary) +
            "\n";
  }
  for (const auto& command : commands) {
    text += "\n";
    for (const auto& option : command.options) text += fish_option(command, option);
    for (const auto& argument : command.arguments) {
      if (argument.choices.empty()) continue;
      text += "complete -c torchtrtc -n '__torchtrtc_is " + command.name + "'" + fish_values(argument) + "\n";
    }
  }
  return text;
}

}  // namespace torchtrtc
