"""Callables that stand for calls of others: ``functools.partial``, bound methods, cached functions.

They are taken apart into what they call and with which arguments, so that the call is inlined as if
it were written out.
"""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import is_of_container
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import may_be_inexact
from srcgrad.ir.walk import variables
from srcgrad.specialise import (
    advanced,
    advancing,
    cached,
    calls,
    certain,
    compiled,
    early,
    growing,
    iterate,
    repeated,
)
from srcgrad.specialise.effects import Watch
from srcgrad.specialise.places import Test
from srcgrad.specialise.values import (
    Args,
    BoundOf,
    CachedOf,
    Closure,
    GeneratorOf,
    Handler,
    Held,
    Kwargs,
    MapOf,
    Method,
    PartialOf,
    Ref,
    TakenOf,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


CACHED = type(functools.lru_cache(lambda: None))
"""The class of what ``functools.lru_cache`` and ``functools.cache`` make."""


def unwrapped(
    sp: Specialiser, held: Held, args: Args, kwargs: Kwargs, loc: Loc
) -> PartialOf | None:
    """What calling an object from outside calls, and with which arguments in front.

    None for an object that is no such callable, or that is better called as it is.
    """
    kind, place, example = type(held.example), held.place, held.example
    if kind is functools.partial:
        function = sp.inputs.read(place.attribute("func"), example.func)
        before = sp.inputs.elements(Held(place.attribute("args"), example.args))
        named = Held(place.attribute("keywords"), example.keywords)
        keywords = {key: sp.inputs.item(named, key) for key in sp.inputs.keys(named)}
        return PartialOf(function, before, keywords)
    if kind is types.MethodType:
        function = sp.inputs.read(place.attribute("__func__"), example.__func__)
        owner = sp.inputs.read(place.attribute("__self__"), example.__self__)
        return BoundOf(function, (owner,), {})
    if is_of_container(example):
        owner = sp.inputs.read(place.attribute("__self__"), example.__self__)
        sp.inputs.guard(place.attribute("__name__"), Test.EQUAL, example.__name__)
        return BoundOf(Const(getattr(type(example.__self__), example.__name__)), (owner,), {})
    if kind is CACHED and any(map(_may_carry_derivative, (*args, *kwargs.values()))):
        # The cache saves work where nothing is differentiated; elsewhere what it keeps is what the
        # function computes.
        wrapped = example.__wrapped__
        return PartialOf(sp.inputs.read(place.attribute("__wrapped__"), wrapped), (), {})
    if kind in _TAKERS:
        return _taker(sp, held, loc)
    return None


def _taker(sp: Specialiser, held: Held, loc: Loc) -> PartialOf | None:
    """``attrgetter(name)`` and its kind, which somebody has made outside, of keys and names."""
    cls, told = held.example.__reduce__()
    if cls is not type(held.example) or not all(
        isinstance(each, str | int | float) for each in told
    ):
        return None
    sp.inputs.guard(held.place, Test.IDENTITY, held.example)
    made = _TAKERS[cls](sp, tuple(map(Const, told)), {}, loc, "")
    return made if isinstance(made, PartialOf) else None


def check_cached(held: Held, watch: Watch, loc: Loc) -> None:
    """Refuses to look into a cached function that does more than give a result.

    It does so once only for each argument, and then each time.
    """
    if type(held.example) is CACHED and watch.has_effects():
        message = f"'{held.example.__name__}' has a cache, and does more than compute its result"
        raise UnsupportedSyntaxError(message, loc, "call the function without the cache")


def call(
    sp: Specialiser, partial: PartialOf, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    """``functools.partial(f, *before, **keywords)(*args, **kwargs)``."""
    if isinstance(partial, CachedOf):
        return cached.call(sp, partial, args, kwargs, loc, name)
    named, function = {**partial.keywords, **kwargs}, partial.function
    given = (*partial.args, *args)
    if isinstance(function, Closure) and function.scope.trusted:  # of the compiler's own
        with sp.located(loc):
            return calls.invoke(sp, function, given, named, loc, name)
    return calls.invoke(sp, function, given, named, loc, name)


def attribute(partial: PartialOf, name: str, loc: Loc) -> Value:
    """``partial.name``."""
    match name:
        case "__func__" | "__self__" if isinstance(partial, BoundOf):
            return partial.function if name == "__func__" else partial.args[0]
        case "__wrapped__" if isinstance(partial, CachedOf):
            return partial.function
        case _ if isinstance(partial, CachedOf):
            message = f"the attribute '{name}' of a cached function that is made here"
            raise UnsupportedSyntaxError(message, loc, "read it where it is defined outside")
        case _ if isinstance(partial, BoundOf):
            message = f"the attribute '{name}' of a method that is bound here"
            raise UnsupportedSyntaxError(message, loc, "read it of the function")
        case "func":
            return partial.function
        case "args":
            return Pack(tuple, partial.args)  # type: ignore[arg-type]
        case "keywords":
            return Pack(dict, tuple(partial.keywords.values()), tuple(partial.keywords))  # type: ignore[arg-type]
    if hasattr(functools.partial, name):
        message = f"the attribute '{name}' of a partial that is made here"
        raise UnsupportedSyntaxError(message, loc, "read its 'func', 'args' or 'keywords'")
    text = f"'functools.partial' object has no attribute '{name}'"
    raise CertainError(text, loc, AttributeError(text, name=name))


def _may_carry_derivative(value: Value) -> bool:
    if isinstance(value, Var):
        return may_be_inexact(value.type)
    if isinstance(value, Pack):
        return any(may_be_inexact(var.type) for var in variables(value))
    return isinstance(value, Held | Ref) and not isinstance(getattr(value, "example", None), str)


def _partial(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if not args:
        return None
    inner = args[0]
    if isinstance(inner, Held) and type(inner.example) is functools.partial:
        inner = unwrapped(sp, inner, (), {}, loc) or inner
    if type(inner) is PartialOf:  # one of a partial is one of what that calls
        named = {**inner.keywords, **kwargs}
        return PartialOf(inner.function, (*inner.args, *args[1:]), named)
    if _is_callable(sp, inner, loc) is False:
        text = "the first argument must be callable"
        raise CertainError(text, loc, TypeError(text))
    return PartialOf(inner, args[1:], dict(kwargs))


def _is_callable(sp: Specialiser, value: Value, loc: Loc) -> bool | None:
    """Whether something can be called, None if that is not known."""
    if isinstance(value, Closure | Method | PartialOf):
        return True
    with sp.builder.nested():
        found = calls.invoke(sp, Const(callable), (value,), {}, loc)
    return bool(found.value) if isinstance(found, Const) else None


def _method(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``types.MethodType(function, instance)``."""
    return BoundOf(args[0], (args[1],), {}) if len(args) == 2 else None


def _map(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if len(args) < 2 or kwargs:
        return None
    certain.check_made_of(sp, args[1:], loc)
    endless = repeated.beside(sp, args[0], args[1:], loc)
    if endless is not None:
        return endless
    joined = advancing.together(sp, args[0], args[1:], loc)
    if joined is not None:
        return joined
    return advanced.made(sp, MapOf(args[0], args[1:], sp.trip), loc)


def _reduce(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``functools.reduce``, unrolled where the number of elements is known, else a loop."""
    function, iterable, *initial = (*args, *kwargs.values())
    if initial:
        return _folded(sp, function, iterable, initial[0], loc)
    if isinstance(iterable, GeneratorOf) or _is_long(sp, iterable, loc):
        with early.left_alone(sp, iterable, loc):
            with early.unseen(sp, loc):
                items = growing.indexable(sp, iterate.listed(sp, iterable, loc), loc)
            if not iterate.is_known(sp, items, loc):
                refused = compiled.run(sp, _refuse_nothing, (items,), loc)
                if is_undefined(refused):
                    return refused  # there certainly is nothing
                first = calls.index(sp, items, Const(0), loc)
                rest = Pack(slice, (Const(1), Const(None), Const(None)))
                return _folded(sp, function, calls.index(sp, items, rest, loc), first, loc)
            return _reduce(sp, (function, items), {}, loc, name)
    rows = iterate.all_producers(sp, iterable, loc)
    if not rows.items:
        raise CertainError(_NOTHING, loc, TypeError(_NOTHING))
    total = rows.items[0]()
    others = TakenOf(rows.items[1:], sp.trip, [], (iterable,), rows.counts)
    return _folded(sp, function, others, total, loc)


_NOTHING = "reduce() of empty iterable with no initial value"


def _refuse_nothing(items: Any) -> None:
    if len(items) == 0:
        raise TypeError("reduce() of empty iterable with no initial value")


def _is_long(sp: Specialiser, value: Value, loc: Loc) -> bool:
    """Whether the number of elements of an array, a list or an iterator is not known."""
    if not isinstance(sp.heap.view(value), Var) and not growing.is_dynamic(sp, value):
        return False
    return not iterate.is_known(sp, value, loc)


def _folded(sp: Specialiser, function: Value, iterable: Value, total: Value, loc: Loc) -> Value:
    return compiled.run(sp, _fold, (function, iterable, total), loc)


def _fold(function: Callable[..., Any], iterable: Any, total: Any) -> Any:
    """What ``functools.reduce`` does; compiled like the user's functions."""
    for item in iterable:
        total = function(total, item)
    return total


def _wraps(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``functools.wraps(wrapped)``: the decorator gives back what it decorates."""
    return PartialOf(Const(functools.update_wrapper), (), {"wrapped": args[0]}) if args else None


def _update(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    # Only the name and the docstring are others, at which nothing looks.
    return args[0] if args and isinstance(args[0], Closure | PartialOf) else None


def _getter(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``operator.itemgetter(key)``, ``operator.itemgetter(*keys)``."""
    if not args or kwargs:
        return None
    if len(args) == 1:
        return PartialOf(compiled.closure(_item), args, {})
    return PartialOf(compiled.closure(_items), (Pack(tuple, args),), {})  # type: ignore[arg-type]


def _item(key: Any, items: Any) -> Any:
    return items[key]


def _items(keys: Any, items: Any) -> Any:
    return tuple([items[key] for key in keys])


def _attribute_getter(
    sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """``operator.attrgetter(name)`` of one name without dots."""
    names = [arg.value for arg in args if isinstance(arg, Const)]
    if len(args) != 1 or kwargs or not names or not str(names[0]).isidentifier():
        return None
    return PartialOf(compiled.closure(_attribute), args, {})


def _attribute(name: Any, owner: Any) -> Any:
    return getattr(owner, name)


def _method_caller(
    sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """``operator.methodcaller(name, *args)``."""
    if not args or not isinstance(args[0], Const) or kwargs:
        return None
    return PartialOf(compiled.closure(_call_method), (args[0], Pack(tuple, args[1:])), {})  # type: ignore[arg-type]


def _call_method(name: Any, args: Any, owner: Any) -> Any:
    return getattr(owner, name)(*args)


_TAKERS: dict[Any, Handler] = {
    operator.itemgetter: _getter,
    operator.attrgetter: _attribute_getter,
    operator.methodcaller: _method_caller,
}
CALLABLES: dict[Any, Handler] = {
    **_TAKERS,
    **cached.CACHED,
    functools.partial: _partial,
    functools.reduce: _reduce,
    functools.wraps: _wraps,
    functools.update_wrapper: _update,
    map: _map,
    types.MethodType: _method,
}
