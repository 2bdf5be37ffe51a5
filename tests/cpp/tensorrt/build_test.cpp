#include "torch_tensorrt/core/backends/tensorrt/run/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "torch_tensorrt/core/backends/tensorrt/run/engine.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::DataType;
using testing::HasSubstr;

std::unique_ptr<network::INetworkDefinition> parse(const std::string& body) {
  return network::parse_network("network \"n\" {\n" + body + "\n}\n");
}

engine::BuildSettings with(std::set<DataType> precisions) {
  engine::BuildSettings settings;
  settings.enabled_precisions = std::move(precisions);
  settings.device.device_type = network::DeviceType::kGPU;
  return settings;
}

constexpr const char* kSingle = "%x = input() {dims=[2]}\n%y = unary(%x) {op=exp}\nreturn %y";
constexpr const char* kMixed = "%x = input() {dims=[2]}\n%h = cast(%x) {to=f16}\n%y = unary(%h) {op=exp}\nreturn %y";

TEST(TensorRTBuild, IsTypedUnlessPrecisionMayGoDown) {
  EXPECT_TRUE(is_strongly_typed(*parse(kSingle), with({DataType::kFLOAT})));
  EXPECT_FALSE(is_strongly_typed(*parse(kSingle), with({DataType::kFLOAT, DataType::kHALF})));
  EXPECT_FALSE(is_strongly_typed(*parse(kSingle), with({DataType::kBF16})));
  EXPECT_TRUE(is_strongly_typed(*parse(kMixed), with({DataType::kFLOAT, DataType::kHALF})));
  engine::BuildSettings asked = with({DataType::kFLOAT, DataType::kHALF});
  asked.use_explicit_typing = true;
  EXPECT_TRUE(is_strongly_typed(*parse(kSingle), asked));
}

TEST(TensorRTBuild, IsTypedIfEveryLayerIsToBeInF32) {
  const auto network = parse("%x = input() {dims=[2]}\n%y = unary(%x) {op=exp}\n%z = unary(%y) {op=sin}\nreturn %z");
  const auto settings = with({DataType::kFLOAT, DataType::kHALF});
  LayerPrecisions precisions;
  precisions.wanted[network->getLayer(1)] = DataType::kFLOAT;
  EXPECT_FALSE(is_strongly_typed(*network, settings, precisions));
  precisions.wanted[network->getLayer(2)] = DataType::kHALF;
  EXPECT_FALSE(is_strongly_typed(*network, settings, precisions));
  precisions.wanted[network->getLayer(2)] = DataType::kFLOAT;
  EXPECT_TRUE(is_strongly_typed(*network, settings, precisions));
}

TEST(TensorRTBuild, Int8NeedsFakeQuantization) {
  testing::internal::CaptureStderr();
  EXPECT_FALSE(is_quantized(*parse(kSingle), with({DataType::kFLOAT})));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  EXPECT_FALSE(is_quantized(*parse(kSingle), with({DataType::kFLOAT, DataType::kINT8})));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("nothing will run in int8"));
}

TEST(TensorRTBuild, NamesWhatTensorRTDoesNotTake) {
  const auto network =
      parse("%x = input() {dims=[2]}\n%y = unary(%x) {op=erfc, name=\"tail\", source=\"model.py:7\"}\nreturn %y");
  const std::string text = list_unsupported(*network);
  EXPECT_THAT(text, HasSubstr("tail"));
  EXPECT_THAT(text, HasSubstr("model.py:7"));
  EXPECT_THAT(text, HasSubstr("TensorRT has no erfc"));
  EXPECT_EQ(list_unsupported(*parse(kSingle)), "");
  try {
    build_serialized(*network, with({DataType::kFLOAT}), {}, nullptr);
    FAIL() << "it was built";
  } catch (const Error& error) {
    EXPECT_THAT(error.msg(), HasSubstr("TensorRT does not take these layers:"));
  }
}

TEST(TensorRTBuild, KnowsItsOwnBytes) {
  EXPECT_TRUE(is_serialized_engine("ftrt\1\2\3\4", 8));
  EXPECT_FALSE(is_serialized_engine("TRTCPLAN", 8));
  EXPECT_FALSE(is_serialized_engine("ftr", 3));
}

#ifdef TORCHTRT_TENSORRT_LIBRARY_ROOT
// Uses the real libnvinfer beside the headers.
TEST(TensorRTBuild, OpensTheLibraryOfItsHeaders) {
  SearchPlaces places;
  places.root = TORCHTRT_TENSORRT_LIBRARY_ROOT;
  const LoadResult result = load_library(places, kHeaderVersion);
  ASSERT_NE(result.library, nullptr) << result.decision.reason();
  EXPECT_EQ(to_string(result.library->version()), to_string(kHeaderVersion));
}

TEST(TensorRTBuild, BuildsOrSaysThatThereIsNoDevice) {
  setenv("TensorRT_ROOT", TORCHTRT_TENSORRT_LIBRARY_ROOT, 1);
  const Decision device = engine::cuda::Driver::available(0);
  try {
    const std::string bytes = build_serialized(*parse(kSingle), with({DataType::kFLOAT}), {}, nullptr);
    EXPECT_TRUE(device);
    EXPECT_TRUE(is_serialized_engine(bytes.data(), bytes.size()));
  } catch (const Error& error) {
    EXPECT_FALSE(device);
    EXPECT_THAT(error.msg(), HasSubstr(device.reason()));
  }
  unsetenv("TensorRT_ROOT");
}
#endif

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
