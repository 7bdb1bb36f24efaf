"""What ``infer`` functions compute with: dtypes, dimensions and constants inside types.

Everything here works on types alone and never touches data.  A function gives ``UNKNOWN`` where
its operands do not tell enough, or where NumPy would raise.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.errors import CertainError
from srcgrad.ir.ops import NeedsConstant
from srcgrad.ir.types import (
    COMPLEX128,
    FLOAT64,
    INT64,
    NEVER,
    PY_INT,
    UNKNOWN,
    Array,
    Dim,
    Known,
    Length,
    ListOf,
    PackType,
    Scalar,
    Size,
    Symbol,
    Type,
    Unknown,
    dims_of,
    dtype_of,
    is_not_one,
    least,
    number_of,
    same_dtype,
)

Dims = tuple[Dim, ...]
Dtype = np.dtype[Any]

NONE: Any = None
"""The default of an optional parameter of an ``infer`` function; it arrives as ``Known(None)``."""
FALSE: Any = False
TRUE: Any = True
ZERO: Any = 0
ONE: Any = 1
TWO: Any = 2
LAST: Any = -1


# --- constants ----------------------------------------------------------------------------------


def is_known(type_: Any) -> bool:
    """Whether the value of an argument is known: a constant, or a tuple or list of constants."""
    if isinstance(type_, PackType):
        return type_.kind in (tuple, list) and all(map(is_known, type_.items))
    return not isinstance(type_, Scalar | Array | Size | Unknown)


def value_of(type_: Any, parameter: str) -> Any:
    """The value of an argument that must be known.

    Raises
    ------
    NeedsConstant
        If it is not.
    """
    if not is_known(type_):
        raise NeedsConstant(parameter)
    if isinstance(type_, PackType):
        return type_.kind(value_of(item, parameter) for item in type_.items)
    return type_.value if isinstance(type_, Known) else type_


def is_none(type_: Any) -> bool:
    """Whether an argument is ``None``."""
    return type_ is None or (isinstance(type_, Known) and type_.value is None)


def dtype_from(type_: Any, default: Dtype | None) -> Dtype | None:
    """The dtype that an argument ``dtype=`` names; ``default`` if it is ``None``."""
    value = value_of(type_, "dtype")
    return default if value is None else dtype_named(value)


def dtype_named(value: Any) -> Dtype:
    """The dtype that ``value`` stands for.

    Raises
    ------
    CertainError
        If it stands for none.
    """
    try:
        dtype: Dtype = np.dtype(value)
        return dtype
    except TypeError as error:
        raise CertainError(str(error), None, error) from None


# --- results ------------------------------------------------------------------------------------


def result(dtype: Dtype | None, dims: Dims | None) -> Type:
    """What a ufunc or a reduction returns: an array, or a NumPy scalar where the rank is zero."""
    if dtype is None or dims is None:
        return UNKNOWN
    return Array(dtype, dims) if dims else Scalar(dtype, False)


def array(dtype: Dtype | None, dims: Dims | None) -> Type:
    """An array, of rank zero too."""
    return UNKNOWN if dtype is None or dims is None else Array(dtype, dims)


def rearranged(operand: Type, dtype: Dtype | None, dims: Dims | None, method: bool) -> Type:
    """What a method of an operand gives, or a function that calls it if there is one.

    NumPy's numbers have ``reshape``, ``transpose`` and the like, which give numbers where the rank
    stays zero; a Python number has none, and the functions make an array of it first.
    """
    number = number_of(operand)
    if not isinstance(number, Scalar) or dtype is None or dims != ():
        return array(dtype, dims)
    if method or number.python is False:
        return Scalar(dtype, False)
    return Array(dtype, ()) if number.python else UNKNOWN


def array_type(type_: Type) -> Type:
    """What ``np.asarray`` makes of an argument: lists and tuples become arrays."""
    if isinstance(type_, PackType) and type_.kind in (list, tuple):
        items = [array_type(item) for item in type_.items]
        if not items:
            return Array(FLOAT64, (0,))
        dims = same_dims([dims_of(item) for item in items])
        dtypes = [dtype_of(item) for item in items]
        if dims is None or any(dtype is None for dtype in dtypes):
            return UNKNOWN
        return Array(np.result_type(*(d for d in dtypes if d is not None)), (len(items), *dims))
    if isinstance(type_, ListOf):
        item = array_type(element_type(type_))
        return Array(item.dtype, (type_.length, *item.dims)) if isinstance(item, Array) else UNKNOWN
    number = number_of(type_)
    if isinstance(number, Scalar):
        return Array(number.dtype, ())
    if isinstance(number, Known) and isinstance(number.value, np.ndarray):
        return Array(number.value.dtype, number.value.shape)
    if isinstance(number, Known) and type(number.value) is tuple:
        return array_type(PackType(tuple, tuple(map(Known, number.value))))
    return number if isinstance(number, Array) else UNKNOWN


def numeric(type_: Type) -> Type:
    """``type_`` as an operand of NumPy: a number or an array; lists are converted."""
    number = number_of(type_)
    return number if isinstance(number, Scalar | Array) else array_type(type_)


# --- dtypes -------------------------------------------------------------------------------------


_WEAK: dict[str, tuple[type, complex]] = {"i": (int, 1), "f": (float, 1.0), "c": (complex, 1j)}
"""What stands for Python's numbers, which adapt to the dtype of what they meet."""


