#include "torch_tensorrt/core/engine/plan/plan.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/reference_tactic.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/engine.h"

namespace torch_tensorrt::engine {
namespace {

using network::Dims;
using testing::error_of;

std::shared_ptr<const std::string> shared(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

// Small, as it is read thousands of times. Has packed and plain blocks, and a constant without its plain elements.
std::shared_ptr<network::INetworkDefinition> make_tiny_network() {
  auto network = std::make_shared<network::INetworkDefinition>();
  const auto weights = [&](int64_t count) {
    return network->own(network::DataType::kFLOAT, testing::random_floats(count, 3).data(), count);
  };
  auto* input = network->addInput("x", network::DataType::kFLOAT, Dims{-1, 2, 4, 4});
  auto* conv = network->addConvolutionNd(*input, 2, Dims{3, 3}, weights(36), weights(2));
  conv->setName("conv1");
  conv->setPaddingNd(Dims{1, 1});
  conv->set_source("model.py:42");
  auto* relu = network->addActivation(*conv->getOutput(0), network::ActivationType::kRELU);
  auto* flat = network->addShuffle(*relu->getOutput(0));
  flat->setReshapeDimensions(Dims{0, 32});
  auto* matrix = network->addConstant(Dims{32, 4}, weights(128));
  constexpr auto kNone = network::MatrixOperation::kNONE;
  auto* product = network->addMatrixMultiply(*flat->getOutput(0), kNone, *matrix->getOutput(0), kNone);
  product->getOutput(0)->setName("y");
  network->markOutput(*product->getOutput(0));
  network->profiles().push_back({{"x", {Dims{1, 2, 4, 4}, Dims{2, 2, 4, 4}, Dims{8, 2, 4, 4}}}});
  return network;
}

const std::string& plan_bytes() {
  static const std::string bytes = Builder(testing::reference_settings()).build(make_tiny_network());
  return bytes;
}

// The outcome of loading and running the bytes: empty, or the text of an Error. Anything else fails the test.
std::string outcome_of(std::string bytes) {
  try {
    const auto engine = Engine::load(shared(std::move(bytes)));
    testing::run_floats(*engine, {Dims{1, 2, 4, 4}}, {testing::random_floats(32, 1)});
  } catch (const Error& e) {
    return e.msg();
  }
  return {};
}

// Index of the convolution, as the layout pass may put a layer before it.
int32_t find_convolution(const network::INetworkDefinition& network) {
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    if (network.getLayer(i)->getType() == network::LayerType::kCONVOLUTION) return i;
  }
  return -1;
}

// Repairs the checksums, so that the content behind them is tested as well.
void repair_checksums(std::string& bytes, const PlanHeader& original) {
  PlanHeader header = original;
  const std::string_view view = bytes;
  header.table.checksum = checksum(view.substr(header.table.offset, header.table.size));
  header.weights.checksum = checksum(view.substr(header.weights.offset, header.weights.size));
  const auto encoded = encode_header(header);
  std::copy(encoded.begin(), encoded.end(), bytes.begin());
}

TEST(Plan, KeepsEverything) {
  const Plan plan = parse_plan(shared(plan_bytes()));
  EXPECT_EQ(plan.name, "test");
  EXPECT_EQ(plan.producer.rfind("torch_tensorrt ", 0), 0U);
  EXPECT_EQ(plan.target.isa, describe_target().isa);
  EXPECT_EQ(plan.target.threads, describe_target().threads);
  const auto& network = *plan.network;
  ASSERT_EQ(plan.choices.size(), static_cast<size_t>(network.getNbLayers()));
  EXPECT_STREQ(network.getInput(0)->getName(), "x");
  EXPECT_EQ(network.profiles().size(), 1U);
  EXPECT_EQ(network.profiles()[0].at("x").max, (Dims{8, 2, 4, 4}));
  const int32_t index = find_convolution(network);
  const auto* conv = network::layer_cast<network::IConvolutionLayer>(network.getLayer(index));
  ASSERT_NE(conv, nullptr);
  EXPECT_STREQ(conv->getName(), "conv1");
  EXPECT_EQ(conv->source(), "model.py:42");
  EXPECT_EQ(conv->getKernelSizeNd(), (Dims{3, 3}));
  EXPECT_EQ(conv->getPrePadding(), (Dims{1, 1}));
  EXPECT_EQ(plan.choices[static_cast<size_t>(index)].tactic, "packed.weights");
  EXPECT_GT(plan.choices[static_cast<size_t>(index)].microseconds, 0);
}

TEST(Plan, KeepsTheDevice) {
  using network::DeviceType;
  for (const DeviceType type : {DeviceType::kGPU, DeviceType::kDLA, DeviceType::kCPU}) {
    Plan plan = parse_plan(shared(plan_bytes()));
    plan.target.device_type = type;
    plan.target.gpu_id = 2;
    plan.target.dla_core = 1;
    const Plan read = parse_plan(shared(serialize_plan(std::move(plan))));
    EXPECT_EQ(read.target.device_type, type);
    EXPECT_EQ(read.target.gpu_id, 2);
    EXPECT_EQ(read.target.dla_core, type == DeviceType::kDLA ? 1 : 0);
  }
}

TEST(Plan, HoldsEachWeightOnce) {  // in multiples of 64 bytes
  const Plan plan = parse_plan(shared(plan_bytes()));
  const int32_t conv = find_convolution(*plan.network);
  std::map<std::string, std::string> layouts;
  for (const auto& [key, block] : plan.weights->blocks()) layouts[key] = block.layout;
  EXPECT_EQ(layouts[weight_key(conv, "kernel")], "reversed");
  EXPECT_EQ(layouts[weight_key(conv, "bias")], "plain");
  EXPECT_EQ(plan.weight_bytes, 192 + 64 + 512);
  int32_t packed_inputs = 0;
  for (const auto& [key, layout] : layouts) {
    EXPECT_EQ(key.find("weights"), std::string::npos) << "the constant's plain elements are in the file";
    if (key.find("/input1") != std::string::npos) packed_inputs += layout == "reversed" ? 1 : 0;
  }
  EXPECT_EQ(packed_inputs, 1);
}

TEST(Plan, WeightsAreUsedInPlace) {
  const auto bytes = shared(plan_bytes());
  const Plan plan = parse_plan(bytes);
  for (const auto& [key, block] : plan.weights->blocks()) {
    const auto* data = static_cast<const char*>(block.data.get());
    EXPECT_TRUE(data >= bytes->data() && data + block.bytes <= bytes->data() + bytes->size()) << key;
    EXPECT_EQ((data - bytes->data()) % 64, 0) << key;
  }
}

TEST(Plan, WritingWhatWasReadGivesTheSameBytes) {
  EXPECT_TRUE(serialize_plan(parse_plan(shared(plan_bytes()))) == plan_bytes());
}

TEST(Plan, ReadersKeepTheBytesAlive) {
  auto bytes = shared(plan_bytes());
  const std::weak_ptr<const std::string> weak = bytes;
  Plan plan = parse_plan(std::move(bytes));
  EXPECT_FALSE(weak.expired());
  plan = Plan{};
  EXPECT_TRUE(weak.expired());
}

TEST(Plan, LoadedPlansShareEqualBlocks) {
  WeightPool pool(/*smallest_block=*/256);
  auto first = load_plan(plan_bytes(), pool);
  EXPECT_EQ(first.bytes->shared_bytes(), 0);
  EXPECT_EQ(pool.usage().blocks, 1);  // the others are smaller
  EXPECT_EQ(pool.usage().bytes, 512);
  const auto second = load_plan(std::string(plan_bytes()), pool);
  EXPECT_EQ(second.bytes->shared_bytes(), 512);
  EXPECT_EQ(pool.usage().blocks, 1);
  first = LoadedPlan{};
  const Plan whole = parse_plan(shared(plan_bytes()));
  const auto blocks = whole.weights->blocks();
  const auto found = second.plan.weights->blocks();
  ASSERT_EQ(found.size(), blocks.size());
  for (size_t i = 0; i < blocks.size(); ++i) {
    ASSERT_EQ(found[i].second.bytes, blocks[i].second.bytes);
    EXPECT_EQ(std::memcmp(found[i].second.data.get(), blocks[i].second.data.get(), found[i].second.bytes), 0);
  }
  EXPECT_EQ(second.bytes->join(), plan_bytes());
}

TEST(Plan, IsToldApartByItsStart) {
  EXPECT_TRUE(looks_like_plan(plan_bytes()));
  EXPECT_FALSE(looks_like_plan("PK\3\4"));
  EXPECT_FALSE(looks_like_plan(""));
}

TEST(DamagedPlan, OtherFilesAreNamed) {
  const std::string error = outcome_of("PK\3\4 this is a zip file");
  EXPECT_NE(error.find("not an engine"), std::string::npos) << error;
  EXPECT_NE(error.find("\"PK.. thi\""), std::string::npos) << error;
  EXPECT_NE(outcome_of("").find("not an engine: 0 bytes"), std::string::npos);
}

TEST(DamagedPlan, EveryTruncationIsAnError) {
  const std::string& bytes = plan_bytes();
  for (size_t size = 0; size < bytes.size(); size += size < PlanHeader::kSize ? 1 : 64) {
    EXPECT_NE(outcome_of(bytes.substr(0, size)), "") << size << " of " << bytes.size() << " bytes";
  }
  EXPECT_NE(outcome_of(bytes.substr(0, bytes.size() - 1)), "");
  EXPECT_NE(outcome_of(bytes + "x"), "");
}

TEST(DamagedPlan, EveryBitFlipIsFound) {
  const std::string& bytes = plan_bytes();
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    EXPECT_NE(outcome_of(flipped), "") << "byte " << at;
  }
}

// Bytes made on purpose: whatever they contain, the answer is an Error or a run within the file's memory (a sanitizer
// checks that).
TEST(DamagedPlan, NothingBehindTheChecksumsIsTrusted) {
  const std::string& bytes = plan_bytes();
  const PlanHeader header = decode_header(bytes);
  int32_t rejected = 0;
  for (size_t at = header.table.offset; at < header.table.offset + header.table.size; ++at) {
    for (const int32_t change : {1 << at % 8, 0xff, 0x80}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ change);
      repair_checksums(changed, header);
      rejected += outcome_of(std::move(changed)).empty() ? 0 : 1;
    }
  }
  EXPECT_GT(rejected, 1000);
}

