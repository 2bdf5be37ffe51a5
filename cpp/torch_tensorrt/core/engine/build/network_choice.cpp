#include "torch_tensorrt/core/engine/build/network_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/build/calibration.h"
#include "torch_tensorrt/core/engine/build/choice_notes.h"
#include "torch_tensorrt/core/engine/build/precision_choice.h"
#include "torch_tensorrt/core/engine/build/precision_overrides.h"
#include "torch_tensorrt/core/engine/build/refit.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::TensorFormat;

// Usually fastest first, so that the others are given up early.
constexpr TensorFormat kFormats[] = {TensorFormat::kHWC, TensorFormat::kLINEAR};

constexpr DataType kLowPrecisions[] = {DataType::kBF16, DataType::kHALF};

// Below this size, a second copy of the constant costs less than a slower tactic.
constexpr int64_t kLargeConstantBytes = int64_t{1} << 20;

// Whether another layer reads the constant in another way: at another place, as another kind of operand or transposed
// differently. The two readers could not share a packed form, and the engine would hold the constant twice.
bool is_read_otherwise(const network::ITensor& constant, const network::ILayer& layer, int32_t input) {
  if (constant.isNetworkOutput()) return true;
  const auto* product = network::layer_cast<network::IMatrixMultiplyLayer>(&layer);
  for (const network::ILayer* reader : constant.consumers()) {
    const auto* other = network::layer_cast<network::IMatrixMultiplyLayer>(reader);
    if ((other == nullptr) != (product == nullptr) || reader->getType() != layer.getType()) return true;
    if (product != nullptr && product->getOperation(input) != other->getOperation(input)) return true;
    for (int32_t i = 0; i < reader->getNbInputs(); ++i) {
      if (i != input && reader->getInput(i) == &constant) return true;
    }
  }
  return false;
}

// For instance, an embedding that is tied to the output layer.
bool shares_large_constant(const network::ILayer& layer) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) == nullptr) continue;
    const auto* constant = network::layer_cast<network::IConstantLayer>(layer.getInput(i)->producer());
    if (constant == nullptr || constant->getWeights().bytes() < kLargeConstantBytes) continue;
    if (is_read_otherwise(*layer.getInput(i), layer, i)) return true;
  }
  return false;
}

class NetworkChooser {
 public:
  NetworkChooser(const BuildSettings& settings, CandidateTimer& timer)
      : settings_(settings), timer_(timer), dumper_(settings.dump_directory), overrides_(settings.precision_overrides) {
    const bool computes = may_use(DataType::kINT8) && has_fast_kernels(settings.device, DataType::kINT8);
    if (computes) quantized_ = optimizer::QuantizedConstants::kStoreBytes;
  }

