"""Files of tensors and images as inputs and calibration data of torchtrtc."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy
import pytest
import torch
from models import LeNet
from outside import TORCHTRTC, try_run
from PIL import Image
from torch import nn
from torchvision import transforms

import torch_tensorrt  # noqa: F401  (engines load)


class Expects(nn.Module):
    """Raises an error unless its input is the expected tensor."""

    def __init__(self, expected: torch.Tensor, tolerance: float = 0.0) -> None:
        super().__init__()
        self.register_buffer("expected", expected)
        self.tolerance = tolerance

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dtype != self.expected.dtype or x.size() != self.expected.size():
            raise ValueError("another dtype or shape than expected")
        if bool((x.double() - self.expected.double()).abs().max() > self.tolerance):
            raise ValueError("other values than expected")
        return x + 1


class Subtracts(nn.Module):
    """Two inputs whose order matters."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        if bool((a - 2 * b).abs().max() > 0):
            raise ValueError("a is not 2 b")
        return a - b


def saved(module: nn.Module, folder: Path) -> Path:
    path = folder / "model.ts"
    torch.jit.script(module.eval()).save(str(path))
    return path


def compile_with(model: Path, *arguments: str | Path, status: int = 0) -> str:
    done = try_run(TORCHTRTC, model, model.with_name("out.ts"), *arguments, "-d", "cpu", "--rtol=1e-4")
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stderr


DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_is_read_as_it_was_saved(dtype, tmp_path):
    array = (numpy.arange(12).reshape(3, 4) % 5).astype(dtype)
    numpy.save(tmp_path / "x.npy", array)
    compile_with(saved(Expects(torch.from_numpy(array)), tmp_path), tmp_path / "x.npy")


def test_an_array_in_column_major_order(tmp_path):
    array = numpy.asfortranarray(numpy.arange(24, dtype="float32").reshape(2, 3, 4))
    numpy.save(tmp_path / "x.npy", array)
    assert b"'fortran_order': True" in (tmp_path / "x.npy").read_bytes()
    compile_with(saved(Expects(torch.from_numpy(array.copy())), tmp_path), tmp_path / "x.npy")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_versions_of_the_format(version, tmp_path):
    array = numpy.arange(6, dtype="float32").reshape(2, 3)
    with open(tmp_path / "x.npy", "wb") as file:
        numpy.lib.format.write_array(file, array, version)
    compile_with(saved(Expects(torch.from_numpy(array)), tmp_path), tmp_path / "x.npy")


def test_wrong_values_would_be_noticed(tmp_path):
    numpy.save(tmp_path / "x.npy", numpy.zeros((2, 3), dtype="float32"))
    told = compile_with(saved(Expects(torch.ones(2, 3)), tmp_path), tmp_path / "x.npy", status=1)
    assert "other values than expected" in told


A, B = 2 * torch.arange(6.0).reshape(2, 3), torch.arange(6.0).reshape(2, 3)


def file_of_two(kind: str, folder: Path) -> list[str | Path]:
    path = folder / "inputs"
    pt, npz = path.with_suffix(".pt"), path.with_suffix(".npz")
    if kind == "tuple":
        torch.save((A, B), pt)
    elif kind == "list":
        torch.save([A, B], pt)
    elif kind == "dict":
        torch.save({"b": B, "a": A}, pt)
    elif kind == "places":
        numpy.savez(npz, A, B)
    elif kind == "names":
        numpy.savez(npz, b=B, a=A)
    elif kind == "compressed":
        numpy.savez_compressed(npz, b=B, a=A)
    else:
        numpy.save(folder / "a.npy", A)
        numpy.save(folder / "b.npy", B)
        if kind == "named specs":
            return [f"b:{folder}/b.npy", f"a:@{folder}/a.npy"]
        (folder / "specs.txt").write_text(f"# two inputs\nb:{folder}/b.npy\n\n  {folder}/a.npy  \n")
        return [f"@{folder}/specs.txt"]
    return [pt if pt.exists() else npz]


TWO = ["tuple", "list", "dict", "places", "names", "compressed", "named specs", "specs file"]


@pytest.mark.parametrize("kind", TWO)
def test_several_inputs(kind, tmp_path):
    compile_with(saved(Subtracts(), tmp_path), *file_of_two(kind, tmp_path))


@pytest.mark.parametrize(
    "spec", ["2x1x28x28", "x:2x1x28x28@f32", "x:(2,1,28,28)%nchw", "x:[1x1x28x28;2x1x28x28;4x1x28x28]"]
)
def test_shapes_as_trtexec_takes_them(spec, tmp_path):
    model = saved(LeNet(), tmp_path)
    compile_with(model, spec)
    engine = torch.jit.load(model.with_name("out.ts")).engine.get_engine_layer_info()
    assert '"2x1x28x28"' in engine or "[2, 1, 28, 28]" in engine or "2,1,28,28" in engine


