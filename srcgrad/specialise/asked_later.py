"""Dicts and sets that are changed between making an iterator of them and asking that.

Python raises there, where a list goes on with what it has got.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Pack
from srcgrad.specialise.join import same
from srcgrad.specialise.values import (
    EnumerateOf,
    GeneratorOf,
    MapOf,
    ReversedOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def note(sp: Specialiser, iterator: Value) -> None:
    """Notes what keys there are in the dicts and sets that a new iterator goes over."""
    refs = [ref for part in _over(iterator) if (ref := sp.heap.looked_at(part)) is not None]
    found = [(ref, content) for ref in refs if _has_keys(content := sp.heap.contents.get(ref))]
    if found:
        sp.keys_before[iterator] = found  # type: ignore[assignment]


def check(sp: Specialiser, iterator: Value, loc: Loc) -> None:
    """Raises what Python raises where an iterator is asked over a dict or a set that has got, or
    lost, some of what it had when the iterator was made.

    Raises
    ------
    CertainError
        If it has another size.
    UnsupportedSyntaxError
        If it has other keys.
    """
    for part in _over(iterator):
        check(sp, part, loc)
    for ref, before in sp.keys_before.get(iterator, ()):
        now = sp.heap.contents[ref]
        if now is before or (_has_keys(now) and _have_same_keys(before, now)):
            continue
        kind = "Set" if before.kind is set else "dictionary"
        if _has_keys(now) and len(now.items) != len(before.items):  # type: ignore[union-attr]
            text = f"{kind} changed size during iteration"
            raise CertainError(text, loc, RuntimeError(text), "make a list of it first: list(...)")
        message = f"a {kind.lower()} is changed between making an iterator of it and asking that"
        raise UnsupportedSyntaxError(message, loc, "make a list of it first: list(...)")


def _over(iterator: Value) -> tuple[Value, ...]:
    """What an iterator asks for its elements."""
    match iterator:
        case ZipOf(parts=parts) | MapOf(parts=parts):
            return parts
        case EnumerateOf(part=part) | ReversedOf(part=part) | GeneratorOf(part=part):
            return (part,)
    return ()


def _has_keys(content: object) -> bool:
    return isinstance(content, Pack) and content.kind in (dict, set)


def _have_same_keys(before: Pack, now: object) -> bool:
    assert isinstance(now, Pack)
    if before.kind is set:
        return same(before, now)
    return before.keys == now.keys
