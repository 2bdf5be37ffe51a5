#include <type_traits>

#include "gtest/gtest.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/ir/ir.h"
#include "torch_tensorrt/core/util/macros.h"

// ir::Device and BuilderSettings as programs of other people use them.
namespace torch_tensorrt::core::conversion {
namespace {

using nvinfer1::DeviceType;

static_assert(std::is_same_v<decltype(BuilderSettings::device), ir::Device>);
static_assert(std::is_same_v<decltype(ir::Device::device_type), DeviceType>);
static_assert(std::is_same_v<decltype(ir::Device::gpu_id), int64_t>);
static_assert(std::is_same_v<decltype(ir::Device::dla_core), int64_t>);
static_assert(std::is_same_v<decltype(ir::Device::allow_gpu_fallback), bool>);

TEST(Device, IsReadAndWrittenInTheSettingsOfAContext) {
  struct Row {
    DeviceType type;
    std::string text;
  };
  const Row rows[] = {{DeviceType::kCPU, "cpu"}, {DeviceType::kGPU, "gpu:2"}, {DeviceType::kDLA, "dla:1"}};
  for (const Row& row : rows) {
    BuilderSettings settings;
    settings.device.device_type = row.type;
    settings.device.gpu_id = 2;
    settings.device.dla_core = 1;
    settings.device.allow_gpu_fallback = true;
    const ConversionCtx context(settings);
    const ConversionCtx* ctx = &context;
    EXPECT_EQ(ctx->settings.device.device_type, row.type) << row.text;
    EXPECT_EQ(ctx->settings.device.gpu_id, 2) << row.text;
    EXPECT_EQ(ctx->settings.device.dla_core, 1) << row.text;
    EXPECT_TRUE(ctx->settings.device.allow_gpu_fallback) << row.text;
    EXPECT_EQ(ctx->cfg->getDefaultDeviceType(), row.type) << row.text;
    EXPECT_EQ(ctx->settings.device.is_cpu(), row.type == DeviceType::kCPU) << row.text;
    EXPECT_EQ(ctx->settings.device.is_dla(), row.type == DeviceType::kDLA) << row.text;
    EXPECT_EQ(ctx->settings.device.used_dla_core(), row.type == DeviceType::kDLA ? 1 : -1) << row.text;
    EXPECT_EQ(str(ctx->settings.device), row.text);
  }
}

TEST(Device, IsAGpuUnlessSaidOtherwise) {
  const ir::Device device;
  EXPECT_EQ(device.device_type, DeviceType::kGPU);
  EXPECT_EQ(device.gpu_id, 0);
  EXPECT_EQ(device.dla_core, 0);
  EXPECT_FALSE(device.allow_gpu_fallback);
  EXPECT_EQ(ir::Device::cpu().device_type, DeviceType::kCPU);
}

TEST(Device, OfNewBuilderSettingsIsAGpuAndPrecisionsAreEmpty) {
  const BuilderSettings settings;
  EXPECT_EQ(settings.device.device_type, DeviceType::kGPU);
  EXPECT_TRUE(settings.enabled_precisions.empty());
  EXPECT_EQ(ConversionCtx(settings).enabled_precisions, std::set<nvinfer1::DataType>{nvinfer1::DataType::kFLOAT});
}

TEST(Device, OfNewBuildSettingsIsTheCpu) { EXPECT_TRUE(engine::BuildSettings().device.is_cpu()); }

}  // namespace
}  // namespace torch_tensorrt::core::conversion