@pytest.mark.parametrize(
    ("specs", "complaint"),
    [
        (["2x"], "'' is not a size"),
        (["x2"], "'' is not a size"),
        (["in.txt"], "expected a shape like (1,3,224,224) or 1x3x224x224, a file"),
        (["y:2x3"], "forward has no argument y; its arguments are a, b"),
        (["a:2x3", "a:2x3"], "there are two input specs for 'a'"),
        (["missing.npy"], "cannot read missing.npy: there is no such file"),
        (["@missing.txt"], "cannot read missing.txt: there is no such file"),
        (["a:@specs.txt"], "a file of specs has no name"),
    ],
)
def test_mistakes_in_specs(specs, complaint, tmp_path):
    told = compile_with(saved(Subtracts(), tmp_path), *specs, status=1)
    assert complaint in told and told.count("\n") == 1


def npy(header: str, data: bytes, version: bytes = b"\x01\x00") -> bytes:
    text = header.encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


def bad_array(kind: str) -> tuple[bytes, str]:
    good = io.BytesIO()
    numpy.save(good, numpy.zeros((2, 3), dtype="float32"))
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }"
    other = io.BytesIO()
    if kind == "record":
        numpy.save(other, numpy.zeros(2, dtype=[("a", "f4")]))
        return other.getvalue(), "it has records"
    if kind == "objects":
        numpy.save(other, numpy.array([None, 1]), allow_pickle=True)
        return other.getvalue(), "its dtype is '|O', must be float16"
    if kind == "complex":
        numpy.save(other, numpy.zeros(2, dtype="complex64"))
        return other.getvalue(), "its dtype is '<c8', must be float16"
    if kind == "big-endian":
        numpy.save(other, numpy.zeros(2, dtype=">f4"))
        return other.getvalue(), "its numbers are big-endian"
    return {
        "empty": (b"", "it is empty"),
        "text": (b"no array\n", "it does not start like an array of numpy.save"),
        "start": (b"\x93NUMPY", "it does not start like an array"),
        "version": (npy(head % "(2, 3)", bytes(24), b"\x09\x00"), "its format version is 9"),
        "header cut": (good.getvalue()[:40], "it was cut short"),
        "data cut": (good.getvalue()[:-4], "it has 20 bytes of numbers, but its shape [2, 3] needs 24"),
        "too long": (good.getvalue() + b"abcd", "it has 28 bytes of numbers"),
        "huge": (npy(head % "(999999999999999999, 4)", b""), "it has 0 bytes of numbers"),
        "huger": (npy(head % "(99999999999999999999, 4)", b""), "its shape has the size '99999999999999999999'"),
        "negative": (npy(head % "(-1, 4)", b""), "its shape has the size '-1'"),
        "no shape": (npy("{'descr': '<f4', 'fortran_order': False}", b""), "its header has no shape"),
        "no dict": (npy("nothing", b""), "its header has no descr"),
    }[kind]


BAD = ["record", "objects", "complex", "big-endian", "empty", "text", "start", "version", "header cut", "data cut"]
BAD += ["too long", "huge", "huger", "negative", "no shape", "no dict"]


@pytest.mark.parametrize("kind", BAD)
def test_bad_arrays_are_refused(kind, tmp_path):
    content, complaint = bad_array(kind)
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    told = compile_with(saved(LeNet(), tmp_path), path, status=1)
    assert complaint in told and str(path) in told and told.count("\n") == 1


@pytest.mark.parametrize(
    "kind", ["text", "empty", "cut", "no arrays", "other files", "checksum", "bad array", "zip bomb"]
)
def test_bad_archives_are_refused(kind, tmp_path):
    path = tmp_path / "x.npz"
    numpy.savez_compressed(path, x=numpy.arange(1000, dtype="float32"))
    content = bytearray(path.read_bytes())
    complaint = "it is no archive of numpy.savez, or was cut short"
    if kind == "text":
        content = bytearray(b"no archive\n")
    elif kind == "empty":
        content = bytearray()
    elif kind == "cut":
        content = content[: len(content) // 2]
    elif kind == "checksum":
        content[len(content) // 2] ^= 0xFF
        complaint = "[x.npy]: its bytes are damaged"
    else:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            if kind == "other files":
                file.writestr("x.txt", "text")
                complaint = "its name does not end in .npy"
            elif kind == "bad array":
                file.writestr("x.npy", "text")
                complaint = "[x]: it does not start like an array"
            elif kind == "zip bomb":
                file.writestr("x.npy", bytes(1 << 24))
                complaint = "[x]: it does not start like an array"
            else:
                complaint = "x.npz: "
        content = bytearray(archive.getvalue())
    path.write_bytes(content)
    told = compile_with(saved(LeNet(), tmp_path), path, status=1)
    assert complaint in told and str(path) in told and told.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (3, "holds a value of type Int, must hold a tensor"),
        ({1: torch.ones(2)}, "holds a dict whose keys are not names of arguments"),
        ((torch.ones(2), 3), "among the arguments, must be a tensor"),
    ],
)
def test_bad_files_of_torch_save(value, complaint, tmp_path):
    torch.save(value, tmp_path / "x.pt")
    assert complaint in compile_with(saved(LeNet(), tmp_path), tmp_path / "x.pt", status=1)


