"""Objects as keys of dicts and elements of sets: ``force[body] = f``, ``if node in seen``.

What is in a dict is known by its keys, and objects that the program makes are none that are known
while compiling.  So a dict or a set that gets one is an instance of a class that is said in Python
(``object_keys_class.py``), from where it is made on: that it gets one comes up in the course of
things, and the specialiser begins again then, knowing where that dict is made.

All others have no such key.
"""

from __future__ import annotations

import enum
import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_users
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Scalar, number_of
from srcgrad.specialise import calls, certain, object_keys_class, objects, pools
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.contents import Content
from srcgrad.specialise.heap import NeedsPool, NoIdentity
from srcgrad.specialise.object_keys_class import (
    DefaultObjectDict,
    ObjectDict,
    ObjectSet,
    no_set,
    number,
    own_number,
)
from srcgrad.specialise.values import Args, Handler, Held, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Site: TypeAlias = tuple[str, int, int]
"""Where in the source a dict or a set is made."""


class NeedsObjectKeys(Exception):
    """A dict or a set that is made at this ``site`` gets an object."""

    def __init__(self, site: Site) -> None:
        super().__init__(str(site))
        self.site = site


def is_object(value: Value) -> bool:
    """Whether a value is an object that as a key is equal to itself alone, or a tuple with one."""
    if isinstance(value, Pack):
        own = (in_class(value.kind, "__eq__"), in_class(value.kind, "__hash__"))
        return own == (tuple.__eq__, tuple.__hash__) and any(map(is_object, value.items))
    cls = class_of_instance(value) if isinstance(value, Ref | Held) else None
    if cls is None:
        return False
    own = (in_class(cls, "__eq__"), in_class(cls, "__hash__"))
    return own == (object.__eq__, object.__hash__)


def _site(loc: Loc) -> Site:
    return (loc.file, loc.line, loc.column)


def is_keyed_at(sp: Specialiser, loc: Loc) -> bool:
    """Whether a dict or a set that is made here gets objects."""
    return _site(loc) in sp.object_keyed


def filled(sp: Specialiser, ref: Ref, rows: Iterable[tuple[Value, Value]], loc: Loc) -> Ref:
    """A new dict with these items, which are put there one after the other."""
    found = made(sp, ref, loc)
    for key, value in rows:
        calls.invoke(sp, Const(operator.setitem), (found, key, value), {}, loc)
    return found


def made(sp: Specialiser, ref: Ref, loc: Loc, factory: Value | None = None) -> Ref:
    """``ref``, a new dict or set, or the one that it is if it gets objects.

    Raises
    ------
    UnsupportedSyntaxError
        If it gets objects and has something else in it.
    """
    if sp.running and sp.running[-1].frame.scope.module == object_keys_class.__name__:
        return ref  # one that such a dict or set has
    if not is_keyed_at(sp, loc):
        sp.heap.made_at[ref] = _site(loc)
        return ref
    if not _is_empty(sp.heap.contents[ref]):
        raise _mixed(loc)
    args = () if factory is None else (factory,)
    cls = ObjectSet if ref.kind is set else ObjectDict if factory is None else DefaultObjectDict
    found = objects.construct(sp, cls, args, {}, loc, "")
    assert isinstance(found, Ref)
    return found


def put(sp: Specialiser, receiver: Value, key: Value, loc: Loc) -> None:
    """Asks for a dict or a set, which gets ``key``, to be one of objects if that is one.

    Raises
    ------
    NeedsObjectKeys
        If it is not one of those yet.
    UnsupportedSyntaxError
        If it cannot be one: it comes from outside, or from a call.
    """
    if not is_keyed(receiver) or not is_object(key):
        return
    _ask_for(sp, receiver, loc)


def is_keyed(value: Value) -> bool:
    """Whether a value is a dict or a set that knows its keys."""
    kind = _kind(value)
    return kind is not None and issubclass(kind, dict | set | frozenset)


def is_missing(sp: Specialiser, receiver: Value, key: Value, loc: Loc) -> bool:
    """Whether a dict or a set certainly has not got a key, since that is an object.

    Raises
    ------
    UnsupportedSyntaxError
        If it has objects as keys nevertheless, as one that was made of one from outside.
    """
    if not (isinstance(receiver, Ref) and is_keyed(receiver) and is_object(key)):
        return False
    content = sp.heap.contents[receiver]
    is_known = isinstance(content, Pack) and content.kind in (dict, set, frozenset)
    if is_known and any(map(_may_be_object, _keys(content))):
        message = "a dict or a set has objects from outside as keys, and is asked for one"
        raise UnsupportedSyntaxError(message, loc, "give each object a number to be the key")
    return True


def _keys(content: Content) -> tuple[Any, ...]:
    assert isinstance(content, Pack)
    if content.kind is dict:
        return content.keys
    return tuple(item.value for item in content.items if isinstance(item, Const))


def _may_be_object(key: Any) -> bool:
    """Whether a key of Python's may be equal to an object."""
    if isinstance(key, tuple):
        return any(map(_may_be_object, key))
    return not isinstance(key, int | float | complex | str | bytes | type(None) | enum.Enum)


def missing(loc: Loc) -> CertainError:
    """What Python raises where it is asked for nevertheless."""
    text = "an object that is no key"
    return CertainError(text, loc, KeyError(text))


