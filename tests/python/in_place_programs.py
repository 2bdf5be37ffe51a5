"""Random programs that write tensors in place through views, read them under other names and return several.

``python tests/python/in_place_programs.py --count 5000 --seed 1`` checks 5000 programs: lowered, and run by PyTorch.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import random
import warnings
from collections.abc import Iterable

import torch

NUMBERS = (1.0, -1.0, 2.0, 0.5, 3.0)


TEMPORARY = ("p", "q", "r")  # names inside a loop


class Program:
    """Statements that PyTorch has run, with their tensors."""

    arguments = "x: Tensor, w: Tensor"
    ways: tuple[tuple[int, ...], ...] = ((),)  # further arguments, which select branches

    def __init__(self, seed: int, statements: int = 9):
        self.random = random.Random(seed)
        self.seed = seed
        self.lines: list[str] = []
        self.shapes = [self._shape(), self._shape()]
        self.inputs = [self._numbers(shape) for shape in self.shapes]
        # The tensors by name, for each path through the program.
        self.worlds = [{"x": self.inputs[0].clone(), "w": self.inputs[1].clone()} for _ in self.ways]
        self.counter = 0
        for name in ("a", "b"):
            self._try(f"{name} = {self.random.choice(('x.clone()', 'w.clone()', 'x * 2.0', 'w + 1.0', 'x', 'w'))}")
        while len(self.lines) < statements:
            self._statement()
        names = [name for name in self.tensors if self.tensors[name].numel() > 0]
        self.results = self.random.sample(names, min(len(names), self.random.randint(2, 8)))

    def _shape(self) -> tuple[int, ...]:
        return self.random.choice([(3, 4), (2, 3, 4), (4, 4), (6,), (2, 2, 3), (4, 3, 2), (1, 4), (3, 1, 2)])

    def _numbers(self, shape) -> torch.Tensor:
        count = torch.Size(shape).numel()
        return torch.tensor([float(self.random.randint(-4, 4)) for _ in range(count)]).reshape(shape)

    def source(self, name: str = "forward") -> str:
        body = "".join(f"    {part}\n" for line in self.lines for part in line.split("\n"))
        results = ", ".join(f"{result}" for result in self.results)
        return f"def {name}(self, {self.arguments}):\n{body}    return ({results},)\n"

    # ---- running a statement in PyTorch -----------------------------------------------------------------------------

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        return self.worlds[0]

    def _try(self, line: str) -> bool:
        kept = [(tensor, tensor.clone()) for tensor in self._memory()]
        try:
            made = [self._run(line, world, way) for world, way in zip(self.worlds, self.ways, strict=True)]
        except (RuntimeError, ValueError, IndexError, TypeError, UserWarning):
            for tensor, before in kept:
                tensor.copy_(before)
            return False
        self.worlds = made
        self.lines.append(line)
        return True

    def _run(self, line: str, world: dict[str, torch.Tensor], way: tuple[int, ...]) -> dict[str, torch.Tensor]:
        scope = {**world, **dict(zip("c", way, strict=False))}
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # out= of another shape
            exec(line, {"torch": torch}, scope)  # noqa: S102
        made = {k: v for k, v in scope.items() if isinstance(v, torch.Tensor)}
        if not all(v.dtype is torch.float32 and v.numel() <= 64 and v.abs().max() < 1e6 for v in made.values()):
            raise ValueError("too large")
        return {name: tensor for name, tensor in made.items() if name not in TEMPORARY}

    def _share(self, name: str, other: str) -> bool:
        return any(_storage(world[name]) == _storage(world[other]) for world in self.worlds)

    def _memory(self) -> list[torch.Tensor]:
        """Returns the memory of all tensors, each once."""
        found = {}
        for tensor in (tensor for world in self.worlds for tensor in world.values()):
            storage = tensor.untyped_storage()
            found[storage.data_ptr()] = torch.tensor([], dtype=tensor.dtype).set_(storage)
        return list(found.values())

    def _name(self) -> str:
        self.counter += 1
        return f"v{self.counter}"

    def _statement(self) -> None:
        kinds = [
            self._view,
            self._view,
            self._view,
            self._write,
            self._write,
            self._write,
            self._read,
            self._loop,
            self._fresh,
        ]
        self.random.choice(kinds)()

    def _any(self) -> str:
        return self.random.choice(list(self.tensors))

    def _dim(self, name: str) -> int:
        rank = self.tensors[name].dim()
        return self.random.randint(-rank, rank - 1) if rank else 0

    def _fresh(self) -> None:
        name = self._any()
        forms = (
            "{}.clone()",
            "{} * 2.0",
            "{} + 1.0",
            "torch.zeros_like({})",
            "{}.relu()",
            "torch.cat([{0}, {0}])",
            "-{}",
        )
        self._try(f"{self._name()} = {self.random.choice(forms).format(name)}")

    def _read(self) -> None:
        name, other = self._any(), self._any()
        forms = (
            f"{name} * 1.0",
            f"{name} + {other}",
            f"{name}.sum()",
            f"{name}.amax()",
            f"torch.stack([{name}, {name}])",
        )
        self._try(f"{self._name()} = {self.random.choice(forms)}")

    def view_of(self, name: str) -> str:
        r, tensor = self.random, self.tensors[name]
        dim, size = self._dim(name), 1
        if tensor.dim():
            size = tensor.shape[dim]
        start = r.randint(-size, size - 1) if size else 0
        length = r.randint(1, max(1, size))
        order = list(range(tensor.dim()))
        r.shuffle(order)
        part = r.randint(0, 1)
        other = self._any()
        forms = [
            f"{name}[{start}]",
            f"{name}[{r.randint(0, 1)}:{r.choice(('', '2', '-1'))}:{r.randint(1, 2)}]",
            f"{name}[..., {start}]",
            f"{name}.select({dim}, {start})",
            f"{name}.narrow({dim}, {max(0, size - length)}, {length})",
            f"{name}.transpose({self._dim(name)}, {dim})",
            f"{name}.swapaxes({self._dim(name)}, {dim})",
            f"{name}.permute({order})",
            f"{name}.movedim({self._dim(name)}, {dim})",
            f"{name}.view(-1)",
            f"{name}.reshape(-1)",
            f"{name}.flatten()",
            f"{name}.ravel()",
            f"{name}.contiguous()",
            f"{name}.unsqueeze({dim})",
            f"{name}.squeeze()",
            f"{name}.squeeze({dim})",
            f"{name}.detach()" if not any("queeze_(" in line or "t_()" in line for line in self.lines) else name,
            f"{name}.t()",
            f"{name}.mT",
            f"{name}.chunk(2, {dim})[{part}]",
            f"{name}.split(2, {dim})[{part}]",
            f"{name}.split([1, {max(0, size - 1)}], {dim})[{part}]",
            f"{name}.unbind({dim})[{start}]",
            f"{name}.tensor_split(2, {dim})[{part}]",
            f"{name}.diagonal()",
            f"{name}.unfold({dim}, 2, {r.randint(1, 2)})",
            f"{name}.expand(2, {', '.join(str(s) for s in tensor.shape)})" if tensor.dim() else f"{name}.expand(2)",
            f"{name}.expand_as({other})",
            f"{name}.view_as({other})",
            f"{name}.reshape_as({other})",
            f"{name}.unflatten({dim}, (-1, 2))",
            f"{name}.to(torch.float32)",
            f"{name}.view(-1).narrow(0, 1, 2)",
            f"torch.atleast_2d({name})",
            f"{name}.type_as({other})",
            f"torch.dropout({name}, 0.5, False)",
            f"{name}.sum_to_size({list(tensor.shape)})",
        ]
        return r.choice(forms)

    def _view(self) -> None:
        name = self._any()
        if self.random.random() < 0.1:
            first, second = self._name(), self._name()
            self._try(f"{first}, {second} = {name}.chunk(2, {self._dim(name)})")
            return
        self._try(f"{self._name()} = {self.view_of(name)}")

    def _write(self) -> None:
        r = self.random
        name, other, number = self._any(), self._any(), r.choice(NUMBERS)
        # PyTorch does not define the result of an operator that reads memory while it writes it.
        if self._share(name, other):
            other = f"{other}.clone()"
        target = self.view_of(name) if r.random() < 0.4 else name
        forms = [
            f"{target}.add_({number})",
            f"{target}.mul_({number})",
            f"{target}.add_({other})",
            f"{target}.sub_({other}, alpha=2.0)",
            f"{target}.copy_({other})",
            f"{target}.fill_({number})",
            f"{target}.zero_()",
            f"{target}.relu_()",
            f"{target}.neg_()",
            f"{target}.clamp_(-2.0, 2.0)",
            f"{target}.masked_fill_({target} > 0.0, {number})",
            f"{target}.mul_(2.0).add_({number})",
            f"torch.add({other}, {number}, out={target})",
            f"{target}.index_fill_(0, torch.tensor([0]), {number})",
            f"{name}[0] = {number}",
            f"{name}[1:] = {other}",
            f"{name}[..., 0] += {number}",
            f"{name}[:, 1] = {other}",
            f"{name}[{name} > 1.0] = {number}",
            f"{name} += {other}",
            f"{name}[0:2] *= {number}",
            f"{self._name()} = {target}.add_({number})",
            f"{self._name()} = {target}.mul_({number})",
        ]
        # The shape of the caller's own tensor is refused, and PyTorch drops detach() when it freezes a module.
        is_detached = any("detach" in line for line in self.lines)
        if not is_detached and all(world[name] is not world[a] for world in self.worlds for a in "xw"):
            forms += [f"{name}.t_()", f"{name}.unsqueeze_(0)", f"{name}.squeeze_()"]
        self._try(r.choice(forms))

    def _loop(self) -> None:
        r = self.random
        name, other, number = self._any(), self._any(), r.choice(NUMBERS)
        tensor = self.tensors[name]
        if tensor.dim() == 0:
            return
        forms = [
            f"for i in range({tensor.shape[0]}):\n    {name}[i] += {number}",
            f"for i in range({name}.size(0)):\n    {name}[i] = {other}.sum() + {number}",
            f"for i in range(1, {name}.shape[0]):\n    {name}[i] += {name}[i - 1]",
            f"for p in {name}.unbind(0):\n    p.mul_({number})",
            f"for p in {name}.chunk(2, {self._dim(name)}):\n    p.add_({number})",
            f"for i in range(3):\n    {name}.add_({other}.amax())",
            f"for i in range(2):\n    {name} = {name} * {number}\n    {name}.add_(1.0)",
            f"for i in range({name}.size(0)):\n    {name} = {name}.add_({number})",
            f"for i in range(2):\n    {name} = {name}.t()\n    {name}[0] += {number}",
            f"if {name}.size(0) > 2:\n    {name}.add_({number})\nelse:\n    {name}.mul_({number})",
            f"if {name}.size(0) > 2:\n    {name}[0] = {number}",
            f"for i in range({name}.size(0)):\n    if i > 1:\n        {name}[i].mul_({number})",
        ]
        line = r.choice(forms)
        if not self._overlaps(name):
            self._try(line)

    def _overlaps(self, name: str) -> bool:
        return any(
            stride == 0 and size > 1
            for world in self.worlds
            for stride, size in zip(world[name].stride(), world[name].shape, strict=False)
        )


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def scripted_module(programs: list[Program]) -> torch.jit.ScriptModule:
    """Several programs in one module, each with two inputs of its own."""
    # Two modules of a Python class would share their methods.
    module = type(f"Programs{next(_numbers)}", (torch.jit.ScriptModule,), {})()
    for i, program in enumerate(programs):
        module.define(program.source(f"program{i}"))
    decides = len(programs[0].ways[0]) > 0
    arguments = ", ".join(f"x{i}: Tensor, w{i}: Tensor" for i in range(len(programs))) + ", c: int" * decides
    calls = ", ".join(f"self.program{i}(x{i}, w{i}{', c' * decides})" for i in range(len(programs)))
    module.define(f"def forward(self, {arguments}):\n    return ({calls},)\n")
    return module.eval()


_numbers = itertools.count()


def inputs_of(programs: list[Program]) -> list[torch.Tensor]:
    return [tensor.clone() for program in programs for tensor in program.inputs]


def lowered(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """Computes the engine's results with PyTorch's operators."""
    from torch_tensorrt._library import compiler

    return torch.jit._recursive.wrap_cpp_module(compiler()._lower(module._c, "forward"))


def flat(results) -> list[torch.Tensor]:
    if isinstance(results, torch.Tensor):
        return [results]
    return [tensor for part in results for tensor in flat(part)]


def unoptimized(module: torch.jit.ScriptModule, *arguments):
    """Runs the module unoptimized: TorchScript's optimizations drop some writes to tensors that a loop carries."""
    with torch.jit.optimized_execution(False):
        return module(*arguments)


