"""What a loop must leave alone: the list that it runs over, and arrays while it tests."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.lists import item_append, item_set, item_without_last, list_set
from srcgrad.ir.nodes import Apply, For, If, Operand, Pack, Stmt, Var, While
from srcgrad.specialise import effects
from srcgrad.specialise.builder import constant_of
from srcgrad.specialise.values import (
    ChainedOf,
    EnumerateOf,
    FollowedOf,
    MapOf,
    OpenDict,
    OpenSet,
    OpenViewOf,
    ProductOf,
    Ref,
    ReversedOf,
    StructureError,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.contents import Content
    from srcgrad.specialise.engine import Specialiser
    from srcgrad.specialise.fixpoint import Settled


def check_list(sp: Specialiser, iterable: Value, settled: Settled, loc: Loc) -> None:
    """Refuses a loop over a list of unknown length that changes the length of it: Python's goes
    on to what is appended, which only one trip after the other can."""
    for ref in _dicts_in(iterable):
        content = sp.heap.contents[ref]
        if ref in settled.objects and not _keeps_keys(content, settled):
            message = "a dict gets keys while it is iterated over"
            hint = "iterate over a copy of its keys: list(d)"
            if ref.kind is not dict and issubclass(ref.kind, set):
                message = "a set is changed while it is iterated over"
                hint = "iterate over a copy of it: list(elements)"
            raise UnsupportedSyntaxError(message, loc, hint)
    for ref in _lists_in(iterable):
        if ref not in settled.objects:
            continue
        content = sp.heap.contents[ref]
        rows = zip(settled.params, settled.results, strict=True)
        lengths = _keeping_length(settled.params, settled.body)
        if not any(new is content and lengths.get(new) is param for param, new in rows):
            message = "a list changes its length while it is iterated over"
            raise StructureError(message, loc, "iterate over a copy of it: list(items)")


def _lists_in(value: Value) -> list[Ref]:
    """The lists that an iterable takes its elements from."""
    match value:
        case Ref():
            return [value]
        case (
            ZipOf(parts=parts)
            | MapOf(parts=parts)
            | ProductOf(parts=parts)
            | ChainedOf(parts=parts)
        ):
            return [ref for part in parts for ref in _lists_in(part)]
        case EnumerateOf(part=part) | ReversedOf(part=part) | FollowedOf(part=part):
            return _lists_in(part)
    return []


def _keeps_keys(content: Content, settled: Settled) -> bool:
    """Whether a dict to which data add keys has those after a trip that it had before."""
    if not isinstance(content, Pack) or content.kind not in (OpenDict, OpenSet):
        return False
    return _keeping_length(settled.params, settled.body).get(content.items[0]) is not None


def _dicts_in(value: Value) -> list[Ref]:
    """The dicts to which data add keys, and that an iterable takes its elements from."""
    match value:
        case OpenViewOf():
            return [value.ref]
        case ZipOf(parts=parts) | MapOf(parts=parts) | ProductOf(parts=parts):
            return [ref for part in parts for ref in _dicts_in(part)]
        case EnumerateOf(part=part) | ReversedOf(part=part) | FollowedOf(part=part):
            return _dicts_in(part)
    return []


_KEEPING_LENGTH = (list_set, item_append, item_without_last, item_set)


def _keeping_length(params: Sequence[Var], body: Iterable[Stmt]) -> dict[Operand, Var]:
    """The lists that surely are as long as what the loop carries, each with that parameter."""
    found: dict[Operand, Var] = {param: param for param in params}

    def add(target: Var, *sources: Operand) -> None:
        roots = {id(root): root for root in map(found.get, sources)}
        root = next(iter(roots.values()))
        if len(roots) == 1 and root is not None:
            found[target] = root

    def visit(stmts: Iterable[Stmt]) -> None:
        for stmt in stmts:
            if isinstance(stmt, Apply) and (stmt.op in _KEEPING_LENGTH or _reverses(stmt)):
                add(stmt.target, stmt.args[0])
            elif isinstance(stmt, If):
                visit(stmt.then.body)
                visit(stmt.orelse.body)
                for target, *sources in zip(
                    stmt.targets, stmt.then.results, stmt.orelse.results, strict=True
                ):
                    add(target, *sources)
            elif isinstance(stmt, For | While):
                for param, first in zip(stmt.carried, stmt.init, strict=True):
                    add(param, first)
                visit(stmt.body.body)
                for target, *sources in zip(
                    stmt.targets, stmt.init, stmt.body.results, strict=False
                ):
                    add(target, *sources)

    visit(body)
    return found


def _reverses(stmt: Apply) -> bool:
    """Whether a statement is ``xs[::-1]``."""
    places = constant_of(stmt.args[1]) if stmt.op is operator.getitem else None
    return places is not None and places.value == slice(None, None, -1)


def check_condition(body: Sequence[Stmt], loc: Loc) -> None:
    """Refuses the condition of a ``while`` that writes into arrays, but for those that it makes.

    It is evaluated once more than the body, and has no reverse.
    """
    if effects.writes(body):
        message = "the condition of this loop writes into an array"
        hint = "write `while True`, and leave it with `break`"
        raise UnsupportedSyntaxError(message, loc, hint)
