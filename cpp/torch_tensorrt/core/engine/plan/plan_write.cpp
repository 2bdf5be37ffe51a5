#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/engine/plan/plan_fields.h"
#include "torch_tensorrt/core/engine/plan/plan_generated.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

using Buffer = flatbuffers::FlatBufferBuilder;
template <typename T>
using Offset = flatbuffers::Offset<T>;
using Longs = Offset<flatbuffers::Vector<int64_t>>;

Longs write_dims(Buffer& buffer, const network::Dims& dims) { return buffer.CreateVector(dims.to_vector()); }

// Finds the block of the file that holds some weights.
using FindBlock = std::function<int32_t(const char* attribute)>;

// Writes each attribute that it visits.
class AttributeWriter final : public network::AttributeVisitor {
 public:
  AttributeWriter(Buffer& buffer, FindBlock find_block) : buffer_(buffer), find_block_(std::move(find_block)) {}

  void visit(const char* name, bool& value) override { add(name, fb::Value::Bool, fb::CreateBool(buffer_, value)); }
  void visit(const char* name, int64_t& value) override {
    check_attribute(name, value);
    add(name, fb::Value::Int, fb::CreateInt(buffer_, value));
  }
  void visit(const char* name, double& value) override {
    add(name, fb::Value::Double, fb::CreateDouble(buffer_, value));
  }
  void visit(const char* name, std::optional<double>& value) override {
    const auto number = value ? flatbuffers::Optional<double>(*value) : flatbuffers::nullopt;
    add(name, fb::Value::OptionalDouble, fb::CreateOptionalDouble(buffer_, number));
  }
  void visit(const char* name, std::string& value) override {
    add(name, fb::Value::Text, fb::CreateText(buffer_, buffer_.CreateString(value)));
  }
  void visit(const char* name, network::Dims& value) override {
    check_attribute(name, value);
    add(name, fb::Value::DimsValue, fb::CreateDimsValue(buffer_, write_dims(buffer_, value)));
  }
  void visit(const char* name, std::vector<int64_t>& value) override {
    for (const int64_t element : value) check_attribute(name, element);
    add(name, fb::Value::IntList, fb::CreateIntList(buffer_, buffer_.CreateVector(value)));
  }
  void visit(const char* name, std::vector<double>& value) override {
    add(name, fb::Value::DoubleList, fb::CreateDoubleList(buffer_, buffer_.CreateVector(value)));
  }
  void visit(const char* name, network::Weights& value) override {
    const auto dtype = buffer_.CreateString(network::enum_name(value.type));
    const int32_t block = value.count > 0 ? find_block_(name) : -1;
    add(name, fb::Value::WeightsRef, fb::CreateWeightsRef(buffer_, dtype, value.count, block));
  }
  void visit(const char* name, network::Epilogue& value) override {
    std::vector<Offset<fb::EpilogueOp>> ops;
    for (const network::EpilogueOp& op : value) {
      const auto activation = buffer_.CreateString(network::enum_name(op.activation));
      const auto elementwise = buffer_.CreateString(network::enum_name(op.elementwise));
      const bool quantizes = op.kind == network::EpilogueOp::Kind::kQuantize;
      const auto type = quantizes ? buffer_.CreateString(network::enum_name(op.type)) : 0;
      ops.push_back(fb::CreateEpilogueOp(buffer_, static_cast<int32_t>(op.kind), activation, /*alpha=*/0, /*beta=*/0,
                                         elementwise, op.input, op.swapped, op.alpha, op.beta, type));
    }
    add(name, fb::Value::Epilogue, fb::CreateEpilogue(buffer_, buffer_.CreateVector(ops)));
  }
  void visit_enum(const char* name, int32_t& value, const network::EnumTable& table) override {
    const char* text = table.find_name(value);
    TORCHTRT_ASSERT(text != nullptr, << table.type_name << " " << value);
    add(name, fb::Value::Enum, fb::CreateEnum(buffer_, buffer_.CreateString(text)));
  }

