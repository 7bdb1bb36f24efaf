"""What is somewhere inside of what a loop carries, or a function of the program takes."""

from __future__ import annotations

from srcgrad.errors import Loc, UnknownTypeError
from srcgrad.ir.records import can_be_record
from srcgrad.specialise.carried_shapes import Anew, Chosen, Perhaps, Shape, Tree


def _holds(shape: Shape, kind: type) -> bool:
    """Whether something in a shape is of a kind."""
    match shape:
        case Tree(items=items):
            return any(_holds(item, kind) for item in items)
        case Anew(content=content):
            return _holds(content, kind)
    return isinstance(shape, kind)


def holds_functions(shape: Shape) -> bool:
    """Whether something in a shape is one of several functions."""
    return _holds(shape, Chosen)


_CHAIN = 3
"""So many objects of a class, each in another, are more than a structure that is given."""


def chained(shape: Shape, around: tuple[type, ...] = ()) -> type | None:
    """The class of the objects of which each is in another, as far as is known; None if there are
    none."""
    if isinstance(shape, Perhaps):
        return chained(shape.content, around)
    if isinstance(shape, Anew):
        return chained(shape.content, around)
    if not isinstance(shape, Tree):
        return None
    around = (*around, shape.kind)
    if around.count(shape.kind) >= _CHAIN and can_be_record(shape.kind):
        return shape.kind
    found = (chained(item, around) for item in shape.items)
    return next((kind for kind in found if kind is not None), None)


def refuse_none(name: str, shape: Shape, loc: Loc) -> None:
    """Whether what a function of the program is given, or gives back, is there in all calls, and
    which functions are among that."""
    if holds_functions(shape):
        message = f"'{name}' calls itself, and takes or returns one function or another"
        raise UnknownTypeError(message, loc, "call it in each branch, with one of them")
    if _holds(shape, Perhaps):
        message = f"'{name}' calls itself, and takes or returns None or a container"
        hint = "let it take and return the same in all calls, and a flag beside it"
        raise UnknownTypeError(message, loc, hint)