  // `key`: of the network whose calibration holds.
  NetworkChoice run(std::shared_ptr<network::INetworkDefinition> network, uint64_t key) {
    if (dumper_.enabled()) dumper_.write("input", dump_text(*network));
    LOG_GRAPH("network before optimization:\n" << dump_text(*network));
    NetworkChoice best;
    best.microseconds = std::numeric_limits<double>::infinity();
    // Optimize once without formats, so that the formats share all other work (and folded weights).
    const auto passes = optimizer::optimize(*network, pass_context(TensorFormat::kLINEAR));
    const auto formats = formats_of(*network);
    std::vector<std::string> unused;
    const auto lows = usable_precisions(unused);
    read_ranges(key, lows);
    const auto ranges = usable_ranges(*network, unused);
    double in_f32 = std::numeric_limits<double>::infinity();
    std::string note;
    const bool is_explicit =
        quantized_ != optimizer::QuantizedConstants::kFold && optimizer::has_quantization(*network);
    for (const TensorFormat format : formats) {
      const bool is_last = format == formats.back();
      NetworkChoice choice = optimized(is_last ? std::move(network) : network->clone(), format);
      // A lower precision may make the slower format the fastest.
      const bool has_others = !lows.empty() || !ranges.empty() || is_explicit || quantizes_weights();
      const double limit = has_others ? std::numeric_limits<double>::infinity() : best.microseconds;
      const std::string outcome = try_tactics(choice, limit, /*must_work=*/is_last && !best.network);
      note += str(note.empty() ? "" : ", ", network::enum_name(format), " ", outcome);
      in_f32 = std::min(in_f32, choice.microseconds);
      choice.unmet = ranges.empty() ? 0 : integer_sets(*choice.network, ranges).must.size();
      for (const DataType low : lows) choice.unmet = std::max(choice.unmet, low_sets(*choice.network, low).must.size());
      if (std::isfinite(choice.microseconds)) {
        if (quantizes_weights()) choice = with_weights(std::move(choice));
        if (is_explicit) keep_faster_of(best, timed(in_integers(choice, {}, {})), lows);
        if (!ranges.empty()) keep_faster_of(best, with_integers(choice, ranges), lows);
        for (const DataType low : lows) keep_faster(best, with_precision(choice, low));
      }
      keep_faster(best, std::move(choice));
    }
    best.passes.insert(best.passes.begin(), passes.begin(), passes.end());
    if (formats.size() > 1)
      best.notes.push_back("activation format " + network::enum_name(best.format) + " of: " + note);
    best.notes.insert(best.notes.end(), unused.begin(), unused.end());
    auto allowed = lows;
    if (!ranges.empty() || is_explicit) allowed.push_back(DataType::kINT8);
    note_precisions(best, allowed, in_f32);
    if (std::count(lows.begin(), lows.end(), DataType::kHALF) != 0) note_beyond(best, seen_);
    if (quantizes_weights()) note_integer_weights(best);
    note_overrides(best, overrides_);
    note_typing(best);
    report_layers_in_f32(*best.network, settings_);
    note_reformats(best);
    LOG_GRAPH("network after optimization:\n" << dump_text(*best.network));
    return best;
  }

  // Empty if no format gives the network of the plan.
  NetworkChoice run_like(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network) {
    const auto wanted = layer_signatures(*plan.network);
    const auto passes = optimizer::optimize(*network, pass_context(TensorFormat::kLINEAR));
    for (const TensorFormat format : formats_of(*network)) {
      NetworkChoice choice = optimized(network->clone(), format);
      mix_like(plan, choice);
      if (layer_signatures(*choice.network) != wanted) continue;
      choice.passes.insert(choice.passes.begin(), passes.begin(), passes.end());
      choice.choices = plan.choices;
      choice.notes = plan.notes;
      return choice;
    }
    return {};
  }

 private:
  std::vector<const Tactic*> candidates(const network::ILayer& layer) const {
    return TacticRegistry::global().candidates(layer, settings_.device, settings_.tactic_sources);
  }

  bool takes_format(const network::ILayer& layer, TensorFormat format) const {
    for (const Tactic* tactic : candidates(layer)) {
      if (tactic->takes_format(layer, format)) return true;
    }
    return false;
  }

  optimizer::PassContext pass_context(TensorFormat format) {
    optimizer::PassContext context;
    context.activation_format = format;
    context.quantized_constants = quantized_;
    context.may_quantize = may_use(DataType::kINT8);
    context.can_run = [this](const network::ILayer& layer) { return !candidates(layer).empty(); };
    context.takes_format = [this](const network::ILayer& layer, TensorFormat wanted) {
      return takes_format(layer, wanted);
    };
    if (dumper_.enabled()) {
      context.dump = [this](const std::string& pass, const std::string& text) { dumper_.write(pass, text); };
    }
    return context;
  }

  // The same; layers that the user wants in another precision do not compute with integers.
  optimizer::PassContext integer_context(TensorFormat format) {
    optimizer::PassContext context = pass_context(format);
    context.may_use_integers = [this](const network::ILayer& layer) {
      return overrides_.allow(layer, DataType::kINT8);
    };
    context.can_run = [this](const network::ILayer& layer) {
      if (!optimizer::computes_with_integers(layer)) return !candidates(layer).empty();
      return overrides_.allow(layer, DataType::kINT8) && has_integer_kernels(layer);
    };
    return context;
  }

  // PyTorch's averages and sums of integers compute in double, as references: floats take less time.
  bool has_integer_kernels(const network::ILayer& layer) const {
    const auto all = candidates(layer);
    const network::LayerType type = layer.getType();
    const bool is_product = type == network::LayerType::kCONVOLUTION || type == network::LayerType::kMATRIX_MULTIPLY;
    return std::any_of(all.begin(), all.end(), [&](const Tactic* tactic) {
      return is_product || std::string(tactic->name()).rfind("aten.", 0) != 0;
    });
  }

