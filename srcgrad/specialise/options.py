"""Functions of which data choose one: ``act = np.tanh if v > 0 else relu`` (``OneOf``).

Each has a number, and a number of the program says which one it is.  Closures of one nested
function, partials of one function and bound methods of one name have one number: what they have
captured, and what is bound, are their *parts*, which branches join and loops carry as values.
"""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from srcgrad.instances import is_dataclass_instance, is_users
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.specialise.join import same, same_structure
from srcgrad.specialise.values import (
    CachedOf,
    CellOf,
    Closure,
    Conflicting,
    Held,
    Method,
    OneOf,
    PartialOf,
    PerhapsOf,
    Ref,
    Value,
)

_CONTAINERS = (list, dict, set, frozenset, tuple)
_HELD = (functools.partial, types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)


def is_function(value: Value) -> bool:
    """Whether a value is a function, or stands for the call of one; classes are data."""
    if isinstance(value, Const):
        found = value.value
        return callable(found) and not isinstance(found, type | enum.Enum)
    if isinstance(value, Held):
        return isinstance(value.example, _HELD)
    return isinstance(value, Closure | PartialOf | OneOf) or type(value) is Method


def are_functions(a: Value, b: Value) -> bool:
    """Whether a value that is the one or the other is called as a function is: a class is beside a
    function, or another of the user's.  Instances of two classes are met like that, since what is
    asked of them depends on which it is, and two that come from outside."""
    kinds = [_class_of(value) for value in (a, b)]
    if None not in kinds:
        return kinds[0] is not kinds[1] or _are_outside(a, b)
    is_one = any(map(is_function, (a, b))) or all(map(_is_own_class, (a, b)))
    return is_one and all(is_option(value) for value in (a, b))


def is_option(value: Value) -> bool:
    """Whether a value can be one that is called beside functions."""
    return is_function(value) or is_class(value) or _class_of(value) is not None


def _class_of(value: Value) -> type | None:
    """The user's class of an instance."""
    cls = type(value.example) if isinstance(value, Held) else getattr(value, "kind", None)
    if not isinstance(value, Held | Ref) or cls is None or not is_users(cls):
        return None
    return None if issubclass(cls, _CONTAINERS) else cls


def _are_outside(a: Value, b: Value) -> bool:
    """Whether two instances of one class come from outside, and are not just their fields."""
    return all(isinstance(v, Held) and not is_dataclass_instance(v.example) for v in (a, b))


def is_class(value: Value) -> bool:
    """Whether a value is a known class."""
    return isinstance(value, Const) and isinstance(value.value, type)


def is_called(value: Value) -> bool:
    """Whether a value is a function, or a class of the user's, which is called as one is."""
    return is_function(value) or _is_own_class(value)


def _is_own_class(value: Value) -> bool:
    """Whether a value is a known class of the user's."""
    return is_class(value) and is_users(value.value)  # type: ignore[union-attr]


def _is_part(value: Value) -> bool:
    if isinstance(value, Const):
        return isinstance(value.value, int | float | complex | np.generic)
    if isinstance(value, Pack):
        return value.kind is not set
    return isinstance(value, Var | Ref | PerhapsOf | OneOf)


def _inner(value: Value) -> tuple[Value, ...]:
    """What a function has captured, and what is bound in it."""
    if isinstance(value, Closure):
        return (*value.captures.values(), *value.defaults.values())
    if isinstance(value, PartialOf) and not isinstance(value, CachedOf):
        return (value.function, *value.args, *value.keywords.values())
    return (value.receiver,) if type(value) is Method else ()


def _leads_back(value: Value, around: tuple[Value, ...] = ()) -> bool:
    """Whether a function has captured itself."""
    if any(value is each for each in around):
        return True
    return any(_leads_back(each, (*around, value)) for each in _inner(value))


def parts(function: Value) -> tuple[Value, ...]:
    """What is joined, or carried, of a function; nothing of one that has captured itself."""
    if isinstance(function, Ref):
        return (function,)
    return () if _leads_back(function) else tuple(_parts(function))


def _parts(function: Value) -> Iterator[Value]:
    for each in _inner(function):
        if _is_part(each):
            yield each
        else:
            yield from _parts(each)


def with_parts(function: Value, new: Iterator[Value]) -> Value:
    """The same function with other parts, in their order; which object it is then is known only of
    one that is defined once."""
    if isinstance(function, Ref):
        return next(new)
    found = _filled(function, new) if parts(function) else function
    if isinstance(found, Closure):
        return found if found.once else replace(found, merged=True)
    is_made = type(found) is Method or (
        isinstance(found, PartialOf) and not isinstance(found, CachedOf)
    )
    return replace(found, merged=True) if is_made else found  # type: ignore[type-var]


