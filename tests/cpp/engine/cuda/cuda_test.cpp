#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "engine/fake_device.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/cuda/graph_cache.h"
#include "torch_tensorrt/core/engine/cuda/memory.h"
#include "torch_tensorrt/core/util/macros.h"

// What stands on the CUDA driver, on a fake one.
namespace torch_tensorrt::engine::cuda {
namespace {

using ::testing::HasSubstr;

class Cuda : public ::testing::Test {
 protected:
  FakeCuda* driver_ = engine::testing::fake_driver();
};

TEST_F(Cuda, SizesThatGrowTakeFewBlocks) {
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

TEST_F(Cuda, NoBlockIsLargerThanWhatIsEverNeeded) {
  DeviceBlocks blocks;
  blocks.at_least(1000, 1500);
  void* largest = blocks.at_least(1001, 1500);
  EXPECT_EQ(blocks.largest_bytes(), 1500);
  EXPECT_EQ(blocks.at_least(1500, 1500), largest);
  EXPECT_EQ(blocks.at_least(7, 1500), largest);
  blocks.release();
}

TEST_F(Cuda, AFailedAllocationLeavesTheBlocksAsTheyWere) {
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

TEST_F(Cuda, NothingIsAllocatedForNothing) {
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

TEST_F(Cuda, TheSecondRunAtAnAddressIsRecorded) {
  GraphCache graphs(0);
  Work work;
  for (int i = 0; i < 4; ++i) work.run(graphs, &work);
  EXPECT_EQ(work.on_stream, 1);
  EXPECT_EQ(work.recorded, 1);
  EXPECT_EQ(driver_->launches, 3);
  graphs.clear();
  EXPECT_EQ(driver_->graphs, 0);
}

TEST_F(Cuda, WorkThatCannotBeRecordedRunsWithout) {
  GraphCache graphs(0);
  Work work;
  work.can_be_recorded = false;
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 4; ++i) work.run(graphs, &work);
  const std::string logged = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(work.on_stream, 4);
  EXPECT_EQ(driver_->launches, 0);
  EXPECT_EQ(driver_->captures, 1);
  EXPECT_TRUE(graphs.empty());
  EXPECT_THAT(logged, HasSubstr("goes on without: the device is waited for"));
}

TEST_F(Cuda, ARecordingThatFailsAtItsEndIsNoFailedRun) {
  GraphCache graphs(0);
  Work work;
  driver_->fails_at_end_of_capture = true;
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) work.run(graphs, &work);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("not permitted while a stream is recorded"));
  EXPECT_EQ(work.on_stream, 3);
  EXPECT_EQ(driver_->launches, 0);
}

TEST_F(Cuda, AFailedRunOutsideOfARecordingIsAnError) {
  GraphCache graphs(0);
  const auto fail = [](void*) { TORCHTRT_THROW_ERROR("it does not run"); };
  int address = 0;
  EXPECT_THROW(graphs.run({&address}, &address, fail), Error);
}

TEST_F(Cuda, OneStreamRecordsForEachStreamThatLaunches) {
  int a = 0;
  int b = 0;
  const RecordingStream first(0, &a);
  const void* handle = first.handle();
  EXPECT_NE(handle, nullptr);
  EXPECT_NE(RecordingStream(0, &b).handle(), handle);
  EXPECT_EQ(RecordingStream(0, &a).handle(), nullptr) << "it is lent";
  auto again = std::make_unique<RecordingStream>(0, &b);
  const void* lent = again->handle();
  again.reset();
  EXPECT_EQ(RecordingStream(0, &b).handle(), lent);
}

TEST_F(Cuda, WorkIsEnqueuedWhileAnotherThreadRecordsForTheStream) {
  GraphCache graphs(0);
  Work work;
  work.run(graphs, &work);
  {
    const RecordingStream lent(0, work.stream);
    work.run(graphs, &work);
  }
  EXPECT_EQ(work.on_stream, 2);
  work.run(graphs, &work);
  EXPECT_EQ(work.recorded, 1);
  graphs.clear();
}

TEST_F(Cuda, TheDriverTellsADevice) {
  EXPECT_TRUE(Driver::available(0));
  EXPECT_THAT(Driver::available(1).reason(), HasSubstr("there is no cuda:1; the driver has 1 GPU"));
  const DeviceInfo info = Driver::get().device_info(0);
  EXPECT_EQ(info.name, "Fake GPU");
  EXPECT_EQ(info.memory_bytes, int64_t{1} << 30);
  EXPECT_EQ(Driver::get().architecture(0), "sm_99");
  EXPECT_EQ(Driver::get().recording_of(nullptr), 0U);
}

}  // namespace
}  // namespace torch_tensorrt::engine::cuda
