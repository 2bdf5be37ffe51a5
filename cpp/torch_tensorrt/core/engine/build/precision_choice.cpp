#include "torch_tensorrt/core/engine/build/precision_choice.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/engine/build/network_choice.h"
#include "torch_tensorrt/core/engine/run/schedule.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/optimizer/precision/min_cut.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::ILayer;
using network::ITensor;
using optimizer::MinCut;

int64_t nanoseconds(double microseconds) { return std::llround(microseconds * 1000); }

// The cheapest split of the layers into those in f32 (the source's side of a cut) and those in a lower dtype.
class Split {
 public:
  Split(const network::INetworkDefinition& network, DataType low, const LayerSets& sets,
        const std::vector<LayerChoice>& choices, CandidateTimer& timer)
      : network_(network), low_(low), sets_(sets), choices_(choices), timer_(timer), types_(infer_at_opt(network)) {}

  std::vector<int32_t> run() {
    time_layers();
    for (const auto& layer : network_.layers()) nodes_[layer.get()] = cut_.add_node();
    for (int32_t i = 0; i < network_.getNbLayers(); ++i) {
      const int32_t node = nodes_.at(network_.getLayer(i));
      const auto low_time = low_times_.find(i);
      if (low_time == low_times_.end()) {
        cut_.add_edge(MinCut::kSource, node, MinCut::kInfinite);
        continue;
      }
      // A node on the sink's side pays the edge from the source: its time in the lower dtype.
      cut_.add_edge(MinCut::kSource, node, nanoseconds(low_time->second));
      const bool is_forced = std::binary_search(sets_.must.begin(), sets_.must.end(), i);
      cut_.add_edge(node, MinCut::kSink,
                    is_forced ? MinCut::kInfinite : nanoseconds(choices_[static_cast<size_t>(i)].microseconds));
    }
    for (const auto& layer : network_.layers()) {
      for (int32_t i = 0; i < layer->getNbOutputs(); ++i) add_casts(*layer->getOutput(i));
    }
    return low_layers();
  }

 private:
  // Times the layers in the lower dtype, all casts in place.
  void time_layers() {
    const auto& able = sets_.may;
    const MixedNetwork mixed = with_low_layers(network_, low_, able);
    std::unordered_map<const ILayer*, int32_t> places;
    for (const int32_t i : able) {
      places[mixed.layers[static_cast<size_t>(i)]] = i;
      low_times_[i] = 0;  // of layers without a step
    }
    const Schedule schedule(*mixed.network, infer_at_opt(*mixed.network));
    int64_t done = 0;
    for (const Step& step : schedule.steps()) {
      core::util::report(str("timing layers of ", network_.getName(), " in ", network::enum_name(low_)), done++,
                         static_cast<int64_t>(schedule.steps().size()));
      const auto place = places.find(step.instance.layer);
      if (place != places.end()) time_layer(place->second, step.instance);
    }
  }

