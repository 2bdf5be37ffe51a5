#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "engine/allocation_counter.h"
#include "engine/fake_device.h"
#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/run/context.h"

// An engine still works after a call has run out of memory at any point.
namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using testing::FailingAllocation;
using testing::run_floats;

using Floats = std::vector<float>;

class OutOfMemory : public ::testing::Test {
 protected:
  static std::vector<Dims> dims(int64_t batch) { return {Dims{batch, 3, 8, 8}}; }
  static std::vector<Floats> input(int64_t batch) {
    return {testing::random_floats(batch * 192, static_cast<uint32_t>(batch))};
  }

  // Makes a call with a larger batch fail at every possible place, between calls with a batch of 1, and compares later
  // calls. `fail(number, call)` makes failure point `number` of the call fail, and returns whether there was one.
  template <typename Fail>
  static void expect_calls_after_each_failure(const Engine& engine, Fail fail) {
    const auto small = run_floats(engine, dims(1), input(1));
    const auto large = run_floats(*engine.create_context(), dims(2), input(2));
    const Floats values = input(2)[0];
    Floats output(20);
    const void* inputs[] = {values.data()};
    void* outputs[] = {output.data()};
    int64_t number = 0;
    for (bool has_failed = true; has_failed; ++number) {
      const auto context = engine.create_context(/*max_specializations=*/2);
      ASSERT_EQ(run_floats(*context, dims(1), input(1)), small);
      has_failed = fail(number, [&] {
        context->set_input_dims(dims(2));
        context->run(inputs, outputs);
      });
      ASSERT_EQ(run_floats(*context, dims(1), input(1)), small) << number;
      ASSERT_EQ(run_floats(*context, dims(2), input(2)), large) << number;
    }
    EXPECT_GT(number, 1);
  }
};

TEST_F(OutOfMemory, AContextWorksAfterAnyAllocationOfACallHasFailed) {
  if (!testing::can_count_allocations()) GTEST_SKIP() << "a sanitizer owns the allocator";
  const auto engine = testing::build_engine(testing::make_small_network(/*dynamic_batch=*/true));
  expect_calls_after_each_failure(*engine, [](int64_t number, auto call) {
    const FailingAllocation failing(number);
    try {
      call();
    } catch (const std::exception&) {  // std::bad_alloc, or an Error quoting it
    }
    return failing.has_failed();
  });
}

TEST_F(OutOfMemory, AnEngineWorksAfterAnyAllocationOfACallHasFailed) {
  if (!testing::can_count_allocations()) GTEST_SKIP() << "a sanitizer owns the allocator";
  const auto engine = testing::build_engine(testing::make_small_network(/*dynamic_batch=*/true));
  const auto expected = run_floats(*engine, dims(2), input(2));
  for (const uint64_t recording : {0, 7}) {
    bool has_failed = true;
    for (int64_t number = 0; has_failed && number < 200; ++number) {
      {
        const FailingAllocation failing(number);
        try {
          engine->acquire_context(nullptr, recording)->set_input_dims(dims(2 + number % 3));
        } catch (const std::exception&) {
        }
        has_failed = failing.has_failed();
      }
      ASSERT_EQ(run_floats(*engine, dims(2), input(2)), expected) << number;
    }
  }
}

TEST_F(OutOfMemory, AContextOnAGpuWorksAfterAnyAllocationOrUploadHasFailed) {
  testing::FakeGpu gpu;
  int64_t& until_failure = gpu.driver.until_failure;
  BuildSettings settings = testing::reference_settings();
  settings.device.device_type = network::DeviceType::kGPU;
  const auto plan =
      std::make_shared<const std::string>(Builder(settings).build(testing::make_small_network(/*dynamic_batch=*/true)));
  bool has_failed = true;
  for (int64_t first = 0; has_failed; ++first) {
    // Use a new engine, so that its first call uploads weights to the device.
    const auto engine = Engine::load(plan);
    until_failure = first;
    try {
      run_floats(*engine, dims(1), input(1));
    } catch (const Error&) {
    }
    has_failed = until_failure == -1;
    until_failure = -1;
    expect_calls_after_each_failure(*engine, [&](int64_t number, auto call) {
      until_failure = number;
      try {
        call();
      } catch (const std::exception&) {
      }
      return std::exchange(until_failure, -1) == -1;
    });
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine
