"""Known faults of compilers of this kind, each with a test that finds it.

| pitfall | tests |
|---|---|
| 1, attention ignores `scale` and dropout | `test_attention_scale`, `test_attention_dropout_is_refused` |
| 2, the mask is overwritten, or all true | `test_mask_operator_leaves_the_mask`, `test_bool_mask` |
| 3, exact gelu by its approximation | `test_gelu_is_exact`, `test_gelu_tanh` |
| 4, variance as E[x^2] - E[x]^2 | `test_variance_far_from_zero` |
| 5, log_softmax as log(softmax) | `test_log_softmax_of_small_probabilities` |
| 6, a loop's counter stays at 0 | `test_loop_counter` |
| 7, depth of evaluation counts siblings | `test_many_sizes_of_one_operator`, `test_deep_size_arithmetic` |
| 25, constants of other dtypes | `test_constants_of_every_dtype`, `test_large_integers_stay`, `test_scalar_constant` |
| 28, lists of known and computed elements | `test_mixed_lists`, `test_none_in_a_list_of_indices` |
| 28a, copy_ returns the source | `test_copy_keeps_shape_and_dtype`, `test_copy_through_a_view` |
| 30, at most eight dimensions, different ranks | `test_nine_dimensions`, `test_another_rank_is_an_error` |
| 32, lists as inputs, dtypes of tuples | `test_list_input_used_often`, `test_tuple_input_of_two_dtypes` |
| 33, passes that skip blocks | `test_operators_in_branches_and_loops` |

The other lines are not about operators.
"""

from __future__ import annotations

import pytest
import torch
from ops.table import compile_for, script

import torch_tensorrt

Input = torch_tensorrt.Input
F = "torch.nn.functional."


def compiled(code: str, *inputs: torch.Tensor):
    """Compiles the expression over a, b, ... as one engine for these inputs."""
    return compile_for(script(code, len(inputs)), [Input(x.shape, dtype=x.dtype) for x in inputs])


