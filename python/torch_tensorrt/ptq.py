"""Post-training quantization: int8 engines from a module in float32 and example data.

>>> calibrator = torch_tensorrt.ptq.DataLoaderCalibrator(loader, cache_file="resnet50.calibration")
>>> compiled = torch_tensorrt.compile(
...     module,
...     inputs=[torch_tensorrt.Input((1, 3, 224, 224))],
...     enabled_precisions={torch.float32, torch.int8},
...     calibrator=calibrator,
... )

Calibration compiles the module in float32, runs it on the data, and keeps a histogram of the magnitudes of each tensor.
The algorithm turns a histogram into a range. Weights are quantized symmetrically with a scale for each output channel,
other tensors with one scale: to ``uint8`` if calibration saw no negative number, else symmetrically to ``int8``.
The builder measures in which layers int8 is faster, and uses it there.
"""

from __future__ import annotations

import contextlib
import copy
import enum
import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.utils._pytree import tree_map

from torch_tensorrt._device import Device
from torch_tensorrt._enums import DeviceType, dtype
from torch_tensorrt._library import compiler
from torch_tensorrt._progress import followed, step
from torch_tensorrt._structured_module import StructuredModule
from torch_tensorrt.ts._compile_spec import parse_precisions

__all__ = ["CacheCalibrator", "CalibrationAlgo", "DataLoaderCalibrator"]


class CalibrationAlgo(enum.IntEnum):
    """How the largest magnitude of a tensor follows from the magnitudes that were seen; larger ones are clipped."""

    LEGACY_CALIBRATION = 0
    """99.99 % of the magnitudes are at most that."""
    ENTROPY_CALIBRATION = 1
    """8-bit integers lose the least information (Kullback-Leibler divergence)."""
    ENTROPY_CALIBRATION_2 = 2
    """The same without zeros, which integers represent exactly."""
    MINMAX_CALIBRATION = 3
    """The largest magnitude."""

    @classmethod
    def _from(cls, algorithm: Any) -> CalibrationAlgo:
        try:
            return cls(algorithm)
        except ValueError:
            names = ", ".join(member.name for member in cls)
            raise ValueError(f"algo_type is {algorithm!r}, must be a CalibrationAlgo: {names}") from None


class _Calibrator:
    def _table(self, compile_in_float: Callable[[], Any]) -> str:
        """Returns the calibration table of the module that the function compiles."""
        raise NotImplementedError


