#include "torch_tensorrt/core/lowering/devices.h"

#include <gtest/gtest.h>

#include "torch/script.h"

#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/prepare.h"

// The device meta is the other one: every machine has it.
namespace torch_tensorrt::core::lowering {
namespace {

const c10::Device kOther(at::kMeta);

torch::jit::Module module_of(const std::string& source) {
  torch::jit::Module module("M");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define(source + "\n");
  return module;
}

// The devices of the tensors that the method has as constants.
std::vector<c10::Device> constants_of(const torch::jit::Module& module) {
  std::vector<c10::Device> devices;
  for (const auto* node : passes::all_nodes(module.get_method("forward").graph()->block())) {
    if (node->kind() != c10::prim::Constant) continue;
    const auto value = torch::jit::toIValue(node->output());
    if (value && value->isTensor()) devices.push_back(value->toTensor().device());
  }
  return devices;
}

TEST(Devices, CollectionsMoveAndKeepWhatTheyShare) {
  auto module = module_of("def forward(self, x):\n    return x");
  const at::Tensor weight = at::ones({2});
  const c10::List<at::Tensor> list({weight, at::zeros({2})});
  c10::Dict<std::string, at::Tensor> dict;
  dict.insert("a", weight);
  const auto tensors = c10::ListType::ofTensors();
  module.register_parameter("weight", weight, /*is_buffer=*/false);
  module.register_attribute("list", tensors, list);
  module.register_attribute("same_list", tensors, list);
  module.register_attribute("dict", c10::DictType::create(c10::StringType::get(), c10::TensorType::get()), dict);
  module.register_attribute("pair", c10::TupleType::create({c10::TensorType::get(), c10::IntType::get()}),
                            std::make_tuple(weight, 3));
  const auto moved = on_device(module, kOther);
  const auto found = moved.attr("weight").toTensor();
  EXPECT_EQ(found.device(), kOther);
  EXPECT_TRUE(found.is_same(moved.attr("list").toTensorVector()[0]));
  EXPECT_TRUE(found.is_same(moved.attr("dict").toGenericDict().at("a").toTensor()));
  EXPECT_TRUE(found.is_same(moved.attr("pair").toTupleRef().elements()[0].toTensor()));
  EXPECT_EQ(moved.attr("pair").toTupleRef().elements()[1].toInt(), 3);
  EXPECT_TRUE(moved.attr("list").is(moved.attr("same_list")));
  EXPECT_EQ(module.attr("list").toTensorVector()[0].device(), c10::Device(at::kCPU));
  EXPECT_EQ(on_device(moved, kOther)._ivalue(), moved._ivalue());
}

constexpr const char* kMakesTensors = R"(
def forward(self, x):
    made = torch.arange(4., device=torch.device("cpu")) + 1.
    return torch.special_zeta(x + self.weight, made.to(torch.device("cpu")))
)";

TEST(Devices, ConstantsAndMadeTensorsOfAModuleFromElsewhere) {
  auto module = module_of("def other(self):\n    return 1");
  module.register_parameter("weight", at::ones({4}), /*is_buffer=*/false);
  module.define(kMakesTensors);
  for (const auto& device : constants_of(prepare(module, {"forward"}, LowerInfo(), kOther))) EXPECT_EQ(device, kOther);
  EXPECT_FALSE(constants_of(prepare(module, {"forward"}, LowerInfo(), kOther)).empty());
}

TEST(Devices, AModuleOnTheDeviceMakesTensorsWhereItSays) {
  auto module = module_of("def other(self):\n    return 1");
  module.register_parameter("weight", at::ones({4}, kOther), /*is_buffer=*/false);
  module.define(R"(
def forward(self, x, n: int):
    return torch.zeros([n], device=torch.device("cpu")), x + self.weight
)");
  const auto graph = prepare(module, {"forward"}, LowerInfo(), kOther).get_method("forward").graph();
  for (const auto* node : passes::all_nodes(graph->block())) {
    if (node->kind() != c10::aten::zeros) continue;
    EXPECT_TRUE(torch::jit::toIValue(node->namedInput("device"))->toDevice().is_cpu());
  }
}

}  // namespace
}  // namespace torch_tensorrt::core::lowering