def _weak(type_: Type) -> bool | None:
    """Whether a scalar adapts to the dtype of what it meets; None where it may."""
    number = number_of(type_)
    if not isinstance(number, Scalar) or number.dtype.kind not in _WEAK:
        return False
    if number.python is None and number.dtype not in (FLOAT64, INT64, COMPLEX128):
        return False  # a Python number that stands for one of this dtype
    return number.python


def _common(
    types: Iterable[Type], dtype_for: Callable[[list[tuple[Dtype, bool]]], Dtype | None]
) -> Dtype | None:
    """The dtype of a result, given those of the operands and which of them adapt.

    None if that is not known, and makes a difference.
    """
    types = list(types)
    dtypes = [dtype for dtype in map(dtype_of, types) if dtype is not None]
    if len(dtypes) < len(types):
        return None
    weak = [_weak(type_) for type_ in types]
    found = dtype_for([(dtype, one is True) for dtype, one in zip(dtypes, weak, strict=True)])
    if None not in weak:
        return found
    other = dtype_for([(dtype, one is not False) for dtype, one in zip(dtypes, weak, strict=True)])
    return found if same_dtype(found, other) else None


def ufunc_dtype(ufunc: np.ufunc, types: Iterable[Type]) -> Dtype | None:
    """The dtype of the (last) result of a ufunc, None if it has no loop for these operands."""

    def resolved(operands: list[tuple[Dtype, bool]]) -> Dtype | None:
        given: list[Any] = [_WEAK[dtype.kind][0] if weak else dtype for dtype, weak in operands]
        try:
            return ufunc.resolve_dtypes((*given, *[None] * ufunc.nout))[-1]
        except TypeError:
            return None

    return _common(types, resolved)


def promote(types: Iterable[Type]) -> Dtype | None:
    """The dtype that all ``types`` fit into, as ``np.result_type`` tells it."""

    def resolved(operands: list[tuple[Dtype, bool]]) -> Dtype | None:
        try:
            return np.result_type(
                *(_WEAK[dtype.kind][1] if weak else dtype for dtype, weak in operands)
            )
        except TypeError:
            return None

    return _common(types, resolved)


# --- dimensions ---------------------------------------------------------------------------------


def broadcast(*shapes: Dims | None) -> Dims | None:
    """The dimensions that ``shapes`` broadcast to, None where one is not known."""
    known = [dims for dims in shapes if dims is not None]
    if len(known) < len(shapes):
        return None
    rank = max(map(len, known), default=0)
    padded = [(1,) * (rank - len(dims)) + dims for dims in known]
    return tuple(_broadcast_dim(column) for column in zip(*padded, strict=True))