class Table(_Calibrator):
    """A calibration that has been done."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _table(self, compile_in_float: Callable[[], Any]) -> str:
        return self.text


# Instead of a table: for engines in float whose tensors have the names of those in int8.
OBSERVED = Table("observed")


class CacheCalibrator(_Calibrator):
    """Reads the calibration from a file that :class:`DataLoaderCalibrator` wrote; needs no data.

    The file is text (JSON). It names the engines and holds a key of each network and its weights: with another network
    or other weights, the compilation is an error.

    Args:
        cache_file: path of the file.
        algo_type: ignored; the file holds the ranges.

    Raises:
        ValueError: an ``algo_type`` that is none.
        FileNotFoundError: on use, without the file. A file that holds something else is a ValueError.
    """

    def __init__(
        self,
        cache_file: str | os.PathLike[str],
        algo_type: CalibrationAlgo = CalibrationAlgo.ENTROPY_CALIBRATION_2,
    ) -> None:
        self.cache_file = os.fspath(cache_file)
        self.algo_type = CalibrationAlgo._from(algo_type)

    def _table(self, compile_in_float: Callable[[], Any]) -> str:
        path = Path(self.cache_file)
        if not path.is_file():
            raise FileNotFoundError(f"there is no calibration file {self.cache_file}")
        if not _is_table(path):
            raise ValueError(f"{self.cache_file} is not a calibration file")
        return path.read_text(encoding="utf-8")


class DataLoaderCalibrator(_Calibrator):
    """Calibrates with the batches of a PyTorch ``DataLoader``, or any iterable of batches.

    A batch is a tensor, a tuple or list of the arguments of ``forward`` (further elements, such as labels, are
    ignored), or a dict of arguments by name. The shapes must be those that the module is compiled for. Some hundred
    examples of real data are enough.

    Args:
        dataloader: the batches.
        cache_file: path of a file that keeps the result; empty or ``None``: none.
        use_cache: read ``cache_file`` instead of calibrating if it exists.
        algo_type: :class:`CalibrationAlgo`.
        device: taken for Torch-TensorRT's sake. Calibration runs on the CPU, whatever the device of the batches and
            of the engines.

    Raises:
        TypeError: ``dataloader`` is not iterable.
        ValueError: ``use_cache`` without ``cache_file``, an ``algo_type`` that is none; on use, if there are no
            batches, or if ``cache_file`` holds something else than a calibration.
        OSError: on use, if ``cache_file`` cannot be written.
        RuntimeError: ``device`` is no device.
    """

    def __init__(
        self,
        dataloader: Iterable[Any],
        cache_file: str | os.PathLike[str] | None = None,
        use_cache: bool = False,
        algo_type: CalibrationAlgo = CalibrationAlgo.ENTROPY_CALIBRATION_2,
        device: Any = "cpu",
    ) -> None:
        if not isinstance(dataloader, Iterable):
            raise TypeError(
                f"dataloader is {type(dataloader).__name__}, must be a DataLoader or an iterable of batches"
            )
        if use_cache and not cache_file:
            raise ValueError("use_cache=True needs a cache_file")
        torch.device(device)
        self.dataloader = dataloader
        self.cache_file = os.fspath(cache_file) if cache_file else None
        self.use_cache = use_cache
        self.algo_type = CalibrationAlgo._from(algo_type)

    def _table(self, compile_in_float: Callable[[], Any]) -> str:
        if self.use_cache and self.cache_file and Path(self.cache_file).is_file():
            return CacheCalibrator(self.cache_file)._table(compile_in_float)
        if self.cache_file:
            _require_place(Path(self.cache_file))
        table = self._calibrated(compile_in_float())
        if self.cache_file:
            _write_whole(Path(self.cache_file), table)
        return table

    def _calibrated(self, compiled: Any) -> str:
        ops = compiler()
        with observing("a calibration", "verify"):  # verify observes in calls alone
            ops._start_calibration()
            try:
                count = 0
                for count, batch in enumerate(self.dataloader, start=1):
                    step("running batches", count - 1, length_of(self.dataloader))
                    _run(compiled, batch, count)
                if count == 0:
                    raise ValueError("the dataloader has no batches to calibrate with")
                return ops._calibration_table(int(self.algo_type))
            finally:
                ops._stop_calibration()


_observed = threading.local()  # what observes the engines that the thread runs


@contextlib.contextmanager
def observing(what: str, *outer: str) -> Iterator[None]:
    """Marks a block that observes the engines of the thread.

    Raises:
        RuntimeError: the block is inside another one that is not among ``outer``, and would end its observation.
    """
    other = getattr(_observed, "by", "")
    if other and other not in outer:
        raise RuntimeError(f"{what} cannot run inside {other}, for example in its data; call it before or after")
    _observed.by = what
    try:
        yield
    finally:
        _observed.by = other


def length_of(batches: Any) -> int:
    """The number of batches; 0 if it is not known."""
    try:
        return len(batches)
    except TypeError:
        return 0


def arguments_of(batch: Any, compiled: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Returns the arguments of ``forward`` by position and by name; labels behind them are dropped."""
    if isinstance(batch, Mapping):
        return (), dict(batch)
    positional = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
    if isinstance(compiled, torch.jit.ScriptModule):
        positional = positional[: len(compiled.forward.schema.arguments) - 1]
    if isinstance(compiled, StructuredModule):
        positional = positional[: len(compiled.structure.arguments)]
    return positional, {}


def _run(compiled: Any, batch: Any, number: int) -> None:
    positional, by_name = copied(arguments_of(on_cpu(batch), compiled))
    try:
        with torch.no_grad():
            compiled(*positional, **by_name)
    except Exception as error:
        raise RuntimeError(
            f"batch {number} of the calibration data does not run in the module (a DataLoader with drop_last=True "
            f"omits an incomplete batch): {error}"
        ) from error


def _is_table(path: Path) -> bool:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # no text, or no JSON
        return False
    return isinstance(table, dict) and table.get("format") == "torch_tensorrt int8 calibration"