  // Gives layers the lower dtypes that they have in the plan.
  void mix_like(const Plan& plan, NetworkChoice& choice) {
    const auto weights = find_weight_only_layers(*choice.network, *plan.network);
    if (!weights.empty()) choice.network = with_integer_weights(*choice.network, weights);
    const auto integers = find_integer_layers(*choice.network, *plan.network);
    if (!integers.empty()) {
      const bool is_calibrated = !plan.settings->calibration.empty();
      const auto ranges = is_calibrated ? read_calibration(plan.settings->calibration, plan.name, plan.network_key)
                                        : optimizer::TensorRanges{};
      choice.network = with_integer_layers(*choice.network, ranges, integers, integer_context(choice.format));
    }
    for (const DataType low : kLowPrecisions) {
      if (!may_use(low) || !has_fast_kernels(settings_.device, low)) continue;
      const auto layers = find_low_layers(*choice.network, *plan.network, low);
      if (!layers.empty()) choice.network = with_low_layers(*choice.network, low, layers).network;
    }
  }

  // Formats that some convolution can run in; only the linear format if there is none.
  std::vector<TensorFormat> formats_of(const network::INetworkDefinition& network) const {
    std::vector<TensorFormat> formats;
    for (const TensorFormat format : kFormats) {
      for (const auto& layer : network.layers()) {
        const network::LayerType type = layer->getType();
        if (type != network::LayerType::kCONVOLUTION && type != network::LayerType::kDECONVOLUTION) continue;
        if (!takes_format(*layer, format)) continue;
        formats.push_back(format);
        break;
      }
    }
    if (formats.empty()) formats.push_back(TensorFormat::kLINEAR);
    return formats;
  }

  void note_typing(NetworkChoice& best) const {
    const auto& allowed = settings_.enabled_precisions;
    const bool has_low = std::any_of(allowed.begin(), allowed.end(), [](DataType t) { return t != DataType::kFLOAT; });
    if (!settings_.use_explicit_typing || !has_low) return;
    best.notes.push_back("precision: layers compute in the dtypes of their tensors, as use_explicit_typing says");
  }

  bool quantizes_weights() const { return !settings_.weight_only.empty(); }

  bool may_use(DataType low) const {
    return settings_.enabled_precisions.count(low) != 0 && !settings_.use_explicit_typing;
  }

  // The lower precisions that are allowed and have kernels. Notes the others.
  std::vector<DataType> usable_precisions(std::vector<std::string>& notes) const {
    std::vector<DataType> usable;
    for (const DataType low : kLowPrecisions) {
      if (!may_use(low)) continue;
      const Decision fast = has_fast_kernels(settings_.device, low);
      if (fast) usable.push_back(low);
      if (!fast) notes.push_back(str("precision: ", network::enum_name(low), " is not used: ", fast.reason()));
    }
    return usable;
  }

  // What the user wants goes before time.
  static void keep_faster(NetworkChoice& best, NetworkChoice choice) {
    if (!std::isfinite(choice.microseconds)) return;
    const bool is_better =
        choice.unmet != best.unmet ? choice.unmet < best.unmet : choice.microseconds < best.microseconds;
    if (is_better || !std::isfinite(best.microseconds)) best = std::move(choice);
  }

  // The layers that may compute in the precision as the user wants, among those that can.
  LayerSets wanted(const network::INetworkDefinition& network, DataType precision,
                   const std::vector<int32_t>& able) const {
    LayerSets sets;
    const bool must_leave_f32 = settings_.enabled_precisions.count(DataType::kFLOAT) == 0;
    for (const int32_t i : able) {
      const auto chosen = overrides_.find(*network.getLayer(i));
      if (chosen && *chosen != precision) continue;
      sets.may.push_back(i);
      if (chosen || must_leave_f32) sets.must.push_back(i);
    }
    return sets;
  }

