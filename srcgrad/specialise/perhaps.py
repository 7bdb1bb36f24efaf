"""What is a container or an object, or None: ``best = None`` before a loop that finds a pair.

Its structure is known, and a flag says at run time whether it is there (``PerhapsOf``).  Where None
and a container meet, the flag is joined as any condition is, and the parts of the container as
those of one that only one path makes.
"""

from __future__ import annotations

from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Known
from srcgrad.specialise.values import Held, PerhapsOf, Ref, Value, displayed, is_undefined


def is_none(value: Value) -> bool:
    """Whether a value is None on every way."""
    if isinstance(value, Var):
        return isinstance(value.type, Known) and value.type.value is None
    return isinstance(value, Const) and value.value is None


def meet(a: Value, b: Value) -> bool:
    """Whether what is one or the other of two values is a container, or None."""
    if isinstance(a, PerhapsOf) or isinstance(b, PerhapsOf):
        return True
    return (is_none(a) and _is_container(b)) or (is_none(b) and _is_container(a))


def _is_container(value: Value) -> bool:
    value = displayed(value)
    return isinstance(value, Held | Ref) or (isinstance(value, Pack) and value.kind is not slice)


def parts(value: Value, nothing: Const) -> tuple[Operand, Value]:
    """Whether a value is there, and what it is then; ``nothing`` where it is not."""
    if isinstance(value, PerhapsOf):
        return value.there, value.content
    if is_none(value):
        return Const(False), nothing
    return (nothing if is_undefined(value) else Const(True)), displayed(value)


def made(there: Operand, content: Value) -> Value:
    """What is ``content`` where ``there`` is true, else None."""
    if isinstance(there, Var):
        return PerhapsOf(there, content)
    assert isinstance(there, Const)
    if is_undefined(there):
        return there
    return content if there.value else Const(None)