def picture(path: Path, rows: int = 41, columns: int = 60, seed: int = 0) -> Image.Image:
    noise = numpy.random.default_rng(seed).integers(0, 256, (rows // 8 + 1, columns // 8 + 1, 3), dtype="uint8")
    Image.fromarray(noise).resize((columns, rows), Image.Resampling.BICUBIC).save(path)
    return Image.open(path).convert("RGB")


MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NORMALIZE = "mean=0.485:0.456:0.406,std=0.229:0.224:0.225"
LEVEL = 1.01 / 255  # one step of 8 bits: Pillow resizes in integers, and codecs of JPEG round differently


@pytest.mark.parametrize("ending", ["png", "jpg", "JPEG"])
@pytest.mark.parametrize(
    ("steps", "of_torchvision", "tolerance"),
    [
        ("", [], 0),
        ("crop=20", [transforms.CenterCrop(20)], 0),
        ("crop=21x31", [transforms.CenterCrop((21, 31))], 0),
        (NORMALIZE, [transforms.Normalize(MEAN, STD)], 1e-6),
        ("resize=32", [transforms.Resize(32)], LEVEL),
        ("resize=64x50", [transforms.Resize((64, 50))], LEVEL),
        (
            f"resize=32,crop=28,{NORMALIZE}",
            [transforms.Resize(32), transforms.CenterCrop(28), transforms.Normalize(MEAN, STD)],
            LEVEL / 0.224,
        ),
    ],
)
def test_images_become_the_tensors_of_torchvision(steps, of_torchvision, tolerance, ending, tmp_path):
    path = tmp_path / f"picture.{ending}"
    image = picture(path)
    of_image = [step for step in of_torchvision if not isinstance(step, transforms.Normalize)]
    of_tensor = [step for step in of_torchvision if isinstance(step, transforms.Normalize)]
    expected = transforms.Compose([*of_image, transforms.ToTensor(), *of_tensor])(image)[None]
    if ending != "png":
        tolerance = tolerance + 3 * LEVEL * (5 if NORMALIZE in steps else 1)  # other inverse transforms and upsampling
    flags = [f"--preprocess={steps}"] if steps else []
    compile_with(saved(Expects(expected, tolerance + 1e-6), tmp_path), path, *flags)


def test_other_steps_of_images(tmp_path):
    path = tmp_path / "picture.png"
    pixels = torch.from_numpy(numpy.array(picture(path)))[None]
    model = saved(Expects(pixels.flip(3)), tmp_path)
    compile_with(model, path, "--preprocess=dtype=uint8,layout=nhwc,color=bgr")
    model = saved(Expects(pixels.permute(0, 3, 1, 2).float() * 2, 1e-4), tmp_path)
    compile_with(model, path, "--preprocess", "scale=2")


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ("size=3", "'size=3' must be one of resize, crop, color"),
        ("resize", "'resize' must be KEY=N or KEY=HxW"),
        ("resize=0", "'resize=0' must be KEY=N"),
        ("crop=2x3x4", "'crop=2x3x4' must be KEY=N"),
        ("crop=-1", "'crop=-1' must be KEY=N"),
        ("mean=1:2", "'mean=1:2' must be three numbers R:G:B"),
        ("std=1:0:1", "none of which is 0"),
        ("scale=nan", "'scale=nan' must be scale=X"),
        ("layout=chwn", "'layout=chwn' must be nchw or nhwc"),
        ("crop=2,crop=3", "'crop=3' is a second value"),
        ("dtype=uint8,scale=1", "dtype=uint8 excludes scale, mean and std"),
    ],
)
def test_mistakes_in_steps(steps, complaint):
    done = try_run(TORCHTRTC, "in.ts", "out.ts", "--preprocess", steps)
    assert done.returncode == 3 and complaint in done.stderr


