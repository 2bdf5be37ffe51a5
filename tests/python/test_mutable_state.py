"""MutableTorchTensorRTModule: models whose forward writes buffers and attributes."""

# torch.jit.script reads the annotations of the classes here, so they must not be texts.

import copy
import pickle
import warnings
from typing import List, Optional  # noqa: UP035

import pytest
import torch
from test_mutable import check
from torch import nn

from torch_tensorrt import MutableTorchTensorRTModule
from torch_tensorrt._mutable import _state

X = torch.linspace(-1, 1, 64).reshape(4, 16)


class Written(nn.Module):
    """Writes a buffer in place."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 16)
        self.register_buffer("n", torch.zeros(1))

    def forward(self, x):
        self.n.add_(1)
        return torch.relu(self.layer(x)).softmax(-1) + self.n


class Replaced(Written):
    """Sets a buffer."""

    def forward(self, x):
        self.n = self.n + 1
        return torch.relu(self.layer(x)).softmax(-1) + self.n


class OfExport(Written):
    """A module that only torch.export takes."""

    def forward(self, x, *more):
        self.n.add_(len(more) + 1)
        return torch.relu(self.layer(x)).softmax(-1) + self.n


class Counted(Written):
    """Sets a number, and has a submodule with a state of its own."""

    def __init__(self):
        super().__init__()
        self.count = 0
        self.inner = Written()

    def forward(self, x):
        self.count += 1
        return self.inner(x) * self.count + self.n


class Listed(Written):
    """Appends to a list."""

    seen: List[torch.Tensor]  # noqa: UP006 - torch.jit.script takes no other name here

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(torch.relu(self.layer(x)).softmax(-1).sum(0))
        return torch.stack(self.seen).sum(0)


class Cached(Written):
    """Has no tensor before the first call."""

    cache: Optional[torch.Tensor]  # noqa: UP045

    def __init__(self):
        super().__init__()
        self.cache = None

    def forward(self, x):
        cache, y = self.cache, torch.relu(self.layer(x)).softmax(-1)
        if cache is not None:
            y = torch.cat([cache, y])
        self.cache = y
        return y.sum(0)


ALL = [Written, Replaced, OfExport, Counted, Listed, Cached]


def make(kind) -> tuple[MutableTorchTensorRTModule, nn.Module]:
    """Returns the mutable module and an equal model that runs in PyTorch."""
    torch.manual_seed(0)
    model = kind().eval().requires_grad_(False)
    return MutableTorchTensorRTModule(model, device="cpu", min_block_size=1), copy.deepcopy(model)


def state_of(model: nn.Module) -> dict[str, object]:
    names = ("n", "count", "seen", "cache")
    found = {f"{path}.{name}": part.__dict__.get(name) for path, part in model.named_modules() for name in names}
    return {**found, **dict(model.named_buffers())}


def run(mutable, model, x=X) -> str:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.jit.script fails on OfExport")
        done = check(mutable, model, x)
    torch.testing.assert_close(state_of(mutable.original_model), state_of(model), rtol=1e-4, atol=1e-5)
    return done


@pytest.mark.parametrize("kind", ALL)
def test_the_state_is_that_of_the_model(kind):
    mutable, model = make(kind)
    assert [run(mutable, model) for _ in range(3)] == ["compiles", "runs", "runs"]
    for changed in (mutable, model):
        changed.layer.weight.mul_(2)
    assert run(mutable, model) in ("runs" if kind is Counted else "refits", "compiles")
    assert run(mutable, model) == "runs"


@pytest.mark.parametrize("kind", [Written, Replaced, OfExport, Counted])
def test_several_shapes_have_one_state(kind):
    mutable, model = make(kind)
    for x in (X, X[:2], X, X[:3], X[:3]):
        run(mutable, model, x)
    assert torch.cat(list(mutable.buffers())).max() == 5


@pytest.mark.parametrize("kind", [Written, Replaced, OfExport])
def test_writes_of_the_user_are_seen(kind):
    mutable, model = make(kind)
    run(mutable, model)
    for write in (
        lambda module: module.n.fill_(5),
        lambda module: setattr(module, "n", torch.full((1,), 7.0)),
        lambda module: module.load_state_dict({"n": torch.full((1,), 9.0)}, strict=False),
    ):
        write(mutable)
        write(model)
        assert run(mutable, model) == "runs"
    assert mutable.n.item() == model.n.item() == mutable.state_dict()["n"].item()
    for module in (mutable, model):  # another shape
        module.n = torch.zeros(16)
    assert run(mutable, model) == "compiles"


def test_numbers_and_lists_of_the_user_are_seen():
    mutable, model = make(Counted)
    run(mutable, model)
    mutable.count = model.count = 10
    assert run(mutable, model) == "runs" and mutable.count == 11
    mutable, model = make(Listed)
    run(mutable, model)
    seen = mutable.seen
    seen.clear()
    model.seen.clear()
    assert run(mutable, model) == "runs" and mutable.seen is seen and len(seen) == 1


def test_a_cache_that_the_user_resets():
    mutable, model = make(Cached)
    for _ in range(2):
        run(mutable, model)
        run(mutable, model)
        mutable.cache = model.cache = None
    assert run(mutable, model) == "runs"


def test_a_buffer_that_forward_only_reads_is_a_weight():
    class Scaled(Written):
        def __init__(self):
            super().__init__()
            self.register_buffer("scale", torch.ones(16))

        def forward(self, x):
            self.n.add_(1)
            return torch.relu(self.layer(x)) * self.scale + self.n

    mutable, model = make(Scaled)
    run(mutable, model)
    for module in (mutable, model):
        module.scale.fill_(3)
    assert run(mutable, model) == "refits"


@pytest.mark.parametrize("kind", [Written, Replaced, Counted])
def test_copies_have_a_state_of_their_own(kind):
    mutable, model = make(kind)
    run(mutable, model)
    run(mutable, model)
    copied, pickled = copy.deepcopy(mutable), pickle.loads(pickle.dumps(mutable))
    others = copy.deepcopy(model), copy.deepcopy(model)
    run(mutable, model)
    assert run(copied, others[0]) == "compiles"
    assert [run(pickled, others[1]) for _ in range(2)] == ["runs", "runs"]
    run(mutable, model)


def test_what_a_call_wrote_before_an_exception_stays():
    class Failing(Written):
        def forward(self, x):
            self.n = self.n + 1
            if bool(x.sum() > 100):
                raise ValueError("too large")
            return torch.relu(self.layer(x)) + self.n

    mutable, model = make(Failing)
    run(mutable, model)
    for module in (mutable, model):
        with pytest.raises(Exception, match="too large"):
            module(X + 100)
    run(mutable, model)
    assert mutable.n == 3


def test_an_attribute_named_like_one_of_the_compiled_module():
    class Named(Written):
        def __init__(self):
            super().__init__()
            self.engine = self.engine_0 = 5

        def forward(self, x):
            return torch.relu(self.layer(x)) * self.engine + self.engine_0

    mutable, model = make(Named)
    run(mutable, model)
    mutable.engine = model.engine = 6
    assert run(mutable, model) == "compiles"
    assert _state(mutable).state.slots == []
