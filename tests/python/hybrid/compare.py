"""Compares what a module and its compiled form do in several calls: results, memory, state, inputs and errors."""

from __future__ import annotations

import copy
import dataclasses
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import torch

TOLERANCE = 1e-4  # of the largest magnitude of a tensor, or of 1


@dataclasses.dataclass(frozen=True)
class Difference:
    """A difference in one call."""

    # value, type, state, input, lost alias, gained alias, exception, lost exception, kept result
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class Run:
    """The calls of one module so far."""

    def __init__(self, module: Any, state_names: Sequence[str], device: str = "cpu"):
        self.module = module
        self.state_names = state_names
        self.device = device
        self.results: list[Any] = []
        self.arguments: list[list[torch.Tensor]] = []
        self.error: Exception | None = None

    def call(self, arguments: list[torch.Tensor], optimized: bool) -> None:
        self.arguments.append([_copied(argument, self.device) for argument in arguments])
        self.error = None
        try:
            with torch.no_grad(), torch.jit.optimized_execution(optimized):
                self.results.append(self.module(*self.arguments[-1]))
        except Exception as error:  # any exception is compared
            self.error = error
            self.results.append(None)

    def reload(self) -> None:
        """Saves the module and goes on with the loaded one."""
        file = io.BytesIO()
        torch.jit.save(self.module, file)
        file.seek(0)
        self.module = torch.jit.load(file)

    def state(self) -> dict[str, Any]:
        return {name: value for name in self.state_names for value in _attribute(self.module, name)}

    def memory(self) -> dict[str, int]:
        """Returns the memory of this call's results, of all arguments and of the state, by path.

        Results of different calls may share constants: TorchScript's optimizer makes ``torch.zeros`` one.
        """
        found: dict[str, int] = {}
        parts = [("result", self.results[-1]), *((f"state {name}", value) for name, value in self.state().items())]
        for i, arguments in enumerate(self.arguments):
            parts += [(f"input {j} of call {i}", argument) for j, argument in enumerate(arguments)]
        for path, value in parts:
            for inner, tensor in tensors(value, path):
                if tensor.numel() > 0:
                    found[inner] = tensor.untyped_storage().data_ptr()
        return found


def _copied(tensor: torch.Tensor, device: str) -> torch.Tensor:
    """Returns a copy with the same strides, in memory of its own on the device."""
    return torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device=device).copy_(tensor)


def _attribute(module: Any, path: str) -> Iterator[Any]:
    """Yields the attribute, or nothing if the module does not have it."""
    for name in path.split("."):
        if not hasattr(module, name):
            return
        module = getattr(module, name)
    yield module


