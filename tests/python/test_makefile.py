"""`make help` lists every target."""

from __future__ import annotations

import re
from pathlib import Path

from outside import run

ROOT = Path(__file__).resolve().parents[2]


def test_every_target_is_listed_and_phony():
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", text, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split())
    listed = set(re.findall(r"^  make ([a-z0-9-]+)", run("make", "-C", ROOT, "help"), re.MULTILINE))
    assert targets == phony == listed and {"test-gpu", "tensorrt"} <= targets
