"""Numbers of layers keep every digit: attributes of float64 modules, explicit zeros, the default dtype."""

from __future__ import annotations

import io

import pytest
import torch
from ops.table import compile_for, flatten, script

from torch_tensorrt import Input

F = "torch.nn.functional"
OF_DOUBLES = [
    f"{F}.selu(a)", f"{F}.leaky_relu(a, 0.1)", f"{F}.elu(a, 0.3)", f"{F}.celu(a, 0.3)", f"{F}.hardswish(a)",
    f"{F}.hardsigmoid(a)", f"{F}.softplus(a, 3.0)", f"{F}.softplus(a, 0.1, 0.2)", f"{F}.hardtanh(a, -0.1, 0.3)",
    f"{F}.relu6(a * 7)", "torch.clamp(a, -0.1, 0.7)", f"{F}.threshold(a, 0.1, 0.3)", f"{F}.hardshrink(a, 0.1)",
    f"{F}.softshrink(a, 0.1)", f"{F}.logsigmoid(a)", f"{F}.gelu(a)", f"{F}.gelu(a, approximate='tanh')",
    f"{F}.silu(a)", f"{F}.mish(a)", f"{F}.rrelu(a, 0.1, 0.3)", "torch._C._nn.elu(a, 0.3, 1.1, 0.7)",
    "a * torch.clamp(a + 3, 0, 6) / 6", "a * torch.sigmoid(a)", "a * 0.5 * (1.0 + torch.erf(a / 1.4142))",
    "a * 0.5 * (1 + torch.tanh(0.79788 * (a + 0.0447 * a * a * a)))", "torch.clamp(a + 2.9999, 0, 6) * a / 6",
    f"{F}.layer_norm(a, [4], eps=0.1)", f"{F}.group_norm(a[:, :, None], 2, eps=0.1)",
    f"{F}.instance_norm(a[None], eps=0.1)", f"{F}.rms_norm(a, [4], eps=0.1)",
    f"{F}.interpolate(a[None], scale_factor=[1.7], mode='linear')",
    f"{F}.interpolate(a[None, None], scale_factor=[1.3, 2.1], mode='bilinear')",
    f"{F}.interpolate(a[None, None], size=[9, 7], mode='bicubic')",
    f"{F}.scaled_dot_product_attention(a[None, None], a[None, None], a[None, None], scale=0.1)",
    f"{F}.pad(a, [1, 2], value=0.1)", "torch.full_like(a, 0.1)", "a + 0.1", "torch.var(a, 1)", "a.std(0)",
    f"{F}.normalize(a, eps=0.1)", f"{F}.cosine_similarity(a, a + 1, 1, 0.1)", "torch.logit(a, 0.1)",
    "torch.addmm(a, a, a[:4], beta=0.1, alpha=0.3)",
    "torch.baddbmm(a[None], a[None], a[None, :4], beta=0.1, alpha=0.3)",
    f"{F}.local_response_norm(a[None], 3, alpha=0.1, beta=0.7, k=1.1)",
]  # fmt: skip


@pytest.mark.parametrize("code", OF_DOUBLES)
def test_float64(code: str) -> None:
    module = script(code, 1)
    x = torch.linspace(-2, 2, 24, dtype=torch.double).reshape(6, 4)
    compiled = compile_for(module, [Input((6, 4), dtype=torch.double)])
    torch.testing.assert_close(compiled(x), module(x), rtol=1e-13, atol=1e-14)
    file = io.BytesIO()
    torch.jit.save(compiled, file)
    file.seek(0)
    assert torch.equal(torch.jit.load(file)(x), compiled(x)), "another result after saving and loading"


