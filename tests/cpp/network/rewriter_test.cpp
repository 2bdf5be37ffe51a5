#include "torch_tensorrt/core/network/rewriter.h"

#include "cpp/network/network_test_util.h"
#include "torch_tensorrt/core/network/verifier.h"

namespace torch_tensorrt::network {
namespace {

// x -> relu -> exp -> output "out"
class RewriterTest : public LayerTest {
 protected:
  RewriterTest() : x_(input({4})), rewriter_(network_) {
    relu_ = network_.addActivation(x_, ActivationType::kRELU);
    relu_->setName("relu");
    relu_->set_source("model.py:1");
    exp_ = network_.addUnary(*relu_->getOutput(0), UnaryOperation::kEXP);
    exp_->getOutput(0)->setName("out");
    network_.markOutput(*exp_->getOutput(0));
  }

  std::vector<const ILayer*> order() const {
    std::vector<const ILayer*> order;
    for (const auto& layer : network_.layers()) {
      order.push_back(layer.get());
    }
    return order;
  }

  ITensor& x_;
  Rewriter rewriter_;
  IActivationLayer* relu_;
  IUnaryLayer* exp_;
};

TEST_F(RewriterTest, StartsUnchanged) {
  EXPECT_FALSE(rewriter_.changed());
  rewriter_.note_change();
  EXPECT_TRUE(rewriter_.changed());
}

TEST_F(RewriterTest, InsertsBeforeAndAfter) {
  auto* before = rewriter_.insert_before<IIdentityLayer>(*relu_, {&x_});
  auto* after = rewriter_.insert_after<IUnaryLayer>(*relu_, {relu_->getOutput(0)}, UnaryOperation::kABS);
  EXPECT_THAT(order(), ::testing::ElementsAre(x_.producer(), before, relu_, after, exp_));
  EXPECT_STREQ(before->getName(), "relu");
  EXPECT_EQ(before->source(), "model.py:1");
  EXPECT_STREQ(after->getName(), "relu");
  EXPECT_EQ(after->getOperation(), UnaryOperation::kABS);
  EXPECT_TRUE(rewriter_.changed());
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, InsertsBehindTheLastLayer) {
  auto* after = rewriter_.insert_after<IIdentityLayer>(*exp_, {exp_->getOutput(0)});
  EXPECT_EQ(order().back(), after);
}

TEST_F(RewriterTest, InsertsConstantsThatItOwns) {
  float values[] = {1.F, 2.F};
  auto* layer = rewriter_.insert_constant_before(*relu_, {2}, DataType::kFLOAT, values);
  values[0] = 9.F;
  EXPECT_EQ(static_cast<const float*>(layer->getWeights().values)[0], 1.F);
  EXPECT_EQ(dims_of(layer), (Dims{2}));
  EXPECT_EQ(network_.getLayer(1), layer);
}

TEST_F(RewriterTest, ReplacesEveryUse) {
  auto* sum = network_.addElementWise(*relu_->getOutput(0), *relu_->getOutput(0), ElementWiseOperation::kSUM);
  rewriter_.replace_all_uses(*relu_->getOutput(0), x_);
  EXPECT_EQ(exp_->getInput(0), &x_);
  EXPECT_EQ(sum->getInput(0), &x_);
  EXPECT_EQ(sum->getInput(1), &x_);
  EXPECT_TRUE(relu_->getOutput(0)->consumers().empty());
  EXPECT_EQ(x_.consumers().size(), 4U);
  EXPECT_TRUE(rewriter_.changed());
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, ReplacingNothingChangesNothing) {
  rewriter_.replace_all_uses(x_, x_);
  auto* unused = network_.addIdentity(x_);
  rewriter_.replace_all_uses(*unused->getOutput(0), x_);
  EXPECT_FALSE(rewriter_.changed());
}

TEST_F(RewriterTest, OutputsKeepMarkAndName) {
  auto* other = network_.addActivation(*relu_->getOutput(0), ActivationType::kTANH);
  other->getOutput(0)->setName("to be forgotten");
  rewriter_.replace_all_uses(*exp_->getOutput(0), *other->getOutput(0));
  EXPECT_EQ(network_.getOutput(0), other->getOutput(0));
  EXPECT_TRUE(other->getOutput(0)->isNetworkOutput());
  EXPECT_STREQ(other->getOutput(0)->getName(), "out");
  EXPECT_FALSE(exp_->getOutput(0)->isNetworkOutput());
  EXPECT_STREQ(exp_->getOutput(0)->getName(), "");
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, OutputThatBecomesAnInputGetsAnIdentity) {
  rewriter_.replace_all_uses(*exp_->getOutput(0), x_);
  ASSERT_EQ(network_.getNbOutputs(), 1);
  ITensor* output = network_.getOutput(0);
  EXPECT_STREQ(output->getName(), "out");
  EXPECT_EQ(output->producer()->getType(), LayerType::kIDENTITY);
  EXPECT_EQ(output->producer()->getInput(0), &x_);
  EXPECT_STREQ(x_.getName(), "in0");
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, OutputThatBecomesAnotherOutputGetsAnIdentity) {
  auto* twin = network_.addUnary(*relu_->getOutput(0), UnaryOperation::kEXP);
  twin->getOutput(0)->setName("twin");
  network_.markOutput(*twin->getOutput(0));
  rewriter_.replace_all_uses(*twin->getOutput(0), *exp_->getOutput(0));
  ASSERT_EQ(network_.getNbOutputs(), 2);
  EXPECT_EQ(network_.getOutput(0), exp_->getOutput(0));
  EXPECT_STREQ(network_.getOutput(0)->getName(), "out");
  EXPECT_STREQ(network_.getOutput(1)->getName(), "twin");
  EXPECT_EQ(network_.getOutput(1)->producer()->getType(), LayerType::kIDENTITY);
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, ReplacementMayReadWhatItReplaces) {
  auto* wrapped = rewriter_.insert_after<IIdentityLayer>(*relu_, {relu_->getOutput(0)});
  rewriter_.replace_all_uses(*relu_->getOutput(0), *wrapped->getOutput(0));
  EXPECT_EQ(wrapped->getInput(0), relu_->getOutput(0));
  EXPECT_EQ(exp_->getInput(0), wrapped->getOutput(0));
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, ReplacementMustHaveTheSameType) {
  auto* half = network_.addCast(x_, DataType::kHALF);
  half->setName("half");
  EXPECT_ERROR(rewriter_.replace_all_uses(*relu_->getOutput(0), *half->getOutput(0)),
               "\"relu\" (model.py:1) gives f32 4");
  EXPECT_ERROR(rewriter_.replace_all_uses(*relu_->getOutput(0), input({5})), "which gives f32 5");
  EXPECT_FALSE(rewriter_.changed());
}

TEST_F(RewriterTest, ReplacementMustStandBeforeAllReaders) {
  auto* late = network_.addActivation(x_, ActivationType::kTANH);
  EXPECT_ERROR(rewriter_.replace_all_uses(*relu_->getOutput(0), *late->getOutput(0)), "stands before activation");
  EXPECT_EQ(exp_->getInput(0), relu_->getOutput(0));
}

TEST_F(RewriterTest, SetsOneInput) {
  rewriter_.set_input(*exp_, 0, *relu_->getOutput(0));
  EXPECT_FALSE(rewriter_.changed()) << "it reads that tensor already";
  rewriter_.set_input(*exp_, 0, x_);
  EXPECT_EQ(exp_->getInput(0), &x_);
  EXPECT_TRUE(relu_->getOutput(0)->consumers().empty());
  EXPECT_TRUE(rewriter_.changed());
}

TEST_F(RewriterTest, AppendsAndTruncatesInputs) {
  auto* sum = network_.addElementWise(x_, x_, ElementWiseOperation::kSUM);
  auto* residual = network_.addActivation(x_, ActivationType::kTANH);
  EXPECT_EQ(rewriter_.append_input(*sum, *residual->getOutput(0)), 2);
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kElementWise;
  op.input = 2;
  sum->mutable_epilogue().push_back(op);
  EXPECT_EQ(sum->own_input_count(), 2);
  EXPECT_EQ(order().back(), sum) << "it moves behind what it reads";
  EXPECT_NO_THROW(verify_network(network_));
  sum->mutable_epilogue().clear();
  rewriter_.truncate_inputs(*sum, 2);
  EXPECT_EQ(sum->getNbInputs(), 2);
  EXPECT_TRUE(residual->getOutput(0)->consumers().empty());
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, MovesWithinTheOrder) {
  auto* tanh = network_.addActivation(x_, ActivationType::kTANH);
  rewriter_.move_before(*tanh, *relu_);
  EXPECT_THAT(order(), ::testing::ElementsAre(x_.producer(), tanh, relu_, exp_));
  rewriter_.move_before(*tanh, *exp_);
  EXPECT_THAT(order(), ::testing::ElementsAre(x_.producer(), relu_, tanh, exp_));
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, RefusesMovesThatBreakTheOrder) {
  EXPECT_ERROR(rewriter_.move_before(*exp_, *relu_), "it reads activation \"relu\"");
  auto* last = network_.addIdentity(x_);
  EXPECT_ERROR(rewriter_.move_before(*relu_, *last), "in between reads it");
  EXPECT_THAT(order(), ::testing::ElementsAre(x_.producer(), relu_, exp_, last));
  EXPECT_FALSE(rewriter_.changed());
}

TEST_F(RewriterTest, ErasesOnlyWhatNobodyReads) {
  EXPECT_ERROR(rewriter_.erase(*relu_), "cannot be removed");
  EXPECT_ERROR(rewriter_.erase(*exp_), "cannot be removed");
  EXPECT_ERROR(rewriter_.erase(*input({1}).producer()), "cannot be removed");
  EXPECT_FALSE(rewriter_.changed());
  auto* dead = network_.addIdentity(x_);
  rewriter_.erase(*dead);
  EXPECT_EQ(network_.getNbLayers(), 4);
  EXPECT_EQ(x_.consumers().size(), 1U);
  EXPECT_TRUE(rewriter_.changed());
}

TEST_F(RewriterTest, EraseIfDeadTakesTheProducersToo) {
  auto* a = network_.addUnary(x_, UnaryOperation::kABS);
  auto* b = network_.addElementWise(*a->getOutput(0), *relu_->getOutput(0), ElementWiseOperation::kSUM);
  auto* c = network_.addElementWise(*b->getOutput(0), *a->getOutput(0), ElementWiseOperation::kSUM);
  rewriter_.erase_if_dead(*relu_);
  EXPECT_FALSE(rewriter_.changed()) << "it is read";
  rewriter_.erase_if_dead(*c);
  EXPECT_THAT(order(), ::testing::ElementsAre(x_.producer(), relu_, exp_));
  EXPECT_EQ(relu_->getOutput(0)->consumers().size(), 1U);
  EXPECT_NO_THROW(verify_network(network_));
}

TEST_F(RewriterTest, EraseIfDeadKeepsInputs) {
  auto* only = network_.addIdentity(input({7}));
  rewriter_.erase_if_dead(*only);
  EXPECT_EQ(network_.getNbInputs(), 2);
}

}  // namespace
}  // namespace torch_tensorrt::network
