#include "torch_tensorrt/core/engine/build/cold_cache.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace torch_tensorrt::engine {
namespace {

TEST(ColdCache, IsForWeightsThatCachesDoNotHold) {
  const int64_t cache = second_level_cache_bytes();
  const DeviceTarget cpu = DeviceTarget::cpu();
  EXPECT_EQ(make_cold_cache(cpu, 0), nullptr);
  EXPECT_EQ(make_cold_cache(cpu, cache), nullptr);
  EXPECT_EQ(make_cold_cache(cpu, cache + 1) != nullptr, cache > 0);
  EXPECT_EQ(make_cold_cache(DeviceTarget(), cache + 1), nullptr);  // a GPU
}

TEST(ColdCache, TakesAnyNumberOfBytes) {
  const ColdCache cold(1 << 16);
  const std::vector<char> bytes(1001, 1);
  for (const int64_t size : {0, 1, 63, 64, 65, 1001}) {
    cold.displace();
    ColdCache::load(bytes.data(), size);
  }
  EXPECT_EQ(bytes, std::vector<char>(1001, 1));
}

}  // namespace
}  // namespace torch_tensorrt::engine
