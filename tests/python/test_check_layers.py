"""Runs tools/check_layers.py on trees that break one rule each."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "check_layers.py"
CORE = "cpp/torch_tensorrt/core"


def check(root: Path, files: dict[str, str], readmes: bool = True) -> tuple[int, str]:
    folders = {"/".join(name.split("/")[:depth]) for name in files if name.startswith(CORE) for depth in (4, 5)}
    added = {f"{folder}/README.md": "# folder\n" for folder in folders if "." not in folder}
    for name, text in {**(added if readmes else {}), **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_good_tree_passes(tmp_path):
    status, output = check(
        tmp_path,
        {
            f"{CORE}/network/layer.h": '#include "torch_tensorrt/core/util/Exception.h"\n#include <vector>\n',
            f"{CORE}/optimizer/pass.h": '#include "torch_tensorrt/core/network/layer.h"\n',
            f"{CORE}/engine/tactics/aten/matmul.cpp": '#include "ATen/ATen.h"\n',
            f"{CORE}/engine/tactics/onednn/matmul.h": "#include <oneapi/dnnl/dnnl.hpp>\n",
            f"{CORE}/engine/plan/plan.cpp": '#include "torch_tensorrt/core/engine/plan/plan_generated.h"\n',
            f"{CORE}/util/jit_util.h": '#include "torch/csrc/jit/ir/ir.h"\n',
            f"{CORE}/compiler.cpp": '#include "torch_tensorrt/core/engine/build/builder.h"\n',
            "cpp/bin/torchtrtc/main.cpp": '#include "options.h"\n#include "torch_tensorrt/torch_tensorrt.h"\n',
        },
    )
    assert (status, output) == (0, "")


@pytest.mark.parametrize(
    ("path", "include", "message"),
    [
        (f"{CORE}/network/layer.h", "torch_tensorrt/core/optimizer/pass.h", "network must not include optimizer"),
        (f"{CORE}/util/error.h", "torch_tensorrt/core/network/layer.h", "util must not include network"),
        (f"{CORE}/util/error.h", "torch_tensorrt/core/util/jit_util.h", "util must not include util_jit"),
        (f"{CORE}/build_settings.h", "torch_tensorrt/core/engine/b.h", "build_settings must not include engine"),
        (f"{CORE}/lowering/a.cpp", "torch_tensorrt/core/conversion/b.h", "lowering must not include conversion"),
        (f"{CORE}/conversion/converters/a.cpp", "torch_tensorrt/core/engine/b.h", "must not include engine"),
        (f"{CORE}/runtime/a.cpp", "torch_tensorrt/core/compiler.h", "runtime must not include compiler"),
        (
            f"{CORE}/engine/engine.cpp",
            "torch_tensorrt/core/engine/tactics/aten/list.h",
            "must not include tactics_aten",
        ),
        (f"{CORE}/engine/tactics/aten/a.cpp", "torch_tensorrt/core/engine/tactics/onednn/b.h", "tactics_onednn"),
        (f"{CORE}/compiler.cpp", "torch_tensorrt/core/backends/tensorrt/b.h", "compiler must not include backends"),
        (f"{CORE}/backends/tensorrt/a.cpp", "torch_tensorrt/core/runtime/b.h", "backends must not include runtime"),
        (f"{CORE}/backends/tensorrt/a.cpp", "ATen/ATen.h", "backends must not include a torch header"),
        (f"{CORE}/engine/engine.h", "ATen/ATen.h", "engine must not include a torch header"),
        (f"{CORE}/network/layer.cpp", "c10/util/ArrayRef.h", "network must not include a torch header"),
        (f"{CORE}/engine/plan.h", "flatbuffers/flatbuffers.h", "an installed header must not include"),
        (f"{CORE}/runtime/engine.h", "torch_tensorrt/core/engine/tactics/aten/a.h", "which is not installed"),
        (f"{CORE}/network/layer.cpp", "layer.h", "from the include root"),
        (f"{CORE}/novelty/a.cpp", "vector", "belongs to no layer"),
    ],
)
def test_each_rule_is_enforced(tmp_path, path, include, message):
    status, output = check(tmp_path, {path: f'// first line\n#include "{include}"\n'})
    assert status == 1
    assert message in output
    assert output.startswith(path)


OLD_PATHS = {
    f"{CORE}/compat/ir.h": "#pragma once\n",
    f"{CORE}/ir/ir.h": '#pragma once\n\n#include "torch_tensorrt/core/compat/ir.h"\n',
}


def test_old_include_paths_forward(tmp_path):
    assert check(tmp_path, OLD_PATHS) == (0, "")


@pytest.mark.parametrize("target", ["compat/ir.h", "ir/ir.h"])
def test_own_code_must_not_include_names_for_other_source(tmp_path, target):
    own = {f"{CORE}/ir/inputs.cpp": f'#include "torch_tensorrt/core/{target}"\n'}
    status, output = check(tmp_path, OLD_PATHS | own)
    assert status == 1
    assert f"{CORE}/ir/inputs.cpp:1: ir must not include compat" in output


def test_tables_of_rows_are_named_after_families(tmp_path):
    families = {
        f"{CORE}/conversion/converters/impl/reduce.cpp": "",
        f"{CORE}/conversion/converters/impl/sizes.cpp": "",
        f"{CORE}/conversion/evaluators/lists.cpp": "",
    }
    tables = {f"tests/python/ops/{name}_rows.py": "" for name in ("reduce", "reduce_late", "lists")}
    assert check(tmp_path / "good", families | tables) == (0, "")
    status, output = check(tmp_path / "bad", families | {"tests/python/ops/sizes_rows.py": ""})
    assert status == 1
    assert "tests/python/ops/sizes_rows.py: must be named after a family" in output
    assert "no table of the family reduce; add reduce_rows.py" in output


def test_long_files_warn_and_then_fail(tmp_path):
    status, output = check(tmp_path, {"cpp/bin/a.cpp": "\n" * 401})
    assert (status, "warning: cpp/bin/a.cpp: 401 lines" in output) == (0, True)
    status, output = check(tmp_path, {"cpp/bin/a.cpp": "\n" * 701})
    assert (status, "cpp/bin/a.cpp: 701 lines, the limit is 700" in output) == (1, True)


def test_this_tree_has_no_file_without_a_layer():
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert "belongs to no layer" not in done.stdout


def test_folders_say_in_few_lines_what_they_are_for(tmp_path):
    source = {f"{CORE}/engine/run/engine.cpp": ""}
    status, output = check(tmp_path, source, readmes=False)
    assert status == 1
    assert f"{CORE}/engine/README.md is missing" in output
    assert f"{CORE}/engine/run/README.md is missing" in output
    status, output = check(tmp_path, {**source, f"{CORE}/engine/README.md": "line\n" * 11})
    assert (status, output.count("\n")) == (1, 1)
    assert "must have at most 10 lines" in output
