#include <set>

#include "conformance/bounds.h"
#include "conformance/case.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"

// Activation, element-wise, unary, select, cast and scale layers: all their types compared with the scalar formulas.
namespace torch_tensorrt::conformance {
namespace {

using network::ActivationType;
using network::ElementWiseOperation;
using network::ScaleMode;
using network::UnaryOperation;

constexpr const char* kFewSteps = "a few roundings, and vectorised functions good to some units in the last place";

at::Tensor map(const at::Tensor& x, const std::function<double(double)>& formula) {
  at::Tensor result = x.to(at::kDouble).contiguous().clone();
  double* values = result.data_ptr<double>();
  for (int64_t i = 0; i < result.numel(); ++i) values[i] = formula(values[i]);
  return result;
}

at::Tensor map2(const at::Tensor& a, const at::Tensor& b, const std::function<double(double, double)>& formula) {
  const auto both = at::broadcast_tensors({a.to(at::kDouble), b.to(at::kDouble)});
  at::Tensor result = both[0].contiguous().clone();
  const at::Tensor other = both[1].contiguous();
  double* values = result.data_ptr<double>();
  for (int64_t i = 0; i < result.numel(); ++i) values[i] = formula(values[i], other.const_data_ptr<double>()[i]);
  return result;
}

template <typename E>
std::vector<E> all_values() {
  std::vector<E> values;
  const network::EnumTable& table = network::enum_table<E>();
  for (const auto* entry = table.begin; entry != table.end; ++entry) values.push_back(static_cast<E>(entry->value));
  return values;
}

std::string identifier(std::string text) {
  for (char& c : text) {
    if (isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return text;
}

// ---- activation ----------------------------------------------------------------------------------------------------

Case activation(const std::string& name, ActivationType type, float alpha, float beta, InputSpec input, double steps) {
  const DataType dtype = input.type;
  return {"activation_" + name,
          {std::move(input)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer = network.addActivation(*in[0], type);
            layer->setAlpha(alpha);
            layer->setBeta(beta);
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) {
            return map(in[0], [=](double x) { return network::apply_activation(type, x, alpha, beta); });
          },
          dtype,
          network::is_floating_point(dtype) ? rounding(dtype, steps, kFewSteps, /*low_steps=*/4) : Tolerance{}};
}

void add_activations(Cases& cases) {
  for (const ActivationType type : all_values<ActivationType>()) {
    const std::string name = identifier(network::enum_name(type));
    const auto defaults = network::activation_defaults(type);
    for (const DataType dtype : float_types()) {
      cases.push_back(activation(join(name, dtype), type, defaults.alpha, defaults.beta, {dtype, {2, 5, 4, 3}}, 64));
    }
    cases.push_back(activation(name + "_odd", type, 0.7F, 1.3F, f32({37}), 64));
  }
  for (const DataType dtype :
       {DataType::kINT32, DataType::kINT64, DataType::kINT8, DataType::kINT16, DataType::kUINT8}) {
    cases.push_back(activation(join("relu", dtype), ActivationType::kRELU, 0, 0, {dtype, {4, 5}}, 0));
    cases.push_back(activation(join("clip", dtype), ActivationType::kCLIP, 1, 3, {dtype, {4, 5}}, 0));
  }
  cases.push_back(activation("clip_crossed", ActivationType::kCLIP, 2, 1, f32({9}), 1));
  cases.push_back(activation("scalar", ActivationType::kTANH, 0, 0, f32({}), 64));
  cases.push_back(activation("empty", ActivationType::kRELU, 0, 0, f32({0, 3}), 1));
}

// ---- element-wise --------------------------------------------------------------------------------------------------

bool gives_bool(ElementWiseOperation operation) {
  return operation == ElementWiseOperation::kEQUAL || operation == ElementWiseOperation::kGREATER ||
         operation == ElementWiseOperation::kLESS;
}

bool takes_bool(ElementWiseOperation operation) {
  return operation == ElementWiseOperation::kAND || operation == ElementWiseOperation::kOR ||
         operation == ElementWiseOperation::kXOR;
}

bool takes_integers_only(ElementWiseOperation operation) {
  return operation == ElementWiseOperation::kBIT_AND || operation == ElementWiseOperation::kBIT_OR ||
         operation == ElementWiseOperation::kBIT_XOR;
}

Case elementwise(const std::string& name, ElementWiseOperation operation, InputSpec a, InputSpec b) {
  const DataType dtype = a.type;
  const bool whole = !network::is_floating_point(dtype);
  return {"elementwise_" + name,
          {std::move(a), std::move(b)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            return network.addElementWise(*in[0], *in[1], operation);
          },
          [=](const std::vector<at::Tensor>& in) {
            return map2(in[0], in[1], [=](double x, double y) {
              if (!whole || dtype == DataType::kBOOL) return network::apply_elementwise(operation, x, y);
              return static_cast<double>(
                  network::apply_elementwise(operation, static_cast<int64_t>(x), static_cast<int64_t>(y)));
            });
          },
          gives_bool(operation) ? DataType::kBOOL : dtype,
          whole || gives_bool(operation) ? Tolerance{} : rounding(dtype, 8, kFewSteps)};
}

void add_elementwise(Cases& cases) {
  for (const ElementWiseOperation operation : all_values<ElementWiseOperation>()) {
    const std::string name = identifier(network::enum_name(operation));
    if (takes_bool(operation)) {
      cases.push_back(elementwise(name + "_bool", operation, {DataType::kBOOL, {3, 4}}, {DataType::kBOOL, {3, 4}}));
      cases.push_back(
          elementwise(name + "_bool_broadcast", operation, {DataType::kBOOL, {3, 1}}, {DataType::kBOOL, {4}}));
      continue;
    }
    for (const DataType dtype : {DataType::kINT32, DataType::kINT64}) {
      if (operation == ElementWiseOperation::kATAN2) continue;
      cases.push_back(elementwise(join(name, dtype), operation, {dtype, {4, 5}}, {dtype, {4, 5}, Fill::kPositive}));
    }
    if (takes_integers_only(operation)) continue;
    const bool positive = operation == ElementWiseOperation::kPOW;
    const Fill fill = positive ? Fill::kPositive : Fill::kNormal;
    for (const DataType dtype : float_types()) {
      cases.push_back(
          elementwise(join(name, dtype), operation, {dtype, {2, 3, 4, 5}, fill}, {dtype, {2, 3, 4, 5}, fill}));
    }
    cases.push_back(elementwise(name + "_per_channel", operation, f32({2, 3, 4, 5}, fill), f32({3, 1, 1}, fill)));
    cases.push_back(elementwise(name + "_scalar", operation, f32({2, 3, 4, 5}, fill), f32({}, fill)));
    cases.push_back(elementwise(name + "_both_broadcast", operation, f32({2, 1, 4, 1}, fill), f32({3, 1, 5}, fill)));
  }
  InputSpec constant = f32({1, 4, 1, 1});
  constant.constant = true;
  cases.push_back(elementwise("sum_constant", ElementWiseOperation::kSUM, f32({2, 4, 3, 3}), constant));
}

Case elementwise_with_epilogue() {
  Case row{"elementwise_sum_relu_epilogue",
           {f32({2, 3, 4, 5}), f32({2, 3, 4, 5}), f32({2, 3, 4, 5})},
           [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
             auto* layer = network.addElementWise(*in[0], *in[1], ElementWiseOperation::kPROD);
             layer->setInput(2, *in[2]);
             network::EpilogueOp add;
             add.kind = network::EpilogueOp::Kind::kElementWise;
             add.elementwise = ElementWiseOperation::kSUB;
             add.input = 2;
             add.swapped = true;
             layer->mutable_epilogue() = {add, network::EpilogueOp{}};
             return layer;
           },
           [](const std::vector<at::Tensor>& in) { return at::relu(in[2] - in[0] * in[1]); },
           DataType::kFLOAT,
           rounding(DataType::kFLOAT, 8, kFewSteps)};
  // ATen's tactic rounds the product and the difference.
  row.stored = [](const std::vector<at::Tensor>& in, double unit) -> std::vector<at::Tensor> {
    const Stage subtract = [](const at::Tensor& y, auto& inputs) { return inputs[2] - y; };
    const Stage relu = [](const at::Tensor& y, auto&) { return at::relu(y); };
    return {stored_between(unit, in[0] * in[1], {subtract, relu}, in)};
  };
  return row;
}

// x * a + b with every way to broadcast b, and a as b: what a batch norm becomes.
void add_broadcast_epilogues(Cases& cases) {
  const std::vector<std::vector<int64_t>> outs = {{2, 6},       {2, 6, 1},        {2, 6, 1, 1},
                                                  {2, 1, 6, 1}, {1, 6, 1, 1},     {2, 1, 1},
                                                  {2, 3, 4, 5}, {2, 17, 1, 1, 1}, {3, 1, 4, 1, 5}};
  for (const auto& out : outs) {
    std::set<std::vector<int64_t>> seen;
    for (uint32_t mask = 0; mask < (1U << out.size()); ++mask) {
      std::vector<int64_t> operand = out;
      for (size_t i = 0; i < out.size(); ++i) {
        if ((mask >> i & 1U) != 0) operand[i] = 1;
      }
      if (!seen.insert(operand).second) continue;
      std::string name = "elementwise_prod_sum_epilogue";
      for (const auto& dims : {out, operand}) {
        name += "_of";
        for (const int64_t size : dims) name += "_" + std::to_string(size);
      }
      Case row{name,
               {f32(out), f32(operand), f32(operand)},
               [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
                 auto* layer = network.addElementWise(*in[0], *in[1], ElementWiseOperation::kPROD);
                 layer->setInput(2, *in[2]);
                 network::EpilogueOp add;
                 add.kind = network::EpilogueOp::Kind::kElementWise;
                 add.elementwise = ElementWiseOperation::kSUM;
                 add.input = 2;
                 layer->mutable_epilogue() = {add};
                 return layer;
               },
               [](const std::vector<at::Tensor>& in) { return in[0] * in[1] + in[2]; },
               DataType::kFLOAT,
               rounding(DataType::kFLOAT, 4, kFewSteps)};
      // ATen's tactic rounds the product.
      row.stored = [](const std::vector<at::Tensor>& in, double unit) -> std::vector<at::Tensor> {
        return {at::abs(in[0] * in[1]) * unit};
      };
      cases.push_back(std::move(row));
    }
  }
}

// ---- unary ---------------------------------------------------------------------------------------------------------

// Inputs where the function is defined or interesting; all other functions use kNormal.
struct Domain {
  UnaryOperation operation;
  Fill fill;
};
constexpr Domain kDomains[] = {
    {UnaryOperation::kLOG, Fill::kPositive},   {UnaryOperation::kSQRT, Fill::kPositive},
    {UnaryOperation::kRECIP, Fill::kPositive}, {UnaryOperation::kASIN, Fill::kUnit},
    {UnaryOperation::kACOS, Fill::kUnit},      {UnaryOperation::kATANH, Fill::kUnit},
    {UnaryOperation::kACOSH, Fill::kAboveOne}, {UnaryOperation::kROUND, Fill::kHalves},
    {UnaryOperation::kCEIL, Fill::kHalves},    {UnaryOperation::kFLOOR, Fill::kHalves},
    {UnaryOperation::kISINF, Fill::kSpecial},  {UnaryOperation::kISNAN, Fill::kSpecial},
    {UnaryOperation::kLOG2, Fill::kPositive},  {UnaryOperation::kLOG10, Fill::kPositive},
    {UnaryOperation::kLOG1P, Fill::kPositive}, {UnaryOperation::kTRUNC, Fill::kHalves},
};

Fill domain(UnaryOperation operation) {
  for (const Domain& row : kDomains) {
    if (row.operation == operation) return row.fill;
  }
  return Fill::kNormal;
}

Case unary(const std::string& name, UnaryOperation operation, InputSpec input) {
  const DataType dtype = input.type;
  const bool predicate = operation == UnaryOperation::kISINF || operation == UnaryOperation::kISNAN;
  const bool exact = predicate || !network::is_floating_point(dtype);
  // tan and similar functions are steep, so that one rounding of the argument is many of the result.
  const Tolerance tolerance = rounding(dtype, 64, kFewSteps, /*low_steps=*/4);
  return {"unary_" + name,
          {std::move(input)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            return network.addUnary(*in[0], operation);
          },
          [=](const std::vector<at::Tensor>& in) {
            return map(in[0], [=](double x) { return network::apply_unary(operation, x); });
          },
          predicate ? DataType::kBOOL : dtype,
          exact ? Tolerance{} : tolerance};
}

void add_unary(Cases& cases) {
  for (const UnaryOperation operation : all_values<UnaryOperation>()) {
    const std::string name = identifier(network::enum_name(operation));
    if (operation == UnaryOperation::kNOT) {
      cases.push_back(unary(name, operation, {DataType::kBOOL, {2, 3, 4}}));
      continue;
    }
    for (const DataType dtype : float_types()) {
      cases.push_back(unary(join(name, dtype), operation, {dtype, {2, 3, 4, 5}, domain(operation)}));
    }
  }
  for (const auto operation : {UnaryOperation::kABS, UnaryOperation::kNEG, UnaryOperation::kSIGN}) {
    for (const DataType dtype : {DataType::kINT8, DataType::kINT32, DataType::kINT64}) {
      cases.push_back(unary(join(identifier(network::enum_name(operation)), dtype), operation, {dtype, {7}}));
    }
  }
}

// ---- select, cast, scale -------------------------------------------------------------------------------------------

Case select(const std::string& name, DataType dtype, std::vector<int64_t> condition, std::vector<int64_t> a,
            std::vector<int64_t> b) {
  return {"select_" + name,
          {{DataType::kBOOL, std::move(condition)}, {dtype, std::move(a)}, {dtype, std::move(b)}},
          [](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            return network.addSelect(*in[0], *in[1], *in[2]);
          },
          [](const std::vector<at::Tensor>& in) { return at::where(in[0], in[1], in[2]); },
          dtype};
}

Case cast(DataType from, DataType to) {
  Case row{"cast_" + network::enum_name(from) + "_to_" + network::enum_name(to),
           {{from, {2, 3, 4}, Fill::kNormal}},
           [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
             return network.addCast(*in[0], to);
           },
           [=](const std::vector<at::Tensor>& in) { return in[0].to(scalar_type(to)); },
           to};
  row.f32_only = true;
  return row;
}

void add_casts(Cases& cases) {
  const DataType types[] = {DataType::kFLOAT, DataType::kHALF,  DataType::kBF16,  DataType::kDOUBLE,
                            DataType::kINT8,  DataType::kINT32, DataType::kINT64, DataType::kBOOL};
  for (const DataType from : types) {
    for (const DataType to : types) cases.push_back(cast(from, to));
  }
  cases.push_back(cast(DataType::kFLOAT, DataType::kFP8));
  cases.push_back(cast(DataType::kUINT8, DataType::kFLOAT));
}

Case scale(const std::string& name, ScaleMode mode, int64_t axis, InputSpec input, std::vector<int64_t> weight_sizes,
           const std::string& parts) {
  const DataType dtype = input.type;
  const DataType weight_type = dtype == DataType::kDOUBLE ? DataType::kDOUBLE : DataType::kFLOAT;
  const auto has = [&](char part) { return parts.find(part) != std::string::npos; };
  const auto weight = [&](char part, Fill fill, uint64_t seed) {
    return has(part) ? random_tensor({weight_type, weight_sizes, fill}, seed) : at::Tensor();
  };
  const at::Tensor factor = weight('s', Fill::kPositive, 11);
  const at::Tensor shift = weight('t', Fill::kPositive, 12);
  const at::Tensor power = weight('p', Fill::kPositive, 13);
  return {"scale_" + name,
          {std::move(input)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            const auto own = [&](const at::Tensor& t) {
              return t.defined() ? weights_of(network, t) : network::Weights{};
            };
            return network.addScaleNd(*in[0], mode, own(shift), own(factor), own(power), axis);
          },
          [=](const std::vector<at::Tensor>& in) {
            at::Tensor result = in[0];
            if (factor.defined()) result = result * factor.to(at::kDouble);
            if (shift.defined()) result = result + shift.to(at::kDouble);
            if (power.defined()) result = at::pow(result, power.to(at::kDouble));
            return result;
          },
          dtype,
          rounding(dtype, 32, kFewSteps)};
}

void add_scales(Cases& cases) {
  for (const DataType dtype : float_types()) {
    cases.push_back(scale(join("channel", dtype), ScaleMode::kCHANNEL, 1, {dtype, {2, 3, 4, 5}}, {3, 1, 1}, "st"));
  }
  const InputSpec positive = f32({2, 3, 4, 5}, Fill::kPositive);
  cases.push_back(scale("uniform_power", ScaleMode::kUNIFORM, 1, positive, {}, "stp"));
  cases.push_back(scale("elementwise", ScaleMode::kELEMENTWISE, 1, positive, {3, 4, 5}, "stp"));
  cases.push_back(scale("axis_3", ScaleMode::kCHANNEL, 3, f32({2, 3, 4, 5}), {5}, "st"));
  cases.push_back(scale("axis_0", ScaleMode::kCHANNEL, 0, f32({2, 3}), {2, 1}, "t"));
  cases.push_back(scale("only_scale", ScaleMode::kCHANNEL, 1, f32({2, 3}), {3}, "s"));
  cases.push_back(scale("nothing", ScaleMode::kUNIFORM, 1, f32({2, 3}), {}, ""));
}

}  // namespace

Cases pointwise_cases() {
  Cases cases;
  add_activations(cases);
  add_elementwise(cases);
  cases.push_back(elementwise_with_epilogue());
  add_broadcast_epilogues(cases);
  add_unary(cases);
  for (const DataType dtype : {DataType::kFLOAT, DataType::kHALF, DataType::kINT64, DataType::kBOOL}) {
    cases.push_back(select(join("full", dtype), dtype, {2, 3, 4}, {2, 3, 4}, {2, 3, 4}));
  }
  cases.push_back(select("broadcast", DataType::kFLOAT, {4, 1}, {3, 1, 5}, {}));
  add_casts(cases);
  add_scales(cases);
  return cases;
}

}  // namespace torch_tensorrt::conformance