# Explicit zeros and other false values are not missing arguments.
ZEROS = [
    f"{F}.scaled_dot_product_attention(a, a, a, scale=0.0)",
    f"{F}.scaled_dot_product_attention(a[0], a[0], a[0], scale=-0.5)",
    f"{F}.layer_norm(a, [2], eps=0.0)", f"{F}.group_norm(a, 1, eps=0.0)", f"{F}.instance_norm(a, eps=0.0)",
    f"{F}.rms_norm(a, [2], eps=0.0)", f"{F}.leaky_relu(a, 0.0)", f"{F}.elu(a, 0.0)", f"{F}.threshold(a, 0.0, 0.0)",
    f"{F}.hardtanh(a, 0.0, 0.0)", f"{F}.softplus(a, 1.0, 0.0)", f"{F}.hardshrink(a, 0.0)", f"{F}.softshrink(a, 0.0)",
    "torch.clamp(a, 0, 0)", "torch.clamp(a, min=0)", "torch.clamp(a, max=0)", "torch.clamp(a, max=0.0)",
    "torch.add(a, a, alpha=0)", "torch.addcmul(a, a, a, value=0)", "torch.lerp(a, a + 1, 0.0)",
    "torch.addmm(a[0, 0], a[0, 0], a[0, 0, :2], beta=0, alpha=0)", "torch.norm(a, p=0, dim=1)",
    "a.var(3, correction=0)",
    f"{F}.pad(a, [0, 0], value=0.0)", f"{F}.dropout(a, 0.0)", f"{F}.normalize(a, p=0.0)", "torch.nan_to_num(a, 0.0)",
    "torch.logit(a, 0.0)", "torch.roll(a, 0, 3)", "torch.arange(0)", "torch.zeros(0)", "torch.topk(a, 0)[0]",
    "torch.full([2], 0)", "torch.full([0, 2], 1.5)", "torch.isclose(a, a, 0.0, 0.0)", "torch.cumsum(a, 0)",
    f"{F}.cosine_similarity(a, a, 1, 0.0)", "torch.quantile(a[0], 0.0)", "torch.diagonal(a[0, 0], 0)",
    "torch.tril(a, 0)", "torch.narrow(a, 2, 0, 0)", "torch.renorm(a, 2.0, 0, 0.0)", f"{F}.celu(a, 1e-30)",
    f"{F}.local_response_norm(a, 2, alpha=0.0, beta=0.0, k=0.0)", "torch._C._nn.elu(a, 0.0, 0.0, 0.0)",
    f"{F}.rrelu(a, 0.0, 0.0)", f"{F}.pairwise_distance(a, a, eps=0.0)", "torch.round(a, decimals=0)",
]  # fmt: skip


@pytest.mark.parametrize("code", ZEROS)
def test_zeros_are_given(code: str) -> None:
    module = script(code, 1)
    x = torch.randn(1, 1, 3, 2, generator=torch.Generator().manual_seed(0)) * 3
    (got,), (expected,) = flatten(compile_for(module, [Input((1, 1, 3, 2))])(x)), flatten(module(x))
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6, equal_nan=True)


# ---- the default dtype -----------------------------------------------------------------------------------------------

BY_DEFAULT = [
    "a / 3", "a / a", "a * 0.5", "a + 0.5", "a ** 0.5", "a ** -1.0", "torch.sigmoid(a)", "torch.sqrt(a)",
    "torch.exp(a)",
    "torch.atan2(a, a)", "torch.where(a > 1, 0.5, 1.5)", "torch.full([2], 0.1)", "torch.zeros(2)", "torch.ones(2) / 3",
    "torch.tensor([0.1, 0.2])", "torch.arange(0.0, 1.0, 0.1)", "torch.linspace(0, 1, 7)", "torch.eye(3)",
    "torch.zeros(a.size(0))", "torch.full([a.size(0)], 0.1)", "torch.arange(a.size(0) * 0.5)", "torch.eye(a.size(0))",
    "torch.linspace(0.0, a.size(0) / 3, a.size(0))", "torch.tensor([a.size(0) / 3])", "torch.tensor(a.size(0) / 3)",
    "torch.clamp(a, 0.1, 1.5)", "torch.rsqrt(a)", "torch.reciprocal(a)", "torch.isfinite(a)", "torch.xlogy(a, a)",
    "torch.logit(a / 10)", "torch.logsumexp(a, 0)", "torch.deg2rad(a)", "torch.hypot(a / 1, a / 1)",
    "a.to(torch.float)",
    "torch.mean(a / 1)", "torch.softmax(a / 2, 0)", "torch.isclose(a, a)", "torch.nn.functional.one_hot(a, 5) / 2",
]  # fmt: skip


@pytest.fixture
def _default_is_double():
    torch.set_default_dtype(torch.double)
    yield
    torch.set_default_dtype(torch.float)


@pytest.mark.usefixtures("_default_is_double")
@pytest.mark.parametrize("code", BY_DEFAULT)
def test_the_default_dtype_is_that_of_the_compilation(code: str) -> None:
    module = script(code, 1)
    spec = Input((3,), dtype=torch.int64)
    if "size" in code:
        spec = Input(min_shape=(1,), opt_shape=(3,), max_shape=(4,), dtype=torch.int64)
    x = torch.tensor([1, 2, 4])
    got, expected = compile_for(module, [spec])(x), module(x)
    assert got.dtype == expected.dtype
    torch.testing.assert_close(got, expected, rtol=1e-13 if got.dtype is torch.double else 1e-6, atol=1e-14)
