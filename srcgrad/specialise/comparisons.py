"""Comparing what is known: ``is``, ``==``, ``not``, ``in``, and the order of what is sorted."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.records import can_be_record
from srcgrad.ir.types import (
    PY_BOOL,
    PY_INT,
    Array,
    Known,
    ListOf,
    Object,
    Scalar,
    Size,
    Unknown,
    is_text,
    number_of,
)
from srcgrad.specialise import (
    added,
    aliases,
    allocations,
    calls,
    certain,
    conditions,
    containers,
    dunders,
    equal_parts,
    given_identity,
    lists,
    lists_in_dicts,
    object_keys,
    objects,
    open_dicts,
    open_methods,
    optional,
    options,
    ordered,
    perhaps,
    ranges,
    set_methods,
    tested,
)
from srcgrad.specialise.builder import constant_of, type_of
from srcgrad.specialise.classes import class_of, class_of_instance
from srcgrad.specialise.contents import is_open, passed_on
from srcgrad.specialise.heap import NoIdentity, OneOfTwo
from srcgrad.specialise.join import same
from srcgrad.specialise.tuple_class import LongTuple
from srcgrad.specialise.values import (
    Args,
    GeneratorOf,
    Handler,
    Held,
    Kwargs,
    Method,
    Opened,
    OpenViewOf,
    PerhapsOf,
    PerhapsSet,
    RangeOf,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


# --- identity -------------------------------------------------------------------------------------


def _is(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    a, b = args = tuple(_if_known(arg, loc) for arg in args)
    for value, other in ((a, b), (b, a)):
        if isinstance(value, PerhapsOf):
            return tested.is_one(sp, value, other, loc)
    given = given_identity.is_one(sp, a, b, loc)
    if given is not None:
        return given
    if isinstance(a, GeneratorOf) and isinstance(b, GeneratorOf):
        if a is b:
            return Const(True)
        message = "whether these are one iterator is not known"
        raise UnsupportedSyntaxError(message, loc, "note in a variable which one it is")
    if isinstance(a, Ref) and isinstance(b, Ref) and a is not b:
        found = lists_in_dicts.is_one(sp, a, b, loc)
        if found is not None:
            return found
        kept = any(ref in sp.heap.sealed or ref in sp.heap.parts for ref in (a, b))
        if kept:
            message = "whether these are one object depends on data"
            raise OneOfTwo(message, loc, "compare what is in them")
        return aliases.are_one(sp, a, b, loc)
    if a is not b and (_may_be_other(a, b) or _may_be_other(b, a)):
        message = "whether these are one object is not known: a list holds what is in it"
        raise NoIdentity(message, loc, "compare what is in them")
    kinds = [_immutable_kind(value) for value in args]
    if None not in kinds and not (isinstance(a, Held) and isinstance(b, Held)):
        return _is_one_tuple(sp, a, b, kinds[0] is kinds[1], loc)
    if isinstance(a, Const) and isinstance(b, Const):
        return _is_one_constant(a.value, b.value, loc)
    if isinstance(a, Held) and isinstance(b, Held):
        one = sp.inputs.originals.is_one(a.example, b.example)
        sp.inputs.guard_identity(a.place, b.place, one)
        return Const(one)
    if isinstance(a, Var) and isinstance(b, Var):
        return _is_one(sp, a, b, loc)
    for value, other in ((a, b), (b, a)):
        if isinstance(value, Const) and not isinstance(other, Const):
            if _may_be_any(other):
                return None
            kind = type(value.value)
            if kind in (bool, int, float, np.bool_) and class_of(sp, other) in (kind, None):
                return None  # `flag is True`
            return Const(False)
    for held, var in ((a, b), (b, a)):
        if isinstance(held, Held) and _may_be_any(var):
            message = "whether these are one object is not known before the call"
            raise UnsupportedSyntaxError(message, loc, "compare what is in them")
    is_one = options.are_one(a, b)
    if is_one is None:
        message = "whether these are one function is not known"
        raise AliasingError(message, loc, "compare a name or a number that is kept beside it")
    return Const(is_one)


def _may_be_other(value: Value, other: Value) -> bool:
    """Whether a value is an element of a list of unknown length, and another may be the object that
    was put there."""
    if isinstance(value, Pack):
        is_element = can_be_record(value.kind) and not objects.is_frozen(value.kind)
        return is_element and _kind_of(other) is value.kind
    is_list = isinstance(value, Var) and isinstance(value.type, ListOf)
    return is_list and _kind_of(other) is list


def _kind_of(value: Value) -> type | None:
    """The class of what may be in a list of unknown length."""
    if isinstance(value, Held):
        return type(value.example)
    return value.kind if isinstance(value, Ref | Pack) else None


def _if_known(value: Value, loc: Loc) -> Value:
    """A variable as the constant that it is on every way, if it is one."""
    if isinstance(value, Var) and isinstance(value.type, Known):
        return Const(value.type.value)
    if isinstance(value, Method) and isinstance(value.receiver, Var | Method):
        message = f"whether '{value.name}' of an array or a number is this object is not known"
        raise UnsupportedSyntaxError(message, loc, "compare what is in them")
    return value


def _is_one_constant(a: Any, b: Any, loc: Loc) -> Const:
    """Whether two things that are known are one: of equal texts or numbers only Python knows."""
    if a is not b and type(a) is type(b) and isinstance(a, _NUMBERS_AND_TEXTS) and a == b:
        raise AliasingError("whether these are one object is not known", loc, "use '=='")
    return Const(a is b)


_NUMBERS_AND_TEXTS = (str, bytes, int, float, complex)


def _immutable_kind(value: Value) -> type | None:
    """The class of a tuple, or of another container that has no identity here; else None."""
    if isinstance(value, Pack):
        kind = tuple if value.kind is LongTuple else value.kind
        return kind if kind is not slice else None
    example = value.value if isinstance(value, Const) else getattr(value, "example", None)
    return type(example) if isinstance(example, tuple) else None


def _is_one_tuple(sp: Specialiser, a: Value, b: Value, alike: bool, loc: Loc) -> Const:
    """Whether two tuples are one: a display is looked at wherever its name is read."""
    if a is b or (isinstance(a, Const) and isinstance(b, Const) and a.value is b.value):
        return Const(True)
    is_long = any(isinstance(v, Pack) and v.kind is LongTuple for v in (a, b))
    if not alike or (not is_long and _count(sp, a) != _count(sp, b)):
        return Const(False)
    kind = "tuple" if _immutable_kind(a) is tuple else "object"
    raise AliasingError(f"whether these are one {kind} is not known", loc, "use '=='")


def _count(sp: Specialiser, value: Value) -> int:
    if isinstance(value, Held):
        return sp.inputs.length(value)
    return len(value.items if isinstance(value, Pack) else value.value)  # type: ignore[union-attr]


def _is_one(sp: Specialiser, a: Var, b: Var, loc: Loc) -> Const | None:
    """Whether two variables are one; None if that is to be asked at run time.

    What is computed is not asked: equal values are computed once, and copies are left out.
    """
    known = allocations.is_one(sp, a, b)
    if known is not None:
        return Const(known)
    types = [number_of(optional.untested(sp, var).type) for var in (a, b)]
    are_arrays = all(isinstance(type_, Array) for type_ in types)
    if are_arrays and all(map(sp.inputs.place_of, (a, b))):
        return None
    if not are_arrays and not any(isinstance(type_, Array | Scalar | Size) for type_ in types):
        return None
    message = "whether these are one object is not known"
    raise AliasingError(message, loc, "compare what is in them" if are_arrays else "use '=='")


def _may_be_any(value: Value) -> bool:
    """Whether a value may be any object at all, as far as is known."""
    return isinstance(value, Var) and isinstance(value.type, Unknown | Object)


def _is_not(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    result = _is(sp, args, kwargs, loc, name)
    if isinstance(result, Var):
        return tested.negated(sp, result, loc)
    return Const(not result.value) if isinstance(result, Const) else None


_FALSE = Const(False)


# --- equality and membership ----------------------------------------------------------------------


def _equal(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if _compares_by_identity(args[0], args[1]) or _are_functions(*args):
        return _is(sp, args, kwargs, loc, name)
    return _equal_parts(sp, args, loc)


def _equal_parts(sp: Specialiser, args: Args, loc: Loc) -> Value | None:
    """``a == b`` of what is compared by what is in it."""
    by_parts = equal_parts.equal(sp, args[0], args[1], loc)
    if by_parts is not None:
        return by_parts
    a, b = (sp.heap.frozen(arg) for arg in args)
    if set_methods.are_sets(sp, *args):
        return set_methods.compared(sp, operator.eq, args[0], args[1], loc)
    if is_open(a) or is_open(b):
        by_keys = equal_parts.by_keys(sp, args[0], args[1], loc)
        if by_keys is None:
            raise passed_on(loc)
        return by_keys
    if lists.is_dynamic(a) or lists.is_dynamic(b):
        if _are_compared_by_python(a) and _are_compared_by_python(b):
            made = calls.apply(sp, operator.eq, (a, b), {}, loc)
            if isinstance(made, Var):
                made.type = PY_BOOL
            return made
        message = "a comparison of lists whose length is not known cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "compare their elements")
    if isinstance(a, Pack) and isinstance(b, Pack) and a.kind is not b.kind:
        if not (issubclass(a.kind, tuple) and issubclass(b.kind, tuple)):
            return Const(False)
        plain = tuple(Pack(tuple, pack.items) for pack in (a, b))  # named tuples are tuples
        return calls.invoke(sp, Const(operator.eq), plain, {}, loc)
    if isinstance(a, Pack) and isinstance(b, Pack) and a.kind in (set, dict):
        a, b = containers.in_key_order(a), containers.in_key_order(b)
    if _are_number_and_text(a, b) or _are_number_and_text(b, a):
        return Const(False)
    if isinstance(a, Const) and isinstance(b, Const):
        arrays = isinstance(a.value, np.ndarray) or isinstance(b.value, np.ndarray)
        return None if arrays else Const(bool(a.value == b.value))
    if isinstance(a, Pack) and isinstance(b, Pack) and same(a, b):
        return Const(True)
    if _has_perhaps_set(a) or _has_perhaps_set(b):
        message = "an object that is compared has an attribute or not, depending on data"
        raise UnsupportedSyntaxError(message, loc, "ask 'hasattr', and compare the attributes")
    if isinstance(a, Var) and _is_one_int(sp, a, b):
        return Const(True)
    if isinstance(a, Pack) and isinstance(b, Pack) and len(a.items) != len(b.items):
        return Const(False)
    if isinstance(a, Pack) and isinstance(b, Pack) and a.kind is set:
        return Const(False)
    return None


def _has_perhaps_set(value: Value) -> bool:
    """Whether a container has an object in it with an attribute that data decide on."""
    if isinstance(value, Pack):
        return any(map(_has_perhaps_set, value.items))
    return isinstance(value, PerhapsSet)


def _are_compared_by_python(value: Value) -> bool:
    """Whether a value is a list, and what it holds is known to be numbers, texts, or tuples."""
    if isinstance(value, Pack):
        return value.kind is list and all(map(_is_plain, value.items))
    return ordered.has_order_of_its_own(value)


_EXACT = (operator.add, operator.sub, operator.mul, len)


def _is_one_int(sp: Specialiser, a: Value, b: Value) -> bool:
    """Whether two ints are one, or are computed alike: ``len(x) - 1`` in two places."""
    if isinstance(a, Const) and isinstance(b, Const):
        return type(a.value) is type(b.value) is int and a.value == b.value
    if not isinstance(a, Var) or not isinstance(b, Var) or number_of(a.type) != PY_INT:
        return False
    if a is b or (isinstance(a.type, Size) and a.type == b.type):
        return True
    mine, other = (sp.builder.definitions.get(var) for var in (a, b))
    if mine is None or other is None or mine.op is not other.op or mine.op not in _EXACT:
        return False
    return all(_is_one_int(sp, x, y) for x, y in zip(mine.args, other.args, strict=True))


def _are_number_and_text(a: Value, b: Value) -> bool:
    """Whether a value is a number that is computed, and another a text or None."""
    number = isinstance(a, Var) and isinstance(number_of(a.type), Scalar)
    return number and isinstance(b, Const) and isinstance(b.value, str | None)


def _compares_by_identity(a: Value, b: Value, method: str = "__eq__") -> bool:
    """Whether one of two values is an instance of a class without an answer to ``==`` or ``!=``.

    A method that is written in Python has been asked, and declined.
    """
    classes = (class_of_instance(a), class_of_instance(b))
    own = [in_class(cls, method) for cls in classes if cls is not None]
    if any(found is object.__ne__ for found in own):
        return _compares_by_identity(a, b)
    return any(found is object.__eq__ or dunders.is_written(found) for found in own)


def _are_functions(a: Value, b: Value) -> bool:
    """Whether a closure, or a ``partial``, is compared with another function or with None: a bound
    method has a ``==`` of its own."""
    made = any(map(equal_parts.is_made_function, (a, b)))
    return made and all(options.is_function(v) or perhaps.is_none(v) for v in (a, b))


def _not_equal(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if _compares_by_identity(args[0], args[1], "__ne__") or _are_functions(*args):
        return _is_not(sp, args, kwargs, loc, name)
    result = _equal_parts(sp, args, loc)
    if result is None or isinstance(result, Const):
        return None if result is None else Const(not result.value)
    return calls.invoke(sp, Const(operator.not_), (result,), {}, loc)


def _not(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    viewed = sp.heap.view(args[0])
    if lists.is_dynamic(viewed) or isinstance(viewed, Opened):
        filled = conditions.is_filled(sp, viewed)
        if filled is not None:
            return Const(not filled)
        count = conditions.length(sp, viewed, loc)
        return sp.builder.apply(operator.eq, (count, Const(0)), (), loc)
    value = conditions.truth(sp, args[0], loc)
    if isinstance(value, bool):
        return Const(not value)
    return None if value is args[0] else tested.negated(sp, value, loc)


def _bool(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value = conditions.decided(sp, args[0], loc) if len(args) == 1 and not kwargs else None
    if isinstance(value, Var) and value.type == PY_BOOL:
        return value
    known = isinstance(value, Const) or isinstance(args[0], PerhapsOf)
    viewed = sp.heap.view(args[0])
    return value if known or isinstance(viewed, Opened) or lists.is_dynamic(viewed) else None


_BY_HASH = (dict, set, frozenset)


def contains(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    container, item = sp.heap.view(args[0]), set_methods.as_constant(sp, args[1])
    keys: Any = None
    if isinstance(container, OpenViewOf) and container.what == "keys":
        container = open_methods.shown(sp, container, loc)
    if object_keys.is_missing(sp, args[0], item, loc):
        return _FALSE
    if isinstance(container, Opened):
        return open_dicts.contains(sp, container, item, loc)
    if isinstance(container, RangeOf):
        return ranges.contains(sp, container, item, loc)
    by_hash = isinstance(container, Pack | Held) and class_of(sp, container) in _BY_HASH
    if by_hash and class_of(sp, item) is not set:  # which counts as a frozenset there
        certain.check_hash(sp, item, loc)
    if isinstance(container, Pack) and container.kind is dict:
        keys = dict.fromkeys(container.keys)
        if _is_told_by_running(item):  # which is in the dict as in a tuple
            names = Pack(tuple, tuple(map(Const, keys)))
            return calls.apply(sp, operator.contains, (names, item), {}, loc) if keys else _FALSE
    elif isinstance(container, Pack) and container.kind is set:
        keys = dict.fromkeys(containers.keys_of(container))
        told = not isinstance(item, Const | Pack) or _is_told_by_running(item)
        if not keys or told:  # which is in the set as in a tuple
            listed = (Pack(tuple, container.items), item)
            return calls.invoke(sp, Const(operator.contains), listed, {}, loc) if keys else _FALSE
    elif isinstance(container, Held) and (found := added.has_key(sp, container, item)) is not None:
        return Const(found)
    elif isinstance(container, Held) and isinstance(container.example, dict):
        keys = dict.fromkeys(sp.inputs.keys(container))
    elif isinstance(container, Pack) and any(map(_is_looked_for, (*container.items, item))):
        return Const(position(sp, container, item, loc) is not None)
    elif isinstance(container, Pack):
        known = constant_of(container)
        keys = known.value if known is not None else None
    if keys is not None and isinstance(item, Const | Pack) and not _is_told_by_running(item):
        known_item = sp.constant(item, "what is looked for in a container")
        return Const(certain.computed(loc, operator.contains, keys, known_item))
    return None


def _is_looked_for(value: Value) -> bool:
    """Whether a value is compared one by one with what is in a container."""
    return isinstance(value, Ref) or equal_parts.is_made_function(value)


def _is_told_by_running(item: Value) -> bool:
    """Whether ``item`` is not known, or a tuple of numbers and texts that are not all known."""
    if isinstance(item, Var):
        return True
    if not isinstance(item, Pack) or item.kind is not tuple or constant_of(item) is not None:
        return False
    return all(map(_is_plain, item.items))


def _is_plain(part: Value) -> bool:
    """Whether a value is a number, a text or a tuple of those."""
    if isinstance(part, Pack):
        return part.kind is tuple and all(map(_is_plain, part.items))
    type_ = number_of(type_of(part)) if isinstance(part, Var | Const) else None
    return type_ is not None and (isinstance(type_, Scalar) or is_text(type_))


_LOOK = "compare the elements in a loop, and keep an index"
_SORT = "sort a list of numbers without a key, or take the places from np.argsort"


def position(sp: Specialiser, pack: Pack, item: Value, loc: Loc) -> int | None:
    """Where ``item`` is first found among the elements; None if it is not."""
    for i, each in enumerate(pack.items):
        if is_equal(sp, each, item, loc):
            return i
    return None


def is_equal(sp: Specialiser, a: Value, b: Value, loc: Loc) -> bool:
    if a is b:
        return True
    by_identity = _compares_by_identity(a, b) or equal_parts.has_instances(sp, a)
    if not by_identity and same(sp.heap.frozen(a), sp.heap.frozen(b)):
        return True
    result = calls.invoke(sp, Const(operator.eq), (a, b), {}, loc)
    return bool(sp.constant(result, "what is looked for in a container", _LOOK))


# --- order ----------------------------------------------------------------------------------------


def in_sorted_order(
    sp: Specialiser, items: tuple[Value, ...], by: Iterable[Value], reverse: Value, loc: Loc
) -> tuple[Value, ...]:
    """The elements as ``sorted`` gives them, if what they are sorted by is known."""
    ranks = [_rank(sp, value) for value in by]
    if any(len(rank) < len(parts) for rank, parts in ranks) and len({r for r, _ in ranks}) < len(
        ranks
    ):
        for value in by:
            sp.constant(value, "what is sorted", _SORT)
    backwards = bool(sp.constant(reverse, "'reverse'"))
    keys = [rank for rank, _ in ranks]
    places, by_key = range(len(items)), keys.__getitem__
    order = certain.computed(loc, sorted, places, key=by_key, reverse=backwards)
    return tuple(items[i] for i in order)


def _rank(sp: Specialiser, value: Value) -> tuple[tuple[Any, ...], tuple[Value, ...]]:
    """What a value is sorted by, and its parts: of ``(name, array)`` the name, which suffices if
    no other pair has the same."""
    value = sp.heap.frozen(value)
    parts = value.items if isinstance(value, Pack) and value.kind in (tuple, list) else (value,)
    known = [constant_of(part) if isinstance(part, Const | Pack) else None for part in parts]
    if known[:1] in ([], [None]):
        return (sp.constant(value, "what is sorted", _SORT),), parts
    return tuple(part.value for part in itertools.takewhile(bool, known) if part), parts


COMPARISONS: dict[Any, Handler] = {
    operator.is_: _is,
    operator.is_not: _is_not,
    operator.eq: _equal,
    operator.ne: _not_equal,
    operator.not_: _not,
    bool: _bool,
    intrinsics.truth: lambda sp, args, kwargs, loc, name: conditions.decided(sp, args[0], loc),
}
