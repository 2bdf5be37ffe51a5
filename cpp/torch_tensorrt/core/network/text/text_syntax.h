#pragma once

#include <string>
#include <string_view>
#include <vector>

// The text form as a syntax tree, before names are resolved. Not for use elsewhere.
namespace torch_tensorrt::network {

// A word is a run of letters, digits and any of _ . + -; a string includes its quotes and escapes; a mark is one of { }
// ( ) [ ] , = : % @; the last token is the end.
struct Token {
  enum class Kind { kWord, kString, kMark, kEnd };
  Kind kind = Kind::kEnd;
  std::string_view text;
  size_t offset = 0;

  bool is_mark(char mark) const { return kind == Kind::kMark && text[0] == mark; }
  bool is_word(std::string_view word) const { return kind == Kind::kWord && text == word; }
};

// Throws Error on a character that begins no token, and on a string that does not end. The views refer into the
// text.
std::vector<Token> tokenize(std::string_view text);

// The token for error texts: `"]"`, `the end of the text`.
std::string describe(const Token& token);

// Throws Error with line and column of the offset.
[[noreturn]] void fail_at(std::string_view text, size_t offset, const std::string& message);

// %name or %7; an optional input that is not given has kind kAbsent.
struct TensorSyntax {
  enum class Kind { kNamed, kNumbered, kAbsent };
  Kind kind = Kind::kAbsent;
  std::string name;  // digits if it is numbered
  size_t offset = 0;
};

// NAME = TOKENS. The attribute's type decides later which tokens are allowed.
struct AttributeSyntax {
  std::string name;
  size_t offset = 0;
  std::vector<Token> value;
};

// One type behind a colon.
struct TypeSyntax {
  std::string text;  // "f32[1x3]"
  size_t offset = 0;
};

struct LayerSyntax {
  std::vector<TensorSyntax> outputs;
  Token kind;
  std::vector<TensorSyntax> inputs;
  std::vector<AttributeSyntax> attributes;
  std::vector<TypeSyntax> types;
  std::vector<Token> formats;
};

struct NetworkSyntax {
  Token name;
  std::vector<TensorSyntax> inputs;  // in the network's order; empty: the layers' order
  std::vector<std::vector<AttributeSyntax>> profiles;
  std::vector<LayerSyntax> layers;
  std::vector<TensorSyntax> outputs;
};

// Throws Error with line, column, the text found and the text expected. The tree refers into the text.
NetworkSyntax parse_syntax(std::string_view text);

}  // namespace torch_tensorrt::network
