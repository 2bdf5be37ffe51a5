#include "tensorrt/checks.h"

#include <filesystem>
#include <thread>

#include "tensorrt/check_util.h"
#include "torch_tensorrt/core/backends/tensorrt/run/build.h"
#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"

namespace torch_tensorrt::tensorrt_test {
namespace {

const char* const kDoubling =
    "%x = input() {dims=[-1x-1]}\n%1 = elementwise(%x, %x) {op=sum, name=\"doubling\"}\n%y = identity(%1)\nreturn %y";

void dynamic_shapes() {
  auto network = parse(kDoubling);
  network->profiles() = {{{"x", {{1, 2}, {4, 8}, {16, 32}}}}};
  const auto engine = build(*network);
  Execution execution(engine);
  for (const Dims& dims : {Dims{1, 2}, Dims{16, 32}, Dims{3, 5}, Dims{3, 5}}) {
    const Floats input = ramp(dims.volume());
    Floats expected = input;
    for (float& value : expected) value *= 2;
    expect_close(run(execution, input, dims), expected);
  }
  expect_error([&] { run(execution, ramp(40), Dims{1, 40}); }, "x is 1x40, may be 1x2 to 16x32");
}

void shape_arithmetic() {
  // x of A x B gets B * A elements through the product of its dims, then loses its first row.
  auto network = parse(
      "%x = input() {dims=[-1x-1]}\n%s = shape(%x)\n%p = reduce(%s) {op=prod, axes=1, keep_dims=true}\n"
      "%f = shuffle(%x, %p)\n%y = slice(%f) {start=[3], size=[-1], stride=[2]}\nreturn %y");
  network->profiles() = {{{"x", {{2, 2}, {3, 4}, {9, 9}}}}};
  const auto engine = build(*network);
  Execution execution(engine);
  const Floats input = ramp(12);
  expect_close(run(execution, input, Dims{3, 4}), {input[3], input[5], input[7], input[9], input[11]});
}

// Repeats the same addresses with other elements, at two shapes in turn.
void recorded_graphs() {
  auto network = parse(kDoubling);
  network->profiles() = {{{"x", {{1, 2}, {4, 8}, {16, 32}}}}};
  Execution execution(build(*network));
  const engine::cuda::DeviceGuard guard(0);
  const engine::cuda::Driver& driver = engine::cuda::Driver::get();
  DeviceTensors memory;
  void* in = memory.add(int64_t{16 * 32 * 4});
  void* out = memory.add(int64_t{16 * 32 * 4});
  const engine::cuda::Stream own;
  void* stream = own.handle();
  for (int round = 0; round < 12; ++round) {
    const Dims dims = round / 3 % 2 == 0 ? Dims{4, 4} : Dims{2, 5};
    Floats input = ramp(dims.volume());
    for (float& value : input) value += static_cast<float>(round);
    Floats expected = input;
    for (float& value : expected) value *= 2;
    execution.set_input_dims({dims}, nullptr);
    driver.copy_to_device(in, input.data(), static_cast<int64_t>(input.size()) * 4, stream);
    const void* inputs = in;
    engine::RunOptions options;
    options.stream = stream;
    options.use_graph = true;
    execution.run(&inputs, &out, options);
    Floats got(input.size());
    driver.copy_to_host(got.data(), out, static_cast<int64_t>(got.size()) * 4, stream);
    driver.synchronize(stream);
    expect_close(got, expected);
  }
  TORCHTRT_CHECK(execution.specialization_count() == 2,
                 "there are " << execution.specialization_count() << " slots, expected 2");
}

void several_profiles() {
  auto network = parse(kDoubling);
  network->profiles() = {{{"x", {{1, 4}, {2, 4}, {2, 4}}}}, {{"x", {{8, 1}, {8, 8}, {64, 64}}}}};
  const auto engine = build(*network);
  TORCHTRT_CHECK(engine->profile_count() == 2, "the engine has " << engine->profile_count() << " profiles");
  Execution execution(engine);
  for (const Dims& dims : {Dims{2, 4}, Dims{10, 30}, Dims{1, 4}, Dims{64, 64}}) {
    const Floats input = ramp(dims.volume());
    Floats expected = input;
    for (float& value : expected) value *= 2;
    expect_close(run(execution, input, dims), expected);
  }
  expect_error([&] { run(execution, ramp(9), Dims{3, 3}); }, "1x4 to 2x4 or 8x1 to 64x64");
}

void running_sums_of_dynamic_length() {
  auto network = parse("%x = input() {dims=[2x-1]}\n%y = cumulative(%x) {op=sum, axis=1}\nreturn %y");
  network->profiles() = {{{"x", {{2, 1}, {2, 4}, {2, 100}}}}};
  const auto engine = build(*network);
  Execution execution(engine);
  for (const int64_t length : {1, 7, 100}) {
    const Floats input = ramp(2 * length);
    Floats expected = input;
    for (int64_t i = 0; i < 2 * length; ++i) {
      if (i % length != 0) expected[static_cast<size_t>(i)] += expected[static_cast<size_t>(i) - 1];
    }
    expect_close(run(execution, input, Dims{2, length}), expected, 1e-4F);
  }
}

// TensorRT 10.6 counts too few if it reduces both dimensions at once.
void reductions_of_running_sums() {
  auto network = parse(
      "%x = input() {dims=[2x4]}\n%s = cumulative(%x) {op=sum, axis=1}\n%h = constant() {dims=[1x1], "
      "weights=f32[0.5]}\n"
      "%g = elementwise(%s, %h) {op=greater}\n%f = cast(%g) {to=f32}\n%y = reduce(%f) {op=sum, axes=3}\nreturn %y");
  Execution execution(build(*network));
  expect_close(run(execution, {0.25F, 0.5F, 0, 0, 0, 0.25F, 0.5F, 0.25F}, Dims{2, 4}), {5});
  expect_close(run(execution, {1, 0, 0, 0, 0.25F, 0.5F, 0, 0}, Dims{2, 4}), {7});
}

void refitted_weights() {
  auto network = parse(
      "%x = input() {dims=[1x2]}\n%w = constant() {dims=[1x2], weights=f32[2, 3]}\n"
      "%y = elementwise(%x, %w) {op=prod}\nreturn %y");
  engine::BuildSettings settings = test_settings();
  settings.refit = true;
  const auto engine = build(*network, settings);
  expect_close(run(*std::make_unique<Execution>(engine), {1, 1}, Dims{1, 2}), {2, 3});
  const Floats fresh = {5, 7};
  engine->refit({{"w", {network::DataType::kFLOAT, fresh.data(), 2}}});
  expect_close(run(*std::make_unique<Execution>(engine), {1, 1}, Dims{1, 2}), {5, 7});
  expect_error(
      [&] {
        engine->refit({{"v", {network::DataType::kFLOAT, fresh.data(), 2}}});
      },
      "has no weights \"v\" that can be replaced");
  expect_error([&] { engine->refit({{"w", {network::DataType::kFLOAT, fresh.data(), 1}}}); }, "must be 2 of f32");
}

void names_in_inspector_and_profile() {
  auto network =
      parse("%x = input() {dims=[1x3x8x8]}\n%1 = pooling(%x) {window=[2x2], name=\"my_pooling\"}\nreturn %1");
  engine::BuildSettings settings = test_settings();
  settings.debug = true;
  const auto engine = build(*network, settings);
  const std::string json = engine->inspect_json();
  TORCHTRT_CHECK(json.find("my_pooling") != std::string::npos, "the inspector does not name the layer: " << json);
  const engine::cuda::DeviceGuard guard(0);
  Execution execution(engine);
  DeviceTensors memory;
  execution.set_input_dims({Dims{1, 3, 8, 8}}, nullptr);
  const void* in = memory.add(bytes_of(ramp(192)));
  void* out = memory.add(int64_t{192});
  const engine::cuda::Stream stream;
  std::string names;
  for (const engine::LayerTime& layer : execution.profile(&in, &out, {stream.handle()})) names += layer.name + " ";
  TORCHTRT_CHECK(names.find("my_pooling") != std::string::npos, "the profile does not name the layer: " << names);
}

void timing_cache_is_shared() {
  const auto path = std::filesystem::temp_directory_path() / "torchtrt_trt_timing";
  const std::string file = path.string() + ".tensorrt";
  std::filesystem::remove(file);
  engine::BuildSettings settings = test_settings();
  settings.timing_cache_path = path.string();
  build(*parse("%x = input() {dims=[1x3x8x8]}\n%y = pooling(%x) {window=[2x2]}\nreturn %y"), settings);
  TORCHTRT_CHECK(std::filesystem::exists(file), "no timing cache was written");
  const auto size = std::filesystem::file_size(file);
  build(*parse("%x = input() {dims=[1x3x8x8]}\n%y = pooling(%x) {window=[2x2]}\nreturn %y"), settings);
  TORCHTRT_CHECK(std::filesystem::file_size(file) >= size, "the timing cache shrank");
  std::filesystem::remove(file);
}

void errors_are_clear() {
  expect_error(
      [] { build(*parse("%x = input() {dtype=f64, dims=[2]}\n%y = unary(%x) {op=exp, name=\"e\"}\nreturn %y")); },
      "TensorRT does not take these layers:");
  std::string junk = "ftrt" + std::string(5000, '\1');
  expect_error([&] { VendorEngine::load(junk.data(), junk.size(), 0); }, "does not load the engine (5004 bytes)");
  engine::BuildSettings settings = test_settings();
  settings.device.gpu_id = 99;
  expect_error([&] { build(*parse("%x = input() {dims=[2]}\n%y = unary(%x) {op=exp}\nreturn %y"), settings); },
               "there is no cuda:99");
}

void outputs_that_are_inputs_or_constants() {
  const auto engine =
      build(*parse("%x = input() {dims=[2]}\n%c = constant() {dims=[2], weights=f32[4, 5]}\n%y = unary(%x) "
                   "{op=neg}\nreturn %y, %c"));
  TORCHTRT_CHECK(engine->outputs().size() == 2, "the engine has " << engine->outputs().size() << " outputs");
  const auto same = build(*parse("%x = input() {dims=[2]}\n%y = identity(%x)\nreturn %y"));
  expect_close(run(*std::make_unique<Execution>(same), {3, 4}, Dims{2}), {3, 4});
}

void unary_check(const std::string& layer, const Floats& input, const Floats& expected, float relative = 1e-5F) {
  const auto count = static_cast<int64_t>(input.size());
  const auto engine = build(*parse("%x = input() {dims=[" + std::to_string(count) + "]}\n" + layer + "\nreturn %y"));
  Execution execution(engine);
  expect_close(run(execution, input, Dims{count}), expected, relative);
}

void formulas_at_their_edges() {
  const float inf = INFINITY;
  unary_check("%y = unary(%x) {op=log1p}", {1e-7F, -1e-7F, 0, 1e10F, inf, -0.5F},
              {1e-7F, -1e-7F, 0, std::log1p(1e10F), inf, std::log1p(-0.5F)});
  unary_check("%y = unary(%x) {op=expm1}", {1e-7F, -1e-7F, 0, 30.F, -100.F, 0.9F},
              {1e-7F, -1e-7F, 0, std::expm1(30.F), -1.F, std::expm1(0.9F)});
  unary_check("%y = activation(%x) {type=softplus, alpha=1, beta=1}", {200.F, -20.F, 0.F},
              {200.F, std::log1p(std::exp(-20.F)), std::log(2.F)}, 1e-3F);
  unary_check("%y = activation(%x) {type=mish}", {200.F, -3.F}, {200.F, -3.F * std::tanh(std::log1p(std::exp(-3.F)))});
  unary_check("%c = constant() {dims=[1], weights=f32[2]}\n%y = elementwise(%x, %c) {op=pow}", {-3.F, 2.F, 0.F},
              {9.F, 4.F, 0.F});
  unary_check("%c = constant() {dims=[1], weights=f32[3]}\n%y = elementwise(%x, %c) {op=pow}", {-3.F, 2.F},
              {-27.F, 8.F});
  unary_check("%c = constant() {dims=[1], weights=f32[0.1]}\n%y = elementwise(%x, %c) {op=floor_div}", {1.F, -1.F},
              {9.F, -10.F});
  unary_check("%1 = cast(%x) {to=bool}\n%y = cast(%1) {to=f32}", {0.5F, 0.F, NAN, -0.25F}, {1, 0, 1, 1});
  unary_check("%1 = cast(%x) {to=i32}\n%y = cast(%1) {to=f32}", {1.7F, -1.7F, 2.5F, -0.5F}, {1, -1, 2, 0});
}

void queries_that_see_nothing() {
  const auto engine =
      build(*parse("%q = input() {dims=[1x1x2x2]}\n%m = constant() {dims=[2x2], weights=bool[1, 0, 0, 0]}\n"
                   "%y = attention(%q, %q, %q, %m)\nreturn %y"));
  Execution execution(engine);
  expect_close(run(execution, {1, 2, 3, 4}, Dims{1, 1, 2, 2}), {1, 2, 0, 0});
}

void causal_attention_of_dynamic_length() {
  auto network = parse("%q = input() {dims=[1x1x-1x1]}\n%y = attention(%q, %q, %q) {causal=true}\nreturn %y");
  network->profiles() = {{{"q", {{1, 1, 1, 1}, {1, 1, 4, 1}, {1, 1, 8, 1}}}}};
  const auto engine = build(*network);
  Execution execution(engine);
  const Floats input = {1, 2, 3};
  const auto mean = [](float query, const Floats& keys) {
    float sum = 0;
    float weights = 0;
    for (const float key : keys) {
      sum += std::exp(query * key) * key;
      weights += std::exp(query * key);
    }
    return sum / weights;
  };
  expect_close(run(execution, input, Dims{1, 1, 3, 1}), {1, mean(2, {1, 2}), mean(3, {1, 2, 3})}, 1e-4F);
}

void many_threads() {
  auto network = parse(kDoubling);
  network->profiles() = {{{"x", {{1, 2}, {4, 8}, {64, 64}}}}};
  const auto engine = build(*network);
  std::vector<std::string> errors(8);
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < errors.size(); ++thread) {
    threads.emplace_back([&, thread] {
      try {
        Execution execution(engine);
        for (int64_t i = 1; i < 50; ++i) {
          const Dims dims{i, static_cast<int64_t>(thread) + 2};
          Floats input = ramp(dims.volume());
          Floats expected = input;
          for (float& value : expected) value *= 2;
          expect_close(run(execution, input, dims), expected);
        }
      } catch (const std::exception& e) {
        errors[thread] = e.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& error : errors) TORCHTRT_CHECK(error.empty(), error);
}

void lowered_to_half() {
  engine::BuildSettings settings = test_settings();
  settings.enabled_precisions.insert(network::DataType::kHALF);
  const auto network = parse("%x = input() {dims=[2x4]}\n%y = softmax(%x) {axes=2}\nreturn %y");
  TORCHTRT_CHECK(!is_strongly_typed(*network, settings), "the network is typed, so half is not used");
  const auto engine = build(*network, settings);
  TORCHTRT_CHECK(engine->outputs()[0].dtype == network::DataType::kFLOAT, "the output is not f32");
  expect_close(run(*std::make_unique<Execution>(engine), {1, 1, 1, 1, 2, 2, 2, 2}, Dims{2, 4}), Floats(8, 0.25F),
               1e-3F);
}

engine::BuildSettings unusual_settings() {
  engine::BuildSettings settings = test_settings();
  settings.enabled_precisions = {network::DataType::kFLOAT, network::DataType::kHALF, network::DataType::kBF16};
  settings.disable_tf32 = true;
  settings.refit = true;
  settings.sparse_weights = true;
  settings.version_compatible = true;
  settings.hardware_compatible = true;
  settings.debug = true;
  settings.num_avg_timing_iters = 3;
  settings.workspace_size = uint64_t{1} << 25;
  settings.optimization_level = 2;
  return settings;
}

// Each setting must reach the configuration given to TensorRT.
void settings_reach_the_configuration() {
  using nvinfer1::BuilderFlag;
  MessageGatherer messages;
  const engine::BuildSettings settings = unusual_settings();
  const auto network = parse("%x = input() {dims=[2]}\n%y = unary(%x) {op=exp}\nreturn %y");
  const VendorNetwork made = translate_network(*network, settings, {}, *require_vendor_library(), messages);
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(made.builder->createBuilderConfig());
  configure(*config, settings, made.precisions);
  for (const BuilderFlag flag : {BuilderFlag::kFP16, BuilderFlag::kBF16, BuilderFlag::kREFIT,
                                 BuilderFlag::kSPARSE_WEIGHTS, BuilderFlag::kVERSION_COMPATIBLE}) {
    TORCHTRT_CHECK(config->getFlag(flag), "flag " << static_cast<int>(flag) << " is not set");
  }
  TORCHTRT_CHECK(!config->getFlag(BuilderFlag::kTF32) && !config->getFlag(BuilderFlag::kINT8), "a flag is set");
  TORCHTRT_CHECK(config->getAvgTimingIterations() == 3, "timing iterations");
  TORCHTRT_CHECK(config->getMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE) == size_t{1} << 25, "workspace");
  TORCHTRT_CHECK(config->getBuilderOptimizationLevel() == 2, "optimization level");
  TORCHTRT_CHECK(config->getProfilingVerbosity() == nvinfer1::ProfilingVerbosity::kDETAILED, "debug");
  TORCHTRT_CHECK(config->getHardwareCompatibilityLevel() == nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS,
                 "hardware compatibility");
}

}  // namespace

const std::vector<Check>& all_checks() {
  static const std::vector<Check> own = {
      {"dynamic_shapes", dynamic_shapes},
      {"shape_arithmetic", shape_arithmetic},
      {"recorded_graphs", recorded_graphs},
      {"several_profiles", several_profiles},
      {"running_sums_of_dynamic_length", running_sums_of_dynamic_length},
      {"reductions_of_running_sums", reductions_of_running_sums},
      {"refitted_weights", refitted_weights},
      {"names_in_inspector_and_profile", names_in_inspector_and_profile},
      {"timing_cache_is_shared", timing_cache_is_shared},
      {"errors_are_clear", errors_are_clear},
      {"outputs_that_are_inputs_or_constants", outputs_that_are_inputs_or_constants},
      {"formulas_at_their_edges", formulas_at_their_edges},
      {"queries_that_see_nothing", queries_that_see_nothing},
      {"causal_attention_of_dynamic_length", causal_attention_of_dynamic_length},
      {"many_threads", many_threads},
      {"lowered_to_half", lowered_to_half},
      {"settings_reach_the_configuration", settings_reach_the_configuration},
  };
  static const std::vector<Check> checks = [] {
    std::vector<Check> all = own;
    all.insert(all.end(), size_checks().begin(), size_checks().end());
    return all;
  }();
  return checks;
}

}  // namespace torch_tensorrt::tensorrt_test
