#include "torch_tensorrt/core/util/trt_util.h"

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "support/jit_graph.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::util {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;

TEST(Dims, OfLists) {
  EXPECT_EQ(toDims(c10::List<int64_t>({2, 3})), Dims({2, 3}));
  EXPECT_EQ(toVec(Dims{2, -1, 3}), (std::vector<int64_t>{2, -1, 3}));
  EXPECT_EQ(toDimsPad(std::vector<int64_t>{2, 3}, 4), Dims({1, 1, 2, 3}));
  EXPECT_EQ(toDimsPad(std::vector<int64_t>{2, 3}, 1), Dims({2, 3}));
  EXPECT_EQ(toDimsTailPad(c10::List<int64_t>({2, 3}), 4), Dims({2, 3, 1, 1}));
  EXPECT_EQ(unpadDims(Dims{1, 1, 2, 1, 3}), Dims({2, 1, 3}));
  EXPECT_EQ(toDimsHW(c10::List<int64_t>({2, 3})), Dims({2, 3}));
  EXPECT_THROW(toDimsHW(c10::List<int64_t>({2})), Error);
  EXPECT_EQ(toStr(Dims{2, -1}), "[2, -1]");
}

TEST(Dims, CanBeLongerThanEight) {
  const std::vector<int64_t> sizes(12, 2);
  EXPECT_EQ(toDims(sizes).nbDims, 12);
  EXPECT_THROW(toDims(std::vector<int64_t>(17, 1)), Error);
}

TEST(Dims, SqueezedAndUnsqueezed) {
  EXPECT_EQ(unsqueezeDims(Dims{2, -1, 3}, 1), Dims({2, 1, 0, 3}));
  EXPECT_EQ(unsqueezeDims(Dims{2, -1}, 2, 5, /*use_zeros=*/false), Dims({2, -1, 5}));
  EXPECT_EQ(squeezeDims(Dims{1, -1, 3}, 0), Dims({0, 3}));
  EXPECT_EQ(squeezeAllDims(Dims{1, -1, 1, 3}), Dims({0, 3}));
  EXPECT_THROW(squeezeDims(Dims{1}, 1), Error);
}

TEST(Dims, Broadcastable) {
  EXPECT_TRUE(broadcastable(Dims{2, 3}, Dims{3}));
  EXPECT_TRUE(broadcastable(Dims{2, 1}, Dims{2, 3}));
  EXPECT_FALSE(broadcastable(Dims{2, 1}, Dims{2, 3}, /*multidirectional=*/false));
  EXPECT_FALSE(broadcastable(Dims{2, 3}, Dims{2}));
  EXPECT_TRUE(broadcastable(Dims{-1, 3}, Dims{7, 3}));
  EXPECT_EQ(volume(Dims{2, 3, 4}), 24);
  EXPECT_EQ(volume(Dims{2, -1}), -1);
}

TEST(DataTypes, GoBothWays) {
  for (const auto& [scalar_type, type] : get_aten_trt_type_map()) {
    EXPECT_EQ(TRTDataTypeToScalarType(type), scalar_type);
    EXPECT_EQ(optTRTDataTypeToScalarType(type), scalar_type);
    EXPECT_EQ(ScalarTypeToTRTDataType(scalar_type), type);
  }
  EXPECT_EQ(optScalarTypeToTRTDataType(at::kComplexFloat), std::nullopt);
  EXPECT_THROW(ScalarTypeToTRTDataType(at::kComplexFloat), Error);
  EXPECT_EQ(torch_tensorrt::str(DataType::kINT64, " ", DataType::kDOUBLE), "i64 f64");
}

TEST(Graphs, AreClonedNodeByNode) {
  const auto graph = tests::parse_graph(R"(graph(%x : Tensor, %y : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::add(%x, %y, %one)
          %b : Tensor = aten::relu(%a)
          return (%b))");
  auto part = std::make_shared<torch::jit::Graph>();
  std::unordered_map<torch::jit::Value*, torch::jit::Value*> values;
  for (auto* node : graph->nodes()) {
    if (node->kind() != c10::prim::Constant) cloneNode(node, part, values);
  }
  part->registerOutput(values.at(graph->outputs()[0]));
  EXPECT_EQ(tests::canonical_text(part), tests::canonical_text(graph));
}

}  // namespace
}  // namespace torch_tensorrt::core::util
