"""``==`` of what has instances of the user's classes in it, which are asked one by one.

Python compares lists, tuples and dicts part by part: what is one object is equal, anything else is
asked, until two parts differ.  A dataclass that has no ``==`` of its own compares its fields so.
"""

from __future__ import annotations

import collections
import dataclasses
import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.instances import in_class, is_generated, is_instance
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import calls, compiled, containers, iterate
from srcgrad.specialise.classes import class_of, class_of_instance
from srcgrad.specialise.values import BoundOf, Closure, Held, OneOf, PartialOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Parts = tuple[tuple[Value, ...], tuple[Value, ...]]


def equal(sp: Specialiser, a: Value, b: Value, loc: Loc) -> Value | None:
    """``a == b`` if instances are compared to tell; None if it is told without."""
    kind = class_of(sp, a)
    if kind is None or kind is not class_of(sp, b):
        return None
    if not any(has_instances(sp, value) for value in (a, b)):
        return None
    if dataclasses.is_dataclass(kind) and is_generated(in_class(kind, "__eq__")):
        names = [field.name for field in dataclasses.fields(kind) if field.compare]
        parts = tuple(_attributes(sp, value, names, loc) for value in (a, b))
        return _all_equal(sp, (parts[0], parts[1]), loc)
    if kind is dict:
        return _equal_dicts(sp, a, b, loc)
    own = in_class(kind, "__eq__")
    if own is not list.__eq__ and own is not tuple.__eq__:
        return None
    first, second = (iterate.contained(sp, value, loc) for value in (a, b))
    if first is None or second is None:
        return None
    return _all_equal(sp, (first, second), loc)


def has_instances(sp: Specialiser, value: Value) -> bool:
    """Whether a container has instances, or functions that the program makes, in it, or an instance
    others or more than its fields."""
    if isinstance(value, Held):
        return _shows_instances(value.example)
    shown = sp.heap.view(value)
    if not isinstance(shown, Pack):
        return False
    kind = shown.kind
    if dataclasses.is_dataclass(kind):
        fields = {field.name for field in dataclasses.fields(kind)}
        if fields != set(shown.keys):
            return True
    return any(
        _is_instance(sp, item) or is_made_function(item) or has_instances(sp, item)
        for item in shown.items
    )


def is_made_function(value: Value) -> bool:
    """Whether a value is a closure, or a ``partial``, that the program makes, or may be one: it is
    equal to nothing but itself, and a bound method has a ``==`` of its own."""
    if isinstance(value, OneOf):
        return any(map(is_made_function, value.options.values()))
    return isinstance(value, Closure | PartialOf) and not isinstance(value, BoundOf)


def _is_instance(sp: Specialiser, value: Value) -> bool:
    cls = class_of_instance(value)
    return cls is not None and not issubclass(cls, tuple) and not isinstance(value, Const)


def _shows_instances(example: Any) -> bool:
    """The same of an argument, or of what is read outside."""
    if isinstance(example, list | tuple):
        return any(is_instance(part) or _shows_instances(part) for part in example)
    if isinstance(example, dict):
        return _shows_instances(list(example.values()))
    return is_instance(example) and _shows_instances(list(vars(example).values()))


def _attributes(sp: Specialiser, value: Value, names: list[str], loc: Loc) -> tuple[Value, ...]:
    return tuple(calls.invoke(sp, Const(getattr), (value, Const(n)), {}, loc) for n in names)


def _equal_dicts(sp: Specialiser, a: Value, b: Value, loc: Loc) -> Value | None:
    shown = [sp.heap.view(value) for value in (a, b)]
    packs = [containers.in_key_order(pack) for pack in shown if isinstance(pack, Pack)]
    if len(packs) < 2:
        return None
    if packs[0].keys != packs[1].keys:
        return Const(False)
    return _all_equal(sp, (packs[0].items, packs[1].items), loc)


def by_keys(sp: Specialiser, a: Value, b: Value, loc: Loc) -> Value | None:
    """``a == b`` of dicts of which one has keys that only running the program tells; None of
    anything else."""
    if not all(class_of(sp, value) in (dict, collections.defaultdict) for value in (a, b)):
        return None
    return compiled.run(sp, _have_equal_items, (a, b), loc)


def _have_equal_items(first: Any, second: Any) -> bool:
    """Compiled like the user's functions."""
    if len(first) != len(second):
        return False
    return all(key in second and first[key] == second[key] for key in first)


def _all_equal(sp: Specialiser, parts: Parts, loc: Loc) -> Value:
    """Whether the parts of two containers are equal, each with its counterpart."""
    first, second = parts
    if len(first) != len(second):
        return Const(False)
    rows = [(x, y) for x, y in zip(first, second, strict=True) if not _is_one(sp, x, y, loc)]
    columns = [Pack(tuple, tuple(row[i] for row in rows)) for i in (0, 1)]  # type: ignore[misc]
    return compiled.run(sp, _rows_are_equal, tuple(columns), loc)


def _rows_are_equal(first: Any, second: Any) -> bool:
    """Compiled like the user's functions."""
    return all(x == y for x, y in zip(first, second, strict=True))


def _is_one(sp: Specialiser, x: Value, y: Value, loc: Loc) -> bool:
    if isinstance(x, Ref | Held) and isinstance(y, Ref | Held):
        found = calls.invoke(sp, Const(operator.is_), (x, y), {}, loc)
        return isinstance(found, Const) and found.value is True
    return x is y
