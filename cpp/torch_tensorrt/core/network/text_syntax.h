#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "torch_tensorrt/core/network/text_lexer.h"

// The text form as a tree, before any name in it means something. Not for use elsewhere.
namespace torch_tensorrt::network {

// %name or %7; an optional input that is not given has kind kAbsent.
struct TensorSyntax {
  enum class Kind { kNamed, kNumbered, kAbsent };
  Kind kind = Kind::kAbsent;
  std::string name;  // digits when it is numbered
  size_t offset = 0;
};

// NAME = TOKENS; which tokens a value may have is known when its type is.
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
  std::vector<TensorSyntax> inputs;  // in the network's order; empty: that of the layers
  std::vector<std::vector<AttributeSyntax>> profiles;
  std::vector<LayerSyntax> layers;
  std::vector<TensorSyntax> outputs;
};

// Throws Error with line, column, what was found and what was expected. The tree looks into the text.
NetworkSyntax parse_syntax(std::string_view text);

}  // namespace torch_tensorrt::network
