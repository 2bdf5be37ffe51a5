"""Compiled programs take arguments and give results in the program's structure, of the user's classes."""

from __future__ import annotations

import collections
import copy
import dataclasses
import io
import pickle
import random
import subprocess
import sys
from typing import Any, NamedTuple

import pytest
import torch
import transformers.modeling_outputs as outputs
from exported_forms import FORMS, compile_exported
from torch import nn
from torch.utils import _pytree

import torch_tensorrt
from torch_tensorrt import Input


@dataclasses.dataclass
class Batch:
    x: torch.Tensor
    n: int
    mask: Any = None


torch.export.register_dataclass(Batch, serialized_type_name="tests.Batch")


class Pair(NamedTuple):
    first: Any
    second: Any


_pytree._register_namedtuple(Pair, serialized_type_name="tests.Pair")  # torch.export.save needs it


class Adds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, batch, options, *, pair, mode="sum"):
        y = self.linear(batch.x).relu() * batch.n + options["bias"] * options[1] + pair.first
        return Batch(y, batch.n), {"y": y + 1, 0: (batch.n, None)}, outputs.BaseModelOutput(last_hidden_state=y * 2)


def arguments(rows: int = 2) -> tuple[tuple, dict]:
    options = {"bias": torch.randn(rows, 3), 1: 0.5}
    return (Batch(torch.randn(rows, 3), 3), options), {"pair": Pair(torch.randn(rows, 3), "text"), "mode": "sum"}


def adds() -> tuple[nn.Module, torch.export.ExportedProgram]:
    model = Adds().eval()
    args, kwargs = arguments()
    shapes = torch.export.ShapesCollection()
    for tensor in _pytree.tree_leaves((args, kwargs)):
        if isinstance(tensor, torch.Tensor):
            shapes[tensor] = {0: torch.export.Dim("rows", min=1, max=8)}
    return model, torch.export.export(model, args, kwargs, dynamic_shapes=shapes)


def same(found: Any, expected: Any) -> None:
    """Compares values, structures and types."""
    mine, theirs = _pytree.tree_flatten(found), _pytree.tree_flatten(expected)
    assert mine[1] == theirs[1]
    for left, right in zip(mine[0], theirs[0], strict=True):
        assert type(left) is type(right)
        if isinstance(right, torch.Tensor):
            torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-5)
        else:
            assert left == right


def check(compiled: Any, model: nn.Module) -> None:
    for rows in (1, 2, 8):
        args, kwargs = arguments(rows)
        same(compiled(*args, **kwargs), model(*args, **kwargs))


@pytest.mark.parametrize("whole", [False, True])
@FORMS
def test_structures_of_the_user(form, whole):
    model, program = adds()
    compiled = compile_exported(form(program), require_full_compilation=whole)
    check(compiled, model)
    args, kwargs = arguments()
    assert "engine" in str(torch_tensorrt.inspect(compiled))
    assert "batch: Batch(x=Tensor, n=3)" in repr(compiled)
    # Constants may be omitted; keys and arguments may have another order.
    options = collections.OrderedDict(reversed(args[1].items()))
    same(compiled(options=options, pair=kwargs["pair"], batch=args[0]), model(*args, **kwargs))


def test_inputs_have_the_structure_too():
    model, program = adds()
    rows = Input(min_shape=(1, 3), opt_shape=(2, 3), max_shape=(8, 3))
    inputs = [Batch(rows, 3), {1: 0.5, "bias": rows}]
    check(compile_exported(program, inputs=inputs, kwarg_inputs={"pair": Pair(rows, "text")}), model)
    assert torch_tensorrt.check(program, [*inputs, Pair(rows, "text")])
    with pytest.raises(ValueError, match=r"argument batch\.n is 4, but the program was exported for 3"):
        compile_exported(program, inputs=[Batch(rows, 4), inputs[1], Pair(rows, "text")])
    with pytest.raises(ValueError, match=r"options is \{'bias': Input\}, but .* for \{'bias': Tensor, 1: 0.5\}"):
        compile_exported(program, inputs=[inputs[0], {"bias": rows}, Pair(rows, "text")])


