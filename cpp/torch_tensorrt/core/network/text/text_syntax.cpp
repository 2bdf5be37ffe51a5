#include "torch_tensorrt/core/network/text/text_syntax.h"

#include <algorithm>

#include "torch_tensorrt/core/network/text/text_values.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

bool is_number(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), tokens_(tokenize(text)) {}

  NetworkSyntax network() {
    NetworkSyntax network;
    expect_word("network");
    network.name = expect(Token::Kind::kString, "the name of the network in quotes");
    expect_mark('{');
    while (!take_mark('}')) statement(&network);
    if (peek().kind != Token::Kind::kEnd) fail("the end of the text");
    return network;
  }

 private:
  void statement(NetworkSyntax* network) {
    if (!network->outputs.empty()) fail("}, because return comes last");
    if (take_word("return")) {
      network->outputs = tensors();
    } else if (take_word("profile")) {
      network->profiles.push_back(attributes());
    } else if (peek().is_word("inputs") && network->inputs.empty() && network->layers.empty()) {
      next();
      network->inputs = tensors();
    } else if (peek().is_mark('%')) {
      network->layers.push_back(layer());
    } else {
      fail("a layer (%NAME = KIND(...)), profile, return or }");
    }
  }

  LayerSyntax layer() {
    LayerSyntax layer;
    layer.outputs = tensors();
    expect_mark('=');
    layer.kind = expect(Token::Kind::kWord, "a layer kind");
    expect_mark('(');
    if (!take_mark(')')) {
      layer.inputs = tensors();
      expect_mark(')');
    }
    if (peek().is_mark('{')) layer.attributes = attributes();
    if (take_mark(':')) list([&] { layer.types.push_back(type()); });
    if (take_mark('@')) {
      list([&] { layer.formats.push_back(expect(Token::Kind::kWord, "a tensor format")); });
    }
    return layer;
  }

  std::vector<TensorSyntax> tensors() {
    std::vector<TensorSyntax> result;
    list([&] { result.push_back(tensor()); });
    return result;
  }

  TensorSyntax tensor() {
    const size_t offset = peek().offset;
    if (take_word("_")) return {TensorSyntax::Kind::kAbsent, "", offset};
    expect_mark('%');
    const Token& token = peek();
    std::string name;
    if (token.kind == Token::Kind::kString) {
      if (!unquote(token.text, &name)) fail("a name without unknown escapes");
    } else if (token.kind == Token::Kind::kWord && (is_plain_name(token.text) || is_number(token.text))) {
      name = std::string(token.text);
    } else {
      fail("the name of a tensor: letters, digits, _ and . or anything in quotes");
    }
    const bool numbered = token.kind == Token::Kind::kWord && is_number(token.text);
    next();
    return {numbered ? TensorSyntax::Kind::kNumbered : TensorSyntax::Kind::kNamed, name, offset};
  }

  std::vector<AttributeSyntax> attributes() {
    std::vector<AttributeSyntax> result;
    expect_mark('{');
    if (take_mark('}')) return result;
    list([&] { result.push_back(attribute()); });
    expect_mark('}');
    return result;
  }

  AttributeSyntax attribute() {
    AttributeSyntax attribute;
    attribute.offset = peek().offset;
    if (peek().kind == Token::Kind::kString) {
      if (!unquote(peek().text, &attribute.name)) fail("a name without unknown escapes");
      next();
    } else {
      attribute.name = std::string(expect(Token::Kind::kWord, "the name of an attribute").text);
    }
    expect_mark('=');
    attribute.value = value();
    return attribute;
  }

  // Reads up to a comma or a closing bracket outside the value.
  std::vector<Token> value() {
    std::vector<Token> tokens;
    int depth = 0;
    while (peek().kind != Token::Kind::kEnd) {
      const bool opens = peek().is_mark('[') || peek().is_mark('(');
      const bool closes = peek().is_mark(']') || peek().is_mark(')');
      const bool ends = peek().is_mark(',') || peek().is_mark('}') || peek().is_mark('{');
      if (depth == 0 && (closes || ends)) break;
      depth += opens ? 1 : (closes ? -1 : 0);
      tokens.push_back(next());
    }
    if (tokens.empty() || depth != 0) fail("a value");
    return tokens;
  }

  TypeSyntax type() {
    TypeSyntax type;
    type.offset = peek().offset;
    type.text = std::string(expect(Token::Kind::kWord, "a data type").text);
    expect_mark('[');
    type.text += '[';
    if (!take_mark(']')) {
      type.text += std::string(expect(Token::Kind::kWord, "dims like 1x3").text);
      expect_mark(']');
    }
    type.text += ']';
    return type;
  }

  template <typename F>
  void list(F element) {
    do {
      element();
    } while (take_mark(','));
  }

  const Token& peek() const { return tokens_[place_]; }
  const Token& next() { return tokens_[place_++]; }

  bool take_mark(char mark) {
    if (!peek().is_mark(mark)) return false;
    next();
    return true;
  }

  bool take_word(std::string_view word) {
    if (!peek().is_word(word)) return false;
    next();
    return true;
  }

  void expect_mark(char mark) {
    if (!take_mark(mark)) fail(std::string(1, mark));
  }

  void expect_word(std::string_view word) {
    if (!take_word(word)) fail(std::string(word));
  }

  Token expect(Token::Kind kind, const char* what) {
    if (peek().kind != kind) fail(what);
    return next();
  }

  [[noreturn]] void fail(const std::string& expected) const {
    fail_at(text_, peek().offset, "found " + describe(peek()) + ", expected " + expected);
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t place_ = 0;
};

}  // namespace

NetworkSyntax parse_syntax(std::string_view text) { return Parser(text).network(); }

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
  if (end == begin) fail_at(text, begin, "found the unexpected character " + quoted(text.substr(begin, 1)));
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
  // Shortens long tokens: weights would fill the screen.
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
