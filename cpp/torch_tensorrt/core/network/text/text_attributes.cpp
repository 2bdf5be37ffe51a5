#include "torch_tensorrt/core/network/text/text_attributes.h"

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/text/text_values.h"
#include "torch_tensorrt/core/util/encodings.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

// ---- cursor ---------------------------------------------------------------------------------------------------------

const Token& ValueCursor::peek() const {
  static const Token end;
  return place_ < attribute_.value.size() ? attribute_.value[place_] : end;
}

bool ValueCursor::take_mark(char mark) {
  if (!peek().is_mark(mark)) return false;
  ++place_;
  return true;
}

void ValueCursor::expect_mark(char mark) {
  if (!take_mark(mark)) fail(std::string(1, mark));
}

std::string_view ValueCursor::word(const char* what) {
  if (peek().kind != Token::Kind::kWord) fail(what);
  return attribute_.value[place_++].text;
}

std::string ValueCursor::string(const char* what) {
  std::string result;
  if (peek().kind != Token::Kind::kString || !unquote(peek().text, &result)) fail(what);
  ++place_;
  return result;
}

int64_t ValueCursor::integer() {
  int64_t value = 0;
  if (peek().kind != Token::Kind::kWord || !read_integer(peek().text, &value)) fail("an integer of 64 bits");
  ++place_;
  return value;
}

double ValueCursor::number() {
  double value = 0;
  if (peek().kind != Token::Kind::kWord || !read_float(peek().text, &value)) fail("a number");
  ++place_;
  return value;
}

Dims ValueCursor::dims() {
  Dims dims;
  expect_mark('[');
  if (take_mark(']')) return dims;
  if (peek().kind != Token::Kind::kWord || !read_dims(peek().text, &dims)) {
    fail(str("dims like 1x3x-1 with at most ", Dims::MAX_DIMS, " dimensions"));
  }
  ++place_;
  expect_mark(']');
  return dims;
}

int32_t ValueCursor::enumerator(const EnumTable& table) {
  int32_t value = 0;
  if (peek().kind != Token::Kind::kWord || !table.find_value(peek().text, &value)) {
    fail(std::string("a ") + table.type_name);
  }
  ++place_;
  return value;
}

void ValueCursor::list(const std::function<void()>& f) {
  expect_mark('[');
  if (take_mark(']')) return;
  do {
    f();
  } while (take_mark(','));
  expect_mark(']');
}

void ValueCursor::finish() const {
  if (peek().kind != Token::Kind::kEnd) fail("the end of the value");
}

void ValueCursor::fail(const std::string& expected) const {
  const bool is_end = peek().kind == Token::Kind::kEnd;
  fail_plainly("found " + (is_end ? "the end of the value" : describe(peek())) + ", expected " + expected);
}

void ValueCursor::fail_plainly(const std::string& message) const {
  const bool is_end = peek().kind == Token::Kind::kEnd;
  const size_t offset = is_end ? attribute_.value.back().offset : peek().offset;
  fail_at(text_, offset, "attribute " + attribute_.name + ": " + message);
}

// ---- attributes -----------------------------------------------------------------------------------------------------

AttributeReader::AttributeReader(std::string_view text, const std::vector<AttributeSyntax>& attributes,
                                 INetworkDefinition& network, FindInput find_input)
    : text_(text), attributes_(attributes), network_(network), find_input_(std::move(find_input)) {}

template <typename F>
void AttributeReader::read(const char* name, F f) {
  known_.insert(name);
  for (const AttributeSyntax& attribute : attributes_) {
    if (attribute.name != name) continue;
    ValueCursor cursor(text_, attribute);
    f(cursor);
    cursor.finish();
  }
}

void AttributeReader::visit(const char* name, bool& value) {
  read(name, [&](ValueCursor& cursor) {
    const Token token = cursor.peek();
    if (!token.is_word("true") && !token.is_word("false")) cursor.fail("true or false");
    value = cursor.word("true or false") == "true";
  });
}

void AttributeReader::visit(const char* name, int64_t& value) {
  read(name, [&](ValueCursor& cursor) { value = cursor.integer(); });
}

void AttributeReader::visit(const char* name, double& value) {
  read(name, [&](ValueCursor& cursor) { value = cursor.number(); });
}

void AttributeReader::visit(const char* name, std::optional<double>& value) {
  read(name, [&](ValueCursor& cursor) {
    if (cursor.peek().is_word("none")) {
      cursor.word("none");
      value.reset();
      return;
    }
    value = cursor.number();
  });
}

void AttributeReader::visit(const char* name, std::string& value) {
  read(name, [&](ValueCursor& cursor) { value = cursor.string("a string"); });
}

void AttributeReader::visit(const char* name, Dims& value) {
  read(name, [&](ValueCursor& cursor) { value = cursor.dims(); });
}

void AttributeReader::visit(const char* name, std::vector<int64_t>& value) {
  read(name, [&](ValueCursor& cursor) {
    value.clear();
    cursor.list([&] { value.push_back(cursor.integer()); });
  });
}

void AttributeReader::visit(const char* name, std::vector<double>& value) {
  read(name, [&](ValueCursor& cursor) {
    value.clear();
    cursor.list([&] { value.push_back(cursor.number()); });
  });
}

void AttributeReader::visit(const char* name, Weights& value) {
  read(name, [&](ValueCursor& cursor) { value = weights(cursor); });
}

void AttributeReader::visit(const char* name, Epilogue& value) {
  read(name, [&](ValueCursor& cursor) {
    value.clear();
    cursor.list([&] { value.push_back(op(cursor)); });
  });
}