def test_images_that_cannot_be_used(tmp_path):
    path, model = tmp_path / "picture.png", saved(LeNet(), tmp_path)
    picture(path)
    assert "of 41x60 pixels to 50x50; resize it first" in compile_with(model, path, "--preprocess=crop=50", status=1)
    path.write_bytes(path.read_bytes()[:100])
    assert f"cannot read the image {path}: " in compile_with(model, path, status=1)
    path.write_text("no image")
    assert f"cannot read the image {path}: " in compile_with(model, path, status=1)


class Convolution(nn.Module):
    """A model of images."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv(x))


INT8 = ("-p", "f32", "-p", "int8", "--no-threshold-check", "--calibration-algo=minmax")


def ranges_of(model: Path, *arguments: str | Path) -> dict[str, float]:
    cache = model.with_name("cache")
    compile_with(model, *INT8, "--calibration-cache-file", cache, *arguments)
    (engine,) = json.loads(cache.read_text())["engines"].values()
    return {name: row["amax"] for name, row in engine["tensors"].items()}


def test_calibration_with_files_of_all_kinds(tmp_path):
    model = saved(LeNet(), tmp_path)
    batches = [torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(i)) for i in range(2)]
    ranges = []
    for kind in ("pt", "tuple", "npy", "npz", "named"):
        folder = tmp_path / kind
        folder.mkdir()
        for i, batch in enumerate(batches):
            if kind == "pt":
                torch.save(batch, folder / f"{i}.pt")
            elif kind == "tuple":
                torch.save((batch,), folder / f"{i}.pt")
            elif kind == "npy":
                numpy.save(folder / f"{i}.npy", batch)
            elif kind == "npz":
                numpy.savez(folder / f"{i}.npz", batch)
            else:
                numpy.savez(folder / f"{i}.npz", x=batch)
        (folder / "notes.txt").write_text("not data")
        flags = ["--calibration-data", folder]
        if kind in ("tuple", "named"):
            flags = [flag for path in sorted(folder.glob("*.[pn]*")) for flag in ("--calibration-data", path)]
        ranges.append(ranges_of(model, *flags, "2x1x28x28"))
    largest = max(float(batch.abs().max()) for batch in batches)
    assert largest == pytest.approx(ranges[0]["input_0"])
    assert all(found == pytest.approx(ranges[0], rel=1e-5) for found in ranges)


def test_calibration_with_a_folder_of_images(tmp_path):
    model, folder = saved(Convolution(), tmp_path), tmp_path / "images"
    (folder / "class").mkdir(parents=True)
    paths = [folder / "a.png", folder / "b.png", folder / "class" / "c.png", folder / "class" / "d.png"]
    tensors = [transforms.ToTensor()(picture(path, 16, 16, seed)) for seed, path in enumerate(paths)]
    found = ranges_of(model, "--calibration-data", folder, "2x3x16x16")
    numpy.save(tmp_path / "0.npy", torch.stack(tensors[:2]))
    numpy.save(tmp_path / "1.npy", torch.stack(tensors[2:]))
    flags = ["--calibration-data", tmp_path / "0.npy", "--calibration-data", tmp_path / "1.npy"]
    assert found == pytest.approx(ranges_of(model, *flags, "2x3x16x16"), rel=1e-5)
    told = compile_with(model, *INT8, "--calibration-data", folder, "3x3x16x16")
    assert "the last 1 images are left out: a batch has 3" in told
    told = compile_with(model, *INT8, "--calibration-data", folder, "5x3x16x16", status=1)
    assert "there are 4 images, and a batch has 5" in told
    picture(folder / "e.png", 20, 16)
    picture(folder / "f.png", 16, 16)
    told = compile_with(model, *INT8, "--calibration-data", folder, "2x3x16x16", status=1)
    assert "make them equal with --preprocess resize=HxW" in told


def test_bad_calibration_data(tmp_path):
    model = saved(Subtracts(), tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    specs = ("2x3", "2x3")
    told = compile_with(model, *INT8, "--calibration-data", empty, *specs, status=1)
    assert f"the folder {empty} has no file whose name ends in .pt" in told
    numpy.savez(tmp_path / "x.npz", a=A, c=B)
    told = compile_with(model, *INT8, "--calibration-data", tmp_path / "x.npz", *specs, status=1)
    assert "has a value for 'c', but the arguments of forward are a, b" in told
    numpy.savez(tmp_path / "x.npz", a=A)
    told = compile_with(model, *INT8, "--calibration-data", tmp_path / "x.npz", *specs, status=1)
    assert "x.npz does not fit forward(a, b): " in told
    assert "missing.pt" in compile_with(model, *INT8, "--calibration-data=missing.pt", *specs, status=3)