def tensors(value: Any, path: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from tensors(part, f"{path}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            yield from tensors(part, f"{path}[{i}]")


def value_difference(wanted: Any, got: Any, path: str) -> tuple[str, str] | None:
    """Returns the kind and the text of the first difference between two values."""
    if type(wanted) is not type(got) and not (_is_named(wanted) and _is_named(got)):
        return "type", f"{path} is {type(got).__name__}, should be {type(wanted).__name__}"
    if isinstance(wanted, torch.Tensor):
        return _tensor_difference(wanted, got, path)
    if isinstance(wanted, dict):
        if list(wanted) != list(got):
            return "type", f"{path} has the keys {list(got)}, should be {list(wanted)}"
        pairs = [(wanted[key], got[key], f"{path}[{key!r}]") for key in wanted]
    elif isinstance(wanted, (list, tuple)):
        names = [(type(v).__name__, getattr(v, "_fields", None)) for v in (wanted, got)]
        if names[0] != names[1]:
            return "type", f"{path} is {names[1]}, should be {names[0]}"
        if len(wanted) != len(got):
            return "type", f"{path} has {len(got)} parts, should be {len(wanted)}"
        pairs = [(w, g, f"{path}[{i}]") for i, (w, g) in enumerate(zip(wanted, got, strict=True))]
    else:
        is_close = (
            abs(wanted - got) <= TOLERANCE * max(1.0, abs(wanted)) if isinstance(wanted, float) else wanted == got
        )
        return None if is_close else ("value", f"{path} is {got!r}, should be {wanted!r}")
    return next((found for pair in pairs if (found := value_difference(*pair))), None)


def _is_named(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _tensor_difference(wanted: torch.Tensor, got: torch.Tensor, path: str) -> tuple[str, str] | None:
    if wanted.dtype != got.dtype or wanted.shape != got.shape or wanted.device != got.device:
        facts = [f"{v.dtype} {list(v.shape)} on {v.device}" for v in (got, wanted)]
        return "type", f"{path} is {facts[0]}, should be {facts[1]}"
    if wanted.numel() == 0:
        return None
    wanted, got = wanted.cpu(), got.cpu()
    if not wanted.is_floating_point():
        is_equal = torch.equal(wanted, got)
    else:
        scale = max(1.0, wanted.abs().nan_to_num().max().item())
        is_equal = torch.allclose(wanted, got, rtol=0.0, atol=TOLERANCE * scale, equal_nan=True)
    return None if is_equal else ("value", f"{path} is\n{got}, should be\n{wanted}")


def _sharing(memory: dict[str, int], paths: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Returns for each path the paths that share its memory."""
    return {path: tuple(other for other in paths if memory[other] == memory[path]) for path in paths}


def _memory_differences(wanted: Run, got: Run) -> Iterator[Difference]:
    first, second = wanted.memory(), got.memory()
    paths = [path for path in first if path in second]
    left, right = _sharing(first, paths), _sharing(second, paths)
    for kind, more, less in (("gained alias", right, left), ("lost alias", left, right)):
        path = next((path for path in paths if set(more[path]) - set(less[path])), None)
        if path is not None:
            text = f"{path} shares memory with {_names(path, right)}, should share with {_names(path, left)}"
            yield Difference(kind, text)


def _names(path: str, sharing: dict[str, tuple[str, ...]]) -> str:
    return ", ".join(other for other in sharing[path] if other != path) or "nothing"


def _error_difference(wanted: Exception | None, got: Exception | None) -> str | None:
    if (wanted is None) != (got is None):
        return f"raised {_text(got)}, should be {_text(wanted)}"
    if wanted is None or got is None:
        return None
    if _is_raised(wanted):  # as torch.jit.Error, or after a wait sometimes as RuntimeError: PyTorch's threads decide
        is_kind = isinstance(got, RuntimeError | torch.jit.Error)
        same = is_kind and _is_raised(got) and _last_line(wanted) == _last_line(got)
    else:
        same = type(wanted) is type(got)
    return None if same else f"raised {_text(got)}, should be {_text(wanted)}"


def _is_raised(error: Exception) -> bool:
    """Returns whether the program raised the error itself."""
    return "the input is out of range" in str(error)


def _last_line(error: Exception) -> str:
    return str(error).strip().split("\n")[-1]


def _text(error: Exception | None) -> str:
    return "nothing" if error is None else f"{type(error).__name__} ({_last_line(error)[:300]})"


class Comparison:
    """Runs two modules call by call."""

    def __init__(self, wanted: Any, got: Any, state_names: Sequence[str], device: str = "cpu"):
        self.wanted, self.got = Run(wanted, state_names, device), Run(got, state_names, device)
        self.first_state = copy.deepcopy(self.wanted.state())

    def call(self, arguments: list[torch.Tensor], optimized: tuple[bool, bool]) -> Iterator[Difference]:
        """Calls both modules and yields the differences."""
        number = len(self.wanted.results)
        self.wanted.call(arguments, optimized[0])
        self.got.call(arguments, optimized[1])
        for difference in self._differences(number):
            yield dataclasses.replace(difference, text=f"call {number}: {difference.text}")

    def _differences(self, number: int) -> Iterator[Difference]:
        error = _error_difference(self.wanted.error, self.got.error)
        if error is not None:
            yield Difference("lost exception" if self.got.error is None else "exception", error)
        elif self.wanted.error is None and (
            found := value_difference(self.wanted.results[-1], self.got.results[-1], "result")
        ):
            yield Difference(*found)
        for i, (wanted, got) in enumerate(zip(self.wanted.arguments[-1], self.got.arguments[-1], strict=True)):
            if found := value_difference(wanted, got, f"input {i}"):
                yield Difference("input", found[1])
        yield from self._state_differences()
        if error is None:
            yield from _memory_differences(self.wanted, self.got)
        for i in range(number):
            for j, (wanted, got) in enumerate(zip(self.wanted.arguments[i], self.got.arguments[i], strict=True)):
                if found := value_difference(wanted, got, f"input {j} of call {i}"):
                    yield Difference("input", found[1])
            wanted, got = self.wanted.results[i], self.got.results[i]
            if found := value_difference(wanted, got, f"result of call {i}"):
                yield Difference("kept result", found[1])

    def _state_differences(self) -> Iterator[Difference]:
        states = self.wanted.state(), self.got.state()
        for name, value in states[0].items():
            if name not in states[1]:
                if value_difference(self.first_state[name], value, name):
                    yield Difference("state", f"the attribute {name} is missing")
                continue
            if found := value_difference(value, states[1][name], f"attribute {name}"):
                yield Difference("state", found[1])


def differences(
    wanted: Any,
    got: Any,
    calls: Sequence[list[torch.Tensor]],
    state_names: Sequence[str] = (),
    optimized: tuple[bool, bool] = (False, True),
    ignored: Collection[str] = (),
    saves: int | None = None,
    device: str = "cpu",
) -> list[Difference]:
    """Returns the differences of the first call that has any, except those of ignored kinds.

    The calls get copies of the arguments on the device. Before the call ``saves``, both modules are saved and loaded.

    The reference runs unoptimized: TorchScript's optimizer drops some writes to tensors that a loop carries.
    """
    comparison = Comparison(wanted, got, state_names, device)
    for i, arguments in enumerate(calls):
        if i == saves:
            comparison.wanted.reload()
            comparison.got.reload()
        found = list(comparison.call(arguments, optimized))
        left = [difference for difference in found if difference.kind not in ignored]
        if found and found[0].kind == "lost exception" and left[:1] != found[:1]:
            return []  # the compiled module went on, so the rest differs
        if left:
            return left
    return []


def is_sound(
    make: Callable[[], Any], calls: Sequence[list[torch.Tensor]], state_names: Sequence[str], device: str = "cpu"
) -> bool:
    """Returns whether TorchScript does the same with and without its optimizer, without errors of its own."""
    comparison = Comparison(make(), make(), state_names, device)
    for arguments in calls:
        if list(comparison.call(arguments, (False, True))):
            return False
        error = comparison.wanted.error
        if error is not None and not _is_raised(error):
            return False
    return True
