"""Numbers that may be an ``int`` or a ``float``, and arrays of them: what depends on which it is.

Arithmetic does not, and so nothing is asked there.  An array of integers rounds what is written
into it: which it is, the program is asked where that happens.  What has to be an integer is one, or
raises as in Python.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from srcgrad.errors import Loc, UnknownTypeError
from srcgrad.ir.alternatives import has_other
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Array, Scalar, Type, dtype_of, number_of
from srcgrad.specialise import certain, compiled
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

N = TypeVar("N", bound=Operand)

_HINT = "start with 0.0 instead of 0, or make the array with dtype=float"
_IN_PLACE = frozenset(
    (
        *(operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv),
        *(operator.imod, operator.ipow, operator.imatmul),
    )
)
_REFUSES = "{} has integers in it here, and takes no floats: start with 0.0, or use dtype=float"


def is_undecided(operand: Operand) -> bool:
    """Whether an operand is a number or an array that may be of integers instead of floats."""
    type_ = number_of(type_of(operand))
    return isinstance(type_, Scalar | Array) and has_other(type_) and _kind(type_) == "f"


def kept(sp: Specialiser, buffer: Var, value: Operand, loc: Loc) -> Operand:
    """What is written where ``value`` is assigned to a part of an array: one of integers keeps the
    whole part of a float, through which no derivative passes."""
    if not _takes_floats_perhaps(buffer, value) or _is_written_part(sp, buffer, value):
        return value
    assert isinstance(buffer.type, Array)
    args = (value, buffer, Const(buffer.type.dtype.type))
    return sp.operand(compiled.run(sp, _kept, args, loc), loc)


def _is_written_part(sp: Specialiser, buffer: Var, value: Operand) -> bool:
    """Whether a value is a part of the array itself, into which ``z[1:] += v`` has written."""
    made = sp.builder.definitions.get(value) if isinstance(value, Var) else None
    while made is not None and made.op in _IN_PLACE and isinstance(made.args[0], Var):
        made = sp.builder.definitions.get(made.args[0])
        if made is not None and made.op is operator.getitem:
            return made.args[0] is buffer
    return False


def _kept(value: Any, array: Any, dtype: Any) -> Any:
    """Compiled like the user's functions."""
    return value if array.dtype == dtype else np.trunc(value)


def check_in_place(sp: Specialiser, array: Var, value: Operand, loc: Loc) -> None:
    """Emits a test that an array is none of integers, where ``array += value`` would raise, or add
    the whole parts of floats to the same element."""
    if not _takes_floats_perhaps(array, value):
        return
    name = array.name or "this array"
    if certain.is_trying(sp):
        message = f"{name} may be an array of integers, which raises here, and this is in a 'try'"
        raise UnknownTypeError(message, loc, _HINT)
    assert isinstance(array.type, Array)
    test = _refuse_both if is_undecided(value) else _refuse_floats
    args = (array, value, Const(array.type.dtype.type), Const(_REFUSES.format(name)))
    compiled.run(sp, test, args, loc)


def _refuse_floats(array: Any, value: Any, dtype: Any, text: Any) -> None:
    if array.dtype != dtype:
        raise TypeError(text)


def _refuse_both(array: Any, value: Any, dtype: Any, text: Any) -> None:
    if array.dtype != dtype and np.result_type(value) == dtype:
        raise TypeError(text)


def _takes_floats_perhaps(array: Var, value: Operand) -> bool:
    """Whether a float may be written into an array that may be one of integers."""
    is_whole = _kind(number_of(type_of(value))) in "iub"
    return isinstance(array.type, Array) and is_undecided(array) and not is_whole


def as_integer(sp: Specialiser, operand: N, loc: Loc) -> N | Var:
    """``operand``; of what is an ``int`` or a ``float``, the ``int``: Python demands one here."""
    if not is_undecided(operand):
        return operand
    found = sp.builder.apply(operator.index, (operand,), (), loc)
    assert isinstance(found, Var)
    return found


def as_place(sp: Specialiser, key: Value, loc: Loc) -> Value:
    """An index of an array, where what has to be an integer in it is one, or raises as in NumPy."""
    if isinstance(key, Var) and isinstance(number_of(key.type), Scalar) and is_undecided(key):
        return compiled.run(sp, _place, (key,), loc)
    if not isinstance(key, Pack) or key.kind not in (tuple, slice):
        return key
    if key.kind is tuple:
        items = tuple(as_place(sp, item, loc) for item in key.items)
    else:
        items = tuple(as_integer(sp, bound, loc) for bound in key.items)
    alike = all(a is b for a, b in zip(items, key.items, strict=True))
    return key if alike else Pack(key.kind, items)  # type: ignore[arg-type]


def _place(n: Any) -> Any:
    if isinstance(n, float):
        raise IndexError("only integers and slices are valid indices")
    return operator.index(n)


def refuse(operand: Operand, loc: Loc) -> None:
    """Refuses what depends on which of both a number is.

    Raises
    ------
    UnknownTypeError
        If that is not known.
    """
    if is_undecided(operand):
        message = "whether this number is an int or a float is not known, and it makes a difference"
        raise UnknownTypeError(message, loc, _HINT)


def _kind(type_: Type) -> str:
    """The kind of the dtype of a number or an array that is surely of it, "f" where floats may be
    among them."""
    dtype = dtype_of(type_)
    return "?" if dtype is None else dtype.kind
