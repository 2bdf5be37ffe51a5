#include "torch_tensorrt/core/engine/build/builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>

#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/build/cold_cache.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::Dims;
using testing::build_engine;
using testing::error_of;
using testing::make_small_network;

// Runs activations in a given time; the sources "slow" and "quick" differ only in that time.
class TimedActivation final : public Tactic {
 public:
  TimedActivation(const char* name, int32_t microseconds) : name_(name), microseconds_(microseconds) {}
  const char* name() const override { return name_; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return layer.getType() == network::LayerType::kACTIVATION ? Decision::yes() : Decision::no("runs activations");
  }
  bool takes_format(const network::ILayer&, network::TensorFormat) const override { return true; }
  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    if (instance.inputs[0].dims.nbDims == 1) return Decision::no("takes no vectors");
    return Implementation{"", 1};
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance&, WeightStore&,
                                  const DeviceTarget&) const override {
    class Sleep final : public Kernel {
     public:
      Sleep(int32_t microseconds, int32_t& runs) : microseconds_(microseconds), runs_(runs) {}
      void run(const KernelCall&) override {
        ++runs_;
        const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds_);
        while (std::chrono::steady_clock::now() < end) continue;
      }

     private:
      int32_t microseconds_;
      int32_t& runs_;
    };
    return std::make_unique<Sleep>(microseconds_, runs[name_]);
  }
  static std::map<std::string, int32_t> runs;

 private:
  const char* name_;
  int32_t microseconds_;
};
std::map<std::string, int32_t> TimedActivation::runs;

// Runs activations in two ways. Each writes its own number everywhere.
class TwoWays final : public Tactic {
 public:
  struct Way {
    const char* config;
    float value;
    int32_t microseconds;
  };
  TwoWays(const char* name, std::vector<Way> ways) : name_(name), ways_(std::move(ways)) {}
  const char* name() const override { return name_; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return layer.getType() == network::LayerType::kACTIVATION ? Decision::yes() : Decision::no("runs activations");
  }
  bool takes_format(const network::ILayer&, network::TensorFormat) const override { return true; }
  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    std::vector<Implementation> all;
    for (const Way& way : ways_) {
      const bool is_for_one = std::string_view(way.config) == "only_2x3" && !(instance.inputs[0].dims == Dims{2, 3});
      if (!is_for_one) all.push_back({way.config, 1});
    }
    return all;
  }
  std::unique_ptr<Kernel> prepare(const Implementation& implementation, const LayerInstance& instance, WeightStore&,
                                  const DeviceTarget&) const override {
    class Fill final : public Kernel {
     public:
      Fill(const Way& way, int64_t count) : way_(way), count_(count) {}
      void run(const KernelCall& call) override {
        std::fill_n(static_cast<float*>(call.outputs[0]), count_, way_.value);
        const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(way_.microseconds);
        while (std::chrono::steady_clock::now() < end) continue;
      }

     private:
      Way way_;
      int64_t count_;
    };
    for (const Way& way : ways_) {
      if (implementation.config == way.config) return std::make_unique<Fill>(way, instance.outputs[0].dims.volume());
    }
    TORCHTRT_THROW_ERROR("there is no way " << implementation.config);
  }

 private:
  const char* name_;
  std::vector<Way> ways_;
};

