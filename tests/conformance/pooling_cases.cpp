#include "conformance/case.h"

// Compares with PyTorch's pooling or, if it has none, with a sum over unfolded windows.
namespace torch_tensorrt::conformance {
namespace {

using network::PaddingMode;
using network::PoolingType;

struct Pool {
  DataType dtype = DataType::kFLOAT;
  std::vector<int64_t> input;
  std::vector<int64_t> window;
  std::vector<int64_t> stride = {};
  std::vector<int64_t> pre = {};
  std::vector<int64_t> post = {};
  std::vector<int64_t> dilation = {};
  bool round_up = false;
  bool excludes_padding = true;
  int64_t divisor = 0;
};

using Oracle = std::function<at::Tensor(const at::Tensor& x)>;

Case pooling(const std::string& name, PoolingType type, const Pool& pool, const Oracle& oracle, float blend = 0) {
  return {"pooling_" + name,
          {{pool.dtype, pool.input, type == PoolingType::kMAX ? Fill::kDistinct : Fill::kNormal}},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            auto* layer = network.addPoolingNd(*in[0], type, Dims(pool.window));
            layer->setStrideNd(Dims(pool.stride));
            layer->setPrePadding(Dims(pool.pre));
            layer->setPostPadding(Dims(pool.post.empty() ? pool.pre : pool.post));
            layer->setDilationNd(Dims(pool.dilation));
            if (pool.round_up) layer->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
            layer->setAverageCountExcludesPadding(pool.excludes_padding);
            layer->setDivisor(pool.divisor);
            layer->setBlendFactor(blend);
            return layer;
          },
          [=](const std::vector<at::Tensor>& in) { return oracle(in[0]); },
          pool.dtype,
          type == PoolingType::kMAX ? Tolerance{} : rounding(pool.dtype, 16, "a mean, added up in another order")};
}

std::vector<int64_t> filled(const std::vector<int64_t>& given, size_t rank, int64_t value) {
  return given.empty() ? std::vector<int64_t>(rank, value) : given;
}

std::vector<int64_t> stride_of(const Pool& pool) { return pool.stride.empty() ? pool.window : pool.stride; }

Case max_2d(const std::string& name, const Pool& pool) {
  return pooling("max_" + name, PoolingType::kMAX, pool, [=](const at::Tensor& x) {
    return at::max_pool2d(x, pool.window, stride_of(pool), filled(pool.pre, 2, 0), filled(pool.dilation, 2, 1),
                          pool.round_up);
  });
}

Case average_2d(const std::string& name, const Pool& pool) {
  return pooling("average_" + name, PoolingType::kAVERAGE, pool, [=](const at::Tensor& x) {
    const auto divisor = pool.divisor == 0 ? std::nullopt : std::optional<int64_t>(pool.divisor);
    return at::avg_pool2d(x, pool.window, stride_of(pool), filled(pool.pre, 2, 0), pool.round_up,
                          !pool.excludes_padding, divisor);
  });
}

// Windows of a 4-D tensor, padded explicitly: N, C, window elements, positions.
at::Tensor unfold(const at::Tensor& x, const Pool& pool, double padding) {
  const auto& pre = pool.pre;
  const auto& post = pool.post;
  const at::Tensor padded = at::constant_pad_nd(x, {pre[1], post[1], pre[0], post[0]}, padding);
  const at::Tensor columns = at::im2col(padded, pool.window, filled(pool.dilation, 2, 1), {0, 0}, stride_of(pool));
  const int64_t window = pool.window[0] * pool.window[1];
  return columns.reshape({x.size(0), x.size(1), window, columns.size(2)});
}

at::Tensor unfolded_average(const at::Tensor& x, const Pool& pool, std::vector<int64_t> out) {
  const at::Tensor sums = unfold(x, pool, 0).sum(2);
  const at::Tensor counts = unfold(at::ones_like(x), pool, pool.excludes_padding ? 0 : 1).sum(2);
  return (sums / counts).reshape(out);
}

void add_general(Cases& cases) {
  const Pool dilated{DataType::kFLOAT, {1, 3, 9, 9}, {3, 2}, {1, 2}, {0, 0}, {0, 0}, {2, 3}};
  cases.push_back(pooling("average_dilated", PoolingType::kAVERAGE, dilated, [=](const at::Tensor& x) {
    return unfolded_average(x, dilated, {1, 3, 5, 3});
  }));
  Pool uneven{DataType::kFLOAT, {1, 3, 8, 8}, {3, 3}, {2, 2}, {0, 1}, {1, 2}};
  cases.push_back(pooling("max_uneven_padding", PoolingType::kMAX, uneven, [=](const at::Tensor& x) {
    return unfold(x, uneven, -std::numeric_limits<double>::infinity()).amax({2}).reshape({1, 3, 4, 5});
  }));
  cases.push_back(pooling("average_uneven_padding", PoolingType::kAVERAGE, uneven, [=](const at::Tensor& x) {
    return unfolded_average(x, uneven, {1, 3, 4, 5});
  }));
  Pool counted = uneven;
  counted.excludes_padding = false;
  cases.push_back(pooling("average_uneven_counted", PoolingType::kAVERAGE, counted, [=](const at::Tensor& x) {
    return unfolded_average(x, counted, {1, 3, 4, 5});
  }));
  // Padding of a whole window, which PyTorch's operators reject.
  const Pool wide{DataType::kFLOAT, {1, 2, 6, 6}, {2, 2}, {2, 2}, {2, 2}, {2, 2}};
  cases.push_back(pooling("max_wide_padding", PoolingType::kMAX, wide, [=](const at::Tensor& x) {
    return unfold(x, wide, -std::numeric_limits<double>::infinity()).amax({2}).reshape({1, 2, 5, 5});
  }));
  const Pool blend{DataType::kFLOAT, {1, 3, 8, 8}, {2, 2}, {}, {0, 0}, {0, 0}};
  cases.push_back(pooling(
      "blend", PoolingType::kMAX_AVERAGE_BLEND, blend,
      [=](const at::Tensor& x) { return at::max_pool2d(x, 2) * 0.75 + at::avg_pool2d(x, 2) * 0.25; }, 0.25F));
}

// Elements include infinities and NaN. The table of reductions has the global maximum as a reduction.
Case special_max(const std::string& name, const Pool& pool) {
  Case row = max_2d("special_" + name, pool);
  row.inputs[0].fill = Fill::kSpecial;
  return row;
}

}  // namespace

