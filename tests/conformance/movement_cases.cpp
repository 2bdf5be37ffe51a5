#include "conformance/case.h"

// Layers that move elements one to one: shuffle, concatenation, identity, reformat, constant, shape.
namespace torch_tensorrt::conformance {
namespace {

const DataType kMovable[] = {DataType::kFLOAT, DataType::kHALF,  DataType::kBF16,  DataType::kDOUBLE,
                             DataType::kINT8,  DataType::kUINT8, DataType::kINT16, DataType::kINT32,
                             DataType::kINT64, DataType::kBOOL,  DataType::kFP8};

using Setup = std::function<void(network::IShuffleLayer&)>;
using Oracle = std::function<at::Tensor(const at::Tensor&)>;

Case shuffle(const std::string& name, InputSpec input, const Setup& setup, const Oracle& oracle) {
  const DataType dtype = input.type;
  return {"shuffle_" + name,
          {std::move(input)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer = network.addShuffle(*in[0]);
            setup(*layer);
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) { return oracle(in[0]); },
          dtype};
}

void add_shuffles(Cases& cases) {
  for (const DataType dtype : kMovable) {
    cases.push_back(shuffle(
        join("transpose", dtype), {dtype, {2, 3, 4, 5}},
        [](auto& layer) {
          layer.setFirstTranspose(permutation({0, 2, 3, 1}));
        },
        [](const at::Tensor& x) {
          return x.permute({0, 2, 3, 1});
        }));
  }
  cases.push_back(shuffle(
      "flatten", f32({2, 3, 4, 5}),
      [](auto& layer) {
        layer.setReshapeDimensions(Dims{0, -1});
      },
      [](const at::Tensor& x) {
        return x.reshape({2, 60});
      }));
  cases.push_back(shuffle(
      "reshape_5d", f32({2, 12, 6}),
      [](auto& layer) {
        layer.setReshapeDimensions(Dims{2, 3, 4, 2, 3});
      },
      [](const at::Tensor& x) {
        return x.reshape({2, 3, 4, 2, 3});
      }));
  cases.push_back(shuffle(
      "channel_shuffle", f32({2, 12, 3, 3}),
      [](auto& layer) {
        layer.setReshapeDimensions(Dims{0, 3, 4, 9});
        layer.setSecondTranspose(permutation({0, 2, 1, 3}));
      },
      [](const at::Tensor& x) {
        return x.reshape({2, 3, 4, 9}).permute({0, 2, 1, 3});
      }));
  cases.push_back(shuffle(
      "transpose_reshape_transpose", f32({2, 3, 4, 5}),
      [](auto& layer) {
        layer.setFirstTranspose(permutation({1, 3, 0, 2}));
        layer.setReshapeDimensions(Dims{5, 6, 4});
        layer.setSecondTranspose(permutation({2, 0, 1}));
      },
      [](const at::Tensor& x) {
        return x.permute({1, 3, 0, 2}).reshape({5, 6, 4}).permute({2, 0, 1});
      }));
  cases.push_back(shuffle(
      "squeeze_to_scalar", f32({1, 1}), [](auto& layer) { layer.setReshapeDimensions(Dims{}); },
      [](const at::Tensor& x) { return x.reshape({}); }));
  cases.push_back(shuffle(
      "empty", f32({0, 4}),
      [](auto& layer) {
        layer.setZeroIsPlaceholder(false);
        layer.setReshapeDimensions(Dims{2, 0});
      },
      [](const at::Tensor& x) {
        return x.reshape({2, 0});
      }));
  Case by_tensor = shuffle(
      "reshape_by_input", f32({2, 3, 4}), [](auto&) {},
      [](const at::Tensor& x) {
        return x.reshape({6, 4});
      });
  by_tensor.inputs.push_back(shape_of({6, 4}));
  const auto build = by_tensor.build;
  by_tensor.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    ILayer* layer = build(network, in);
    layer->setInput(1, *in[1]);
    return layer;
  };
  cases.push_back(by_tensor);
}

Case concatenate(const std::string& name, std::vector<InputSpec> inputs, int32_t axis) {
  const DataType dtype = inputs[0].type;
  return {"concatenation_" + name, std::move(inputs),
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer = network.addConcatenation(in.data(), static_cast<int32_t>(in.size()));
            layer->setAxis(axis);
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) { return at::cat(in, axis); }, dtype};
}