def test_a_module_of_the_program_and_an_engine():
    model, program = adds()
    args, kwargs = arguments()
    compiled = torch_tensorrt.compile(program.module(), inputs=list(args), kwarg_inputs=kwargs, device="cpu")
    same(compiled(*args, **kwargs), model(*args, **kwargs))
    compiled = torch_tensorrt.compile(model, ir="dynamo", inputs=list(args), kwarg_inputs=kwargs, device="cpu")
    same(compiled(*args, **kwargs), model(*args, **kwargs))
    engine = torch_tensorrt.convert_method_to_trt_engine(program, device="cpu")
    embedded = torch_tensorrt.embed_engine_in_new_module(engine, device="cpu")
    found = embedded(args[0].x, args[1]["bias"], kwargs["pair"].first)
    torch.testing.assert_close(found[0], model(*args, **kwargs)[0].x)


def test_the_order_of_keys_in_inputs():
    class Divides(nn.Module):
        def forward(self, batch):
            return batch["a"] / batch["b"].sum()

    batch = {"a": torch.ones(2), "b": torch.ones(5)}
    program = torch.export.export(Divides(), (batch,))
    compiled = compile_exported(program, inputs=[{"b": Input((5,)), "a": Input((2,))}])
    torch.testing.assert_close(compiled(batch), torch.full((2,), 0.2))


WRONG = [
    (lambda a, k: ((Batch(a[0].x, 4), a[1]), k), ValueError, r"argument batch\.n is 4, but .* was exported for 3"),
    (lambda a, k: ((Batch(a[0].x, True), a[1]), k), ValueError, r"argument batch\.n is True, but .* exported for 3"),
    (
        lambda a, k: ((Batch(a[0].x, 3, a[0].x), a[1]), k),
        ValueError,
        r"argument batch is Batch\(x=Tensor, n=3, mask=Tensor\), but .* exported for Batch\(x=Tensor, n=3\)",
    ),
    (lambda a, k: ((a[0].x, a[1]), k), ValueError, r"argument batch is Tensor, but .* for Batch\(x=Tensor, n=3\)"),
    (
        lambda a, k: ((a[0], {"bias": a[0].x}), k),
        ValueError,
        r"argument options is \{'bias': Tensor\}, but .* for \{'bias': Tensor, 1: 0.5\}",
    ),
    (lambda a, k: ((a[0], []), k), ValueError, r"argument options is \[\], but"),
    (lambda a, k: ((a[0], {"bias": 2, 1: 0.5}), k), ValueError, r"argument options\['bias'\] is 2, must be a Tensor"),
    (lambda a, k: (a, {**k, "mode": "mean"}), ValueError, "argument mode is 'mean', but .* exported for 'sum'"),
    (
        lambda a, k: (a, {"mode": "sum"}),
        TypeError,
        r"argument pair is missing; it is Pair\(first=Tensor, sec",
    ),
    (lambda a, k: (a, {**k, "pairs": 1}), TypeError, "no argument pairs; its arguments are batch, options, pair, mode"),
    (lambda a, k: (a, {**k, "batch": a[0]}), TypeError, "argument batch is given twice"),
    (lambda a, k: ((*a, 1, 2, 3), {}), TypeError, "takes 4 arguments, 5 were given"),
    (
        lambda a, k: ((Batch(torch.ones(3, 3), 3), a[1]), k),
        torch.jit.Error,
        r"batch\.x's size 0 and options\['bias'\]'s size 0 must be equal.*; the call has 3 and 2",
    ),
]


def test_wrong_calls_are_told_in_the_words_of_the_user():
    model, program = adds()
    compiled = compile_exported(program)
    for change, kind, message in WRONG:
        args, kwargs = change(*arguments())
        with pytest.raises(kind, match=message):
            compiled(*args, **kwargs)
    check(compiled, model)


def test_files_copies_and_pickles(tmp_path, recwarn):
    model, program = adds()
    compiled = compile_exported(program)
    recwarn.clear()
    path = tmp_path / "module.ts"
    torch_tensorrt.save(compiled, path, extra_files={"note": "mine"})
    extra = {"note": ""}
    loaded = torch_tensorrt.load(path, extra)
    assert extra["note"] in ("mine", b"mine")
    buffer = io.BytesIO()
    torch.save(compiled, buffer)
    buffer.seek(0)
    others = [loaded, copy.copy(compiled), copy.deepcopy(compiled), pickle.loads(pickle.dumps(compiled))]
    for other in (*others, torch.load(buffer, weights_only=False)):
        check(other, model)
    assert not [str(each.message) for each in recwarn if "treespec" in str(each.message)]
    torch.jit.save(compiled, tmp_path / "other.ts")
    check(torch_tensorrt.load(tmp_path / "other.ts"), model)
    args, kwargs = arguments()
    found = torch.jit.load(path)(args[0].x, args[1]["bias"], kwargs["pair"].first)  # as C++ does
    torch.testing.assert_close(found[0], model(*args, **kwargs)[0].x)
    with pytest.raises(ValueError, match="must be 'torchscript' for a module with engines"):
        torch_tensorrt.save(compiled, path, output_format="exported_program")


