#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_cuda.h"
#include "torch_tensorrt/core/backends/tensorrt/run/device_blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/run/graph_cache.h"
#include "torch_tensorrt/core/util/macros.h"

// The backend's calls of the CUDA driver, on a fake one.
namespace torch_tensorrt::backends::tensorrt {
namespace {

using testing::HasSubstr;
using testing::Not;

class TensorRTCuda : public testing::Test {
 protected:
  TensorRTCuda() {
    // Opening libcuda.so.1 by name gives this library from now on.
    void* library = dlopen(TORCHTRT_FAKE_CUDA, RTLD_NOW | RTLD_GLOBAL);
    TORCHTRT_CHECK(library != nullptr, dlerror());
    driver_ = reinterpret_cast<FakeCuda* (*)()>(dlsym(library, "fake_cuda"))();
    *driver_ = {};
  }

  FakeCuda* driver_ = nullptr;
};

TEST_F(TensorRTCuda, SizesThatGrowTakeFewBlocks) {
  DeviceBlocks blocks;
  for (int64_t bytes = 1; bytes <= 2048; ++bytes) {
    ASSERT_NE(blocks.at_least(bytes, 4096), nullptr);
    ASSERT_GE(blocks.largest_bytes(), bytes);
  }
  EXPECT_LE(driver_->allocations, 12);
  EXPECT_LE(driver_->allocated_bytes, 2U * 2048U);
  blocks.release();
  EXPECT_EQ(driver_->allocated_bytes, 0U);
}

TEST_F(TensorRTCuda, NoBlockIsLargerThanWhatIsEverNeeded) {
  DeviceBlocks blocks;
  blocks.at_least(1000, 1500);
  void* largest = blocks.at_least(1001, 1500);
  EXPECT_EQ(blocks.largest_bytes(), 1500);
  EXPECT_EQ(blocks.at_least(1500, 1500), largest);
  EXPECT_EQ(blocks.at_least(7, 1500), largest);
  blocks.release();
}

TEST_F(TensorRTCuda, AFailedAllocationLeavesTheBlocksAsTheyWere) {
  DeviceBlocks blocks;
  void* first = blocks.at_least(600, 0);
  driver_->memory_bytes = 1500;
  EXPECT_THROW(blocks.at_least(1000, 0), Error);
  EXPECT_EQ(blocks.largest_bytes(), 600);
  EXPECT_EQ(blocks.at_least(600, 0), first);
  EXPECT_THROW(blocks.add(1000), Error);
  // The device has room for the requested size, but not for twice the size of the last block.
  EXPECT_NE(blocks.at_least(700, 0), nullptr);
  EXPECT_EQ(blocks.largest_bytes(), 700);
  driver_->memory_bytes = 0;
  EXPECT_NE(blocks.at_least(1000, 0), nullptr);
  EXPECT_EQ(blocks.largest_bytes(), 1400);
  blocks.release();
  EXPECT_EQ(driver_->allocated_bytes, 0U);
}

TEST_F(TensorRTCuda, NothingIsAllocatedForNothing) {
  DeviceBlocks blocks;
  EXPECT_EQ(blocks.at_least(0, 0), nullptr);
  EXPECT_EQ(driver_->allocations, 0);
}

// A piece of work that counts its runs on the stream and in recordings.
struct Work {
  int on_stream = 0;
  int recorded = 0;
  bool can_be_recorded = true;
  void* stream = &on_stream;

  void run(GraphCache& graphs, const void* address) {
    graphs.run({address}, stream, [&](void* on) {
      if (on != stream && !can_be_recorded) TORCHTRT_THROW_ERROR("the device is waited for");
      ++(on == stream ? on_stream : recorded);
    });
  }
};

TEST_F(TensorRTCuda, TheSecondRunAtAnAddressIsRecorded) {
  GraphCache graphs;
  Work work;
  for (int i = 0; i < 4; ++i) work.run(graphs, &work);
  EXPECT_EQ(work.on_stream, 1);
  EXPECT_EQ(work.recorded, 1);
  EXPECT_EQ(driver_->launches, 3);
  graphs.clear();
  EXPECT_EQ(driver_->graphs, 0);
}

TEST_F(TensorRTCuda, WorkThatCannotBeRecordedRunsWithout) {
  GraphCache graphs;
  Work work;
  work.can_be_recorded = false;
  testing::internal::CaptureStderr();
  for (int i = 0; i < 4; ++i) work.run(graphs, &work);
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_EQ(work.on_stream, 4);
  EXPECT_EQ(driver_->launches, 0);
  EXPECT_EQ(driver_->captures, 1);
  EXPECT_TRUE(graphs.empty());
  EXPECT_THAT(logged, HasSubstr("goes on without: the device is waited for"));
}

TEST_F(TensorRTCuda, ARecordingThatFailsAtItsEndIsNoFailedRun) {
  GraphCache graphs;
  Work work;
  driver_->fails_at_end_of_capture = true;
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) work.run(graphs, &work);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("not permitted while a stream is recorded"));
  EXPECT_EQ(work.on_stream, 3);
  EXPECT_EQ(driver_->launches, 0);
}

TEST_F(TensorRTCuda, AFailedRunOutsideOfARecordingIsAnError) {
  GraphCache graphs;
  const auto fail = [](void*) { TORCHTRT_THROW_ERROR("it does not run"); };
  int address = 0;
  EXPECT_THROW(graphs.run({&address}, &address, fail), Error);
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
