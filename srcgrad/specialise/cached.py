"""Functions of the program that keep their results: ``@functools.cache`` on a nested function.

What such a function has computed for arguments that are known, or are the same values, is kept on
the heap while the block stands in which it was computed.  In a branch or a loop it is kept for that
call alone, and computed again after it, as it is where only running the program tells whether it is
kept: this asks that nobody can see the difference (``cached_results.py``).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from srcgrad.analysis.memory import has_memory
from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.specialise import cached_results, calls, certain
from srcgrad.specialise.cached_results import name_of
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
    MadeResult,
    PartialOf,
    PerhapsOf,
    Ref,
    State,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def call(
    sp: Specialiser, cached: CachedOf, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    """What a call gives, which is computed if it is not kept."""
    if cached.size == 0:  # nothing is ever kept
        return calls.invoke(sp, cached.function, args, kwargs, loc, name)
    for value in (*args, *kwargs.values()):
        certain.check_hash(sp, value, loc)
    key = _key(cached, args, kwargs)
    certain.computed(loc, hash, key)
    found = _kept(sp, cached, key)
    if found is not None:
        if cached.size is not None and cached_results.is_lost(sp, cached):
            _check_undisturbed(sp, cached, loc)  # it may have been dropped meanwhile
        return found
    return _computed(sp, cached, key, args, kwargs, loc, name)


def _computed(
    sp: Specialiser, cached: CachedOf, key: Any, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    """What a call gives that is not kept, or of which nobody knows whether it is."""
    is_lost = cached_results.is_lost(sp, cached)
    memo, before = _memo(sp, cached), sp.heap.save()
    is_known = all(map(_is_known, (*args, *kwargs.values())))
    others = [made.is_known for _, made in cached_results.kept(sp, cached)]
    is_certain = not is_lost and memo is not None and (not others or (is_known and all(others)))
    if not is_certain and not is_lost:
        _lose(sp, cached, loc)
    if not is_certain:
        _check_undisturbed(sp, cached, loc)
    state, watch = _state(sp, cached), Watch(sp)
    with nullcontext() if is_certain else _inside(sp, cached):
        result = calls.invoke(sp, cached.function, args, kwargs, loc, name)
    has_effects = (cached.size is not None or not is_certain) and watch.has_effects()
    if has_effects and not is_certain:
        raise _has_effects(cached, loc)
    result = cached_results.marked(sp, cached, result, before, loc)
    contents = cached_results.new_contents(sp, result, before)
    if not is_certain:
        cached_results.seal(sp, name_of(cached), result, contents, loc)
    if memo is not None:
        _keep(sp, cached, memo, key, result)
        cached.made[memo, key] = MadeResult(is_known, state, has_effects, contents)
    return result


@contextmanager
def _inside(sp: Specialiser, cached: CachedOf) -> Iterator[None]:
    """Within, what a call computes in this block is kept for that call alone."""
    count = len(cached.memos)
    cached.memos.append((sp.builder.body, sp.heap.make(Pack(dict, (), ()))))
    try:
        yield
    finally:
        del cached.memos[count:]


def _lose(sp: Specialiser, cached: CachedOf, loc: Loc) -> None:
    """From here on it is not known what is kept.

    Raises
    ------
    UnsupportedSyntaxError
        If somebody may have seen what was kept change.
    """
    now = _state(sp, cached)
    for value, made in cached_results.kept(sp, cached):
        if made.has_effects:
            raise _has_effects(cached, loc)
        _check_alike(cached, made.state, now, loc)
        cached_results.seal(sp, name_of(cached), value, made.contents, loc)
    cached.lost[:] = [now]
    _note_arrays(sp, cached, loc)
    cached_results.lose(sp, cached)


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


def _state(sp: Specialiser, cached: CachedOf) -> State:
    """What a function reads from around it; and, if it is an object from outside, how much has been
    written into arrays."""
    around = [sp.heap.unfolded(value) for value in content(cached.function)]
    return around, sp.builder.writes if any(isinstance(v, Held) for v in around) else 0


def _note_arrays(sp: Specialiser, cached: CachedOf, loc: Loc) -> None:
    """Notes the arrays that a function reads from around it, into which nothing may write."""
    around, _ = cached.lost[0]
    for var in (var for value in around for var in _arrays(value)):
        cached.read.setdefault(var, loc)


def _arrays(value: Value) -> Iterator[Var]:
    if isinstance(value, Pack):
        for item in value.items:
            yield from _arrays(item)
    elif isinstance(value, PerhapsOf):
        yield from _arrays(value.content)
    elif isinstance(value, Var) and has_memory(value):
        yield value


def _check_undisturbed(sp: Specialiser, cached: CachedOf, loc: Loc) -> None:
    """Whether a function that may have been called with the same arguments gives the same."""
    _check_alike(cached, cached.lost[0], _state(sp, cached), loc)


def _check_alike(cached: CachedOf, then: State, now: State, loc: Loc) -> None:
    """Whether a function reads the same from around it as when it was called before."""
    alike = len(then[0]) == len(now[0]) and all(map(same, then[0], now[0]))
    if not alike or then[1] != now[1]:
        raise cached_results.reads_changed(name_of(cached), loc)


def _has_effects(cached: CachedOf, loc: Loc) -> UnsupportedSyntaxError:
    message = f"'{name_of(cached)}' has a cache, and does more than compute its result"
    return UnsupportedSyntaxError(message, loc, "call the function without the cache")


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
    sp.caches.append(made)
    return made


CACHED: dict[Any, Handler] = {
    functools.cache: _cache,
    functools.lru_cache: _lru_cache,
    _with_options: _decorated,
}
"""What makes a function of the program one that keeps its results."""
