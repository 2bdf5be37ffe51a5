"""Numbers, flags and text that are not known before the shapes are, for rows of what is computed while compiling."""

from .table import Row, t

# Numbers, flags and text that follow from the shapes.
N, M = "a.size(0)", "a.size(1)"
F, G = f"float({N})", f"float({M})"
P, Q = "a.is_floating_point()", "(a.size(1) == 5)"
TEXT = f"str({N})"
KNOWN = "text must be known while compiling"
BITS = "bits of numbers must be known while compiling"
TURNS = "the number of turns must be known while compiling"
LAST = f"x = torch.jit.annotate(Optional[int], None)\nfor i in range({N}):\n    x = i\n"  # may be None
MIXED = {"int": (N, M), "float": (F, G), "int_float": (N, G), "float_int": (F, M)}
X = t(3, 4)


def number(op: str, code: str, **more) -> Row:
    """Makes a row that adds the number, or flag, to the tensor."""
    return Row(op, f"a + float({code})", (X,), static_only=KNOWN if "str(" in code or "'" in code else "", **more)
