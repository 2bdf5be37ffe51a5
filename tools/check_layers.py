#!/usr/bin/env python3
"""Checks includes between layers, lengths of files, READMEs of folders, and names of tables of rows.

    tools/check_layers.py [ROOT]

The tables below are the rules; docs and reviews refer to them. Each violation is a line on standard output:

    cpp/torch_tensorrt/core/network/layer.h:7: network must not include optimizer (torch_tensorrt/core/optimizer/pass.h)

Exits with 1 if there is a violation. A file above the soft limit only causes a warning.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INCLUDE_ROOT = "cpp"
SOFT_LIMIT = 400
HARD_LIMIT = 700
SIZED_FOLDERS = ("cpp", "python", "tests", "tools", "examples", "benchmarks", "zoo")
SIZED_SUFFIXES = {".h", ".cpp", ".py"}
# Each folder in this one, in its network/ and in its engine/ has a README.
CORE = "cpp/torch_tensorrt/core"
README_LIMIT = 10
# Tables of rows are named FAMILY_rows.py or FAMILY_PART_rows.py, after a source of one of the next two folders.
ROWS = "tests/python/ops"
CONVERTERS = f"{CORE}/conversion/converters/impl"
EVALUATORS = f"{CORE}/conversion/evaluators"
NO_FAMILIES = {"args", "families", "layers", "sizes", "declined", "NodeEvaluatorRegistry", "eval_util"}

# Pattern of a path below cpp/ -> layer. The first matching row decides.
LAYERS = [
    (r"torch_tensorrt/(macros|version|settings|progress)\.h$", "base"),
    (r"torch_tensorrt/core/compat/", "compat"),
    (r"torch_tensorrt/core/util/jit[^/]*$", "util_jit"),
    (r"torch_tensorrt/core/util/", "util"),
    (r"torch_tensorrt/core/network/", "network"),
    (r"torch_tensorrt/core/optimizer/", "optimizer"),
    (r"torch_tensorrt/core/engine/tactics/aten/", "tactics_aten"),
    (r"torch_tensorrt/core/engine/tactics/onednn/", "tactics_onednn"),
    (r"torch_tensorrt/core/engine/", "engine"),
    (r"torch_tensorrt/core/backends/", "backends"),
    (r"torch_tensorrt/core/ir/", "ir"),
    (r"torch_tensorrt/core/lowering/", "lowering"),
    (r"torch_tensorrt/core/conversion/(conversionctx|tensorcontainer|var)/", "converter_types"),
    (r"torch_tensorrt/core/conversion/", "conversion"),
    (r"torch_tensorrt/core/partitioning/", "partitioning"),
    (r"torch_tensorrt/core/runtime/", "runtime"),
    (r"torch_tensorrt/core/build_settings\.h$", "build_settings"),
    (r"torch_tensorrt/core/compiler\.h$", "compiler_header"),
    (r"torch_tensorrt/core/[^/]+$", "compiler"),
    (r"torch_tensorrt/ptq\.h$", "ptq_header"),
    (r"torch_tensorrt/(?!core/)", "api"),
    (r"bin/", "bin"),
    (r"stand_in/", "stand_in"),
]

_ENGINE = {"util", "network", "build_settings", "optimizer", "engine"}
_TORCH_SIDE = {"util", "util_jit", "network", "build_settings", "ir"}
_ALL = _ENGINE | _TORCH_SIDE | {"lowering", "converter_types", "conversion", "partitioning", "runtime"}

# Layer -> the layers that it may include beside itself and base.
ALLOWED = {
    "base": set(),
    "util": set(),
    "network": {"util"},
    "build_settings": {"network"},
    "optimizer": {"util", "network"},
    # A build without oneDNN or CUDA omits its tactics; ATen's tactics register themselves from the runtime library.
    "engine": {"util", "network", "build_settings", "optimizer", "tactics_onednn"},
    "tactics_onednn": _ENGINE,
    "tactics_aten": _ENGINE | {"util_jit"},
    "backends": _ENGINE,
    # The types of networks are the vocabulary of these helpers.
    "util_jit": {"util", "network"},
    "ir": {"util", "util_jit", "network"},
    "lowering": {"util", "util_jit", "ir"},
    # Converters of other people include these types for all names that converters use.
    "converter_types": _TORCH_SIDE | {"conversion", "compat"},
    "conversion": _TORCH_SIDE | {"converter_types"},
    "partitioning": _TORCH_SIDE | {"lowering", "converter_types", "conversion"},
    "runtime": _ENGINE | {"util_jit", "tactics_aten"},
    "compiler": _ALL | {"compiler_header"},
    # Programs of other people include this header for the names of partitioning too.
    "compiler_header": _ALL | {"compat"},
    "api": _ALL | {"compiler", "compiler_header", "ptq_header"},
    # Programs of other people name calibration algorithms by classes of TensorRT.
    "ptq_header": {"api", "compat"},
    "bin": _ALL | {"compiler", "compiler_header", "api", "ptq_header"},
    # Names for other people's source, made of ours.
    "compat": _ALL | {"compiler", "compiler_header"},
    "stand_in": {"compat"},
}
# A header of one line that includes one of these is an old include path, and belongs to their layer.
FORWARD = re.compile(r'\s*#pragma once\s+#include "torch_tensorrt/core/compat/[^"]+"\s*')

TORCH_HEADER = re.compile(r"(torch|ATen|c10|caffe2)/")
TORCH_FREE = {"base", "util", "network", "build_settings", "optimizer", "engine", "tactics_onednn", "backends"}

# All other headers are installed, and an installed header must compile without our third-party packages.
NOT_INSTALLED = re.compile(r"torch_tensorrt/core/(engine/tactics/[^/]+/|backends/|engine/plan/plan_)|/internal/|^bin/")
THIRD_PARTY_HEADER = re.compile(r"(flatbuffers|fmt|oneapi|CLI)/|dnnl|xxhash\.h$|.*plan_generated\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


@dataclass(frozen=True)
class Include:
    line: int
    target: str
    quoted: bool


def layer_of(path: str, forwards: set[str]) -> str | None:
    """Returns the layer of a path below cpp/, or None if no layer owns it."""
    if path in forwards:
        return "compat"
    return next((layer for pattern, layer in LAYERS if re.match(pattern, path)), None)


def includes_of(text: str) -> Iterator[Include]:
    for number, line in enumerate(text.splitlines(), start=1):
        if match := INCLUDE.match(line):
            yield Include(number, match[2], quoted=match[1] == '"')


def is_installed_header(path: str) -> bool:
    return path.endswith(".h") and not NOT_INSTALLED.search(path)


def fault_of(path: str, layer: str, include: Include, forwards: set[str]) -> str | None:
    """Returns the violation of an include, or None."""
    target = include.target
    if target.startswith("torch_tensorrt/"):
        target_layer = layer_of(target, forwards)
        if target_layer is None:
            return f"{target} belongs to no layer"
        if target_layer not in ALLOWED[layer] | {layer, "base"}:
            return f"{layer} must not include {target_layer} ({target})"
        if is_installed_header(path) and NOT_INSTALLED.search(target):
            return f"an installed header must not include {target}, which is not installed"
        return None
    if TORCH_HEADER.match(target):
        return f"{layer} must not include a torch header ({target})" if layer in TORCH_FREE else None
    if is_installed_header(path) and THIRD_PARTY_HEADER.match(target):
        return f"an installed header must not include {target}; include it in the .cpp or keep the header internal"
    if include.quoted and path.startswith("torch_tensorrt/"):
        return f'write "{target}" from the include root, as "torch_tensorrt/..."'
    return None


def include_faults(root: Path) -> Iterator[str]:
    base = root / INCLUDE_ROOT
    files = [file for file in sorted(base.rglob("*")) if file.suffix in {".h", ".cpp"}]
    texts = {file.relative_to(base).as_posix(): file.read_text(encoding="utf-8") for file in files}
    forwards = {path for path, text in texts.items() if FORWARD.fullmatch(text)}
    for path, text in texts.items():
        layer = layer_of(path, forwards)
        where = f"{INCLUDE_ROOT}/{path}"
        if layer is None:
            yield f"{where}: belongs to no layer; add its folder to LAYERS in tools/check_layers.py"
            continue
        for include in includes_of(text):
            if fault := fault_of(path, layer, include, forwards):
                yield f"{where}:{include.line}: {fault}"


def long_files(root: Path) -> Iterator[tuple[str, int]]:
    for folder in SIZED_FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SIZED_SUFFIXES or not file.is_file():
                continue
            lines = len(file.read_text(encoding="utf-8").splitlines())
            if lines > SOFT_LIMIT:
                yield file.relative_to(root).as_posix(), lines


def readme_faults(root: Path) -> Iterator[str]:
    core = root / CORE
    parents = [path for path in (core, core / "network", core / "engine") if path.is_dir()]
    folders = [path for parent in parents for path in parent.iterdir()]
    for folder in sorted(path for path in folders if path.is_dir()):
        readme = folder / "README.md"
        where = readme.relative_to(root).as_posix()
        if not readme.exists():
            yield f"{where} is missing: state what the folder contains, what does not belong there, and where to start"
        elif len(readme.read_text(encoding="utf-8").splitlines()) > README_LIMIT:
            yield f"{where}: must have at most {README_LIMIT} lines"


def families_of(folder: Path) -> set[str]:
    return {file.stem for file in folder.glob("*.cpp")} - NO_FAMILIES


def row_faults(root: Path) -> Iterator[str]:
    converters = families_of(root / CONVERTERS)
    families = converters | families_of(root / EVALUATORS)
    names = sorted(file.name.removesuffix("_rows.py") for file in (root / ROWS).glob("*_rows.py"))
    for name in names:
        if not any(f"{name}_".startswith(f"{family}_") for family in families):
            yield f"{ROWS}/{name}_rows.py: must be named after a family of converters or evaluators"
    for family in sorted(converters):
        if not any(f"{name}_".startswith(f"{family}_") for name in names):
            yield f"{ROWS}: no table of the family {family}; add {family}_rows.py"


def main(arguments: list[str]) -> int:
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    faults = [*include_faults(root), *readme_faults(root), *row_faults(root)]
    for where, lines in long_files(root):
        if lines > HARD_LIMIT:
            faults.append(f"{where}: {lines} lines, the limit is {HARD_LIMIT}; split it")
        else:
            print(f"warning: {where}: {lines} lines, consider splitting files above {SOFT_LIMIT} lines")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
