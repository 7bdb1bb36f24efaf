"""What is known about a value before the program runs.

A type says as much as decides what code to emit: the dtype, the rank, which dimensions are one.
``UNKNOWN`` is always a correct type; every decision that rests on a type must be right, or be left
to run time, when the type is unknown.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from srcgrad.ir.facts import immutable_value

_symbol_numbers = itertools.count()


@dataclass(eq=False, slots=True)
class Symbol:
    """The length of one dimension, unknown but the same wherever it is mentioned.

    ``not_one`` says that the length is known to differ from one, so that it cannot broadcast;
    ``fixed``, that it is the same throughout a call, and not one of each trip of a loop.  With
    both it is known to exceed one, and to be ``least`` at least: that grows where the program
    demands more of an input, which says nothing against what was found out before.  One that is
    ``made`` is the sum or the product of other dimensions; ``makes`` has those made of this one.
    """

    not_one: bool = False
    fixed: bool = False
    least: int = 2
    number: int = field(default_factory=lambda: next(_symbol_numbers))
    made: tuple[Callable[[int, int], int], tuple[Dim, ...]] | None = None
    makes: dict[Any, Symbol] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"n{self.number}"


@immutable_value
class Length:
    """The length ``max(symbol + offset, 0)``: that of ``x[:-2]`` where ``x`` has ``symbol``."""

    symbol: Symbol
    offset: int = 0

    def __repr__(self) -> str:
        return f"{self.symbol}{self.offset:+d}" if self.offset else f"{self.symbol}"


Dim: TypeAlias = int | Length | None
"""A dimension: a known length, a symbolic one, or (``None``) nothing known."""


def is_not_one(dim: Dim) -> bool:
    """Whether ``dim`` provably differs from one, so that it never broadcasts."""
    if isinstance(dim, int):
        return dim != 1
    plain = isinstance(dim, Length) and dim.offset == 0 and dim.symbol.not_one
    return plain or least(dim) > 1


def least(dim: Dim) -> int:
    """What ``dim`` surely is at least.

    Only of a length that is the same throughout a call is it known that it exceeds one: others
    are no more than not one.
    """
    if isinstance(dim, int):
        return dim
    if isinstance(dim, Length) and dim.symbol.not_one and dim.symbol.fixed:
        return max(dim.symbol.least + dim.offset, 0)
    return 0


@immutable_value
class Scalar:
    """A number that is not an array: a Python number or a NumPy scalar.

    ``python`` is True for ``float``, ``int``, ``bool`` and ``complex``, False for NumPy scalars
    and None where either may come.  ``instead`` is what it may be too where it runs: ``total = 0``
    before a loop that adds floats stays an ``int`` if the loop makes no trip.
    """

    dtype: np.dtype[Any]
    python: bool | None
    instead: Scalar | None = None


@immutable_value
class Array:
    """An ``ndarray`` of known dtype and rank; ``instead`` is a dtype that it may have too.

    In the derivative, where it counts as one of ``dtype``, ``is_like`` says whether what NumPy
    makes like it has that dtype.
    """

    dtype: np.dtype[Any]
    dims: tuple[Dim, ...]
    instead: np.dtype[Any] | None = None
    is_like: bool = field(default=True, compare=False)

    @property
    def ndim(self) -> int:
        return len(self.dims)


@immutable_value
class PackType:
    """A container whose elements are known one by one; see :class:`srcgrad.ir.nodes.Pack`."""

    kind: type
    items: tuple[Type, ...]
    keys: tuple[Any, ...] = ()


@immutable_value
class Known:
    """A value that the compiler knows: a function, a string, ``None``, a literal number."""

    value: Any

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Known) or type(self.value) is not type(other.value):
            return False
        if isinstance(self.value, float | complex):
            # By representation, which tells apart 0.0 and -0.0 and finds nan equal to itself.
            return repr(self.value) == repr(other.value)
        if isinstance(self.value, tuple):  # (1, 2) == (True, 2.0) in Python
            kinds = [list(map(type, each)) for each in (self.value, other.value)]
            return kinds[0] == kinds[1] and _are_alike(self.value, other.value)
        if isinstance(self.value, int | str | bytes | None):
            return bool(self.value == other.value)
        return self.value is other.value

    def __hash__(self) -> int:
        return hash(type(self.value))


def _are_alike(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether two tuples with elements of the same classes are one constant."""
    numbers = (int, float, complex, tuple)
    both = [(x, y) for x, y in zip(a, b, strict=True) if isinstance(x, numbers)]
    return bool(a == b) and all(Known(x) == Known(y) for x, y in both)


@immutable_value
class Size:
    """A Python ``int`` that is the length of a dimension: ``len(x)``, ``x.shape[0]``."""

    length: Length


@immutable_value
class Object:
    """Some object that is not a number, an array or a container: a random generator, a string."""

    cls: type


@immutable_value
class StackOf:
    """The values that a loop saves, one for each trip; see :class:`srcgrad.ir.nodes.For`."""

    item: Type


@immutable_value
class ListOf:
    """A list whose length is not known when compiling, or not the same in every trip of a loop.

    ``item`` is a type that holds for every element: lengths in it that are not fixed may differ
    from element to element.  ``length`` is what is known about the number of elements.  Where
    that is known, and the elements are not of one type, as in a row ``[weight, count]``, ``each``
    are their types.
    """

    item: Type
    length: Dim = None
    each: tuple[Type, ...] = ()


