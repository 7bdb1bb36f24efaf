"""What a call may have changed, or keeps, which the compiler does not look into.

What is read of an object from outside is read when the function begins, or when the compiler has
seen it written.  A user's function that cannot be inlined may call a method that changes it.  A
list that the program makes is given to such a call as a display of what is in it: what the call
does to that, nobody sees.
"""

from __future__ import annotations

import random
import types
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.instances import is_instance, is_of_library, part_names
from srcgrad.ir.nodes import Pack, Var
from srcgrad.ir.types import Object
from srcgrad.specialise import own_containers, reach
from srcgrad.specialise.containers import COPIES
from srcgrad.specialise.values import Held, Method, Ref, Value
from srcgrad.specialise.writes import CHANGING_FUNCTIONS, changes_containers, hint_of, module_of

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def hand_over(sp: Specialiser, function: Any, values: Iterable[Value]) -> None:
    """Notes that a function, or an object that is called, is given these values."""
    if is_of_library(module_of(function)):
        return
    for value in values:
        if isinstance(value, Method):
            value = value.receiver
        if isinstance(value, Held):
            _collect(sp.inputs.originals.of(value.example), sp.disturbed)
        elif isinstance(value, Pack):
            hand_over(sp, function, value.items)


def _collect(example: Any, found: dict[int, Any]) -> None:
    """All instances that an object leads to."""
    waiting = [example]
    while waiting:
        part = waiting.pop()
        if type(part) in (list, tuple):
            waiting.extend(part)
        elif type(part) is dict:
            waiting.extend(part.values())
        elif is_instance(part) and id(part) not in found:
            found[id(part)] = part
            waiting.extend(getattr(part, name, None) for name in part_names(part))


_READING = (
    *("numpy", "scipy", "math", "logging", "warnings", "statistics", "json"),
    *("_io", "_csv", "matplotlib"),
)
"""Modules whose functions and objects neither change nor keep the lists that they are given."""
_TAKING = (str, bytes, set, frozenset, random.Random)
"""Classes whose methods neither change nor keep them."""
_CHANGING = ("shuffle",)
"""But for these, which change them."""
_PRINTING = (print, repr, str, format)


class HandedOverError(UnsupportedSyntaxError):
    """A list that the program makes is given to a function that is not looked into."""


def hand_over_lists(
    sp: Specialiser,
    function: Any,
    values: Iterable[Value],
    loc: Loc,
    receiver: Value | None = None,
    name: str = "__call__",
) -> None:
    """Refuses to give the program's lists to what may change them; what may be kept is sealed.

    ``receiver`` is the object of which ``function``, that is not known then, is the method of this
    ``name``.  It may be given lists that nothing reads any more.
    """
    values = tuple(values)
    _refuse_given(sp, function, name, values, loc)
    refs = list(_lists(sp, values))
    if not refs or function in _PRINTING or _module(sp, function, receiver) in _READING:
        return
    if is_exception(function) and is_of_library(function.__module__):
        return
    nested = any(ref for outer in refs for ref in _lists(sp, (sp.heap.contents[outer],)))
    if receiver is None and (nested or changes_containers(function)):
        name = getattr(function, "__name__", "this")
        message = f"'{name}' may change, or give back, a list or dict that the program makes"
        raise HandedOverError(message, loc, "give it a tuple, or use the list's methods")
    if receiver is None:
        cls, name = _class_of_bound(function), getattr(function, "__name__", name)
    else:
        cls = _class(receiver) or object
    if cls is not None and (nested or not _only_reads(cls, name)):
        _refuse_read_later(sp, refs, loc, name)
    if receiver is not None or isinstance(function, type):
        sp.heap.seal(*refs)


def _refuse_given(
    sp: Specialiser, function: Any, name: str, values: Iterable[Value], loc: Loc
) -> None:
    """Refuses to give a list from outside to what changes it: the display that it would get is
    another list."""
    name = name if function is None else getattr(function, "__name__", "")
    if name not in CHANGING_FUNCTIONS:
        return
    for value in values:
        own_containers.ask(sp, value)
        if isinstance(value, Held) and type(value.example) in (list, dict):
            kind = type(value.example).__name__
            message = f"'{name}' changes a {kind} that the function was given, or one from outside"
            hint = f"make one of its own first: {COPIES[kind]}"
            raise AliasingError(message, loc, hint)  # also where a user's function calls it


def _class_of_bound(function: Any) -> type | None:
    """The class of the object of which a function is a method, None if it is none."""
    owner = getattr(function, "__self__", None)
    return None if owner is None or isinstance(owner, types.ModuleType | type) else type(owner)


def _only_reads(cls: type, name: str) -> bool:
    """Whether a method takes no more of a list than what is in it."""
    if cls is deque:
        return name in ("extend", "extendleft")
    return cls in _TAKING and name not in _CHANGING


def _refuse_read_later(sp: Specialiser, refs: Iterable[Ref], loc: Loc, name: str) -> None:
    """Refuses to give lists to a method if what follows may read them, or those in them.

    The method may change them, or keep them for somebody who does.
    """
    later = reach.after(sp, sp.heap.contents)
    if later is None or any(ref in later for ref in _with_inner(sp, refs)):
        which = "a method" if name == "__call__" else f"the method '{name}'"
        message = f"{which} may change, or keep, a list or dict that the program reads later"
        hint = "give it a copy, as list(...), or a tuple"
        raise HandedOverError(message, loc, hint_of(name, hint))


def _with_inner(sp: Specialiser, refs: Iterable[Ref]) -> Iterator[Ref]:
    """Objects, and those in them."""
    for ref in refs:
        yield ref
        yield from _with_inner(sp, _lists(sp, (sp.heap.contents[ref],)))


def is_exception(function: Any) -> bool:
    return isinstance(function, type) and issubclass(function, BaseException)


def keep_in_exception(sp: Specialiser, values: Iterable[Value]) -> None:
    """Seals the lists that an exception is given: it has them as they are when somebody looks."""
    for ref in _lists(sp, values):
        sp.heap.seal(ref)
        keep_in_exception(sp, (sp.heap.contents[ref],))


def _module(sp: Specialiser, function: Any, receiver: Value | None) -> str:
    """The module of a function, or that of the class, or the maker, of what a method is of."""
    cls = _class(receiver)
    if cls is not None:
        function = cls
    elif isinstance(receiver, Var):
        made = sp.builder.definitions.get(receiver)
        function = None if made is None else made.op
    return module_of(function).split(".")[0]


def _class(receiver: Value | None) -> type | None:
    """The class of what a method is of, None where it is not known."""
    if isinstance(receiver, Held):
        return type(receiver.example)
    if isinstance(receiver, Var) and isinstance(receiver.type, Object):
        return receiver.type.cls
    return None


def _lists(sp: Specialiser, values: Iterable[Value]) -> Iterator[Ref]:
    """The objects of the program that values are, or that are in tuples."""
    for value in values:
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, Pack):
            yield from _lists(sp, value.items)


def check(sp: Specialiser, held: Held, loc: Loc) -> None:
    """Refuses to read an object after it was handed to a call that may have changed it."""
    if id(sp.inputs.originals.of(held.example)) in sp.disturbed:
        message = "an object is read after it was handed to a function that cannot be inlined"
        raise UnsupportedSyntaxError(message, loc, "read it before, or pass what that needs of it")
