"""The manual page of torchtrtc and its completions in bash, zsh and fish."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from outside import ROOT
from test_cli_commands import torchtrtc
from test_cli_flags import commands  # noqa: F401  (a fixture)

SHARE = ROOT / "cpp" / "bin" / "torchtrtc" / "share"


def test_the_pages_are_current():
    check = [sys.executable, ROOT / "tools" / "command_line_pages.py", "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_pages_are_installed():
    prefix = Path(sys.prefix) / "share"
    for path in SHARE.rglob("*"):
        if path.is_file():
            assert (prefix / path.relative_to(SHARE)).read_text() == path.read_text()


def test_completion_and_man_print_the_pages(commands):  # noqa: F811
    pages = [path.read_text() for path in SHARE.rglob("*") if path.is_file()]
    for shell in ("bash", "zsh", "fish"):
        assert torchtrtc("completion", shell).stdout in pages
    assert "is none of bash, zsh, fish" in torchtrtc("completion", "tcsh", status=3).stderr
    page = torchtrtc("man").stdout
    for command in commands.values():
        for option in command["options"]:
            assert "\\fB" + option["names"][-1].replace("-", "\\-") + "\\fR" in page


def test_the_manual_page_has_no_fault():
    page = SHARE / "man" / "man1" / "torchtrtc.1"
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == ""
    text = re.sub(r".\x08", "", done.stdout)
    assert "torchtrtc [compile] MODULE [OUTPUT] [SPEC ...]" in text and "EXIT STATUS" in text


CASES = [  # words, the last one to complete -> some of what is offered, all of what is offered
    (["comp"], {"compile", "completion"}, None),
    (["compile", "-d", ""], {"cpu", "gpu", "dla"}, {"cpu", "gpu", "dla"}),
    (["model.ts", "--device-type", "c"], {"cpu"}, {"cpu"}),
    (["check", "model.ts", "-p", ""], {"float", "half", "bf16", "int8"}, {"float", "half", "bf16", "int8"}),
    (["bench", "m.ts", "--backend", "n"], {"native"}, {"native"}),
    (["compile", "--calibration-al"], {"--calibration-algo"}, {"--calibration-algo"}),
    (["verify", "--min-"], {"--min-cosine", "--min-sqnr"}, {"--min-cosine", "--min-sqnr"}),
    (["completion", ""], {"bash", "zsh", "fish"}, {"bash", "zsh", "fish"}),
    (["compile", "mod"], {"model.ts"}, {"model.ts"}),
    (["compile", "a b"], {"a b.ts"}, {"a b.ts"}),
    (["compile", "model.ts", "--timing-cache", "mod"], {"model.ts"}, {"model.ts"}),
    (["compile", "model.ts", "--num-threads", ""], set(), set()),
]


@pytest.fixture
def files(tmp_path) -> Path:
    for name in ("model.ts", "a b.ts"):
        (tmp_path / name).touch()
    return tmp_path


def in_bash(words: list[str], folder: Path) -> set[str]:
    script = SHARE / "bash-completion" / "completions" / "torchtrtc"
    code = (
        f'source {script}; COMP_WORDS=(torchtrtc "$@"); COMP_CWORD=$#; _torchtrtc; '
        '((${#COMPREPLY[@]} == 0)) || printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = ["bash", "--norc", "-c", code, "bash", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.splitlines())


def in_fish(words: list[str], folder: Path) -> set[str]:
    script = SHARE / "fish" / "vendor_completions.d" / "torchtrtc.fish"
    line = " ".join(["torchtrtc", *(word.replace(" ", "\\ ") for word in words)])
    code = f"source {script}; complete -C '{line.replace(chr(92), chr(92) * 2)}'"
    environment = {**os.environ, "HOME": str(folder / "none")}
    command = ["fish", "--no-config", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""
    return {offered.partition("\t")[0].replace("\\ ", " ") for offered in done.stdout.splitlines()}


# zsh has no way to ask for completions: a shell in a pseudo-terminal prints what it would offer.
ZSH = """
import os, pty, re, sys, time
folder, site, line = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.chdir(folder)
    os.execvp("zsh", ["zsh", "-f", "-i"])
def write(text):
    os.write(terminal, text.encode())
def read_until(mark):
    text = ""
    while mark not in text:
        text += os.read(terminal, 4096).decode(errors="replace")
    return text
write("PS1=; unset zle_bracketed_paste; stty -echo columns 200 rows 200; fpath=(" + site + " $fpath); "
      "autoload -Uz compinit; compinit -u -D; "
      "compadd() { local -a found; builtin compadd -A found -D found \\"$@\\" 2>/dev/null; "
      "builtin compadd -O found \\"$@\\"; print -rl -- OFFER$^found; builtin compadd \\"$@\\"; }; "
      "LISTMAX=1000; echo RE''ADY\\n")
read_until("READY")
write(line + "\\t")
time.sleep(1.5)
write("\\x15echo EN''D\\n")
print(read_until("END"))
"""


def in_zsh(words: list[str], folder: Path) -> set[str]:
    line = " ".join(["torchtrtc", *(word.replace(" ", "\\ ") for word in words)])
    command = [sys.executable, "-c", ZSH, str(folder), str(SHARE / "zsh" / "site-functions"), line]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return {offer.strip() for offer in re.findall(r"OFFER([^\r\n]+)", done.stdout)}


@pytest.mark.parametrize(("words", "some", "everything"), CASES)
@pytest.mark.parametrize("complete", [in_bash, in_fish])
def test_shells_complete(complete, words, some, everything, files):
    offered = complete(words, files)
    assert some <= offered
    assert everything is None or offered == everything


def test_bash_completes_a_value_behind_an_equals_sign(files):
    assert in_bash(["compile", "--device-type", "=", "c"], files) == {"cpu"}
    assert in_bash(["compile", "--device-type", "="], files) == {"cpu", "gpu", "dla"}


@pytest.mark.parametrize(("words", "some"), [case[:2] for case in CASES[:8]])
def test_zsh_completes(words, some, files):
    assert some <= in_zsh(words, files)
