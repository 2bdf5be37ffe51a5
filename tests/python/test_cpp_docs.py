"""Every public name of the C++ API has a comment that Doxygen reads."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (ROOT / "docs" / "Doxyfile").read_text()
HEADERS = next(line.split("=")[1].split() for line in SETTINGS.splitlines() if line.startswith("INPUT"))


def doxygen(inputs: str, output: Path) -> tuple[int, str]:
    settings = f"{SETTINGS}\nINPUT = {inputs}\nOUTPUT_DIRECTORY = {output}\nGENERATE_HTML = NO\nGENERATE_XML = YES\n"
    done = subprocess.run(["doxygen", "-"], cwd=ROOT, input=settings, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_every_public_name_has_a_comment(tmp_path):
    code, messages = doxygen(" ".join(HEADERS), tmp_path)
    assert (code, messages.strip()) == (0, "")
    pages = "".join(page.read_text() for page in (tmp_path / "xml").glob("*.xml"))
    for name in ("refit_module_weights", "more_ranges", "max_specializations", "set_reportable_log_level"):
        assert f"<name>{name}</name>" in pages


def test_a_name_without_a_comment_is_found(tmp_path):
    text = (ROOT / HEADERS[0]).read_text()
    comment = "/// Prints get_build_info() to stdout.\n"
    assert comment in text
    changed = tmp_path / "changed.h"
    changed.write_text(text.replace(comment, ""))
    code, messages = doxygen(str(changed), tmp_path / "out")
    assert code != 0 and "dump_build_info" in messages