  LayerSets low_sets(const network::INetworkDefinition& network, DataType low) const {
    std::vector<int32_t> able = optimizer::layers_that_may_round(network, low);
    const auto beyond = optimizer::layers_beyond(network, seen_, low);
    const auto is_beyond = [&](int32_t i) { return std::binary_search(beyond.begin(), beyond.end(), i); };
    able.erase(std::remove_if(able.begin(), able.end(), is_beyond), able.end());
    return wanted(network, low, able);
  }

  LayerSets integer_sets(const network::INetworkDefinition& network, const optimizer::TensorRanges& ranges) const {
    return wanted(network, DataType::kINT8, optimizer::layers_that_may_quantize(network, ranges));
  }

  // Reads the calibration if precisions that it serves are allowed: scales for int8, the range of f16. Throws Error for
  // one that does not belong to the network, also where nothing can use it.
  void read_ranges(uint64_t key, const std::vector<DataType>& lows) {
    const auto& allowed = settings_.enabled_precisions;
    const bool serves = allowed.count(DataType::kINT8) != 0 || allowed.count(DataType::kHALF) != 0;
    if (settings_.calibration.empty() || !serves) return;
    auto ranges = read_calibration(settings_.calibration, settings_.name, key);
    const bool has_half = std::count(lows.begin(), lows.end(), DataType::kHALF) != 0;
    const bool has_int8 = may_use(DataType::kINT8) && has_fast_kernels(settings_.device, DataType::kINT8);
    if (has_half || has_int8) seen_ = std::move(ranges);
  }

  // The ranges of the calibration, if int8 is allowed and has kernels. Notes why there are none.
  optimizer::TensorRanges usable_ranges(const network::INetworkDefinition& network,
                                        std::vector<std::string>& notes) const {
    if (!may_use(DataType::kINT8)) return {};
    Decision usable = has_fast_kernels(settings_.device, DataType::kINT8);
    if (usable && settings_.calibration.empty()) {
      if (optimizer::has_quantization(network)) return {};
      usable = Decision::no("the network has no quantization, and there is no calibration");
      LOG_WARNING("int8 is enabled, but " << usable.reason() << ": nothing of \"" << settings_.name
                                          << "\" will compute in int8. Give a calibrator");
    }
    if (usable && seen_.empty()) {
      if (optimizer::has_quantization(network)) return {};
      usable = Decision::no("the calibration has the range of no tensor (it sees tensors of float32)");
      LOG_WARNING("int8 in \"" << settings_.name << "\" is not used: " << usable.reason());
    }
    if (usable) {
      const std::string missing = optimizer::layers_without_range(network, seen_);
      if (!missing.empty()) {
        LOG_WARNING("int8 in \"" << settings_.name << "\": " << missing);
        notes.push_back("precision: i8: " + missing);
      }
      return seen_;
    }
    notes.push_back("precision: i8 is not used: " + usable.reason());
    return {};
  }

  // The choice with the layers in 8-bit integers that take less time so.
  NetworkChoice with_integers(const NetworkChoice& choice, const optimizer::TensorRanges& ranges) {
    return with_faster(choice, integer_sets(*choice.network, ranges),
                       [&](const std::vector<int32_t>& layers) { return in_integers(choice, ranges, layers); });
  }

  // The choice with the products that take less time with 8-bit weights; the choice itself if there are none.
  NetworkChoice with_weights(NetworkChoice choice) {
    LayerSets sets;
    for (const int32_t i : optimizer::layers_with_weights_to_quantize(*choice.network)) {
      const bool stays = overrides_.find(*choice.network->getLayer(i)) == DataType::kFLOAT;
      if (!stays) sets.may.push_back(i);
    }
    if (sets.may.empty()) return choice;
    NetworkChoice made = with_faster(choice, sets, [&](const std::vector<int32_t>& layers) {
      NetworkChoice result = choice;
      result.network = with_integer_weights(*choice.network, layers);
      result.choices.clear();
      result.microseconds = 0;
      return result;
    });
    return made.microseconds < choice.microseconds ? std::move(made) : std::move(choice);
  }

