#include "torch_tensorrt/core/network/host/evaluate.h"

#include <cmath>
#include <limits>

#include "network/network_test_util.h"
#include "support/reference.h"
#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::network {
namespace {

using tests::elements_of;
using tests::make_tensor;

using Elements = std::vector<double>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// Evaluates a layer written in the text form. Its inputs %a, %b, %c are inputs of a network, with the types of the
// tensors.
class Evaluated {
 public:
  Evaluated(const std::string& layer, const std::vector<HostTensor>& inputs) {
    std::string text = "network \"\" {\n";
    const std::string names = "abcde";
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorType& type = inputs[i].type;
      const std::string dims = type.dims.nbDims == 0 ? "" : to_string(type.dims);
      text += "%" + names.substr(i, 1) + " = input() {dtype=" + enum_name(type.dtype) + ", dims=[" + dims + "]}\n";
    }
    network_ = parse_network(text + "%y = " + layer + "\n}");
    const ILayer& last = *network_->layers().back();
    std::vector<HostTensor> operands;
    for (int32_t i = 0; i < last.getNbInputs(); ++i) {
      operands.push_back(last.getInput(i) == nullptr
                             ? HostTensor{}
                             : inputs[static_cast<size_t>(last.getInput(i)->getName()[0] - 'a')]);
    }
    EXPECT_TRUE(can_evaluate(last)) << can_evaluate(last).reason();
    result_ = evaluate_layer(last, operands)[0];
    EXPECT_EQ(result_.type.dtype, last.getOutput(0)->getType());
  }

  const HostTensor& operator*() const { return result_; }

 private:
  std::unique_ptr<INetworkDefinition> network_;
  HostTensor result_;
};

HostTensor floats_of(const Dims& dims, const Elements& elements) {
  return make_tensor(DataType::kFLOAT, dims, elements);
}
HostTensor integers_of(const Dims& dims, const Elements& elements) {
  return make_tensor(DataType::kINT64, dims, elements);
}

void expect_result(const std::string& layer, const std::vector<HostTensor>& inputs, const Dims& dims,
                   const Elements& elements) {
  const HostTensor result = *Evaluated(layer, inputs);
  EXPECT_EQ(result.type.dims, dims) << layer;
  EXPECT_THAT(elements_of(result), ::testing::Pointwise(::testing::NanSensitiveDoubleEq(), elements)) << layer;
}

const HostTensor kMatrix = floats_of(Dims{2, 3}, {1, 2, 3, 4, 5, 6});

TEST(Evaluate, PointwiseLayers) {
  expect_result("unary(%a) {op=neg}", {kMatrix}, Dims{2, 3}, {-1, -2, -3, -4, -5, -6});
  expect_result("unary(%a) {op=isnan}", {floats_of(Dims{2}, {kNan, 1})}, Dims{2}, {1, 0});
  expect_result("activation(%a) {type=clip, alpha=2, beta=4.5}", {kMatrix}, Dims{2, 3}, {2, 2, 3, 4, 4.5, 4.5});
  expect_result("activation(%a) {type=relu}", {floats_of(Dims{3}, {-1, kNan, kInf})}, Dims{3}, {0, kNan, kInf});
  expect_result("activation(%a) {type=relu}", {integers_of(Dims{2}, {-5, 5})}, Dims{2}, {0, 5});
  expect_result("activation(%a) {type=clip, alpha=-1, beta=2}", {integers_of(Dims{3}, {-5, 1, 5})}, Dims{3},
                {-1, 1, 2});
  expect_result("identity(%a)", {kMatrix}, Dims{2, 3}, {1, 2, 3, 4, 5, 6});
}

TEST(Evaluate, ElementwiseBroadcasts) {
  expect_result("elementwise(%a, %b) {op=prod}", {kMatrix, floats_of(Dims{3}, {1, 10, 100})}, Dims{2, 3},
                {1, 20, 300, 4, 50, 600});
  expect_result("elementwise(%a, %b) {op=sub}", {floats_of(Dims{2, 1}, {1, 2}), floats_of(Dims{1, 2}, {10, 20})},
                Dims{2, 2}, {-9, -19, -8, -18});
  expect_result("elementwise(%a, %b) {op=greater}", {kMatrix, floats_of(Dims{}, {3})}, Dims{2, 3}, {0, 0, 0, 1, 1, 1});
  expect_result("elementwise(%a, %b, %c) {epilogue=[prod(%c), relu]}",
                {kMatrix, kMatrix, floats_of(Dims{2, 1}, {-1, 2})}, Dims{2, 3}, {0, 0, 0, 16, 20, 24});
  expect_result("elementwise(%a, %b) {op=sum}", {floats_of(Dims{0, 3}, {}), floats_of(Dims{3}, {1, 2, 3})}, Dims{0, 3},
                {});
}

