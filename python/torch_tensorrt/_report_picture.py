"""Draws the operations of a method as a layered graph in SVG: one picture for each level of detail."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import networkx

from torch_tensorrt._report_program import Operation

_WIDTH, _HEIGHT = 184, 60  # of a box
_GAP_X, _GAP_Y = 22, 30
_SPACER = 16  # width of an edge that passes a row of boxes
_LONGEST = 40  # rows that an edge passes between boxes; a longer one runs behind them
_SWEEPS = 6
_STRAIGHT = 12.0  # weight of edges between boxes, and within a long edge, beside others

#: A level with more boxes than this is not drawn; the report says so.
MOST_BOXES = 3000


@dataclasses.dataclass
class Box:
    """Operations that a picture shows as one box."""

    operations: list[Operation]
    x: float = 0.0
    y: float = 0.0

    @property
    def executor(self) -> str:
        return self.operations[0].executor

    @property
    def microseconds(self) -> float | None:
        times = [operation.microseconds for operation in self.operations if operation.microseconds is not None]
        return sum(times) if times else None


@dataclasses.dataclass
class Level:
    """A picture: ``edges`` are pairs of numbers of boxes, with the points that they pass."""

    name: str
    boxes: list[Box]
    edges: list[tuple[int, int, list[tuple[float, float]]]]
    width: float = 0.0
    height: float = 0.0


def _runs(operations: Sequence[Operation], key: Callable[[Operation], Any]) -> list[Box]:
    """Boxes of operations that follow each other in the program and have one key. So no edge goes backwards."""
    boxes: list[Box] = []
    last: Any = None
    for operation in operations:
        now = key(operation)
        if not boxes or now != last:
            boxes.append(Box([]))
            last = now
        boxes[-1].operations.append(operation)
    return boxes


def _edges(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    home = {operation.number: index for index, box in enumerate(boxes) for operation in box.operations}
    found = {}
    for index, box in enumerate(boxes):
        for operation in box.operations:
            for source in operation.inputs:
                if source in home and home[source] < index:
                    found[home[source], index] = None
    return list(found)


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(edges)
    ranks = [0] * count
    for rank, members in enumerate(networkx.topological_generations(graph)):
        for member in members:
            ranks[member] = rank
    for member in reversed(range(count)):  # sources stand next to their first reader
        if graph.in_degree(member) == 0 and graph.out_degree(member) > 0:
            ranks[member] = max(0, min(ranks[reader] for reader in graph.successors(member)) - 1)
    return ranks


class _Layout:
    """Places boxes in rows by their ranks: the method of Sugiyama et al. (1981).

    Edges that pass rows have a spacer in each. The order in a row follows the mean places of neighbors (barycenters),
    and so do the places, as far as boxes do not overlap.
    """

    def __init__(self, count: int, edges: Sequence[tuple[int, int]]) -> None:
        self.ranks = _ranks(count, edges)
        self.widths: list[float] = [_WIDTH] * count
        self.above: list[list[int]] = [[] for _ in range(count)]
        self.below: list[list[int]] = [[] for _ in range(count)]
        self.spacers: dict[tuple[int, int], int] = {}  # by source and rank: edges of one source share them
        self.chains = [self._chain(source, target) for source, target in edges]
        self.rows: list[list[int]] = [[] for _ in range(max(self.ranks, default=0) + 1)]
        for member, rank in enumerate(self.ranks):
            self.rows[rank].append(member)
        for sweep in range(_SWEEPS):
            self._order(upwards=sweep % 2 == 1)
        self.x = [0.0] * len(self.ranks)
        for row in self.rows:
            self._place(row, [0.0] * len(row))
        for sweep in range(2 * _SWEEPS):
            self._move(upwards=sweep % 2 == 1)

    def _chain(self, source: int, target: int) -> list[int]:
        chain = [source]
        if self.ranks[target] - self.ranks[source] <= _LONGEST:
            chain += [self._spacer(source, rank) for rank in range(self.ranks[source] + 1, self.ranks[target])]
        chain.append(target)
        for one, other in zip(chain, chain[1:], strict=False):
            if other not in self.below[one]:
                self.below[one].append(other)
                self.above[other].append(one)
        return chain

    def _spacer(self, source: int, rank: int) -> int:
        if (source, rank) not in self.spacers:
            self.spacers[source, rank] = len(self.ranks)
            self.ranks.append(rank)
            self.widths.append(_SPACER)
            self.above.append([])
            self.below.append([])
        return self.spacers[source, rank]

    def _order(self, upwards: bool) -> None:
        neighbors = self.below if upwards else self.above
        place = {member: index for row in self.rows for index, member in enumerate(row)}
        for row in reversed(self.rows) if upwards else self.rows:
            center = {}
            for member in row:
                found = [place[other] for other in neighbors[member]]
                center[member] = sum(found) / len(found) if found else place[member]
            row.sort(key=center.__getitem__)
            for index, member in enumerate(row):
                place[member] = index

    def _place(self, row: list[int], wanted: list[float]) -> None:
        """Places a row near the wanted centers: the mean of what packing from the left and from the right gives."""

        def packed(members: list[int], centers: list[float]) -> list[float]:
            found: list[float] = []
            for index, (member, center) in enumerate(zip(members, centers, strict=True)):
                if index > 0:
                    before = members[index - 1]
                    least = found[-1] + (self.widths[before] + self.widths[member]) / 2 + _GAP_X
                    center = max(center, least)
                found.append(center)
            return found

        left = packed(row, wanted)
        right = packed(row[::-1], [-center for center in wanted[::-1]])
        for member, a, b in zip(row, left, right[::-1], strict=True):
            self.x[member] = (a - b) / 2

    def _move(self, upwards: bool) -> None:
        neighbors = self.below if upwards else self.above
        for row in reversed(self.rows) if upwards else self.rows:
            wanted = []
            for member in row:
                total, weights = 0.0, 0.0
                for other in neighbors[member]:
                    weight = _STRAIGHT if self.widths[other] == self.widths[member] else 1.0
                    total += weight * self.x[other]
                    weights += weight
                wanted.append(total / weights if weights else self.x[member])
            self._place(row, wanted)


def _laid_out(name: str, boxes: list[Box]) -> Level:
    edges = _edges(boxes)
    layout = _Layout(len(boxes), edges)
    left = min((layout.x[i] - layout.widths[i] / 2 for i in range(len(layout.x))), default=0.0) - _GAP_X
    right = max((layout.x[i] + layout.widths[i] / 2 for i in range(len(layout.x))), default=0.0) + _GAP_X

    def y(member: int) -> float:
        return layout.ranks[member] * (_HEIGHT + _GAP_Y) + _GAP_Y

    for index, box in enumerate(boxes):
        box.x, box.y = layout.x[index] - left - _WIDTH / 2, y(index)
    drawn = []
    for (source, target), chain in zip(edges, layout.chains, strict=True):
        points = [(layout.x[source] - left, y(source) + _HEIGHT)]
        for spacer in chain[1:-1]:
            points += [(layout.x[spacer] - left, y(spacer)), (layout.x[spacer] - left, y(spacer) + _HEIGHT)]
        points.append((layout.x[target] - left, y(target)))
        drawn.append((source, target, points))
    height = (max(layout.ranks, default=0) + 1) * (_HEIGHT + _GAP_Y) + _GAP_Y
    return Level(name, boxes, drawn, right - left, height)


def path_of(points: Sequence[tuple[float, float]]) -> str:
    """Returns the SVG path of an edge: a curve between rows, a straight line through a row."""
    (x, y), *rest = points
    parts = [f"M{x:.0f} {y:.0f}"]
    for next_x, next_y in rest:
        bend = (y + next_y) / 2
        straight = abs(next_x - x) < 1
        parts.append(
            f"L{next_x:.0f} {next_y:.0f}"
            if straight
            else f"C{x:.0f} {bend:.0f} {next_x:.0f} {bend:.0f} {next_x:.0f} {next_y:.0f}"
        )
        x, y = next_x, next_y
    return "".join(parts)


def _shortened(path: str, depth: int) -> str:
    return ".".join(path.split(".")[:depth])


def levels_of(operations: Sequence[Operation]) -> tuple[list[Level], int]:
    """Returns the pictures, from segments over the user's modules to single operations, and the boxes of the last.

    A level with the boxes of the one before it, or with too many boxes, is left out.
    """
    depth = max((operation.module.count(".") + 1 for operation in operations if operation.module), default=0)
    found = [("Segments", _runs(operations, lambda one: (one.executor, one.block)))]
    for deep in range(1, depth + 1):
        found.append(
            (
                f"Modules, depth {deep}",
                _runs(operations, lambda one, deep=deep: (one.executor, one.block, _shortened(one.module, deep))),
            )
        )
    found.append(("Layers and operators", [Box([operation]) for operation in operations]))
    levels: list[Level] = []
    for name, boxes in found:
        if levels and len(levels[-1].boxes) == len(boxes) or len(boxes) > MOST_BOXES:
            continue
        levels.append(_laid_out(name, boxes))
    return levels, len(operations)