  // `make` changes layers of the choice. Changes those that must be, and those that take less time so.
  template <typename Make>
  NetworkChoice with_faster(const NetworkChoice& choice, const LayerSets& sets, Make make) {
    NetworkChoice all = timed(make(sets.may));
    std::unordered_map<std::string, double> times;
    for (size_t i = 0; i < all.choices.size(); ++i) {
      times[place_of(*all.network->getLayer(static_cast<int32_t>(i)))] = all.choices[i].microseconds;
    }
    std::vector<int32_t> chosen;
    for (const int32_t i : sets.may) {
      const auto found = times.find(place_of(*choice.network->getLayer(i)));
      const bool is_faster =
          found != times.end() && found->second < choice.choices[static_cast<size_t>(i)].microseconds;
      if (is_faster || std::binary_search(sets.must.begin(), sets.must.end(), i)) chosen.push_back(i);
    }
    all.unmet = choice.unmet - std::min(choice.unmet, sets.must.size());
    if (chosen.size() == sets.may.size()) return all;
    NetworkChoice some = make(chosen);
    some.unmet = all.unmet;
    try_tactics(some, all.microseconds, /*must_work=*/false);
    return some.microseconds < all.microseconds ? std::move(some) : std::move(all);
  }

  NetworkChoice timed(NetworkChoice choice) {
    try_tactics(choice, std::numeric_limits<double>::infinity(), /*must_work=*/false);
    return choice;
  }

  // For times: of two layers with one name, the later counts.
  static std::string place_of(const network::ILayer& layer) {
    return network::enum_name(layer.getType()) + " " + layer.getName();
  }

  NetworkChoice in_integers(const NetworkChoice& choice, const optimizer::TensorRanges& ranges,
                            const std::vector<int32_t>& layers) {
    NetworkChoice result;
    result.network = with_integer_layers(*choice.network, ranges, layers, integer_context(choice.format));
    result.format = choice.format;
    result.passes = choice.passes;
    const auto& made = result.network->layers();
    result.low_layers[DataType::kINT8] = static_cast<size_t>(std::count_if(
        made.begin(), made.end(), [](const auto& layer) { return optimizer::computes_with_integers(*layer); }));
    return result;
  }

  // The choice itself, and with some of the other layers in lower precisions.
  void keep_faster_of(NetworkChoice& best, NetworkChoice choice, const std::vector<DataType>& lows) {
    if (!std::isfinite(choice.microseconds)) return;
    for (const DataType low : lows) keep_faster(best, with_precision(choice, low));
    keep_faster(best, std::move(choice));
  }

  // The choice with the layers in `low` that take less time so; slower than anything if that is not faster.
  NetworkChoice with_precision(const NetworkChoice& choice, DataType low) {
    const auto sets = low_sets(*choice.network, low);
    const auto layers = choose_low_layers(*choice.network, low, sets, choice.choices, timer_);
    NetworkChoice result;
    result.network = with_low_layers(*choice.network, low, layers).network;
    result.format = choice.format;
    result.passes = choice.passes;
    result.low_layers = choice.low_layers;
    result.low_layers[low] = layers.size();
    result.unmet = choice.unmet - std::min(choice.unmet, sets.must.size());
    const double limit = sets.must.empty() ? choice.microseconds : std::numeric_limits<double>::infinity();
    try_tactics(result, limit, /*must_work=*/false);
    return result;
  }

  NetworkChoice optimized(std::shared_ptr<network::INetworkDefinition> network, TensorFormat format) {
    NetworkChoice choice;
    choice.network = std::move(network);
    choice.format = format;
    if (format != TensorFormat::kLINEAR) choice.passes = optimizer::optimize(*choice.network, pass_context(format));
    return choice;
  }

  // Chooses the tactics and returns the outcome as text. The time is infinite if some layer has no tactic in this
  // format (Error instead if `must_work`), or once all layers together exceed `limit`.
  std::string try_tactics(NetworkChoice& choice, double limit, bool must_work) {
    try {
      choose_tactics(choice, limit);
    } catch (const Error& e) {
      if (must_work) throw;
      LOG_INFO("no engine in format " << network::enum_name(choice.format) << ": " << e.msg());
      choice.microseconds = std::numeric_limits<double>::infinity();
      return "cannot run";
    }
    if (choice.microseconds < limit) return fmt::format("{:.0f} us", choice.microseconds);
    choice.microseconds = std::numeric_limits<double>::infinity();
    return fmt::format("more than {:.0f} us", limit);
  }