void AttributeReader::visit_enum(const char* name, int32_t& value, const EnumTable& table) {
  read(name, [&](ValueCursor& cursor) { value = cursor.enumerator(table); });
}

void AttributeReader::finish(LayerType type) const {
  for (const AttributeSyntax& attribute : attributes_) {
    if (known_.count(attribute.name) != 0) continue;
    fail_at(text_, attribute.offset, enum_name(type) + " layers have no attribute " + attribute.name);
  }
}

Weights AttributeReader::weights(ValueCursor& cursor) {
  const auto type = static_cast<DataType>(cursor.enumerator(enum_table<DataType>()));
  if (cursor.peek().text.substr(0, 3) == "...") {
    cursor.fail_plainly("the weights were left out when this was printed (TextOptions::max_weight_elements)");
  }
  if (cursor.peek().is_mark('[')) return listed_weights(cursor, type);
  const Token token = cursor.peek();
  const std::string encoded = cursor.string("weights as base64 in quotes");
  std::string bytes;
  try {
    bytes = core::util::base64_decode(encoded);
  } catch (const Error& error) {
    fail_at(text_, token.offset, error.msg());
  }
  const auto size = static_cast<int64_t>(bytes.size());
  if (size % element_size(type) != 0) {
    fail_at(text_, token.offset, str(size, " bytes are not a whole number of ", enum_name(type), " elements"));
  }
  if (bytes.empty()) return {type, nullptr, 0};
  return network_.own(type, bytes.data(), size / element_size(type));
}

// The form that people write: f32[1, 2.5].
Weights AttributeReader::listed_weights(ValueCursor& cursor, DataType type) {
  if (!has_elements(type)) cursor.fail_plainly(enum_name(type) + " weights cannot be listed, only given as base64");
  std::vector<char> bytes;
  int64_t count = 0;
  cursor.list([&] {
    bytes.resize(bytes.size() + static_cast<size_t>(element_size(type)));
    if (is_floating_point(type)) {
      store_double(type, bytes.data(), count++, cursor.number());
    } else {
      store_integer(type, bytes.data(), count++, cursor.integer());
    }
  });
  if (count == 0) return {type, nullptr, 0};
  return network_.own(type, bytes.data(), count);
}

EpilogueOp AttributeReader::op(ValueCursor& cursor) {
  EpilogueOp op;
  int32_t value = 0;
  if (enum_table<ActivationType>().find_value(cursor.peek().text, &value)) {
    op.activation = static_cast<ActivationType>(value);
    cursor.word("an activation type");
    if (!cursor.take_mark('(')) return op;
    op.alpha = cursor.number();
    cursor.expect_mark(',');
    op.beta = cursor.number();
  } else if (cursor.peek().text == "dequantize") {
    cursor.word("dequantize");
    op.kind = EpilogueOp::Kind::kDequantize;
    cursor.expect_mark('(');
    op.input = operand(cursor);
    cursor.expect_mark(',');
    op.beta = labelled(cursor, "zero");
  } else if (cursor.peek().text == "quantize") {
    cursor.word("quantize");
    op.kind = EpilogueOp::Kind::kQuantize;
    cursor.expect_mark('(');
    op.type = static_cast<DataType>(cursor.enumerator(enum_table<DataType>()));
    cursor.expect_mark(',');
    scale(cursor, op);
  } else {
    op.kind = EpilogueOp::Kind::kElementWise;
    op.elementwise = static_cast<ElementWiseOperation>(cursor.enumerator(enum_table<ElementWiseOperation>()));
    cursor.expect_mark('(');
    op.input = operand(cursor);
    while (cursor.take_mark(',')) {
      if (cursor.peek().text == "scale") {
        scale(cursor, op);
      } else {
        if (cursor.word("swapped") != "swapped") cursor.fail("swapped");
        op.swapped = true;
      }
    }
  }
  cursor.expect_mark(')');
  return op;
}

// `scale NUMBER, zero NUMBER`
void AttributeReader::scale(ValueCursor& cursor, EpilogueOp& op) {
  op.alpha = labelled(cursor, "scale");
  cursor.expect_mark(',');
  op.beta = labelled(cursor, "zero");
}

double AttributeReader::labelled(ValueCursor& cursor, const char* label) {
  if (cursor.word(label) != label) cursor.fail(label);
  return cursor.number();
}

// %5, or `input 1` for the input of that number.
int32_t AttributeReader::operand(ValueCursor& cursor) {
  if (!cursor.take_mark('%')) {
    if (cursor.word("a tensor or `input NUMBER`") != "input") cursor.fail("a tensor or `input NUMBER`");
    const int64_t index = cursor.integer();
    if (index < INT32_MIN || index > INT32_MAX) cursor.fail_plainly(str("input ", index, " does not exist"));
    return static_cast<int32_t>(index);
  }
  TensorSyntax tensor;
  const bool is_string = cursor.peek().kind == Token::Kind::kString;
  tensor.name = is_string ? cursor.string("a tensor") : std::string(cursor.word("the name of a tensor"));
  const bool is_named = is_string || is_plain_name(tensor.name);
  tensor.kind = is_named ? TensorSyntax::Kind::kNamed : TensorSyntax::Kind::kNumbered;
  const int32_t index = find_input_(tensor);
  if (index < 0) cursor.fail_plainly("%" + tensor.name + " is not an input of the layer");
  return index;
}

}  // namespace torch_tensorrt::network