@immutable_value
class KeysOf:
    """The places of the keys of a dict, of type ``item``, that only running the program tells, or
    the elements of a set (``of_set``); see :mod:`srcgrad.ir.keys`.

    A set is ``in_order`` if it comes in the order in which that of the program does.
    """

    item: Type
    of_set: bool = False
    in_order: bool = True


def is_set(type_: Type) -> bool:
    """Whether a type is that of a set to which data add elements."""
    return isinstance(type_, KeysOf) and type_.of_set


@immutable_value
class Never:
    """The type of the elements of an empty list: there is no such value."""

    def __repr__(self) -> str:
        return "never"


NEVER = Never()


@immutable_value
class Unknown:
    """Nothing is known, but perhaps that it is a ``number``, and no array, of some dtype or None,
    or that it is an array or a number of the type ``there``, or None, or that it is of ``either``
    type: a sum that starts as a number, and is an array once something has been added.

    Code that handles such a value decides at run time.  In the derivative, where nothing is known
    of such a sum, ``array`` is the type that it has where it is asked for elements.
    """

    number: bool = False
    there: Array | Scalar | None = None
    either: tuple[Array, Scalar] | None = None
    array: Array | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return "?"


UNKNOWN = Unknown()
NUMBER = Unknown(number=True)

Type: TypeAlias = (
    Scalar | Array | PackType | Known | Size | Object | StackOf | ListOf | KeysOf | Never | Unknown
)

FLOAT64 = np.dtype(np.float64)
FLOAT32 = np.dtype(np.float32)
INT64 = np.dtype(np.int64)
BOOL = np.dtype(np.bool_)
COMPLEX128 = np.dtype(np.complex128)

PY_FLOAT = Scalar(FLOAT64, True)
PY_INT = Scalar(INT64, True)
PY_BOOL = Scalar(BOOL, True)
PY_COMPLEX = Scalar(COMPLEX128, True)
NP_FLOAT = Scalar(FLOAT64, False)
TEXT = Object(str)

_PYTHON_NUMBERS: dict[type, Scalar] = {
    float: PY_FLOAT,
    int: PY_INT,
    bool: PY_BOOL,
    complex: PY_COMPLEX,
}


def of_value(value: Any) -> Type:
    """The run-time type of a constant: that of ``3.0`` is ``PY_FLOAT``.

    Values that are no numbers stay ``Known``.
    """
    number = _PYTHON_NUMBERS.get(type(value))
    if number is not None:
        return number
    if isinstance(value, np.generic):
        return Scalar(value.dtype, False)
    return Known(value)


def number_of(type_: Type) -> Type:
    """``type_`` with a known number or a size widened to its number type."""
    kind = type(type_)
    if kind is Known:
        return of_value(type_.value)  # type: ignore[union-attr]
    return PY_INT if kind is Size else type_


def dtype_of(type_: Type) -> np.dtype[Any] | None:
    """The dtype of a number or an array, None for anything else."""
    type_ = number_of(type_)
    return type_.dtype if isinstance(type_, Scalar | Array) else None


def is_text(type_: Type) -> bool:
    """Whether a value is a string, known or not."""
    return type_ == TEXT or (isinstance(type_, Known) and isinstance(type_.value, str))


def is_enumeration(cls: type) -> bool:
    """Whether the members of a class are an enumeration's, each of which equals nothing but itself,
    as those do not that are numbers or texts too."""
    if not issubclass(cls, enum.Enum) or issubclass(cls, int | float | complex | str | bytes):
        return False
    return cls.__eq__ is object.__eq__ and cls.__hash__ is enum.Enum.__hash__


def enumeration_of(type_: Type) -> type | None:
    """The enumeration of which a value is a member, known or not."""
    if isinstance(type_, Known):
        cls = type(type_.value)
    else:
        cls = type_.cls if isinstance(type_, Object) else object
    return cls if is_enumeration(cls) else None


def is_integer_enumeration(cls: type) -> bool:
    """Whether the members of a class are integers with names, each of which equals its number."""
    if not issubclass(cls, enum.IntEnum):
        return False
    return (cls.__eq__, cls.__hash__, cls.__index__) == (int.__eq__, int.__hash__, int.__index__)


def members_of(type_: Type) -> type | None:
    """The same, of members that are integers too."""
    cls = type(type_.value) if isinstance(type_, Known) else getattr(type_, "cls", object)
    return cls if is_integer_enumeration(cls) else enumeration_of(type_)


def same_dtype(a: np.dtype[Any] | None, b: np.dtype[Any] | None) -> bool:
    """Whether two dtypes are known and equal (``np.dtype(float) == None`` is true)."""
    return a is not None and b is not None and a == b


def is_some_number(type_: Type) -> bool:
    """Whether all that is known of a value is that it is a number, or perhaps None."""
    return isinstance(type_, Unknown) and type_.number


def ndim_of(type_: Type) -> int | None:
    """The rank of a number or an array, None where it is not known."""
    type_ = number_of(type_)
    if isinstance(type_, Scalar) or is_some_number(type_):
        return 0
    return type_.ndim if isinstance(type_, Array) else None


def dims_of(type_: Type) -> tuple[Dim, ...] | None:
    """The dimensions of a number (none) or an array, None where they are not known."""
    type_ = number_of(type_)
    if isinstance(type_, Scalar) or is_some_number(type_):
        return ()
    return type_.dims if isinstance(type_, Array) else None


def may_be_inexact(type_: Type) -> bool:
    """Whether a value of this type can carry a derivative: floats, or unknown."""
    if isinstance(type_, Unknown):
        return True
    dtype = dtype_of(type_)
    return dtype is not None and dtype.kind in "fc"