def method(
    sp: Specialiser, receiver: Value, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """What a method of a dict or a set gives for an object; None if it is another method, or is
    given something else."""
    if not is_keyed(receiver) or not args or kwargs:
        return None
    if name in ("update", "union"):
        combine(sp, (receiver, *args), loc)
    if not is_object(args[0]):
        return None
    if name in ("add", "setdefault"):
        put(sp, receiver, args[0], loc)
    if not is_missing(sp, receiver, args[0], loc):
        return None
    match name, args:
        case ("get", (_,)) | ("discard", (_,)):
            return Const(None)
        case ("get" | "pop", (_, default)):
            return default
        case ("pop", (_,)) | ("remove", (_,)):
            raise missing(loc)
    return None


def _is_empty(content: Content) -> bool:
    return isinstance(content, Pack) and not content.items


def combine(sp: Specialiser, values: Args, loc: Loc) -> None:
    """Asks for dicts, or sets, to be ones of objects if others are that they are combined with.

    Raises
    ------
    NeedsObjectKeys
        If one is not yet.
    UnsupportedSyntaxError
        If one cannot be.
    """
    if any(map(is_of_objects, values)):
        for value in values:
            if is_keyed(value):
                _ask_for(sp, value, loc)


def _ask_for(sp: Specialiser, receiver: Value, loc: Loc) -> None:
    site = sp.heap.made_at.get(receiver) if isinstance(receiver, Ref) else None
    if site is not None:
        raise NeedsObjectKeys(site)
    what = "an element of a set" if _kind(receiver) is set else "a key of a dict"
    message = f"an object is {what} that is not made for objects"
    raise UnsupportedSyntaxError(message, loc, "begin with an empty one: {}, set()")


def is_of_objects(value: Value) -> bool:
    """Whether a value is a dict or a set of objects."""
    return isinstance(value, Ref) and issubclass(value.kind, ObjectDict | ObjectSet)


def _kind(value: Value) -> type | None:
    if isinstance(value, Held):
        return type(value.example)
    return value.kind if isinstance(value, Ref) else None


# --- numbers --------------------------------------------------------------------------------------


def _own_number(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    found = _number(sp, args, kwargs, loc, name)
    if isinstance(found, Const) and found.value is None:
        raise _mixed(loc)
    return found


def _number(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    (key,) = args
    certain.check_hash(sp, key, loc)
    return _number_of(sp, key, loc)


def _number_of(sp: Specialiser, key: Value, loc: Loc) -> Operand:
    """The number of an object; None of what is none."""
    if isinstance(key, Pack) and is_object(key):
        return _numbers_in(sp, key, loc)
    if isinstance(key, Pack) and is_users(key.kind) and not issubclass(key.kind, tuple):
        raise _unknown(loc)  # what is in an object, without identity
    if not is_object(key):
        if _is_none(key):
            return Const(None)
        message = "whether this is an object that is a key of a dict, or in a set, is not known"
        raise UnsupportedSyntaxError(message, loc, "ask for one that the function names")
    assert isinstance(key, Ref | Held)
    pool = pools.key_of(sp, key) if sp.pools is not None else None
    is_pooled = sp.pools is not None and pool in sp.pools
    sp.heap.keys_of.add(pool if is_pooled else None)
    if len(sp.heap.keys_of) > 1:
        message = "keys of dicts, or elements of sets, are objects of several classes in lists"
        raise UnsupportedSyntaxError(message, loc, "give each object a number to be the key")
    if isinstance(key, Held):
        return Const(_number_outside(sp, key))
    if is_pooled:
        number = pools.number_of(sp, key, loc)
        assert number is not None
        return number.items[0]
    is_new = any(not sp.heap.is_from(key, loop.before) for loop in sp.heap.loops)
    if is_new and pool is not None:
        raise NeedsPool(pool)
    if is_new or sp.recursion.is_open or key in sp.heap.sealed or key in sp.heap.parts:
        raise _unknown(loc)
    return sp.heap.choice(key).which


def _numbers_in(sp: Specialiser, key: Pack, loc: Loc) -> Pack:
    """A tuple with the numbers of the objects in a tuple.

    Where something else is in it too, it begins with which of them are objects: a number is no key
    in place of the object that has it.
    """
    numbers = [_number_of(sp, item, loc) for item in key.items]
    others = [isinstance(number, Const) and number.value is None for number in numbers]
    rows = zip(key.items, numbers, others, strict=True)
    items = tuple(sp.operand(item, loc) if other else number for item, number, other in rows)
    if any(others):
        items = (Const("".join("-" if other else "o" for other in others)), *items)
    return Pack(tuple, items)


def _is_none(key: Value) -> bool:
    """Whether a value certainly is no object."""
    if isinstance(key, Const):
        return not _may_be_object(key.value)
    if isinstance(key, Pack):
        return key.kind is tuple and all(map(_is_none, key.items))
    return isinstance(key, Var) and isinstance(number_of(key.type), Scalar)


def _unknown(loc: Loc) -> NoIdentity:
    message = "which object this is depends on data, and it is a key of a dict, or in a set"
    return NoIdentity(message, loc, "give each object a number, and let that be the key")


def _number_outside(sp: Specialiser, key: Held) -> int:
    """The number of an object from outside, which is one of those that had one before or not."""
    inputs, numbers = sp.inputs, sp.heap.numbers_outside
    for held, found in numbers.items():
        if held.place == key.place:
            return found
        if inputs.originals.is_one(held.example, key.example):
            inputs.guard_identity(held.place, key.place, True)
            return found
    if numbers:
        inputs.guard_identity(next(iter(numbers)).place, key.place, False)
    numbers[key] = sp.heap.new_number()
    return numbers[key]


def _mixed(loc: Loc) -> UnsupportedSyntaxError:
    message = "a dict or a set gets objects, and something else"
    return UnsupportedSyntaxError(message, loc, "use one for objects, and another for the rest")


def _no_set(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    message = "an operator between the keys or items of a dict of objects and something else"
    raise UnsupportedSyntaxError(message, loc, "make sets of both: set(d)")


OBJECT_KEYS: dict[Any, Handler] = {number: _number, own_number: _own_number, no_set: _no_set}
