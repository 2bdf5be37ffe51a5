"""Python's numbers beside tensors: rounding as in PyTorch, special powers, numbers beyond a dtype's range."""

from __future__ import annotations

import itertools
import re

import pytest
import torch
from ops.table import compile_for, script

from torch_tensorrt import Input

# s is a number that the dtype cannot hold.
OF_HALVES = [
    "a + s", "s + a", "a - s", "s - a", "a * s", "s * a", "a / s", "s / a", "a // s", "a % s", "a ** 2.5",
    "torch.div(a, s, rounding_mode='floor')", "torch.div(a, s, rounding_mode='trunc')", "torch.fmod(a, s)",
    "a > s", "a >= s", "a == s", "a != s", "a < s", "a <= s", "torch.clamp(a, min=s)", "torch.clamp(a, max=s)",
    "torch.clamp(a, -s, s)", "torch.add(a, b, alpha=s)", "torch.sub(a, b, alpha=s)", "torch.rsub(a, b, alpha=s)",
    "torch.add(a, s, alpha=s)", "torch.nn.functional.leaky_relu(a, s)", "torch.nn.functional.elu(a, s)",
    "torch.nn.functional.celu(a, s)", "torch.nn.functional.softplus(a, s)", "torch.nn.functional.softplus(a, 1.0, s)",
    "torch.nn.functional.hardtanh(a, -s, s)", "torch.nn.functional.threshold(a, s, -s)",
    "torch.nn.functional.hardshrink(a, s)", "torch.nn.functional.softshrink(a, s)",
    "torch.addcmul(a, b, c, value=s)", "torch.addcdiv(a, b, c, value=s)", "torch.lerp(a, b, s)",
    "torch.where(a > 0, a, s)", "a.masked_fill(a > 0, s)", "torch.full_like(a, s)", "a * torch.tensor(s)",
    "a / torch.tensor(s)", "a + torch.tensor(s)", "torch.maximum(a, torch.tensor(s))", "torch.nan_to_num(a, s)",
    "a.mul(s).add(s)", "torch.rsub(a, s)", "a.square() * s", "torch._C._nn.elu(a, s, 1.1, 0.7)",
]  # fmt: skip
# Tolerance for several steps in float32, or for two roundings: PyTorch's scalar code rounds once, vector code twice.
NEARLY = ("softplus", "elu", "celu", "alpha=", "addcdiv", "lerp", "** 2.5", "addcmul")
NUMBERS = ("0.1", "0.3", "2.7182818")


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16], ids=["half", "bfloat16"])
@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_meet_halves_as_in_pytorch(number: str, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(3)
    a = torch.linspace(-5, 5, 1024).to(dtype)
    b, c = (torch.randn(1024, generator=generator).to(dtype) for _ in range(2))
    c = torch.where(c.abs() < 0.1, torch.ones_like(c), c)
    specs = [Input((1024,), dtype=dtype)] * 3
    for code in OF_HALVES:
        module = script(re.sub(r"\bs\b", number, code), 3)
        got, expected = compile_for(module, specs)(a, b, c), module(a, b, c)
        assert got.dtype == expected.dtype, code
        rtol = torch.finfo(dtype).eps if any(part in code for part in NEARLY) else 0
        torch.testing.assert_close(got, expected, rtol=rtol, atol=0, equal_nan=True, msg=lambda t, c=code: f"{c}: {t}")


# ---- powers ---------------------------------------------------------------------------------------------------------

SPECIAL = [float("-inf"), -3.0, -2.0, -1.0, -0.5, -0.0, 0.0, 0.3, 1.0, 2.0, 7.5, float("inf"), float("nan")]
EXPONENTS = ("0", "1", "2", "3", "-1", "-2", "-3", "0.5", "-0.5", "2.5", "1.0", "2.0", "-1.0", "0.1", "float('inf')")


@pytest.mark.parametrize("dtype", [torch.float, torch.double, torch.half, torch.bfloat16], ids=str)
def test_powers_of_floats(dtype: torch.dtype) -> None:
    x = torch.tensor(SPECIAL * 4, dtype=dtype)
    for exponent in EXPONENTS:
        module = script(f"a ** {exponent}", 1)
        got, expected = compile_for(module, [Input(x.shape, dtype=dtype)])(x), module(x)
        torch.testing.assert_close(got, expected, equal_nan=True, msg=lambda t, e=exponent: f"a ** {e}: {t}")
        same = (torch.signbit(got) == torch.signbit(expected)) | expected.isnan()
        assert same.all(), f"a ** {exponent}: another sign of zero"


@pytest.mark.parametrize("dtype", [torch.float, torch.double], ids=str)
def test_powers_of_numbers_and_of_tensors(dtype: torch.dtype) -> None:
    x = torch.tensor(SPECIAL, dtype=dtype)
    pairs = torch.tensor(list(itertools.product(SPECIAL, SPECIAL)), dtype=dtype)
    for code in (
        "2 ** a",
        "0.5 ** a",
        "1.0 ** a",
        "(-2.0) ** a",
        "0.0 ** a",
        "torch.pow(a, b)",
        "a ** torch.tensor(0.5)",
    ):
        a, b = (pairs[:, 0], pairs[:, 1]) if "b" in code else (x, x)
        module = script(code, 2)
        got, expected = compile_for(module, [Input(a.shape, dtype=dtype)] * 2)(a, b), module(a, b)
        torch.testing.assert_close(got, expected, equal_nan=True, msg=lambda t, c=code: f"{c}: {t}")


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int32, torch.int64], ids=str)
def test_powers_of_integers(dtype: torch.dtype) -> None:
    x = torch.tensor([0, 1, 2, 3, 100, 127] + ([] if dtype is torch.uint8 else [-1, -2, -3]), dtype=dtype)
    y = x if dtype is torch.uint8 else torch.tensor([0, 1, 2, 3, -1, -2, 5, -3, 63], dtype=dtype)
    for code in (
        "a ** 0",
        "a ** 1",
        "a ** 2",
        "a ** 3",
        "a ** 5",
        "a ** 0.5",
        "a ** -1.0",
        "2 ** a",
        "torch.pow(a, b)",
    ):
        module = script(code, 2)
        got = compile_for(module, [Input(x.shape, dtype=dtype)] * 2)(x, y)
        torch.testing.assert_close(got, module(x, y), equal_nan=True, msg=lambda t, c=code: f"{c}: {t}")


