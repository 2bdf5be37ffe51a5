#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "runtime/small_engines.h"
#include "torch_tensorrt/core/runtime/runtime.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tests::EnginePtr;
using tests::error_of;

// The tolerance covers fp32 sums of 27 products in another order.
constexpr double kTolerance = 1e-5;

EnginePtr convolution() {
  static const std::string plan = tests::build_convolution_engine();
  return tests::make_engine(plan);
}

at::Tensor image(int64_t batch = 2) { return at::randn({batch, 3, 8, 8}); }
at::Tensor residual(int64_t batch = 2) { return at::randn({batch, 4, 8, 8}); }

void expect_right(const EnginePtr& engine, const at::Tensor& x, const at::Tensor& r) {
  const auto expected = tests::run_convolution(x, r);
  const auto results = execute_engine({x, r}, engine);
  ASSERT_EQ(results.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(results[i].sizes(), expected[i].sizes());
    EXPECT_EQ(results[i].scalar_type(), at::kFloat);
    EXPECT_TRUE(at::allclose(results[i], expected[i], kTolerance, kTolerance));
  }
}

// ---- inputs with other memory layouts ------------------------------------------------------------------------------

TEST(ExecuteEngine, RunsAtAnyShapeInRange) {
  const auto engine = convolution();
  for (const int64_t size : {4, 9, 16, 5, 4, 16}) {
    expect_right(engine, at::randn({3, 3, size, size + (size < 16 ? 1 : 0)}),
                 at::randn({3, 4, size, size + (size < 16 ? 1 : 0)}));
  }
}

TEST(ExecuteEngine, TakesAnyStrides) {
  const auto engine = convolution();
  const at::Tensor x = image();
  const at::Tensor r = residual();
  expect_right(engine, x.contiguous(at::MemoryFormat::ChannelsLast), r);
  expect_right(engine, x, r.contiguous(at::MemoryFormat::ChannelsLast));
  expect_right(engine, at::randn({2, 3, 8, 16}).slice(3, 0, 16, 2), r);  // every other element
  expect_right(engine, x.transpose(2, 3), r.transpose(2, 3));
  expect_right(engine, at::randn({1, 3, 1, 8}).expand({2, 3, 8, 8}), r);                   // one row, many times
  expect_right(engine, at::randn({4, 3, 8, 8}).slice(0, 1, 3), r);                         // starts inside its memory
  expect_right(engine, at::randn({2 * 3 * 8 * 8 + 1}).slice(0, 1).view({2, 3, 8, 8}), r);  // 4 bytes off
  expect_right(engine, x.flip(3), at::_neg_view(r));
}

TEST(ExecuteEngine, DoesNotWriteToInputs) {
  const auto engine = convolution();
  const at::Tensor x = image();
  const at::Tensor r = residual();
  const at::Tensor x_before = x.clone();
  const at::Tensor r_before = r.clone();
  execute_engine({x, r}, engine);
  EXPECT_TRUE(at::equal(x, x_before));
  EXPECT_TRUE(at::equal(r, r_before));
}

TEST(ExecuteEngine, OutputsAreFresh) {
  const auto engine = convolution();
  const at::Tensor r = residual();
  const auto first = execute_engine({image(), r}, engine);
  const at::Tensor kept = first[0].clone();
  const auto second = execute_engine({image(), r}, engine);
  EXPECT_NE(first[0].data_ptr(), second[0].data_ptr());
  EXPECT_TRUE(at::equal(first[0], kept));
}

TEST(ExecuteEngine, TakesInputsThatRequireGradients) {
  const auto engine = convolution();
  const at::Tensor x = image().requires_grad_();
  expect_right(engine, x, residual());
  EXPECT_FALSE(execute_engine({x, residual()}, engine)[0].requires_grad());
  const c10::InferenceMode inference;
  expect_right(engine, image(), residual());
}

