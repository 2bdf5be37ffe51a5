#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/text/text_syntax.h"

// Reads the values of attributes from tokens. Not for use elsewhere.
namespace torch_tensorrt::network {

// Walks over the tokens of one value. Throws Error with line and column.
class ValueCursor {
 public:
  ValueCursor(std::string_view text, const AttributeSyntax& attribute) : text_(text), attribute_(attribute) {}

  const Token& peek() const;
  bool take_mark(char mark);
  void expect_mark(char mark);
  std::string_view word(const char* what);
  std::string string(const char* what);
  int64_t integer();
  double number();
  Dims dims();
  int32_t enumerator(const EnumTable& table);
  // Reads [element, element]; f reads one element.
  void list(const std::function<void()>& f);
  // Throws Error if tokens are left.
  void finish() const;
  [[noreturn]] void fail(const std::string& expected) const;
  [[noreturn]] void fail_plainly(const std::string& message) const;

 private:
  std::string_view text_;
  const AttributeSyntax& attribute_;
  size_t place_ = 0;
};

// Assigns the attributes of a layer that stand in the text; the others keep their values.
class AttributeReader final : public AttributeVisitor {
 public:
  // Finds the index of the layer's input for a tensor of the text: the last one if there are several, -1 if none.
  using FindInput = std::function<int32_t(const TensorSyntax& tensor)>;
  AttributeReader(std::string_view text, const std::vector<AttributeSyntax>& attributes, INetworkDefinition& network,
                  FindInput find_input);

  void visit(const char* name, bool& value) override;
  void visit(const char* name, int64_t& value) override;
  void visit(const char* name, double& value) override;
  void visit(const char* name, std::optional<double>& value) override;
  void visit(const char* name, std::string& value) override;
  void visit(const char* name, Dims& value) override;
  void visit(const char* name, std::vector<int64_t>& value) override;
  void visit(const char* name, std::vector<double>& value) override;
  void visit(const char* name, Weights& value) override;
  void visit(const char* name, Epilogue& value) override;
  void visit_enum(const char* name, int32_t& value, const EnumTable& table) override;

  // Throws Error for an attribute of the text that the layer does not have.
  void finish(LayerType type) const;

 private:
  template <typename F>
  void read(const char* name, F f);
  Weights weights(ValueCursor& cursor);
  Weights listed_weights(ValueCursor& cursor, DataType type);
  EpilogueOp op(ValueCursor& cursor);
  static void scale(ValueCursor& cursor, EpilogueOp& op);
  static double labelled(ValueCursor& cursor, const char* label);
  int32_t operand(ValueCursor& cursor);

  std::string_view text_;
  const std::vector<AttributeSyntax>& attributes_;
  INetworkDefinition& network_;
  FindInput find_input_;
  std::set<std::string> known_;
};

}  // namespace torch_tensorrt::network