// 2^62 and more, where a double would lose the last digits.
TEST(Evaluate, IntegersAreExact) {
  HostTensor large = integers_of(Dims{1}, {0});
  const_cast<int64_t*>(static_cast<const int64_t*>(large.values()))[0] = (int64_t{1} << 62) + 1;
  const HostTensor sum = *Evaluated("elementwise(%a, %b)", {large, integers_of(Dims{1}, {1})});
  EXPECT_EQ(*static_cast<const int64_t*>(sum.values()), (int64_t{1} << 62) + 2);
  const HostTensor negative = *Evaluated("unary(%a) {op=neg}", {large});
  EXPECT_EQ(*static_cast<const int64_t*>(negative.values()), -(int64_t{1} << 62) - 1);
  const HostTensor total = *Evaluated("reduce(%a) {op=sum, axes=1}", {large});
  EXPECT_EQ(*static_cast<const int64_t*>(total.values()), (int64_t{1} << 62) + 1);
  const HostTensor chosen = *Evaluated("select(%b, %a, %a)", {large, make_tensor(DataType::kBOOL, Dims{1}, {1})});
  EXPECT_EQ(*static_cast<const int64_t*>(chosen.values()), (int64_t{1} << 62) + 1);
}

TEST(Evaluate, IntegerDivisionByZeroIsAnError) {
  EXPECT_ERROR(Evaluated("elementwise(%a, %b) {op=div}",
                         {integers_of(Dims{100}, Elements(100, 1)), integers_of(Dims{100}, Elements(100, 0))}),
               "division");
}

TEST(Evaluate, ScalesByModes) {
  expect_result("scale(%a) {scale=f32[2], shift=f32[1]}", {kMatrix}, Dims{2, 3}, {3, 5, 7, 9, 11, 13});
  expect_result("scale(%a) {mode=channel, scale=f32[1, 10, 100]}", {kMatrix}, Dims{2, 3}, {1, 20, 300, 4, 50, 600});
  expect_result("scale(%a) {mode=channel, scale=f32[1, 10], channel_axis=0}", {kMatrix}, Dims{2, 3},
                {1, 2, 3, 40, 50, 60});
  expect_result("scale(%a) {mode=elementwise, shift=f32[1, 2, 3], power=f32[1, 2, 0]}", {kMatrix}, Dims{2, 3},
                {2, 16, 1, 5, 49, 1});
}

TEST(Evaluate, CastsBetweenAllTypes) {
  const DataType types[] = {DataType::kFLOAT, DataType::kHALF, DataType::kINT8,  DataType::kINT32,  DataType::kBOOL,
                            DataType::kUINT8, DataType::kBF16, DataType::kINT64, DataType::kDOUBLE, DataType::kINT16};
  for (const DataType from : types) {
    for (const DataType to : types) {
      const HostTensor input = make_tensor(from, Dims{3}, {0, 1, 7});
      const bool is_bool = from == DataType::kBOOL || to == DataType::kBOOL;
      expect_result("cast(%a) {to=" + enum_name(to) + "}", {input}, Dims{3},
                    is_bool ? Elements{0, 1, 1} : Elements{0, 1, 7});
    }
  }
  expect_result("cast(%a) {to=i32}", {floats_of(Dims{2}, {-1.9, 1.9})}, Dims{2}, {-1, 1});
}

TEST(Evaluate, Selects) {
  expect_result("select(%a, %b, %c)",
                {make_tensor(DataType::kBOOL, Dims{2, 1}, {1, 0}), kMatrix, floats_of(Dims{}, {-1})}, Dims{2, 3},
                {1, 2, 3, -1, -1, -1});
}

