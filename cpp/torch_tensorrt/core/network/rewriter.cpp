#include "torch_tensorrt/core/network/rewriter.h"

#include <algorithm>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

std::string text_of(const ITensor& tensor) {
  return str(enum_name(tensor.getType()), " ", to_string(tensor.getDimensions()));
}

bool is_dead(const ILayer& layer) {
  if (layer.getType() == LayerType::kINPUT) {
    return false;
  }
  for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
    const ITensor& output = *layer.getOutput(i);
    if (output.isNetworkOutput() || !output.consumers().empty()) {
      return false;
    }
  }
  return true;
}

std::vector<ILayer*> producers_of(const ILayer& layer) {
  std::vector<ILayer*> producers;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    ITensor* input = layer.getInput(i);
    if (input != nullptr && std::find(producers.begin(), producers.end(), input->producer()) == producers.end()) {
      producers.push_back(input->producer());
    }
  }
  return producers;
}

}  // namespace

ILayer* Rewriter::next(ILayer& layer) const {
  return network_.getLayer(static_cast<int32_t>(network_.index_of(layer)) + 1);
}

ILayer* Rewriter::insert(std::unique_ptr<ILayer> layer, const std::vector<ITensor*>& inputs, const ILayer& like,
                         ILayer* position) {
  ILayer* added = network_.add_layer(std::move(layer), position);
  changed_ = true;
  added->setName(like.getName());
  added->set_source(like.source());
  added->setMetadata(like.getMetadata());
  int32_t index = 0;
  for (ITensor* input : inputs) {
    added->setInput(index++, *input);
  }
  return added;
}

IConstantLayer* Rewriter::insert_constant_before(ILayer& position, const Dims& dims, DataType type,
                                                 const void* values) {
  const Weights weights = network_.own(type, values, dims.volume());
  return insert_before<IConstantLayer>(position, {}, dims, weights);
}

void Rewriter::check_replacement(const ITensor& from, const ITensor& to) const {
  if (!(TensorType{from.getType(), from.getDimensions()} == TensorType{to.getType(), to.getDimensions()})) {
    TORCHTRT_THROW_ERROR(describe(*from.producer()) << " gives " << text_of(from) << " and cannot be replaced by "
                                                    << describe(*to.producer()) << ", which gives " << text_of(to));
  }
  const size_t place = network_.index_of(*to.producer());
  for (const ILayer* reader : from.consumers_) {
    if (reader != to.producer() && network_.index_of(*reader) < place) {
      TORCHTRT_THROW_ERROR(describe(*reader) << " reads " << describe(*from.producer()) << " and stands before "
                                             << describe(*to.producer()) << ", which is to replace it");
    }
  }
}

void Rewriter::move_output_mark(ITensor& from, ITensor& to) {
  ITensor* heir = &to;
  if (to.is_output_ || to.isNetworkInput()) {
    heir = insert_after<IIdentityLayer>(*to.producer(), {&to})->getOutput(0);
    heir->format_ = to.format_;
  }
  std::replace(network_.outputs_.begin(), network_.outputs_.end(), &from, heir);
  heir->is_output_ = true;
  from.is_output_ = false;
  heir->name_ = from.name_;
  from.name_.clear();
}

void Rewriter::replace_all_uses(ITensor& from, ITensor& to) {
  if (&from == &to) {
    return;
  }
  check_replacement(from, to);
  const std::vector<ILayer*> readers = from.consumers_;
  for (ILayer* reader : readers) {
    for (int32_t i = 0; reader != to.producer() && i < reader->getNbInputs(); ++i) {
      if (reader->getInput(i) == &from) {
        reader->connect(i, &to);
        changed_ = true;
      }
    }
  }
  if (from.is_output_) {
    move_output_mark(from, to);
    changed_ = true;
  }
}

void Rewriter::set_input(ILayer& layer, int32_t index, ITensor& tensor) {
  if (layer.getInput(index) == &tensor) {
    return;
  }
  layer.setInput(index, tensor);
  changed_ = true;
}

int32_t Rewriter::append_input(ILayer& layer, ITensor& tensor) {
  const int32_t index = layer.getNbInputs();
  layer.setInput(index, tensor);
  changed_ = true;
  return index;
}

void Rewriter::truncate_inputs(ILayer& layer, int32_t count) {
  TORCHTRT_ASSERT(count >= 0, "a number of inputs");
  while (layer.getNbInputs() > count) {
    layer.connect(layer.getNbInputs() - 1, nullptr);
    layer.inputs_.pop_back();
    changed_ = true;
  }
}

void Rewriter::move_before(ILayer& layer, ILayer& position) {
  if (&layer == &position || next(layer) == &position) {
    return;
  }
  auto& layers = network_.layers_;
  const size_t from = network_.index_of(layer);
  const size_t to = network_.index_of(position);
  for (const ILayer* producer : producers_of(layer)) {
    if (network_.index_of(*producer) >= to) {
      TORCHTRT_THROW_ERROR(describe(layer)
                           << " cannot move before " << describe(position) << ": it reads " << describe(*producer));
    }
  }
  for (const auto& output : layer.outputs_) {
    for (const ILayer* reader : output->consumers_) {
      if (network_.index_of(*reader) < to) {
        TORCHTRT_THROW_ERROR(describe(layer) << " cannot move before " << describe(position) << ": "
                                             << describe(*reader) << " in between reads it");
      }
    }
  }
  const auto at = [&](size_t index) { return layers.begin() + static_cast<std::ptrdiff_t>(index); };
  if (from < to) {
    std::rotate(at(from), at(from + 1), at(to));
  } else {
    std::rotate(at(to), at(from), at(from + 1));
  }
  changed_ = true;
}

void Rewriter::erase(ILayer& layer) {
  if (!is_dead(layer)) {
    TORCHTRT_THROW_ERROR(describe(layer) << " cannot be removed: it is a network input, a network output or read");
  }
  network_.forget(layer);
  changed_ = true;
}

void Rewriter::erase_if_dead(ILayer& layer) {
  std::vector<ILayer*> waiting{&layer};
  while (!waiting.empty()) {
    ILayer* candidate = waiting.back();
    waiting.pop_back();
    if (!is_dead(*candidate)) {
      continue;
    }
    const std::vector<ILayer*> producers = producers_of(*candidate);
    waiting.erase(std::remove(waiting.begin(), waiting.end(), candidate), waiting.end());
    waiting.insert(waiting.end(), producers.begin(), producers.end());
    erase(*candidate);
  }
}

}  // namespace torch_tensorrt::network
