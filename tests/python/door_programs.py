"""Small functions and modules of the kind that the tests of Dynamo and torch.export use."""

from __future__ import annotations

import collections
import dataclasses
import enum
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.utils.checkpoint import checkpoint


@dataclasses.dataclass(frozen=True)
class Program:
    """A function or module with the arguments of several calls. ``exports``: ``torch.export`` takes it."""

    name: str
    make: Callable[[], Callable[..., Any]]
    calls: tuple[Callable[[], tuple[Any, ...]], ...]
    keywords: Callable[[], dict[str, Any]]
    exports: bool
    training: bool


PROGRAMS: list[Program] = []


def rows(*sizes: int) -> tuple[Callable[[], tuple[Any, ...]], ...]:
    """Calls with a matrix of four columns and as many rows."""
    return tuple(lambda size=size: (torch.randn(size, 4),) for size in sizes)


def program(*, calls=None, keywords=dict, exports: bool = True, training: bool = False) -> Callable[[Any], Any]:
    """Adds a function, or the class of a module, to the programs."""

    def add(made: Any) -> Any:
        is_class = isinstance(made, type)
        found = calls or rows(3, 3, 5, 2)
        PROGRAMS.append(Program(made.__name__, made if is_class else lambda: made, found, keywords, exports, training))
        return made

    return add


def given(*makers: Callable[[], Any]) -> tuple[Callable[[], tuple[Any, ...]], ...]:
    """Two calls with arguments made anew."""
    return (lambda: tuple(make() for make in makers),) * 2


def matrix(*shape: int) -> Callable[[], torch.Tensor]:
    return lambda: torch.randn(shape or (3, 4))


# ---- Python around tensors

SCALE = torch.tensor([1.0, 2.0, 3.0, 4.0])
SETTINGS = {"power": 2, "names": ["a", "b"]}


def _with_closure() -> Callable[..., Any]:
    number, tensor = 3, torch.arange(4.0)

    def closure(x):
        def inner(y):
            return y * number + tensor

        return inner(x).relu() + inner(x + 1)

    return closure


closure = program()(_with_closure())


@program()
def global_state(x):
    return x ** SETTINGS["power"] * SCALE + len(SETTINGS["names"])


@program(keywords=lambda: {"scale": 2.0, "bias": torch.ones(4)})
def keywords_only(x, *, scale=1.0, bias=None, mask=None):
    y = x * scale
    y = y if bias is None else y + bias
    return y if mask is None else y.masked_fill(mask, 0)


@program(keywords=lambda: {"first": torch.ones(4), "second": torch.full((4,), 2.0)})
def any_keywords(x, **others):
    return sum((value * x for value in others.values()), x)


@program(calls=given(matrix(), matrix(), matrix()))
def any_number(*tensors):
    first, *rest = tensors
    return torch.cat([first, *(tensor.relu() for tensor in rest)], 1)


@program(calls=given(matrix(), lambda: None, matrix()))
def nothing_between(x, nothing, y):
    return x - y if nothing is None else x + nothing


@dataclasses.dataclass
class Batch:
    image: torch.Tensor
    label: torch.Tensor | None = None
    weight: float = 1.0


@program(calls=given(lambda: Batch(torch.randn(3, 4), torch.ones(3), 0.5)), exports=False)
def takes_a_dataclass(batch):
    loss = batch.image.sum(1) * batch.weight
    return loss if batch.label is None else loss - batch.label


@program(exports=False)
def returns_a_dataclass(x):
    return Batch(x.relu(), x.sum(1), 3.0)


class Pair(NamedTuple):
    left: torch.Tensor
    right: torch.Tensor


@program(calls=given(lambda: Pair(torch.randn(3, 4), torch.randn(4))))
def takes_a_named_tuple(pair):
    return Pair(pair.left + pair.right, pair.left * pair.right)


@program(calls=given(lambda: ({"a": torch.randn(3, 4), "b": torch.ones(4)}, {"c": {"d": [torch.randn(4)]}})))
def takes_nested_dicts(pair):
    batch, inner = pair
    (value,) = inner["c"]["d"]
    total = batch["a"] + value * batch["b"]
    return {"total": total, "half": total / 2}, {"parts": [value + 1, total.sum()]}


@program()
def returns_an_ordered_dict(x):
    found = collections.OrderedDict()
    found["second"] = x + 1
    found["first"] = x.relu()
    return found


@program()
def returns_values_of_python(x):
    return x + 1, 7, "text", None, 2.5, True, [x.sum()], ()


@program(exports=False)
def returns_sizes(x):
    return x.shape[0], x + x.size(0), x.shape