def _broadcast_dim(column: tuple[Dim, ...]) -> Dim:
    others = [dim for dim in column if dim != 1]
    if not others:
        return 1
    for dim in others:
        if isinstance(dim, int):
            return dim
    for dim in others:
        if is_not_one(dim):
            return dim
    return others[0] if all(dim == others[0] for dim in others) else None


def same_dims(shapes: Iterable[Dims | None]) -> Dims | None:
    """The dimensions of arrays that must have equal shapes; None if a rank is not known."""
    known = list(shapes)
    first = known[0]
    if first is None or any(dims is None or len(dims) != len(first) for dims in known):
        return None
    return tuple(same_dim(column) for column in zip(*(d for d in known if d is not None)))  # noqa: B905


def same_dim(dims: Iterable[Dim]) -> Dim:
    """The most that is known about several dimensions that are equal at run time."""
    best: Dim = None
    for dim in dims:
        if isinstance(dim, int):
            return dim
        if best is None or (is_not_one(dim) and not is_not_one(best)):
            best = dim
    return best


def shifted(dim: Dim, offset: int) -> Dim:
    """The dimension ``max(dim + offset, 0)`` for an ``offset`` that does not exceed zero."""
    if isinstance(dim, int):
        return max(dim + offset, 0)
    return Length(dim.symbol, dim.offset + offset) if isinstance(dim, Length) else None


def grown(dim: Dim, by: int) -> Dim:
    """The dimension ``dim + by`` for a ``by`` that is not negative."""
    if isinstance(dim, int):
        return dim + by
    if isinstance(dim, Length) and (dim.offset >= 0 or by == 0 or _is_exact(dim)):
        return Length(dim.symbol, dim.offset + by)
    return None


def _is_exact(dim: Length) -> bool:
    """Whether ``symbol + offset`` is surely not negative, and so is the length."""
    symbol = dim.symbol
    return symbol.fixed and symbol.not_one and symbol.least + dim.offset >= 0


def number_of_elements(dims: Dims) -> Dim:
    """The product of dimensions, None if one is not known."""
    return 0 if 0 in dims else composed(operator.mul, dims)


def total(dims: Iterable[Dim]) -> Dim:
    """The product of dimensions, as the length of an axis."""
    known = tuple(dims)
    found = number_of_elements(known)
    if found is None and any(map(is_not_one, known)):
        return Length(Symbol(not_one=True))  # it is one only where all of them are
    return found


def composed(op: Callable[[int, int], int], dims: Dims) -> Dim:
    """The sum, the product or the largest (``max``) of dimensions: the same symbol for the same."""
    literals = [dim for dim in dims if isinstance(dim, int)]
    lengths = sorted((d for d in dims if isinstance(d, Length)), key=_place)
    if len(literals) + len(lengths) < len(dims):
        return None
    is_sum = op is operator.add
    if op is max:
        literal = max(literals, default=1)
    else:
        literal = sum(literals) if is_sum else math.prod(literals)
    if not lengths:
        return literal
    if is_sum and len(lengths) == 1:
        return grown(lengths[0], literal)
    if not is_sum and literal == 1 and len(lengths) == 1:
        return lengths[0]
    parts: Dims = tuple(lengths) if is_sum or literal == 1 else (*lengths, literal)
    makes = lengths[0].symbol.makes
    if (op, parts) not in makes:
        makes[op, parts] = _composed(op, parts)
    return Length(makes[op, parts], literal if is_sum else 0)


def _place(dim: Length) -> tuple[int, int]:
    return dim.symbol.number, dim.offset


def _composed(op: Callable[[int, int], int], parts: Dims) -> Symbol:
    """What stands for a sum, a product or the largest of lengths."""
    shortest = [least(part) for part in parts]
    fixed = all(isinstance(part, int) or (part is not None and part.symbol.fixed) for part in parts)
    if op is operator.add:
        at_least = sum(shortest)
        not_one = all(map(is_not_one, parts)) or at_least > 1
    elif op is max:
        at_least = max(shortest)
        not_one = all(map(is_not_one, parts)) or at_least > 1
    else:
        at_least = math.prod(shortest)
        not_one = any(map(is_not_one, parts))
        fixed = fixed and (at_least > 1 or not not_one)  # it may be zero, and is not one
    return Symbol(not_one, fixed, max(at_least, 2), made=(op, parts))


