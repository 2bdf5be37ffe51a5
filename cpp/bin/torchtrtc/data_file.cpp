#include "data_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "ATen/ATen.h"
#include "torch/csrc/jit/serialization/pickle.h"

#include "files.h"
#include "numpy_file.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {
namespace {

namespace fs = std::filesystem;

bool is_torch_file(const std::string& path) {
  const std::string ending = lower_ending(path);
  return ending == ".pt" || ending == ".pth";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

const char* const kWanted = "a tensor, a tuple or list of the arguments, or a dict of them by their names";

// What PyTorch says of a file that it cannot read. Of some objects it says that PyTorch has a bug.
std::string reason_of(const std::string& error) {
  const std::string kUnknown = "Unpickler found unknown type ";
  const std::string line = first_line(error);
  const bool is_unknown = line.rfind(kUnknown, 0) == 0;
  if (!is_unknown && error.find("INTERNAL ASSERT") == std::string::npos) return line;
  const std::string which = is_unknown ? line.substr(kUnknown.size()) : "a state_dict is one";
  return "it holds objects of other classes (" + which + "), must hold " + kWanted;
}

torch::jit::IValue unpickled(const std::string& path) {
  const std::string bytes = read_saved(path);
  std::string error;
  try {
    return torch::jit::pickle_load({bytes.begin(), bytes.end()});
  } catch (const c10::Error& e) {
    error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    error = e.what();
  }
  TORCHTRT_THROW_ERROR(path << " is no file of torch.save with tensors: " << reason_of(error));
}

Arguments read_torch_file(const std::string& path) {
  const auto value = unpickled(path);
  if (value.isTensor()) return {{value}, {}};
  if (value.isTuple()) return {value.toTupleRef().elements(), {}};
  if (value.isList()) return {value.toListRef().vec(), {}};
  TORCHTRT_CHECK(value.isGenericDict(),
                 path << " holds a value of type " << value.tagKind() << ", must hold " << kWanted);
  Arguments arguments;
  for (const auto& entry : value.toGenericDict()) {
    TORCHTRT_CHECK(entry.key().isString(), path << " holds a dict whose keys are not names of arguments");
    arguments.by_name[entry.key().toStringRef()] = entry.value();
  }
  return arguments;
}

// "arr_0", "arr_1", ... are numpy.savez's names for arrays without names.
std::optional<size_t> place_of(const std::string& name) {
  constexpr size_t kPrefix = 4;
  constexpr size_t kMostDigits = 9;
  const std::string digits = name.size() > kPrefix ? name.substr(kPrefix) : "";
  const bool is_place = name.substr(0, kPrefix) == "arr_" && !digits.empty() && digits.size() <= kMostDigits &&
                        digits.find_first_not_of("0123456789") == std::string::npos;
  return is_place ? std::optional<size_t>(std::stoul(digits)) : std::nullopt;
}

Arguments read_arrays(const std::string& path) {
  Arguments arguments;
  std::vector<std::pair<size_t, at::Tensor>> placed;
  for (auto& [name, array] : read_npz(path)) {
    if (const auto place = place_of(name)) {
      placed.emplace_back(*place, std::move(array));
      continue;
    }
    arguments.by_name[name] = std::move(array);
  }
  std::sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [place, array] : placed) arguments.by_position.emplace_back(std::move(array));
  return arguments;
}

void add_files(const std::string& path, const char* flag, std::vector<std::string>& files) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    TORCHTRT_CHECK(fs::exists(path, error), flag << ": there is no file " << path);
    files.push_back(path);
    return;
  }
  std::vector<std::string> found = files_in(path);
  found.erase(std::remove_if(found.begin(), found.end(), [](const std::string& file) { return !is_data_file(file); }),
              found.end());
  TORCHTRT_CHECK(!found.empty(), flag << ": the folder " << path
                                      << " has no file whose name ends in .pt, .pth, .npy, .npz, "
                                      << ".png, .jpg or .jpeg");
  files.insert(files.end(), found.begin(), found.end());
}

}  // namespace

bool is_data_file(const std::string& path) {
  const std::string ending = lower_ending(path);
  return ending == ".npy" || ending == ".npz" || is_torch_file(path) || is_image(path);
}

Arguments read_data_file(const std::string& path, const Preprocessing& preprocessing) {
  const std::string ending = lower_ending(path);
  if (ending == ".npy") return {{read_npy(path)}, {}};
  if (ending == ".npz") return read_arrays(path);
  if (is_image(path)) return {{read_image(path, preprocessing)}, {}};
  return read_torch_file(path);
}

std::vector<torch::jit::IValue> by_position(const std::string& place, Arguments arguments,
                                            const torch::jit::Method& method) {
  const auto& schema = method.function().getSchema();
  std::string known;
  for (size_t i = 1; i < schema.arguments().size(); ++i) known += (i == 1 ? "" : ", ") + schema.arguments()[i].name();
  for (const auto& [name, value] : arguments.by_name) {
    TORCHTRT_CHECK(schema.argumentIndexWithName(name), place << " has a value for '" << name
                                                             << "', but the arguments of " << method.name() << " are "
                                                             << known);
  }
  std::vector<torch::jit::IValue> values = {method.owner()._ivalue()};
  values.insert(values.end(), arguments.by_position.begin(), arguments.by_position.end());
  try {
    schema.checkAndNormalizeInputs(values, arguments.by_name);
  } catch (const c10::Error& error) {
    const std::string reason = first_line(error.what_without_backtrace());
    TORCHTRT_THROW_ERROR(place << " does not fit " << method.name() << "(" << known
                               << "): " << reason.substr(0, reason.find(" Declaration:")));
  }
  if (arguments.by_name.empty()) return std::move(arguments.by_position);  // without default values
  values.erase(values.begin());
  return values;
}

Batches::Batches(const std::vector<std::string>& paths, Preprocessing preprocessing, size_t batch_size,
                 const char* flag)
    : preprocessing_(std::move(preprocessing)) {
  std::vector<std::string> files;
  for (const auto& path : paths) add_files(path, flag, files);
  std::vector<std::string> images;
  for (const auto& file : files) {
    if (!is_image(file)) {
      batches_.push_back({file});
      continue;
    }
    images.push_back(file);
    if (images.size() == batch_size) batches_.push_back(std::exchange(images, {}));
  }
  TORCHTRT_CHECK(!batches_.empty(),
                 flag << ": there are " << images.size() << " images, and a batch has " << batch_size);
  if (images.empty()) return;
  torch_tensorrt::logging::log(
      torch_tensorrt::logging::kWARNING,
      torch_tensorrt::str(flag, ": the last ", images.size(), " images are left out: a batch has ", batch_size));
}

std::vector<torch::jit::IValue> Batches::read(size_t number, const torch::jit::Method& method) const {
  const auto& files = batches_.at(number);
  if (files.size() == 1) {
    auto arguments = read_data_file(files[0], preprocessing_);
    // Labels, for example, stand behind the arguments.
    const size_t most = method.function().getSchema().arguments().size() - 1;
    if (arguments.by_position.size() > most) arguments.by_position.resize(most);
    return by_position(files[0], std::move(arguments), method);
  }
  std::vector<at::Tensor> images;
  for (const auto& file : files) {
    images.push_back(read_image(file, preprocessing_));
    TORCHTRT_CHECK(images.back().sizes() == images[0].sizes(),
                   file << " gives a tensor of shape " << images.back().sizes() << ", and " << files[0] << " one of "
                        << images[0].sizes() << "; make them equal with --preprocess resize=HxW");
  }
  return {at::cat(images)};
}

}  // namespace torchtrtc