  void time_layer(int32_t index, const LayerInstance& instance) {
    try {
      low_times_[index] = timer_.pick(instance).microseconds;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {  // of a library, too: the layer runs in f32
      LOG_DEBUG(network::describe(*instance.layer) << " stays f32: " << GetExceptionString(error));
      low_times_.erase(index);
    }
  }

  bool is_low(const ILayer* layer, const std::vector<bool>& sides) const {
    return sides[static_cast<size_t>(nodes_.at(layer))];
  }

  // Adds the casts that the tensor needs where its producer and its readers are on different sides.
  void add_casts(const ITensor& tensor) {
    if (tensor.getType() != DataType::kFLOAT || optimizer::is_constant(&tensor)) return;
    const int32_t producer = nodes_.at(tensor.producer());
    const auto readers = tensor.consumers();
    if (!readers.empty()) {
      // One cast to the lower dtype, if any reader takes that.
      const int32_t rounded = cut_.add_node();
      cut_.add_edge(producer, rounded, nanoseconds(cast_time(tensor, DataType::kFLOAT, low_)));
      for (const ILayer* reader : readers) cut_.add_edge(rounded, nodes_.at(reader), MinCut::kInfinite);
    }
    // One cast to f32, if any reader takes that, or the network's user.
    const int32_t widened = cut_.add_node();
    cut_.add_edge(widened, producer, nanoseconds(cast_time(tensor, low_, DataType::kFLOAT)));
    for (const ILayer* reader : readers) cut_.add_edge(nodes_.at(reader), widened, MinCut::kInfinite);
    if (tensor.isNetworkOutput()) cut_.add_edge(MinCut::kSource, widened, MinCut::kInfinite);
  }

  double cast_time(const ITensor& tensor, DataType from, DataType to) {
    const network::Dims& dims = types_.at(&tensor).type.dims;
    if (dims.volume() == 0) return 0;
    network::INetworkDefinition alone;
    ITensor* input = alone.addInput("x", from, dims);
    auto* cast = alone.addCast(*input, to);
    alone.markOutput(*cast->getOutput(0));
    const Schedule schedule(alone, infer_at_opt(alone));
    for (const Step& step : schedule.steps()) {
      if (step.instance.layer == cast) return timer_.pick(step.instance).microseconds;
    }
    return 0;
  }

  std::vector<int32_t> low_layers() {
    const auto sides = cut_.solve();
    std::vector<int32_t> result;
    for (int32_t i = 0; i < network_.getNbLayers(); ++i) {
      if (is_low(network_.getLayer(i), sides)) result.push_back(i);
    }
    return result;
  }

  const network::INetworkDefinition& network_;
  DataType low_;
  const LayerSets& sets_;
  const std::vector<LayerChoice>& choices_;
  CandidateTimer& timer_;
  network::InferredTensors types_;
  std::unordered_map<int32_t, double> low_times_;
  MinCut cut_;
  std::unordered_map<const ILayer*, int32_t> nodes_;
};

}  // namespace

Decision has_fast_kernels(const DeviceTarget& target, DataType low) {
  const std::string type = network::enum_name(low);
  if (!target.is_cpu()) {
    return Decision::no("on GPUs the layers of native engines compute in the dtypes of their tensors");
  }
  // Instruction sets, each of which contains those before it, with the precision that it adds.
  static const std::vector<std::pair<std::string, std::optional<DataType>>> kLevels = {
      {"avx512_core_vnni", DataType::kINT8},
      {"avx512_core_bf16", DataType::kBF16},
      {"avx512_core_fp16", DataType::kHALF},
      {"avx512_core_amx", std::nullopt},
  };
  const auto own =
      std::find_if(kLevels.begin(), kLevels.end(), [&](const auto& row) { return row.first == target.isa; });
  const auto needed = std::find_if(kLevels.begin(), kLevels.end(), [&](const auto& row) { return row.second == low; });
  if (needed == kLevels.end()) return Decision::no(str("there are no kernels for ", type, " on CPUs"));
  if (own != kLevels.end() && own >= needed) return Decision::yes();
  const char* what = low == DataType::kINT8 ? "sums of 8-bit products" : type.c_str();
  return Decision::no(str("the processor (", target.isa, ") has no instructions for ", what));
}

std::vector<int32_t> choose_low_layers(const network::INetworkDefinition& network, DataType low, const LayerSets& sets,
                                       const std::vector<LayerChoice>& choices, CandidateTimer& timer) {
  return Split(network, low, sets, choices, timer).run();
}

MixedNetwork with_low_layers(const network::INetworkDefinition& network, DataType low,
                             const std::vector<int32_t>& layers) {
  MixedNetwork mixed{network.clone(), {}};
  for (const auto& layer : mixed.network->layers()) mixed.layers.push_back(layer.get());
  std::unordered_set<const ILayer*> chosen;
  for (const int32_t i : layers) chosen.insert(mixed.layers[static_cast<size_t>(i)]);
  std::vector<optimizer::PipelineEntry> pipeline;
  pipeline.push_back({optimizer::make_assign_precision(low, std::move(chosen)), "the layers have been chosen"});
  optimizer::run_pipeline(*mixed.network, {}, pipeline);
  return mixed;
}

