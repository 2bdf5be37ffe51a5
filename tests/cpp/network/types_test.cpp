#include "torch_tensorrt/core/network/types.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

TEST(Dims, KnowsWhetherItIsStatic) {
  EXPECT_TRUE((Dims{1, 3, 224}).is_static());
  EXPECT_FALSE((Dims{1, -1, 224}).is_static());
  EXPECT_TRUE(Dims{}.is_static());
}

TEST(Dims, Volume) {
  EXPECT_EQ((Dims{2, 3, 4}).volume(), 24);
  EXPECT_EQ(Dims{}.volume(), 1);
  EXPECT_EQ((Dims{2, 0, 4}).volume(), 0);
  EXPECT_EQ((Dims{2, -1, 4}).volume(), -1);
}

TEST(Dims, VolumeThatOverflowsIsAnError) {
  const int64_t big = int64_t{1} << 40;
  EXPECT_ERROR((Dims{big, big}).volume(), "1099511627776x1099511627776");
  EXPECT_EQ((Dims{big, big, 0}).volume(), 0);
}

TEST(Dims, TooManyAreAnError) {
  EXPECT_ERROR(Dims(std::vector<int64_t>(17, 1)), "17 dimensions, must have 0 to 16");
  EXPECT_EQ(Dims(std::vector<int64_t>(16, 1)).nbDims, 16);
}

TEST(Dims, ComparesEntriesInUseOnly) {
  Dims a{1, 2};
  Dims b{1, 2, 3};
  EXPECT_NE(a, b);
  b.nbDims = 2;
  EXPECT_EQ(a, b);
}

TEST(Dims, Text) {
  EXPECT_EQ(to_string(Dims{1, 3, -1, 224}), "1x3x-1x224");
  EXPECT_EQ(to_string(Dims{}), "scalar");
}

TEST(Permutation, IdentityUpToTheRank) {
  Permutation p;
  EXPECT_TRUE(is_identity(p, Dims::MAX_DIMS));
  std::swap(p.order[2], p.order[3]);
  EXPECT_TRUE(is_identity(p, 2));
  EXPECT_FALSE(is_identity(p, 3));
}

struct TypeRow {
  DataType type;
  int64_t size;
  bool floating;
  bool integral;
};

TEST(DataType, SizesAndKinds) {
  const TypeRow rows[] = {
      {DataType::kFLOAT, 4, true, false},  {DataType::kHALF, 2, true, false},  {DataType::kBF16, 2, true, false},
      {DataType::kDOUBLE, 8, true, false}, {DataType::kFP8, 1, true, false},   {DataType::kINT8, 1, false, true},
      {DataType::kUINT8, 1, false, true},  {DataType::kINT32, 4, false, true}, {DataType::kINT64, 8, false, true},
      {DataType::kINT4, 1, false, true},   {DataType::kBOOL, 1, false, false}, {DataType::kINT16, 2, false, true},
  };
  for (const TypeRow& row : rows) {
    EXPECT_EQ(element_size(row.type), row.size) << enum_name(row.type);
    EXPECT_EQ(is_floating_point(row.type), row.floating) << enum_name(row.type);
    EXPECT_EQ(is_integral(row.type), row.integral) << enum_name(row.type);
  }
  EXPECT_ERROR(element_size(static_cast<DataType>(99)), "data type 99 does not exist");
}

}  // namespace
}  // namespace torch_tensorrt::network
