"""Slices and indices: their parts, what ``x[index]`` is, and which of its axes are whose."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcgrad.ir.nodes import Apply, Const, Operand, Pack
from srcgrad.ir.shapes import (
    Dims,
    array_type,
    broadcast,
    is_none,
    numeric,
    shifted,
)
from srcgrad.ir.types import (
    INT64,
    UNKNOWN,
    Array,
    Dim,
    Known,
    Length,
    PackType,
    Scalar,
    Size,
    Type,
    number_of,
)

# --- the parts of an index ----------------------------------------------------------------------


def reads_one(stmt: Apply) -> bool:
    """Whether an operation reads an element at a known place, which raises where there is none."""
    if stmt.op is not operator.getitem:
        return False
    return isinstance(stmt.args[1], Const) and type(stmt.args[1].value) is int


def is_rest(index: Operand) -> bool:
    """Whether an index is the slice ``1:``."""
    if isinstance(index, Pack) and index.kind is slice:
        return [getattr(item, "value", ...) for item in index.items] == [1, None, None]
    return isinstance(index, Const) and index.value == slice(1, None, None)


def index_parts(index: Operand) -> tuple[Operand, ...]:
    """The parts of an index, one for each of its positions."""
    if isinstance(index, Pack) and index.kind is tuple:
        return index.items
    if isinstance(index, Const) and isinstance(index.value, tuple):
        return tuple(map(Const, index.value))
    return (index,)


def slice_bounds(part: Operand) -> tuple[Operand, ...] | None:
    """``start``, ``stop`` and ``step`` of a part of an index, None if it is no slice."""
    if isinstance(part, Pack) and part.kind is slice:
        return part.items
    if isinstance(part, Const) and isinstance(part.value, slice):
        return tuple(map(Const, (part.value.start, part.value.stop, part.value.step)))
    return None


# --- the type of a slice ------------------------------------------------------------------------


def slice_dim(dim: Dim, start: Type, stop: Type, step: Type) -> Dim:
    """The length of ``start:stop:step`` along an axis of length ``dim``."""
    parts = [_whole(part) for part in (start, stop, step)]
    first, last, by = parts
    if all(part is None or isinstance(part, int) for part in parts):
        if isinstance(dim, int):
            return len(range(*slice(*parts).indices(dim)))
        if by == -1 and first is None and last is None:
            return dim
    if by not in (None, 1) or not isinstance(dim, Length):
        return None
    if first is None:
        first = 0
    if not isinstance(first, int):
        return None
    if first < 0 or (isinstance(last, int) and last >= 0):
        return _at_an_end(dim, first, last)
    if last is None:
        return shifted(dim, -first)
    if isinstance(last, int):
        return shifted(dim, last - first)
    if isinstance(last, Length) and last.symbol is dim.symbol:
        if last.offset < 0 and dim.offset - last.offset > 2 + first:
            return None  # x[: n - 3] of an x of length 2 is x[:-1], which is not empty
        return Length(dim.symbol, min(dim.offset, last.offset) - first)
    return None


def _at_an_end(dim: Length, first: int, last: Any) -> int | None:
    """The length of ``x[:2]`` or ``x[-2:]``, if ``x`` is surely so long."""
    symbol = dim.symbol
    shortest = symbol.least + dim.offset if symbol.fixed and symbol.not_one else 0
    if first >= 0:
        return max(last - first, 0) if last <= shortest else None
    if -first > shortest or not (last is None or (isinstance(last, int) and last < 0)):
        return None
    return max((0 if last is None else last) - first, 0)


def _whole(part: Type) -> Any:
    """A bound of a slice: None, a number, a length, or something else."""
    if is_none(part):
        return None
    if isinstance(part, Known) and isinstance(part.value, int | np.integer):
        return int(part.value)
    return part.length if isinstance(part, Size) else part


# --- the type of an index -----------------------------------------------------------------------


def index_items(index: Type) -> tuple[Type, ...]:
    """The parts of an index, one for each of its positions."""
    if isinstance(index, PackType) and index.kind is tuple:
        return index.items
    if isinstance(index, Known) and isinstance(index.value, tuple):
        return tuple(Known(item) for item in index.value)
    return (index,)


def slice_parts(item: Type) -> tuple[Type, Type, Type] | None:
    """The types of ``start``, ``stop`` and ``step``, None if ``item`` is no slice."""
    if isinstance(item, PackType) and item.kind is slice:
        start, stop, step = item.items
        return start, stop, step
    if isinstance(item, Known) and isinstance(item.value, slice):
        return Known(item.value.start), Known(item.value.stop), Known(item.value.step)
    return None


def is_integer_index(item: Type) -> bool:
    """Whether a part of an index is one integer, which removes an axis."""
    number = number_of(item)
    if isinstance(number, Array):
        return not number.dims and number.dtype.kind in "iu"
    return isinstance(number, Scalar) and number.dtype.kind in "iu"


def advanced_index(item: Type) -> Array | None:
    """The index array that a part of an index is, None if it is none or not known."""
    found = array_type(item)
    if isinstance(found, Array) and found.dtype.kind == "f" and found.dims == (0,):
        found = Array(INT64, (0,))  # an empty list
    return found if isinstance(found, Array) and found.dtype.kind in "iub" else None


def is_basic_index(index: Type) -> bool | None:
    """Whether ``x[index]`` is a view of ``x`` (or a number); None if that is not known.

    An array of rank zero is an integer that makes a copy.
    """
    for item in index_items(index):
        if isinstance(number_of(item), Array):
            return False
        if slice_parts(item) is not None or is_none(item) or is_integer_index(item):
            continue
        if isinstance(item, Known) and item.value is Ellipsis:
            continue
        return False if advanced_index(item) is not None else None
    return True


def index_type(x: Array, index: Type) -> Type:
    """The type of ``x[index]``."""
    walk = _walked(x, index)
    dims = None if walk is None else walk.finish()
    if walk is None or dims is None:
        return UNKNOWN
    if not dims and not walk.ellipsis:
        return Scalar(x.dtype, False)
    return Array(x.dtype, dims)


def _walked(x: Array, index: Type) -> _Walk | None:
    """A walk over the parts of an index, None if it is not known what one of them is."""
    items = index_items(index)
    widths = [_consumed(item) for item in items]
    consumed = sum(width or 0 for width in widths)
    if None in widths or consumed > x.ndim:
        return None
    walk = _Walk(x.dims, x.ndim - consumed)
    for item in items:
        walk.take(item)
    return walk


def slices_of(x: Type, index: Type) -> list[tuple[int, int, Dim]]:
    """The slices in an index of integers and slices alone.

    Each with the axis of the result, the part of the index, and the length of what it is taken of.
    """
    array = numeric(x)
    if not isinstance(array, Array) or not is_basic_index(index):
        return []
    walk = _walked(array, index)
    return [] if walk is None else walk.slices


def _consumed(item: Type) -> int | None:
    """How many axes a part of an index takes; None if it is not known what it is."""
    if slice_parts(item) is not None:
        return 1
    if is_none(item) or (isinstance(item, Known) and item.value is Ellipsis):
        return 0
    found = advanced_index(item)
    if found is None:
        return None
    return found.ndim if found.dtype.kind == "b" else 1


class _Walk:
    """Walks over the parts of an index and collects the dimensions of the result.

    Index arrays (and, beside them, integers) are broadcast against each other.  Their dimensions
    stand where the arrays do if those are neighbours, and at the front otherwise.
    """

    def __init__(self, dims: Dims, spare: int) -> None:
        self.rest = list(dims)
        self.spare = spare
        self.ellipsis = False
        self.dims: list[Dim] = []
        self.arrays: list[Dims] = []
        self.places: list[tuple[int, int]] = []  # the part, and where its dimensions would go
        self.part = 0
        self.slices: list[tuple[int, int, Dim]] = []
        self.integers: list[tuple[int, int]] = []

    def take(self, item: Type) -> None:
        self.part += 1
        bounds = slice_parts(item)
        if bounds is not None:
            dim = self.rest.pop(0)
            self.slices.append((len(self.dims), self.part - 1, dim))
            self.dims.append(slice_dim(dim, *bounds))
        elif is_none(item):
            self.dims.append(1)
        elif isinstance(item, Known) and item.value is Ellipsis:
            self.ellipsis = True
            self.dims.extend(self.rest[: self.spare])
            del self.rest[: self.spare]
            self.spare = 0
        elif is_integer_index(item):
            self.rest.pop(0)
            self.integers.append((self.part, len(self.dims)))
        else:
            self._take_array(item)

    def _take_array(self, item: Type) -> None:
        found = advanced_index(item)
        assert found is not None
        self.places.append((self.part, len(self.dims)))
        if found.dtype.kind == "b":
            del self.rest[: found.ndim]
            self.arrays.append((None,))
        else:
            self.rest.pop(0)
            self.arrays.append(found.dims)

    def finish(self) -> Dims | None:
        """The dimensions of the result."""
        self.dims.extend(self.rest)
        if not self.arrays:
            return tuple(self.dims)
        common = broadcast(*self.arrays)
        if common is None:
            return None
        places = sorted(self.places + self.integers)
        parts = [part for part, _ in places]
        together = parts == list(range(parts[0], parts[0] + len(parts)))
        at = places[0][1] if together else 0
        return (*self.dims[:at], *common, *self.dims[at:])
