"""Where a value of no known type comes from, for errors that say so."""

from __future__ import annotations

import operator
from collections.abc import Mapping

from srcgrad.ir.nodes import Apply, Operand, Var
from srcgrad.ir.ops import DERIVATIVES, OPS
from srcgrad.ir.types import PY_FLOAT, Unknown, number_of
from srcgrad.ir.walk import variables


def maker_of(definitions: Mapping[Var, Apply], operand: Operand) -> Apply | None:
    """The call of a function whose result has no known type, so that ``operand`` has none."""
    for var in variables(operand):
        stmt = definitions.get(var)
        if stmt is None or not isinstance(var.type, Unknown):
            continue
        found = (maker_of(definitions, arg) for arg in stmt.args)
        first = next((made for made in found if made is not None), None)
        made = stmt if first is None and name_of(stmt) else first
        if made is not None:
            return made
    return None


def name_of(stmt: Apply) -> str:
    """What the user calls a function; "" if it is one of the compiler's."""
    name = getattr(stmt.op, "__qualname__", None) or getattr(stmt.op, "__name__", "")
    module = getattr(stmt.op, "__module__", None) or ""
    own = module.split(".")[0] not in ("srcgrad", "_operator")
    return f"{module}.{name}" if own and module else ""


def fault_of_index(definitions: Mapping[Var, Apply], operand: Operand) -> tuple[str, str] | None:
    """The message and the hint where an operand has no known type because of an index."""
    for var in variables(operand):
        stmt = definitions.get(var)
        if stmt is None or not isinstance(var.type, Unknown):
            continue
        indices = variables(stmt.args[1]) if stmt.op is operator.getitem else ()
        faults = [_fault(index) for index in indices]
        faults += [fault_of_index(definitions, arg) for arg in stmt.args]
        first = next((fault for fault in faults if fault is not None), None)
        if first is not None:
            return first
    return None


def _fault(index: Var) -> tuple[str, str] | None:
    if number_of(index.type) == PY_FLOAT:
        return FLOAT, INDICES
    may_be_none = isinstance(index.type, Unknown) and index.type.there is not None
    return (_NONE, _TEST) if may_be_none else None


FLOAT = "an index here counts as a float, as all numbers do in what is differentiated"
_NONE = "an index here is None or a number, depending on data, and None stands for a new axis"
_TEST = "test it before, as in: assert k is not None"
INDICES = "pass the indices in an argument of their own, which is not differentiated"


def explained(definitions: Mapping[Var, Apply], operand: Operand, what: str) -> tuple[str, str]:
    """The message and the hint where the type of ``what`` has to be known, as an operand is it."""
    fault = fault_of_index(definitions, operand)
    if fault is not None:
        return fault
    stmt = maker_of(definitions, operand)
    made = "" if stmt is None else name_of(stmt)
    if _is_unknown(stmt):
        message = f"{made} has no derivative rule, and the type of {what} is not known"
        return message, _WRITE_OUT.format(made)
    message = f"the type of {what} is not known"
    if _is_ruled(stmt):
        return message, _AS_NUMBERS.format(made)
    if made in ("numpy.asarray", "numpy.asanyarray", "numpy.array"):
        return message, f"let what {made} is given have one dtype and one rank on every way"
    return message, f"convert {f'what {made} gives' if made else 'it'} with np.asarray or float"


def explained_buffer(definitions: Mapping[Var, Apply], operand: Operand) -> tuple[str, str]:
    """The message and the hint where something is written into that may be an array or not."""
    message = "whether this is an array is not known here"
    stmt = maker_of(definitions, operand)
    made = "" if stmt is None else name_of(stmt)
    if _is_unknown(stmt):
        message = f"{made} has no derivative rule, and whether this is an array is not known"
        return message, _WRITE_OUT.format(made)
    if _is_ruled(stmt):
        return message, _AS_NUMBERS.format(made)
    return message, "convert it with np.asarray where it is made"


def _is_unknown(stmt: Apply | None) -> bool:
    """Whether nothing is known of a function."""
    return stmt is not None and stmt.op not in OPS and stmt.op not in DERIVATIVES


def _is_ruled(stmt: Apply | None) -> bool:
    """Whether a function has a rule of the user's, which tells no rank of the result."""
    return stmt is not None and stmt.op in DERIVATIVES and stmt.op not in OPS


_WRITE_OUT = "write out what {} does, or take its elements by index, as numbers: float(v[i])"
_AS_NUMBERS = "write what {} gives into an array as numbers, one by one: y[i] = float(v[i])"
