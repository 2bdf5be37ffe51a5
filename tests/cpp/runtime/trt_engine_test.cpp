#include "torch_tensorrt/core/runtime/TRTEngine.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <locale>
#include <sstream>

#include "runtime/small_engines.h"
#include "torch_tensorrt/core/runtime/runtime.h"

namespace torch_tensorrt::core::runtime {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::error_of;

const std::string& two_by_two() {
  static const std::string plan = tests::build_sum_and_difference({"input_1", "input_0"}, {"output_1", "output_0"});
  return plan;
}

using Names = std::vector<std::string>;

TRTEngine make(const Names& inputs, const Names& outputs) {
  return TRTEngine(two_by_two(), RTDevice(), inputs, outputs);
}

TEST(TRTEngine, OrderOfArgumentsIsToldByTheNumbers) {
  auto engine = tests::make_engine(two_by_two());
  EXPECT_THAT(engine->in_binding_names, ElementsAre("input_0", "input_1"));
  const at::Tensor a = at::rand({2, 3});
  const at::Tensor b = at::rand({2, 3});
  // In the network input_1 comes first, and output_0 is input_1 - input_0.
  const auto results = execute_engine({a, b}, engine);
  EXPECT_TRUE(at::equal(results[0], b - a));
  EXPECT_TRUE(at::equal(results[1], a + b));
}

TEST(TRTEngine, OrderOfArgumentsIsToldByTheNames) {
  auto engine = c10::make_intrusive<TRTEngine>("my.name", two_by_two(), RTDevice(), Names{"input_1", "input_0"},
                                               Names{"output_1", "output_0"});
  EXPECT_EQ(engine->name, "my_name");
  const at::Tensor a = at::rand({2, 3});
  const at::Tensor b = at::rand({2, 3});
  const auto results = execute_engine({a, b}, engine);
  EXPECT_TRUE(at::equal(results[0], a + b));
  EXPECT_TRUE(at::equal(results[1], a - b));
}

TEST(TRTEngine, EachDirectionHasItsOwnOrderWhereItIsNotGiven) {
  const auto some_inputs = make({"input_1", "input_0"}, {});
  EXPECT_THAT(some_inputs.in_binding_names, ElementsAre("input_1", "input_0"));
  EXPECT_THAT(some_inputs.out_binding_names, ElementsAre("output_0", "output_1"));
  const auto some_outputs = make({}, {"output_1", "output_0"});
  EXPECT_THAT(some_outputs.in_binding_names, ElementsAre("input_0", "input_1"));
  EXPECT_THAT(some_outputs.out_binding_names, ElementsAre("output_1", "output_0"));
}

TEST(TRTEngine, NamesThatDoNotFitAreNamed) {
  EXPECT_THAT(error_of([] {
                make({"input_0", "zero"}, {"output_0", "output_1"});
              }),
              HasSubstr("Could not find a TensorRT engine binding for input named zero"));
  EXPECT_THAT(error_of([] {
                make({"input_0", "output_1"}, {"output_0", "output_1"});
              }),
              HasSubstr("Binding output_1 specified as input but found as output"));
  EXPECT_THAT(error_of([] {
                make({"input_0", "input_1"}, {"output_0", "input_1"});
              }),
              HasSubstr("Binding input_1 specified as output but found as input"));
  EXPECT_THAT(error_of([] { make({"input_0"}, {"output_0", "output_1"}); }), HasSubstr("has 2 inputs"));
  EXPECT_THAT(error_of([] { make({"input_0"}, {}); }), HasSubstr("has 2 inputs"));
  EXPECT_THAT(error_of([] {
                make({"input_0", "input_0"}, {"output_0", "output_1"});
              }),
              HasSubstr("binding name input_0 is given twice"));
  const std::string unnumbered = tests::build_sum_and_difference({"x", "y"}, {"sum", "difference"});
  EXPECT_THAT(error_of([&] { tests::make_engine(unnumbered); }),
              HasSubstr("Unable to determine binding indices from TensorRT engine binding names"));
}

TEST(TRTEngine, BytesThatAreNoEngineAreRefused) {
  const std::string cut = two_by_two().substr(0, two_by_two().size() / 2);
  EXPECT_THAT(error_of([&] { tests::make_engine(cut); }), HasSubstr("Unable to deserialize the TensorRT engine"));
  EXPECT_THAT(error_of([] { tests::make_engine(""); }), HasSubstr("Unable to deserialize the TensorRT engine"));
  EXPECT_THAT(error_of([] { tests::make_engine("ptrt some TensorRT engine"); }),
              HasSubstr("Unable to deserialize the TensorRT engine"));
}

TEST(TRTEngine, OtherDeviceAndOtherPlatformAreRefused) {
  EXPECT_THAT(error_of([] { TRTEngine(two_by_two(), RTDevice(0, network::DeviceType::kGPU)); }),
              AllOf(HasSubstr("No compatible device was found for instantiating TensorRT engine"), HasSubstr("CPU")));
  EXPECT_THAT(error_of([] { TRTEngine(two_by_two(), RTDevice(), {}, {}, Platform(Platform::kWIN_ARM64)); }),
              HasSubstr("(built for: windows_arm64, current platform: "));
}

TEST(TRTEngine, SerializedFormMakesTheSameEngine) {
  auto engine =
      c10::make_intrusive<TRTEngine>("net", two_by_two(), RTDevice(), Names{"input_1", "input_0"},
                                     Names{"output_0", "output_1"}, get_current_platform(), true, false, "meta");
  const std::vector<std::string> strings = engine->serialize();
  auto again = c10::make_intrusive<TRTEngine>(strings);
  EXPECT_EQ(again->serialize(), strings);
  EXPECT_EQ(again->get_serialized_metadata(), "meta");
  const std::vector<at::Tensor> inputs = {at::rand({2, 3}), at::rand({2, 3})};
  EXPECT_TRUE(at::equal(execute_engine(inputs, engine)[0], execute_engine(inputs, again)[0]));
}

TEST(TRTEngine, GivesItsBytes) {
  auto engine = tests::make_engine(two_by_two());
  at::Tensor bytes = engine->serialized_engine_tensor();
  EXPECT_EQ(bytes.scalar_type(), at::kByte);
  engine.reset();  // the tensor keeps the bytes alive
  EXPECT_EQ(std::string(static_cast<const char*>(bytes.const_data_ptr()), static_cast<size_t>(bytes.numel())),
            two_by_two());
}

TEST(TRTEngine, OutputsAreInferredWithoutRunning) {
  const auto engine = tests::make_engine(tests::build_convolution_engine());
  const auto outputs = engine->infer_outputs({{3, 3, 5, 6}, {3, 4, 5, 6}});
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_TRUE(outputs[0].is_meta());
  EXPECT_EQ(outputs[0].sizes(), at::IntArrayRef({3, 4, 5, 6}));
  EXPECT_EQ(outputs[1].sizes(), at::IntArrayRef({3, 4}));
  EXPECT_THAT(error_of([&] { engine->infer_outputs({{3, 3, 5, 6}}); }), HasSubstr("the sizes of 1 are given"));
  EXPECT_THAT(error_of([&] { engine->infer_outputs({{3, 3, 5, 60}, {3, 4, 5, 60}}); }), HasSubstr("input_0"));
}

TEST(TRTEngine, DescribesItself) {
  const auto engine = tests::make_engine(tests::build_convolution_engine());
  const std::string text = engine->to_str();
  EXPECT_THAT(text, AllOf(HasSubstr("input_0"), HasSubstr("-1x3x-1x-1 (1x3x4x4 to 8x3x16x16)"), HasSubstr("Float"),
                          HasSubstr("output_1"), HasSubstr("CPU")));
  EXPECT_THAT(engine->get_engine_layer_info(), AllOf(HasSubstr("convolution"), HasSubstr("tactic")));
}

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(TRTEngine, ProfilingWritesATraceOfEachCall) {
  auto engine = tests::make_engine(tests::build_convolution_engine());
  const std::string directory = testing::TempDir() + "profile_test";
  std::filesystem::create_directories(directory);
  const std::string path = directory + "/deserialized_trt_engine_execution_profile.trace";
  std::filesystem::remove(path);
  engine->set_profile_path_prefix(directory);
  const std::vector<at::Tensor> inputs = {at::rand({1, 3, 4, 4}), at::rand({1, 4, 4, 4})};
  const auto expected = execute_engine(inputs, engine);
  EXPECT_FALSE(std::filesystem::exists(path));

  engine->enable_profiling();
  EXPECT_TRUE(at::equal(execute_engine(inputs, engine)[0], expected[0]));
  EXPECT_THAT(read_file(path), AllOf(HasSubstr("\"ph\": \"X\""), HasSubstr("\"dur\": ")));
  engine->set_profile_format("trex");
  execute_engine(inputs, engine);
  EXPECT_THAT(read_file(path), HasSubstr("\"averageMs\": "));
  engine->disable_profiling();
  std::filesystem::remove(path);
  execute_engine(inputs, engine);
  EXPECT_FALSE(std::filesystem::exists(path));

  EXPECT_THAT(error_of([&] { engine->set_profile_format("html"); }), HasSubstr("\"html\" is not one of"));
  engine->dump_engine_layer_info();
  EXPECT_EQ(read_file(directory + "/deserialized_trt_layer_information.json"), engine->get_engine_layer_info());
  EXPECT_THAT(error_of([&] { engine->dump_engine_layer_info_to_file("/no/such/folder/file"); }),
              AllOf(HasSubstr("/no/such/folder/file"), HasSubstr("No such file")));
}

TEST(TRTEngine, NeedsNoFolderForTemporaryFiles) {
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "";
  setenv("TMPDIR", "/no/such/folder", 1);
  auto engine = tests::make_engine(tests::build_convolution_engine());
  EXPECT_EQ(engine->get_profile_path_prefix(), "/no/such/folder");
  EXPECT_THAT(
      error_of([&] { engine->enable_profiling(); }),
      AllOf(HasSubstr("cannot write profiles to /no/such/folder: No such file"), HasSubstr("profile_path_prefix")));
  before != nullptr ? setenv("TMPDIR", kept.c_str(), 1) : unsetenv("TMPDIR");
  const std::string file = testing::TempDir() + "profile_test_no_folder";
  std::ofstream(file) << "a file";
  engine->set_profile_path_prefix(file);
  EXPECT_THAT(error_of([&] { engine->enable_profiling(); }), HasSubstr("Not a directory"));
  engine->set_profile_path_prefix(testing::TempDir());
  engine->enable_profiling();
}

TEST(TRTEngine, TracesAreTheSameInEveryLocale) {
  struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '_'; }
    std::string do_grouping() const override { return "\1"; }
  };
  const std::string folder = testing::TempDir() + "profile_test_locale";
  std::filesystem::create_directories(folder);
  EngineProfiler profiler;
  profiler.set_path_prefix(folder);
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Commas));
  profiler.write("a", {{"first", 1234.5}, {"second", 0.25}});
  profiler.set_format("trex");
  profiler.write("b", {{"first", 1234.5}, {"second", 0.25}});
  std::locale::global(before);
  const std::string ending = "_engine_execution_profile.trace";
  EXPECT_THAT(read_file(profiler.file_path("a", ending)),
              AllOf(HasSubstr("\"ts\": 1234.500, \"dur\": 0.250,"), HasSubstr("\"tid\": 1,")));
  EXPECT_THAT(read_file(profiler.file_path("b", ending)), HasSubstr("\"timeMs\": 1.234500,"));
}

RTDevice gpu(int64_t id, int64_t major, int64_t minor) {
  RTDevice device(id, network::DeviceType::kGPU);
  device.major = major;
  device.minor = minor;
  return device;
}

TEST(PreferredDevice, IsTheTargetThenTheCurrentOneThenTheFirst) {
  const std::vector<RTDevice> found = {gpu(0, 9, 0), gpu(1, 9, 0), gpu(2, 9, 0)};
  EXPECT_EQ(preferred_device(found, gpu(1, 9, 0), gpu(2, 9, 0))->id, 1);
  EXPECT_EQ(preferred_device(found, gpu(5, 9, 0), gpu(2, 9, 0))->id, 2);
  EXPECT_EQ(preferred_device(found, gpu(5, 9, 0), RTDevice())->id, 0);
  EXPECT_EQ(preferred_device(found, gpu(1, 8, 0), RTDevice())->id, 0);
  EXPECT_FALSE(preferred_device({}, gpu(1, 9, 0), RTDevice()));
}

}  // namespace
}  // namespace torch_tensorrt::core::runtime
