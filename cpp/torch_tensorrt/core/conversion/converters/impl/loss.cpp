#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Losses, for models that return a loss beside their result.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ActivationType;
using nvinfer1::ElementWiseOperation;
using nvinfer1::ReduceOperation;
using nvinfer1::UnaryOperation;

// The numbers of at::Reduction.
constexpr int64_t kMean = 1;
constexpr int64_t kSum = 2;

uint32_t all_axes(ITensor* x) { return (1U << rank(x)) - 1U; }

bool finish_loss(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* loss, int64_t reduction) {
  if (reduction != kMean && reduction != kSum) return finish(ctx, n, loss);
  if (rank(loss) == 0) return finish(ctx, n, identity(ctx, loss));
  const auto operation = reduction == kMean ? ReduceOperation::kAVG : ReduceOperation::kSUM;
  if (!at::isFloatingType(scalar_type(loss))) loss = cast(ctx, loss, at::kLong);  // as PyTorch sums integers
  return finish(ctx, n, reduce(ctx, operation, loss, all_axes(loss), /*keep=*/false));
}

struct Pair {
  ITensor* x;
  ITensor* target;
};
Pair read_pair(ConversionCtx* ctx, args& args) {
  const Operand x = read_operand(ctx, args[0]);
  const Operand target = read_operand(ctx, args[1]);
  const auto type = result_type({x, target});
  return {materialize(ctx, x, type), materialize(ctx, target, type)};
}

ITensor* distance(ConversionCtx* ctx, const Pair& pair) {
  return apply(ctx, UnaryOperation::kABS, apply(ctx, ElementWiseOperation::kSUB, pair.x, pair.target));
}

// (self, target, reduction)
bool l1_loss(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish_loss(ctx, n, distance(ctx, read_pair(ctx, args)), args[2].unwrapToInt());
}

bool mse_loss(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Pair pair = read_pair(ctx, args);
  auto* difference = apply(ctx, ElementWiseOperation::kSUB, pair.x, pair.target);
  return finish_loss(ctx, n, apply(ctx, ElementWiseOperation::kPROD, difference, difference), args[2].unwrapToInt());
}

// (self, target, reduction, beta or delta): d^2 / 2 below the limit, linear above; smooth_l1 divides it by the limit.
OpConverter bent_loss(bool divided) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* size = distance(ctx, read_pair(ctx, args));
    const double limit = args[3].unwrapToScalar().toDouble();
    if (divided && limit == 0.0) return finish_loss(ctx, n, size, args[2].unwrapToInt());
    auto* square = apply(ctx, ElementWiseOperation::kPROD, size, size);
    square = apply(ctx, ElementWiseOperation::kPROD, square, at::Scalar(divided ? 0.5 / limit : 0.5));
    auto* line = apply(ctx, ElementWiseOperation::kSUB, size, at::Scalar(0.5 * limit));
    if (!divided) line = apply(ctx, ElementWiseOperation::kPROD, line, at::Scalar(limit));
    auto* is_small = apply(ctx, ElementWiseOperation::kLESS, size, at::Scalar(limit));
    return finish_loss(ctx, n, choose(ctx, is_small, square, line), args[2].unwrapToInt());
  };
}

// log(1 + exp(-target x))
bool soft_margin_loss(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Pair pair = read_pair(ctx, args);
  auto* product = apply(ctx, UnaryOperation::kNEG, apply(ctx, ElementWiseOperation::kPROD, pair.x, pair.target));
  auto* loss = apply(ctx, ActivationType::kSOFTPLUS, product, 1.0, 1.0);
  return finish_loss(ctx, n, loss, args[2].unwrapToInt());
}

// (self, target, reduction, *, log_target): target (log target - x), 0 where the target is 0.
bool kl_div(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Pair pair = read_pair(ctx, args);
  const bool is_log = args[3].unwrapToBool();
  auto* target = is_log ? apply(ctx, UnaryOperation::kEXP, pair.target) : pair.target;
  auto* logarithm = is_log ? pair.target : apply(ctx, UnaryOperation::kLOG, pair.target);
  auto* loss =
      apply(ctx, ElementWiseOperation::kPROD, target, apply(ctx, ElementWiseOperation::kSUB, logarithm, pair.x));
  if (!is_log) {
    auto* zero = scalar_constant(ctx, 0.0, scalar_type(loss));
    auto* rest = apply(ctx, ElementWiseOperation::kPROD, target, pair.x);
    auto* entropy = apply(ctx, ElementWiseOperation::kPROD, target, logarithm);
    entropy = choose(ctx, apply(ctx, ElementWiseOperation::kEQUAL, target, at::Scalar(0.0)), zero, entropy);
    loss = apply(ctx, ElementWiseOperation::kSUB, entropy, rest);
  }
  return finish_loss(ctx, n, loss, args[2].unwrapToInt());
}

ITensor* weighted(ConversionCtx* ctx, ITensor* loss, Var& weight) {
  if (is_none(weight)) return loss;
  return apply(ctx, ElementWiseOperation::kPROD, loss, cast(ctx, weight.ITensorOrFreeze(ctx), scalar_type(loss)));
}

// (self, target, weight, reduction): clamps logarithms at -100, as PyTorch does.
bool binary_cross_entropy(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Pair pair = read_pair(ctx, args);
  const auto rest = [&](ITensor* x) {
    return apply(ctx, ElementWiseOperation::kSUB, scalar_constant(ctx, 1.0, scalar_type(x)), x);
  };
  const auto cut_log = [&](ITensor* x) {
    return apply(ctx, ElementWiseOperation::kMAX, apply(ctx, UnaryOperation::kLOG, x), at::Scalar(-100.0));
  };
  auto* loss =
      apply(ctx, ElementWiseOperation::kSUM, apply(ctx, ElementWiseOperation::kPROD, pair.target, cut_log(pair.x)),
            apply(ctx, ElementWiseOperation::kPROD, rest(pair.target), cut_log(rest(pair.x))));
  loss = weighted(ctx, apply(ctx, UnaryOperation::kNEG, loss), args[2]);
  return finish_loss(ctx, n, loss, args[3].unwrapToInt());
}