def are_one(a: Value, b: Value) -> bool | None:
    """Whether two functions that the program makes are one object; None if that is not known."""
    if a is b:
        return True
    if isinstance(a, Closure) and isinstance(b, Closure):
        if a.function is not b.function or a.once is not b.once:
            return False
        if a.once:
            return True
    elif type(a) is not type(b) or not isinstance(a, PartialOf | Method):
        return False
    return None if any(getattr(each, "merged", False) for each in (a, b)) else False


def _filled(value: Value, new: Iterator[Value]) -> Value:
    def fill(part: Value) -> Value:
        return next(new) if _is_part(part) else _filled(part, new)

    if isinstance(value, Closure):
        captures = {key: fill(each) for key, each in value.captures.items()}
        defaults = {key: fill(each) for key, each in value.defaults.items()}
        return replace(value, captures=captures, defaults=defaults)
    if isinstance(value, PartialOf) and not isinstance(value, CachedOf):
        function, *args = map(fill, (value.function, *value.args))
        keywords = {key: fill(each) for key, each in value.keywords.items()}
        return replace(value, function=function, args=tuple(args), keywords=keywords)
    return Method(fill(value.receiver), value.name) if type(value) is Method else value


def _are_alike(a: Value, b: Value) -> bool:
    """Whether two functions are one but for their parts."""
    if same(a, b):
        return True
    if type(a) is not type(b) or _leads_back(a) or _leads_back(b):
        return False
    if isinstance(a, Ref) and isinstance(b, Ref):
        return a.kind is b.kind
    if isinstance(a, Closure) and isinstance(b, Closure):
        alike = a.function is b.function and a.scope is b.scope and a.once is b.once
        return alike and _fit(a.captures, b.captures) and _fit(a.defaults, b.defaults)
    if isinstance(a, CachedOf) or isinstance(b, CachedOf):
        return False
    if isinstance(a, PartialOf) and isinstance(b, PartialOf):
        alike = _are_exchangeable(a.function, b.function) and len(a.args) == len(b.args)
        alike = alike and all(map(_are_exchangeable, a.args, b.args))
        return alike and _fit(a.keywords, b.keywords)
    if type(a) is Method and type(b) is Method:
        return a.name == b.name and _are_exchangeable(a.receiver, b.receiver)
    return False


def _fit(a: Mapping[str, Value], b: Mapping[str, Value]) -> bool:
    return a.keys() == b.keys() and all(_are_exchangeable(a[name], b[name]) for name in a)


def _are_exchangeable(a: Value, b: Value) -> bool:
    """Whether a part may be the one or the other, or what is no part is the same."""
    if not _is_part(a) or not _is_part(b):
        return not _is_part(a) and not _is_part(b) and _are_alike(a, b)
    if isinstance(a, Ref) or isinstance(b, Ref):
        return isinstance(a, Ref) and isinstance(b, Ref) and a.kind is b.kind
    if isinstance(a, Pack) and isinstance(b, Pack):
        return same_structure(a, b)
    return not isinstance(a, Pack) and not isinstance(b, Pack)


class Functions:
    """The functions of which data choose, with their numbers."""

    def __init__(self) -> None:
        self._known: list[Value] = []

    def number(self, function: Value) -> int:
        for number, known in enumerate(self._known):
            if _are_alike(known, function):
                return number
        self._known.append(function)
        return len(self._known) - 1

    def options(self, value: Value) -> Mapping[int, Value]:
        """What a function may be, by their numbers."""
        return value.options if isinstance(value, OneOf) else {self.number(value): value}

    def which(self, value: Value) -> Operand:
        """The number of a function."""
        return value.which if isinstance(value, OneOf) else Const(self.number(value))


def lasts(value: Value, is_made: Callable[[Var | Ref], bool]) -> bool:
    """Whether a value, a function among others, is there after an arm that has made some."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        match current:
            case Var() | Ref():
                if is_made(current):
                    return False
            case Pack(items=items):
                waiting.extend(items)
            case PerhapsOf(there=there, content=content):
                waiting.extend((there, content))
            case OneOf(which=which, options=options):
                waiting.extend((which, *options.values()))
            case CellOf(content=content):
                waiting.append(content)
            case Const() | Held() | Conflicting():
                pass
            case _ if is_function(current):
                waiting.extend(_inner(current))
            case _:
                return False  # an iterator, or what else only the compiler has
    return True