  Offset<flatbuffers::Vector<Offset<fb::Attribute>>> finish() { return buffer_.CreateVector(attributes_); }

 private:
  template <typename T>
  void add(const char* name, fb::Value kind, Offset<T> value) {
    attributes_.push_back(fb::CreateAttribute(buffer_, buffer_.CreateString(name), kind, value.Union()));
  }

  Buffer& buffer_;
  FindBlock find_block_;
  std::vector<Offset<fb::Attribute>> attributes_;
};

using Blocks = std::vector<std::pair<std::string, WeightBlock>>;

// Place of each block in the weights section. Equal blocks share one place.
struct BlockPlaces {
  std::vector<size_t> offsets;
  std::vector<bool> is_written;  // false: equal to an earlier block
  size_t total = 0;
};

bool same_bytes(const WeightBlock& a, const WeightBlock& b) {
  if (a.bytes != b.bytes) return false;
  return a.data == b.data || std::memcmp(a.data.get(), b.data.get(), static_cast<size_t>(a.bytes)) == 0;
}

BlockPlaces place_blocks(const Blocks& blocks) {
  BlockPlaces places;
  std::unordered_map<int64_t, int64_t> count_of_size;
  for (const auto& [key, block] : blocks) ++count_of_size[block.bytes];
  std::unordered_map<uint64_t, std::vector<size_t>> written;  // by a hash of the bytes
  for (size_t i = 0; i < blocks.size(); ++i) {
    const WeightBlock& block = blocks[i].second;
    const auto size = static_cast<size_t>(block.bytes);
    std::vector<size_t>* alike = nullptr;
    if (size > 0 && count_of_size[block.bytes] > 1) {
      alike = &written[checksum({static_cast<const char*>(block.data.get()), size})];
      const auto same = [&](size_t other) { return same_bytes(blocks[other].second, block); };
      const auto found = std::find_if(alike->begin(), alike->end(), same);
      if (found != alike->end()) {
        places.offsets.push_back(places.offsets[*found]);
        places.is_written.push_back(false);
        continue;
      }
      alike->push_back(i);
    }
    places.offsets.push_back(places.total);
    places.is_written.push_back(true);
    places.total += aligned_up(size);
  }
  return places;
}

// Writes the table section.
class TableWriter {
 public:
  TableWriter(const Plan& plan, const Blocks& blocks, const BlockPlaces& places)
      : plan_(plan), network_(*plan.network), blocks_(blocks), places_(places), numbers_(*plan.network) {
    for (size_t i = 0; i < blocks.size(); ++i) block_numbers_.emplace(blocks[i].first, static_cast<int32_t>(i));
  }

  flatbuffers::DetachedBuffer run() {
    const auto name = buffer_.CreateString(plan_.name);
    const auto producer = buffer_.CreateString(plan_.producer);
    const auto isa = buffer_.CreateString(plan_.target.isa);
    const auto target = fb::CreateTarget(buffer_, plan_.target.is_cpu() ? kCpuTarget : kGpuTarget,
                                         static_cast<int32_t>(plan_.target.gpu_id), plan_.target.threads, isa,
                                         plan_.target.used_dla_core());
    const auto network = write_network();
    const auto blocks = write_blocks();
    const auto notes = buffer_.CreateVectorOfStrings(plan_.notes);
    const auto backend = buffer_.CreateString(plan_.backend);
    const auto version = buffer_.CreateString(plan_.backend_version);
    const auto settings = plan_.settings ? write_settings(buffer_, *plan_.settings) : Offset<fb::Settings>();
    const auto signatures = buffer_.CreateVector(plan_.signatures);
    const auto converted = write_converted();
    const auto passes = write_passes();
    buffer_.Finish(fb::CreatePlan(buffer_, name, producer, target, network, blocks, notes, backend, version,
                                  plan_.max_specializations, settings, signatures, plan_.network_key, converted,
                                  passes));
    return buffer_.Release();
  }