def differences(module, compiled, programs: list[Program]) -> list[str]:
    """Returns the differences between module and compiled module, in results and in written inputs."""
    found = []
    for way in programs[0].ways:
        wanted_inputs, got_inputs = inputs_of(programs), inputs_of(programs)
        wanted, got = flat(unoptimized(module, *wanted_inputs, *way)), flat(compiled(*got_inputs, *way))
        found += [f"{way}: {len(got)} results instead of {len(wanted)}"] * (len(got) != len(wanted))
        for kind, left, right in (("result", wanted, got), ("input", wanted_inputs, got_inputs)):
            for i, (w, g) in enumerate(zip(left, right, strict=False)):
                if w.shape != g.shape or w.dtype != g.dtype or not torch.equal(w, g):
                    found.append(f"{way}: {kind} {i}: {g.tolist()}, should be {w.tolist()}")
    return found


def scripted(seed: int, kind: type[Program] = Program) -> tuple[Program, torch.jit.ScriptModule] | None:
    """Returns the seed's program if TorchScript compiles and runs it."""
    program = kind(seed)
    try:
        module = scripted_module([program])
        for way in program.ways:
            unoptimized(module, *inputs_of([program]), *way)
    except RuntimeError:
        return None
    return program, module


def check_programs(seeds: Iterable[int], kind: type[Program], refused_at_most: int) -> None:
    """Checks that lowered programs give the results of the original ones, and that few are refused."""
    found, refused = [], 0
    for seed in seeds:
        made = scripted(seed, kind)
        if made is None:
            continue
        program, module = made
        try:
            found += [(seed, text) for text in differences(module, lowered(module), [program])]
        except RuntimeError as error:
            refused += 1
            assert "in place" in str(error) or "argument" in str(error), f"seed {seed}: {error}"
    assert not found, found
    assert refused <= refused_at_most


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engines", action="store_true", help="build engines too")
    parser.add_argument("--branches", action="store_true", help="branches and loops that an argument decides on")
    parser.add_argument("--show", action="store_true", help="print the sources of programs that are refused")
    options = parser.parse_args()
    from in_place_branches import BranchingProgram

    import torch_tensorrt

    torch.set_num_threads(1)
    counts: collections.Counter[str] = collections.Counter()
    for seed in range(options.seed, options.seed + options.count):
        made = scripted(seed, BranchingProgram if options.branches else Program)
        if made is None:
            counts["not TorchScript"] += 1
            continue
        program, module = made
        try:
            if options.engines:
                with torch_tensorrt.logging.errors():
                    compiled = torch_tensorrt.compile(module, inputs=inputs_of([program]), device="cpu")
            else:
                compiled = lowered(module)
            found = differences(module, compiled, [program])
        except RuntimeError as error:
            counts["refused"] += 1
            counts[" refused: " + str(error).split("\n")[0].split(") ")[-1][:100]] += 1
            if options.show:
                print(f"seed {seed}: {error}\n{program.source()}", flush=True)
            continue
        counts["wrong" if found else "right"] += 1
        if found:
            print(f"seed {seed}:\n{program.source()}" + "\n".join(found), flush=True)
    for kind, count in counts.most_common():
        print(f"{count:6} {kind}")


if __name__ == "__main__":
    main()