// Runs activations on a machine that is six times as slow from the first run of a kernel of its last tactic.
class SlowingActivation final : public Tactic {
 public:
  SlowingActivation(const char* name, int32_t microseconds, bool is_last)
      : name_(name), microseconds_(microseconds), is_last_(is_last) {}
  const char* name() const override { return name_; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return layer.getType() == network::LayerType::kACTIVATION ? Decision::yes() : Decision::no("runs activations");
  }
  bool takes_format(const network::ILayer&, network::TensorFormat) const override { return true; }
  Implementations implementations(const LayerInstance&, const DeviceTarget&) const override {
    return Implementation{"", 1};
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance&, WeightStore&,
                                  const DeviceTarget&) const override {
    class Wait final : public Kernel {
     public:
      Wait(int32_t microseconds, bool is_last) : microseconds_(microseconds), is_last_(is_last) {}
      void run(const KernelCall&) override {
        is_slow = is_slow || is_last_;
        const std::chrono::microseconds time(is_slow ? 6 * microseconds_ : microseconds_);
        const auto end = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < end) continue;
      }

     private:
      int32_t microseconds_;
      bool is_last_;
    };
    return std::make_unique<Wait>(microseconds_, is_last_);
  }
  static bool is_slow;

 private:
  const char* name_;
  int32_t microseconds_;
  bool is_last_;
};
bool SlowingActivation::is_slow = false;

std::shared_ptr<network::INetworkDefinition> make_activations(const Dims& dims, int32_t count) {
  auto network = std::make_shared<network::INetworkDefinition>();
  auto* tensor = network->addInput("x", DataType::kFLOAT, dims);
  for (int32_t i = 0; i < count; ++i) {
    auto* layer = network->addActivation(*tensor, network::ActivationType::kRELU);
    layer->setName(("relu" + std::to_string(i)).c_str());
    layer->set_source("model.py:" + std::to_string(i));
    tensor = layer->getOutput(0);
  }
  network->markOutput(*tensor);
  return network;
}

class BuilderTest : public ::testing::Test {
 protected:
  BuilderTest() {
    static const bool once = [] {
      auto& registry = TacticRegistry::global();
      registry.add(std::make_unique<TimedActivation>("slow.activation", 2000));
      registry.add(std::make_unique<TimedActivation>("quick.activation", 200));
      registry.add(std::make_unique<TimedActivation>("quick.twin", 200));
      registry.add(std::make_unique<TimedActivation>("tardy.activation", 2000));
      registry.add(
          std::make_unique<TwoWays>("two.ways", std::vector<TwoWays::Way>{{"first", 1, 2000}, {"second", 2, 200}}));
      registry.add(
          std::make_unique<TwoWays>("picky.ways", std::vector<TwoWays::Way>{{"any", 1, 2000}, {"only_2x3", 2, 200}}));
      registry.add(
          std::make_unique<TwoWays>("doubtful.ways", std::vector<TwoWays::Way>{{"wrong", 8, 10}, {"right", 7, 400}}));
      registry.add(std::make_unique<SlowingActivation>("slowing.first", 400, /*is_last=*/false));
      registry.add(std::make_unique<SlowingActivation>("slowing.second", 100, /*is_last=*/true));
      registry.add(std::make_unique<TwoWays>("aten.sevens", std::vector<TwoWays::Way>{{"", 7, 2000}}));
      return true;
    }();
    (void)once;
    TimedActivation::runs.clear();
  }
  BuildReport build(const std::vector<std::string>& sources, int32_t layers = 1) {
    settings_.tactic_sources = sources;
    BuildReport report;
    bytes_ = Builder(settings_).build(make_activations(Dims{2, 3}, layers), &report);
    return report;
  }

  BuildSettings settings_ = testing::reference_settings();
  std::string bytes_;
};

TEST_F(BuilderTest, PicksTheFastest) {
  const BuildReport report = build({"slow", "quick"});
  ASSERT_EQ(report.layers.size(), 1U);
  EXPECT_EQ(report.layers[0].tactic, "quick.activation");
  EXPECT_GE(report.layers[0].microseconds, 200);
  EXPECT_LT(report.layers[0].microseconds, 2000);
  EXPECT_EQ(report.timed, 3);
}

TEST_F(BuilderTest, TheEarlierTacticWinsATie) {
  for (int32_t i = 0; i < 5; ++i) EXPECT_EQ(build({"quick"}).layers[0].tactic, "quick.activation");
}

