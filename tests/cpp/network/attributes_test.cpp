#include "torch_tensorrt/core/network/attributes.h"
#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using AttributesTest = LayerTest;

// Changes the n-th attribute it visits, and remembers its name.
class Changer final : public AttributeVisitor {
 public:
  Changer(int32_t index, INetworkDefinition& network) : remaining_(index), network_(network) {}

  void visit(const char* name, bool& value) override { change(name, value, !value); }
  void visit(const char* name, int64_t& value) override { change(name, value, value + 1); }
  void visit(const char* name, double& value) override { change(name, value, value + 1.0); }
  void visit(const char* name, std::optional<double>& value) override { change(name, value, {0.0}); }
  void visit(const char* name, std::string& value) override { change(name, value, value + "x"); }
  void visit(const char* name, Dims& value) override { change(name, value, Dims{7, 7}); }
  void visit(const char* name, std::vector<int64_t>& value) override { change(name, value, {1, 0}); }
  void visit(const char* name, std::vector<double>& value) override { change(name, value, {1.0, 2.0}); }
  void visit(const char* name, Weights& value) override { change(name, value, floats(network_, 3)); }
  void visit(const char* name, Epilogue& value) override { change(name, value, {EpilogueOp{}}); }
  void visit_enum(const char* name, int32_t& value, const EnumTable& table) override {
    change(name, value, value == table.begin[0].value ? table.begin[1].value : table.begin[0].value);
  }

  const std::string& changed() const { return changed_; }

 private:
  template <typename T>
  void change(const char* name, T& value, const T& next) {
    if (remaining_-- == 0) {
      changed_ = name;
      value = next;
    }
  }

  int32_t remaining_;
  INetworkDefinition& network_;
  std::string changed_;
};

// For every attribute of every kind: comparing, hashing and copying must notice a change of this attribute alone.
TEST_F(AttributesTest, EveryAttributeCounts) {
  int32_t total = 0;
  for (int32_t kind = 0; kind < kLayerTypeCount; ++kind) {
    const auto type = static_cast<LayerType>(kind);
    const auto plain = make_layer(type);
    for (int32_t index = 0;; ++index) {
      const auto changed = make_layer(type);
      Changer changer(index, network_);
      write_attributes(*changed, changer);
      if (changer.changed().empty()) {
        break;
      }
      ++total;
      SCOPED_TRACE(enum_name(type) + "." + changer.changed());
      EXPECT_FALSE(same_attributes(*plain, *changed));
      EXPECT_NE(hash_layer(*plain, true), hash_layer(*changed, true));
      const auto copy = make_layer(type);
      copy_attributes(*changed, *copy);
      EXPECT_TRUE(same_attributes(*copy, *changed));
      EXPECT_EQ(hash_layer(*copy, true), hash_layer(*changed, true));
    }
  }
  EXPECT_EQ(total, 123) << "attributes of all kinds; a new one must be counted here";
}

TEST_F(AttributesTest, WeightsCountByValue) {
  auto* a = network_.addConstant({2}, own<float>(network_, DataType::kFLOAT, {1.F, 2.F}));
  auto* b = network_.addConstant({2}, own<float>(network_, DataType::kFLOAT, {1.F, 2.F}));
  auto* c = network_.addConstant({2}, own<float>(network_, DataType::kFLOAT, {1.F, 3.F}));
  EXPECT_TRUE(same_attributes(*a, *b));
  EXPECT_EQ(hash_layer(*a, true), hash_layer(*b, true));
  EXPECT_FALSE(same_attributes(*a, *c));
  EXPECT_NE(hash_layer(*a, true), hash_layer(*c, true));
  EXPECT_EQ(hash_layer(*a, false), hash_layer(*c, false)) << "timing keys do not depend on the values";
}

TEST_F(AttributesTest, TimingKeysSeeTheWeightsCountAndType) {
  const auto hash_with_bias = [&](const Weights& bias) {
    return hash_layer(IConvolutionLayer(4, DimsHW(3, 3), {}, bias), false);
  };
  const uint64_t plain = hash_with_bias({DataType::kFLOAT, &network_, 4});
  EXPECT_NE(plain, hash_with_bias({DataType::kFLOAT, &network_, 3}));
  EXPECT_NE(plain, hash_with_bias({DataType::kHALF, &network_, 4}));
  EXPECT_NE(plain, hash_with_bias({}));
}