def _require_place(path: Path) -> None:
    """Raises before the calibration if the file cannot be written, or if something else would be lost."""
    if path.is_dir():
        raise IsADirectoryError(f"cannot write the calibration file {path}: it is a folder")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write the calibration file {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"cannot write the calibration file {path}: permission denied")
    if path.is_file() and path.stat().st_size > 0 and not _is_table(path):
        raise ValueError(f"{path} is not a calibration file and would be overwritten; name another file")


def _write_whole(path: Path, text: str) -> None:
    mask = os.umask(0)
    os.umask(mask)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        try:
            file.write(text + "\n")
            file.flush()
            os.chmod(file.name, 0o666 & ~mask)
            os.replace(file.name, path)
        except BaseException:  # a full disk, Ctrl-C
            Path(file.name).unlink(missing_ok=True)
            raise


def _require(calibrator: Any, enabled_precisions: Any) -> None:
    if not isinstance(calibrator, _Calibrator):
        raise TypeError(
            f"calibrator is {type(calibrator).__name__}, must be a torch_tensorrt.ptq.DataLoaderCalibrator or "
            "CacheCalibrator"
        )
    precisions = parse_precisions(enabled_precisions)
    if dtype.i8.value not in precisions and dtype.f16.value not in precisions:
        raise ValueError("a calibrator needs torch.int8 or torch.half in enabled_precisions")


def without_calibrator(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings but the calibrator, and checks it without data. Raises the errors of :func:`resolve`."""
    others = dict(settings)
    calibrator = others.pop("calibrator", None)
    if calibrator is not None:
        _require(calibrator, others.get("enabled_precisions"))
    return others


def resolve(settings: dict[str, Any], device: Any, compile_in_float: Callable[..., Any]) -> None:
    """Replaces the calibrator in the settings by its result: calibrates if needed.

    Args:
        settings: those of ``compile``.
        device: where the engines run.
        compile_in_float: compiles the module, on the CPU, with the settings given to it, which name the device.

    Raises:
        TypeError: it is no calibrator.
        ValueError: neither int8 nor half is enabled.
    """
    calibrator = settings.get("calibrator")
    if calibrator is None or isinstance(calibrator, Table):
        return
    _require(calibrator, settings.get("enabled_precisions"))
    on_this_cpu = Device._from(device).device_type is DeviceType.CPU
    in_float = {**settings, "calibrator": OBSERVED, "enabled_precisions": {torch.float32}, "device": "cpu"}
    in_float.pop("precision_overrides", None)  # every layer is in float32
    if not on_this_cpu:
        in_float.update({name: value for name, value in _ON_CPU.items() if name in settings})
    with followed(settings.get("progress"), "calibrating"):
        settings["calibrator"] = Table(calibrator._table(lambda: compile_in_float(in_float)))


# Settings of GPUs that no engine for the CPU takes, or that it warns of.
_ON_CPU: dict[str, Any] = {
    "backend": "auto",
    "mix_backends": False,
    "workspace_size": 0,
    "debug": False,
    "optimization_level": None,
    "version_compatible": False,
    "hardware_compatible": False,
    "sparse_weights": False,
    "timing_cache_path": "",
}


def copied(value: Any) -> Any:
    """Returns the tree with copies of its tensors: a module may write its arguments."""
    return tree_map(lambda part: part.detach().clone() if isinstance(part, torch.Tensor) else part, value)


def on_cpu(value: Any) -> Any:
    """Returns a module, or a tree with tensors, on the CPU: a copy where it is elsewhere."""
    if isinstance(value, torch.export.ExportedProgram):
        constants = [part for part in value.constants.values() if isinstance(part, torch.Tensor)]
        if all(part.device.type == "cpu" for part in [*value.state_dict.values(), *constants]):
            return value
        from torch.export.passes import move_to_device_pass

        return move_to_device_pass(copy.deepcopy(value), "cpu")
    if isinstance(value, torch.nn.Module):
        is_there = all(part.device.type == "cpu" for part in [*value.parameters(), *value.buffers()])
        return value if is_there else copy.deepcopy(value).cpu()
    return tree_map(lambda part: part.cpu() if isinstance(part, torch.Tensor) else part, value)