float first_result(const std::string& plan, const Dims& dims) {
  const auto engine = Engine::load(std::make_shared<const std::string>(plan));
  const auto context = engine->create_context();
  context->set_input_dims({dims});
  std::vector<float> x(static_cast<size_t>(dims.volume()), 0.F);
  std::vector<float> y(x.size(), 0.F);
  const void* inputs[] = {x.data()};
  void* outputs[] = {y.data()};
  context->run(inputs, outputs);
  return y[0];
}

TEST_F(BuilderTest, PicksTheFastestImplementationOfATactic) {
  const BuildReport report = build({"two"});
  EXPECT_EQ(report.layers[0].tactic, "two.ways");
  EXPECT_EQ(report.layers[0].config, "second");
  EXPECT_EQ(report.timed, 2);
  EXPECT_EQ(first_result(bytes_, Dims{2, 3}), 2);
}

TEST_F(BuilderTest, ThePlanKeepsTheImplementation) {
  build({"two"});
  const auto engine = Engine::load(std::make_shared<const std::string>(bytes_));
  ASSERT_EQ(engine->plan().choices.size(), 2U);
  EXPECT_EQ(engine->plan().choices[1].config, "second");
  EXPECT_EQ(engine->plan().choices[1].runner_up, "two.ways first");
  EXPECT_NE(engine->inspect_json().find("\"config\":\"second\""), std::string::npos) << engine->inspect_json();
}

TEST_F(BuilderTest, AnotherImplementationRunsDimsThatTheChosenOneDeclines) {
  settings_.tactic_sources = {"picky"};
  auto network = make_activations(Dims{2, -1}, 1);
  network->profiles().push_back({{"x", {Dims{2, 1}, Dims{2, 3}, Dims{2, 8}}}});
  BuildReport report;
  const std::string plan = Builder(settings_).build(std::move(network), &report);
  EXPECT_EQ(report.layers[0].config, "only_2x3");
  EXPECT_EQ(first_result(plan, Dims{2, 3}), 2);
  EXPECT_EQ(first_result(plan, Dims{2, 4}), 1);
}

TEST_F(BuilderTest, ATacticThatComputesSomethingElseThanATenWinsNoRace) {
  const BuildReport report = build({"doubtful", "aten"});
  EXPECT_EQ(report.layers[0].tactic, "doubtful.ways");
  EXPECT_EQ(report.layers[0].config, "right");
}

TEST_F(BuilderTest, AHopelessCandidateIsRunThrice) {
  EXPECT_EQ(build({"quick", "tardy"}).layers[0].tactic, "quick.activation");
  EXPECT_EQ(TimedActivation::runs["tardy.activation"], 3);  // the first touches the memory; one could be chance
  EXPECT_GE(TimedActivation::runs["quick.activation"], 4);
}

TEST_F(BuilderTest, MoreIterationsAreMoreRuns) {
  settings_.num_avg_timing_iters = 10;
  build({"slow"});
  EXPECT_EQ(TimedActivation::runs["slow.activation"], 1 + 3 * 10);
}

TEST_F(BuilderTest, EqualLayersAreTimedOnce) {
  const BuildReport report = build({"quick"}, 6);
  EXPECT_EQ(report.layers.size(), 6U);
  EXPECT_EQ(report.timed, 2);
}

TEST_F(BuilderTest, ReportsNamesAndSources) {
  const BuildReport report = build({"quick"}, 2);
  EXPECT_EQ(report.layers[1].name, "relu1");
  EXPECT_EQ(report.layers[1].source, "model.py:1");
  EXPECT_EQ(report.layers[1].kind, "activation");
  EXPECT_EQ(report.layers[1].precision, "f32");
  EXPECT_GT(report.seconds, 0);
}