def quotient(dims: Dims, by: Dims) -> Dim:
    """The length that makes a shape ``by`` hold as many elements as ``dims`` does."""
    number, lengths = 1, []
    for dim in dims:
        if isinstance(dim, int):
            number *= dim
        else:
            lengths.append(dim)
    for dim in by:
        if dim in lengths and dim is not None:
            lengths.remove(dim)
        elif isinstance(dim, int) and dim and number % dim == 0:
            number //= dim
        else:
            return None
    if not lengths:
        return number
    return lengths[0] if number == 1 and len(lengths) == 1 else None


def sum_dims(dims: Iterable[Dim]) -> Dim:
    """The sum of dimensions: the length of a concatenation."""
    return composed(operator.add, tuple(dims))


def size_type(dim: Dim) -> Type:
    """The type of ``len(x)`` where ``x`` has the length ``dim``."""
    if isinstance(dim, int):
        return Known(dim)
    return Size(dim) if isinstance(dim, Length) else PY_INT


def shape_type(dims: Dims | None) -> Type:
    """The type of ``x.shape``."""
    return UNKNOWN if dims is None else PackType(tuple, tuple(map(size_type, dims)))


def dim_from(type_: Any) -> Dim:
    """The dimension that an integer argument asks for."""
    if isinstance(type_, Size):
        return type_.length
    if isinstance(type_, Known) and isinstance(type_.value, int | np.integer):
        return int(type_.value)
    return None


def shape_from(type_: Any, parameter: str = "shape") -> Dims:
    """The dimensions that an argument ``shape`` asks for; -1 stays.

    Raises
    ------
    NeedsConstant
        If their number is not known.
    """
    if isinstance(type_, PackType):
        return tuple(map(dim_from, type_.items))
    if isinstance(type_, Known) and isinstance(type_.value, tuple | list):
        return tuple(map(int, type_.value))
    number = number_of(type_)
    if isinstance(number, Scalar) and number.dtype.kind in "iu":
        return (dim_from(type_),)
    raise NeedsConstant(parameter)


# --- axes ---------------------------------------------------------------------------------------


def normalize(axis: Any, ndim: int) -> int | None:
    """``axis`` counted from the front, None if there is no such axis."""
    axis = operator.index(axis)
    return axis % ndim if -ndim <= axis < ndim else None


def axes_from(type_: Any, ndim: int, parameter: str = "axis") -> tuple[int, ...] | None:
    """The axes that an argument ``axis`` names, all of them for ``None``.

    None stands for an axis that does not exist.

    Raises
    ------
    NeedsConstant
        If the value is not known.
    """
    axis = value_of(type_, parameter)
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple | list) else (axis,)
    found = [normalize(one, ndim) for one in given]
    return None if None in found else tuple(one for one in found if one is not None)


# --- lists ----------------------------------------------------------------------------------------


def element_type(type_: ListOf) -> Type:
    """The type of one element that is read from a list; of an empty list in it, nobody knows yet
    what it will hold."""
    return UNKNOWN if type_.item is NEVER else own_lengths(type_.item)


def own_lengths(type_: Type) -> Type:
    """``type_`` with a symbol of its own for each length that may differ between elements."""
    if isinstance(type_, PackType):
        return PackType(type_.kind, tuple(map(own_lengths, type_.items)), type_.keys)
    if isinstance(type_, ListOf):
        each = tuple(map(own_lengths, type_.each))
        return ListOf(own_lengths(type_.item), _own_length(type_.length), each)
    if not isinstance(type_, Array):
        return type_
    return replace(type_, dims=tuple(map(_own_length, type_.dims)))


def _own_length(dim: Dim) -> Dim:
    if not isinstance(dim, Length) or dim.symbol.fixed:
        return dim
    return Length(Symbol(not_one=True)) if is_not_one(dim) else None