TEST(ExecuteEngine, TakesTensorsWithoutElements) {
  for (const network::Dims& dims : {network::Dims{0, 3}, network::Dims{2, 0, 4}}) {
    const auto engine = tests::make_engine(tests::build_doubling_engine(network::DataType::kFLOAT, dims));
    const auto results = execute_engine({at::empty(dims.to_vector())}, engine);
    EXPECT_EQ(results[0].sizes().vec(), dims.to_vector());
  }
}

TEST(ExecuteEngine, TakesScalarsAndOtherDtypes) {
  struct Row {
    network::DataType type;
    at::ScalarType scalar;
  };
  for (const Row& row : {Row{network::DataType::kFLOAT, at::kFloat}, Row{network::DataType::kINT64, at::kLong},
                         Row{network::DataType::kINT32, at::kInt}, Row{network::DataType::kHALF, at::kHalf}}) {
    for (const network::Dims& dims : {network::Dims{}, network::Dims{3}}) {
      const auto engine = tests::make_engine(tests::build_doubling_engine(row.type, dims));
      const at::Tensor x = at::full(dims.to_vector(), 3, row.scalar);
      EXPECT_TRUE(at::equal(execute_engine({x}, engine)[0], x + x)) << c10::toString(row.scalar);
    }
  }
}

TEST(ExecuteEngine, SizesReadFromValuesOfInputsAreRefused) {
  for (const auto type : {network::DataType::kINT64, network::DataType::kINT32}) {
    EXPECT_THAT(error_of([&] { tests::build_reshape_engine(type); }),
                AllOf(HasSubstr("shuffle"), HasSubstr("computed from the values of tensors")));
  }
}

TEST(ExecuteEngine, SizesAreReadFromValuesWhoseRangeIsSaid) {
  for (const auto type : {network::DataType::kINT64, network::DataType::kINT32}) {
    const auto engine = tests::make_engine(tests::build_reshape_engine(type, /*say_elements=*/true));
    const at::Tensor x = at::rand({2, 12});
    const auto scalar = type == network::DataType::kINT64 ? at::kLong : at::kInt;
    for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{4, 6}, {12, 2}, {1, 24}, {4, 6}}) {
      const at::Tensor shape = at::tensor({rows, columns}, scalar);
      EXPECT_TRUE(at::equal(execute_engine({x, shape}, engine)[0], x.reshape({rows, columns})));
    }
    EXPECT_THAT(error_of([&] {
                  execute_engine({x, at::tensor({24, 1}, scalar)}, engine);
                }),
                AllOf(HasSubstr("[24, 1]"), HasSubstr("[1, 1] to [12, 24]")));
    EXPECT_THAT(error_of([&] { execute_engine({x, at::tensor({5, 5}, scalar)}, engine); }), HasSubstr("5x5"));
  }
}

// ---- invalid inputs ------------------------------------------------------------------------------------------------

TEST(ExecuteEngine, WrongInputsAreNamedAndTheEngineGoesOn) {
  const auto engine = convolution();
  const at::Tensor x = image();
  const at::Tensor r = residual();
  const auto error = [&](const at::Tensor& first, const at::Tensor& second) {
    return error_of([&] { execute_engine({first, second}, engine); });
  };
  EXPECT_THAT(error_of([&] { execute_engine({x}, engine); }),
              HasSubstr("takes 2 inputs (input_0%input_1), but 1 are given"));
  EXPECT_THAT(error_of([&] { execute_engine({x, r, r}, engine); }), HasSubstr("3 are given"));
  EXPECT_THAT(error_of([&] { execute_engine({}, engine); }), HasSubstr("0 are given"));
  EXPECT_THAT(error(x.to(at::kDouble), r),
              AllOf(HasSubstr("Expected input tensors to have type Float, found type Double"), HasSubstr("input_0")));
  EXPECT_THAT(error(x, r.to(at::kHalf)), AllOf(HasSubstr("found type Half"), HasSubstr("input 1 (input_1)")));
  EXPECT_THAT(error(x[0], r), AllOf(HasSubstr("of rank 3, expected rank 4"), HasSubstr("input 0 (input_0)")));
  EXPECT_THAT(error(at::randn({2, 5, 8, 8}), r), AllOf(HasSubstr("2x5x8x8"), HasSubstr("1x3x4x4 to 8x3x16x16")));
  EXPECT_THAT(error(at::randn({9, 3, 8, 8}), at::randn({9, 4, 8, 8})), HasSubstr("9x3x8x8"));
  EXPECT_THAT(error(at::randn({0, 3, 8, 8}), at::randn({0, 4, 8, 8})), HasSubstr("0x3x8x8"));
  EXPECT_THAT(error(image(2), residual(3)), HasSubstr("broadcast"));  // each is valid, but not both together
  expect_right(engine, x, r);
}