def test_a_file_with_classes_that_the_process_does_not_know(tmp_path):
    _, program = adds()
    torch_tensorrt.save(compile_exported(program), tmp_path / "module.ts")
    code = f"import torch_tensorrt; torch_tensorrt.load({str(tmp_path / 'module.ts')!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "is a tests.Batch, which this process does not know: import the module" in done.stderr, done.stderr


class Scaler:
    """A class without a name for files."""

    def __init__(self, value) -> None:
        self.value = value


_pytree.register_pytree_node(
    Scaler,
    lambda scaler: ([scaler.value], None),
    lambda values, context: Scaler(next(iter(values))),
    flatten_with_keys_fn=lambda scaler: ([(_pytree.GetAttrKey("value"), scaler.value)], None),
)


def test_a_class_without_a_name_for_files(tmp_path):
    class Scales(nn.Module):
        def forward(self, scaler):
            return Scaler(scaler.value.relu() + 1)

    x = torch.randn(3)
    compiled = compile_exported(torch.export.export(Scales(), (Scaler(x),)))
    found = pickle.loads(pickle.dumps(compiled))(Scaler(x))
    assert type(found) is Scaler
    torch.testing.assert_close(found.value, x.relu() + 1)
    with pytest.raises(RuntimeError, match="cannot name the class Scaler .* or use torch.save"):
        torch_tensorrt.save(compiled, tmp_path / "module.ts")


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("in_place", [False, True])
def test_a_refit(whole, in_place):
    _, program = adds()
    compiled = compile_exported(program, require_full_compilation=whole)
    model, new = adds()
    args, kwargs = arguments()
    given = {"arg_inputs": list(args), "kwarg_inputs": kwargs, "verify_output": True}
    refitted = torch_tensorrt.refit_module_weights(compiled, new, in_place=in_place, **given)
    assert (refitted is compiled) is in_place
    check(refitted, model)
    with pytest.raises(TypeError, match="new_weight_module is Adds, must be an ExportedProgram"):
        torch_tensorrt.refit_module_weights(compiled, model)
    other = torch.export.export(model, (Batch(args[0].x, 4), args[1]), kwargs)
    with pytest.raises(RuntimeError, match="new_weight_module has other arguments or results"):
        torch_tensorrt.refit_module_weights(compiled, other)


def test_a_mutable_module():
    model = Adds().eval()
    mutable = torch_tensorrt.MutableTorchTensorRTModule(model, device="cpu")
    args, kwargs = arguments()
    with pytest.warns(UserWarning, match="torch.export takes it"):
        same(mutable(*args, **kwargs), model(*args, **kwargs))
    compiled = torch_tensorrt._mutable._state(mutable).compiled
    same(mutable(*args, **kwargs), model(*args, **kwargs))
    assert torch_tensorrt._mutable._state(mutable).compiled is compiled
    mutable.load_state_dict(Adds().state_dict())
    same(mutable(*args, **kwargs), model(*args, **kwargs))


def test_a_compiled_module_is_not_compiled_again():
    _, program = adds()
    compiled = compile_exported(program)
    for module, what in ((compiled, "the module"), (nn.Sequential(compiled), "the submodule 0")):
        with pytest.raises(TypeError, match=f"{what} is compiled already"):
            torch_tensorrt.compile(module, inputs=[torch.ones(1)], device="cpu")


def test_writes_aliases_and_numbers_that_vary():
    class Writes(nn.Module):
        def forward(self, batch):
            batch["x"].add_(1)
            return {"same": batch["x"], 0: batch["y"] * batch["n"], "n": batch["n"]}

    def batch(n: int) -> dict:
        return {"x": torch.zeros(2), "y": torch.ones(2), "n": n}

    shapes = ({"x": None, "y": None, "n": torch.export.Dim.DYNAMIC},)
    compiled = compile_exported(torch.export.export(Writes(), (batch(3),), dynamic_shapes=shapes))
    for n in (3, 5):
        given, expected = batch(n), batch(n)
        same(compiled(given), Writes()(expected))
        assert torch.equal(given["x"], torch.ones(2))
    with pytest.raises(ValueError, match=r"argument batch\['n'\] is 2.5, must be of the type int"):
        compiled({**batch(3), "n": 2.5})