TEST(DamagedPlan, RecordedDimsThatNoLayerGivesAreNamed) {
  std::string bytes = plan_bytes();
  const PlanHeader header = decode_header(bytes);
  const int64_t dims[] = {-1, 4};  // of y
  const size_t at = bytes.find(std::string(reinterpret_cast<const char*>(dims), sizeof(dims)));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 8] = 5;
  repair_checksums(bytes, header);
  const std::string error = outcome_of(std::move(bytes));
  EXPECT_NE(error.find("\"y\" is recorded as f32[-1x5], but its layer gives f32[-1x4]"), std::string::npos) << error;
}

TEST(DamagedPlan, WordsOfTheTableAreNotTrusted) {
  const std::string& bytes = plan_bytes();
  const PlanHeader header = decode_header(bytes);
  for (size_t at = header.table.offset; at + 8 <= header.table.offset + header.table.size; at += 4) {
    for (const int64_t word : {int64_t{-1}, int64_t{0}, INT64_MAX, INT64_MIN, int64_t{1} << 40}) {
      std::string changed = bytes;
      std::memcpy(changed.data() + at, &word, at % 8 == 0 ? 8 : 4);
      repair_checksums(changed, header);
      outcome_of(std::move(changed));
    }
  }
}

// Blocks may overlap or end in others. The plan then stays in one piece.
TEST(DamagedPlan, BlocksAreReadWithinTheirMemory) {
  const std::string& bytes = plan_bytes();
  const PlanHeader header = decode_header(bytes);
  WeightPool pool(/*smallest_block=*/1);
  int32_t read = 0;
  for (size_t at = header.table.offset; at + 8 <= header.table.offset + header.table.size; at += 4) {
    for (const int64_t word : {0, 64, 128, 192, 256, 512}) {
      std::string changed = bytes;
      std::memcpy(changed.data() + at, &word, at % 8 == 0 ? 8 : 4);
      repair_checksums(changed, header);
      try {
        const auto loaded = load_plan(changed, pool);
        ASSERT_EQ(loaded.bytes->join(), changed);
        for (const auto& [key, block] : loaded.plan.weights->blocks()) {
          checksum({static_cast<const char*>(block.data.get()), static_cast<size_t>(block.bytes)});
        }
        ++read;
      } catch (const Error&) {
      }
    }
  }
  EXPECT_GT(read, 100);
}

