"""The calls of a program that the compiler does not look into, and what each changes outside."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, has_memory, sources
from srcgrad.analysis.unseen import Unseen
from srcgrad.analysis.unseen_keys import key_of
from srcgrad.analysis.unseen_reads import Reads
from srcgrad.analysis.unseen_values import (
    ALL,
    KEYS,
    Change,
    Given,
    Item,
    Made,
    Values,
    is_key,
    union,
)
from srcgrad.ir import intrinsics
from srcgrad.ir.keeping import ADDING, changed_by
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import Array, number_of
from srcgrad.ir.walk import variables
from srcgrad.specialise.builder import constant_of
from srcgrad.specialise.program import Program


class Calls:
    """What calls change, with what the operands may be that they are given."""

    def __init__(self, program: Program, reads: Reads) -> None:
        self._reads = reads
        self._definitions = program.specialiser.builder.definitions
        self.memory = MemoryClasses(program.function.body)
        self._values: dict[Var, Values] = {}
        self._found: dict[Any, tuple[list[Change], Values]] = {}

    def changes(self, stmt: Apply) -> list[Change]:
        """What a call changes."""
        added = self._added(stmt)
        return self._look(stmt)[0] if added is None else added

    def _added(self, stmt: Apply) -> list[Change] | None:
        """What adding to a list or a dict from outside changes; None for any other call."""
        if stmt.op not in ADDING:
            return None
        container = stmt.args[0]
        found = self._definitions.get(container) if isinstance(container, Var) else None
        if found is not None and found.op in (getattr, operator.getitem):
            return []  # what the program has left there itself, and knows
        owners = self.values(container)
        if len(owners) != 1 or type(owners[0]) not in (list, dict, deque):
            return None
        (owner,) = owners
        if stmt.op in (changed_by, operator.delitem):
            return [Change(owner, ALL, "")]
        if stmt.op is list.append:
            return [Change(owner, KEYS, "")]
        key = constant_of(stmt.args[1])
        if key is None or not is_key(key.value):
            return [Change(owner, ALL, "")]
        place = key.value
        if isinstance(owner, list) and isinstance(place, int):
            place += len(owner) if place < 0 else 0
        made = [Change(owner, Item(place), "")]
        is_new = isinstance(owner, dict) and place not in owner
        return [*made, Change(owner, KEYS, "")] if is_new else made

    def shown(self, stmt: Apply) -> Iterator[tuple[int, tuple[Var, Any]]]:
        """The arrays from outside that a call may give, by identity, with what the program has."""
        for each in self.values(stmt.target):
            if isinstance(each, np.ndarray):
                yield id(each), (stmt.target, each)

    def _look(self, stmt: Apply) -> tuple[list[Change], Values]:
        callees: Values = (stmt.op,)
        args = tuple(self.values(arg) for arg in stmt.args)
        if stmt.op is intrinsics.call:
            callees, args = args[0], args[1:]
        kwargs = {name: self.values(value) for name, value in stmt.kwargs}
        named = tuple((name, key_of(value)) for name, value in kwargs.items())
        key = (key_of(callees), tuple(map(key_of, args)), named)
        if key not in self._found:
            unseen = Unseen()
            given = unseen.results(callees, Given(args, kwargs))
            self._found[key] = list(unseen.changes.values()), given
        return self._found[key]

    def values(self, operand: Operand) -> Values:
        """The objects that an operand of the program may be."""
        if isinstance(operand, Const):
            return (operand.value,)
        if isinstance(operand, Pack):
            return (Made([part for item in operand.items for part in self.values(item)]),)
        assert isinstance(operand, Var)
        if operand not in self._values:
            self._values[operand] = ()
            self._values[operand] = self._of_var(operand)
        return self._values[operand]

    def _of_var(self, var: Var) -> Values:
        found = self._reads.object_of(var)
        if found is not None:
            return (found,)
        stmt = self._definitions.get(var)
        is_array = isinstance(number_of(var.type), Array)
        made: Values = (Made(var=var if is_array else None),)
        if stmt is None:  # a loop carries it, or a branch gives it
            others = self.memory.members(var) if has_memory(var) else []
            known = (self._reads.object_of(other) for other in others)
            return (*made, *(each for each in known if each is not None))
        if stmt.op is getattr and isinstance(stmt.args[1], Const):
            name = stmt.args[1].value
            return union(Unseen().attribute(owner, name) for owner in self.values(stmt.args[0]))
        called: Values = ()
        if not _is_operation(stmt.op) or stmt.op is intrinsics.call:
            called = self._look(stmt)[1]
        if not _is_operation(stmt.op):
            return union((called, made if is_array else ()))
        handed = (self.values(v) for arg in sources(stmt) for v in variables(arg))
        return union((made, called, *handed))


def _is_operation(op: Any) -> bool:
    try:
        return op in OPS
    except TypeError:  # it cannot be hashed, and is in no table
        return False