# ---- generated structures -------------------------------------------------------------------------------------------

CONSTANTS = (3, -1, 0.5, True, False, "text", "", None)


def nest(rng: random.Random, leaf, kinds: tuple[str, ...], depth: int = 0) -> Any:
    """Returns a nest of leaves; ``leaf(True)`` makes a tensor."""
    kind = rng.choice(("leaf",) * (2 if depth < 3 else 50) + kinds)
    if kind == "leaf":
        return leaf(False)
    if kind == "output":
        return outputs.BaseModelOutput(last_hidden_state=leaf(True), hidden_states=(leaf(True),))
    parts = [nest(rng, leaf, kinds, depth + 1) for _ in range(rng.randrange(4))]
    two = [*parts, leaf(True), leaf(True)][:2]
    makers = {
        "list": lambda: parts,
        "tuple": lambda: tuple(parts),
        "dict": lambda: {f"k{i}": part for i, part in enumerate(parts)},
        "mixed": lambda: {(i if i % 2 else f"k{i}"): part for i, part in enumerate(parts)},
        "ordered": lambda: collections.OrderedDict(enumerate(parts)),
        "default": lambda: collections.defaultdict(list, {f"k{i}": part for i, part in enumerate(parts)}),
        "deque": lambda: collections.deque(parts),
        "batch": lambda: Batch(*two),
        "pair": lambda: Pair(*two),
    }
    return makers[kind]()


class Generated(nn.Module):
    def __init__(self, seed: int, kinds: tuple[str, ...]) -> None:
        super().__init__()
        self.seed, self.kinds = seed, kinds

    def forward(self, a, b, *, c=None, d=2):
        rng = random.Random(self.seed)
        tensors = [value for value in _pytree.tree_leaves((a, b, c, d)) if isinstance(value, torch.Tensor)]
        total = torch.stack([torch.zeros(2, 3), *tensors]).sum(0)
        made = []

        def leaf(is_tensor: bool) -> Any:
            if not is_tensor and rng.random() < 0.5:
                return rng.choice([*tensors, *CONSTANTS])
            made.append((total * (len(made) + 1)).relu())
            return made[-1]

        return leaf(True), nest(rng, leaf, self.kinds)


PLAIN = ("list", "tuple", "dict")
KINDS = {
    "plain": PLAIN,
    "dicts": ("dict", "ordered", "default", "mixed"),
    "all": (*PLAIN, "mixed", "ordered", "default", "deque", "batch", "pair", "output"),
}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kinds", KINDS)
def test_generated_structures(kinds, seed, whole):
    rng = random.Random(seed)
    leaf = lambda is_tensor: torch.randn(2, 3) if is_tensor or rng.random() < 0.6 else rng.choice(CONSTANTS)  # noqa: E731
    args = tuple(nest(rng, leaf, KINDS[kinds]) for _ in range(2))
    kwargs = {"c": nest(rng, leaf, KINDS[kinds]), **({"d": leaf(False)} if seed % 2 else {})}
    program = torch.export.export(Generated(seed, KINDS[kinds]), args, kwargs)
    compiled = compile_exported(program, require_full_compilation=whole)
    if not isinstance(compiled, torch.jit.ScriptModule):
        same(compiled(*args, **kwargs), program.module()(*args, **kwargs))
        return
    # TorchScript has dicts of one class, and an engine alone no arguments without a tensor.
    given = {**dict(zip("ab", args, strict=True)), **kwargs}
    names = [argument.name for argument in compiled.forward.schema.arguments]
    found = compiled(**{name: value for name, value in given.items() if name in names})
    expected = program.module()(*args, **kwargs)
    assert len(_pytree.tree_leaves(found)) == len(_pytree.tree_leaves(expected))
    for left, right in zip(_pytree.tree_leaves(found), _pytree.tree_leaves(expected), strict=True):
        assert type(left) is type(right)
        torch.testing.assert_close(left, right) if isinstance(right, torch.Tensor) else None
