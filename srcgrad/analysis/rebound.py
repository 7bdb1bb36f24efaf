"""Names outside that are assigned by calls which the compiler does not look into.

The gradient reads a global or a cell where it needs it, which may be behind such a call although
the function reads it before; and what a decision of the compiler rested on may be another by then.
"""

from __future__ import annotations

import dis
import inspect
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.instances import is_of_library
from srcgrad.ir.nodes import Apply, Function
from srcgrad.ir.walk import statements
from srcgrad.specialise.places import Cell, Global, Place, module_of

Cells: TypeAlias = Mapping[str, types.CellType]


def refuse_rebound(function: Function, places: Iterable[Place], cells: Cells) -> None:
    """Refuses a program that reads ``places`` of which a call in it assigns one.

    ``cells`` are those that the differentiated function closes over, by name.

    Raises
    ------
    UnsupportedSyntaxError
        At the call.
    """
    roots = {place.root for place in places}
    read: set[object] = {root for root in roots if isinstance(root, Global)}
    read.update(id(cells[root.name]) for root in roots if isinstance(root, Cell))
    for stmt in statements(function.body.body):
        if isinstance(stmt, Apply) and isinstance(stmt.op, types.FunctionType):
            for name, variable in _assigned(stmt.op):
                if variable in read:
                    message = f"'{stmt.op.__name__}' assigns to '{name}', which is read here too"
                    hint = f"pass '{name}' as an argument, and return it"
                    raise UnsupportedSyntaxError(message, stmt.loc, hint)


def _assigned(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    """The globals and cells that a function assigns, and those that it names, and so on."""
    waiting, seen = [function], {function}
    while waiting:
        current = waiting.pop()
        cells = dict(zip(current.__code__.co_freevars, current.__closure__ or (), strict=True))
        named: list[object] = list(inspect.getclosurevars(current).nonlocals.values())
        for code in _codes(current.__code__):
            for instruction in dis.get_instructions(code):
                name = instruction.argval
                if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                    yield name, Global(module_of(current), name)
                elif instruction.opname in ("STORE_DEREF", "DELETE_DEREF") and name in cells:
                    yield name, id(cells[name])
            named.extend(current.__globals__.get(name) for name in code.co_names)
        for value in named:
            if not isinstance(value, types.FunctionType) or value in seen:
                continue
            if not is_of_library(value.__module__):
                seen.add(value)
                waiting.append(value)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code of a function, and that of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
