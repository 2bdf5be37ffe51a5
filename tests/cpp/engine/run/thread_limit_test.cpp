#include "torch_tensorrt/core/engine/run/thread_limit.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/run/context.h"

extern "C" int omp_get_max_threads() __attribute__((weak));

namespace torch_tensorrt::engine {
namespace {

using testing::build_engine;
using testing::make_small_network;
using testing::random_floats;
using testing::reference_settings;
using testing::run_floats;

// Thread count that a limit gives to other libraries, and OpenMP's count at that time.
struct Told {
  int32_t threads;
  int32_t of_openmp;
};
std::vector<Told> told;

class ThreadLimitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (omp_get_max_threads == nullptr) GTEST_SKIP() << "there is no OpenMP in this process";
    told.clear();
    set_thread_hook({[] {},
                     [](int32_t threads) -> int32_t {
                       told.push_back({threads, omp_get_max_threads()});
                       return 0;
                     }});
  }
  void TearDown() override {
    set_thread_hook({[] {}, [](int32_t) -> int32_t { return 0; }});
  }
};

TEST_F(ThreadLimitTest, HoldsForItsThreadAndWhileItLives) {
  const int before = omp_get_max_threads();
  {
    const ThreadLimit limit(3);
    EXPECT_EQ(omp_get_max_threads(), 3);
    std::thread([before] { EXPECT_EQ(omp_get_max_threads(), before); }).join();
    const ThreadLimit inner(2);
    EXPECT_EQ(omp_get_max_threads(), 2);
  }
  EXPECT_EQ(omp_get_max_threads(), before);
  told.clear();
  const ThreadLimit none(0);
  EXPECT_EQ(omp_get_max_threads(), before);
  EXPECT_TRUE(told.empty());
}

TEST_F(ThreadLimitTest, AnEngineIsBuiltAndRunWithItsThreads) {
  const int before = omp_get_max_threads();
  BuildSettings settings = reference_settings();
  settings.num_threads = 5;
  const auto engine = build_engine(make_small_network(), settings);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].threads, 5);
  EXPECT_EQ(told[0].of_openmp, 5);
  EXPECT_EQ(engine->plan().target.threads, 5);
  EXPECT_EQ(engine->plan().settings->num_threads, 5U) << "it is recorded";
  EXPECT_EQ(omp_get_max_threads(), before);

  const auto context = engine->create_context();
  told.clear();
  context->set_input_dims({network::Dims{1, 3, 8, 8}});
  EXPECT_EQ(told.at(0).of_openmp, 5) << "primitives are made for their threads";
  told.clear();
  run_floats(*context, {network::Dims{1, 3, 8, 8}}, {random_floats(192, 1)});
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].of_openmp, 5);
  EXPECT_EQ(omp_get_max_threads(), before);
}

TEST_F(ThreadLimitTest, WithoutTheSettingNothingIsLimited) {
  const auto engine = build_engine(make_small_network());
  run_floats(*engine->create_context(), {network::Dims{1, 3, 8, 8}}, {random_floats(192, 1)});
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace torch_tensorrt::engine
