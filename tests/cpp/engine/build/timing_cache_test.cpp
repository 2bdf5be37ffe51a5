#include "torch_tensorrt/core/engine/build/timing_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <locale>
#include <sstream>
#include <thread>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using testing::error_of;

class TimingCacheTest : public ::testing::Test {
 protected:
  TimingCacheTest() { std::filesystem::create_directories(directory_); }
  ~TimingCacheTest() override { std::filesystem::remove_all(directory_); }

  std::string read() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  std::string directory_ = ::testing::TempDir() + "/timing_cache_test_" + std::to_string(::getpid());
  std::string path_ = directory_ + "/cache.txt";
  DeviceTarget target_ = describe_target();
};

TEST_F(TimingCacheTest, KeepsTimesBetweenProcesses) {
  const auto cache = TimingCache::open(path_, target_);
  cache->put("b key", 12.5);
  cache->put("a key", 0.125);
  cache->save();
  const auto again = TimingCache::open(path_, target_);
  EXPECT_EQ(again->find("b key"), 12.5);
  EXPECT_EQ(again->find("a key"), 0.125);
  EXPECT_EQ(again->find("c key"), std::nullopt);
}

TEST_F(TimingCacheTest, WritesSortedLinesBehindAHeader) {
  const auto cache = TimingCache::open(path_, target_);
  cache->put("b", 2);
  cache->put("a", 1);
  cache->save();
  const std::string text = read();
  EXPECT_EQ(text.rfind("torch_tensorrt timing cache 1; cpu " + target_.isa, 0), 0U) << text;
  EXPECT_NE(text.find("\n1.000 a\n2.000 b\n"), std::string::npos) << text;
  cache->save();
  EXPECT_EQ(read(), text);
}

TEST_F(TimingCacheTest, MergesWithWhatAnotherProcessWrote) {
  const auto ours = TimingCache::open(path_, target_);
  const auto theirs = TimingCache::open(path_, target_);
  ours->put("ours", 1);
  theirs->put("theirs", 2);
  theirs->save();
  ours->save();
  const auto both = TimingCache::open(path_, target_);
  EXPECT_EQ(both->find("ours"), 1);
  EXPECT_EQ(both->find("theirs"), 2);
}

TEST_F(TimingCacheTest, ManyAtOnceLoseNothing) {
  constexpr int kAtOnce = 16;
  const auto add = [&](const std::string& key) {
    const auto cache = TimingCache::open(path_, target_);
    cache->put(key, 1);
    EXPECT_EQ(cache->save().reason(), "");
  };
  for (int i = 0; i < kAtOnce; ++i) {
    if (fork() != 0) continue;
    add("process " + std::to_string(i));
    _exit(0);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < kAtOnce; ++i) threads.emplace_back([&, i] { add("thread " + std::to_string(i)); });
  for (std::thread& thread : threads) thread.join();
  while (wait(nullptr) > 0) {
  }
  const auto all = TimingCache::open(path_, target_);
  for (int i = 0; i < kAtOnce; ++i) {
    EXPECT_TRUE(all->find("process " + std::to_string(i))) << i;
    EXPECT_TRUE(all->find("thread " + std::to_string(i))) << i;
  }
}

TEST_F(TimingCacheTest, IgnoresDamageAndReplacesIt) {
  TimingCache::open(path_, target_)->save();
  const std::string header = read();
  const std::string damaged[] = {"",
                                 header + "x y\n",
                                 header + "1.0\n",
                                 header + "1.0 a\n2.0 b",
                                 header + "nan a\n",
                                 header + "-1 a\n",
                                 header + "1.0abc a\n",
                                 header + std::string(10000, '1') + "\n",
                                 header.substr(0, header.size() / 2)};
  for (const std::string& text : damaged) {
    write(text);
    const auto cache = TimingCache::open(path_, target_);
    EXPECT_EQ(cache->find("a"), std::nullopt) << text.substr(0, 100);
    cache->put("new", 3);
    cache->save();
    EXPECT_EQ(TimingCache::open(path_, target_)->find("new"), 3) << text.substr(0, 100);
  }
}

TEST_F(TimingCacheTest, LeavesOtherFilesAlone) {
  for (const std::string& text : {std::string("a model\n"), std::string(1000, '\0')}) {
    write(text);
    EXPECT_THROW(TimingCache::open(path_, target_), Error);
    std::filesystem::remove(path_);
    const auto cache = TimingCache::open(path_, target_);
    cache->put("a", 1);
    write(text);  // by another process during the build
    EXPECT_NE(cache->save().reason().find("is not a timing cache"), std::string::npos);
    EXPECT_EQ(read(), text);
  }
}

TEST_F(TimingCacheTest, IgnoresTheTimesOfAnotherMachine) {
  DeviceTarget other = target_;
  other.isa = "other";
  const auto cache = TimingCache::open(path_, other);
  cache->put("a", 1);
  cache->save();
  EXPECT_EQ(TimingCache::open(path_, target_)->find("a"), std::nullopt);
}