TEST_F(BuilderTest, WithOneCacheBuildsGiveOneResult) {
  settings_.timing_cache_path = ::testing::TempDir() + "/builder_test_" + std::to_string(::getpid());
  const BuildReport first = build({"slow", "quick"}, 2);
  const std::string bytes = bytes_;
  const auto runs = TimedActivation::runs;
  const BuildReport second = build({"slow", "quick"}, 2);
  EXPECT_TRUE(bytes_ == bytes);
  EXPECT_EQ(second.timed, 0);
  EXPECT_GT(second.from_cache, 0);
  EXPECT_EQ(TimedActivation::runs, runs);
  std::filesystem::remove(settings_.timing_cache_path);
}

TEST_F(BuilderTest, AMachineThatBecomesSlowerDoesNotDecide) {
  SlowingActivation::is_slow = false;
  const BuildReport report = build({"slowing"});
  EXPECT_TRUE(SlowingActivation::is_slow);
  EXPECT_EQ(report.layers[0].tactic, "slowing.second");
}

// The timing cache keeps times with and without the weights in the processor's caches apart.
TEST_F(BuilderTest, KernelsAreTimedAnewBesideWeightsThatCachesDoNotHold) {
  const bool is_known = second_level_cache_bytes() > 0;
  const int64_t many = is_known ? second_level_cache_bytes() : 1 << 20;
  settings_.tactic_sources = {"slow", "quick"};
  const auto timed_beside = [&](int64_t weights) {
    auto network = make_activations(Dims{2, 3}, 1);
    const std::vector<float> values(static_cast<size_t>(weights), 1.F);
    const auto owned = network->own(DataType::kFLOAT, values.data(), weights);
    network->markOutput(*network->addConstant(Dims{weights}, owned)->getOutput(0));
    BuildReport report;
    Builder(settings_).build(network, &report);
    return report.timed;
  };
  settings_.timing_cache_path = ::testing::TempDir() + "/builder_test_" + std::to_string(::getpid());
  EXPECT_GT(timed_beside(8), 0);
  EXPECT_EQ(timed_beside(9), 0);
  EXPECT_EQ(timed_beside(many) > 0, is_known);
  EXPECT_EQ(timed_beside(many + 1), 0);
  std::filesystem::remove(settings_.timing_cache_path);
}

TEST_F(BuilderTest, ACacheThatCannotBeWrittenCostsNoBuild) {
  settings_.timing_cache_path = ::testing::TempDir() + "/no/such/folder/times";
  ::testing::internal::CaptureStderr();
  const BuildReport report = build({"slow", "quick"}, 2);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_GT(report.timed, 0);
  EXPECT_NE(said.find("cannot write timing cache " + settings_.timing_cache_path + ": No such file"), std::string::npos)
      << said;
}

TEST_F(BuilderTest, ACacheThatCannotBeReadIsAnErrorBeforeAnythingIsTimed) {
  settings_.timing_cache_path = ::testing::TempDir();
  const auto runs = TimedActivation::runs;
  const std::string error = error_of([&] { build({"slow", "quick"}, 2); });
  EXPECT_NE(error.find("cannot read " + settings_.timing_cache_path), std::string::npos) << error;
  EXPECT_EQ(TimedActivation::runs, runs);
}

TEST_F(BuilderTest, TheEnvironmentNamesCacheAndSources) {
  const std::string path = ::testing::TempDir() + "/builder_test_env_" + std::to_string(::getpid());
  ::setenv("TORCHTRT_TIMING_CACHE", path.c_str(), 1);
  ::setenv("TORCHTRT_TACTIC_SOURCES", " slow , ", 1);
  const BuildReport report = build({});
  ::unsetenv("TORCHTRT_TIMING_CACHE");
  ::unsetenv("TORCHTRT_TACTIC_SOURCES");
  EXPECT_EQ(report.layers[0].tactic, "slow.activation");
  EXPECT_TRUE(std::filesystem::remove(path));
}

TEST_F(BuilderTest, AnUnknownSourceIsNamed) {
  const std::string error = error_of([&] { build({"qiuck"}); });
  EXPECT_NE(error.find("\"qiuck\""), std::string::npos) << error;
  EXPECT_NE(error.find("quick"), std::string::npos) << error;
}

