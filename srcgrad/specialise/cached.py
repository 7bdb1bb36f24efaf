"""Functions of the program that keep their results: ``@functools.cache`` on a nested function.

What such a function has computed for arguments that are known, or are the same values, is kept on
the heap while the block stands in which it was computed.  In a branch or a loop it is kept for that
call alone, and computed again after it: this asks that nobody can see the difference.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Scalar, number_of
from srcgrad.specialise import calls, certain
from srcgrad.specialise.cells import content
from srcgrad.specialise.effects import Watch
from srcgrad.specialise.join import same
from srcgrad.specialise.values import (
    Args,
    CachedOf,
    Closure,
    Handler,
    Held,
    Kwargs,
    PartialOf,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def call(
    sp: Specialiser, cached: CachedOf, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    """What a call gives, which is computed if it is not kept."""
    for value in (*args, *kwargs.values()):
        certain.check_hash(sp, value, loc)
    key = _key(cached, args, kwargs)
    certain.computed(loc, hash, key)
    found = _kept(sp, cached, key)
    if found is not None:
        return found
    is_known = all(map(_is_known, (*args, *kwargs.values())))
    if not is_known or cached.lost:
        _check_undisturbed(sp, cached, loc)
    memo = _memo(sp, cached)
    if memo is not None and is_known:
        result = calls.invoke(sp, cached.function, args, kwargs, loc, name)
        _keep(sp, cached, memo, key, result)
        return result
    if not cached.lost:
        cached.lost.append(_state(sp, cached))
    watch, before = Watch(sp), len(cached.memos)
    cached.memos.append((sp.builder.body, sp.heap.make(Pack(dict, (), ()))))
    try:
        result = calls.invoke(sp, cached.function, args, kwargs, loc, name)
    finally:
        del cached.memos[before:]
    if watch.has_effects():
        message = f"'{_name(cached)}' has a cache, and does more than compute its result"
        raise UnsupportedSyntaxError(message, loc, "call the function without the cache")
    if memo is not None:
        _keep(sp, cached, memo, key, result)
    return result


def _key(cached: CachedOf, args: Args, kwargs: Kwargs) -> Any:
    """What tells calls apart, as in Python: where types do not count, ``g(1)`` is not ``g(1.0)``
    all the same, but ``g(1, k)`` is ``g(1.0, k)``."""
    key = (*map(_part, args), *((name, _part(v)) for name, v in kwargs.items()))
    types = tuple(type(v.value) for v in (*args, *kwargs.values()) if isinstance(v, Const))
    if cached.typed or (len(args) == 1 and not kwargs and types and types[0] in (int, str)):
        return len(args), key, types
    return len(args), key


def _part(value: Value) -> Any:
    """What a part of a key is told apart by: a value, or what stands for it."""
    if isinstance(value, Pack) and value.kind is tuple:
        return tuple(map(_part, value.items))
    return value.value if isinstance(value, Const) else value


def _is_known(value: Value) -> bool:
    if isinstance(value, Pack) and value.kind is tuple:
        return all(map(_is_known, value.items))
    return isinstance(value, Const)


def _kept(sp: Specialiser, cached: CachedOf, key: Any) -> Value | None:
    """What is kept in a block that stands around this point."""
    bodies = (*sp.builder.around, sp.builder.body)
    for body, memo in reversed(cached.memos):
        kept = sp.heap.contents.get(memo)
        if isinstance(kept, Pack) and key in kept.keys and any(body is each for each in bodies):
            return kept.items[kept.keys.index(key)]
    return None


def _memo(sp: Specialiser, cached: CachedOf) -> Ref | None:
    """Where a result that is computed in this block is kept, if there is such a place."""
    body, memo = cached.memos[-1]
    kept = sp.heap.contents.get(memo)
    is_full = isinstance(kept, Pack) and cached.size is not None and len(kept.items) >= cached.size
    return memo if body is sp.builder.body and kept is not None and not is_full else None


def _keep(sp: Specialiser, cached: CachedOf, memo: Ref, key: Any, result: Value) -> None:
    kept = sp.heap.contents[memo]
    assert isinstance(kept, Pack)
    if key not in kept.keys:
        items, keys = (*kept.items, result), (*kept.keys, key)
        sp.heap.contents[memo] = Pack(dict, items, keys)  # type: ignore[arg-type]


def _state(sp: Specialiser, cached: CachedOf) -> tuple[list[Value], int]:
    """What a function reads from around it; and, if there may be arrays among it, how much has been
    written into arrays."""
    around = [sp.heap.unfolded(value) for value in content(cached.function)]
    arrays = any(isinstance(value, Held) or _is_array(value) for value in around)
    return around, sp.builder.writes if arrays else 0


def _is_array(value: Value) -> bool:
    if isinstance(value, Pack):
        return any(map(_is_array, value.items))
    return isinstance(value, Var) and not isinstance(number_of(value.type), Scalar)


def _check_undisturbed(sp: Specialiser, cached: CachedOf, loc: Loc) -> None:
    """Whether a function that may have been called with the same arguments gives the same."""
    if not cached.lost:
        return
    (before, writes), (now, writes_now) = cached.lost[0], _state(sp, cached)
    alike = len(before) == len(now) and all(map(same, before, now))
    if not alike or writes != writes_now:
        message = f"'{_name(cached)}' has a cache, and reads what may have changed since it was "
        message += "called before"
        raise UnsupportedSyntaxError(message, loc, "call the function without the cache")


def _name(cached: CachedOf) -> str:
    function = cached.function
    return function.function.name if isinstance(function, Closure) else "the function"


# --- making ---------------------------------------------------------------------------------------


def _cache(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``functools.cache(function)``."""
    if len(args) != 1 or kwargs or not isinstance(args[0], Closure):
        return None
    return _made(sp, args[0], None, False)


def _lru_cache(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``functools.lru_cache(function)``, and ``functools.lru_cache(size)``, which gives what does
    that."""
    if len(args) == 1 and isinstance(args[0], Closure) and not kwargs:
        return _made(sp, args[0], 128, False)
    given = (*args, *kwargs.values())
    if not all(isinstance(value, Const) and not callable(value.value) for value in given):
        return None
    names = [*("maxsize", "typed")[: len(args)], *kwargs]
    options = dict(zip(names, given, strict=True)) if len(names) == len(given) else {}
    if set(options) - {"maxsize", "typed"} or len(options) < len(given):
        return None
    return PartialOf(Const(_with_options), (), options)


def _with_options(function: Any, maxsize: Any = 128, typed: Any = False) -> Any:
    """Stands for what ``functools.lru_cache(maxsize, typed)`` gives."""
    return functools.lru_cache(maxsize, typed)(function)


def _decorated(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if len(args) != 1 or not isinstance(args[0], Closure):
        return None
    size, typed = (kwargs.get(key, Const(default)) for key, default in _OPTIONS)
    assert isinstance(size, Const)
    assert isinstance(typed, Const)
    return _made(sp, args[0], size.value, bool(typed.value))


_OPTIONS = (("maxsize", 128), ("typed", False))


def _made(sp: Specialiser, function: Closure, size: int | None, typed: bool) -> CachedOf:
    made = CachedOf(function, (), {}, size, typed)
    made.memos.append((sp.builder.body, sp.heap.make(Pack(dict, (), ()))))
    sp.recursion.kept.add(function.function)
    return made


CACHED: dict[Any, Handler] = {
    functools.cache: _cache,
    functools.lru_cache: _lru_cache,
    _with_options: _decorated,
}
"""What makes a function of the program one that keeps its results."""