TEST(DamagedPlan, SectionsOutsideTheFileAreErrors) {
  for (const uint64_t offset : {uint64_t{0}, uint64_t{1} << 63, ~uint64_t{0} - 63, uint64_t{1} << 32}) {
    for (const uint64_t size : {uint64_t{0}, uint64_t{64}, ~uint64_t{0}, uint64_t{1} << 62}) {
      std::string bytes = plan_bytes();
      PlanHeader header = decode_header(bytes);
      header.table.offset = offset;
      header.table.size = size;
      const auto encoded = encode_header(header);
      std::copy(encoded.begin(), encoded.end(), bytes.begin());
      EXPECT_NE(outcome_of(std::move(bytes)).find("damaged"), std::string::npos);
    }
  }
}

TEST(DamagedPlan, ANewerFormatSaysWhoWroteIt) {
  std::string bytes = plan_bytes();
  bytes[16] = static_cast<char>(Plan::kFormatVersion + 1);
  const std::string error = outcome_of(bytes);
  for (const char* part :
       {"format 5", "reads formats 2 to 4", "written by \"torch_tensorrt ", "Build the engine again"}) {
    EXPECT_NE(error.find(part), std::string::npos) << part << " in " << error;
  }
}

TEST(DamagedPlan, TheOtherByteOrderIsNamed) {
  std::string bytes = plan_bytes();
  std::reverse(bytes.begin() + 20, bytes.begin() + 24);
  EXPECT_NE(outcome_of(bytes).find("byte order"), std::string::npos);
}

TEST(DamagedPlan, TextModeCopiesAreNamed) {
  std::string crlf;
  std::string lf;
  for (size_t i = 0; i < plan_bytes().size(); ++i) {
    const char c = plan_bytes()[i];
    if (c == '\n') crlf += '\r';
    crlf += c;
    if (c == '\r' && plan_bytes()[i + 1] == '\n') continue;
    lf += c;
  }
  EXPECT_NE(outcome_of(crlf).find("text mode"), std::string::npos);
  EXPECT_NE(outcome_of(lf).find("text mode"), std::string::npos);
}

}  // namespace
}  // namespace torch_tensorrt::engine