TEST_F(BuilderTest, ALayerThatNothingRunsIsNamedWithEveryReason) {
  settings_.tactic_sources = {"quick", "packed"};
  const std::string error = error_of([&] { Builder(settings_).build(make_activations(Dims{3}, 1)); });
  for (const char* part : {"activation \"relu0\" (model.py:0)", "f32[3]@linear", "quick.activation: takes no vectors",
                           "packed.weights: has no weights", "reference.any: not among the allowed tactic sources"}) {
    EXPECT_NE(error.find(part), std::string::npos) << part << " in " << error;
  }
}

TEST_F(BuilderTest, RefusesWhatItCannotBuild) {
  EXPECT_NE(error_of([&] { Builder(settings_).build(nullptr); }).find("no network"), std::string::npos);
  settings_.device.device_type = network::DeviceType::kGPU;
  EXPECT_NE(error_of([&] { Builder(settings_).build(make_small_network()); }).find("CUDA device 0"), std::string::npos);
  settings_ = testing::reference_settings();
  auto network = make_small_network(/*dynamic_batch=*/true);
  network->profiles().clear();
  EXPECT_NE(error_of([&] { Builder(settings_).build(network); }).find("min_shape"), std::string::npos);
}

TEST_F(BuilderTest, LetsGoOfThePlainWeightsThatWerePacked) {
  auto network = make_small_network();
  std::weak_ptr<network::INetworkDefinition> weak = network;
  BuildReport report;
  const std::string bytes = Builder(settings_).build(std::move(network), &report);
  EXPECT_TRUE(weak.expired());
  EXPECT_EQ(report.weight_bytes, (16 * 27 + 16 + 16 * 144 + 16 + 10240) * 4);
  EXPECT_LT(bytes.size(), static_cast<size_t>(report.weight_bytes) + 16384);
}

// Two layers with equal weights share one copy, packed or not, in the file and in memory.
TEST_F(BuilderTest, EqualWeightsStandInThePlanOnce) {
  auto network = std::make_shared<network::INetworkDefinition>();
  auto* x = network->addInput("x", DataType::kFLOAT, Dims{1, 16, 4, 4});
  const auto kernel = testing::random_floats(16 * 144, 1);
  const auto convolve = [&](network::ITensor& from) {
    const auto weights = network->own(DataType::kFLOAT, kernel.data(), static_cast<int64_t>(kernel.size()));
    auto* layer = network->addConvolutionNd(from, 16, Dims{3, 3}, weights, network::Weights{});
    layer->setPaddingNd(Dims{1, 1});
    return layer->getOutput(0);
  };
  network->markOutput(*convolve(*convolve(*convolve(*x))));
  const auto input = testing::random_floats(256, 2);
  std::vector<std::vector<float>> results[2];
  int i = 0;
  for (const BuildSettings& settings : {testing::reference_settings(), testing::plain_settings()}) {
    BuildReport report;
    const std::string bytes = Builder(settings).build(network->clone(), &report);
    EXPECT_LT(bytes.size(), 2 * kernel.size() * sizeof(float));
    const auto engine = Engine::load(std::make_shared<const std::string>(bytes));
    EXPECT_EQ(engine->plan().weights->total_bytes(), static_cast<int64_t>(kernel.size() * sizeof(float)));
    results[i] = testing::run_floats(*engine, {Dims{1, 16, 4, 4}}, {input});
    EXPECT_EQ(engine->plan().weights->total_bytes(), static_cast<int64_t>(kernel.size() * sizeof(float)));
    ++i;
  }
  EXPECT_EQ(results[0], results[1]);
}

