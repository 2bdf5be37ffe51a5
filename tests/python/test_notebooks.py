"""The notebooks run, and those that are committed show what they compute."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))


def _tool():
    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "tools" / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = _tool()


def texts(notebook) -> str:
    """Returns what the code cells printed."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def pictures(notebook) -> int:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def committed(request):
    return request.param


def test_it_runs(committed):
    """The notebooks assert what they claim: accuracies, equal decisions, errors, one engine."""
    found = tool.execute(committed)
    expected = nbformat.read(committed, as_version=4)
    assert pictures(found) == pictures(expected) >= 5
    for pattern in (r"accuracy in the test: \d\d\.\d+ %", r"largest difference \d\.\de-\d\d"):
        assert re.search(pattern, texts(found)), pattern
    assert "Traceback" not in texts(found)
    assert "WARNING" not in texts(found)


def test_a_failing_cell_fails(tmp_path):
    path = tmp_path / "wrong.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 + 1 == 3")]), path)
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="AssertionError"):
        tool.execute(path)


def test_committed_outputs_are_whole_and_clean(committed):
    notebook = nbformat.read(committed, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "not run from top to bottom"
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert not re.search(r"/(tmp|root|home|usr|work)/", committed.read_text(encoding="utf-8"))
    assert committed.stat().st_size < 400_000


def test_cleaning_removes_paths_and_names(tmp_path):
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [
        nbformat.v4.new_output("stream", text="wrote /tmp/x1/model.ts: 1/2 of a/b\n"),
        nbformat.v4.new_output("display_data", {"text/plain": "<Figure size 900x300 with 1 Axes>"}),
        nbformat.v4.new_output("display_data", {"text/plain": "<Figure>", "image/png": "AAAA"}),
    ]
    outputs = tool.clean(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs
    assert [output.output_type for output in outputs] == ["stream", "display_data"]
    assert outputs[0].text == "wrote model.ts: 1/2 of a/b\n"
    assert outputs[1].data == {"image/png": "AAAA"}
