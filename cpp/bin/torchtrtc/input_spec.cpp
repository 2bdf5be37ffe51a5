#include "input_spec.h"

#include <algorithm>
#include <map>
#include <vector>

#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

using torch_tensorrt::DataType;
using torch_tensorrt::TensorFormat;
using Shape = std::vector<int64_t>;

const std::map<std::string, DataType::Value> kDtypes = {
    {"float", DataType::kFloat},    {"float32", DataType::kFloat}, {"f32", DataType::kFloat},
    {"fp32", DataType::kFloat},     {"half", DataType::kHalf},     {"float16", DataType::kHalf},
    {"f16", DataType::kHalf},       {"fp16", DataType::kHalf},     {"char", DataType::kChar},
    {"int8", DataType::kChar},      {"i8", DataType::kChar},       {"int", DataType::kInt},
    {"int32", DataType::kInt},      {"i32", DataType::kInt},       {"long", DataType::kLong},
    {"int64", DataType::kLong},     {"i64", DataType::kLong},      {"double", DataType::kDouble},
    {"float64", DataType::kDouble}, {"f64", DataType::kDouble},    {"bool", DataType::kBool},
    {"b", DataType::kBool},         {"bf16", DataType::kBFloat16}, {"bfloat16", DataType::kBFloat16},
    {"int16", DataType::kShort},    {"i16", DataType::kShort},     {"short", DataType::kShort},
    {"uint8", DataType::kByte},     {"u8", DataType::kByte},       {"byte", DataType::kByte},
};
const std::map<std::string, DataType::Value> kPrecisions = {
    {"float", DataType::kFloat},       {"float32", DataType::kFloat}, {"f32", DataType::kFloat},
    {"fp32", DataType::kFloat},        {"half", DataType::kHalf},     {"float16", DataType::kHalf},
    {"f16", DataType::kHalf},          {"fp16", DataType::kHalf},     {"char", DataType::kChar},
    {"int8", DataType::kChar},         {"i8", DataType::kChar},       {"bf16", DataType::kBFloat16},
    {"bfloat16", DataType::kBFloat16},
};
const std::map<std::string, TensorFormat::Value> kFormats = {
    {"linear", TensorFormat::kContiguous},
    {"nchw", TensorFormat::kContiguous},
    {"chw", TensorFormat::kContiguous},
    {"contiguous", TensorFormat::kContiguous},
    {"nhwc", TensorFormat::kChannelsLast},
    {"hwc", TensorFormat::kChannelsLast},
    {"channels_last", TensorFormat::kChannelsLast},
};

template <typename V>
V look_up(const std::map<std::string, V>& table, std::string text, const char* what) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto found = table.find(text);
  if (found != table.end()) return found->second;
  std::string known;
  for (const auto& entry : table) known += (known.empty() ? "" : ", ") + entry.first;
  TORCHTRT_THROW_ERROR("'" << text << "' is not a " << what << "; give one of " << known);
}

std::string without_spaces(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c) != 0; }),
             text.end());
  return text;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\n\r");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n\r") + 1 - begin);
}

int64_t parse_size(const std::string& digits, const std::string& text) {
  const bool good = !digits.empty() && digits.size() < 19 &&
                    std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  TORCHTRT_CHECK(good, "input spec '" << text << "': '" << digits << "' is not a size (0 or more)");
  return std::stoll(digits);
}

// "(1,3,224,224)"
Shape parse_shape(const std::string& shape, const std::string& text) {
  TORCHTRT_CHECK(shape.size() >= 2 && shape.front() == '(' && shape.back() == ')',
                 "input spec '" << text << "': expected a shape like (1,3,224,224), found '" << shape << "'");
  Shape sizes;
  std::string body = shape.substr(1, shape.size() - 2);
  if (!body.empty() && body.back() == ',') body.pop_back();  // Python's one-element tuple
  for (size_t begin = 0; begin < body.size();) {
    const size_t end = std::min(body.find(',', begin), body.size());
    sizes.push_back(parse_size(body.substr(begin, end - begin), text));
    begin = end + 1;
  }
  return sizes;
}

// "[(..);(..);(..)]"
std::vector<Shape> parse_range(const std::string& range, const std::string& text) {
  TORCHTRT_CHECK(range.size() >= 2 && range.back() == ']',
                 "input spec '" << text << "': expected [(min);(opt);(max)], found '" << range << "'");
  const std::string body = range.substr(1, range.size() - 2);
  std::vector<Shape> shapes;
  for (size_t begin = 0; begin <= body.size();) {
    const size_t end = std::min(body.find(';', begin), body.size());
    shapes.push_back(parse_shape(body.substr(begin, end - begin), text));
    begin = end + 1;
  }
  TORCHTRT_CHECK(shapes.size() == 3,
                 "input spec '" << text << "': a range has three shapes (min, opt, max), found " << shapes.size());
  return shapes;
}

// Removes the separator and the text after it, and returns that text; the separator may be absent.
std::string split_off(std::string& text, char separator) {
  const size_t at = text.rfind(separator);
  if (at == std::string::npos) return {};
  std::string tail = text.substr(at + 1);
  text.resize(at);
  return tail;
}

}  // namespace

DataType parse_dtype(const std::string& text) { return look_up(kDtypes, text, "dtype"); }
DataType parse_precision(const std::string& text) { return look_up(kPrecisions, text, "precision"); }

torch_tensorrt::Input parse_input_spec(const std::string& argument) {
  const std::string text = trimmed(argument);
  std::string rest = without_spaces(text);
  TensorFormat format = TensorFormat::kContiguous;
  DataType dtype = DataType::kUnknown;
  if (rest.find('%') != std::string::npos) format = look_up(kFormats, split_off(rest, '%'), "format");
  if (rest.find('@') != std::string::npos) dtype = parse_dtype(split_off(rest, '@'));
  if (!rest.empty() && rest.front() == '[') {
    const auto shapes = parse_range(rest, text);
    return torch_tensorrt::Input(shapes[0], shapes[1], shapes[2], dtype, format);
  }
  return torch_tensorrt::Input(parse_shape(rest, text), dtype, format);
}

}  // namespace torchtrtc