// Builds y = x . c and a second use of a large c, made by `read`. Returns the tactic picked for the product.
template <typename Read>
std::string tactic_of_product(const BuildSettings& settings, Read read) {
  auto network = std::make_shared<network::INetworkDefinition>();
  constexpr int64_t kSize = 512;  // a MiB
  auto* x = network->addInput("x", DataType::kFLOAT, Dims{1, kSize});
  const auto values = testing::random_floats(kSize * kSize, 3);
  auto* constant =
      network->addConstant(Dims{kSize, kSize}, network->own(DataType::kFLOAT, values.data(), kSize * kSize))
          ->getOutput(0);
  constexpr auto kNone = network::MatrixOperation::kNONE;
  auto* product = network->addMatrixMultiply(*x, kNone, *constant, kNone);
  product->setName("product");
  network->markOutput(*product->getOutput(0));
  network->markOutput(*read(*network, *constant));
  BuildReport report;
  build_engine(network, settings, &report);
  for (const BuiltLayer& layer : report.layers) {
    if (layer.name == "product") return layer.tactic;
  }
  return {};
}

TEST_F(BuilderTest, ALargeConstantThatIsReadPlainTooIsNotPacked) {
  BuildSettings settings = testing::reference_settings();
  const auto added = [](auto& network, auto& constant) {
    auto* y = network.addInput("y", DataType::kFLOAT, Dims{1, 512});
    return network.addElementWise(*y, constant, network::ElementWiseOperation::kSUM)->getOutput(0);
  };
  EXPECT_EQ(tactic_of_product(settings, added), "packed.weights");  // the only tactic
  settings.tactic_sources = {"packed", "plain", "reference"};
  EXPECT_EQ(tactic_of_product(settings, added), "plain.weights");
  const auto transposed = [](auto& network, auto& constant) {
    auto* y = network.addInput("y", DataType::kFLOAT, Dims{1, 512});
    return network
        .addMatrixMultiply(*y, network::MatrixOperation::kNONE, constant, network::MatrixOperation::kTRANSPOSE)
        ->getOutput(0);
  };
  EXPECT_EQ(tactic_of_product(settings, transposed), "plain.weights");
}

TEST_F(BuilderTest, ReportsTheArenaThatAContextUses) {
  BuildReport report;
  const auto engine = build_engine(make_small_network(), settings_, &report);
  const auto context = engine->create_context();
  context->set_input_dims({Dims{1, 3, 8, 8}});
  EXPECT_EQ(context->arena_bytes(), report.arena_bytes);
  EXPECT_EQ(context->arena_lower_bound_bytes(), report.arena_lower_bound_bytes);
  EXPECT_GE(report.arena_bytes, report.arena_lower_bound_bytes);
}

// Claims to take every format but runs only one.
class FussyConvolution final : public Tactic {
 public:
  FussyConvolution(const char* name, network::TensorFormat format) : name_(name), format_(format) {}
  const char* name() const override { return name_; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return layer.getType() == network::LayerType::kCONVOLUTION ? Decision::yes() : Decision::no("runs convolutions");
  }
  bool takes_format(const network::ILayer&, network::TensorFormat) const override { return true; }
  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    if (instance.inputs[0].format != format_) return Decision::no("does not like the format");
    return Implementation{"", 1};
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance&, WeightStore&,
                                  const DeviceTarget&) const override {
    class Nothing final : public Kernel {
      void run(const KernelCall&) override {}
    };
    return std::make_unique<Nothing>();
  }

 private:
  const char* name_;
  network::TensorFormat format_;
};

