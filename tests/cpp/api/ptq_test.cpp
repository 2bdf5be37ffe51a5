#include "torch_tensorrt/ptq.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/data.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "torch_tensorrt/core/util/Exception.h"

// Calibration through the public C++ API.
namespace torch_tensorrt::ptq {
namespace {

using ::testing::HasSubstr;

torch::jit::Module network() {
  at::manual_seed(3);
  torch::jit::Module module("Quantizable");
  module.register_parameter("a", at::randn({64, 32}), /*is_buffer=*/false);
  module.register_parameter("b", at::randn({16, 64}), /*is_buffer=*/false);
  module.define(R"(
    def forward(self, x):
        return torch.matmul(torch.relu(torch.matmul(x, torch.t(self.a))), torch.t(self.b))
  )");
  module.eval();
  return module;
}

struct Examples : torch::data::Dataset<Examples> {
  torch::data::Example<> get(size_t index) override {
    at::manual_seed(static_cast<int64_t>(index));
    return {at::randn({32}), at::zeros({1})};
  }
  torch::optional<size_t> size() const override { return 64; }
};

auto make_loader() {
  auto dataset = Examples().map(torch::data::transforms::Stack<>());
  return torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(std::move(dataset), 16);
}

torchscript::CompileSpec int8_spec() {
  torchscript::CompileSpec spec(std::vector<Input>{Input(std::vector<int64_t>{16, 32})});
  spec.device = Device::cpu();
  spec.enabled_precisions = {DataType::kFloat, DataType::kChar};
  return spec;
}

// A step is 1/127 of a range, its root mean square error 0.29 steps; a range is some 4 times the root mean square of
// its numbers. The input and the weights are rounded; the last product stays in f32.
const double kBound = std::sqrt(2.0) * 0.29 / 127 * 4;

// The root of the mean square of the difference beside that of the result, for examples that calibrated.
double relative_error(torch::jit::Module& module, torch::jit::Module& compiled) {
  const c10::InferenceMode inference;
  std::vector<at::Tensor> examples;
  for (size_t i = 0; i < 16; ++i) examples.push_back(Examples().get(i).data);
  const at::Tensor x = at::stack(examples);
  const at::Tensor expected = module.forward({x}).toTensor();
  const at::Tensor got = compiled.forward({x}).toTensor();
  return ((got - expected).square().mean() / expected.square().mean()).sqrt().item<double>();
}

class Ptq : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("ptq_test_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ / "net.calibration"; }

 private:
  std::filesystem::path folder_;
};

TEST_F(Ptq, ADataLoaderCalibratesAndTheFileReplacesIt) {
  auto module = network();
  auto spec = int8_spec();
  auto calibrator = make_int8_calibrator<nvinfer1::IInt8MinMaxCalibrator>(make_loader(), path(), /*use_cache=*/true);
  spec.ptq_calibrator = calibrator;
  auto compiled = torchscript::compile(module, spec);
  EXPECT_LT(relative_error(module, compiled), kBound);
  ASSERT_TRUE(std::filesystem::exists(path()));
  auto from_file = make_int8_cache_calibrator(path());
  spec.ptq_calibrator = from_file;
  auto again = torchscript::compile(module, spec);
  EXPECT_LT(relative_error(module, again), kBound);
}

TEST_F(Ptq, AnEngineIsCalibrated) {
  auto module = network();
  auto spec = int8_spec();
  auto calibrator = make_int8_calibrator<nvinfer1::IInt8MinMaxCalibrator>(make_loader(), "", /*use_cache=*/false);
  spec.ptq_calibrator = calibrator;
  const std::string engine = torchscript::convert_method_to_trt_engine(module, "forward", spec);
  auto compiled = torchscript::embed_engine_in_new_module(engine, Device::cpu());
  EXPECT_LT(relative_error(module, compiled), kBound);
}

template <typename Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.msg();
  }
  return "";
}

TEST_F(Ptq, WrongUsesAreRefused) {
  const auto module = network();
  const auto compile_with = [&](Calibrator& calibrator, bool int8) {
    auto spec = int8_spec();
    if (!int8) spec.enabled_precisions = {DataType::kFloat};
    spec.ptq_calibrator = calibrator;
    return error_of([&] { torchscript::compile(module, spec); });
  };
  auto missing = make_int8_cache_calibrator(path());
  EXPECT_THAT(compile_with(missing, true), HasSubstr("cannot read the calibration file"));
  EXPECT_THAT(compile_with(missing, false), HasSubstr("needs int8"));
  Calibrator empty(
      CalibrationAlgo::kMINMAX_CALIBRATION, [] { return std::nullopt; }, "", false);
  EXPECT_THAT(compile_with(empty, true), HasSubstr("no batches"));
  Calibrator wrong(
      CalibrationAlgo::kMINMAX_CALIBRATION,
      [] {
        return Calibrator::Batch{at::zeros({3, 5})};
      },
      "", false);
  EXPECT_THAT(compile_with(wrong, true), HasSubstr("batch 1 of the calibration data does not run"));
  EXPECT_THAT(error_of([] { make_int8_calibrator(make_loader(), "", true); }), HasSubstr("use_cache"));
}

TEST(Algorithms, AreThoseOfTheirClasses) {
  EXPECT_EQ(algorithm_of<nvinfer1::IInt8LegacyCalibrator>(), CalibrationAlgo::kLEGACY_CALIBRATION);
  EXPECT_EQ(algorithm_of<nvinfer1::IInt8EntropyCalibrator>(), CalibrationAlgo::kENTROPY_CALIBRATION);
  EXPECT_EQ(algorithm_of<nvinfer1::IInt8EntropyCalibrator2>(), CalibrationAlgo::kENTROPY_CALIBRATION_2);
  EXPECT_EQ(algorithm_of<nvinfer1::IInt8MinMaxCalibrator>(), CalibrationAlgo::kMINMAX_CALIBRATION);
}

}  // namespace
}  // namespace torch_tensorrt::ptq
