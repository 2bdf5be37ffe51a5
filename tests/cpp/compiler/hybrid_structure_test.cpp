#include "torch_tensorrt/core/hybrid_structure.h"

#include <gmock/gmock.h>

#include <limits>

#include <nlohmann/json.hpp>

#include "support/jit_graph.h"
#include "torch_tensorrt/core/hybrid_record.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) { return structure_of(*tests::parse_graph(text)).lines; }

TEST(GraphStructure, NamesValuesByTheirOrderAndOmitsWeights) {
  const auto lines = lines_of(R"(graph(%x : Tensor, %flag : bool):
    %scale : float = prim::Constant[value=0.5]()
    %one : int = prim::Constant[value=1]()
    %y : Tensor = prim::If(%flag)
      block0():
        %a : Tensor = aten::mul(%x, %scale)
        -> (%a)
      block1():
        %b : Tensor = aten::add(%x, %x, %one)
        -> (%b)
    return (%y))");
  EXPECT_THAT(lines,
              ElementsAre("(%0 : Tensor, %1 : bool)", "%2 : float = a float", "%3 : int = 1",
                          "%4 : Tensor = prim::If(%1)", "  ()", "  %5 : Tensor = aten::mul(%0, %2)", "  return (%5)",
                          "  ()", "  %6 : Tensor = aten::add(%0, %0, %3)", "  return (%6)", "return (%4)"));
}

TEST(GraphStructure, TheFirstDifferenceIsNamed) {
  const auto compiled = lines_of(R"(graph(%x : Tensor):
    %y : Tensor = aten::relu(%x)
    %z : Tensor = aten::tanh(%y)
    return (%z))");
  const auto same = structure_of(*tests::parse_graph(R"(graph(%a : Tensor):
    %b : Tensor = aten::relu(%a)
    %c : Tensor = aten::tanh(%b)
    return (%c))"));
  EXPECT_NO_THROW(check_same_structure(compiled, same));
  const auto other = structure_of(*tests::parse_graph(R"(graph(%x : Tensor):
    %y : Tensor = aten::relu(%x)
    %z : Tensor = aten::sigmoid(%x)
    return (%z))"));
  try {
    check_same_structure(compiled, other);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("it has \"%2 : Tensor = aten::sigmoid(%0)\" where the compiled module has "
                                        "\"%2 : Tensor = aten::tanh(%1)\""));
  }
}

TEST(HybridRecord, IsReadAsItWasWritten) {
  ir::Input input({1, 3}, {2, 3}, {4, 3}, at::kHalf, network::TensorFormat::kLINEAR, /*dtype_is_user_defined=*/true);
  input.add_range({network::Dims{8, 3}, network::Dims{8, 3}, network::Dims{9, 3}});
  input.min_values = {1};
  ir::InputTree tree;
  tree.kind = ir::InputTree::Kind::kDict;
  tree.keys = {"a", 2};
  tree.children.resize(2);
  tree.children[0].input = input;
  tree.children[1].kind = ir::InputTree::Kind::kValue;
  tree.children[1].value = std::numeric_limits<double>::infinity();
  HybridRecord record;
  record.methods.resize(1);
  auto& method = record.methods[0];
  method.arguments = {{ir::BoundArgument::How::kGiven, tree}, {}};
  record.cfg.convert_info.engine_settings.device = engine::DeviceTarget::cpu();
  record.cfg.convert_info.engine_settings.refit = true;
  record.cfg.convert_info.engine_settings.timing_cache_path = "/home/me/times";
  record.cfg.partitioning_info.forced_fallback_operators = {"aten::relu"};
  record.parameters = {{"weight", "float32", {2, 3}}};
  method.engines = {"engine_0"};
  method.structure = {"a line", "another \"line\""};
  method.report = {"forward", "it returns its argument", {5}, {{"aten::relu", "a reason", "file.py:1", 2}}};
  torch::jit::Module module("Compiled");
  EXPECT_FALSE(read_record(module));
  write_record(module, record);
  const auto read = read_record(module);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->methods.size(), 1U);
  const auto& same = read->methods[0];
  ASSERT_EQ(same.arguments.size(), 2U);
  EXPECT_EQ(same.arguments[1].how, ir::BoundArgument::How::kEachCall);
  const auto& found = same.arguments[0].tree;
  EXPECT_EQ(found.keys[0].toStringRef(), "a");
  EXPECT_EQ(found.keys[1].toInt(), 2);
  EXPECT_EQ(found.children[0].input.dtype, at::kHalf);
  EXPECT_EQ(found.children[0].input.opt, (network::Dims{2, 3}));
  ASSERT_EQ(found.children[0].input.more_ranges.size(), 1U);
  EXPECT_EQ(found.children[0].input.more_ranges[0].max, (network::Dims{9, 3}));
  EXPECT_EQ(found.children[0].input.min_values, std::vector<int64_t>{1});
  EXPECT_EQ(found.children[1].value.toDouble(), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(read->cfg.convert_info.engine_settings.refit);
  EXPECT_TRUE(read->cfg.convert_info.engine_settings.device.is_cpu());
  EXPECT_TRUE(read->cfg.convert_info.engine_settings.timing_cache_path.empty());
  EXPECT_EQ(read->cfg.lower_info.forced_fallback_operators, std::vector<std::string>{"aten::relu"});
  EXPECT_EQ(read->parameters[0].dims, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(same.engines, method.engines);
  EXPECT_EQ(same.structure, method.structure);
  EXPECT_EQ(same.report.rows[0].uses, 2U);
}

TEST(HybridRecord, SeveralMethodsAndTheFirstFormatAreRead) {
  HybridRecord record;
  record.methods.resize(2);
  record.methods[0].report.method = "decode";
  record.methods[1].report.method = "encode";
  torch::jit::Module module("Compiled");
  write_record(module, record);
  EXPECT_EQ(read_record(module)->methods.at(1).report.method, "encode");
  auto text = nlohmann::json::parse(module.attr("torch_tensorrt_record").toStringRef());
  text.update(text.at("methods").at(1));  // a record of format 1 has the fields of its one method
  text.erase("methods");
  text["format"] = 1;
  module.setattr("torch_tensorrt_record", text.dump());
  const auto read = read_record(module);
  ASSERT_EQ(read->methods.size(), 1U);
  EXPECT_EQ(read->methods[0].report.method, "encode");
}

TEST(HybridRecord, ADamagedRecordIsRefused) {
  torch::jit::Module module("Compiled");
  write_record(module, HybridRecord());
  module.setattr("torch_tensorrt_record", std::string("{\"format\": 1"));
  EXPECT_THROW(read_record(module), Error);
  module.setattr("torch_tensorrt_record", std::string("{\"format\": 3}"));
  try {
    read_record(module);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a record of format 3, and this library reads formats 1 to 2"));
  }
}

}  // namespace
}  // namespace torch_tensorrt::core
