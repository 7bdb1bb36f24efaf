"""What is a container or an object, or None: ``best = None`` before a loop that finds a pair.

Its structure is known, and a flag says at run time whether it is there (``PerhapsOf``).  Where None
and a container, or a function, meet, the flag is joined as any condition is, and the parts of the
container as those of one that only one path makes.  So it is with an attribute that an instance
gets in one arm of a branch only (``PerhapsSet``): the flag says whether it has it.
"""

from __future__ import annotations

from srcgrad.errors import Loc, UnknownTypeError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Known
from srcgrad.specialise.options import is_called
from srcgrad.specialise.values import (
    NOT_SET,
    Held,
    PerhapsOf,
    PerhapsSet,
    Ref,
    StructureError,
    Value,
    displayed,
    is_undefined,
)


def is_none(value: Value) -> bool:
    """Whether a value is None on every way."""
    if isinstance(value, Var):
        return isinstance(value.type, Known) and value.type.value is None
    return isinstance(value, Const) and value.value is None


def is_not_set(value: Value) -> bool:
    """Whether a value stands for an attribute that there is not, on every way."""
    return isinstance(value, Const) and value.value is NOT_SET.value


def meet(a: Value, b: Value) -> type[PerhapsOf] | None:
    """What one or the other of two values is, one of which may not be there."""
    if any(isinstance(value, PerhapsSet) or is_not_set(value) for value in (a, b)):
        return PerhapsSet
    if isinstance(a, PerhapsOf) or isinstance(b, PerhapsOf):
        return PerhapsOf
    if (is_none(a) and _is_container(b)) or (is_none(b) and _is_container(a)):
        return PerhapsOf
    return None


def _is_container(value: Value) -> bool:
    value = displayed(value)
    if is_called(value):
        return True
    return isinstance(value, Held | Ref) or (isinstance(value, Pack) and value.kind is not slice)


def parts(value: Value, nothing: Const, kind: type[PerhapsOf] = PerhapsOf) -> tuple[Operand, Value]:
    """Whether a value is there, and what it is then; ``nothing`` where it is not."""
    if isinstance(value, PerhapsOf) and type(value) is kind:
        return value.there, value.content
    if is_not_set(value) if kind is PerhapsSet else is_none(value):
        return Const(False), nothing
    return (nothing if is_undefined(value) else Const(True)), displayed(value)


def made(there: Operand, content: Value, kind: type[PerhapsOf] = PerhapsOf) -> Value:
    """What is ``content`` where ``there`` is true, else None, or no attribute."""
    if isinstance(there, Var):
        return kind(there, content)
    assert isinstance(there, Const)
    if is_undefined(there):
        return there
    if there.value:
        return content
    return NOT_SET if kind is PerhapsSet else Const(None)


def refused(value: PerhapsOf, loc: Loc | None) -> UnknownTypeError:
    """The error for what may be None where it has to be known whether it is."""
    if isinstance(value, PerhapsSet):
        message = "an instance has an attribute or not here, depending on data"
        return UnknownTypeError(message, loc, "give it the attribute in '__init__': self.x = None")
    what = value.there.name.removeprefix("has_") if value.there.name.startswith("has_") else ""
    message = f"{what or 'this value'} is None or not here, depending on data"
    return UnknownTypeError(message, loc, f"test it first: if {what or 'it'} is not None")


def check_in(value: Value, loc: Loc) -> None:
    """Whether everything in a display is there, which a list cannot tell of its elements.

    Raises
    ------
    StructureError
        If something may not be: where the loop around is unrolled, the list may stay a display.
    """
    if isinstance(value, PerhapsOf):
        error = refused(value, loc)
        raise StructureError(error.message, loc, error.hint)
    for item in value.items if isinstance(value, Pack) else ():
        check_in(item, loc)