TEST_F(TimingCacheTest, LeavesNoTemporaryFiles) {
  const auto cache = TimingCache::open(path_, target_);
  cache->put("a", 1);
  cache->save();
  const auto files = std::filesystem::directory_iterator(directory_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(TimingCacheTest, SaysWhenTheFileCannotBeWritten) {
  const auto cache = TimingCache::open(directory_ + "/missing/cache.txt", target_);
  EXPECT_EQ(cache->save().reason(), "No such file or directory");
}

TEST_F(TimingCacheTest, GoesOnWithoutTheFileWhereAnotherProcessKeepsItsLock) {
  const auto cache = TimingCache::open(path_, target_);
  cache->put("a", 1);
  const int folder = open(directory_.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(folder, LOCK_EX), 0);
  const std::string reason = cache->save({std::chrono::milliseconds(50), std::chrono::milliseconds(20)}).reason();
  EXPECT_NE(reason.find("another process has held the lock"), std::string::npos) << reason;
  EXPECT_FALSE(std::filesystem::exists(path_));
  close(folder);
  EXPECT_TRUE(cache->save());
  EXPECT_NE(read().find("1.000 a"), std::string::npos);
}

TEST_F(TimingCacheTest, AFileThatCannotBeReadIsNotReplaced) {
  const auto cache = TimingCache::open(path_, target_);
  cache->put("a", 1);
  std::filesystem::create_directory(path_);
  const std::string error = error_of([&] { TimingCache::open(path_, target_); });
  EXPECT_NE(error.find("cannot read " + path_ + ": it is not a regular file"), std::string::npos) << error;
  EXPECT_NE(error.find("It is the timing cache"), std::string::npos) << error;
  EXPECT_NE(cache->save().reason().find("it is not a regular file"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_directory(path_));
}

TEST_F(TimingCacheTest, TheFileIsTheSameInEveryLocale) {
  struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  target_.threads = 2048;
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Commas));
  const auto cache = TimingCache::open(path_, target_);
  cache->put("a", 1234.5);
  cache->save();
  const auto again = TimingCache::open(path_, target_)->find("a");
  std::locale::global(before);
  EXPECT_EQ(again, 1234.5);
  EXPECT_EQ(TimingCache::open(path_, target_)->find("a"), 1234.5) << read();
}

TEST_F(TimingCacheTest, WithoutAPathNothingIsWritten) {
  const auto cache = TimingCache::open("", target_);
  cache->put("a", 1);
  cache->save();
  EXPECT_EQ(cache->find("a"), 1);
}

class TimingKeyTest : public ::testing::Test {
 protected:
  TimingKeyTest() {
    testing::register_reference_tactics();
    candidate_.tactic = TacticRegistry::global().find("reference.any");
    instance_.layer = network_->getLayer(1);
    instance_.inputs = {{network::DataType::kFLOAT, network::Dims{1, 3, 8, 8}}};
    instance_.present = {true};
    instance_.constants = {nullptr};
    instance_.values = {std::nullopt};
    instance_.outputs = {{network::DataType::kFLOAT, network::Dims{1, 16, 8, 8}}};
  }
  std::string key() const { return timing_key(instance_, candidate_, target_); }

  std::shared_ptr<network::INetworkDefinition> network_ = testing::make_small_network();
  LayerInstance instance_;
  Candidate candidate_;
  DeviceTarget target_ = describe_target();
};

TEST_F(TimingKeyTest, DependsOnEverythingThatTimeDependsOn) {
  const std::string before = key();
  EXPECT_EQ(before.rfind("reference.any ", 0), 0U);
  const auto changed = [&](auto change, auto undo) {
    change();
    const bool differs = key() != before;
    undo();
    return differs && key() == before;
  };
  EXPECT_TRUE(changed([&] { instance_.inputs[0].dims.d[0] = 2; }, [&] { instance_.inputs[0].dims.d[0] = 1; }));
  EXPECT_TRUE(changed([&] { instance_.inputs[0].format = network::TensorFormat::kHWC; },
                      [&] { instance_.inputs[0].format = network::TensorFormat::kLINEAR; }));
  EXPECT_TRUE(changed([&] { instance_.outputs[0].dtype = network::DataType::kHALF; },
                      [&] { instance_.outputs[0].dtype = network::DataType::kFLOAT; }));
  EXPECT_TRUE(changed([&] { ++target_.threads; }, [&] { --target_.threads; }));
  EXPECT_TRUE(changed([&] { instance_.constants[0] = this; }, [&] { instance_.constants[0] = nullptr; }));
  auto* layer = static_cast<network::IConvolutionLayer*>(network_->getLayer(1));
  EXPECT_TRUE(changed([&] { layer->setStrideNd(network::Dims{2, 2}); }, [&] { layer->setStrideNd(network::Dims{}); }));
  EXPECT_NE(timing_key(instance_, candidate_, target_, /*cold=*/true), before);
}

TEST_F(TimingKeyTest, DoesNotDependOnNamesOrValues) {
  const std::string before = key();
  auto* layer = static_cast<network::IConvolutionLayer*>(network_->getLayer(1));
  layer->setName("another");
  layer->setKernelWeights(network_->own(network::DataType::kFLOAT, testing::random_floats(432, 99).data(), 432));
  EXPECT_EQ(key(), before);
}

}  // namespace
}  // namespace torch_tensorrt::engine
