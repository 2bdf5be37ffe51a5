#include "conformance/bounds.h"
#include "conformance/case.h"
#include "torch_tensorrt/core/network/enum_names.h"

// Reduce and softmax.
namespace torch_tensorrt::conformance {
namespace {

using network::ReduceOperation;

constexpr const char* kSums = "sums, added in another order";

at::Tensor reduce_axis(ReduceOperation operation, const at::Tensor& x, int64_t axis) {
  switch (operation) {
    case ReduceOperation::kSUM:
      return at::sum(x, at::IntArrayRef(axis), /*keepdim=*/true, x.scalar_type());
    case ReduceOperation::kPROD:
      return at::prod(x, axis, /*keepdim=*/true, x.scalar_type());
    case ReduceOperation::kMAX:
      return at::amax(x, at::IntArrayRef(axis), /*keepdim=*/true);
    case ReduceOperation::kMIN:
      return at::amin(x, at::IntArrayRef(axis), /*keepdim=*/true);
    case ReduceOperation::kAVG:
      return at::mean(x, at::IntArrayRef(axis), /*keepdim=*/true);
    case ReduceOperation::kNONE:
      break;
  }
  return x;
}

// Reduces one axis after another, in float64.
at::Tensor reduce_all(ReduceOperation operation, at::Tensor x, const std::vector<int64_t>& axes, bool keep) {
  for (const int64_t axis : axes) x = reduce_axis(operation, x, axis);
  for (size_t i = axes.size(); !keep && i-- > 0;) x = x.squeeze(axes[i]);
  return x;
}

Case reduce(const std::string& name, ReduceOperation operation, InputSpec input, const std::vector<int64_t>& axes,
            bool keep) {
  const DataType dtype = input.type;
  uint32_t mask = 0;
  for (const int64_t axis : axes) mask |= uint32_t{1} << axis;
  const bool moves = operation == ReduceOperation::kMAX || operation == ReduceOperation::kMIN;
  return {"reduce_" + name,
          {std::move(input)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            return network.addReduce(*in[0], operation, mask, keep);
          },
          [=](const std::vector<at::Tensor>& in) { return reduce_all(operation, in[0], axes, keep); },
          dtype,
          moves || !network::is_floating_point(dtype) ? Tolerance{} : rounding(dtype, 16, kSums)};
}

Case softmax(const std::string& name, InputSpec input, int32_t axis, bool log) {
  const DataType dtype = input.type;
  Case row{
      "softmax_" + name,
      {std::move(input)},
      [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
        auto* layer = network.addSoftMax(*in[0]);
        layer->setAxes(uint32_t{1} << axis);
        layer->setLog(log);
        return layer;
      },
      [=](const std::vector<at::Tensor>& in) { return log ? at::log_softmax(in[0], axis) : at::softmax(in[0], axis); },
      dtype,
      rounding(dtype, 16, "exponentials good to some units in the last place")};
  if (log) return row;
  // oneDNN keeps the exponentials in the memory of the result, in bf16.
  row.stored = [=](const std::vector<at::Tensor>& in, double unit) -> std::vector<at::Tensor> {
    const bool is_bf16 = unit == low_format(DataType::kBF16)->unit;
    return {at::softmax(in[0], axis) * (is_bf16 ? unit : 0)};
  };
  return row;
}

}  // namespace

Cases reduction_cases() {
  Cases cases;
  const network::EnumTable& table = network::enum_table<ReduceOperation>();
  for (const auto* entry = table.begin; entry != table.end; ++entry) {
    const auto operation = static_cast<ReduceOperation>(entry->value);
    if (operation == ReduceOperation::kNONE) continue;  // no layer can have it
    const std::string name = entry->name;
    const Fill fill = operation == ReduceOperation::kPROD ? Fill::kPositive : Fill::kNormal;
    for (const DataType dtype : float_types()) {
      cases.push_back(reduce(join(name, dtype), operation, {dtype, {2, 3, 4, 5}, fill}, {2, 3}, true));
    }
    cases.push_back(reduce(name + "_dropped", operation, f32({2, 3, 4, 5}, fill), {1, 3}, false));
    cases.push_back(reduce(name + "_everything", operation, f32({3, 4}, fill), {0, 1}, false));
    cases.push_back(reduce(name + "_nothing", operation, f32({3, 4}, fill), {}, false));
    cases.push_back(reduce(name + "_channels", operation, f32({2, 17, 4, 5}, fill), {1}, false));
    if (operation == ReduceOperation::kAVG) continue;
    for (const DataType dtype : {DataType::kINT32, DataType::kINT64}) {
      cases.push_back(reduce(join(name, dtype), operation, {dtype, {3, 4}}, {1}, false));
    }
  }
  cases.push_back(reduce("max_bool", ReduceOperation::kMAX, {DataType::kBOOL, {3, 4}}, {1}, false));
  cases.push_back(reduce("min_bool", ReduceOperation::kMIN, {DataType::kBOOL, {3, 4}}, {1}, true));

  for (const DataType dtype : float_types()) {
    cases.push_back(softmax(join("last", dtype), {dtype, {2, 3, 4, 9}}, 3, false));
    cases.push_back(softmax(join("log", dtype), {dtype, {6, 9}}, 1, true));
  }
  cases.push_back(softmax("channels", f32({2, 7, 4, 3}), 1, false));
  cases.push_back(softmax("first", f32({7, 4}), 0, false));
  cases.push_back(softmax("log_channels", f32({2, 7, 4, 3}), 1, true));
  cases.push_back(softmax("one_element", f32({4, 1}), 1, false));
  return cases;
}

}  // namespace torch_tensorrt::conformance