TEST_F(AttributesTest, NamesDoNotCount) {
  const auto a = make_layer(LayerType::kCAST);
  const auto b = make_layer(LayerType::kCAST);
  a->setName("a");
  EXPECT_TRUE(same_attributes(*a, *b));
  EXPECT_EQ(hash_layer(*a, true), hash_layer(*b, true));
  EXPECT_FALSE(same_attributes(*a, *make_layer(LayerType::kIDENTITY)));
  EXPECT_NE(hash_layer(*make_layer(LayerType::kSELECT), true), hash_layer(*make_layer(LayerType::kIDENTITY), true));
}

TEST_F(AttributesTest, HashIsTheSameInEveryProcess) {
  IActivationLayer layer(ActivationType::kRELU);
  EXPECT_EQ(hash_layer(layer, true), 436890343111508715U) << "kept in timing cache files";
}

TEST_F(AttributesTest, EpilogueOpsCompareWhatTheyUse) {
  EpilogueOp a;
  EpilogueOp b;
  b.input = 3;
  EXPECT_TRUE(a == b) << "an activation reads no input";
  b.alpha = 1.F;
  EXPECT_FALSE(a == b);
  a.kind = EpilogueOp::Kind::kElementWise;
  EXPECT_FALSE(a == b);
  b = a;
  b.activation = ActivationType::kTANH;
  EXPECT_TRUE(a == b);
  b.alpha = 2.F;
  EXPECT_FALSE(a == b) << "the scale of an operand of integers";
  b = a;
  b.swapped = true;
  EXPECT_FALSE(a == b);
}

TEST_F(AttributesTest, QuantizingOpsCompareWhatTheyUse) {
  EpilogueOp a;
  a.kind = EpilogueOp::Kind::kDequantize;
  EpilogueOp b = a;
  b.alpha = 2;
  EXPECT_TRUE(a == b) << "the scale is an input";
  b.beta = 1;
  EXPECT_FALSE(a == b);
  b = a;
  b.input = 1;
  EXPECT_FALSE(a == b);
  a.kind = b.kind = EpilogueOp::Kind::kQuantize;
  EXPECT_TRUE(a == b) << "quantize reads no input";
  b.type = DataType::kUINT8;
  EXPECT_FALSE(a == b);
  b = a;
  b.alpha = 2;
  EXPECT_FALSE(a == b);
}

// Writes one value to every integer.
class IntegerWriter final : public AttributeVisitor {
 public:
  explicit IntegerWriter(int64_t value) : value_(value) {}
  void visit(const char*, bool&) override {}
  void visit(const char*, int64_t& value) override { value = value_; }
  void visit(const char*, double&) override {}
  void visit(const char*, std::optional<double>&) override {}
  void visit(const char*, std::string&) override {}
  void visit(const char*, Dims&) override {}
  void visit(const char*, std::vector<int64_t>&) override {}
  void visit(const char*, std::vector<double>&) override {}
  void visit(const char*, Weights&) override {}
  void visit(const char*, Epilogue&) override {}
  void visit_enum(const char*, int32_t&, const EnumTable&) override {}

 private:
  int64_t value_;
};

TEST_F(AttributesTest, NarrowIntegersAreChecked) {
  ISoftMaxLayer layer(1);
  IntegerWriter fits(8);
  write_attributes(layer, fits);
  EXPECT_EQ(layer.getAxes(), 8U);
  IntegerWriter too_large(int64_t{1} << 40);
  EXPECT_ERROR(write_attributes(layer, too_large), "attribute axes is 1099511627776");
  IntegerWriter negative(-1);
  EXPECT_ERROR(write_attributes(layer, negative), "attribute axes is -1");
}

TEST_F(AttributesTest, WritingForgetsWhatWasInferred) {
  auto* softmax = network_.addSoftMax(input({2, 3}));
  EXPECT_EQ(dims_of(softmax), (Dims{2, 3}));
  IntegerWriter third_axis(4);
  write_attributes(*softmax, third_axis);
  EXPECT_ERROR(dims_of(softmax), "axes mask is 4");
}

}  // namespace
}  // namespace torch_tensorrt::network
