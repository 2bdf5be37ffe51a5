"""Programs on a GPU: tensors that a method makes are on the device of its first tensor, and attributes are moved."""

from __future__ import annotations

import re
from typing import Any

import torch

_MAKER = re.compile(r"\btorch\.(?:arange|empty|eye|full|ones|tensor|zeros)\(")
_HEAD = re.compile(r"\s*def \w+\((?:self(?:, )?)?(?:(\w+): Tensor)?")


def with_devices(source: str) -> str:
    """Returns a source whose methods name a device wherever they make a tensor."""
    lines, tensor = [], None
    for line in source.split("\n"):
        head = _HEAD.match(line)
        if head is not None:
            tensor = head[1]
        lines.append(_with_device(line, tensor) if tensor else line)
    return "\n".join(lines)


def _with_device(line: str, tensor: str) -> str:
    for found in reversed(list(_MAKER.finditer(line))):  # from the right: a call in another one keeps its place
        end = _end_of_call(line, found.end())
        if "device=" not in line[found.end() : end]:
            line = f"{line[:end]}, device={tensor}.device{line[end:]}"
    return line


def _end_of_call(line: str, start: int) -> int:
    """Returns the place of the bracket that closes a call whose arguments begin at the given place."""
    depth = 1
    for place in range(start, len(line)):
        depth += (line[place] in "([{") - (line[place] in ")]}")
        if depth == 0:
            return place
    raise ValueError(f"no bracket closes the call in {line!r}")


def on_device(module: torch.nn.Module, device: str) -> torch.nn.Module:
    """Moves a module, and the tensors in its plain attributes, which ``Module.to`` leaves where they are."""
    module.to(device)
    for part in module.modules():
        for name, value in list(vars(part).items()):
            if not name.startswith("_"):
                setattr(part, name, _moved(value, device))
    return module


def _moved(value: Any, device: str) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, list):
        return [_moved(part, device) for part in value]
    if isinstance(value, dict):
        return {key: _moved(part, device) for key, part in value.items()}
    return value


def set_up(device: str) -> None:
    """Makes a GPU compute float32 with all its digits."""
    if device == "cpu":
        return
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def is_lost(device: str) -> bool:
    """Returns whether an error of a kernel has made the GPU unusable for this process."""
    if device == "cpu":
        return False
    try:
        torch.cuda.synchronize()
    except RuntimeError:
        return True
    return False