 private:
  Offset<flatbuffers::Vector<Offset<fb::KindCount>>> write_converted() {
    std::vector<Offset<fb::KindCount>> counts;
    for (const auto& [kind, count] : plan_.converted) {
      counts.push_back(fb::CreateKindCount(buffer_, buffer_.CreateString(kind), count));
    }
    return buffer_.CreateVector(counts);
  }

  Offset<flatbuffers::Vector<Offset<fb::PassRun>>> write_passes() {
    std::vector<Offset<fb::PassRun>> runs;
    for (const optimizer::PassReport& pass : plan_.passes) {
      const auto name = buffer_.CreateString(pass.name);
      runs.push_back(fb::CreatePassRun(buffer_, name, pass.layers_before, pass.layers_after));
    }
    return buffer_.CreateVector(runs);
  }

  // The plain elements of a constant may be gone because every layer that reads them has packed them. The file then
  // refers to the packed elements, which never have fewer bytes.
  int32_t find_block(int32_t layer_index, const char* attribute) const {
    const auto own = block_numbers_.find(weight_key(layer_index, attribute));
    if (own != block_numbers_.end()) return own->second;
    const network::ITensor* output = network_.getLayer(layer_index)->getOutput(0);
    for (const network::ILayer* reader : output->consumers()) {
      for (int32_t i = 0; i < reader->getNbInputs(); ++i) {
        const auto packed = block_numbers_.find(input_key(layer_index_of(*reader), i));
        if (reader->getInput(i) == output && packed != block_numbers_.end()) return packed->second;
      }
    }
    TORCHTRT_THROW_ERROR("internal error, the plan has no weights " << weight_key(layer_index, attribute) << " of "
                                                                    << network::describe(*output->producer()));
  }

  int32_t layer_index_of(const network::ILayer& layer) const { return engine::layer_index(layer); }

  Offset<fb::Tensor> write_tensor(const network::ITensor& tensor) {
    const auto name = buffer_.CreateString(tensor.getName());
    const auto dtype = buffer_.CreateString(network::enum_name(tensor.getType()));
    const auto format = buffer_.CreateString(network::enum_name(tensor.format()));
    return fb::CreateTensor(buffer_, name, dtype, write_dims(buffer_, tensor.getDimensions()), format);
  }

