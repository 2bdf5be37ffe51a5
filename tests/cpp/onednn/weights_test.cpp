#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

#include "onednn/library.h"
#include "onednn/one_layer.h"
#include "torch_tensorrt/core/util/Exception.h"

// What the tactics do with the weights of the store.
namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using network::TensorFormat;
using testing::OneLayer;
using testing::random_tensor;

constexpr const char* kConvolution = "onednn.convolution";
constexpr const char* kMatmul = "onednn.matmul";

struct Row {
  const char* name;
  int64_t channels;
  int64_t maps;
  Dims kernel;
  int64_t groups = 1;
};

const Row kRows[] = {
    {"Maps64", 32, 64, Dims{3, 3}},     {"Maps48", 16, 48, Dims{3, 3}},     {"Maps32", 16, 32, Dims{1, 1}},
    {"Maps16", 16, 16, Dims{3, 3}},     {"Stem", 3, 64, Dims{7, 7}},        {"Depthwise", 32, 32, Dims{3, 3}, 32},
    {"Maps1000", 64, 1000, Dims{1, 1}}, {"Grouped", 64, 64, Dims{3, 3}, 2}, {"OneDimension", 16, 64, Dims{3}},
    {"Volume", 16, 64, Dims{3, 3, 3}},
};

void add_convolution(OneLayer& net, const Row& row) {
  std::vector<int64_t> input{1, row.channels};
  std::vector<int64_t> kernel{row.maps, row.channels / row.groups};
  for (int32_t i = 0; i < row.kernel.nbDims; ++i) {
    input.push_back(9);
    kernel.push_back(row.kernel.d[i]);
  }
  auto* layer = net.network().addConvolutionNd(*net.input(random_tensor(Dims(input), 1)), row.maps, row.kernel,
                                               net.weights(random_tensor(Dims(kernel), 2)),
                                               net.weights(random_tensor(Dims{row.maps}, 3)));
  layer->setNbGroups(row.groups);
  net.set(layer);
}

bool has_fast(const Row& row) {
  std::vector<int64_t> input{1, row.channels};
  for (int32_t i = 0; i < row.kernel.nbDims; ++i) input.push_back(9);
  return testing::has_fast_convolution({row.name, Dims(input), row.maps, row.kernel, {}, {}, {}, {}, row.groups});
}

void add_linear(OneLayer& net, int64_t rows) {
  auto* x = net.input(random_tensor(Dims{rows, 64}, 1));
  auto* weights = net.constant(random_tensor(Dims{100, 64}, 2));
  net.set(net.network().addMatrixMultiply(*x, network::MatrixOperation::kNONE, *weights,
                                          network::MatrixOperation::kTRANSPOSE));
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.msg();
  }
  return {};
}

// A private copy beside the plain elements would double the memory of the weights.
TEST(OnednnWeights, LayoutsOfCommonConvolutionsHavePublicNames) {
  for (const Row& row : kRows) {
    OneLayer net;
    add_convolution(net, row);
    const std::string reason = net.declined(kConvolution, TensorFormat::kHWC);
    ASSERT_EQ(reason.empty(), has_fast(row)) << row.name << ": " << reason;
    if (!reason.empty()) continue;
    const std::string layout = net.stored_layout(kConvolution, TensorFormat::kHWC, "kernel");
    EXPECT_NE(layout, "plain") << row.name;
  }
}

// As where a plan is loaded on a machine that wants another layout than the one that it was built on.
TEST(OnednnWeights, AreRepackedFromAnyPublicLayout) {
  for (const Row& row : kRows) {
    OneLayer net;
    add_convolution(net, row);
    if (!net.declined(kConvolution, TensorFormat::kLINEAR).empty()) continue;
    WeightStore plain;
    net.put_weights(plain);
    const auto expected = net.run_from(plain, kConvolution, TensorFormat::kLINEAR);
    WeightStore packed;
    net.put_weights(packed);
    net.run_from(packed, kConvolution, TensorFormat::kHWC);
    packed.drop_unused();
    expect_near(net.run_from(packed, kConvolution, TensorFormat::kLINEAR), expected, 0, row.name);
  }
}

TEST(OnednnWeights, OneLayoutServesEveryBatchOfALinearLayer) {
  OneLayer one;
  add_linear(one, 1);
  OneLayer many;
  add_linear(many, 37);
  WeightStore of_one;
  one.put_weights(of_one);
  one.run_from(of_one, kMatmul, TensorFormat::kLINEAR);
  of_one.drop_unused();
  WeightStore of_many;
  many.put_weights(of_many);
  const auto expected = many.run_from(of_many, kMatmul, TensorFormat::kLINEAR);
  expect_near(many.run_from(of_one, kMatmul, TensorFormat::kLINEAR), expected, 0, "batch 37 from weights of batch 1");
}

TEST(OnednnWeights, AnUnknownLayoutIsAnError) {
  if (!has_fast(kRows[0])) GTEST_SKIP() << testing::kOnlyReference;
  OneLayer net;
  add_convolution(net, kRows[0]);
  WeightStore store;
  net.put_weights(store);
  WeightBlock block = store.find(net.key("kernel"));
  block.layout = "Xyz7o";
  store.put(net.key("kernel"), block);
  const std::string error = error_of([&] { net.run_from(store, kConvolution, TensorFormat::kHWC); });
  EXPECT_NE(error.find("Xyz7o"), std::string::npos) << error;
}

TEST(OnednnWeights, ABlockOfTheWrongSizeIsAnError) {
  for (const char* layout : {"plain", "Ohwi16o", "Owi16o"}) {
    OneLayer net;
    add_convolution(net, kRows[0]);
    WeightStore store;
    net.put_weights(store);
    WeightBlock block = store.find(net.key("kernel"));
    block.layout = layout;
    block.bytes -= 4;
    store.put(net.key("kernel"), block);
    const std::string error = error_of([&] { net.run_from(store, kConvolution, TensorFormat::kHWC); });
    EXPECT_FALSE(error.empty()) << layout;
  }
}

// Contexts of several threads share the block, and it may lie in a mapped file.
TEST(OnednnWeights, PackedWeightsAreOnlyRead) {
  const Row padded = {"Padded", 16, 1000, Dims{1, 1}};  // 1000 maps are no multiple of a block
  if (!has_fast(padded)) GTEST_SKIP() << testing::kOnlyReference;
  OneLayer net;
  add_convolution(net, padded);
  WeightStore store;
  net.put_weights(store);
  const auto expected = net.run_from(store, kConvolution, TensorFormat::kHWC);
  store.drop_unused();
  WeightBlock block = store.find(net.key("kernel"));
  ASSERT_NE(block.layout, "plain");
  const auto bytes = static_cast<size_t>(block.bytes);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memcpy(memory, block.data.get(), bytes);
  ASSERT_EQ(mprotect(memory, bytes, PROT_READ), 0);
  block.data =
      std::shared_ptr<const void>(memory, [bytes](const void* mapped) { munmap(const_cast<void*>(mapped), bytes); });
  store.put(net.key("kernel"), block);
  expect_near(net.run_from(store, kConvolution, TensorFormat::kHWC), expected, 0, "read-only weights");
}

}  // namespace
}  // namespace torch_tensorrt::engine