TEST(Evaluate, Reduces) {
  expect_result("reduce(%a) {op=sum, axes=1}", {kMatrix}, Dims{3}, {5, 7, 9});
  expect_result("reduce(%a) {op=avg, axes=2, keep_dims=true}", {kMatrix}, Dims{2, 1}, {2, 5});
  expect_result("reduce(%a) {op=prod, axes=3}", {kMatrix}, Dims{}, {720});
  expect_result("reduce(%a) {op=max, axes=1}", {floats_of(Dims{2, 2}, {-1, kNan, -2, 5})}, Dims{2}, {-1, kNan});
  expect_result("reduce(%a) {op=min, axes=2}", {integers_of(Dims{2, 2}, {3, -1, 7, 9})}, Dims{2}, {-1, 7});
  expect_result("reduce(%a) {op=sum, axes=0}", {kMatrix}, Dims{2, 3}, {1, 2, 3, 4, 5, 6});
  expect_result("reduce(%a) {op=sum, axes=1}", {floats_of(Dims{0, 2}, {})}, Dims{2}, {0, 0});
  expect_result("reduce(%a) {op=avg, axes=1}", {floats_of(Dims{0, 2}, {})}, Dims{2}, {kNan, kNan});
  expect_result("reduce(%a) {op=max, axes=1}", {floats_of(Dims{0, 0}, {})}, Dims{0}, {});
  EXPECT_ERROR(Evaluated("reduce(%a) {op=max, axes=1}", {floats_of(Dims{0, 2}, {})}), "no element to choose from");
}

// A sum of many halves is rounded only once.
TEST(Evaluate, SumsOfHalvesRoundAtTheEnd) {
  const HostTensor ones = make_tensor(DataType::kHALF, Dims{4000}, Elements(4000, 1));
  expect_result("reduce(%a) {op=sum, axes=1}", {ones}, Dims{}, {4000});
}

TEST(Evaluate, Shuffles) {
  expect_result("shuffle(%a) {first_transpose=[1, 0]}", {kMatrix}, Dims{3, 2}, {1, 4, 2, 5, 3, 6});
  expect_result("shuffle(%a) {first_transpose=[1, 0], has_reshape=true, reshape=[2x3]}", {kMatrix}, Dims{2, 3},
                {1, 4, 2, 5, 3, 6});
  expect_result("shuffle(%a) {has_reshape=true, reshape=[3x2], second_transpose=[1, 0]}", {kMatrix}, Dims{2, 3},
                {1, 3, 5, 2, 4, 6});
  expect_result("shuffle(%a, %b)", {kMatrix, integers_of(Dims{2}, {6, -1})}, Dims{6, 1}, {1, 2, 3, 4, 5, 6});
}

TEST(Evaluate, Concatenates) {
  expect_result("concatenation(%a, %b) {axis=1}", {kMatrix, floats_of(Dims{2, 1}, {7, 8})}, Dims{2, 4},
                {1, 2, 3, 7, 4, 5, 6, 8});
  expect_result("concatenation(%a, %b) {axis=0}", {kMatrix, floats_of(Dims{1, 3}, {7, 8, 9})}, Dims{3, 3},
                {1, 2, 3, 4, 5, 6, 7, 8, 9});
  expect_result("concatenation(%a, %b) {axis=0}", {floats_of(Dims{0, 3}, {}), kMatrix}, Dims{2, 3}, {1, 2, 3, 4, 5, 6});
}

TEST(Evaluate, ShapesAreDims) { expect_result("shape(%a)", {kMatrix}, Dims{2}, {2, 3}); }

TEST(Evaluate, SlicesInEveryMode) {
  const HostTensor row = floats_of(Dims{4}, {1, 2, 3, 4});
  expect_result("slice(%a) {start=[1], size=[2], stride=[2]}", {row}, Dims{2}, {2, 4});
  expect_result("slice(%a) {start=[3], size=[-1], stride=[-1]}", {row}, Dims{4}, {4, 3, 2, 1});
  expect_result("slice(%a) {start=[-2], size=[8], stride=[1], mode=fill, fill_value=9}", {row}, Dims{8},
                {9, 9, 1, 2, 3, 4, 9, 9});
  expect_result("slice(%a) {start=[-2], size=[8], stride=[1], mode=clamp}", {row}, Dims{8}, {1, 1, 1, 2, 3, 4, 4, 4});
  expect_result("slice(%a) {start=[-2], size=[8], stride=[1], mode=wrap}", {row}, Dims{8}, {3, 4, 1, 2, 3, 4, 1, 2});
  expect_result("slice(%a) {start=[-3], size=[10], stride=[1], mode=reflect}", {row}, Dims{10},
                {4, 3, 2, 1, 2, 3, 4, 3, 2, 1});
  expect_result("slice(%a) {start=[-2], size=[5], stride=[1], mode=reflect}", {floats_of(Dims{1}, {7})}, Dims{5},
                {7, 7, 7, 7, 7});
  expect_result("slice(%a) {start=[0x-1], size=[2x3], stride=[1x2], mode=fill}", {kMatrix}, Dims{2, 3},
                {0, 2, 0, 0, 5, 0});
}

