#include "torch_tensorrt/core/ir/input_tree.h"

#include <gtest/gtest.h>

#include "torch/csrc/jit/frontend/function_schema_parser.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {
namespace {

using How = BoundArgument::How;
using Kind = InputTree::Kind;
using torch::jit::IValue;

IValue input(std::vector<int64_t> shape = {1, 2}) { return IValue(c10::make_intrusive<Input>(std::move(shape))); }

IValue tuple(std::vector<IValue> elements) { return c10::ivalue::Tuple::create(std::move(elements)); }

IValue dict(const std::string& key, IValue value) {
  c10::impl::GenericDict made(c10::AnyType::get(), c10::AnyType::get());
  made.insert(key, std::move(value));
  return made;
}

c10::FunctionSchema schema(const std::string& arguments) {
  return torch::jit::parseSchema("forward(Tensor self, " + arguments + ") -> Tensor");
}

std::vector<BoundArgument> bind(const std::string& arguments, std::vector<IValue> given) {
  IValue signature = tuple(std::move(given));
  return bind_arguments(schema(arguments), GraphInputs(signature));
}

std::string message(const std::string& arguments, std::vector<IValue> given) {
  try {
    bind(arguments, std::move(given));
  } catch (const Error& error) {
    return error.msg();
  }
  return "no error";
}

TEST(InputTree, HasTheStructureOfWhatIsGiven) {
  const auto tree = input_tree(tuple({input(), dict("a", tuple({input({3}), 4}))}));
  ASSERT_EQ(tree.kind, Kind::kTuple);
  ASSERT_EQ(tree.children[1].kind, Kind::kDict);
  EXPECT_EQ(tree.children[1].keys[0].toStringRef(), "a");
  EXPECT_EQ(tree.children[1].children[0].children[1].value.toInt(), 4);
  ASSERT_EQ(inputs_of(tree).size(), 2U);
  EXPECT_EQ(inputs_of(tree)[1].input_shape, network::Dims({3}));
}

TEST(BoundArguments, AreInTheOrderOfTheSignature) {
  const auto bound = bind("Tensor x, int n, Tensor y, Tensor? z=None, float f=1.0", {input(), input()});
  ASSERT_EQ(bound.size(), 5U);
  EXPECT_EQ(bound[0].how, How::kGiven);
  EXPECT_EQ(bound[1].how, How::kEachCall);
  EXPECT_EQ(bound[2].how, How::kGiven);
  EXPECT_EQ(bound[3].how, How::kDefault);
  EXPECT_EQ(bound[4].how, How::kEachCall);
}

TEST(BoundArguments, HaveValuesOfTheDeclaredTypes) {
  const auto bound = bind("Tensor x, float f, int[] sizes, Tensor? z", {input(), 3, tuple({1, 2}), IValue()});
  EXPECT_EQ(bound[1].tree.value.toDouble(), 3.0);
  EXPECT_EQ(bound[2].tree.kind, Kind::kList);
  EXPECT_TRUE(bound[3].tree.value.isNone());
}

TEST(BoundArguments, OfAnotherStructureAreNamed) {
  EXPECT_NE(message("Tensor x, (Tensor, Tensor) pair", {input(), tuple({input(), 3})})
                .find("argument pair[1] of forward is Tensor, but the inputs have 3 for it"),
            std::string::npos);
  EXPECT_NE(message("Tensor x, int n", {input(), 2.5}).find("argument n of forward is int"), std::string::npos);
  EXPECT_NE(message("Tensor x, Tensor y", {input()}).find("found 2 input tensors and 1 dimension specs"),
            std::string::npos);
  EXPECT_NE(
      message("Tensor x, int n=1", {input(), input()}).find("argument n of forward is an int, and input 1 is given"),
      std::string::npos);
}

TEST(BoundArguments, FitOneEngineIfTheyAreLeadingTensorsTuplesAndLists) {
  const std::string arguments = "Tensor x, (Tensor, Tensor) pair, Tensor[] xs, Tensor? z=None";
  const std::vector<IValue> leading = {input(), tuple({input(), input()}), tuple({input()})};
  EXPECT_TRUE(fits_one_engine(schema(arguments), bind(arguments, leading)));
  auto with_none = leading;
  with_none.emplace_back();
  EXPECT_FALSE(fits_one_engine(schema(arguments), bind(arguments, with_none)));
  EXPECT_FALSE(fits_one_engine(schema("(Tensor, Tensor)[] x"), bind("(Tensor, Tensor)[] x", {tuple({leading[1]})})));
}

TEST(InputTree, IsAssembledToAValueOfTheType) {
  const auto bound = bind("(Tensor, int[]) x", {tuple({input({2, 3}), tuple({4})})});
  const auto value = assemble(bound[0].tree, schema("(Tensor, int[]) x").arguments()[1].type(),
                              [](const Input& spec) -> IValue { return at::empty(spec.opt.nbDims); });
  EXPECT_EQ(value.toTupleRef().elements()[0].toTensor().numel(), 2);
  EXPECT_EQ(value.toTupleRef().elements()[1].toIntVector(), std::vector<int64_t>{4});
}

}  // namespace
}  // namespace torch_tensorrt::core::ir