// A layer with one input that returns it unchanged.
template <typename Build>
Case same_values(const std::string& name, InputSpec input, Build build) {
  const DataType dtype = input.type;
  return {
      name,
      {std::move(input)},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* { return build(network, *in[0]); },
      [](const std::vector<at::Tensor>& in) { return in[0]; },
      dtype};
}

ILayer* add_reformat(INetworkDefinition& network, ITensor& input) {
  ILayer* layer = network.add_layer(std::make_unique<network::IReformatLayer>("row of the table"));
  layer->setInput(0, input);
  return layer;
}

Case constant(const std::string& name, DataType dtype, std::vector<int64_t> dims) {
  const at::Tensor values = random_tensor({dtype, dims}, 5);
  Case row{"constant_" + name,
           {},
           [=](INetworkDefinition& network, const std::vector<ITensor*>&) -> ILayer* {
             return network.addConstant(Dims(dims), weights_of(network, values));
           },
           [=](const std::vector<at::Tensor>&) { return values; },
           dtype};
  row.f32_only = true;  // there is a row for each dtype
  return row;
}

Case shape(const std::string& name, InputSpec input) {
  const std::vector<int64_t> dims = input.dims;
  return {
      "shape_" + name,
      {std::move(input)},
      [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* { return network.addShape(*in[0]); },
      [=](const std::vector<at::Tensor>&) { return at::tensor(dims, at::kLong); },
      DataType::kINT64};
}

}  // namespace

Cases movement_cases() {
  Cases cases;
  add_shuffles(cases);
  for (const DataType dtype : kMovable) {
    cases.push_back(concatenate(join("channels", dtype), {{dtype, {2, 3, 4, 4}}, {dtype, {2, 5, 4, 4}}}, 1));
    cases.push_back(same_values(join("identity", dtype), {dtype, {2, 3, 4}},
                                [](auto& network, auto& in) { return network.addIdentity(in); }));
    cases.push_back(same_values(join("reformat", dtype), {dtype, {2, 3, 4, 5}}, add_reformat));
    cases.push_back(constant(join("values", dtype), dtype, {2, 3, 4}));
  }
  for (const DataType dtype : {DataType::kINT8, DataType::kUINT8}) {
    const auto bytes = [=](std::vector<int64_t> dims) { return InputSpec{dtype, std::move(dims), Fill::kBytes}; };
    cases.push_back(concatenate(join("bytes_batch", dtype), {bytes({2, 3, 4, 4}), bytes({1, 3, 4, 4})}, 0));
    cases.push_back(concatenate(join("bytes_last", dtype), {bytes({2, 3, 4}), bytes({2, 3, 1}), bytes({2, 3, 5})}, 2));
    cases.push_back(concatenate(join("bytes_odd", dtype), {bytes({2, 3, 5, 5}), bytes({2, 13, 5, 5})}, 1));
    cases.push_back(shuffle(
        join("bytes_channels", dtype), bytes({2, 12, 3, 3}),
        [](auto& layer) {
          layer.setReshapeDimensions(Dims{0, 3, 4, 9});
          layer.setSecondTranspose(permutation({0, 2, 1, 3}));
        },
        [](const at::Tensor& x) {
          return x.reshape({2, 3, 4, 9}).permute({0, 2, 1, 3});
        }));
    cases.push_back(shuffle(
        join("bytes_flatten", dtype), bytes({2, 3, 4, 5}),
        [](auto& layer) {
          layer.setReshapeDimensions(Dims{0, -1});
        },
        [](const at::Tensor& x) {
          return x.reshape({2, 60});
        }));
  }
  cases.push_back(concatenate("batch", {f32({2, 3}), f32({1, 3}), f32({4, 3})}, 0));
  cases.push_back(concatenate("last_axis", {f32({2, 3, 4}), f32({2, 3, 1})}, 2));
  cases.push_back(concatenate("one", {f32({2, 3})}, 1));
  cases.push_back(concatenate("empty_part", {f32({2, 0}), f32({2, 3})}, 1));
  InputSpec fixed = f32({1, 2, 4, 4});
  fixed.constant = true;
  cases.push_back(concatenate("constant", {f32({1, 3, 4, 4}), fixed}, 1));
  cases.push_back(constant("scalar", DataType::kFLOAT, {}));
  cases.push_back(shape("4d", f32({2, 3, 4, 5})));
  cases.push_back(shape("1d", {DataType::kINT64, {7}}));
  cases.push_back(shape("empty", f32({0, 2})));
  return cases;
}

}  // namespace torch_tensorrt::conformance
