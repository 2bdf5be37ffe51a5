#pragma once

#include <string>
#include <string_view>
#include <vector>

// Tokens of the text form. Not for use elsewhere.
namespace torch_tensorrt::network {

// A word is a run of letters, digits and any of _ . + -; a string is what stands between quotes, escapes and all; a
// mark is one of { } ( ) [ ] , = : % @; the end stands behind everything.
struct Token {
  enum class Kind { kWord, kString, kMark, kEnd };
  Kind kind = Kind::kEnd;
  std::string_view text;
  size_t offset = 0;

  bool is_mark(char mark) const { return kind == Kind::kMark && text[0] == mark; }
  bool is_word(std::string_view word) const { return kind == Kind::kWord && text == word; }
};

// Throws Error on a character that no token begins with and on a string that does not end. The views look into the
// text.
std::vector<Token> tokenize(std::string_view text);

// What the token is, for errors: `"]"`, `the end of the text`.
std::string describe(const Token& token);

// Throws Error with line and column of the offset.
[[noreturn]] void fail_at(std::string_view text, size_t offset, const std::string& message);

}  // namespace torch_tensorrt::network