  void choose_tactics(NetworkChoice& choice, double limit) {
    const Schedule schedule(*choice.network, infer_at_opt(*choice.network));
    choice.choices.resize(static_cast<size_t>(choice.network->getNbLayers()));
    size_t done = 0;
    const std::string activity = "timing layers of " + settings_.name + " (" + network::enum_name(choice.format) + ")";
    for (const Step& step : schedule.steps()) {
      core::util::report(activity, static_cast<int64_t>(done), static_cast<int64_t>(schedule.steps().size()));
      const TimedTactic picked = timer_.pick(step.instance, shares_large_constant(*step.instance.layer));
      LayerChoice& chosen = choice.choices[static_cast<size_t>(step.layer)];
      chosen = {picked.tactic->name(), picked.config, picked.microseconds, picked.runner_up,
                picked.runner_up_microseconds};
      choice.microseconds += picked.microseconds;
      ++done;
      LOG_INFO("[" << done << "/" << schedule.steps().size() << "] " << network::enum_name(choice.format) << " "
                   << network::describe(*step.instance.layer) << ": "
                   << candidate_text(picked.tactic->name(), picked.config) << ", " << picked.microseconds << " us");
      if (choice.microseconds >= limit) return;
    }
  }

  const BuildSettings& settings_;
  CandidateTimer& timer_;
  NetworkDump dumper_;
  PrecisionOverrides overrides_;
  optimizer::TensorRanges seen_;  // on the calibration data
  optimizer::QuantizedConstants quantized_ = optimizer::QuantizedConstants::kFold;
};

// No, with the reason, if the tactics of the plan cannot run here.
Decision has_tactics(const Plan& plan, const DeviceTarget& target) {
  if (target.isa != plan.target.isa) {
    return Decision::no(str("it was built for ", plan.target.isa, ", this machine has ", target.isa));
  }
  for (size_t i = 0; i < plan.choices.size(); ++i) {
    const std::string& name = plan.choices[i].tactic;
    if (name.empty()) continue;
    const Tactic* tactic = TacticRegistry::global().find(name);
    if (tactic == nullptr) return Decision::no("this process does not have its tactic " + name);
    const Decision runs = tactic->supports(*plan.network->getLayer(static_cast<int32_t>(i)), target);
    if (!runs) return Decision::no(str("its tactic ", name, " does not run here: ", runs.reason()));
  }
  return Decision::yes();
}

}  // namespace

std::vector<network::Dims> opt_dims(const network::INetworkDefinition& network) {
  std::vector<network::Dims> result;
  for (const network::ITensor* input : network.inputs()) {
    result.push_back(input->getDimensions());
    if (result.back().is_static()) continue;
    const auto& profiles = network.profiles();
    const bool has_range = !profiles.empty() && profiles.front().count(input->getName()) != 0;
    if (!has_range) {
      TORCHTRT_THROW_ERROR("input \"" << input->getName() << "\" has dims " << network::to_string(result.back())
                                      << ", but no profile gives their range; give min_shape, opt_shape and "
                                      << "max_shape");
    }
    result.back() = profiles.front().at(input->getName()).opt;
  }
  return result;
}

network::InferredTensors infer_at_opt(const network::INetworkDefinition& network) {
  return network::infer_all(network, opt_dims(network),
                            network::profile_values(network, &network::ProfileRange::opt_values));
}

NetworkChoice choose_network(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                             CandidateTimer& timer) {
  const uint64_t key = network_key(*network);
  return NetworkChooser(settings, timer).run(std::move(network), key);
}

NetworkChoice repeat_choice(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                            const BuildSettings& settings, CandidateTimer& timer) {
  Decision repeats = has_tactics(plan, settings.device);
  if (repeats) {
    NetworkChoice choice = NetworkChooser(settings, timer).run_like(plan, network->clone());
    if (choice.network != nullptr) return choice;
    repeats = Decision::no("with these weights the network is optimized to other layers");
  }
  LOG_INFO("the tactics of the engine \"" << plan.name << "\" are chosen again: " << repeats.reason());
  return NetworkChooser(settings, timer).run(std::move(network), plan.network_key);
}

}  // namespace torch_tensorrt::engine