class FormatTest : public BuilderTest {
 protected:
  FormatTest() {
    static const bool once = [] {
      auto& registry = TacticRegistry::global();
      registry.add(std::make_unique<FussyConvolution>("fussy.linear", network::TensorFormat::kLINEAR));
      // 1 is not a format, so this tactic never accepts its input.
      registry.add(std::make_unique<FussyConvolution>("sulky.none", static_cast<network::TensorFormat>(1)));
      return true;
    }();
    (void)once;
  }
  static std::shared_ptr<network::INetworkDefinition> make_convolution() {
    auto network = std::make_shared<network::INetworkDefinition>();
    auto* x = network->addInput("x", DataType::kFLOAT, Dims{1, 2, 4, 4});
    const auto kernel = network->own(DataType::kFLOAT, testing::random_floats(36, 1).data(), 36);
    auto* layer = network->addConvolutionNd(*x, 2, Dims{3, 3}, kernel, network::Weights{});
    layer->setName("conv");
    network->markOutput(*layer->getOutput(0));
    return network;
  }
};

TEST_F(FormatTest, OneThatALayerCannotRunInIsPassedOver) {
  settings_.tactic_sources = {"fussy", "reference"};
  BuildReport report;
  Builder(settings_).build(make_convolution(), &report);
  std::string convolution_format;
  for (const BuiltLayer& layer : report.layers) {
    if (layer.name == "conv" && layer.kind == "convolution") convolution_format = layer.format;
  }
  EXPECT_EQ(convolution_format, "linear");
  ASSERT_FALSE(report.notes.empty());
  EXPECT_EQ(report.notes[0].rfind("activation format linear of: hwc cannot run, linear ", 0), 0U) << report.notes[0];
}

TEST_F(FormatTest, NoneThatWorksIsAnErrorThatNamesTheLayer) {
  settings_.tactic_sources = {"sulky", "reference"};
  const std::string error = error_of([&] { Builder(settings_).build(make_convolution()); });
  EXPECT_NE(error.find("convolution \"conv\""), std::string::npos) << error;
  EXPECT_NE(error.find("sulky.none: does not like the format"), std::string::npos) << error;
}

// Builds y = x . c and a second use of c, made by `read`, so that the plain c is needed, too.
template <typename Read>
std::vector<std::vector<float>> run_with_constant(const BuildSettings& settings, Read read) {
  auto network = std::make_shared<network::INetworkDefinition>();
  auto* x = network->addInput("x", DataType::kFLOAT, Dims{2, 2});
  const float values[] = {1, 2, 3, 4};
  auto* constant = network->addConstant(Dims{2, 2}, network->own(DataType::kFLOAT, values, 4))->getOutput(0);
  constexpr auto kNone = network::MatrixOperation::kNONE;
  auto* product = network->addMatrixMultiply(*x, kNone, *constant, kNone)->getOutput(0);
  network->markOutput(*product);
  network->markOutput(*read(*network, *product, *constant));
  return testing::run_floats(*build_engine(network, settings), {Dims{2, 2}}, {{1, 0, 0, 1}});
}
using Results = std::vector<std::vector<float>>;

TEST_F(BuilderTest, AConstantThatIsReadPlainTooStaysInThePlan) {
  const auto add = [](auto& network, auto& product, auto& constant) {
    return network.addElementWise(product, constant, network::ElementWiseOperation::kSUM)->getOutput(0);
  };
  EXPECT_EQ(run_with_constant(settings_, add), (Results{{1, 2, 3, 4}, {2, 4, 6, 8}}));
}

TEST_F(BuilderTest, AConstantThatIsAnOutputTooStaysInThePlan) {
  const auto same = [](auto&, auto&, auto& constant) { return &constant; };
  EXPECT_EQ(run_with_constant(settings_, same), (Results{{1, 2, 3, 4}, {1, 2, 3, 4}}));
}

TEST_F(BuilderTest, AConstantMayBePackedForSeveralReaders) {
  const auto multiply = [](auto& network, auto& product, auto& constant) {
    constexpr auto kNone = network::MatrixOperation::kNONE;
    return network.addMatrixMultiply(product, kNone, constant, kNone)->getOutput(0);
  };
  EXPECT_EQ(run_with_constant(settings_, multiply), (Results{{1, 2, 3, 4}, {7, 10, 15, 22}}));
}

}  // namespace
}  // namespace torch_tensorrt::engine
