"""Objects from outside that code which is not looked into may read: ``print(model)``.

Such code finds in them what they lead to, and that is the caller's.  Where the function changes a
list or an array that it was given, it changes its own, and the caller's stays as it is; so none of
these objects may lead to that.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from srcgrad.analysis.changing import IDENTITY
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir.keeping import KEEPING
from srcgrad.ir.nodes import Apply, Const, Function, Pack, Stmt, Var
from srcgrad.ir.types import Array, Object, Unknown
from srcgrad.ir.walk import operands, statements, used
from srcgrad.leads import is_entered

if TYPE_CHECKING:
    from srcgrad.specialise.inputs import Inputs
    from srcgrad.specialise.places import Place


def keep_away(functions: Iterable[Function], inputs: Inputs) -> None:
    """Demands that what is handed out leads to nothing that the program changes its own of.

    Raises
    ------
    AliasingError
        If all globals are handed out.
    """
    arrays = filter(None, map(inputs.place_of, inputs.written))
    changed = tuple(dict.fromkeys((*arrays, *inputs.lists.moved)))
    if changed:
        opaque = {var: place for place, var in inputs.leaves.items() if _is_opaque(var)}
        inputs.handed_out = _read(functions, {**opaque, **inputs.functions}, changed[0])
        for place in inputs.handed_out:
            inputs.keep_away(place, changed)


def _is_opaque(var: Var) -> bool:
    """Whether an input may have objects of which the program knows nothing."""
    if isinstance(var.type, Object):
        return is_entered(var.type.cls)
    if isinstance(var.type, Array):
        return bool(var.type.dtype.hasobject)
    return isinstance(var.type, Unknown)


def _read(
    functions: Iterable[Function], opaque: Mapping[Any, Place], changed: Place
) -> dict[Place, Loc]:
    """The places of the inputs and functions ``opaque`` that something reads, or calls, each with
    where it first does."""
    found: dict[Place, Loc] = {}
    for function in functions:
        for stmt in statements(function.body.body):
            if isinstance(stmt, Apply) and (stmt.op in IDENTITY or stmt.op in KEEPING):
                continue
            if isinstance(stmt, Apply) and stmt.op is globals:
                message = f"all globals are read here, and '{changed}' is changed, which the "
                message += "function does with its own"
                raise AliasingError(message, stmt.loc, "read globals by their names")
            for each in (*used(stmt), *_functions(stmt)):
                if each in opaque:
                    found.setdefault(opaque[each], stmt.loc)
    return found


def _functions(stmt: Stmt) -> Iterator[types.FunctionType]:
    """The functions of the user's that a statement calls, or hands to what it calls."""
    named = [stmt.op] if isinstance(stmt, Apply) else []
    waiting = list(operands(stmt))
    while waiting:
        operand = waiting.pop()
        if isinstance(operand, Pack):
            waiting.extend(operand.items)
        elif isinstance(operand, Const):
            named.append(operand.value)
    return (each for each in named if isinstance(each, types.FunctionType))
