#include "torch_tensorrt/core/network/text_syntax.h"

#include <algorithm>

#include "torch_tensorrt/core/network/text_values.h"

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
    if (!network->outputs.empty()) fail("}, for nothing stands behind return");
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

  // Up to a comma or a closing bracket that is not the value's own.
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

}  // namespace torch_tensorrt::network
