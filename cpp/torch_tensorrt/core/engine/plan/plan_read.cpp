#include <flatbuffers/flatbuffers.h>

#include <algorithm>

#include "torch_tensorrt/core/engine/plan/engine_bytes.h"
#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/engine/plan/plan_fields.h"
#include "torch_tensorrt/core/engine/plan/plan_generated.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxTables = 10'000'000;
// A tensor may have at most this many elements, so that computing its size never overflows.
constexpr int64_t kMaxVolume = int64_t{1} << 56;

template <typename T>
const T& required(const T* field, const char* name) {
  if (field == nullptr) TORCHTRT_THROW_ERROR("field " << name << " is missing");
  return *field;
}

void check_dims(const network::Dims& dims) {
  int64_t volume = 1;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] < -1 || dims.d[i] > kMaxVolume) {
      TORCHTRT_THROW_ERROR("a tensor has dims " << network::to_string(dims));
    }
    if (dims.d[i] <= 0) continue;
    if (volume > kMaxVolume / dims.d[i]) TORCHTRT_THROW_ERROR("a tensor has dims " << network::to_string(dims));
    volume *= dims.d[i];
  }
}

bool is_inside(const fb::Block& block, const PlanHeader::Section& weights) {
  return block.offset() % PlanHeader::kSectionAlignment == 0 && block.offset() <= weights.size &&
         block.bytes() <= weights.size - block.offset();
}

// The large blocks in order; none if blocks overlap (other than equal ones), or do not lie in the section.
std::vector<EngineBytes::Range> large_blocks(const fb::Plan& table, const PlanHeader::Section& weights,
                                             size_t smallest) {
  std::vector<EngineBytes::Range> all;
  if (table.blocks() == nullptr) return all;
  for (const fb::Block* block : *table.blocks()) {
    if (!is_inside(*block, weights)) return {};
    if (block->bytes() > 0) all.push_back({weights.offset + block->offset(), block->bytes()});
  }
  const auto is_before = [](const auto& a, const auto& b) { return a.offset < b.offset; };
  std::stable_sort(all.begin(), all.end(), is_before);
  std::vector<EngineBytes::Range> large;
  EngineBytes::Range last;
  for (const auto& range : all) {
    if (range.offset == last.offset && range.size == last.size) continue;
    if (range.offset < last.offset + last.size) return {};
    last = range;
    if (range.size >= smallest) large.push_back(range);
  }
  return large;
}

// Makes the plan from a table whose structure is verified and whose content is not trusted.
class TableReader {
 public:
  TableReader(const fb::Plan& table, std::shared_ptr<const EngineBytes> bytes, const PlanHeader::Section& section)
      : table_(table), bytes_(std::move(bytes)), weights_(section) {}

  Plan run() {
    plan_.name = read_text(table_.name());
    plan_.producer = read_text(table_.producer());
    plan_.backend = read_text(table_.backend());
    plan_.backend_version = read_text(table_.backend_version());
    plan_.max_specializations = std::max(table_.max_specializations(), 1);
    plan_.network = std::make_shared<network::INetworkDefinition>();
    plan_.weights = std::make_shared<WeightStore>();
    read_target(required(table_.target(), "target"));
    if (table_.notes() != nullptr) {
      for (const auto* note : *table_.notes()) plan_.notes.push_back(read_text(note));
    }
    if (table_.settings() != nullptr) plan_.settings = read_settings(*table_.settings());
    plan_.signatures = read_list(table_.signatures());
    plan_.network_key = table_.network_key();
    read_optimization();
    plan_.weight_bytes = static_cast<int64_t>(weights_.size);
    read_blocks();
    read_network(required(table_.network(), "network"));
    network::verify_network(*plan_.network);
    for (size_t i = 0; i < tensors_.size(); ++i) check_type(*tensors_[i], *recorded_[i]);
    plan_.network->keep_alive(bytes_);
    return std::move(plan_);
  }

 private:
  void read_target(const fb::Target& target) {
    if (target.kind() == kGpuTarget) {
      plan_.target.device_type = target.dla_core() < 0 ? network::DeviceType::kGPU : network::DeviceType::kDLA;
    } else if (target.kind() != kCpuTarget) {
      TORCHTRT_THROW_ERROR("the target is of the unknown kind " << target.kind());
    }
    if (plan_.target.is_dla()) plan_.target.dla_core = target.dla_core();
    plan_.target.gpu_id = target.index();
    plan_.target.threads = target.threads();
    plan_.target.isa = read_text(target.isa());
  }

  void read_optimization() {
    if (table_.converted() != nullptr) {
      for (const auto* row : *table_.converted()) plan_.converted[read_text(row->kind())] = row->count();
    }
    if (table_.passes() == nullptr) return;
    for (const auto* run : *table_.passes()) {
      plan_.passes.push_back(
          {read_text(run->name()), /*changed=*/true, /*milliseconds=*/0, run->layers_before(), run->layers_after()});
    }
  }

