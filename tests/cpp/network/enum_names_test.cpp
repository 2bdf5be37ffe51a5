#include "torch_tensorrt/core/network/enum_names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace torch_tensorrt::network {
namespace {

void check_round_trip(const EnumTable& table, size_t count) {
  std::set<std::string> names;
  std::set<int32_t> values;
  for (const EnumEntry* entry = table.begin; entry != table.end; ++entry) {
    EXPECT_TRUE(names.insert(entry->name).second) << table.type_name << " has the name twice: " << entry->name;
    EXPECT_TRUE(values.insert(entry->value).second) << table.type_name << " has the value twice: " << entry->value;
    EXPECT_STREQ(table.find_name(entry->value), entry->name);
    int32_t value = -1;
    EXPECT_TRUE(table.find_value(entry->name, &value));
    EXPECT_EQ(value, entry->value);
  }
  EXPECT_EQ(names.size(), count) << table.type_name;
}

TEST(EnumNames, TablesAreCompleteAndUnique) {
  check_round_trip(enum_table<DataType>(), 12);
  check_round_trip(enum_table<TensorFormat>(), 2);
  check_round_trip(enum_table<LayerType>(), kLayerTypeCount);
  check_round_trip(enum_table<ActivationType>(), 17);
  check_round_trip(enum_table<ElementWiseOperation>(), 20);
  check_round_trip(enum_table<UnaryOperation>(), 32);
  check_round_trip(enum_table<ReduceOperation>(), 6);
  check_round_trip(enum_table<MatrixOperation>(), 3);
  check_round_trip(enum_table<PoolingType>(), 3);
  check_round_trip(enum_table<PaddingMode>(), 4);
  check_round_trip(enum_table<ScaleMode>(), 3);
  check_round_trip(enum_table<SampleMode>(), 5);
  check_round_trip(enum_table<GatherMode>(), 3);
  check_round_trip(enum_table<InterpolationMode>(), 3);
  check_round_trip(enum_table<ResizeCoordinateTransformation>(), 3);
  check_round_trip(enum_table<ResizeSelector>(), 2);
  check_round_trip(enum_table<ResizeRoundMode>(), 4);
}

TEST(EnumNames, NamesAreThoseOfTheTextForm) {
  EXPECT_EQ(enum_name(DataType::kFLOAT), "f32");
  EXPECT_EQ(enum_name(TensorFormat::kHWC), "hwc");
  EXPECT_EQ(enum_name(ActivationType::kGELU_ERF), "gelu_erf");
  EXPECT_EQ(enum_name(LayerType::kMATRIX_MULTIPLY), "matrix_multiply");
}

TEST(EnumNames, UnknownValuesAndNames) {
  EXPECT_EQ(enum_name(static_cast<DataType>(17)), "unknown(17)");
  int32_t value = 5;
  EXPECT_FALSE(enum_table<DataType>().find_value("F32", &value));
  EXPECT_EQ(value, 5);
}

}  // namespace
}  // namespace torch_tensorrt::network
