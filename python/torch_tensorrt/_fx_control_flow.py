"""Writes the control flow of FX graphs as branches and loops of TorchScript."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch

from torch_tensorrt._fx_source import Branch, Loop, Statement, modules_of, user_line


def owner(node: torch.fx.Node) -> torch.fx.GraphModule:
    """Returns the graph that a node names."""
    return operator.attrgetter(node.target)(node.graph.owning_module)


class ControlFlow:
    """The part of a writer of graphs that writes branches and loops. Each returns the expressions of its results."""

    body: list[Any]
    _assign: Callable[[torch.fx.Node, str], str]
    _fresh: Callable[[str], str]
    _inline: Callable[[torch.fx.Graph, Sequence[Any]], list[str]]
    _text: Callable[[Any], str]
    _value: Callable[[Any], Any]

    def _block(self, node: torch.fx.Node, graph: Any, values: Sequence[Any], names: Sequence[str]) -> list[Any]:
        """Returns the statements of a graph, which assign its first results to the names."""
        return self._block_with_results(node, graph, values, names)[0]

    def _block_with_results(
        self, node: torch.fx.Node, graph: Any, values: Sequence[Any], names: Sequence[str]
    ) -> tuple[list[Any], list[str]]:
        """Returns the statements, and the expressions of the results without a name."""
        outer, self.body = self.body, []
        results = self._inline(owner(graph).graph, values)
        line = user_line(node)
        kept = [self._fresh(f"{name}_next") for name in names]  # a result may be the old value of another name
        self.body += [Statement(f"{name} = {text}", line) for name, text in zip(kept, results, strict=False)]
        self.body += [Statement(f"{name} = {text}", line) for name, text in zip(names, kept, strict=True)]
        outer, self.body = self.body, outer
        return outer, results[len(names) :]

    def _write_branch(self, node: torch.fx.Node) -> list[str]:
        condition, yes, no, operands = node.args
        values = [self._value(value) for value in operands]
        (output,) = owner(yes).graph.find_nodes(op="output")
        names = [self._fresh(node.name) for _ in output.args[0]]
        blocks = [self._block(node, graph, values, names) for graph in (yes, no)]
        self.body.append(Branch(f"bool({self._text(condition)})", *blocks, user_line(node), modules_of(node)))
        return names

    def _write_loop(self, node: torch.fx.Node) -> list[str]:
        condition, body, carried, others = node.args
        names = [self._assign(node, self._text(value)) for value in carried]
        values = [*names, *map(self._value, others)]
        goes_on = [self._fresh(f"{node.name}_goes_on")]
        self.body += self._block(node, condition, values, goes_on)
        rounds = [*self._block(node, body, values, names), *self._block(node, condition, values, goes_on)]
        self.body.append(Loop(f"bool({goes_on[0]})", rounds, user_line(node), modules_of(node)))
        return names

    def _write_map(self, node: torch.fx.Node) -> list[str]:
        body, rows, others = node.args
        return self._write_rounds(node, body, [], rows, others)

    def _write_scan(self, node: torch.fx.Node) -> list[str]:
        body, carried, rows, others = node.args
        return self._write_rounds(node, body, carried, rows, others)

    def _write_rounds(
        self, node: torch.fx.Node, body: Any, carried: Sequence[Any], rows: Sequence[Any], others: Sequence[Any]
    ) -> list[str]:
        """Writes a loop over the first dimension of ``rows`` that stacks the results of its rounds."""
        line = user_line(node)
        names = [self._assign(node, self._text(value)) for value in carried]
        count = self._assign(node, "0")
        current = [self._fresh(f"{node.name}_row") for _ in rows]
        values = [*names, *current, *map(self._value, others)]
        block, results = self._block_with_results(node, body, values, names)
        stacks = [self._assign(node, "torch.jit.annotate(List[Tensor], [])") for _ in results]
        texts = [f"{name} = {self._text(row)}.select(0, {count})" for name, row in zip(current, rows, strict=True)]
        first = [Statement(text, line) for text in texts]
        last = [Statement(f"{stack}.append({text})", line) for stack, text in zip(stacks, results, strict=True)]
        # The results of a round come before its new carried values, which may have the same names.
        carries = len(names)
        computed, renamed = (block[:-carries], block[-carries:]) if carries else (block, [])
        rounds = [*first, *computed, *last, *renamed, Statement(f"{count} = {count} + 1", line)]
        goes_on = f"torch.ops.aten.lt({count}, {self._text(rows[0])}.size(0))"
        self.body.append(Loop(goes_on, rounds, line, modules_of(node)))
        return [*names, *(self._assign(node, f"torch.ops.aten.stack({stack}, 0)") for stack in stacks)]


# The operator -> how it is written.
CONTROL_FLOW: dict[str, Callable[[Any, torch.fx.Node], list[str]]] = {
    "cond": ControlFlow._write_branch,
    "while_loop": ControlFlow._write_loop,
    "map_impl": ControlFlow._write_map,
    "scan": ControlFlow._write_scan,
}
