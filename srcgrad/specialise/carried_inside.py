"""What is somewhere inside of what a loop carries, or a function of the program takes."""

from __future__ import annotations

from srcgrad.errors import Loc, UnknownTypeError
from srcgrad.ir.records import can_be_record
from srcgrad.specialise.carried import Anew, Perhaps, Shape, Tree


def _holds_none(shape: Shape) -> bool:
    """Whether something in a shape may be None or a container."""
    match shape:
        case Tree(items=items):
            return any(map(_holds_none, items))
        case Anew(content=content):
            return _holds_none(content)
    return isinstance(shape, Perhaps)


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
    """Whether what a function of the program is given, or gives back, is there in all calls."""
    if _holds_none(shape):
        message = f"'{name}' calls itself, and takes or returns None or a container"
        hint = "let it take and return the same in all calls, and a flag beside it"
        raise UnknownTypeError(message, loc, hint)
