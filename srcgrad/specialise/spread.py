"""``f(*values)`` where only running the program tells how many values there are.

The values stay a list: ``*rest`` in the function that is called is a tuple of unknown length
(:mod:`srcgrad.specialise.tuple_class`), and whatever takes any number of arguments gets the list.
"""

from __future__ import annotations

import inspect
import itertools
import math
import types
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.ir.types import ListOf, PackType
from srcgrad.specialise import (
    advanced,
    calls,
    compiled,
    containers,
    inlining,
    iterate,
    lists,
    objects,
    ordered,
    taking,
)
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.tuple_class import LongTuple
from srcgrad.specialise.values import (
    Args,
    CachedOf,
    Closure,
    Kwargs,
    MapOf,
    Method,
    PartialOf,
    RangeOf,
    Ref,
    SpreadOf,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def taken_apart(sp: Specialiser, value: Value, loc: Loc) -> Args:
    """The elements of an iterable, or all of them as one, if only data tell how many there are."""
    value = iterate.taken(sp, value, loc)
    if advanced.is_advanced(value):
        value = calls.invoke(sp, Const(list), (value,), {}, loc)
    found = iterate.countable(sp, value, loc)
    if isinstance(found, taking.Rows):
        return iterate.elements_of(sp, found, loc)
    items = calls.invoke(sp, Const(list), (value,), {}, loc)
    return (SpreadOf(items, found),)


def gathered(sp: Specialiser, args: Args, loc: Loc) -> Args:
    """The arguments of a call, in which all from the first on that stands for an unknown number of
    them are one."""
    first = next((i for i, arg in enumerate(args) if isinstance(arg, SpreadOf)), None)
    if first is None or first == len(args) - 1:
        return args
    return (*args[:first], SpreadOf(_listed(sp, args[first:], loc), args[first].why))  # type: ignore[union-attr]


def is_spread(args: Args) -> bool:
    """Whether only running the program tells how many arguments these are."""
    return bool(args) and isinstance(args[-1], SpreadOf)


def _listed(sp: Specialiser, args: Args, loc: Loc) -> Ref:
    """The list of these arguments."""
    parts = [(True, sp.heap.view(a.items)) if isinstance(a, SpreadOf) else (False, a) for a in args]
    return containers.new_list(sp, lists.display(sp, parts, loc, ""))


def tuple_of(sp: Specialiser, args: Args, loc: Loc) -> Value:
    """The tuple of these arguments."""
    if not is_spread(args):
        return Pack(tuple, args)  # type: ignore[arg-type]
    return Pack(LongTuple, (_listed(sp, args, loc),), ("_items",))  # type: ignore[arg-type]


def call(sp: Specialiser, callee: Value, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    """The result of a call with an unknown number of arguments."""
    function = callee.value if isinstance(callee, Const) else None
    taking_any = calls.find(_TAKING_ANY, function)
    if taking_any is not None:
        result: Value = taking_any(sp, args, kwargs, loc)
        return result
    if isinstance(callee, PartialOf) and not isinstance(callee, CachedOf):
        named = {**callee.keywords, **kwargs}
        return call(sp, callee.function, (*callee.args, *args), named, loc, name)
    *before, rest = args
    assert isinstance(rest, SpreadOf)
    signature = _signature(sp, callee)
    if signature is None:
        raise rest.why
    missing = _missing(signature, len(before), kwargs, rest, loc)
    takes_more = any(p.kind is p.VAR_POSITIONAL for p in signature)
    items = sp.heap.view(rest.items)
    check = _check_at_least if takes_more else _check_count
    asked = compiled.run(sp, check, (rest.items, Const(len(missing)), *_said(callee, before)), loc)
    if is_undefined(asked):
        return asked  # there certainly are others: what follows is not reached
    first = tuple(calls.index(sp, items, Const(i), loc) for i in range(len(missing)))
    if not takes_more:
        return calls.invoke(sp, callee, (*before, *first), kwargs, loc, name)
    if missing:
        bounds = Pack(slice, (Const(len(missing)), Const(None), Const(None)))
        rest = SpreadOf(calls.index(sp, items, bounds, loc), rest.why)
    return _call(sp, callee, (*before, *first, rest), kwargs, loc, name)


def _call(sp: Specialiser, callee: Value, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    """A call of what is looked into."""
    if isinstance(callee, Closure):
        return inlining.inline_closure(sp, callee, args, kwargs, loc, name)
    if isinstance(callee, Method):
        found = objects.method(sp, callee.receiver, callee.name, args, kwargs, loc, name)
    elif isinstance(callee, Const) and isinstance(callee.value, type):
        found = objects.construct(sp, callee.value, args, kwargs, loc, name)
    else:
        assert isinstance(callee, Const)
        found = inlining.inline(sp, callee.value, args, kwargs, loc, name)
    if found is None:
        raise args[-1].why  # type: ignore[union-attr]
    return found


def _signature(sp: Specialiser, callee: Value) -> list[inspect.Parameter] | None:
    """The parameters of what is looked into, without that of the instance; None for the rest."""
    if isinstance(callee, Closure):
        return [
            inspect.Parameter(p.name, p.kind, default=_default(p.name in callee.defaults))
            for p in callee.function.params
        ]
    function: Any = callee.value if isinstance(callee, Const) else None
    is_bound = False
    if isinstance(callee, Method):
        cls = class_of_instance(callee.receiver)
        function = None if cls is None else inspect.getattr_static(cls, callee.name, None)
        is_bound = True
    elif isinstance(function, type):
        function = inspect.getattr_static(function, "__init__", None)
        is_bound = True
    if not isinstance(function, types.FunctionType) or not inlining.is_inlinable(function):
        return None
    if calls.find(DERIVATIVES, function) is not None or calls.find(sp.structural, function):
        return None
    params = list(inspect.signature(function, follow_wrapped=False).parameters.values())
    return params[1:] if is_bound else params


def _default(has_one: bool) -> Any:
    return None if has_one else inspect.Parameter.empty


def _missing(
    params: list[inspect.Parameter], given: int, kwargs: Kwargs, rest: SpreadOf, loc: Loc
) -> list[inspect.Parameter]:
    """The parameters that what is spread has to give."""
    positional = [p for p in params if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    missing = positional[given:]
    if any(p.default is not p.empty or p.name in kwargs for p in missing):
        message = "only data tell how many arguments this call has, and so which parameters have "
        raise UnsupportedSyntaxError(message + "their defaults", loc, "name them: f(*values, p=2)")
    return missing


def _said(callee: Value, before: list[Value]) -> tuple[Const, Const]:
    """What Python says of a call of this: its name, and how many arguments there are before."""
    if isinstance(callee, Closure):
        return Const(callee.function.name), Const(len(before))
    if isinstance(callee, Method):
        return Const(callee.name), Const(len(before) + 1)
    assert isinstance(callee, Const)
    is_class = isinstance(callee.value, type)
    return Const(callee.value.__qualname__), Const(len(before) + is_class)


def _check_count(values: Any, count: Any, name: str, before: int) -> None:
    if len(values) > count:
        given = f"{before + count} positional arguments but {before + len(values)} were given"
        raise TypeError(f"{name}() takes {given}")
    if count and len(values) < count:
        raise TypeError(f"{name}() is missing {count - len(values)} positional arguments")


def _check_at_least(values: Any, count: Any, name: str, before: int) -> None:
    if count and len(values) < count:
        raise TypeError(f"{name}() is missing {count - len(values)} positional arguments")


# --- what takes any number of arguments -----------------------------------------------------------


def _extremum(function: Any) -> Any:
    def pick(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc) -> Value:
        items = _listed(sp, args, loc)
        if not ordered.is_of_numbers(sp.heap.view(items)) or kwargs:
            raise args[-1].why  # type: ignore[union-attr]
        asked = compiled.run(sp, _check_two, (items, Const(function.__name__)), loc)
        if is_undefined(asked):
            return asked
        return calls.invoke(sp, Const(function), (items,), {}, loc)

    return pick


def _check_two(values: Any, name: str) -> None:
    """What ``max(*values)`` asks for: one number alone is nothing to be iterated over."""
    if len(values) == 0:
        raise TypeError(f"{name} expected at least 1 argument, got 0")
    if len(values) == 1:
        raise TypeError(f"{type(values[0]).__name__!r} object is not iterable")


def _hypot(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc) -> Value:
    return compiled.run(sp, _length_of, (_listed(sp, args, loc), Const(math.hypot)), loc)


def _length_of(values: Any, hypot: Any) -> Any:
    total = 0.0
    for v in values:
        total = hypot(total, v)
    return total


def _print(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc) -> Value:
    others = {key: value for key, value in kwargs.items() if key != "sep"}
    sep = kwargs.get("sep", Const(" "))
    sep = Const(" ") if isinstance(sep, Const) and sep.value is None else sep
    *before, rest = args
    texts = tuple(calls.invoke(sp, Const(str), (arg,), {}, loc) for arg in before)
    found = (containers.make_list(sp, texts), _listed(sp, (rest,), loc), sep)
    text = compiled.run(sp, _joined, found, loc)
    return calls.invoke(sp, Const(print), (text,), others, loc)


def _joined(before: Any, values: Any, sep: Any) -> Any:
    return sep.join([*before, *[str(v) for v in values]])


def _chain(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc) -> Value:
    items = _listed(sp, args, loc)
    return calls.invoke(sp, Const(itertools.chain.from_iterable), (items,), kwargs, loc)


def _zip(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc) -> Value:
    """``zip(*rows)``, which gives the columns; without a row there are none."""
    rows = _listed(sp, args, loc)
    width = _width(getattr(sp.heap.view(rows), "type", None))
    if kwargs and (width is None or kwargs.keys() != {"strict"}):
        raise args[-1].why  # type: ignore[union-attr]
    if width is None:
        count = compiled.run(sp, _shortest, (rows,), loc)
    else:
        count = compiled.run(sp, _columns, (rows, Const(width)), loc)
    assert isinstance(count, Var | Const)
    places = RangeOf(Const(0), count, Const(1))
    return MapOf(PartialOf(compiled.closure(_column), (rows,), {}), (places,), sp.trip)


def _width(rows: Any) -> int | None:
    """How many elements each of the rows has, if that is known."""
    item = rows.item if isinstance(rows, ListOf) else None
    if isinstance(item, PackType) and issubclass(item.kind, tuple):
        return len(item.items)
    is_counted = isinstance(item, ListOf) and isinstance(item.length, int)
    return item.length if is_counted else None  # type: ignore[union-attr,return-value]


def _shortest(rows: Any) -> Any:
    return min([len(row) for row in rows]) if len(rows) else 0


def _columns(rows: Any, width: int) -> int:
    return width if len(rows) else 0


def _column(rows: Any, j: Any) -> Any:
    return tuple([row[j] for row in rows])


def _pack(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc) -> Value:
    """``(a, *values)``, ``{a, *values}``."""
    kind, _, *items = args
    if sp.constant(kind, "the kind of a display") is tuple:
        return tuple_of(sp, tuple(items), loc)
    return calls.invoke(sp, Const(set), (_listed(sp, tuple(items), loc),), {}, loc)


_TAKING_ANY: dict[Any, Any] = {
    max: _extremum(max),
    min: _extremum(min),
    math.hypot: _hypot,
    print: _print,
    zip: _zip,
    itertools.chain: _chain,
    intrinsics.pack: _pack,
}
