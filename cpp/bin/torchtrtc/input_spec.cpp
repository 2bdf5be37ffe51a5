#include "input_spec.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include "data_file.h"
#include "files.h"
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

// "1x3x224x224", as trtexec takes it
std::optional<Shape> find_x_shape(const std::string& shape, const std::string& text) {
  if (shape.empty() || shape.find_first_not_of("0123456789x") != std::string::npos) return std::nullopt;
  Shape sizes;
  for (size_t begin = 0; begin <= shape.size();) {
    const size_t end = std::min(shape.find('x', begin), shape.size());
    sizes.push_back(parse_size(shape.substr(begin, end - begin), text));
    begin = end + 1;
  }
  return sizes;
}

// "(1,3,224,224)"
Shape parse_shape(const std::string& shape, const std::string& text) {
  if (const auto sizes = find_x_shape(shape, text)) return *sizes;
  TORCHTRT_CHECK(
      shape.size() >= 2 && shape.front() == '(' && shape.back() == ')',
      "input spec '" << text << "': expected a shape like (1,3,224,224) or 1x3x224x224, a file (.pt, .npy, .npz, .png, "
                     << ".jpg) or @FILE, found '" << shape << "'");
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

namespace {

torch_tensorrt::Input parse_shapes(const std::string& text) {
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

// Removes "name:" from the start, and returns the name.
std::string split_name(std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) return {};
  const auto is_of_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  if (!std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_of_name)) return {};
  std::string name = text.substr(0, colon);
  text = trimmed(text.substr(colon + 1));
  return name;
}

InputSpec spec_of(const std::string& path, std::string name, const torch::jit::IValue& value) {
  TORCHTRT_CHECK(value.isTensor(), "input spec: " << path << " holds a value of type " << value.tagKind()
                                                  << " among the arguments, must be a tensor");
  try {
    return {std::move(name), torch_tensorrt::Input(value.toTensor()), value.toTensor()};
  } catch (const torch_tensorrt::Error& error) {
    TORCHTRT_THROW_ERROR("input spec: " << path << ": " << error.msg());
  }
}

// A spec as it stands on a command line, or in a file of specs.
struct SpecText {
  std::string name;  // of the argument; may be empty
  std::string text;  // a shape, or the path of a file
  bool is_file = false;
  bool has_data = false;  // not specs
};

SpecText parse_spec_text(const std::string& argument) {
  SpecText spec;
  spec.text = trimmed(argument);
  spec.name = split_name(spec.text);
  const bool is_marked = !spec.text.empty() && spec.text.front() == '@';
  if (is_marked) spec.text.erase(0, 1);
  spec.has_data = is_data_file(spec.text);
  spec.is_file = is_marked || spec.has_data;
  return spec;
}

// The specs in a file, one in each line; empty lines, and lines that start with #, are skipped.
std::vector<std::string> spec_lines(std::istream& file) {
  std::vector<std::string> specs;
  for (std::string line; std::getline(file, line);) {
    line = trimmed(line);
    if (!line.empty() && line.front() != '#') specs.push_back(line);
  }
  return specs;
}

void read_specs(const std::string& argument, const Preprocessing& preprocessing, std::vector<InputSpec>& specs);

void read_spec_file(const std::string& path, const Preprocessing& preprocessing, std::vector<InputSpec>& specs) {
  std::istringstream file(read_file(path));
  for (const auto& line : spec_lines(file)) {
    TORCHTRT_CHECK(line.front() != '@' || is_data_file(line),
                   "input spec '" << line << "' in " << path << ": a file of specs cannot name another one");
    read_specs(line, preprocessing, specs);
  }
}

void read_specs(const std::string& argument, const Preprocessing& preprocessing, std::vector<InputSpec>& specs) {
  const auto [name, text, is_file, has_data] = parse_spec_text(argument);
  if (!is_file) {
    specs.push_back({name, parse_shapes(text), {}});
    return;
  }
  if (!has_data) {
    TORCHTRT_CHECK(name.empty(), "input spec '" << argument << "': a file of specs has no name; write NAME:SPEC in it");
    read_spec_file(text, preprocessing, specs);
    return;
  }
  auto arguments = read_data_file(text, preprocessing);
  const size_t count = arguments.by_position.size() + arguments.by_name.size();
  TORCHTRT_CHECK(name.empty() || count == 1,
                 "input spec '" << argument << "': the file has " << count << " values, must have one");
  for (const auto& value : arguments.by_position) specs.push_back(spec_of(text, name, value));
  for (const auto& [key, value] : arguments.by_name) specs.push_back(spec_of(text, name.empty() ? key : name, value));
}

}  // namespace

std::vector<InputSpec> read_input_specs(const std::vector<std::string>& arguments, const Preprocessing& preprocessing) {
  std::vector<InputSpec> specs;
  for (const auto& argument : arguments) read_specs(argument, preprocessing, specs);
  std::set<std::string> names;
  for (const auto& spec : specs) {
    TORCHTRT_CHECK(spec.name.empty() || names.insert(spec.name).second,
                   "there are two input specs for '" << spec.name << "'");
  }
  return specs;
}

std::vector<std::string> files_of_specs(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  for (const auto& argument : arguments) {
    const SpecText spec = parse_spec_text(argument);
    if (!spec.is_file) continue;
    files.push_back(spec.text);
    if (spec.has_data) continue;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(spec.text, ignored)) continue;  // a pipe can be read only once
    std::ifstream file(spec.text);
    for (const auto& line : spec_lines(file)) {
      const SpecText inner = parse_spec_text(line);
      if (inner.has_data) files.push_back(inner.text);
    }
  }
  return files;
}

}  // namespace torchtrtc
