"""The site of the documentation lists every page, and links lead to files and headings."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _site():
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / "tools" / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


site = _site()
PAGES = [ROOT / page for page in site.pages() if not page.startswith("api/")]


def anchors(text: str) -> set[str]:
    """Returns the anchors of the headings, as GitHub and MkDocs both make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", site.FENCE.sub("", text), re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        found.add(re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", words).strip()))
    return found


def broken(page: Path) -> list[str]:
    """Returns the links of a page that lead nowhere."""
    text, wrong = site.text_of(page), []
    for link in site.links(text):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(site.text_of(target))):
            wrong.append(link)
    return wrong


def test_the_site_has_every_page():
    wanted = {*ROOT.glob("docs/**/*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))}
    assert wanted <= set(PAGES), "mkdocs.yml does not list all pages"
    assert len(PAGES) == len(set(PAGES))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    assert page.exists()
    assert broken(page) == []


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A heading\n[1](#a-heading) [2](#other) [3](none.md) [4](page.md#a-heading) `[5](code.md)`\n")
    assert broken(page) == ["#other", "none.md"]


def test_notebooks_are_pages():
    notebooks = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))
    assert notebooks and set(notebooks) <= set(PAGES)


def test_links_to_folders_and_notebooks_lead_to_their_pages():
    text = "[1](../../examples/notebooks/text.ipynb#latency) [2](../../examples/cpp) [3](precision.md) [4](#here)"
    found = site.with_links_to_pages(text, ROOT / "docs" / "guide")
    assert list(site.links(found)) == [
        "../../examples/notebooks/text.md#latency",
        "../../examples/cpp/README.md",
        "precision.md",
        "#here",
    ]


def test_the_readme_links_every_page_of_the_guide():
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in site.links((ROOT / "README.md").read_text())}
    assert set(ROOT.glob("docs/guide/*.md")) <= linked


def _source_text() -> str:
    paths = [*ROOT.glob("cpp/**/*.cpp"), *ROOT.glob("cpp/**/*.h"), *ROOT.glob("python/**/*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))
    text = re.sub(r'"\s*\n\s*f?"', "", text)  # parts of one literal
    return text.replace('\\"', '"')


def test_the_messages_of_the_debugging_page_are_those_of_the_sources():
    page = (ROOT / "docs" / "guide" / "debugging.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| message .*?(?=^$)", page, re.M | re.S)
    rows = [line for table in tables for line in table.splitlines()[2:]]
    assert len(rows) > 20
    source = _source_text()
    for row in rows:
        message = re.match(r"\| `([^`]+)` \|", row).group(1)
        for part in message.split("..."):
            assert part.strip() in source, f"no source has the message {part.strip()!r}"