@program()
def lists_and_loops(x):
    found = []
    for i, row in enumerate(x.unbind(1)):
        found.append(row * i)
    found = [y.relu() for y in found if y.dim() == 1]
    return torch.stack(found[::-1]), dict(zip("abcd", found, strict=True))["b"]


@program()
def generators(x):
    def powers(count):
        value = x
        for _ in range(count):
            yield value
            value = value * x

    return sum(powers(3))


@program()
def recursion(x):
    def halves(y, depth):
        return y if depth == 0 else torch.maximum(halves(y * 0.5, depth - 1), halves(y + 1, depth - 1))

    return halves(x, 3)


@program()
def nonlocal_counter(x):
    count = 0

    def step(y):
        nonlocal count
        count += 1
        return y * count

    return step(step(x)) + count


@program()
def tries(x):
    try:
        if x.dim() == 2:
            raise ValueError("a matrix")
        return x
    except ValueError:
        return x.relu() * 2
    finally:
        x = x + 1


class Mode(enum.Enum):
    SUM = 1
    MEAN = 2


@program(calls=(lambda: (torch.randn(3, 4), Mode.SUM), lambda: (torch.randn(3, 4), Mode.MEAN)), exports=False)
def enumerations(x, mode):
    return x.sum(1) if mode is Mode.SUM else x.mean(1)


@program(calls=(lambda: (torch.randn(3, 4), 0.5), lambda: (torch.randn(3, 4), 0.7), lambda: (torch.randn(3, 4), 0.9)))
def floats_that_vary(x, factor):
    return x.relu() * factor + factor


@program(calls=(lambda: (torch.randn(3, 4), 2), lambda: (torch.randn(3, 4), 5), lambda: (torch.randn(3, 4), 7)))
def ints_that_vary(x, count):
    return torch.cat([x.relu() * count, x.new_ones(count, 4)])


@program(calls=(lambda: (torch.randn(3, 4), True), lambda: (torch.randn(3, 4), False)))
def bools_that_vary(x, flag):
    return x.relu() if flag else x.exp()


@program(calls=(lambda: (torch.randn(3, 4), "relu"), lambda: (torch.randn(3, 4), "tanh")))
def texts_that_vary(x, name):
    return getattr(torch, name)(x) * 2


# ---- breaks of the graph and data


@program(exports=False)
def a_break(x):
    y = x.relu() @ x.T
    torch._dynamo.graph_break()
    return y.sum(0) + x[0, 0]


@program(exports=False)
def branch_on_data(x):
    return (x + 1).relu() if x.sum() > 0 else (x - 1).exp()


@program(exports=False)
def loop_on_data(x):
    x = x.abs() + 1
    while x.sum() < 100:
        x = x * 2
    return x.sqrt()


@program(exports=False)
def an_item(x):
    return x * x.sum().item() + int(x.abs().max().item())


@program(exports=False)
def through_numpy(x):
    return torch.from_numpy(x.detach().numpy() * 2) + x.relu()


@program(calls=given(lambda: torch.tensor([[1.0, 0, 2], [0, 3, 0]])))
def sizes_of_data(x):
    return x[x > 0] * 2, torch.nonzero(x), x.unique()


@program()
def conditional(x):
    return torch.cond(x.sum() > 0, lambda y: (y + 1).relu(), lambda y: (y - 1).exp(), (x,))


# ---- memory


@program()
def writes_its_argument(x):
    x.add_(1)
    x[:, 1:3] *= 2
    x[0, 0] = 7
    return x.sum(1)


@program(calls=given(matrix(), matrix()))
def writes_a_view_of_its_argument(x, y):
    x.t()[1].copy_(y[:, 0])
    y.view(-1)[::2].zero_()
    return x @ y.T


@program()
def writes_under_a_mask(x):
    y = x.clone()
    y[x > 0] = -1.0
    return y


@program()
def returns_a_view(x):
    return x.T, x[1:], x.view(-1)


@program()
def returns_its_argument(x):
    return x, x + 1


@program()
def returns_a_tensor_twice(x):
    y = x.relu()
    return y, y, y.T


@program(calls=given(lambda: torch.randn(6).expand(3, 6)))
def takes_an_expanded_tensor(x):
    return x.relu() + x.sum(0)


@program(calls=given(lambda: torch.randn(4, 3).T))
def takes_a_transposed_tensor(x):
    y = x.relu()
    return y.contiguous().view(-1), y + 1


# ---- operators


@program()
def arithmetic_on_sizes(x):
    size, width = x.shape
    half = width // 2
    return x.reshape(size, 2, half).sum(1), torch.arange(size * 2) * half, x.new_zeros(size + 1, half)


@program()
def slices(x):
    return x[..., None, ::2], x[-1:, 1:], x[:, [2, 0]], x[None].squeeze(0), x[torch.arange(2), -1]


