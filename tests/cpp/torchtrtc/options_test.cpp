#include "bin/torchtrtc/options.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bin/torchtrtc/command_line.h"
#include "bin/torchtrtc/commands/compile.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torchtrtc {
namespace {

using torch_tensorrt::Device;

CompileOptions parsed(std::vector<std::string> flags) {
  flags.insert(flags.end(), {"in.ts", "out.ts"});
  std::reverse(flags.begin(), flags.end());  // the order of CLI11
  CLI::App app;
  CompileOptions options;
  add_compile_options(app, options);
  EXPECT_NO_THROW(app.parse(flags));
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

// The output for a command line that cannot be parsed.
std::string usage_error(std::vector<std::string> words) {
  testing::internal::CaptureStderr();
  const int status = run_command_line(words);
  std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(status, kUsage) << words[0];
  return told;
}

TEST(Values, OutOfRangeAreRefused) {
  const std::pair<const char*, const char*> rows[] = {
      {"--min-block-size=-1", "'-1' is not a whole number from 0 to 9223372036854775807"},
      {"--mbs=1.5", "'1.5' is not a whole number"},
      {"--min-block-size=99999999999999999999", "is not a whole number"},
      {"--workspace-size=-1", "'-1' is not a whole number"},
      {"--workspace-size=18446744073709551615", "is not a whole number"},
      {"--workspace-size=1G", "'1G' is not a whole number"},
      {"--num-avg-timing-iters=-1", "'-1' is not a whole number"},
      {"--max-specializations=0", "'0' is not a whole number from 1 to 2147483647"},
      {"--max-specializations=-1", "'-1' is not a whole number from 1 to"},
      {"--dla-sram-size=10", "'10' is not a whole number from 4096 to"},
      {"--dla-local-dram-size=-4096", "is not a whole number from 4096 to"},
      {"--dla-global-dram-size=x", "is not a whole number from 4096 to"},
      {"--gpu-id=-1", "'-1' is not a whole number from 0 to 2147483647"},
      {"--dla-core=a", "'a' is not a whole number"},
      {"--optimization-level=6", "--optimization-level: '6' is not a whole number from 0 to 5"},
      {"--optimization-level=-1", "'-1' is not a whole number from 0 to 5"},
      {"--num-threads=1025", "'1025' is not a whole number from 0 to 1024"},
      {"--atol=-1", "'-1' is not a number of 0 or more"},
      {"--atol=abc", "'abc' is not a number of 0 or more"},
      {"--atol=inf", "'inf' is not a number of 0 or more"},
      {"--rtol=nan", "'nan' is not a number of 0 or more"},
      {"-pfp64", "'fp64' is not a precision"},
  };
  for (const auto& [flag, complaint] : rows) {
    for (const auto& words :
         {std::vector<std::string>{flag, "in.ts", "out.ts"}, {"compile", flag, "in.ts", "out.ts"}}) {
      const std::string told = usage_error(words);
      EXPECT_THAT(told, testing::HasSubstr(complaint));
      EXPECT_LT(told.size(), 400U) << told;
      EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
    }
  }
}

TEST(Values, AreDecimalOrHexadecimal) {
  EXPECT_EQ(parsed({"--workspace-size=0x1000"}).settings.workspace_size, 4096U);
  EXPECT_EQ(parsed({"--workspace-size=010"}).settings.workspace_size, 10U);
  EXPECT_EQ(parsed({"--workspace-size=+8"}).settings.workspace_size, 8U);
  EXPECT_EQ(parsed({"--min-block-size", "7"}).settings.min_block_size, 7U);
  EXPECT_EQ(parsed({"--atol=1e-3"}).atol, 1e-3);
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

TEST(Options, CalibrationFlagsAreKept) {
  const auto options = parsed({"-p", "int8", "--calibration-cache-file", "a.cache", "--calibration-algo", "minmax"});
  EXPECT_EQ(options.calibration_cache, "a.cache");
  EXPECT_EQ(options.calibration_algorithm, "minmax");
  EXPECT_TRUE(options.calibration_data.empty());
}

}  // namespace
}  // namespace torchtrtc
