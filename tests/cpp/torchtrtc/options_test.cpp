#include "bin/torchtrtc/options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "torch_tensorrt/core/util/Exception.h"

namespace torchtrtc {
namespace {

using torch_tensorrt::Device;

Options parsed(std::vector<std::string> flags) {
  flags.insert(flags.begin(), "torchtrtc");
  flags.insert(flags.end(), {"in.ts", "out.ts"});
  std::vector<char*> arguments;
  for (auto& flag : flags) arguments.push_back(flag.data());
  Options options;
  EXPECT_EQ(parse_options(static_cast<int>(arguments.size()), arguments.data(), &options), -1);
  return options;
}

Device device(std::vector<std::string> flags) {
  const auto options = parsed(std::move(flags));
  check_options(options);
  return make_device(options);
}

TEST(Device, IsTheOneThatIsNamed) {
  EXPECT_EQ(device({"-d", "cpu"}).device_type, Device::DeviceType::kCPU);
  EXPECT_EQ(device({"-d", "gpu"}).device_type, Device::DeviceType::kGPU);
  EXPECT_EQ(device({}).device_type, Device::current().device_type);
}

TEST(Device, AnIndexAsksForAGpuAlsoWhereItIsZero) {
  for (const int64_t id : {0, 1}) {
    const auto gpu = device({"--gpu-id", std::to_string(id)});
    EXPECT_EQ(gpu.device_type, Device::DeviceType::kGPU);
    EXPECT_EQ(gpu.gpu_id, id);
  }
}

TEST(Device, ADlaStaysOneWhateverItsGpu) {
  const auto dla = device({"-d", "dla", "--gpu-id", "1", "--dla-core", "2", "--allow-gpu-fallback"});
  EXPECT_EQ(dla.device_type, Device::DeviceType::kDLA);
  EXPECT_EQ(dla.gpu_id, 1);
  EXPECT_EQ(dla.dla_core, 2);
  EXPECT_TRUE(dla.allow_gpu_fallback);
  EXPECT_EQ(device({"-d", "dla"}).dla_core, 0);
}

std::string refusal(std::vector<std::string> flags) {
  try {
    check_options(parsed(std::move(flags)));
  } catch (const torch_tensorrt::Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(Options, ThatContradictEachOtherAreRefused) {
  using testing::HasSubstr;
  EXPECT_THAT(refusal({"-d", "cpu", "--gpu-id", "0"}), HasSubstr("--gpu-id 0 was given with -d cpu"));
  EXPECT_THAT(refusal({"--dla-core", "0"}), HasSubstr("--dla-core 0 was given without -d dla"));
  EXPECT_THAT(refusal({"-d", "gpu", "--dla-core", "1"}), HasSubstr("--dla-core 1 was given without -d dla"));
}

TEST(Options, ACalibrationCacheIsRefusedWithWhatInt8Does) {
  EXPECT_THAT(refusal({"-p", "int8", "--calibration-cache-file", "a.cache"}),
              testing::AllOf(testing::HasSubstr("a.cache"), testing::HasSubstr("fake_quantize_per_tensor_affine")));
}

}  // namespace
}  // namespace torchtrtc
