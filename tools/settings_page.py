#!/usr/bin/env python3
"""Writes docs/settings.md from the rows of the installed torch_tensorrt (make docs).

tools/settings_page.py           write it
tools/settings_page.py --check   exit with 1 if the page and the rows differ
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from torch_tensorrt.ts._settings import SETTINGS, Setting

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
UPDATE = "run tools/settings_page.py (or make docs) to update it"

HEAD = """# Settings

`tools/settings_page.py` writes this page from `cpp/torch_tensorrt/settings.h`, and a test compares the two. A setting
has the same name in Python (`torch_tensorrt.compile(..., NAME=VALUE)`), in C++ (`CompileSpec::NAME`) and in the file of
an engine.

The settings `device` (`-d`, `--gpu-id`, `--dla-core`, `--allow-gpu-fallback`), `enabled_precisions` (`-p`),
`calibrator` (`--calibration-data`, `--calibration-cache-file`) and `capability` (`--engine-capability`)
have types of their own and are not in the table.

| setting | default | values | `torchtrtc` | meaning |
| --- | --- | --- | --- | --- |
"""
_MOST = 2**63 - 1


def default_of(setting: Setting) -> str:
    if setting.may_be_open:
        return "open (Python: `None`, elsewhere -1)"
    if setting.type == "list":
        return "none"
    return f"`{setting.default}`" if setting.default != "" else "none"


def values_of(setting: Setting) -> str:
    if setting.type == "int":
        return f"{setting.low} or more" if setting.high == _MOST else f"{setting.low} to {setting.high}"
    return {"bool": "`True`, `False`", "str": "text", "list": "names"}[setting.type]


def page() -> str:
    rows = []
    for setting in SETTINGS:
        flags = ", ".join(f"`{flag}`" for flag in setting.flags.split(","))
        rows.append(f"| `{setting.name}` | {default_of(setting)} | {values_of(setting)} | {flags} | {setting.help} |")
    return HEAD + "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the page, without writing it")
    if not parser.parse_args().check:
        PAGE.write_text(page())
        return 0
    if PAGE.exists() and PAGE.read_text() == page():
        return 0
    print(f"{PAGE} differs from the rows of settings.h; {UPDATE}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
