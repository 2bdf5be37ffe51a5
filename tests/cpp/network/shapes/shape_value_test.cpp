#include "torch_tensorrt/core/network/shapes/shape_inputs.h"

#include <cmath>

#include "cpp/network/network_test_util.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"

// Shape computations that pass through floats: int(h * 0.57), ceil(h / 3).
namespace torch_tensorrt::network {
namespace {

TEST(ShapeValueTest, HoldsFloats) {
  for (const double value : {0.0, 1.5, -2.25, 1e300}) EXPECT_EQ(to_real(from_real(DataType::kDOUBLE, value)), value);
  EXPECT_EQ(to_real(from_real(DataType::kFLOAT, 0.1)), static_cast<double>(0.1F));
  EXPECT_EQ(from_real(DataType::kDOUBLE, -0.0), ShapeValue::kUnknown) << "which is why it is never known";
}

class RealShapeTest : public LayerTest {
 protected:
  RealShapeTest() : x_(input({-1})) {
    auto* real = network_.addCast(*network_.addShape(x_)->getOutput(0), DataType::kDOUBLE)->getOutput(0);
    const double factor = 0.57;
    auto* scale = network_.addConstant(Dims{1}, network_.own(DataType::kDOUBLE, &factor, 1))->getOutput(0);
    scaled_ = network_.addElementWise(*real, *scale, ElementWiseOperation::kPROD)->getOutput(0);
    whole_ = network_.addCast(*scaled_, DataType::kINT64)->getOutput(0);
    up_ = network_.addCast(*network_.addUnary(*scaled_, UnaryOperation::kCEIL)->getOutput(0), DataType::kINT64)
              ->getOutput(0);
    const double limit = 50;
    auto* fifty = network_.addConstant(Dims{1}, network_.own(DataType::kDOUBLE, &limit, 1))->getOutput(0);
    more_ = network_.addElementWise(*scaled_, *fifty, ElementWiseOperation::kGREATER)->getOutput(0);
  }
  int64_t at(int64_t size, const ITensor* tensor) const {
    const auto tensors = infer_all(network_, {{size}});
    return tensors.at(tensor).value->elements.at(0);
  }

  ITensor& x_;
  ITensor* scaled_;
  ITensor* whole_;
  ITensor* up_;
  ITensor* more_;
};

TEST_F(RealShapeTest, IsExactInDouble) {
  // 0.57 * 100 is 56.99999999999999 in double and 57 in float.
  EXPECT_EQ(at(100, whole_), 56);
  EXPECT_EQ(at(100, up_), 57);
  EXPECT_EQ(to_real(at(10, scaled_)), 10 * 0.57);
  EXPECT_EQ(at(100, more_), 1);
  EXPECT_EQ(at(80, more_), 0);
}

TEST_F(RealShapeTest, IsUnknownUntilTheSizesAre) {
  EXPECT_EQ(value_of(*whole_), (std::vector<int64_t>{ShapeValue::kUnknown}));
}

TEST_F(RealShapeTest, CastsThatHaveNoResultStayUnknown) {
  const double values[] = {1e30, std::nan(""), -3.7};
  auto* reals = network_.addConstant(Dims{3}, network_.own(DataType::kDOUBLE, values, 3))->getOutput(0);
  EXPECT_EQ(value_of(*network_.addCast(*reals, DataType::kINT64)->getOutput(0)),
            (std::vector<int64_t>{ShapeValue::kUnknown, ShapeValue::kUnknown, -3}));
}

}  // namespace
}  // namespace torch_tensorrt::network