Cases pooling_cases() {
  Cases cases;
  cases.push_back(special_max("2x2", {DataType::kFLOAT, {1, 16, 8, 8}, {2, 2}}));
  cases.push_back(special_max("3x3", {DataType::kFLOAT, {2, 5, 9, 8}, {3, 3}, {2, 2}, {1, 1}}));
  for (const DataType dtype : float_types()) {
    cases.push_back(max_2d(join("3x3", dtype), {dtype, {2, 5, 9, 8}, {3, 3}, {2, 2}, {1, 1}}));
    cases.push_back(average_2d(join("3x3", dtype), {dtype, {2, 5, 9, 8}, {3, 3}, {2, 2}, {1, 1}}));
  }
  for (const DataType dtype : {DataType::kINT8, DataType::kUINT8}) {
    const auto whole = [](const auto& pool) {
      return [=](const at::Tensor& x) { return pool(x.to(at::kDouble)).to(x.scalar_type()); };
    };
    const auto add = [&](const char* name, const Pool& pool, const Oracle& oracle) {
      Case row = pooling(join(name, dtype), PoolingType::kMAX, pool, oracle);
      row.inputs[0].fill = Fill::kBytes;
      cases.push_back(row);
    };
    add("max_bytes_2x2", {dtype, {1, 16, 8, 8}, {2, 2}},
        whole([](const at::Tensor& x) { return at::max_pool2d(x, 2); }));
    add("max_bytes_round_up", {dtype, {1, 4, 8, 9}, {3, 2}, {2, 2}, {1, 1}, {}, {}, true},
        whole([](const at::Tensor& x) {
          return at::max_pool2d(x, {3, 2}, 2, 1, 1, true);
        }));
    add("max_bytes_dilated", {dtype, {1, 4, 9, 9}, {3, 3}, {1, 2}, {1, 1}, {}, {2, 2}}, whole([](const at::Tensor& x) {
          return at::max_pool2d(x, 3, {1, 2}, 1, 2);
        }));
    add("max_bytes_1d", {dtype, {2, 3, 11}, {3}, {2}, {1}},
        whole([](const at::Tensor& x) { return at::max_pool1d(x, 3, 2, 1); }));
    add("max_bytes_3d", {dtype, {1, 2, 6, 7, 8}, {2, 3, 2}, {2, 1, 2}}, whole([](const at::Tensor& x) {
          return at::max_pool3d(x, {2, 3, 2}, {2, 1, 2});
        }));
    add("max_bytes_no_batch", {dtype, {4, 8, 8}, {2, 2}},
        whole([](const at::Tensor& x) { return at::max_pool2d(x, 2); }));
  }
  for (const DataType dtype : {DataType::kINT32, DataType::kINT64, DataType::kINT8, DataType::kUINT8}) {
    cases.push_back(
        pooling(join("max", dtype), PoolingType::kMAX, {dtype, {1, 2, 7, 9}, {3, 3}, {2, 2}, {1, 1}},
                [](const at::Tensor& x) { return at::max_pool2d(x.to(at::kDouble), 3, 2, 1).to(x.scalar_type()); }));
  }
  const DataType f32_type = DataType::kFLOAT;
  cases.push_back(max_2d("2x2", {f32_type, {1, 16, 8, 8}, {2, 2}}));
  cases.push_back(max_2d("round_up", {f32_type, {1, 4, 8, 9}, {3, 2}, {2, 2}, {1, 1}, {}, {}, true}));
  cases.push_back(max_2d("dilated", {f32_type, {1, 4, 9, 9}, {3, 3}, {1, 2}, {1, 1}, {}, {2, 2}}));
  cases.push_back(max_2d("no_batch", {f32_type, {4, 8, 8}, {2, 2}}));
  cases.push_back(average_2d("global", {f32_type, {2, 32, 7, 7}, {7, 7}}));
  cases.push_back(average_2d("counted", {f32_type, {1, 4, 9, 9}, {3, 3}, {2, 2}, {1, 1}, {}, {}, false, false}));
  cases.push_back(average_2d("round_up", {f32_type, {1, 4, 8, 9}, {3, 3}, {2, 2}, {1, 1}, {}, {}, true}));
  cases.push_back(
      average_2d("round_up_counted", {f32_type, {1, 4, 8, 9}, {3, 3}, {2, 2}, {1, 1}, {}, {}, true, false}));
  // Windows larger than the input that start inside it.
  cases.push_back(max_2d("round_up_small", {f32_type, {2, 4, 2, 2}, {3, 3}, {2, 2}, {}, {}, {}, true}));
  cases.push_back(max_2d("round_up_dilated_small", {f32_type, {2, 4, 3, 5}, {3, 2}, {3, 2}, {1, 1}, {}, {3, 3}, true}));
  cases.push_back(average_2d("round_up_small", {f32_type, {2, 4, 2, 2}, {3, 3}, {2, 2}, {}, {}, {}, true}));
  cases.push_back(average_2d("round_up_tiny", {f32_type, {2, 4, 1, 2}, {4, 5}, {4, 3}, {1, 1}, {}, {}, true}));
  cases.push_back(
      average_2d("round_up_counted_small", {f32_type, {2, 4, 2, 3}, {4, 5}, {3, 3}, {1, 1}, {}, {}, true, false}));
  cases.push_back(average_2d("divisor", {f32_type, {1, 4, 8, 8}, {3, 3}, {2, 2}, {1, 1}, {}, {}, false, false, 5}));
  cases.push_back(pooling("max_1d", PoolingType::kMAX, {f32_type, {2, 3, 11}, {3}, {2}, {1}},
                          [](const at::Tensor& x) { return at::max_pool1d(x, 3, 2, 1); }));
  cases.push_back(pooling("average_1d", PoolingType::kAVERAGE, {f32_type, {2, 3, 11}, {3}, {2}, {1}},
                          [](const at::Tensor& x) { return at::avg_pool1d(x, 3, 2, 1, false, false); }));
  cases.push_back(
      pooling("max_3d", PoolingType::kMAX, {f32_type, {1, 2, 6, 7, 8}, {2, 3, 2}, {2, 1, 2}}, [](const at::Tensor& x) {
        return at::max_pool3d(x, {2, 3, 2}, {2, 1, 2});
      }));
  cases.push_back(pooling("average_3d", PoolingType::kAVERAGE, {f32_type, {1, 2, 6, 7, 8}, {2, 3, 2}, {2, 1, 2}},
                          [](const at::Tensor& x) {
                            return at::avg_pool3d(x, {2, 3, 2}, {2, 1, 2});
                          }));
  add_general(cases);
  return cases;
}

}  // namespace torch_tensorrt::conformance