// (self, target, weight, pos_weight, reduction): (1 - target) x + (1 + (pos_weight - 1) target) log(1 + exp(-x))
bool binary_cross_entropy_with_logits(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Pair pair = read_pair(ctx, args);
  auto* one = scalar_constant(ctx, 1.0, scalar_type(pair.x));
  auto* soft = apply(ctx, ActivationType::kSOFTPLUS, apply(ctx, UnaryOperation::kNEG, pair.x), 1.0, 1.0);
  if (!is_none(args[3])) {
    auto* more = apply(ctx, ElementWiseOperation::kSUB, args[3].ITensorOrFreeze(ctx), one);
    auto* factor =
        apply(ctx, ElementWiseOperation::kSUM, apply(ctx, ElementWiseOperation::kPROD, more, pair.target), one);
    soft = apply(ctx, ElementWiseOperation::kPROD, soft, factor);
  }
  auto* linear =
      apply(ctx, ElementWiseOperation::kPROD, apply(ctx, ElementWiseOperation::kSUB, one, pair.target), pair.x);
  auto* loss = weighted(ctx, apply(ctx, ElementWiseOperation::kSUM, linear, soft), args[2]);
  return finish_loss(ctx, n, loss, args[4].unwrapToInt());
}

struct Classes {
  Var& weight;
  int64_t reduction;
  int64_t ignored;
};

// The negative log probability of the target class, N x C x ... and N x ...; the mean is weighted.
bool finish_class_loss(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* log_probability, ITensor* target,
                       const Classes& how) {
  const int32_t dim = rank(log_probability) == 1 ? 0 : 1;
  const auto type = scalar_type(log_probability);
  target = cast(ctx, target, at::kLong);
  auto* ignored = apply(ctx, ElementWiseOperation::kEQUAL, target, at::Scalar(how.ignored));
  auto* place = choose(ctx, ignored, scalar_constant(ctx, 0, at::kLong), target);
  auto* index = replace_dims(ctx, place, dim, dim, {1});
  auto* layer = ctx->net->addGatherV2(*log_probability, *index, nvinfer1::GatherMode::kELEMENT);
  layer->setGatherAxis(dim);
  auto* loss = apply(ctx, UnaryOperation::kNEG, replace_dims(ctx, layer->getOutput(0), dim, dim + 1, {}));
  ITensor* weight = scalar_constant(ctx, 1.0, type);
  if (!is_none(how.weight)) {
    weight = ctx->net->addGather(*how.weight.ITensorOrFreeze(ctx), *place, 0)->getOutput(0);
  }
  auto* zero = scalar_constant(ctx, 0.0, type);
  weight = choose(ctx, ignored, zero, weight);
  loss = choose(ctx, ignored, zero, apply(ctx, ElementWiseOperation::kPROD, loss, weight));
  if (how.reduction != kMean || rank(loss) == 0) {
    if (how.reduction == kMean) loss = apply(ctx, ElementWiseOperation::kDIV, loss, weight);
    return finish_loss(ctx, n, loss, how.reduction == kMean ? kSum : how.reduction);
  }
  auto* sum = reduce(ctx, ReduceOperation::kSUM, loss, all_axes(loss), /*keep=*/false);
  auto* total = reduce(ctx, ReduceOperation::kSUM, weight, all_axes(weight), /*keep=*/false);
  return finish(ctx, n, apply(ctx, ElementWiseOperation::kDIV, sum, total));
}

// (self, target, weight, reduction, ignore_index)
bool nll_loss(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish_class_loss(ctx, n, args[0].ITensorOrFreeze(ctx), args[1].ITensorOrFreeze(ctx),
                           {args[2], args[3].unwrapToInt(), args[4].unwrapToInt()});
}

// (self, target, weight, reduction, ignore_index, label_smoothing)
bool cross_entropy(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* target = args[1].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(!at::isFloatingType(scalar_type(target)),
                 util::node_info(n) << ": the target is probabilities; only class indices are converted");
  auto* log_probability = softmax(ctx, x, rank(x) == 1 ? 0 : 1, /*log=*/true);
  return finish_class_loss(ctx, n, log_probability, target, {args[2], args[3].unwrapToInt(), args[4].unwrapToInt()});
}

Decision no_smoothing(const torch::jit::Node* n) {
  const auto smoothing = torch::jit::toIValue(n->input(5));
  if (smoothing && smoothing->isDouble() && smoothing->toDouble() == 0.0) return Decision::yes();
  return Decision::no("label_smoothing is not 0; it is for training and is not converted");
}

}  // namespace

Family loss_family() {
  return {
      {"aten::l1_loss", l1_loss},
      {"aten::mse_loss", mse_loss},
      {"aten::smooth_l1_loss", bent_loss(/*divided=*/true)},
      {"aten::huber_loss", bent_loss(/*divided=*/false)},
      {"aten::soft_margin_loss", soft_margin_loss},
      {"aten::kl_div", kl_div},
      {"aten::binary_cross_entropy", binary_cross_entropy},
      {"aten::binary_cross_entropy_with_logits", binary_cross_entropy_with_logits},
      {"aten::nll_loss", nll_loss},
      {"aten::nll_loss_nd", nll_loss},
      {"aten::nll_loss2d", nll_loss},
      {"aten::cross_entropy_loss", cross_entropy, Declines{"`label_smoothing` is not 0", no_smoothing}},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