TEST(Evaluate, SlicesByInputs) {
  const HostTensor row = floats_of(Dims{4}, {1, 2, 3, 4});
  expect_result(
      "slice(%a, %b, %c, %d, %e) {start=[0], size=[1], stride=[1], mode=fill}",
      {row, integers_of(Dims{1}, {-1}), integers_of(Dims{1}, {4}), integers_of(Dims{1}, {2}), floats_of(Dims{}, {-7})},
      Dims{4}, {-7, 2, 4, -7});
}

TEST(Evaluate, Gathers) {
  expect_result("gather(%a, %b) {axis=1}", {kMatrix, integers_of(Dims{2}, {2, -3})}, Dims{2, 2}, {3, 1, 6, 4});
  expect_result("gather(%a, %b)", {kMatrix, integers_of(Dims{}, {1})}, Dims{3}, {4, 5, 6});
  expect_result("gather(%a, %b) {axis=1, elementwise_dims=1}", {kMatrix, integers_of(Dims{2, 2}, {0, 1, 2, 2})},
                Dims{2, 2}, {1, 2, 6, 6});
  expect_result("gather(%a, %b) {mode=element, axis=1}", {kMatrix, integers_of(Dims{2, 2}, {2, 0, 1, 1})}, Dims{2, 2},
                {3, 1, 5, 5});
  expect_result("gather(%a, %b) {mode=nd}", {kMatrix, integers_of(Dims{2, 2}, {1, 2, 0, 0})}, Dims{2}, {6, 1});
  expect_result("gather(%a, %b) {mode=nd}", {kMatrix, integers_of(Dims{2, 1}, {1, 0})}, Dims{2, 3}, {4, 5, 6, 1, 2, 3});
  expect_result("gather(%a, %b) {mode=nd, elementwise_dims=1}", {kMatrix, integers_of(Dims{2, 1}, {2, 0})}, Dims{2},
                {3, 4});
  EXPECT_ERROR(Evaluated("gather(%a, %b)", {kMatrix, integers_of(Dims{100}, Elements(100, 2))}),
               "index 2 is out of range for a dimension of 2");
}

TEST(Evaluate, ConstantsAreTheirWeights) {
  INetworkDefinition network;
  const auto* layer = network.addConstant(Dims{2}, own(network, DataType::kINT32, std::vector<int32_t>{5, 6}));
  const HostTensor value = evaluate_layer(*layer, {})[0];
  EXPECT_EQ(value.values(), layer->getWeights().values);
  EXPECT_EQ(elements_of(value), (Elements{5, 6}));
}

TEST(Evaluate, DeclinesWithAReason) {
  INetworkDefinition network;
  ITensor& x = *network.addInput("x", DataType::kFLOAT, Dims{2, 2});
  const auto* product = network.addMatrixMultiply(x, MatrixOperation::kNONE, x, MatrixOperation::kNONE);
  EXPECT_EQ(can_evaluate(*product).reason(), "matrix_multiply layers are not evaluated on the host");
  EXPECT_ERROR(evaluate_layer(*product, {}), "matrix_multiply layers are not evaluated on the host");
  ITensor& narrow = *network.addInput("y", DataType::kFP8, Dims{2, 2});
  EXPECT_EQ(can_evaluate(*network.addIdentity(narrow)).reason(), "has an input of f8");
}

TEST(Evaluate, KindsWithoutItThrow) {
  for (int32_t i = 0; i < kLayerTypeCount; ++i) {
    const auto layer = make_layer(static_cast<LayerType>(i));
    if (!layer->can_be_evaluated()) EXPECT_ERROR(layer->evaluate({}, {}), "is not evaluated on the host");
  }
}

}  // namespace
}  // namespace torch_tensorrt::network
