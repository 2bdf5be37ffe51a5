"""Random programs that write results of branches and loops in place (``in_place_programs.py --branches``)."""

from __future__ import annotations

from in_place_programs import NUMBERS, Program


class BranchingProgram(Program):
    """A program with branches and loops that depend on a number unknown at compile time."""

    arguments = "x: Tensor, w: Tensor, c: int"
    ways = ((0,), (1,), (2,), (3,))

    def _statement(self) -> None:
        if self.random.random() < 0.3:
            self._branch()
        else:
            super()._statement()

    def _made(self, name: str) -> str:
        r = self.random
        return r.choice(
            (name, f"{name}.detach()", f"{name} * {r.choice(NUMBERS)}", f"{name}.clone()", self.view_of(name))
        )

    def _branch(self) -> None:
        r = self.random
        a, b, number = self._any(), self._any(), r.choice(NUMBERS)
        condition = r.choice(("c > 0", "c == 1", "c % 2 == 0", "c > 2", "c < 2"))
        v, u = self._name(), self._name()
        one, two, three = self._made(a), self._made(b), self._made(r.choice((a, b)))
        forms = [
            f"{v} = {one} if {condition} else {two}",
            f"{v} = {a} if {condition} else {b}",
            f"if {condition}:\n    {v} = {one}\nelse:\n    {v} = {two}\n{v}.add_({number})",
            f"if {condition}:\n    {a} = {two}",
            f"if {condition}:\n    {a} = {one}\n    {a}.mul_({number})\n{a}.add_(1.0)",
            f"if {condition}:\n    {v}, {u} = {a}, {b}\nelse:\n    {v}, {u} = {b}, {a}",
            f"if {condition}:\n    {v} = {one}\n    {u} = {v}\nelse:\n    {v} = {two}\n    {u} = {a}",
            f"if {condition}:\n    {v} = {one}\n    {u} = {v}[0]\nelse:\n    {v} = {two}\n    {u} = {three}",
            f"if {condition}:\n    {v} = {one}\nelif c == 1:\n    {v} = {two}\nelse:\n    {v} = {three}",
            f"if {condition}:\n    {v} = {one}\n    {b}.add_({number})\nelse:\n    {v} = {b}",
            f"for i in range(c):\n    {a} = {a}.detach()\n    {a}.add_({number})",
            f"for i in range(c):\n    {a} = {a} * {number}\n    {a}.add_(1.0)",
            f"for i in range(3):\n    {a}.add_({number})\n    if i == c:\n        {a} = {two}",
            f"for i in range(3):\n    {a}.add_({number})\n    if i < c:\n        {a} = {a}.relu()",
            f"for i in range(c):\n    {a}.mul_({number})\n    {a} = {b}",
            f"for i in range(c):\n    {a}.mul_({number})\n    {a} = {two}",
            f"for i in range(c):\n    p = {a}\n    {a} = {b}\n    {b} = p\n    {a}.add_({number})",
            f"{v} = {a}\nfor i in range(c):\n    q = {v}\n    {v} = {b} * {number}\n    q.add_(1.0)",
            f"{v} = {a}\n{u} = {b}\nfor i in range(3):\n    {u} = {v}\n    {v} = {a} * 2.0\n    {u}.add_({number})",
            f"{v} = {a}\nfor i in range(c):\n    {v} = {a} if i == 1 else {b}\n    {v}.add_({number})",
            f"r = [{b}]\nfor i in range(c):\n    {a}.add_({number})\n    r.append({a})\n{v} = torch.cat(r)",
            f"r = [{b}]\nfor i in range(c):\n    {a}.add_({number})\n    {a} = {b} * 2.0\n"
            f"    r.append({a})\n{v} = torch.cat(r)",
            f"if {condition}:\n    for i in range(2):\n        {a} = {one}\n        {a}.add_({number})",
        ]
        self._try(r.choice(forms))
