#include "torch_tensorrt/core/network/text_lexer.h"

#include <algorithm>

#include "torch_tensorrt/core/network/text_values.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool is_word_part(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '+' || c == '-';
}

bool is_mark(char c) { return std::string_view("{}()[],=:%@").find(c) != std::string_view::npos; }

size_t end_of_string(std::string_view text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\n') break;
    if (text[i] == '\\') ++i;
  }
  fail_at(text, begin, "this string has no closing quote on its line");
}

Token next_token(std::string_view text, size_t begin) {
  if (text[begin] == '"') {
    const size_t end = end_of_string(text, begin);
    return {Token::Kind::kString, text.substr(begin + 1, end - begin - 2), begin};
  }
  if (is_mark(text[begin])) return {Token::Kind::kMark, text.substr(begin, 1), begin};
  size_t end = begin;
  while (end < text.size() && is_word_part(text[end])) ++end;
  if (end == begin) fail_at(text, begin, "found " + quoted(text.substr(begin, 1)) + ", which nothing begins with");
  return {Token::Kind::kWord, text.substr(begin, end - begin), begin};
}

}  // namespace

std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  for (size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    tokens.push_back(next_token(text, i));
    const size_t quotes = tokens.back().kind == Token::Kind::kString ? 2 : 0;
    i += tokens.back().text.size() + quotes;
  }
  tokens.push_back({Token::Kind::kEnd, {}, text.size()});
  return tokens;
}

std::string describe(const Token& token) {
  // Weights would fill the screen.
  constexpr size_t kShown = 40;
  switch (token.kind) {
    case Token::Kind::kEnd:
      return "the end of the text";
    case Token::Kind::kString:
      return "the string " + quoted(token.text.substr(0, kShown));
    case Token::Kind::kWord:
    case Token::Kind::kMark:
      return quoted(token.text.substr(0, kShown));
  }
  return "nothing";
}

void fail_at(std::string_view text, size_t offset, const std::string& message) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  TORCHTRT_THROW_ERROR("line " << line << ", column " << offset - line_begin + 1 << ": " << message);
}

}  // namespace torch_tensorrt::network