def compare(code: str, *inputs: torch.Tensor, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    got = compiled(code, *inputs)(*inputs)
    torch.testing.assert_close(got, script(code, len(inputs))(*inputs), rtol=rtol, atol=atol)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("scale", [None, 0.05, 2.0])
def test_attention_scale(scale):
    q = normal(2, 3, 5, 8)
    compare(f"{F}scaled_dot_product_attention(a, a, a, scale={scale})", q, rtol=1e-4)
    plain = torch.nn.functional.scaled_dot_product_attention(q, q, q)
    scaled = torch.nn.functional.scaled_dot_product_attention(q, q, q, scale=scale)
    assert scale is None or (plain - scaled).abs().max() > 0.01, "the scale must matter for the test to tell"


def test_attention_dropout_is_refused():
    with pytest.raises(RuntimeError, match=r"dropout_p is 0.5, must be 0"):
        compiled(f"{F}scaled_dot_product_attention(a, a, a, dropout_p=0.5)", normal(1, 2, 4, 8))


def test_mask_operator_leaves_the_mask():
    mask = torch.tensor([[True, False], [True, True]])
    kept = mask.clone()
    bias = torch.ops.trt.attn_bias_from_attn_mask(mask)
    assert torch.equal(mask, kept)
    assert torch.equal(bias, torch.tensor([[0.0, -torch.inf], [0.0, 0.0]]))


def test_bool_mask():
    q, mask = normal(1, 2, 4, 8), torch.ones(4, 4, dtype=torch.bool).tril()
    kept = mask.clone()
    compare(f"{F}scaled_dot_product_attention(a, a, a, attn_mask=b)", q, mask, rtol=1e-4)
    module = compiled(f"{F}scaled_dot_product_attention(a, a, a, attn_mask=b)", q, mask)
    module(q, mask)
    assert torch.equal(mask, kept)
    assert (module(q, mask) - module(q, torch.ones_like(mask))).abs().max() > 0.01


def test_gelu_is_exact():
    x = torch.linspace(-4, 4, 200)
    exact = torch.nn.functional.gelu(x.double())
    assert (torch.nn.functional.gelu(x.double(), approximate="tanh") - exact).abs().max() > 1e-4
    assert (compiled(f"{F}gelu(a)", x)(x) - exact).abs().max() < 2e-6


def test_gelu_tanh():
    x = torch.linspace(-4, 4, 200)
    near = torch.nn.functional.gelu(x.double(), approximate="tanh")
    assert (compiled(f"{F}gelu(a, approximate='tanh')", x)(x) - near).abs().max() < 2e-6


# The squares are 1e8 and the spread is 1e-2: E[x^2] - E[x]^2 in float32 has no right digit.
@pytest.mark.parametrize(
    "code", ["torch.var(a, 1)", "torch.std(a, 1)", "torch.var_mean(a, 1)[0]", "a.var(1, correction=0)"]
)
def test_variance_far_from_zero(code):
    x = 1e4 + 0.1 * normal(4, 64)
    got = compiled(code, x)(x)
    assert not got.isnan().any()
    torch.testing.assert_close(got.double(), script(code, 1)(x.double()), rtol=1e-3, atol=0)


def test_log_softmax_of_small_probabilities():
    x = torch.tensor([[0.0, -150.0, -1000.0], [300.0, 0.0, -300.0]])
    compare("torch.log_softmax(a, 1)", x)
    assert compiled("torch.log_softmax(a, 1)", x)(x).isfinite().all()


def test_loop_counter():
    compare("for i in range(4):\n    a = a * 2 + i\na", normal(3, 2))
    compare("for i in range(2, 9, 3):\n    a = a + i * a.size(0)\na", normal(3, 2))
    compare("xs = [a]\nfor i in range(3):\n    xs.append(xs[i] + i)\ntorch.cat(xs)", normal(3, 2))


def test_many_sizes_of_one_operator():
    sizes = ", ".join(f"a.size(0) - a.size(1) + {i % 2}" for i in range(14))
    compare(f"torch.tensor([{sizes}]) + a[:, :1]", normal(3, 3))


def test_deep_size_arithmetic():
    steps = "\n".join("s = s * 2 - a.size(0)" for _ in range(30))
    compare(f"s = a.size(0)\n{steps}\na.view(s, -1) + s", normal(3, 4))


@pytest.mark.parametrize(
    "dtype",
    [
        torch.float32,
        torch.float64,
        torch.half,
        torch.bfloat16,
        torch.int8,
        torch.uint8,
        torch.int32,
        torch.int64,
        torch.bool,
    ],
    ids=str,
)
def test_constants_of_every_dtype(dtype):
    class Keep(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("weight", torch.tensor([[0, 1, 3], [2, 0, 1]]).to(dtype))

        def forward(self, a):
            return torch.cat([self.weight, a]), self.weight

    module, x = torch.jit.script(Keep().eval()), torch.ones(1, 3).to(dtype)
    for got, expected in zip(compile_for(module, [Input(x.shape, dtype=dtype)])(x), module(x), strict=True):
        assert got.dtype == dtype
        assert torch.equal(got, expected)


def test_large_integers_stay():
    big = torch.tensor([2**40 + 1, -(2**35), 3])
    compare("a + torch.tensor([1099511627777, -1, 4294967296])", big)
    compare("a * 1099511627777", torch.tensor([1, 2, 3]))


def test_scalar_constant():
    class Scale(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = torch.nn.Parameter(torch.tensor(2.5))

        def forward(self, a):
            return a * self.factor, self.factor

    module, x = torch.jit.script(Scale().eval()), normal(2, 3)
    got = compile_for(module, [Input(x.shape)])(x)
    torch.testing.assert_close(got[0], x * 2.5)
    assert got[1].shape == () and got[1].item() == 2.5


def test_mixed_lists():
    compare("torch.stack([a, torch.ones([2, 3]), a * 2, torch.zeros([2, 3])])", normal(2, 3))
    compare("torch.cat([torch.ones([1, 3]), a, torch.ones([2, 3]) * 2], 0)", normal(2, 3))
    compare("xs = [torch.ones([2, 3]), a]\nxs = xs + [a]\nxs[0] + xs[1] * xs[2]", normal(2, 3))


def test_none_in_a_list_of_indices():
    index = torch.tensor([2, 0])
    compare("a[:, b]", normal(2, 3, 4), index)
    compare("a[:, :, b]", normal(2, 3, 4), index)
    compare("a[b, :, torch.tensor([1, 3])]", normal(3, 3, 4), index)


def test_copy_keeps_shape_and_dtype():
    compare("torch.zeros([2, 3], dtype=torch.int64).copy_(a)", 3 * normal(3))
    compare("torch.zeros([2, 3]).copy_(a) + 1", torch.tensor([[1], [2]]))
    compare("x = a.clone()\nx.copy_(b)\nx * 2", normal(2, 3), torch.arange(3))


def test_copy_through_a_view():
    compare("x = a.clone()\nx[:, :2] = b\nx + 0", normal(2, 3), torch.arange(2))
    compare("x = a.clone()\nx[1].copy_(b)\nx + 0", normal(2, 3), torch.tensor(7))


def test_nine_dimensions():
    x = normal(*([2] * 9))
    compare("a.permute(8, 7, 6, 5, 4, 3, 2, 1, 0) + 1", x)
    compare("a.flatten().view(2, 2, 2, 2, 2, 2, 2, 2, 2, 1).sum(3)", x)


def test_another_rank_is_an_error():
    module = compiled("a + 1", normal(2, 3))
    with pytest.raises(RuntimeError, match="input_0.*of rank 3, expected rank 2"):
        module(normal(2, 3, 1))


def test_list_input_used_often():
    class Lists(torch.nn.Module):
        def forward(self, xs: list[torch.Tensor]):
            return xs[0] + xs[1] * xs[0] - xs[1] + xs[0] * xs[0] + torch.cat(xs).sum()

    module, inputs = torch.jit.script(Lists().eval()), [normal(2, 3), normal(2, 3) + 1]
    made = torch_tensorrt.compile(
        module, input_signature=([Input((2, 3)), Input((2, 3))],), device="cpu", require_full_compilation=True
    )
    torch.testing.assert_close(made(inputs), module(inputs))


def test_tuple_input_of_two_dtypes():
    class Pair(torch.nn.Module):
        def forward(self, pair: tuple[torch.Tensor, torch.Tensor]):
            return pair[0][pair[1]], pair[1] + 1

    module, pair = torch.jit.script(Pair().eval()), (normal(4, 3), torch.tensor([2, 0]))
    made = torch_tensorrt.compile(
        module,
        input_signature=((Input((4, 3)), Input((2,), dtype=torch.int64)),),
        device="cpu",
        require_full_compilation=True,
    )
    for got, expected in zip(made(pair), module(pair), strict=True):
        assert got.dtype == expected.dtype
        torch.testing.assert_close(got, expected)


# Dropout, copies and the check of a batch norm's dims (its `if` and `raise`) inside of a branch and of a loop.
def test_operators_in_branches_and_loops():
    class Blocks(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = torch.nn.BatchNorm2d(3)
            self.drop = torch.nn.Dropout(0.5)
            self.norm.running_mean.uniform_(-1, 1)

        def forward(self, a):
            if a.size(1) == 3:
                a = self.drop(self.norm(a)).contiguous()
            for _ in range(2):
                a = torch.nn.functional.dropout(a.detach(), 0.3, self.training).relu_()
                if a.dim() == 4:
                    a = self.norm(a).contiguous()
            return a

    module, x = torch.jit.script(Blocks().eval()), normal(2, 3, 4, 4)
    torch.testing.assert_close(compile_for(module, [Input(x.shape)])(x), module(x), rtol=1e-4, atol=1e-5)
