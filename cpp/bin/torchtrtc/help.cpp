#include "help.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace torchtrtc {
namespace {

constexpr size_t kLeastColumns = 40;
constexpr size_t kMostColumns = 120;
constexpr size_t kUsualColumns = 80;
constexpr size_t kOptionColumns = 30;  // of the names of options

std::string blanks(size_t count) { return std::string(count, ' '); }

std::string wrapped_line(const std::string& line, size_t columns, size_t indent) {
  if (!line.empty() && line.front() == ' ') return blanks(indent) + line;
  std::istringstream words(line);
  std::string result = blanks(indent);
  size_t used = indent;
  for (std::string word; words >> word;) {
    const bool is_first = used == indent;
    if (!is_first && used + 1 + word.size() > columns) {
      result += '\n' + blanks(indent);
      used = indent;
    } else if (!is_first) {
      result += ' ';
      ++used;
    }
    result += word;
    used += word.size();
  }
  return result;
}

}  // namespace

size_t help_columns() {
  size_t columns = kUsualColumns;
  winsize size{};
  const char* given = std::getenv("COLUMNS");
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    columns = size.ws_col;
  } else if (given != nullptr && std::atoi(given) > 0) {
    columns = static_cast<size_t>(std::atoi(given));
  }
  return std::clamp(columns, kLeastColumns, kMostColumns);
}

std::string wrapped(const std::string& text, size_t columns, size_t indent) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    result += line.empty() ? "\n" : wrapped_line(line, columns, indent) + '\n';
  }
  return result;
}

HelpFormatter::HelpFormatter(size_t columns) : columns_(columns) {
  column_width(std::min(kOptionColumns, columns / 2));
}

// One empty line before each group.
std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  return CLI::detail::find_and_replace(CLI::Formatter::make_help(app, std::move(name), mode), "\n\n\n", "\n\n");
}

std::string HelpFormatter::row(const std::string& left, const std::string& right) const {
  const size_t width = get_column_width();
  const std::string names = wrapped(left, columns_, 2);
  const size_t last = names.size() - 1 - (names.rfind('\n', names.size() - 2) + 1);  // npos + 1 is 0
  const std::string text = wrapped(right, columns_, width);
  if (text.empty()) return names;
  if (last + 2 > width) return names + text;
  return names.substr(0, names.size() - 1) + blanks(width - last) + text.substr(width);
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return wrapped(app->get_description(), columns_) + '\n';
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  return wrapped(CLI::Formatter::make_usage(app, std::move(name)), columns_);
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return row(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
}

// " PATH", " INT=8", without the lists of options that exclude each other.
std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0) return {};
  std::string text = option->get_type_name().empty() ? "" : " " + option->get_type_name();
  if (!option->get_default_str().empty()) text += "=" + option->get_default_str();
  if (option->get_positional() && option->get_expected_max() >= CLI::detail::expected_max_vector_size) text += " ...";
  return text;
}

std::string HelpFormatter::make_subcommand(const CLI::App* app) const {
  const std::string text = app->get_description();
  return row(app->get_name(), text.substr(0, text.find('\n')));
}

std::string HelpFormatter::make_footer(const CLI::App* app) const { return wrapped(app->get_footer(), columns_); }

}  // namespace torchtrtc
