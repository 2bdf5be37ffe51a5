"""Operators of random modules: the text of a use, the operands that it takes, and what is known of its result.

Results stay finite, and small errors stay small: arguments of steep functions are bounded, and no divisor
is near zero.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from hybrid.program import LARGEST, Dim, Shape, Value, evaluate, smallest

Bound = Callable[[float, float], float]


@dataclasses.dataclass(frozen=True)
class Operator:
    """A row: ``{a}`` and ``{b}`` in the text are the operands."""

    text: str
    kind: str  # converted, unconverted, view
    takes: Callable[[Value], bool]
    shape: Callable[[Value, Value | None], Shape]
    pairs: Callable[[Value, Value], bool] | None = None
    dtype: str | None = None  # None: that of the first operand
    keeps_exact: bool = False
    keeps_contiguous: bool = True
    bound: Bound = lambda a, b: a
    feature: str = ""


def _float(a: Value) -> bool:
    return a.kind == "tensor" and a.dtype == "f32"


def _int(a: Value) -> bool:
    return a.kind == "tensor" and a.dtype == "i64"


def _bool(a: Value) -> bool:
    return a.kind == "tensor" and a.dtype == "bool"


def _exact(a: Value) -> bool:
    return _float(a) and a.is_exact


def _filled(takes: Callable[[Value], bool], rank: int = 0) -> Callable[[Value], bool]:
    return lambda a: takes(a) and a.rank >= rank and all(smallest(dim) > 0 for dim in a.shape)


def _last(size: int, rank: int = 1, takes: Callable[[Value], bool] = _float) -> Callable[[Value], bool]:
    return lambda a: takes(a) and a.rank >= rank and a.shape[-1] == size and _filled(takes)(a)


def _square(a: Value) -> bool:
    return _filled(_float, 2)(a) and a.shape[-1] == a.shape[-2] == 4


def _same(a: Value, _: Value | None) -> Shape:
    return a.shape


def _broadcasts(a: Value, b: Value) -> bool:
    return a.dtype == b.dtype and b.kind == "tensor" and b.rank <= a.rank and a.shape[a.rank - b.rank :] == b.shape


def _equal(a: Value, b: Value) -> bool:
    return b.kind == "tensor" and a.dtype == b.dtype and a.shape == b.shape


def _largest(dim: Dim) -> int:
    return max(1, evaluate(dim, {**LARGEST, "S": 8}))


def _without(d: int) -> Callable[[Value, Value | None], Shape]:
    return lambda a, _: tuple(dim for i, dim in enumerate(a.shape) if i != d % a.rank)


def _with(d: int, size: Dim) -> Callable[[Value, Value | None], Shape]:
    return lambda a, _: tuple(size if i == d % a.rank else dim for i, dim in enumerate(a.shape))


def plus(x: Dim, y: Dim) -> Dim:
    return x + y if isinstance(x, int) and isinstance(y, int) else f"({x}+{y})"


def times(x: Dim, y: Dim) -> Dim:
    return x * y if isinstance(x, int) and isinstance(y, int) else f"({x}*{y})"


def _cat(d: int) -> Callable[[Value, Value | None], Shape]:
    return lambda a, b: tuple(plus(x, b.shape[i]) if i == d % a.rank else x for i, x in enumerate(a.shape))


def _cats(d: int) -> Callable[[Value, Value], bool]:
    def fits(a: Value, b: Value) -> bool:
        others = all(x == y for i, (x, y) in enumerate(zip(a.shape, b.shape, strict=True)) if i != d % a.rank)
        sizes = [x for dim in (a.shape[d], b.shape[d]) for x in [_largest(dim)]]
        return others and sum(sizes) < 20

    return lambda a, b: b.kind == "tensor" and a.dtype == b.dtype and a.rank == b.rank and fits(a, b)


def _row(text: str, takes, shape=_same, kind: str = "converted", **facts) -> Operator:
    return Operator(text, kind, takes, shape, **facts)


def _unary() -> list[Operator]:
    exact = {"keeps_exact": True}
    rows = [
        _row("torch.relu({a})", _float, **exact),
        _row("{a}.abs()", _float, **exact),
        _row("-{a}", _float, **exact),
        _row("{a} * 0.5", _float, **exact, bound=lambda a, b: a / 2),
        _row("{a} * 2.0", _float, **exact, bound=lambda a, b: a * 2),
        _row("{a} + 1.0", _float, **exact, bound=lambda a, b: a + 1),
        _row("0.25 - {a}", _float, **exact, bound=lambda a, b: a + 1),
        _row("{a}.clamp(-1.0, 1.5)", _float, **exact, bound=lambda a, b: 1.5),
        _row("torch.zeros_like({a})", _float, **exact, bound=lambda a, b: 0.0),
        _row("torch.ones_like({a})", _float, **exact, bound=lambda a, b: 1.0),
        _row("{a}.clone()", _float, **exact),
        _row("torch.where({a} > 0.0, {a}, {a} * 0.5)", _float, **exact),
        _row("{a}.masked_fill({a} > 0.5, 0.0)", _exact, **exact),
        _row("torch.exp({a}.clamp(-2.0, 2.0))", _float, bound=lambda a, b: 8.0),
        _row("torch.sqrt({a}.abs() + 0.5)", _float, bound=lambda a, b: a + 1),
        _row("1.0 / (1.0 + {a}.abs())", _float, bound=lambda a, b: 1.0),
        _row("{a} * {a}", _float, bound=lambda a, b: a * a),
        _row("torch.softmax({a}, -1)", _filled(_float, 1), bound=lambda a, b: 1.0),
        _row("{a}.cumsum(0)", _filled(_float, 1), **exact, bound=lambda a, b: 8 * a),
        _row("{a}.flip([0])", _filled(_float, 1), **exact),
        _row("torch.roll({a}, 1, 0)", _filled(_float, 1), **exact),
        _row("F.layer_norm({a}, [4], None, None, 0.1)", _last(4), bound=lambda a, b: 4.0),
        # Times 1: TorchScript's optimizer loses writes to the result of dropout, which shares memory with its argument.
        _row("F.dropout({a}, 0.5, self.training) * 1.0", _float, **exact),
        _row("{a}.sort(-1)[0]", _last(4), **exact),
        _row("({a}.double() * 0.5).float()", _float, **exact),
        _row("{a} + torch.arange({a}.size(-1)).float() * 0.125", _filled(_float, 1), bound=lambda a, b: a + 1),
        _row("{a}.new_zeros({a}.shape) + 0.5", _float, bound=lambda a, b: 0.5),
        _row("torch.empty_like({a}).copy_({a})", _float, **exact),
        _row("torch.full_like({a}, 0.25)", _float, bound=lambda a, b: 0.25),
        _row("{a} + self.weight[0]", _last(4), bound=lambda a, b: a + 1),
        _row("F.linear({a}, self.weight)", _last(4), bound=lambda a, b: 4 * a),
        _row("F.pad({a}, [1, 1])", _filled(_float, 1), lambda a, b: (*a.shape[:-1], plus(a.shape[-1], 2)), **exact),
    ]
    named = ("tanh", "sigmoid", "sin", "cos", "erf")
    rows += [_row(f"torch.{name}({{a}})", _float, bound=lambda a, b: 1.0) for name in named]
    return rows + [_row(f"F.{name}({{a}})", _float) for name in ("gelu", "silu", "leaky_relu", "softsign", "elu")]


def _binary() -> list[Operator]:
    add: Bound = lambda a, b: a + b  # noqa: E731
    rows = [
        _row(f"{{a}} {sign} {{b}}", _float, pairs=_broadcasts, bound=add, keeps_exact=True) for sign in ("+", "-", "+")
    ]
    rows += [
        _row("{a} * {b}", _float, pairs=_broadcasts, bound=lambda a, b: a * b),
        _row("{a} / (1.0 + {b}.abs())", _float, pairs=_broadcasts),
        _row("torch.maximum({a}, {b})", _float, pairs=_broadcasts, keeps_exact=True, bound=max),
        _row("torch.lerp({a}, {b}, 0.25)", _float, pairs=_equal, bound=max),
        _row("torch.add({a}, {b}, alpha=0.5)", _float, pairs=_broadcasts, bound=add, keeps_exact=True),
        _row("torch.stack([{a}, {b}])", _float, lambda a, b: (2, *a.shape), pairs=_equal, bound=max, keeps_exact=True),
        _row(
            "torch.matmul({a}, {b}.transpose(-1, -2))",
            _filled(_float, 2),
            lambda a, b: (*a.shape[:-1], a.shape[-2]),
            pairs=_equal,
            bound=lambda a, b: 8 * a * b,
        ),
        _row(
            'torch.einsum("i,j->ij", {a}, {b})',
            lambda a: _float(a) and a.rank == 1,
            lambda a, b: (a.shape[0], b.shape[0]),
            pairs=lambda a, b: _float(b) and b.rank == 1,
            bound=lambda a, b: a * b,
            keeps_contiguous=False,
        ),
    ]
    for d in (0, -1):
        text = f"torch.cat([{{a}}, {{b}}], {d})"
        takes = lambda a: _float(a) and a.rank >= 1  # noqa: E731
        rows.append(_row(text, takes, _cat(d), pairs=_cats(d), keeps_exact=True, bound=max))
    return rows


def _reductions() -> list[Operator]:
    rows = [
        _row("{a}.sum()", _float, lambda a, b: (), keeps_exact=True, bound=lambda a, b: 64 * a),
        _row("{a}.mean()", _filled(_float), lambda a, b: ()),
        _row("{a}.amax()", _filled(_float), lambda a, b: (), keeps_exact=True),
    ]
    for d in (0, 1, -1):
        takes = _filled(_float, 2 if d == 1 else 1)
        rows += [
            _row(f"{{a}}.sum({d})", takes, _without(d), keeps_exact=True, bound=lambda a, b: 8 * a),
            _row(f"{{a}}.mean({d})", takes, _without(d)),
            _row(f"{{a}}.mean({d}, keepdim=True)", takes, _with(d, 1)),
            _row(f"torch.amax({{a}}, {d})", takes, _without(d), keeps_exact=True),
            _row(f"torch.logsumexp({{a}}, {d})", takes, _without(d), bound=lambda a, b: a + 3),
        ]
    return rows


def _integers() -> list[Operator]:
    def indexed(a: Value, b: Value | None) -> Shape:
        return (*b.shape, *a.shape[1:])

    indexes = lambda a, b: _int(b) and a.rank + b.rank <= 4  # noqa: E731
    rows = [
        _row("{a} + 1", _int, bound=lambda a, b: a + 1),
        _row("{a} * 2", _int, bound=lambda a, b: a * 2),
        _row("{a} % 3", _int, bound=lambda a, b: 3),
        _row("{a} // 2", _int),
        _row("{a}.clamp(0, 5)", _int, bound=lambda a, b: 5),
        _row("{a}.int().long()", _int),
        _row("{a}.sum()", _int, lambda a, b: (), bound=lambda a, b: 64 * a),
        _row("{a} + {b}", _int, pairs=_broadcasts, bound=lambda a, b: a + b),
        _row("{a}.float() * 0.125", _int, dtype="f32", keeps_exact=True, bound=lambda a, b: a / 8),
        _row("F.one_hot({a} % 4, 4).float()", _int, lambda a, b: (*a.shape, 4), dtype="f32", bound=lambda a, b: 1.0),
        _row("({a} > 2)", _int, dtype="bool"),
        _row("({a} > 0.0)", _exact, dtype="bool"),
        _row("~{a}", _bool),
        _row("({a} & {b})", _bool, pairs=_broadcasts),
        _row("{a}.float()", _bool, dtype="f32", keeps_exact=True, bound=lambda a, b: 1.0),
        _row("{a}.sum()", _bool, lambda a, b: (), dtype="i64", bound=lambda a, b: 64),
        _row("{a}.any()", _bool, lambda a, b: ()),
        _row("torch.where({b}, {a}, {a} - 1.0)", _float, pairs=lambda a, b: _bool(b) and a.shape == b.shape),
        _row("{a}.masked_fill({b}, 0.5)", _float, pairs=lambda a, b: _bool(b) and a.shape == b.shape),
    ]
    facts = {"bound": lambda a, b: a, "pairs": indexes, "keeps_exact": True}
    rows.append(_row("{a}[{b} % {a}.size(0)]", _filled(_float, 1), indexed, **facts))
    facts["pairs"] = lambda a, b: _int(b) and b.rank == 1
    rows.append(_row("torch.index_select({a}, 0, {b} % {a}.size(0))", _filled(_float, 1), indexed, **facts))
    return rows


def _views() -> list[Operator]:
    def view(text: str, takes, shape, contiguous: bool = False, takes_ints: bool = False) -> Operator:
        return _row(text, takes, shape, "view", keeps_exact=True, keeps_contiguous=contiguous, feature="view")

    def any_filled(rank: int) -> Callable[[Value], bool]:
        return lambda a: a.kind == "tensor" and a.dtype != "bool" and _filled(lambda v: True, rank)(a)

    def long(d: int, count: int = 2) -> Callable[[Value], bool]:
        return lambda a: any_filled(2 if d == 1 else 1)(a) and smallest(a.shape[d]) >= count

    def swapped(a: Value, _: Value | None) -> Shape:
        return (*a.shape[:-2], a.shape[-1], a.shape[-2])

    def is_contiguous_4(a: Value) -> bool:
        return a.is_contiguous and any_filled(2)(a) and a.shape[-1] == 4

    def rows_of_4(a: Value, _: Value | None) -> Shape:
        size: Dim = 1
        for dim in a.shape[:-1]:
            size = dim if size == 1 else times(size, dim)
        return (size, 4)

    def even(a: Value) -> bool:
        return any_filled(1)(a) and a.shape[-1] == 4

    rows = [
        view("{a}[0]", any_filled(1), _without(0), True),
        view("{a}[..., 0]", any_filled(1), _without(-1)),
        view("{a}.select(0, -1)", any_filled(1), _without(0), True),
        view("{a}.transpose(-1, -2)", any_filled(2), swapped),
        view("{a}.mT", any_filled(2), swapped),
        view("{a}.t()", lambda a: any_filled(2)(a) and a.rank == 2, swapped),
        view(
            "{a}.permute(2, 0, 1)", lambda a: any_filled(3)(a) and a.rank == 3, lambda a, b: (a.shape[2], *a.shape[:2])
        ),
        view("{a}.unsqueeze(0)", lambda a: any_filled(0)(a) and a.rank < 4, lambda a, b: (1, *a.shape), True),
        view("{a}.unsqueeze(-1)", lambda a: any_filled(0)(a) and a.rank < 4, lambda a, b: (*a.shape, 1)),
        view("{a}.squeeze(0)", lambda a: any_filled(1)(a) and a.shape[0] == 1, _without(0), True),
        view("{a}.flatten(0, 1)", any_filled(2), lambda a, b: (times(a.shape[0], a.shape[1]), *a.shape[2:])),
        view("{a}.view(-1, 4)", is_contiguous_4, rows_of_4, True),
        view("{a}.reshape(-1, 4)", lambda a: any_filled(2)(a) and a.shape[-1] == 4, rows_of_4),
        view("{a}.detach()", any_filled(0), _same, True),
        view("{a}.contiguous()", any_filled(0), _same, True),
        view("{a}.to(torch.float32)", _float, _same, True),
        view("{a}.chunk(2, -1)[1]", even, _with(-1, 2)),
        view("{a}.split([1, 3], -1)[0]", even, _with(-1, 1)),
        view("{a}[..., ::2]", even, _with(-1, 2)),
        view("{a}.narrow(-1, 1, 2)", even, _with(-1, 2)),
        view("{a}.unbind(-1)[2]", even, _without(-1)),
        view("{a}.diagonal()", lambda a: _square(a) and a.rank == 2, lambda a, b: (4,)),
        view("{a}.view_as({a})", lambda a: any_filled(0)(a) and a.is_contiguous, _same, True),
        view("{a}.expand_as({a})", any_filled(0), _same),
        view("{a}.expand([2] + {a}.size())", lambda a: any_filled(0)(a) and a.rank < 4, lambda a, b: (2, *a.shape)),
    ]
    for d, text in ((0, "{a}[1:]"), (1, "{a}[:, 1:]"), (1, "{a}[:, :-1]"), (0, "{a}[:-1]")):
        shape = lambda a, b, d=d: tuple(plus(x, -1) if i == d else x for i, x in enumerate(a.shape))  # noqa: E731
        rows.append(view(text, long(d), shape, d == 0))
    return rows


def _unconverted() -> list[Operator]:
    counts = 0

    def row(text: str, takes, shape=_same, **facts) -> Operator:
        nonlocal counts
        counts += 1
        name = text.removeprefix("torch.").split("(")[0]
        facts = {"keeps_contiguous": False, "feature": f"unconverted:{name}", **facts}
        return _row(text, takes, shape, "unconverted", **facts)

    positive, plain, four = "{a}.abs() + 1.0", _filled(_float), _last(4)
    matrix = "torch.eye(4) * 3.0 + 0.3 * torch.tanh({a})"
    rows = [
        row("torch.fft.fft({a}).real", four, bound=lambda a, b: 4 * a),
        row("torch.fft.rfft({a}).abs()", four, _with(-1, 3), bound=lambda a, b: 4 * a),
        row("torch.fft.irfft(torch.fft.rfft({a}), n=4)", four),
        row("torch.fft.fftshift({a}, dim=[-1])", four),
        row("torch.special.i0({a}.clamp(-2.0, 2.0))", plain, bound=lambda a, b: 4.0),
        row("torch.special.i0e({a})", plain, bound=lambda a, b: 1.0),
        row("torch.special.bessel_j0({a})", plain, bound=lambda a, b: 1.0),
        row("torch.special.erfcx({a}.clamp(-1.0, 1.0))", plain, bound=lambda a, b: 6.0),
        row(f"torch.lgamma({positive})", plain, bound=lambda a, b: a * a + 1),
        row(f"torch.digamma({positive})", plain, bound=lambda a, b: a + 1),
        row(f"torch.polygamma(1, {positive})", plain, bound=lambda a, b: 2.0),
        row("torch.erfinv(torch.tanh({a}) * 0.75)", plain),
        row(f"torch.igamma({positive}, {positive})", plain, bound=lambda a, b: 1.0),
        row("torch.logcumsumexp({a}, 0)", _filled(_float, 1), bound=lambda a, b: a + 3),
        row("torch.nanmedian({a})", plain, lambda a, b: ()),
        row("torch.trapezoid({a}, dim=-1)", four, _without(-1), bound=lambda a, b: 4 * a),
        row("torch.cumulative_trapezoid({a}, dim=-1)", four, _with(-1, 3), bound=lambda a, b: 4 * a),
        row(f"torch.linalg.det({matrix})", _square, lambda a, b: a.shape[:-2], bound=lambda a, b: 100.0),
        row(f"torch.linalg.inv({matrix})", _square, bound=lambda a, b: 1.0),
        row(f"torch.linalg.solve({matrix}, {{a}})", _square),
        row(f"torch.logdet({matrix})", _square, lambda a, b: a.shape[:-2], bound=lambda a, b: 5.0),
        row("torch.linalg.svdvals({a})", _square, lambda a, b: a.shape[:-1], bound=lambda a, b: 4 * a),
        row("torch.linalg.matrix_exp(torch.tanh({a}) * 0.25)", _square, bound=lambda a, b: 4.0),
        row("torch.cov({a})", lambda a: _square(a) and a.rank == 2, bound=lambda a, b: a * a),
        row("torch.complex({a}, {a} * 0.5).abs()", plain, bound=lambda a, b: 2 * a),
        row("torch.gcd({a}, {a} + 2)", _int),
        row("torch.mode({a}, 0)[0]", _filled(_int, 1), _without(0)),
        row("torch.bincount({a}.flatten() % 8, minlength=8)", _int, lambda a, b: (8,), bound=lambda a, b: 64),
    ]
    sizes = [  # "S" becomes a size of the variable's own
        row("torch.unique({a})", _int, lambda a, b: ("S",)),
        row("torch.unique_consecutive({a}.flatten())", _int, lambda a, b: ("S",)),
        row("torch.nonzero({a})", _bool, lambda a, b: ("S", a.rank), dtype="i64"),
        row("torch.masked_select({a}, {a} > 0.0)", _exact, lambda a, b: ("S",), keeps_exact=True),
        row("{a}[{a} > 0.0]", _exact, lambda a, b: ("S",), keeps_exact=True, feature="unconverted:index by mask"),
    ]
    matrices = [row for row in rows if row.takes is _square]  # few tensors are square
    return rows + matrices + sizes + sizes


CONVERTED = [*_unary(), *_binary(), *_binary(), *_reductions(), *_integers()]
VIEWS = _views()
UNCONVERTED = _unconverted()
UNCONVERTED_FEATURES = tuple(dict.fromkeys(row.feature for row in UNCONVERTED))
