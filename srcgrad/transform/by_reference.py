"""Derivatives of functions that call themselves and write: they write into what they are given.

Such a function gives back what its arrays hold at its end, and the caller writes that into its own
(:mod:`.by_value`).  In the derivative this would cost a few copies of the whole array in each call.
So the function that gives the pullback too writes where the program writes, and the pullback takes
back what was written, there too; the cotangent of such an array is the caller's::

    A[1:] = sweep(A[1:])                    _, sweep_pullback = sweep_vjp(A[1:])
                                 ->         ...
                                            sweep_pullback(A_bar[1:])

It is the same program where nothing else reads what is given, and what comes back, but the write.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from srcgrad.analysis.activity import can_carry
from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of
from srcgrad.ir.nodes import Apply, Block, Const, Function, Operand, Pack, Stmt, Store, Try, Var
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array, Known
from srcgrad.ir.walk import (
    blocks,
    changed,
    count_uses,
    map_block,
    map_blocks,
    params_of,
    same_or,
    statements,
    variables,
)

Functions = Mapping[Recursive, Function]


# --- where it is the same program -----------------------------------------------------------------


def find_places(main: Function, functions: Functions) -> None:
    """Finds the functions whose derivatives write into what they are given, and where."""
    program = (main, *functions.values())
    tried = any(isinstance(s, Try) for f in program for s in statements(f.body.body))
    for op, function in functions.items():
        found = () if tried or not op.written else _own(op, function)
        if not found or not all(_calls_fit(op, each) for each in program):
            continue
        params = list(params_of(function))
        places = range(len(params))
        kinds = {i: params[i].type for i in places}
        shadowed = frozenset(i for i in op.written if can_carry(kinds[i]))
        op.set_places(op.written, shadowed, len(_results(function)) > len(found))


def _own(op: Recursive, function: Function) -> tuple[Apply, ...]:
    """The copies of what ``function`` writes on which it works; nothing if there is more to them
    than that."""
    params = list(params_of(function))
    uses, memory = count_uses(function), MemoryClasses(function.body)
    made = {stmt.target: stmt for stmt in statements(function.body.body) if isinstance(stmt, Apply)}
    given = _results(function)
    count = len(given) - len(op.written)
    if count not in (0, 1):
        return ()
    found: list[Apply] = []
    for i, own in zip(op.written, given[count:], strict=True):
        stmt = made.get(own) if isinstance(own, Var) else None
        is_copy = stmt is not None and stmt.op is np.copy and stmt.args == (params[i],)
        if stmt is None or not is_copy or stmt not in function.body.body or uses[params[i]] != 1:
            return ()
        if given.count(own) != 1 or not _stays(stmt.target, memory, made):
            return ()
        found.append(stmt)
    others = [var for result in given[:count] for var in variables(result) if has_memory(var)]
    shared = any(memory.may_share(var, own.target) for var in others for own in found)
    return () if shared else tuple(found)


def _results(function: Function) -> tuple[Operand, ...]:
    """What a function gives, one by one."""
    (result,) = function.body.results
    return result.items if isinstance(result, Pack) else (result,)


def _stays(own: Var, memory: MemoryClasses, made: Mapping[Var, Apply]) -> bool:
    """Whether all that may show an array are views of it: no branch chooses it, no loop carries it,
    and no list has it."""
    for member in memory.members(own):
        stmt = made.get(member)
        if stmt is None or not isinstance(member.type, Array):
            return False
        if member is not own and memory_of(stmt) is not Memory.VIEW:
            return False
    return True


def _calls_fit(op: Recursive, function: Function) -> bool:
    """Whether the calls of ``op`` are followed by the writes of what they give, and by them alone
    read."""
    calls = [s for s in statements(function.body.body) if isinstance(s, Apply) and s.op is op]
    uses = count_uses(function)
    memory = MemoryClasses(function.body)
    every = (function.body, *_inner(function.body))
    found = [site for block in every for site in sites(block.body) if site.call.op is op]
    return len(found) == len(calls) and all(
        uses[site.call.target] == len(site.parts) + len(site.direct)
        and all(uses[part.target] == 1 for part in site.parts if part.target is not site.value)
        and all(_is_of_arrays(store.buffer, memory) for store in site.stores)
        for site in found
    )


def _is_of_arrays(buffer: Var, memory: MemoryClasses) -> bool:
    return all(isinstance(member.type, Array) for member in memory.members(buffer))


def _inner(block: Block) -> Iterator[Block]:
    return (inner for stmt in statements(block.body) for inner in blocks(stmt))


# --- the calls ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """A call, and what follows it: its parts are taken, and written into what it was given.

    Attributes
    ----------
    call : Apply
        The call.
    parts : statements
        What takes the parts out of what it gives, where there are several.
    stores : statements
        What writes them, in the order of ``call.op.written``.
    value : Var, optional
        What the function gives besides.
    """

    call: Apply
    parts: tuple[Apply, ...]
    stores: tuple[Store, ...]
    value: Var | None

    @property
    def direct(self) -> tuple[Store, ...]:
        """The store of what the call gives itself."""
        return tuple(s for s in self.stores if s.value is self.call.target)

    @property
    def rest(self) -> tuple[Stmt, ...]:
        """All but the call."""
        return (*self.parts, *self.stores)


def sites(body: tuple[Stmt, ...]) -> Iterator[Site]:
    """The calls in a block that are followed by the writes of what they give."""
    for position, stmt in enumerate(body):
        if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive) and stmt.op.written:
            found = _site(stmt, body[position + 1 :])
            if found is not None:
                yield found


def _site(call: Apply, after: tuple[Stmt, ...]) -> Site | None:
    assert isinstance(call.op, Recursive)
    parts: list[Apply] = []
    stores: list[Store] = []
    for stmt in after:
        if len(stores) == len(call.op.written):
            break
        if isinstance(stmt, Store):
            stores.append(stmt)
        elif isinstance(stmt, Apply) and stmt.op is operator.getitem:
            if stmt.args[0] is not call.target or not isinstance(stmt.args[1], Const):
                return None
            parts.append(stmt)
        else:
            return None
    taken = {part.args[1].value: part.target for part in parts if isinstance(part.args[1], Const)}
    if len(stores) != len(call.op.written) or len(taken) != len(parts):
        return None
    for store, i in zip(stores, call.op.written, strict=True):
        if store.buffer is not call.args[i] or store.index is not None or store.accumulate:
            return None
    if not parts:
        is_one = len(stores) == 1 and stores[0].value is call.target
        return Site(call, (), tuple(stores), None) if is_one else None
    count = len(parts) - len(stores)
    fits = [taken.get(count + k) is store.value for k, store in enumerate(stores)]
    if count not in (0, 1) or not all(fits) or (count == 1 and 0 not in taken):
        return None
    return Site(call, tuple(parts), tuple(stores), taken[0] if count else None)


# --- the function ---------------------------------------------------------------------------------


def in_place(op: Recursive, function: Function) -> tuple[Function, dict[Var, Var]]:
    """``function``, writing into what it is given, and giving nothing but its value.

    The dict has the names that its own copies had for what is now the parameters.
    """
    copies = _own(op, function)
    renamed = {copy.target: copy.args[0] for copy in copies}
    same = {old: new for old, new in renamed.items() if isinstance(new, Var)}
    rest = tuple(stmt for stmt in function.body.body if stmt not in copies)
    given = _results(function)[: -len(copies)]
    body = Block((), rest, given or (Const(None),))
    body = map_block(body, lambda var: same.get(var, var))
    return replace(function, body=body), same


def changed_by_calls(found: Iterable[Site]) -> dict[Stmt, Site]:
    """The statements of ``found``, each with its call."""
    return {stmt: site for site in found for stmt in (site.call, *site.rest)}


def write_in_place(function: Function) -> Function:
    """``function`` with the calls that are not reversed as calls that write themselves."""
    return changed(function, body=_writing(function.body))


def _writing(block: Block) -> Block:
    found = (site for site in sites(block.body) if _is_plain(site))
    calls = changed_by_calls(found)
    body: list[Stmt] = []
    for stmt in block.body:
        site = calls.get(stmt)
        if site is None:
            body.append(map_blocks(stmt, _writing))
        elif stmt is site.call:
            assert isinstance(site.call.op, Recursive)
            target = Var("", Known(None)) if site.value is None else site.value
            body.append(replace(site.call, op=site.call.op.in_place, target=target))
    return changed(block, body=same_or(block.body, body))


def _is_plain(site: Site) -> bool:
    """Whether nothing takes back what a call writes."""
    assert isinstance(site.call.op, Recursive)
    return bool(site.call.op.places) and all(store.record is None for store in site.stores)
