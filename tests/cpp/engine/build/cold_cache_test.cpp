#include "torch_tensorrt/core/engine/build/cold_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace torch_tensorrt::engine {
namespace {

int64_t cache_bytes() { return std::max<int64_t>(0, sysconf(_SC_LEVEL2_CACHE_SIZE)); }

TEST(ColdCache, IsForWeightsThatCachesDoNotHold) {
  if (cache_bytes() == 0) GTEST_SKIP() << "the size of the caches is unknown";
  const DeviceTarget cpu = DeviceTarget::cpu();
  EXPECT_EQ(make_cold_cache(cpu, 0), nullptr);
  EXPECT_EQ(make_cold_cache(cpu, cache_bytes()), nullptr);
  EXPECT_NE(make_cold_cache(cpu, cache_bytes() + 1), nullptr);
  EXPECT_EQ(make_cold_cache(DeviceTarget(), cache_bytes() + 1), nullptr);  // a GPU
}

TEST(ColdCache, ReadsAnyNumberOfBytes) {
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
