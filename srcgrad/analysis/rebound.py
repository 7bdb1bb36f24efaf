"""Names and objects outside that are changed by calls which the compiler does not look into.

The gradient reads a global or a cell where it needs it, which may be behind such a call although
the function reads it before; and what a decision of the compiler rested on may be another by then.
What is in an object is read when the function begins, and so too early for what a call has changed
by the time that the function reads it.  An array is read where it is needed, and by the derivative
once more.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, has_memory, reads_content
from srcgrad.analysis.unseen_bodies import is_read_through
from srcgrad.analysis.unseen_calls import Calls
from srcgrad.analysis.unseen_reads import Reads, State, states_of
from srcgrad.analysis.unseen_values import ALL, EVERYTHING, Change, Item, Made
from srcgrad.errors import AliasingError, UnsupportedSyntaxError
from srcgrad.ir.keeping import ADDING, kept_by
from srcgrad.ir.nodes import Apply, Block, For, Stmt, Var, While
from srcgrad.ir.walk import blocks, statements, variables
from srcgrad.specialise.inputs import Inputs
from srcgrad.specialise.log import Event, Known, Walked
from srcgrad.specialise.places import Attribute, Place
from srcgrad.specialise.program import Program

_GOES_ON = Attribute("__iter__")


def refuse_rebound(
    program: Program, arguments: Mapping[str, Any], cells: Mapping[str, types.CellType]
) -> None:
    """Refuses a program in which a call changes what is read at another time than it should be.

    ``cells`` are those that the differentiated function closes over, by name.

    Raises
    ------
    UnsupportedSyntaxError
        At the call.
    """
    inputs = program.specialiser.inputs
    if not inputs.log.has_calls():
        return
    log = _log(program)
    given = {name: inputs.originals.of(value) for name, value in arguments.items()}
    reads = Reads(inputs, given, cells)
    names = {state for event in log if isinstance(event, Place) for state in reads.names(event)}
    calls = Calls(program, reads)
    changed: dict[State, tuple[Change, Apply]] = {}
    shown: dict[int, tuple[Var, Any]] = {}
    walked: set[int] = set()
    writers: dict[int, dict[Place, Apply]] = {}
    for event in log:
        if isinstance(event, Walked):
            walked.add(id(reads.at(event.place)))
            continue
        if isinstance(event, Place):
            _check_read(reads.states(event), changed)
            shown.update(reads.shown(event))
            continue
        if isinstance(event, Known):
            _check_read(reads.states(event.place), _by_others(event.place, changed, writers, reads))
            continue
        if event.op in ADDING and (place := inputs.place_of(event.args[0])):  # type: ignore[arg-type]
            writers.setdefault(id(reads.at(place)), {})[place] = event
        for change in calls.changes(event):
            if inputs.lists.is_followed(change.owner):
                _check_own(change, event, inputs)
                continue
            if change.owner is EVERYTHING:
                _refuse_everything(log, reads, event)
                continue
            if id(change.owner) in walked:
                raise _walked(change, event)
            states = states_of(change)
            if not names.isdisjoint(states):
                raise _assigned(change, event)
            changed.update(dict.fromkeys(states, (change, event)))
            _refuse_read_again(program, calls, change, event, shown)
        if is_read_through(event.op):  # of others there are copies
            shown.update(calls.shown(event))
    _tell_apart(log, reads, inputs)


def _check_own(change: Change, stmt: Apply, inputs: Inputs) -> None:
    """Refuses to change a list of which the program has its own, unless that is changed alike."""
    by_program = stmt.op in ADDING and inputs.place_of(stmt.args[0])  # type: ignore[arg-type]
    if not by_program:
        kind = type(change.owner).__name__
        message = f"{_by(change)} changes a {kind} that the program changes and reads too"
        raise UnsupportedSyntaxError(message, stmt.loc, "change it in the function itself")


def _by_others(
    place: Place,
    changed: Mapping[State, tuple[Change, Apply]],
    writers: Mapping[int, Mapping[Place, Apply]],
    reads: Reads,
) -> dict[State, tuple[Change, Apply]]:
    """What has changed a list or a dict but the program itself, under the name by which it knows
    what it has put there."""
    own = list.append if place.path[-1] == _GOES_ON else operator.setitem
    found = {state: each for state, each in changed.items() if each[1].op is not own}
    container = Place(place.root, place.path[:-1])
    owner = reads.at(container)
    for other, stmt in writers.get(id(owner), {}).items():
        if other != container:
            found.update(dict.fromkeys(reads.states(place), (Change(owner, ALL, ""), stmt)))
    return found


def _tell_apart(log: list[Event], reads: Reads, inputs: Inputs) -> None:
    """Demands that what is read of a list or a dict is of none to which the program has added
    before, under another name: in another call, two names may lead to one."""
    added: dict[Place, Any] = {}
    first: dict[int, Place] = {}
    for event in log:
        if isinstance(event, Apply):
            place = inputs.place_of(event.args[0]) if event.op in ADDING else None  # type: ignore[arg-type]
            if place is not None:
                added[place] = reads.at(place)
            continue
        read = event if isinstance(event, Place) else event.place
        owner_at = Place(read.root, read.path[:-1])
        owner = reads.at(owner_at) if read.path and added else None
        if type(owner) not in (list, dict):
            continue
        for place, other in added.items():
            if other is owner or type(other) is not type(owner):
                continue
            known = first.setdefault(id(owner), owner_at)
            inputs.guard_identity(place, known, False)
            inputs.guard_identity(known, owner_at, True)


def _walked(change: Change, stmt: Apply) -> UnsupportedSyntaxError:
    """The error about a container that is changed after something has begun to iterate over it."""
    kind = type(change.owner).__name__
    message = (
        f"{_by(change)} changes a {kind} over which something iterates, or may still iterate: "
    )
    message += "a loop, 'sum' or the like, there or in another call of a recursion"
    hint = (
        f"iterate over a copy, {kind}(...); in a recursion, let the function make the {kind} itself"
    )
    return UnsupportedSyntaxError(message, stmt.loc, hint)


def _refuse_everything(log: list[Event], reads: Reads, stmt: Apply) -> None:
    """Refuses a call of which nobody can tell what it changes, if anything is read that may be."""
    read = [place for place in log if isinstance(place, Place)]
    if any(any(reads.names(p)) or reads.states(p) or any(reads.shown(p)) for p in read):
        message = "what this call changes cannot be told, and what it changes may be read here too"
        hint = "call what it runs by its name, and in fewer steps"
        raise UnsupportedSyntaxError(message, stmt.loc, hint)


def _log(program: Program) -> list[Event]:
    """What is read and called, in order, without the calls that have come to nothing."""
    emitted: set[Var] = set()
    for function in (program.function, *program.functions.values()):
        found = statements(function.body.body)
        emitted.update(stmt.target for stmt in found if isinstance(stmt, Apply))
    events = program.specialiser.inputs.log.events
    return [e for e in events if not isinstance(e, Apply) or e.target in emitted]


def _check_read(states: Iterable[State], changed: Mapping[State, tuple[Change, Apply]]) -> None:
    """Refuses to read what a call has changed before."""
    for state in states:
        if state in changed:
            change, stmt = changed[state]
            message = f"{_by(change)} changes {_name_of(change)}, which is read after it"
            hint = "let the function return what it changes, or read that before"
            raise UnsupportedSyntaxError(message, stmt.loc, hint)


def _assigned(change: Change, stmt: Apply) -> UnsupportedSyntaxError:
    """The error about a global, or a cell, that is assigned."""
    name = _name_of(change)
    message = f"{_by(change)} assigns to {name}, which is read here too"
    return UnsupportedSyntaxError(message, stmt.loc, f"pass {name} as an argument, and return it")


def _by(change: Change) -> str:
    """What changes something, in words."""
    return f"'{change.by}'" if change.by else "this"


def _name_of(change: Change) -> str:
    """What is changed, in words."""
    if isinstance(change.name, Item):
        return f"the item {change.name.key!r} of a {type(change.owner).__name__}"
    if not isinstance(change.name, str):
        return f"what is in a {type(change.owner).__name__}"
    if isinstance(change.owner, dict | types.CellType):
        return f"'{change.name}'"
    owner = change.owner if isinstance(change.owner, type) else type(change.owner)
    return f"'{change.name}' of a {owner.__name__}"


def _refuse_read_again(
    program: Program,
    calls: Calls,
    change: Change,
    stmt: Apply,
    shown: Mapping[int, tuple[Var, Any]],
) -> None:
    """Refuses a call that writes into an array which the program has read before."""
    if isinstance(change.owner, Made):
        written = [change.owner.var]
    elif isinstance(change.owner, list) or (
        change.name is ALL and not isinstance(change.owner, dict)
    ):
        written = [leaf for leaf, found in shown.values() if _share(found, change.owner)]
    else:
        return
    body = program.function.body.body
    if any(var is not None and _is_read_before(var, stmt, body, calls.memory) for var in written):
        kind = "a list" if isinstance(change.owner, list) else "an array"
        writes = "writes" if change.by else "may write"
        message = (
            f"{_by(change)} {writes} into {kind} that is read before, and by the derivative again"
        )
        hint = "let the function return a new one" if change.by else "give it a copy"
        raise AliasingError(message, stmt.loc, hint)


def _share(a: Any, b: Any) -> bool:
    """Whether two objects are one list, or show the same memory."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.may_share_memory(a, b)
    return a is b or (isinstance(a, np.ndarray) and b is not None and _memory_of(a) is b)


