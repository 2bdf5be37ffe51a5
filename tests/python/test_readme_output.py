"""The texts that README.md and the guide show as output are those of this build, apart from the machine's part."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest
import torch
from outside import EXAMPLES
from test_readme import blocks

import torch_tensorrt


def shown(word: str) -> str:
    """Returns the one block of output that has the word."""
    found = [text for _, text in blocks("") if word in text]
    assert len(found) == 1, f"{len(found)} blocks have {word}"
    return found[0].rstrip("\n")


def module_of(source: str, name: str, folder) -> torch.nn.Module:
    """Returns an object of the class in a file ``model.py`` of that text."""
    (folder / "model.py").write_text(source)
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    sys.modules["model"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)().eval()


def without_folder(text: str, folder) -> str:
    return text.replace(f"{folder}/", "")


def operators(text: str) -> list[str]:
    return re.findall(r"= ([a-z]+::\w+)", text)


@pytest.fixture(scope="module")
def lenet():
    sys.path.insert(0, str(EXAMPLES / "demo"))
    try:
        from lenet import LeNet
    finally:
        sys.path.pop(0)
    return torch.jit.script(LeNet().eval())


def test_the_line_at_the_end(lenet, capfd):
    with torch_tensorrt.logging.info():
        torch_tensorrt.compile(lenet, inputs=[torch.zeros(1, 1, 32, 32)], device="cpu")
    form = re.escape(shown("compiled ResNet")).replace("ResNet", r"\w+").replace(r"14\.2", r"\S+")
    form = form.replace(r"103\.0\ MB", r"[\d.]+ .B")
    assert re.search(form, capfd.readouterr().err)


def test_the_warning_of_a_hybrid_module(tmp_path, capfd):
    (text,) = (text for _, text in blocks("python") if "class Novelty" in text)
    source = text[: text.index("\nhybrid")]
    model = module_of(source, "Novelty", tmp_path)
    torch_tensorrt.compile(torch.jit.script(model), inputs=[torch_tensorrt.Input([4, 64])], device="cpu")
    printed = without_folder(capfd.readouterr().err, tmp_path)
    assert shown("2 engines run") in printed


SEARCH = """import torch
class Search(torch.nn.Module):
    def forward(self, x):
        y = torch.relu(x)
        z = y.nonzero()
        return z + 1, y.view(y.size(0), -1)
"""


def test_the_table_of_check(tmp_path):
    model = module_of(SEARCH, "Search", tmp_path)
    report = torch_tensorrt.check(torch.jit.script(model), inputs=[torch_tensorrt.Input((2, 3))], device="cpu")
    assert without_folder(str(report), tmp_path).strip().splitlines() == shown("first used at").splitlines()


def test_the_error_of_a_missing_converter(tmp_path):
    source = "import torch\n\nclass Tones(torch.nn.Module):\n    def forward(self, y):\n" + (
        "        return torch.fft.fft(y).abs()\n"
    )
    model = module_of(source, "Tones", tmp_path)
    with pytest.raises(RuntimeError) as error:
        torch_tensorrt.compile(
            torch.jit.script(model), inputs=[torch.zeros(2, 8)], device="cpu", require_full_compilation=True
        )
    found = without_folder(str(error.value), tmp_path)
    ids = re.compile(r"%[\w.]+")
    assert ids.sub("%", shown("Unable to convert node")) in ids.sub("%", found)


def test_the_graphs_and_the_network(lenet, capfd):
    x = torch.zeros(1, 1, 32, 32)
    with torch_tensorrt.logging.graphs():
        compiled = torch_tensorrt.compile(lenet, inputs=[x], device="cpu", require_full_compilation=True)
    printed = capfd.readouterr().err
    graphs = [operators(part) for part in re.split(r"(?=^graph\()", printed, flags=re.M)]
    assert operators(shown("graph(%x.1")) in graphs
    assert operators(shown("LeNet_trt")) == operators(str(compiled.graph))
    network = re.compile(r"= ((?!reformat)\w+)\(")  # the processor decides about formats
    optimized = printed[printed.rindex('network "LeNet_forward"') :]
    optimized = optimized[: optimized.index("\n}")]
    assert network.findall(shown("LeNet_forward")) == network.findall(optimized)


def test_the_lines_of_cmake_are_those_of_an_example():
    ((_, text),) = blocks("cmake")
    example = (EXAMPLES / "cpp" / "CMakeLists.txt").read_text()
    commands = [re.sub(r"\s+#.*", "", line) for line in text.splitlines()]
    known = re.sub(r"\((\$\{\w+\}|\w+) PRIVATE", "(NAME PRIVATE", example)
    for command in commands:
        assert re.sub(r"\(\w+ PRIVATE", "(NAME PRIVATE", command) in known