  void read_blocks() {
    if (table_.blocks() == nullptr) return;
    for (const fb::Block* block : *table_.blocks()) {
      const std::string key = read_text(block->key());
      if (!is_inside(*block, weights_)) {
        TORCHTRT_THROW_ERROR("weights " << key << " would stand at byte " << block->offset() << " with "
                                        << block->bytes() << " bytes in a section of " << weights_.size);
      }
      if (plan_.weights->contains(key)) TORCHTRT_THROW_ERROR("weights " << key << " are listed twice");
      plan_.weights->put(key, {read_text(block->layout()), static_cast<int64_t>(block->bytes()), data_of(*block)});
    }
  }

  std::shared_ptr<const void> data_of(const fb::Block& block) const {
    return bytes_->at(weights_.offset + block.offset());
  }

  // Packed weights never have fewer bytes than plain ones, so reading them as plain stays inside the file.
  network::Weights find_weights(const fb::WeightsRef& ref) const {
    network::Weights weights;
    weights.type = read_enum<network::DataType>(ref.dtype());
    if (ref.count() == 0) return weights;
    const auto* blocks = table_.blocks();
    if (blocks == nullptr || ref.block() < 0 || static_cast<uint32_t>(ref.block()) >= blocks->size()) {
      TORCHTRT_THROW_ERROR(ref.count() << " weights are in block " << ref.block() << ", which does not exist");
    }
    const fb::Block& block = *blocks->Get(static_cast<uint32_t>(ref.block()));
    const auto available = static_cast<int64_t>(block.bytes());
    const int64_t size = network::element_size(weights.type);
    const bool is_plain = read_text(block.layout()) == "plain";
    if (ref.count() < 0 || ref.count() > available / size || (is_plain && ref.count() * size != available)) {
      TORCHTRT_THROW_ERROR(ref.count() << " weights of " << network::enum_name(weights.type) << " are in block "
                                       << read_text(block.key()) << " of " << available << " bytes");
    }
    weights.count = ref.count();
    weights.values = data_of(block).get();
    return weights;
  }

  network::ITensor& tensor(int32_t number) const {
    if (number < 0 || static_cast<size_t>(number) >= tensors_.size()) {
      TORCHTRT_THROW_ERROR("tensor " << number << " is read before it is defined; " << tensors_.size()
                                     << " are defined so far");
    }
    return *tensors_[static_cast<size_t>(number)];
  }

  void read_outputs(network::ILayer& layer, const fb::Layer& record) {
    const uint32_t count = record.outputs() == nullptr ? 0 : record.outputs()->size();
    if (count != static_cast<uint32_t>(layer.getNbOutputs())) {
      TORCHTRT_THROW_ERROR("it has " << count << " outputs, expected " << layer.getNbOutputs());
    }
    for (uint32_t i = 0; i < count; ++i) {
      const fb::Tensor& output_record = *record.outputs()->Get(i);
      network::ITensor& output = *layer.getOutput(static_cast<int32_t>(i));
      output.setName(read_text(output_record.name()).c_str());
      output.set_format(read_enum<network::TensorFormat>(output_record.format()));
      check_dims(read_dims(output_record.dims()));
      const bool is_constant = layer.getType() == network::LayerType::kCONSTANT;
      if (is_constant && output.format() != network::TensorFormat::kLINEAR) {
        TORCHTRT_THROW_ERROR("its format is " << network::enum_name(output.format()) << ", constants are row-major");
      }
      tensors_.push_back(&output);
      recorded_.push_back(&output_record);
    }
  }