@program(calls=given(lambda: torch.randint(-9, 9, (3, 4)), lambda: torch.randint(1, 5, (4,))))
def whole_numbers(x, y):
    return x // y, x % y, x & y, x << 1, (x > y).sum(), x.float().mean()


@program(calls=given(matrix(), lambda: torch.randn(4, dtype=torch.float64), lambda: torch.randn(4).half()))
def dtypes_that_mix(x, y, z):
    return x + y, x * z, x.double() @ y, (x > 0) + 1


@program()
def several_results(x):
    values, places = x.max(1)
    top = x.topk(2)
    return values, places, top.values, torch.sort(x, 1).indices, torch.split(x, [1, 3], 1)[1]


@program(calls=given(matrix(2, 3, 4), matrix(2, 4, 5)))
def products(x, y):
    return torch.einsum("bij,bjk->bik", x, y), x @ y, torch.bmm(x, y).tanh()


@program()
def complex_numbers(x):
    return torch.fft.fft(x).abs() + torch.view_as_complex(x.reshape(-1, 2, 2)).real.sum()


@program(calls=given(lambda: torch.randn(0, 4)))
def no_rows(x):
    return x.relu().sum(0), torch.cat([x, torch.ones(1, 4)])


@program(calls=given(lambda: torch.tensor(2.0)))
def no_axes(x):
    return x * 3 + 1, x.reshape(1), x.exp()


@program()
def without_gradients(x):
    with torch.no_grad():
        y = x.relu() * 2
    return y + x.detach()


@program()
def in_autocast(x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = x @ x.T
    return y.float() + 1


@program(exports=False)
def checkpointed(x):
    return checkpoint(lambda y: (y.relu() @ y.T).tanh(), x, use_reentrant=False)


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


@program(exports=False)
def own_function(x):
    return Double.apply(x).relu()


@program(exports=False)
def random_numbers(x):
    return x + torch.rand_like(x), F.dropout(x, 0.5, True)


# ---- modules


@program()
class Counter(nn.Module):
    """A buffer and a number of Python count the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls.add_(1)
        return self.linear(x) * self.calls


@program(exports=False)
class CounterOfPython(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x.relu() * self.calls


@program(calls=tuple(lambda place=place: (torch.randn(1, 4), torch.tensor([place])) for place in range(3)))
class Cache(nn.Module):
    """Keys of earlier calls."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(3, 4))

    def forward(self, x, place):
        self.keys.index_copy_(0, place, x)
        return (x @ self.keys.T).softmax(-1) @ self.keys


@program(training=True)
class Normed(nn.Module):
    """A norm in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x):
        return self.norm(x).relu()


@program()
class Collections(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)])
        self.named = nn.ModuleDict({"first": nn.LayerNorm(4), "last.one".replace(".", "_"): nn.GELU()})
        self.weights = nn.ParameterList([torch.ones(4), torch.randn(4)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        for name, layer in self.named.items():
            x = layer(x) if name else x
        return sum(x * weight for weight in self.weights)


@program(exports=False)
class NamesOfMethods(nn.Module):
    """Parts with the names of methods of ``nn.Module``."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({"half_": nn.Linear(4, 4)})
        self.known = {"cpu": nn.Parameter(torch.randn(4)), "float": nn.Parameter(torch.randn(4))}

    def forward(self, x):
        return self.layers["half_"](x) * self.known["cpu"] + self.known["float"]


@program()
class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
        self.out.weight = self.into.weight

    def forward(self, x):
        return self.out(self.into(x).tanh())


class Scaled(nn.Linear):
    @property
    def factor(self):
        return 2.0

    @staticmethod
    def activate(x):
        return x.relu()

    def forward(self, x):
        return self.activate(super().forward(x)) * self.factor


@program()
class Twice(nn.Module):
    """Two modules of one class."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = Scaled(4, 4), Scaled(4, 4)

    def forward(self, x):
        return self.two(self.one(x))


@program(exports=False)
class BrokenLayers(nn.Module):
    """A break between layers of one class, whose graphs are the same but for the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Scaled(4, 4) for _ in range(3)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
            torch._dynamo.graph_break()
        return x


@program()
class Hooked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.linear.register_forward_hook(lambda module, inputs, result: result * 2)

    def forward(self, x):
        return self.linear(x) + 1


@program(calls=given(matrix(2, 5, 4)))
class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 6, batch_first=True)

    def forward(self, x):
        result, (hidden, _) = self.lstm(x)
        return result[:, -1] + hidden[0]


@program(calls=given(matrix(2, 5, 8), lambda: torch.tensor([[True] * 5, [True] * 3 + [False] * 2])))
class Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x, mask):
        return self.attention(x, x, x, key_padding_mask=~mask, need_weights=False)[0]