  Offset<fb::Layer> write_layer(int32_t index) {
    const network::ILayer& layer = *network_.getLayer(index);
    AttributeWriter attribute_writer(buffer_, [&](const char* attribute) { return find_block(index, attribute); });
    network::read_attributes(layer, attribute_writer);
    const auto attributes = attribute_writer.finish();
    std::vector<int32_t> inputs;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) inputs.push_back(numbers_.of(layer.getInput(i)));
    std::vector<Offset<fb::Tensor>> outputs;
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) outputs.push_back(write_tensor(*layer.getOutput(i)));
    const LayerChoice& choice = plan_.choices.at(static_cast<size_t>(index));
    const auto kind = buffer_.CreateString(network::enum_name(layer.getType()));
    const auto name = buffer_.CreateString(layer.getName());
    const auto source = buffer_.CreateString(layer.source());
    const auto metadata = buffer_.CreateString(layer.getMetadata());
    const auto tactic = buffer_.CreateString(choice.tactic);
    const auto runner_up = choice.runner_up.empty() ? 0 : buffer_.CreateString(choice.runner_up);
    const auto config = choice.config.empty() ? 0 : buffer_.CreateString(choice.config);
    const auto input_list = buffer_.CreateVector(inputs);
    const auto output_list = buffer_.CreateVector(outputs);
    return fb::CreateLayer(buffer_, kind, name, source, metadata, attributes, input_list, output_list, tactic,
                           choice.microseconds, runner_up, choice.runner_up_microseconds, config);
  }

  Offset<fb::Profile> write_profile(const network::Profile& profile) {
    std::vector<Offset<fb::Range>> ranges;
    for (const auto& [input, range] : profile) {
      const auto name = buffer_.CreateString(input);
      const auto min = write_dims(buffer_, range.min);
      const auto opt = write_dims(buffer_, range.opt);
      const auto max = write_dims(buffer_, range.max);
      const auto min_values = buffer_.CreateVector(range.min_values);
      const auto opt_values = buffer_.CreateVector(range.opt_values);
      const auto max_values = buffer_.CreateVector(range.max_values);
      ranges.push_back(fb::CreateRange(buffer_, name, min, opt, max, min_values, opt_values, max_values));
    }
    return fb::CreateProfile(buffer_, buffer_.CreateVector(ranges));
  }

  Offset<fb::Network> write_network() {
    std::vector<Offset<fb::Layer>> layers;
    for (int32_t i = 0; i < network_.getNbLayers(); ++i) layers.push_back(write_layer(i));
    std::vector<int32_t> inputs;
    for (const network::ITensor* input : network_.inputs()) inputs.push_back(numbers_.of(input));
    std::vector<int32_t> outputs;
    for (const network::ITensor* output : network_.outputs()) outputs.push_back(numbers_.of(output));
    std::vector<Offset<fb::Profile>> profiles;
    for (const network::Profile& profile : network_.profiles()) profiles.push_back(write_profile(profile));
    const auto name = buffer_.CreateString(network_.getName());
    const auto layer_list = buffer_.CreateVector(layers);
    const auto input_list = buffer_.CreateVector(inputs);
    const auto output_list = buffer_.CreateVector(outputs);
    return fb::CreateNetwork(buffer_, name, layer_list, input_list, output_list, buffer_.CreateVector(profiles));
  }

  Offset<flatbuffers::Vector<Offset<fb::Block>>> write_blocks() {
    std::vector<Offset<fb::Block>> list;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const auto& [key, block] = blocks_[i];
      const auto key_text = buffer_.CreateString(key);
      const auto layout = buffer_.CreateString(block.layout);
      const auto bytes = static_cast<uint64_t>(block.bytes);
      list.push_back(fb::CreateBlock(buffer_, key_text, layout, places_.offsets[i], bytes));
    }
    return buffer_.CreateVector(list);
  }

  const Plan& plan_;
  const network::INetworkDefinition& network_;
  const Blocks& blocks_;
  const BlockPlaces& places_;
  TensorNumbers numbers_;
  std::unordered_map<std::string, int32_t> block_numbers_;
  Buffer buffer_;
};

void pad(std::string& bytes) { bytes.resize(aligned_up(bytes.size()), '\0'); }

// Appends the blocks and frees each as soon as it is written.
void append_blocks(Blocks& blocks, const BlockPlaces& places, WeightStore& store, std::string& bytes) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    auto& [key, block] = blocks[i];
    if (places.is_written[i]) {
      bytes.append(static_cast<const char*>(block.data.get()), static_cast<size_t>(block.bytes));
      pad(bytes);
    }
    block = WeightBlock{};
    store.erase(key);
  }
}

}  // namespace

std::string serialize_plan(Plan&& plan) {
  auto blocks = plan.weights->blocks();
  const BlockPlaces places = place_blocks(blocks);
  const flatbuffers::DetachedBuffer table = TableWriter(plan, blocks, places).run();
  PlanHeader header;
  header.producer = plan.producer;
  header.table.offset = PlanHeader::kSize;
  header.table.size = aligned_up(table.size());
  header.weights.offset = header.table.offset + header.table.size;
  header.weights.size = places.total;
  header.file_size = header.weights.offset + header.weights.size;

  std::string bytes;
  bytes.reserve(header.file_size);
  bytes.resize(PlanHeader::kSize, '\0');
  bytes.append(reinterpret_cast<const char*>(table.data()), table.size());
  pad(bytes);
  plan.network.reset();
  append_blocks(blocks, places, *plan.weights, bytes);
  const std::string_view view = bytes;
  header.table.checksum = checksum(view.substr(header.table.offset, header.table.size));
  header.weights.checksum = checksum(view.substr(header.weights.offset, header.weights.size));
  const auto encoded = encode_header(header);
  std::copy(encoded.begin(), encoded.end(), bytes.begin());
  return bytes;
}

}  // namespace torch_tensorrt::engine