std::shared_ptr<network::INetworkDefinition> with_integer_layers(const network::INetworkDefinition& network,
                                                                 const optimizer::TensorRanges& ranges,
                                                                 const std::vector<int32_t>& layers,
                                                                 const optimizer::PassContext& context) {
  auto made = network.clone();
  std::unordered_set<const ILayer*> chosen;
  if (!ranges.empty()) {
    for (const int32_t i : layers) chosen.insert(made->getLayer(i));
  }
  optimizer::PassContext folding = context;
  folding.quantized_constants = optimizer::QuantizedConstants::kFold;
  std::vector<optimizer::PipelineEntry> pipeline;
  const auto add = [&](std::unique_ptr<optimizer::Pass> pass, const char* reason) {
    pipeline.push_back({std::move(pass), reason});
  };
  add(optimizer::make_insert_quantization(ranges, std::move(chosen)), "the layers have been chosen");
  add(optimizer::make_fuse_quantization(), "layers compute with integers where the target has kernels");
  add(optimizer::make_join_integers(), "what lies between these reads their integers and gives them integers");
  add(optimizer::make_constant_folding(), "weights of layers that stayed in f32");
  add(optimizer::make_absorb_constant_weights(), "kernels of these are weights again");
  add(optimizer::make_remove_dead_layers(), "weights in f32 that are unread now");
  optimizer::run_pipeline(*made, folding, pipeline);
  return made;
}

std::shared_ptr<network::INetworkDefinition> with_integer_weights(const network::INetworkDefinition& network,
                                                                  const std::vector<int32_t>& layers) {
  auto made = network.clone();
  std::unordered_set<const ILayer*> chosen;
  for (const int32_t i : layers) chosen.insert(made->getLayer(i));
  std::vector<optimizer::PipelineEntry> pipeline;
  pipeline.push_back({optimizer::make_quantize_weights(std::move(chosen)), "the layers have been chosen"});
  optimizer::run_pipeline(*made, {}, pipeline);
  return made;
}

namespace {

// The convolutions and products whose names those layers of `mixed` have.
std::vector<int32_t> find_products(const network::INetworkDefinition& network, const network::INetworkDefinition& mixed,
                                   bool (*wanted)(const ILayer&)) {
  std::unordered_set<std::string> names;
  for (const auto& layer : mixed.layers()) {
    if (wanted(*layer)) names.insert(layer->getName());
  }
  std::vector<int32_t> result;
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    const ILayer& layer = *network.getLayer(i);
    const bool is_product =
        layer.getType() == network::LayerType::kCONVOLUTION || layer.getType() == network::LayerType::kMATRIX_MULTIPLY;
    if (is_product && names.count(layer.getName()) != 0) result.push_back(i);
  }
  return result;
}

}  // namespace

std::vector<int32_t> find_weight_only_layers(const network::INetworkDefinition& network,
                                             const network::INetworkDefinition& mixed) {
  return find_products(network, mixed, optimizer::has_integer_weights_only);
}

std::vector<int32_t> find_integer_layers(const network::INetworkDefinition& network,
                                         const network::INetworkDefinition& mixed) {
  return find_products(network, mixed, optimizer::computes_with_integers);
}

// The pass keeps the order of the layers. It replaces constants, and adds casts with the names of others.
std::vector<int32_t> find_low_layers(const network::INetworkDefinition& network,
                                     const network::INetworkDefinition& mixed, DataType low) {
  // Other weights may be too large for the dtype.
  const auto able = optimizer::layers_that_may_round(network, low);
  std::vector<int32_t> result;
  auto other = mixed.layers().begin();
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    const ILayer& layer = *network.getLayer(i);
    if (layer.getType() == network::LayerType::kCONSTANT) continue;
    other = std::find_if(other, mixed.layers().end(), [&](const auto& candidate) {
      return candidate->getType() == layer.getType() && std::string(candidate->getName()) == layer.getName();
    });
    if (other == mixed.layers().end()) return {};
    const bool may_round = std::binary_search(able.begin(), able.end(), i);
    if (may_round && (*other)->getOutput(0)->getType() == low) result.push_back(i);
    ++other;
  }
  return result;
}

}  // namespace torch_tensorrt::engine
