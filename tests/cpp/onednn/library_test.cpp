#include "onednn/library.h"

#include <gtest/gtest.h>

namespace torch_tensorrt::engine::testing {
namespace {

using network::ActivationType;
using network::Dims;
using network::TensorFormat;

#if defined(__x86_64__)
// oneDNN has fast implementations of all kinds here; tests that ask must not skip.
TEST(OnednnLibrary, IsFastAndRightOnX86) {
  const ConvolutionRow row = {"Row", Dims{2, 16, 6, 7}, 32, Dims{3, 3}, {}, Dims{1, 1}, Dims{1, 1}};
  for (const bool with_residual : {false, true}) {
    EXPECT_TRUE(has_fast_convolution(row, with_residual));
    EXPECT_TRUE(has_fast_elementwise(with_residual));
  }
  EXPECT_TRUE(has_fast_deconvolution(row));
  EXPECT_TRUE(has_fast_softmax(Dims{2, 1000}, 1, TensorFormat::kLINEAR));
  EXPECT_TRUE(has_fast_softmax(Dims{2, 21, 5, 6}, 1, TensorFormat::kHWC));
  for (const auto type : {ActivationType::kLEAKY_RELU, ActivationType::kSIGMOID, ActivationType::kTANH,
                          ActivationType::kELU, ActivationType::kHARD_SWISH, ActivationType::kGELU_ERF,
                          ActivationType::kGELU_TANH, ActivationType::kSILU, ActivationType::kMISH}) {
    EXPECT_TRUE(has_fast_activation(type, 0.3F, 0.4F)) << static_cast<int>(type);
    EXPECT_TRUE(has_right_activation(type, 0.3F, 0.4F)) << static_cast<int>(type);
  }
}
#endif

}  // namespace
}  // namespace torch_tensorrt::engine::testing