def _memory_of(array: np.ndarray) -> Any:
    """The object of which an array shows the memory, as a ``bytearray``."""
    found: Any = array
    while isinstance(found, np.ndarray):
        found = found.base
    return found.obj if isinstance(found, memoryview) else found


def _is_read_before(var: Var, call: Apply, body: Iterable[Stmt], memory: MemoryClasses) -> bool:
    """Whether something before a call, or in a loop around it, reads what ``var`` shows."""
    for stmt in body:
        inside = list(statements((stmt,)))
        if not any(each.target is call.target for each in inside if isinstance(each, Apply)):
            if any(_reads(each, var, memory) for each in inside):
                return True
        elif isinstance(stmt, For | While):
            return any(_reads(each, var, memory) for each in inside if each is not call)
        elif stmt is call:
            return False
        else:
            around = (block for block in blocks(stmt) if _has(block, call))
            return any(_is_read_before(var, call, block.body, memory) for block in around)
    return True  # the call is in a function of the program


def _has(block: Block, call: Apply) -> bool:
    found = (each for each in statements(block.body) if isinstance(each, Apply))
    return any(each.target is call.target for each in found)


def _reads(stmt: Stmt, var: Var, memory: MemoryClasses) -> bool:
    if isinstance(stmt, Apply) and stmt.op is getattr:
        return False  # a view, a method or an address
    kept = kept_by(stmt)  # what adds to a list or a dict reads nothing of it
    read = reads_content(stmt) if kept is None else variables(kept)
    return any(has_memory(each) and memory.may_share(each, var) for each in read)