@pytest.mark.parametrize("code", ["a ** -1", "torch.pow(a, -2)", "a.pow(-1)"])
def test_negative_powers_of_integers_are_an_error(code: str) -> None:
    with pytest.raises(RuntimeError, match="negative integer powers") as error:
        compile_for(script(code, 1), [Input((2,), dtype=torch.int64)])
    assert "aten::pow" in str(error.value)


# ---- beyond the range ------------------------------------------------------------------------------------------------

BEYOND = {
    torch.uint8: ("256", "300", "-1", "1 << 40"),
    torch.int8: ("128", "-129", "300"),
    torch.int32: ("1 << 31", "1 << 40", "-(1 << 40)"),
    torch.half: ("65520.0", "1e10", "-1e300"),
    torch.bfloat16: ("1e300", "-1e39"),
    torch.float32: ("1e39", "-1e300"),
}
WITH_A_NUMBER = (
    "a + {}", "a - {}", "{} - a", "a * {}", "a // {}", "a % {}", "a > {}", "a <= {}", "a == {}", "a != {}",
    "torch.clamp(a, max={})", "torch.clamp(a, min={})", "a.masked_fill(a > 1, {})", "torch.where(a > 1, a, {})",
    "torch.add(a, a, alpha={})", "torch.full_like(a, {})", "a.clone().fill_({})", "a ** {}",
)  # fmt: skip


@pytest.mark.parametrize("dtype", BEYOND, ids=str)
def test_numbers_beyond_the_range_wrap_or_are_refused_as_in_pytorch(dtype: torch.dtype) -> None:
    x = torch.tensor([0, 1, 2, 100, 3, 120], dtype=dtype)
    for number, form in itertools.product(BEYOND[dtype], WITH_A_NUMBER):
        code = form.format(number if number.isalnum() else f"({number})")
        try:
            module = script(code, 1)
            expected = module(x)
        except RuntimeError:
            with pytest.raises(RuntimeError, match="aten::") as error:
                compile_for(module, [Input(x.shape, dtype=dtype)])(x)
            # The line of // is in TorchScript's own source.
            assert "<row " in str(error.value) or "//" in code, f"{code}: no line in {error.value}"
            continue
        got = compile_for(module, [Input(x.shape, dtype=dtype)])(x)
        assert got.dtype == expected.dtype, code
        torch.testing.assert_close(got, expected, equal_nan=True, msg=lambda t, c=code: f"{c} of {dtype}: {t}")


def test_a_float_alpha_of_integers_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="alpha must"):
        compile_for(script("torch.add(a, a, alpha=0.5)", 1), [Input((2,), dtype=torch.int64)])
