"""Runs the installed torchtrtc on small models."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from models import LeNet, Mlp, TwoInputs, Unsupported
from outside import TORCHTRTC, run, try_run
from torch import nn

import torch_tensorrt

# Kernels round differently; the default of 1e-5 is for kernels that add in the same order.
CHECK = "--rtol=1e-4"


def torchtrtc(*arguments: str | Path) -> str:
    """Runs torchtrtc, which must succeed, and returns both outputs."""
    done = try_run(TORCHTRTC, *arguments)
    assert done.returncode == 0, f"torchtrtc {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def torchtrtc_fails(*arguments: str | Path, status: int = 1) -> str:
    """Runs torchtrtc, which must exit with the status, and returns standard error."""
    done = try_run(TORCHTRTC, *arguments)
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stderr


def saved(module: nn.Module, folder: Path) -> Path:
    path = folder / "model.ts"
    torch.jit.script(module.eval()).save(str(path))
    return path


@pytest.fixture
def lenet(tmp_path) -> Path:
    return saved(LeNet(), tmp_path)


def test_help_and_version():
    text = run(TORCHTRTC, "--help")
    for flag in ("--enable-precision", "--save-engine", "--check-method-support", "--custom-converters", "--rtol"):
        assert flag in text
    assert torch_tensorrt.__version__ in run(TORCHTRTC, "--version")


def test_doctor_shows_devices_and_backends():
    text = torchtrtc("doctor")
    assert text.splitlines()[0].startswith("Torch-TensorRT Version: " + torch_tensorrt.__version__)
    assert "\n  cpu: " in text
    assert f"\n  native\n    cpu: available, torch_tensorrt {torch_tensorrt.__version__}" in text
    if not torch.cuda.is_available():
        assert "PyTorch sees no GPU" in text
    assert text == torch_tensorrt.get_environment_report()


def test_a_backend_by_name(lenet, tmp_path):
    compiled = tmp_path / "compiled.ts"
    torchtrtc("--backend", "native", "-d", "cpu", CHECK, lenet, compiled, "(2,1,28,28)")
    assert '"backend":"native"' in torch.jit.load(compiled).engine.get_engine_layer_info()
    told = torchtrtc_fails("--backend", "nobody", "-d", "cpu", lenet, compiled, "(2,1,28,28)")
    assert 'there is no backend "nobody"; known are: native' in told


@pytest.mark.parametrize("flag", ["-i", "--i", "--info"])
def test_compiles_checks_and_saves(flag, lenet, tmp_path, rel):
    compiled = tmp_path / "compiled.ts"
    told = torchtrtc(flag, "-d", "cpu", CHECK, lenet, compiled, "(2,1,28,28)")
    assert "self check passed" in told
    x = torch.randn(2, 1, 28, 28)
    module = torch.jit.load(compiled)
    assert "tensorrt::execute_engine" in str(module.graph)
    assert rel(module(x), torch.jit.load(lenet)(x)) < 1e-5


@pytest.mark.parametrize("spec", ["(2, 1, 28, 28)@f32%contiguous", "(2,1,28,28)@float%nchw"])
def test_spellings_of_an_input(lenet, tmp_path, spec):
    torchtrtc("-d", "cpu", "-p", "f32", CHECK, lenet, tmp_path / "compiled.ts", spec)


def test_a_range_of_shapes(lenet, tmp_path, rel):
    compiled = tmp_path / "compiled.ts"
    torchtrtc("-d", "cpu", CHECK, lenet, compiled, "[(1,1,28,28);(2,1,28,28);(4,1,28,28)]")
    module = torch.jit.load(compiled)
    for batch in (1, 3, 4):
        x = torch.randn(batch, 1, 28, 28)
        assert rel(module(x), torch.jit.load(lenet)(x)) < 1e-5


@pytest.mark.parametrize(("dtype", "name"), [(torch.half, "half"), (torch.bfloat16, "bf16"), (torch.double, "f64")])
@pytest.mark.parametrize("given", [True, False])
def test_modules_of_other_dtypes_pass_the_self_check(dtype, name, given, tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "model.ts"
    torch.jit.save(torch.jit.script(LeNet().eval().to(dtype)), path)
    spec = "(2,1,28,28)" + (f"@{name}" if given else "")
    told = torchtrtc("--info", "-d", "cpu", path, tmp_path / "compiled.ts", spec)
    assert "self check passed" in told


def test_an_input_of_bytes(tmp_path):
    class Picture(torch.nn.Module):
        def forward(self, x):
            return x.float() / 255

    path = tmp_path / "model.ts"
    torch.jit.save(torch.jit.script(Picture()), path)
    torchtrtc("-d", "cpu", path, tmp_path / "compiled.ts", "(2,3)@uint8")


def test_engine_bytes_and_back(tmp_path, rel):
    model = saved(Mlp(), tmp_path)
    engine, embedded = tmp_path / "model.engine", tmp_path / "embedded.ts"
    torchtrtc("-d", "cpu", CHECK, "--save-engine", model, engine, "(3,16)")
    x = torch.randn(3, 16)
    expected = torch.jit.load(model)(x)
    in_python = torch_tensorrt.embed_engine_in_new_module(engine.read_bytes(), device="cpu")
    assert rel(in_python(x), expected) < 1e-5
    torchtrtc("-d", "cpu", "--embed-engine", engine, embedded)
    assert torch.equal(torch.jit.load(embedded)(x), in_python(x))


def test_support_of_a_method(tmp_path):
    assert "The method forward can be compiled" in torchtrtc("--check-method-support=forward", saved(Mlp(), tmp_path))
    done = try_run(TORCHTRTC, "--check-method-support=forward", saved(Unsupported(), tmp_path))
    assert done.returncode == 1
    assert "cannot be compiled" in done.stdout and "aten::special_bessel_j0" in done.stderr


def test_an_unsupported_operation_is_named(tmp_path):
    model = saved(Unsupported(), tmp_path)
    told = torchtrtc_fails("-d", "cpu", "--require-full-compilation", model, tmp_path / "compiled.ts", "(3)")
    assert "aten::special_bessel_j0" in told
    assert not (tmp_path / "compiled.ts").exists()


def test_a_failed_self_check_ends_with_1(tmp_path):
    # The batch norm is folded into the convolution, which changes the rounding of many of 4608 values.
    norm = nn.BatchNorm2d(8)
    nn.init.uniform_(norm.running_var, 0.5, 1.5)
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    model = saved(nn.Sequential(nn.Conv2d(3, 8, 3), norm), tmp_path)
    arguments = ["-d", "cpu", "--atol=0", "--rtol=0", model, tmp_path / "compiled.ts", "(1,3,26,26)"]
    told = torchtrtc_fails(*arguments)
    assert "self check: " in told and "--no-threshold-check" in told
    torchtrtc("--no-threshold-check", *arguments)


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("1,3,8,8", "expected a shape like"),
        ("(1,-3)", "'-3' is not a size"),
        ("(1,3)@float13", "'float13' is not a dtype"),
        ("(1,3)%diagonal", "'diagonal' is not a format"),
        ("[(1,3);(2,3)]", "three shapes"),
        ("[(3,3);(2,3);(4,3)]", "2"),
        ("[2,3,8,8]", "input spec '[2,3,8,8]'"),
        ("  [2,3]", "input spec '[2,3]'"),
    ],
)
def test_mistakes_in_an_input(lenet, tmp_path, spec, complaint):
    assert complaint in torchtrtc_fails("-d", "cpu", lenet, tmp_path / "compiled.ts", spec)


def test_mistakes_in_files(lenet, tmp_path):
    assert "missing.ts" in torchtrtc_fails("-d", "cpu", tmp_path / "missing.ts", tmp_path / "out.ts", "(1)")
    garbage = tmp_path / "garbage.ts"
    garbage.write_bytes(b"not a module")
    assert "garbage.ts" in torchtrtc_fails("-d", "cpu", garbage, tmp_path / "out.ts", "(1)")
    assert torchtrtc_fails("-d", "cpu", "--embed-engine", garbage, tmp_path / "out.ts")
    assert "no output file" in torchtrtc_fails("-d", "cpu", lenet)


def test_the_wrong_number_of_specs_names_the_inputs(tmp_path):
    model = saved(TwoInputs(), tmp_path)
    for specs in (["(2,8)"], ["(2,8)", "(2,8)", "(2,8)"]):
        told = torchtrtc_fails("-d", "cpu", model, tmp_path / "out.ts", *specs)
        assert f"found 2 input tensors and {len(specs)} dimension specs" in told
        assert "a : Tensor, b : Tensor" in told


def test_a_library_of_the_current_folder_by_its_bare_name(tmp_path):
    told = try_run("bash", "-c", f"cd {tmp_path} && echo text > lib.so && {TORCHTRTC} --custom-converters=lib.so a b")
    assert told.returncode == 1 and "cannot load the library lib.so: " in told.stderr
    assert "./lib.so: " in told.stderr and "cannot open shared object file" not in told.stderr


@pytest.mark.parametrize("flags", [["--save-engine"], []], ids=["engine", "module"])
def test_an_output_that_cannot_be_written_is_told_before_the_build(tmp_path, flags):
    # torchtrtc reads the input file, which does not exist, after this check.
    target = tmp_path / "no" / "folder.engine"
    told = torchtrtc_fails("-d", "cpu", *flags, tmp_path / "missing.ts", target, "(1,1,28,28)")
    assert f"cannot write {target}: there is no folder {target.parent}" in told
    told = torchtrtc_fails("-d", "cpu", *flags, tmp_path / "missing.ts", tmp_path, "(1,1,28,28)")
    assert f"cannot write {tmp_path}: it is a folder" in told


@pytest.mark.parametrize("flags", [["--save-engine"], []], ids=["engine", "module"])
def test_a_disk_that_is_full_is_an_error(lenet, flags):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    told = torchtrtc_fails("-d", "cpu", *flags, CHECK, lenet, "/dev/full", "(1,1,28,28)")
    assert "cannot write /dev/full" in told and "frame #" not in told


class PlusOne(nn.Module):
    def forward(self, x):
        return x + 1


def test_what_pytorch_says_comes_without_its_backtrace(tmp_path):
    # The self check runs the largest shape too, which exceeds the memory of any machine.
    told = torchtrtc_fails("-d", "cpu", saved(PlusOne(), tmp_path), tmp_path / "out.ts", "[(1);(1);(1000000000000000)]")
    assert "torchtrtc: " in told and "allocate" in told
    assert "frame #" not in told


@pytest.mark.parametrize(
    "arguments",
    [["--no-such-flag", "in.ts", "out.ts"], ["-v", "-i", "in.ts"], ["-d", "tpu", "in.ts"], ["--rtol=-1", "in.ts"], []],
    ids=["unknown flag", "two levels", "unknown device", "negative tolerance", "nothing"],
)
def test_mistakes_in_the_command_line(arguments):
    told = torchtrtc_fails(*arguments, status=3)
    assert told.startswith("torchtrtc: ") and told.count("\n") == 1 and "see torchtrtc compile --help" in told


@pytest.mark.parametrize(
    ("flag", "value", "complaint"),
    [
        ("--min-block-size", "-1", "'-1' is not a whole number from 0 to 9223372036854775807"),
        ("--atol", "abc", "'abc' is not a number of 0 or more"),
    ],
)
def test_values_out_of_range(flag, value, complaint):
    told = torchtrtc_fails(
        f"{flag}={value}" if flag.startswith("--") else f"{flag}{value}", "in.ts", "out.ts", status=3
    )
    assert complaint in told and len(told) < 400


def test_the_help_describes_what_happens():
    text = run(TORCHTRTC, "--help")
    for word in ("Operators that PyTorch runs", "Modules that PyTorch runs", "Exit codes: 0"):
        assert word in text


def test_operators_and_modules_may_run_in_pytorch(lenet, tmp_path):
    more = ("--mbs=1", "--teo=aten::relu", "--tem=torch.nn.modules.conv.Conv2d")
    torchtrtc("-d", "cpu", CHECK, *more, lenet, tmp_path / "out.ts", "(1,1,28,28)")
    graph = str(torch.jit.load(tmp_path / "out.ts").graph)
    for word in ("aten::relu", "aten::conv2d", "tensorrt::execute_engine"):
        assert word in graph
    assert "aten::linear" not in graph


@pytest.mark.parametrize(
    ("flags", "device"),
    [
        (["-d", "gpu"], "gpu:0"),
        (["--gpu-id", "0"], "gpu:0"),
        (["--gpu-id", "1"], "gpu:1"),
        (["-d", "dla", "--gpu-id", "1", "--dla-core", "1"], "dla:1"),
    ],
)
def test_a_device_that_is_not_there(lenet, tmp_path, flags, device):
    if torch.cuda.is_available():
        pytest.skip("asks for a GPU that must not be there")
    assert f"device {device} was requested" in torchtrtc_fails(*flags, lenet, tmp_path / "out.ts", "(1,1,28,28)")


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["-d", "cpu", "--gpu-id", "1"], "--gpu-id 1 was given with -d cpu"),
        (["--dla-core", "1"], "--dla-core 1 was given without -d dla"),
        (["-d", "cpu", "--teo", "aten::add,aten::mul"], "'aten::add,aten::mul' in torch_executed_ops is not the name"),
        (
            ["-d", "cpu", "-p", "f32", "-p", "int8", "--calibration-cache-file", "no.such"],
            "cannot read the calibration file",
        ),
        (["-d", "cpu", "--calibration-cache-file", "a.cache"], "--calibration-cache-file was given without -p int8"),
        (["-d", "cpu", "--precision-override", "conv"], "must be PATTERN=PRECISION"),
    ],
)
def test_options_that_cannot_be_obeyed(lenet, tmp_path, flags, complaint):
    assert complaint in torchtrtc_fails(*flags, lenet, tmp_path / "out.ts", "(1,1,28,28)")
    assert not (tmp_path / "out.ts").exists()


def test_options_without_effect_are_told(lenet, tmp_path):
    told = torchtrtc("-d", "cpu", "--allow-gpu-fallback", CHECK, lenet, tmp_path / "out.ts", "(1,1,28,28)")
    assert "--allow-gpu-fallback has no effect without -d dla" in told


def test_int8_is_calibrated_with_files(lenet, tmp_path):
    batches = []
    for i in range(3):
        torch.manual_seed(i)
        batches.append(tmp_path / f"batch{i}.pt")
        torch.save(torch.randn(1, 1, 28, 28), batches[-1])
    flags = [flag for path in batches for flag in ("--calibration-data", path)]
    cache, out = tmp_path / "lenet.calibration", tmp_path / "out.ts"
    common = ("-d", "cpu", "-p", "f32", "-p", "int8", "--no-threshold-check", lenet, out, "(1,1,28,28)")
    torchtrtc(*flags, "--calibration-cache-file", cache, *common)
    assert "torch_tensorrt int8 calibration" in cache.read_text()
    x = torch.load(batches[0])
    expected, got = torch.jit.load(lenet)(x), torch.jit.load(out)(x)
    assert (got - expected).abs().max() < 0.1 * expected.abs().max()
    torchtrtc("--calibration-cache-file", cache, *common)
    bad = tmp_path / "bad.pt"
    bad.write_bytes(b"no archive")
    assert "is no file of torch.save" in torchtrtc_fails("--calibration-data", bad, *common)


class Infinite(nn.Module):
    def forward(self, x):
        return torch.log(x * 0), x / 0


def test_infinities_that_are_expected_pass_the_self_check(tmp_path):
    told = torchtrtc("--info", "-d", "cpu", saved(Infinite(), tmp_path), tmp_path / "out.ts", "(2,3)")
    assert "self check passed" in told
