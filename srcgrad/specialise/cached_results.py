"""What a function with a cache gives where only running the program tells whether that is kept.

It is computed anew there.  Of numbers, texts and tuples of them nobody can see that.  A list, a
dict, an object or an array may be the very one that another call has given: it may be read, and
what changes it, or asks which one it is, is refused.  Objects are sealed; arrays are marked by an
operation, ``from_cache``, which is gone once it is known that nothing writes into them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srcgrad.analysis.memory import MemoryClasses, has_memory, passing
from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Function, Operand, Pack, Stmt, Var
from srcgrad.ir.recursion import Recursive, altered_by
from srcgrad.ir.types import (
    Array,
    KeysOf,
    Known,
    ListOf,
    Object,
    PackType,
    Scalar,
    Size,
    Type,
    Unknown,
    number_of,
)
from srcgrad.ir.walk import params_of, statements, variables
from srcgrad.specialise.contents import Content
from srcgrad.specialise.values import (
    CachedOf,
    Closure,
    Held,
    MadeResult,
    PerhapsOf,
    RangeOf,
    Ref,
    Value,
)
from srcgrad.transform.rewrite import Rewriting, rewrite

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Functions = Mapping[Recursive, Function]
_HINT = "let it give numbers or a tuple of them, or call the function without the cache"
_COPY = "change a copy: np.copy(...), list(...) or dict(...)"


def is_lost(sp: Specialiser, cached: CachedOf) -> bool:
    """Whether something was computed of which nobody knows when it is kept."""
    return cached.mark in sp.heap.sealed


def lose(sp: Specialiser, cached: CachedOf) -> None:
    """Notes that something is."""
    sp.heap.sealed.add(cached.mark)


def kept(sp: Specialiser, cached: CachedOf) -> Iterator[tuple[Value, MadeResult]]:
    """What is kept where the program stands."""
    for _, memo in cached.memos:
        found = sp.heap.contents.get(memo)
        if isinstance(found, Pack):
            for key, value in zip(found.keys, found.items, strict=True):
                yield value, cached.made[memo, key]


# --- objects --------------------------------------------------------------------------------------


def new_contents(
    sp: Specialiser, value: Value, before: Mapping[Ref, Content]
) -> dict[Ref, Content]:
    """What is in the objects in a result that were not there before the call."""
    found: dict[Ref, Content] = {}
    waiting: list[Value] = [value]
    while waiting:
        match waiting.pop():
            case Ref() as ref if ref not in before and ref not in found:
                found[ref] = sp.heap.contents[ref]
                waiting.append(found[ref])
            case Pack(items=items):
                waiting.extend(items)
            case PerhapsOf(content=content):
                waiting.append(content)
    return found


def seal(
    sp: Specialiser, name: str, value: Value, contents: Mapping[Ref, Content], loc: Loc
) -> None:
    """Allows no changes of a result of the function ``name``, which made objects with these
    ``contents``.

    Raises
    ------
    UnsupportedSyntaxError
        If they have been changed, or the result is nothing of which that is known.
    """
    if any(sp.heap.contents.get(ref) is not content for ref, content in contents.items()):
        message = f"'{name}' has a cache, and what it gave before was changed: whether this call "
        message += "gives the same object is not known"
        raise UnsupportedSyntaxError(message, loc, _COPY)
    if not all(map(_is_followed, (value, *contents.values()))):
        message = f"'{name}' has a cache, and whether it gives a new object here, or one that it "
        raise UnsupportedSyntaxError(message + "gave before, is not known", loc, _HINT)
    sp.heap.seal(*contents)
    sp.heap.from_caches.update(contents)


def _is_followed(value: Value) -> bool:
    """Whether it is seen if somebody changes a value; of objects, ``value`` is the content."""
    match value:
        case Var(type=ListOf(item=item) | KeysOf(item=item)):
            return _is_plain(item)
        case Var(type=type_):
            return _is_plain(type_) or isinstance(number_of(type_), Array | Unknown)
        case Pack(items=items):
            return all(map(_is_followed, items))
        case PerhapsOf(content=content):
            return _is_followed(content)
    return isinstance(value, Const | Ref | Held | RangeOf)


def _is_plain(type_: Type) -> bool:
    """Whether values of a type cannot be changed, nor be asked which one they are."""
    if isinstance(type_, PackType):
        return issubclass(type_.kind, tuple) and all(map(_is_plain, type_.items))
    if isinstance(type_, Object):
        return type_.cls in _IMMUTABLE
    return isinstance(number_of(type_), Scalar | Size | Known)


_IMMUTABLE = (str, bytes, int, float, complex, bool, type(None))


def refuse_two(sp: Specialiser, value: Value, loc: Loc) -> None:
    """Refuses to return two objects that may be one, as functions with a cache give them.

    Raises
    ------
    AliasingError
        If the program does.
    """
    if not any(is_lost(sp, cached) for cached in sp.caches):
        return
    found = [ref for ref in new_contents(sp, value, {}) if sp.heap.is_sealed(ref)]
    if len(found) > 1:
        raise _two(loc)


def _two(loc: Loc) -> AliasingError:
    message = "the function returns two objects that a function with a cache gives: they may be one"
    return AliasingError(message, loc, "return copies of them, as list(...) or np.copy(...)")


# --- arrays ---------------------------------------------------------------------------------------


def marked(
    sp: Specialiser, cached: CachedOf, value: Value, before: Mapping[Ref, Content], loc: Loc
) -> Value:
    """A result with its arrays marked, and those in objects that were not there before the call."""

    def mark(value: Any) -> Any:
        match value:
            case Var(type=type_) if isinstance(number_of(type_), Array | Unknown):
                mark_ = Const(cached)
                return sp.builder.apply(intrinsics.from_cache, (value, mark_), (), loc, value.name)
            case Pack(items=items):
                new = tuple(map(mark, items))
                alike = all(a is b for a, b in zip(items, new, strict=True))
                return value if alike else replace(value, items=new)
            case PerhapsOf(content=content):
                return replace(value, content=mark(content))
        return value

    for ref, content in new_contents(sp, value, before).items():
        sp.heap.contents[ref] = mark(content)
    return mark(value)  # type: ignore[no-any-return]


def settled(
    sp: Specialiser, function: Function, functions: Functions
) -> tuple[Function, Functions]:
    """The program without marks.

    Raises
    ------
    AliasingError
        If an array is written that another call may give as well.
    """
    if not sp.caches:
        return function, functions
    lost = {cached for cached in sp.caches if is_lost(sp, cached)}
    if lost:
        everything = [*statements(function.body.body)]
        everything += (s for each in functions.values() for s in statements(each.body.body))
        found = _given(everything, functions, lost)
        _refuse_writes(everything, found)
        _refuse_changed(everything, functions, lost)
        results = {var for result in function.body.results for var in variables(result)}
        if len(results & found.keys()) > 1:
            raise _two(function.loc)
    return rewrite(function, _unmarked), {op: rewrite(f, _unmarked) for op, f in functions.items()}


def _given(body: list[Stmt], functions: Functions, lost: set[CachedOf]) -> Mapping[Var, CachedOf]:
    """The variables that may show an array which a function with a cache gives, with that."""
    found: dict[Var, CachedOf] = {}
    pairs: list[tuple[Operand, Operand]] = []
    for stmt in body:
        pairs.extend(passing(stmt))
        if not isinstance(stmt, Apply):
            continue
        if stmt.op is intrinsics.from_cache and stmt.args[1].value in lost:  # type: ignore[union-attr]
            found[stmt.target] = stmt.args[1].value  # type: ignore[union-attr]
        if isinstance(stmt.op, Recursive) and stmt.op in functions:
            called = functions[stmt.op]
            pairs.extend(zip(params_of(called), stmt.args, strict=False))
            pairs.extend((stmt.target, result) for result in called.body.results)
    count = -1
    while count < len(found):
        count = len(found)
        for target, source in pairs:
            known = next((found[var] for var in variables(source) if var in found), None)
            if known is not None:
                for var in variables(target):
                    if has_memory(var):
                        found.setdefault(var, known)
    return found


def _refuse_writes(body: list[Stmt], found: Mapping[Var, CachedOf]) -> None:
    for stmt in body:
        if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
            continue  # its own statements are looked at
        cached = next((found[var] for var in altered_by(stmt) if var in found), None)
        if cached is not None:
            message = f"this writes into an array that '{name_of(cached)}', which has a cache, may "
            message += "give again"
            raise AliasingError(message, stmt.loc, "write into a copy: np.copy(...)")


def _refuse_changed(body: list[Stmt], functions: Functions, lost: set[CachedOf]) -> None:
    """Refuses to write into arrays that functions with a cache read."""
    if not any(cached.read for cached in lost):
        return
    memory = MemoryClasses(body)
    buffers: list[Var] = []
    for stmt in body:
        if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
            for param, arg in zip(params_of(functions[stmt.op]), stmt.args, strict=False):
                memory.join(param, arg)
        else:
            buffers.extend(var for var in altered_by(stmt) if has_memory(var))
    written = {memory.root(var) for var in buffers}
    for cached in lost:
        for var, loc in cached.read.items():
            if memory.root(var) in written:
                raise reads_changed(name_of(cached), loc)


def reads_changed(name: str, loc: Loc) -> UnsupportedSyntaxError:
    """The error about a function that may have been called before, and gives something else now."""
    message = f"'{name}' has a cache, and reads what may have changed since it was called before"
    return UnsupportedSyntaxError(message, loc, "call the function without the cache")


def name_of(cached: CachedOf) -> str:
    """What the user calls a function with a cache."""
    function = cached.function
    return function.function.name if isinstance(function, Closure) else "the function"


def _unmarked(program: Rewriting, stmt: Stmt) -> None:
    if isinstance(stmt, Apply) and stmt.op is intrinsics.from_cache:
        program.rename(stmt.target, stmt.args[0])
    else:
        program.keep(stmt)
