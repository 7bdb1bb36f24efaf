"""What a program leaves in objects from outside: ``log.append({"loss": loss, "step": i})``.

Numbers and arrays are left there as they are.  A list, a dict or an instance of a dataclass that
the program makes is displayed where it is left, and is the caller's from then on.  What follows
reads the program's own, which is like it as long as neither changes, but is another one.  So it is
not left elsewhere, nor returned.  What changes it,
``net.acts.append(x)``, changes both (:mod:`srcgrad.specialise.left`).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.instances import is_just_fields
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.specialise.heap import Home
from srcgrad.specialise.values import Held, Method, PartialOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_WHOLE = Pack(slice, (Const(None), Const(None), Const(None)))


def kept(sp: Specialiser, value: Value, loc: Loc, fault: str, home: Home | None = None) -> Operand:
    """What is left in an object from outside, at ``home``, as an operand.

    ``fault`` says what is wrong if it is nothing that may be left there.

    Raises
    ------
    AliasingError
        If it is, or has in it, a container that is left in two places.
    """
    refs = list(_objects(sp, value))
    if refs:
        _refuse_shared(sp, refs, loc)
    found = _displayed(sp, value, loc, fault)
    sp.heap.seal(*refs)
    _note(sp, value, home)
    return found


def _note(sp: Specialiser, value: Value, home: Home | None) -> None:
    """Notes what is left at ``home``, and what is in it."""
    if isinstance(value, Ref):
        sp.heap.given[value] = home
        value = sp.heap.contents[value]
    for part in _bound(value):
        _note(sp, part, None)
    if isinstance(value, Pack):
        for key, item in zip(value.keys or range(len(value.items)), value.items, strict=True):
            _note(sp, item, home and home.below(key))


def refuse_given(sp: Specialiser, value: Value, loc: Loc) -> None:
    """Refuses to return a container that an object from outside has.

    Raises
    ------
    AliasingError
        If ``value`` is one, or has one in it.
    """
    if sp.heap.given and any(ref in sp.heap.given for ref in _objects(sp, value)):
        message = "the function returns a container that it leaves in an object from outside"
        raise AliasingError(message, loc, "return a copy of it, as list(...) or dict(...)")


def _refuse_shared(sp: Specialiser, refs: list[Ref], loc: Loc) -> None:
    """Refuses to give away what has been, or may be one of several."""
    if len(set(refs)) < len(refs) or any(map(sp.heap.is_shared, refs)):
        message = "a container is left in an object from outside that may be left elsewhere too"
        raise AliasingError(message, loc, "leave a copy there, as list(...), dict(...) or a tuple")


def _displayed(sp: Specialiser, value: Value, loc: Loc, fault: str) -> Operand:
    if isinstance(value, Held):
        return sp.inputs.opaque(value)
    content = sp.heap.view(value) if isinstance(value, Ref) else value
    if value in sp.heap.owned or (
        isinstance(value, Pack)
        and (sp.heap.looked_at(value) is not None or not issubclass(value.kind, tuple))
    ):  # no object of the program's: it shows the content of one, or is what the caller gave
        message = "what is left in an object from outside is a view, or a differentiated container"
        raise UnsupportedSyntaxError(message, loc, "leave a copy there, as list(...) or dict(...)")
    if isinstance(content, Pack) and _is_displayed(content.kind):
        items = tuple(_displayed(sp, item, loc, fault) for item in content.items)
        return replace(content, items=items)
    if isinstance(value, Ref) and isinstance(content, Var):  # of unknown length
        return sp.builder.apply(operator.getitem, (content, _WHOLE), (), loc)
    if isinstance(value, Method):
        receiver = sp.operand(_shown(sp, value.receiver, loc, fault), loc)
        return sp.builder.apply(getattr, (receiver, Const(value.name)), (), loc)
    if isinstance(value, PartialOf):
        value = _with_displays(sp, value, loc, fault)
    if isinstance(value, Var | Const | PartialOf):
        operand = sp.operand(value, loc)
        if isinstance(operand, Var | Const):
            return operand
    raise UnsupportedSyntaxError(fault, loc, "leave numbers, arrays, lists, dicts or tuples there")


def _with_displays(sp: Specialiser, value: PartialOf, loc: Loc, fault: str) -> PartialOf:
    """A ``partial`` of what is left outside of the containers that it has."""
    function, *args = (_shown(sp, part, loc, fault) for part in (value.function, *value.args))
    kwargs = {key: _shown(sp, each, loc, fault) for key, each in value.keywords.items()}
    return replace(value, function=function, args=tuple(args), keywords=kwargs)


def _shown(sp: Specialiser, part: Value, loc: Loc, fault: str) -> Value:
    """What a method, or a ``partial``, that is left outside has there."""
    has = isinstance(part, Held | Ref | Pack | Method | PartialOf)
    return _displayed(sp, part, loc, fault) if has else part


def _bound(value: Value) -> tuple[Value, ...]:
    """What a method, or a ``partial``, has."""
    if isinstance(value, Method):
        return (value.receiver,)
    if isinstance(value, PartialOf):
        return (value.function, *value.args, *value.keywords.values())
    return ()


def _is_displayed(kind: type) -> bool:
    return kind in (list, dict) or issubclass(kind, tuple) or is_just_fields(kind)


def _objects(sp: Specialiser, value: Value) -> Iterator[Ref]:
    """The objects to which a value leads, each as often as it does."""
    if isinstance(value, Ref):
        yield value
        value = sp.heap.contents[value]
    for item in value.items if isinstance(value, Pack) else _bound(value):
        yield from _objects(sp, item)
