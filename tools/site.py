#!/usr/bin/env python3
"""Copies the pages of the documentation site to a folder: those that mkdocs.yml lists, and the files that they link.

The copies have the folders of the tree, so their links need no change. A folder that a page links becomes a page with
the texts of its files, and a notebook a page with its outputs. The pages of the API are written here: docstrings
(mkdocstrings) and the pages of Doxygen.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = (
    "torch_tensorrt.runtime",
    "torch_tensorrt.ptq",
    "torch_tensorrt.logging",
    "torch_tensorrt.ts",
    "torch_tensorrt.dynamo",
)
LANGUAGES = {".py": "python", ".cpp": "c++", ".h": "c++", ".txt": "", ".sh": "bash", ".pbtxt": ""}
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def pages() -> list[str]:
    """Returns the paths of all pages that mkdocs.yml lists, in its order; those of notebooks are the notebooks."""
    listed = re.findall(r"^ +- .*: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.M)
    notebooks = {page: str(Path(page).with_suffix(".ipynb")) for page in listed}
    return [notebooks[page] if (ROOT / notebooks[page]).exists() else page for page in listed]


def text_of(path: Path) -> str:
    """Returns the text of a page, without the code and the outputs of a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = (cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def links(text: str) -> Iterator[str]:
    """Yields the targets of the links to other files and to headings; code has none."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))
    for target in LINK.findall(prose):
        if not re.match(r"[a-z]+:", target):
            yield target


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def folder_page(folder: Path) -> str:
    """Returns a page with the files of a folder, or its list if they are pages themselves."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    lines = [f"# {folder.relative_to(ROOT)}", ""]
    for path in files:
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".md":
            lines += [f"- [{name}]({name})"]
        elif path.suffix in LANGUAGES:
            lines += [
                f"## {name}",
                "",
                f"```{LANGUAGES[path.suffix]}",
                path.read_text(encoding="utf-8").rstrip(),
                "```",
                "",
            ]
    return "\n".join(lines) + "\n"


def copy_all(out: Path) -> None:
    """Copies the listed pages and, again and again, what they link."""
    todo, done = [ROOT / page for page in pages() if not page.startswith("api/")], set()
    while todo:
        path = todo.pop()
        if path in done:
            continue
        done.add(path)
        name = path.relative_to(ROOT)
        if path.is_dir():
            text, target = folder_page(path), out / name / "README.md"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            folder = path
        elif path.suffix == ".md":
            text, folder = path.read_text(encoding="utf-8"), path.parent
            copied = out / name
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_text(with_links_to_pages(text, folder), encoding="utf-8")
        elif path.suffix == ".ipynb":
            text, folder = text_of(path), path.parent
            write_notebook(path, out / name.with_suffix(".md"))
        else:
            copy(path, out / name)
            continue
        for link in links(text):
            linked = (folder / link.partition("#")[0]).resolve()
            if link.startswith("#"):
                continue
            if not linked.exists():
                sys.exit(f"error: {name}: the link {link} leads to no file")
            todo.append(linked)


def with_links_to_pages(text: str, folder: Path) -> str:
    """Makes links to folders and notebooks links to their pages."""

    def replace(match: re.Match[str]) -> str:
        target = match.group(1)
        if re.match(r"[a-z]+:|#", target):
            return match.group(0)
        if (folder / target).is_dir():
            return f"]({target.rstrip('/')}/README.md)"
        path, mark, heading = target.partition("#")
        return f"]({path.removesuffix('.ipynb')}.md{mark}{heading})" if path.endswith(".ipynb") else match.group(0)

    return LINK.sub(replace, text)


def write_notebook(path: Path, target: Path) -> None:
    """Writes a notebook as a page, and its pictures beside it."""
    from nbconvert import MarkdownExporter  # of .venv-docs

    text, resources = MarkdownExporter().from_filename(str(path), {"output_files_dir": f"{path.stem}_files"})
    (target.parent / f"{path.stem}_files").mkdir(parents=True, exist_ok=True)
    for name, data in resources["outputs"].items():
        (target.parent / name).write_bytes(data)
    target.write_text(with_links_to_pages(text, path.parent), encoding="utf-8")


def public_names() -> list[str]:
    """Returns the names of __all__ that have docstrings of their own, without the submodules."""
    tree = ast.parse((ROOT / "python/torch_tensorrt/__init__.py").read_text(encoding="utf-8"))
    (value,) = (
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    submodules = {name.rpartition(".")[2] for name in MODULES}
    return [name for name in ast.literal_eval(value) if name not in submodules and not name.startswith("__")]


def cpp_page() -> str:
    """Returns a page that links those of Doxygen, each with its first sentence."""
    listed = (ROOT / "build/doxygen/html/annotated.html").read_text(encoding="utf-8")
    rows = re.findall(
        r'<a class="el" href="([^"]+)" target="_self">([^<]+)</a></td><td class="desc">(.*?)</td>', listed
    )
    lines = [
        "# C++",
        "",
        "The namespaces and classes of the C++ API. [The guide](../docs/guide/cpp.md) has an example.",
        "",
    ]
    lines += ["| name | |", "| --- | --- |"]
    for target, name, text in rows:
        lines.append(f"| [{name}](doxygen/{target}) | {re.sub('<[^>]+>', '', text).strip()} |")
    lines += ["", "More lists: [files](doxygen/files.html), [functions](doxygen/namespacemembers_func.html)."]
    return "\n".join(lines) + "\n"


def write_api(out: Path) -> None:
    names = [f"::: torch_tensorrt.{name}" for name in public_names()]
    modules = [f"::: {name}" for name in MODULES]
    start = "# Python\n\nThe public names of the package. [The settings](../docs/settings.md) have a page.\n\n"
    (out / "api").mkdir(parents=True, exist_ok=True)
    (out / "api/python.md").write_text(start + "\n\n".join(names + modules) + "\n", encoding="utf-8")
    (out / "api/cpp.md").write_text(cpp_page(), encoding="utf-8")
    shutil.copytree(ROOT / "build/doxygen/html", out / "api/doxygen")


def main() -> None:
    out = Path(sys.argv[1])
    shutil.rmtree(out, ignore_errors=True)
    copy_all(out)
    write_api(out)
    copy(ROOT / "docs/site.css", out / "site.css")


if __name__ == "__main__":
    main()
