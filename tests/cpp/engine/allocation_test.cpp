#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "engine/allocation_counter.h"
#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/run/context.h"

namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using testing::AllocationCounter;

class Allocations : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::can_count_allocations()) GTEST_SKIP() << "a sanitizer owns the allocator";
  }
};

TEST_F(Allocations, AreCounted) {
  AllocationCounter counter;
  auto one = std::make_unique<int>(1);
  auto* volatile two = static_cast<char*>(std::malloc(10));
  EXPECT_EQ(counter.stop(), 2);
  std::free(two);
}

// Calls with two shapes in turn, after one call with each.
void expect_no_allocations(const Engine& engine, const std::vector<std::string>& libraries_to_ignore) {
  const std::vector<Dims> small = {Dims{1, 3, 8, 8}};
  const std::vector<Dims> large = {Dims{4, 3, 8, 8}};
  const auto input = testing::random_floats(4 * 192, 1);
  std::vector<float> output(40);
  const void* inputs[] = {input.data()};
  void* outputs[] = {output.data()};
  const auto call = [&](const std::vector<Dims>& dims) {
    const auto lease = engine.acquire_context();
    lease->set_input_dims(dims);
    lease->run(inputs, outputs);
  };
  for (int32_t i = 0; i < 3; ++i) {
    call(small);
    call(large);
  }
  AllocationCounter counter;
  for (int32_t i = 0; i < 10; ++i) {
    call(small);
    call(large);
  }
  EXPECT_EQ(counter.stop(libraries_to_ignore), 0);
}

TEST_F(Allocations, ARepeatedCallMakesNone) {
  expect_no_allocations(*testing::build_engine(testing::make_small_network(/*dynamic_batch=*/true)), {});
}

// With the best tactics available here. oneDNN's own allocations during a call are beyond our control.
TEST_F(Allocations, ARepeatedCallOfTheBestTacticsMakesNone) {
  testing::register_reference_tactics();
  BuildSettings settings;
  settings.tactic_sources = {"reference", "plain"};
  for (const Tactic* tactic : TacticRegistry::global().all()) {
    if (std::string(tactic->name()).rfind("onednn.", 0) == 0)
      settings.tactic_sources = {"onednn", "reference", "plain"};
  }
  const auto engine = testing::build_engine(testing::make_small_network(/*dynamic_batch=*/true), settings);
  expect_no_allocations(*engine, {"libdnnl"});
}

// Bytes in use by the process.
int64_t bytes_in_use() {
  const auto info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

// The arena is sized for the largest shape, and specializations beyond the last few are freed.
TEST_F(Allocations, DoNotGrowOverChangingShapes) {
  const auto engine = testing::build_engine(testing::make_small_network(/*dynamic_batch=*/true));
  const auto context = engine->create_context(/*max_specializations=*/2);
  const auto input = testing::random_floats(8 * 192, 1);
  std::vector<float> output(80);
  const void* inputs[] = {input.data()};
  void* outputs[] = {output.data()};
  const auto run_all = [&] {
    for (const int64_t batch : {8, 1, 5, 2, 7, 3, 6, 4, 8}) {
      context->set_input_dims({Dims{batch, 3, 8, 8}});
      context->run(inputs, outputs);
    }
  };
  // The first rounds fill the caches of oneDNN and of the process's allocator.
  for (int32_t i = 0; i < 20; ++i) run_all();
  // The allocator counts freed blocks in its own cache as used, and that cache may grow in some spells: a leak of 32
  // bytes a call grows in every one.
  int64_t least_growth = std::numeric_limits<int64_t>::max();
  for (int32_t spell = 0; spell < 4; ++spell) {
    const int64_t before = bytes_in_use();
    for (int32_t i = 0; i < 20; ++i) run_all();
    least_growth = std::min(least_growth, bytes_in_use() - before);
  }
  EXPECT_LE(least_growth, 4096);
  EXPECT_EQ(context->specialization_count(), 2);
}

}  // namespace
}  // namespace torch_tensorrt::engine