TEST(ExecuteEngine, TensorsOfOtherKindsAreNamed) {
  const auto engine = convolution();
  const at::Tensor x = image();
  const at::Tensor r = residual();
  const auto error = [&](const at::Tensor& first) { return error_of([&] { execute_engine({first, r}, engine); }); };
  EXPECT_THAT(error(at::Tensor()), HasSubstr("is an undefined tensor"));
  EXPECT_THAT(error(x.to(at::kMeta)), HasSubstr("is on device meta"));
  EXPECT_THAT(error(x.to_sparse()), HasSubstr("has the layout Sparse"));
  EXPECT_THAT(error(x.to_mkldnn()), HasSubstr("has the layout Mkldnn"));
  EXPECT_THAT(error(at::quantize_per_tensor(x, 0.1, 0, at::kQInt8)), HasSubstr("found type QInt8"));
  EXPECT_THAT(error(at::complex(x, x).conj()), HasSubstr("found type ComplexFloat"));
  EXPECT_THAT(error(at::imag(at::complex(x, x).conj()).to(at::kDouble)), HasSubstr("found type Double"));
  expect_right(engine, at::imag(at::complex(x, x).conj()), r);  // a negated view of float
}

TEST(ExecuteEngine, LayerErrorsNameTheLayer) {
  auto network = std::make_shared<network::INetworkDefinition>();
  network::ITensor* a = network->addInput("input_0", network::DataType::kINT64, network::Dims{2});
  network::ITensor* b = network->addInput("input_1", network::DataType::kINT64, network::Dims{2});
  auto* layer = network->addElementWise(*a, *b, network::ElementWiseOperation::kFLOOR_DIV);
  layer->setName("the division");
  layer->getOutput(0)->setName("output_0");
  network->markOutput(*layer->getOutput(0));
  const auto engine = tests::make_engine(tests::build(network));
  const at::Tensor ones = at::ones({2}, at::kLong);
  EXPECT_THAT(error_of([&] {
                execute_engine({ones, at::zeros({2}, at::kLong)}, engine);
              }),
              AllOf(HasSubstr("the division"), HasSubstr("ZeroDivisionError")));
  EXPECT_TRUE(at::equal(execute_engine({ones, ones}, engine)[0], ones));
}

// ---- threads -------------------------------------------------------------------------------------------------------

TEST(ExecuteEngine, SixteenThreadsShareOneEngine) {
  constexpr int kThreads = 16;
  constexpr int kCalls = 40;
  const auto engine = convolution();
  std::vector<std::string> failures(kThreads);
  const auto work = [&](int number) {
    for (int call = 0; call < kCalls; ++call) {
      const int64_t size = 4 + (number + call) % 5;
      const at::Tensor x = at::full({1 + number % 3, 3, size, size}, 0.01 * (number + call));
      const at::Tensor r = at::full({1 + number % 3, 4, size, size}, 0.1 * number - 0.5);
      const auto expected = tests::run_convolution(x, r);
      const auto results = execute_engine({x, r}, engine);
      for (size_t i = 0; i < 2; ++i) {
        if (!at::allclose(results[i], expected[i], kTolerance, kTolerance)) failures[number] = "wrong result";
      }
      try {
        execute_engine({x}, engine);
        failures[number] = "no error";
      } catch (const Error&) {
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) EXPECT_EQ(failure, "");
  EXPECT_GE(engine->num_execution_contexts_created(), 1);
  EXPECT_LE(engine->num_execution_contexts_created(), kThreads);
}

}  // namespace
}  // namespace torch_tensorrt::core::runtime
