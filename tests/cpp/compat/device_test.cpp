#include "gtest/gtest.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/ir/ir.h"
#include "torch_tensorrt/core/util/macros.h"

// ir::Device and BuilderSettings as programs of other people use them.
namespace torch_tensorrt::core::conversion {
namespace {

using nvinfer1::DeviceType;
using Kind = engine::DeviceTarget::Kind;

ir::Device device(DeviceType type) {
  ir::Device device;
  device.device_type = type;
  device.gpu_id = 2;
  device.dla_core = 1;
  device.allow_gpu_fallback = true;
  return device;
}

TEST(Device, ConvertsToATargetAndBack) {
  struct Row {
    DeviceType type;
    Kind kind;
    int32_t dla_core;
    std::string text;
  };
  const Row rows[] = {
      {DeviceType::kCPU, Kind::kCPU, -1, "cpu"},
      {DeviceType::kGPU, Kind::kCUDA, -1, "gpu:2"},
      {DeviceType::kDLA, Kind::kCUDA, 1, "dla:1"},
  };
  for (const Row& row : rows) {
    BuilderSettings settings;
    settings.device = device(row.type);
    EXPECT_EQ(settings.device.kind, row.kind) << row.text;
    EXPECT_EQ(settings.device.index, 2) << row.text;
    EXPECT_EQ(settings.device.dla_core, row.dla_core) << row.text;
    EXPECT_TRUE(settings.device.allow_gpu_fallback) << row.text;
    const ir::Device back = settings.device;
    EXPECT_EQ(back.device_type, row.type) << row.text;
    EXPECT_EQ(back.gpu_id, 2) << row.text;
    EXPECT_EQ(back.dla_core, row.type == DeviceType::kDLA ? 1 : 0) << row.text;
    EXPECT_TRUE(back.allow_gpu_fallback) << row.text;
    EXPECT_EQ(str(back), row.text);
    EXPECT_EQ(str(settings.device), row.text);
  }
}

TEST(Device, OfNewBuilderSettingsIsAGpuAndPrecisionsAreEmpty) {
  const BuilderSettings settings;
  const ir::Device device = settings.device;
  EXPECT_EQ(device.device_type, DeviceType::kGPU);
  EXPECT_TRUE(settings.enabled_precisions.empty());
  EXPECT_EQ(ConversionCtx(settings).enabled_precisions, std::set<nvinfer1::DataType>{nvinfer1::DataType::kFLOAT});
}

}  // namespace
}  // namespace torch_tensorrt::core::conversion
