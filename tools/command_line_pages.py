#!/usr/bin/env python3
"""Writes the manual page and the completions of the installed torchtrtc below cpp/bin/torchtrtc/share (make docs).

tools/command_line_pages.py           write them
tools/command_line_pages.py --check   exit with 1 if a file and the program differ
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
from pathlib import Path

SHARE = Path(__file__).resolve().parent.parent / "cpp" / "bin" / "torchtrtc" / "share"
PROGRAM = Path(sysconfig.get_path("scripts")) / "torchtrtc"
UPDATE = "run tools/command_line_pages.py (or make docs) to update it"
# The paths below the prefix of an installation, where man and the shells look.
PAGES = {
    "man/man1/torchtrtc.1": ("man",),
    "bash-completion/completions/torchtrtc": ("completion", "bash"),
    "zsh/site-functions/_torchtrtc": ("completion", "zsh"),
    "fish/vendor_completions.d/torchtrtc.fish": ("completion", "fish"),
}


def page(arguments: tuple[str, ...]) -> str:
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=True).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the files, without writing them")
    is_check = parser.parse_args().check
    status = 0
    for name, arguments in PAGES.items():
        path = SHARE / name
        if not is_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(arguments))
        elif not path.exists() or path.read_text() != page(arguments):
            print(f"{path} differs from torchtrtc {' '.join(arguments)}; {UPDATE}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
