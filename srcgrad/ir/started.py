"""Sums that start as a number, and are arrays from the first trip of a loop on.

::

    total = 0
    for row in A:
        total = total + row

What ``total`` is where a trip begins is not known: the number, or an array of the type of what is
added.  Its type says so, ``Unknown(either=(array, number))``, where the sum of either with what is
added is of that one type of arrays.
"""

from __future__ import annotations

from collections.abc import Callable

from srcgrad.ir.types import Array, Dim, Length, Scalar, Type, Unknown


def is_either(type_: Type) -> bool:
    """Whether something is an array or a number of known types."""
    return isinstance(type_, Unknown) and type_.either is not None


def as_array(type_: Type) -> Type:
    """``type_``; the type of the array of what is an array or a number."""
    return type_.either[0] if isinstance(type_, Unknown) and type_.either else type_


def as_number(type_: Type) -> Type:
    """``type_``; the type of the number of what is an array or a number."""
    return type_.either[1] if isinstance(type_, Unknown) and type_.either else type_


def array_or_number(
    a: Type, b: Type, join_numbers: Callable[[Scalar, Scalar], Type]
) -> Unknown | None:
    """The type that holds for values of both types, if one is an array and the other a number."""
    known = [_parts(a), _parts(b)]
    arrays = {array for array, _ in known if array is not None}
    numbers = [number for _, number in known if number is not None]
    if len(arrays) != 1 or not numbers or (None, None) in known:
        return None
    (array,) = arrays
    number: Type = numbers[0] if len(numbers) == 1 else join_numbers(*numbers)
    if not isinstance(number, Scalar) or not _leaves_dtype(number, array):
        return None
    return Unknown(either=(array, number)) if _is_lasting(array) else None


def _parts(type_: Type) -> tuple[Array | None, Scalar | None]:
    match type_:
        case Array():
            return type_, None
        case Scalar():
            return None, type_
        case Unknown(either=(array, number)):
            return array, number
    return None, None


def _leaves_dtype(number: Scalar, array: Array) -> bool:
    """Whether the number and an array of this type may give an array of the same type: a count
    starts as an ``int``."""
    kinds = {"f": "iubf", "i": "iub", "u": "iub", "b": "b"}.get(array.dtype.kind, "")
    return number.dtype.kind in kinds and (number.python is True or number.dtype == array.dtype)


def _is_lasting(array: Array) -> bool:
    """Whether arrays of a type are of one shape in every trip of a loop."""
    return array.instead is None and all(map(_is_fixed, array.dims))


def _is_fixed(dim: Dim) -> bool:
    return isinstance(dim, int) or (isinstance(dim, Length) and dim.symbol.fixed)