  void read_layer(const fb::Layer& record) {
    auto made = network::make_layer(read_enum<network::LayerType>(record.kind()));
    AttributeReader attributes(record, [this](const fb::WeightsRef& ref) { return find_weights(ref); });
    network::write_attributes(*made, attributes);
    network::ILayer* layer = plan_.network->add_layer(std::move(made));
    layer->setName(read_text(record.name()).c_str());
    layer->set_source(read_text(record.source()));
    layer->setMetadata(read_text(record.metadata()).c_str());
    const auto inputs = read_list(record.inputs());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] != -1) layer->setInput(static_cast<int32_t>(i), tensor(inputs[i]));
    }
    read_outputs(*layer, record);
    plan_.choices.push_back({read_text(record.tactic()), read_text(record.config()), record.microseconds(),
                             read_text(record.runner_up()), record.runner_up_microseconds()});
  }

  void read_network(const fb::Network& record) {
    plan_.network->setName(read_text(record.name()).c_str());
    if (record.layers() != nullptr) {
      for (const fb::Layer* layer : *record.layers()) {
        try {
          read_layer(*layer);
        } catch (Error& e) {
          TORCHTRT_THROW_ERROR(read_text(layer->kind())
                               << " layer \"" << read_text(layer->name()) << "\": " << e.msg());
        }
      }
    }
    const auto inputs = read_list(record.inputs());
    const auto& made = plan_.network->inputs();
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs.size() != made.size() || &tensor(inputs[i]) != made[i]) {
        TORCHTRT_THROW_ERROR("its inputs are not its input layers in their order");
      }
    }
    for (const int32_t number : read_list(record.outputs())) plan_.network->markOutput(tensor(number));
    read_profiles(record);
  }

  static std::vector<int64_t> read_values(const flatbuffers::Vector<int64_t>* list) {
    if (list == nullptr) return {};
    if (list->size() > network::kMaxShapeInputElements) {
      TORCHTRT_THROW_ERROR("an input has " << list->size() << " elements that are used as a shape, must have at most "
                                           << network::kMaxShapeInputElements);
    }
    return {list->begin(), list->end()};
  }

  void read_profiles(const fb::Network& record) {
    if (record.profiles() == nullptr) return;
    for (const fb::Profile* profile : *record.profiles()) {
      network::Profile ranges;
      if (profile->ranges() != nullptr) {
        for (const fb::Range* range : *profile->ranges()) {
          ranges[read_text(range->input())] = {read_dims(range->min()),          read_dims(range->opt()),
                                               read_dims(range->max()),          read_values(range->min_values()),
                                               read_values(range->opt_values()), read_values(range->max_values())};
        }
      }
      for (const auto& [input, range] : ranges) {
        for (const auto* dims : {&range.min, &range.opt, &range.max}) check_dims(*dims);
      }
      plan_.network->profiles().push_back(std::move(ranges));
    }
  }

  static void check_type(const network::ITensor& tensor, const fb::Tensor& record) {
    const network::Dims dims = read_dims(record.dims());
    const auto dtype = read_enum<network::DataType>(record.dtype());
    if (tensor.getType() == dtype && tensor.getDimensions() == dims) return;
    TORCHTRT_THROW_ERROR("tensor \"" << tensor.getName() << "\" is recorded as " << network::enum_name(dtype) << "["
                                     << network::to_string(dims) << "], but its layer gives "
                                     << network::enum_name(tensor.getType()) << "["
                                     << network::to_string(tensor.getDimensions()) << "]");
  }

  const fb::Plan& table_;
  std::shared_ptr<const EngineBytes> bytes_;
  PlanHeader::Section weights_;
  Plan plan_;
  std::vector<network::ITensor*> tensors_;
  std::vector<const fb::Tensor*> recorded_;  // of each tensor
};

constexpr const char* kPayloadKey = "payload";

}  // namespace

std::string_view payload_of(const Plan& plan) {
  const WeightBlock block = plan.weights->find(kPayloadKey);
  return {static_cast<const char*>(block.data.get()), static_cast<size_t>(block.bytes)};
}

void set_payload(Plan& plan, std::shared_ptr<const std::string> payload) {
  const std::shared_ptr<const void> data(payload, payload->data());
  plan.weights->put(kPayloadKey, {plan.backend, static_cast<int64_t>(payload->size()), data});
}

namespace {

// `memory(table, header)` gives the bytes from then on.
template <typename Memory>
Plan read(const std::string& bytes, const Memory& memory) {
  const PlanHeader header = decode_header(bytes);
  const auto* table = reinterpret_cast<const uint8_t*>(bytes.data() + header.table.offset);
  flatbuffers::Verifier verifier(table, header.table.size, kMaxDepth, kMaxTables);
  try {
    if (!fb::VerifyPlanBuffer(verifier)) TORCHTRT_THROW_ERROR("its table is not a valid FlatBuffer");
    const fb::Plan& plan = *fb::GetPlan(table);
    return TableReader(plan, memory(plan, header), header.weights).run();
  } catch (const Error& e) {
    TORCHTRT_THROW_ERROR("the engine (written by \"" << header.producer << "\") is damaged or was made by other means: "
                                                     << e.msg() << ". Build it again");
  }
}

}  // namespace

Plan parse_plan(std::shared_ptr<const std::string> bytes) {
  return read(*bytes, [&](const auto&, const auto&) { return std::make_shared<const EngineBytes>(bytes); });
}

LoadedPlan load_plan(const std::string& bytes, WeightPool& pool) {
  LoadedPlan loaded;
  loaded.plan = read(bytes, [&](const fb::Plan& table, const PlanHeader& header) {
    const auto blocks = large_blocks(table, header.weights, static_cast<size_t>(pool.smallest_block()));
    loaded.bytes = std::make_shared<const EngineBytes>(bytes, blocks, pool);
    return loaded.bytes;
  });
  return loaded;
}

}  // namespace torch_tensorrt::engine
