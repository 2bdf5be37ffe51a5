#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

namespace torchtrtc {

// Lays out --help: lines end at the width of the terminal.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(size_t columns);
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;

 protected:
  std::string make_description(const CLI::App* app) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;

 private:
  std::string row(const std::string& left, const std::string& right) const;

  size_t columns_;
};

// Of standard output; COLUMNS of the environment if it is no terminal, or else 80. At least 40 and at most 120.
size_t help_columns();

// Breaks the text at blanks into lines of at most `columns` characters, if its words are that short. Lines after a line
// break of the text start with `indent` blanks too; lines that start with a blank stay as they are.
std::string wrapped(const std::string& text, size_t columns, size_t indent = 0);

}  // namespace torchtrtc
