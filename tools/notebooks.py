#!/usr/bin/env python3
"""Runs the notebooks of examples/notebooks and writes them with their outputs.

Usage: tools/notebooks.py [NOTEBOOK ...]

The outputs are committed, so that a page that only shows the notebook has the results and plots. They hold no paths of
this machine and no times of cells. A cell that fails ends the program, and the file stays as it was.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat
from jupyter_client.manager import AsyncKernelManager

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "examples" / "notebooks"


def execute(path: Path, timeout: int = 180) -> nbformat.NotebookNode:
    """Returns the notebook with new outputs.

    The kernel is this Python. It listens to sockets in a folder of its own, not to ports, and leaves no files.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="kernel") as folder:
        manager = AsyncKernelManager(
            kernel_name="python3", transport="ipc", connection_file=str(Path(folder) / "kernel.json")
        )
        environment = {**os.environ, "IPYTHONDIR": folder, "MPLCONFIGDIR": folder, "OMP_WAIT_POLICY": "passive"}
        client = nbclient.NotebookClient(
            notebook, km=manager, timeout=timeout, resources={"metadata": {"path": str(path.parent)}}
        )
        client.execute(env=environment, cleanup_kc=True)
    return notebook


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Removes what differs between machines and runs but tells nothing: times of cells, versions, paths, addresses."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number:02}", {}
        if cell.cell_type != "code":
            continue
        cell.outputs = [output for output in cell.outputs if not _is_a_name(output)]
        for output in cell.outputs:
            output.pop("metadata", None)
            if output.output_type == "stream":
                output.text = re.sub(r"(?<![\w.])/(?:[\w.+-]+/)+", "", output.text)
            else:
                output.metadata = {}
                if "image/png" in output.data:
                    output.data = {"image/png": output.data["image/png"]}
    return notebook


def _is_a_name(output: nbformat.NotebookNode) -> bool:
    """Whether an output is only the text of an object, such as `<Figure size 900x300 with 1 Axes>`."""
    data = output.get("data", {})
    return set(data) == {"text/plain"} and re.match(r"\[?<|\[?Text\(", data["text/plain"]) is not None


def main() -> None:
    for path in [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")):
        notebook = clean(execute(path))
        nbformat.write(notebook, path)
        print(f"wrote {path} ({path.stat().st_size / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
